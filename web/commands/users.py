"""mandate user: accounts from the command line, for the first administrator and for scripts."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.database import Actor, Database
from audit.errors import DomainError
from web import accounts, links
from web.keys import Keys, forget_pseudonyms
from web.models import ENROL
from web.roles import GRANTED, Role
from web.settings import Settings

app = typer.Typer(help="Accounts of officials.", no_args_is_help=True)

OPERATOR = Actor("operator")


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="Sign-in name.")],
    name: Annotated[str, typer.Option(help="Name to show.")] = "",
    email: Annotated[str, typer.Option(help="E-mail address.")] = "",
    role: Annotated[list[Role] | None, typer.Option(help="A role; may be repeated.")] = None,
) -> None:
    """Add an account and print its enrolment link, once."""
    settings = Settings()
    Keys.load(settings.secret_file)
    for wanted in role or []:
        if wanted not in GRANTED:
            raise typer.BadParameter(f"{wanted} follows from the roll and cannot be granted")
    database = Database(settings.database_url)
    try:
        with database.transaction(OPERATOR) as uow:
            account = accounts.create(uow, login, name=name, email=email)
            for wanted in role or []:
                accounts.grant(uow, account.id, wanted)
            token = links.make(uow, account, ENROL, settings.link_hours)
    except DomainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()
    typer.echo(f"{settings.base_url}/enrol/{token}")


@app.command("forget-pseudonyms")
def forget() -> None:
    """Destroy the key that leads from the security log to voters' accounts. There is no way back.

    Run it after the challenge period, then restart the site.
    """
    typer.confirm("Destroy the key of the pseudonyms?", abort=True)
    forget_pseudonyms(Settings().data_dir)
    typer.echo("Destroyed. Restart the site.")
