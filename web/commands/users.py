"""mandate user: accounts from the command line, of the first official and of all members."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
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
    person. Interrupted, run it with --again.
    """
    settings = Settings()
    with _open(settings) as database:
        chosen = _to_invite(database, again=again)
        sent = _mail_links(database, settings, chosen)
    typer.echo(f"{len(chosen)} invited, {sent} of them by mail.")


def _to_invite(database: Database, *, again: bool) -> list[str]:
    with database.transaction(OPERATOR) as uow:
        made = accounts.create_for_members(uow, uow.session.scalars(select(Person)))
        if not again:
            return [account.id for account in made]
        waiting = select(Account.id).where(Account.state == INVITED, Account.person_id.is_not(None))
        return list(uow.session.scalars(waiting))


def _mail_links(database: Database, settings: Settings, chosen: list[str]) -> int:
    transport = make_transport(settings)
    sent = 0
    starts = range(0, len(chosen), BATCH)
    for start in track(starts, "Letters", console=Console(stderr=True), transient=True):
        for letter in _letters(database, settings, chosen[start : start + BATCH]):
            try:
                transport.send(letter)
            except (OSError, smtplib.SMTPException) as error:
                typer.echo(f"The mail server refuses ({error}). {sent} letters are sent.", err=True)
                typer.echo("Mend it, then run  mandate user invite --again", err=True)
                raise typer.Exit(1) from None
            sent += 1
    return sent


def _letters(database: Database, settings: Settings, ids: list[str]) -> list[EmailMessage]:
    with database.transaction(OPERATOR) as uow:
        found = []
        for account in uow.session.scalars(select(Account).where(Account.id.in_(ids))):
            if accounts.address_of(uow, account)[1]:
                token = links.make(uow, account, ENROL, settings.link_hours)
                found.append(letters.enrolment(uow, settings, account, token))
        return [letter for letter in found if letter is not None]


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
