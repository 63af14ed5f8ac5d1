"""mandate user: accounts from the command line, of the first official and of all members."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import delete, select

from audit.database import Actor, Database
from audit.errors import DomainError
from voting.registry.models import Person
from web.database.opening import open_database
from web.identity import accounts, entries, links
from web.identity.keys import Keys, forget_pseudonyms
from web.identity.models import CLOSED, ENROL, INVITED, Account, WebSession
from web.identity.roles import GRANTED, Role
from web.mail import letters
from web.mail.mailer import make_transport
from web.mail.outgoing import ENROLMENT, Mailer, queue
from web.settings import Settings

app = typer.Typer(help="Accounts of officials and members.", no_args_is_help=True)

OPERATOR = Actor("operator")
BATCH = 100  # letters between two commits


@contextmanager
def _open(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    try:
        yield database
    except DomainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()


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
    with _open(settings) as database, database.transaction(OPERATOR) as uow:
        account = accounts.create(uow, login, name=name, email=email)
        for wanted in role or []:
            accounts.grant(uow, account.id, wanted)
        token = links.make(uow, account, ENROL, settings.link_hours)
    typer.echo(f"{settings.base_url}/enrol/{token}")


@app.command()
def invite(
    again: Annotated[
        bool, typer.Option("--again", help="Also those who were invited and have not enrolled.")
    ] = False,
) -> None:
    """Make an account for each member who has none, and mail the enrolment links.

    Members without an e-mail address are counted; their links are made by the administrator, in
    person. A letter that a server refuses keeps no other; what becomes of each is on the
    registrar's page of letters. The site goes on sending what this command leaves.
    """
    settings = Settings()
    keys = Keys.load(settings.secret_file)
    with _open(settings) as database:
        chosen = _to_invite(database, again=again)
        written = sum(
            _write_letters(database, keys, settings, chosen[start : start + BATCH])
            for start in track(
                range(0, len(chosen), BATCH),
                "Letters",
                console=Console(stderr=True),
                transient=True,
            )
        )
        done = Mailer(database, keys, settings, make_transport(settings)).drain()
    typer.echo(f"{len(chosen)} invited, {written} of them by mail.")
    if done.refused or done.later:
        typer.echo(
            f"{done.refused} letters are refused, {done.later} are tried again by the site. "
            "The registrar's page of letters names each.",
            err=True,
        )
        raise typer.Exit(1)


def _to_invite(database: Database, *, again: bool) -> list[str]:
    with database.transaction(OPERATOR) as uow:
        made = accounts.create_for_members(uow, uow.session.scalars(select(Person)))
        if not again:
            return [account.id for account in made]
        waiting = select(Account.id).where(Account.state == INVITED, Account.person_id.is_not(None))
        return list(uow.session.scalars(waiting))


def _write_letters(database: Database, keys: Keys, settings: Settings, ids: list[str]) -> int:
    written = 0
    with database.transaction(OPERATOR) as uow:
        until = uow.now + timedelta(hours=settings.link_hours)
        for account in uow.session.scalars(select(Account).where(Account.id.in_(ids))):
            if not accounts.address_of(uow, account)[1]:
                continue
            token = links.make(uow, account, ENROL, settings.link_hours)
            made = letters.enrolment(uow, settings, account, token)
            if made is not None:
                of = {"account_id": account.id, "person_id": account.person_id}
                queue(uow, keys, made, ENROLMENT, until=until, **of)
                written += 1
    return written


@app.command("sign-out-everyone")
def sign_out_everyone() -> None:
    """End every session of everyone, for when a key or a copy of the database got out."""
    with _open(Settings()) as database, database.transaction(OPERATOR) as uow:
        uow.session.execute(delete(WebSession))
        uow.record(entries.SessionsEnded())
    typer.echo("Everyone is signed out.")


@app.command("list")
def list_officials() -> None:
    """List the accounts that have a role."""
    with _open(Settings()) as database, database.read(OPERATOR) as uow:
        query = select(Account).where(Account.roles.any(), Account.state != CLOSED)
        for account in uow.session.scalars(query.order_by(Account.login)):
            roles = ", ".join(
                f"{row.role}:{row.scope}" if row.scope else row.role for row in account.roles
            )
            typer.echo(f"{account.login}\t{account.state}\t{roles}")


@app.command("forget-pseudonyms")
def forget() -> None:
    """Destroy the key that leads from the security log to voters' accounts. There is no way back.

    Run it after the challenge period, then restart the site.
    """
    typer.confirm("Destroy the key of the pseudonyms?", abort=True)
    forget_pseudonyms(Settings().data_dir)
    typer.echo("Destroyed. Restart the site.")
