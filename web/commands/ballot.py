"""mandate ballot: a second device that checks what the first one encrypted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ballots import ballot
from ballots.election import Election
from ballots.questions import (
    AnyQuestion,
    Choices,
    HomomorphicQuestion,
    ListsQuestion,
    NonHomomorphicQuestion,
)
from web.commands.archive import AsJson, judged
from web.texts.verdicts import printable

app = typer.Typer(help="Ballots: check one, or look into an opened one.", no_args_is_help=True)

ElectionFile = Annotated[Path, typer.Option("--election", help="election.json of the contest.")]
BallotFile = Annotated[Path, typer.Option("--ballot", help="The encrypted ballot.")]


@app.command()
def check(election: ElectionFile, ballot_file: BallotFile, as_json: AsJson = False) -> None:
    """Check the signature and every proof of a ballot; its content stays secret."""
    with judged():
        made = Election.parse(election.read_bytes())
        parsed = ballot.parse(made, ballot_file.read_bytes())
        ballot.verify(made, parsed)
    found = {"tracker": parsed.tracker, "credential": parsed.credential}
    if as_json:
        typer.echo(json.dumps({"valid": True, "election": made.fingerprint, **found}))
        return
    typer.echo(f"Election    {printable(made.name)}, fingerprint {made.fingerprint}")
    typer.echo(f"Tracker     {parsed.tracker}")
    typer.echo(f"Credential  {parsed.credential}")
    typer.echo("The signature and every proof are correct.")


@app.command("open")
def open_ballot(
    election: ElectionFile,
    ballot_file: BallotFile,
    opening: Annotated[
        str, typer.Option("--opening", help="The text of the QR code, or a file that holds it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say in words what an opened ballot contains. Such a ballot can never be cast."""
    with judged():
        made = Election.parse(election.read_bytes())
        raw = ballot_file.read_bytes()
        shown = (
            opening.encode(errors="replace")
            if opening.startswith("{")
            else Path(opening).read_bytes()
        )
        contents = ballot.open_(made, raw, ballot.parse_opening(shown.rstrip(b"\r\n")))
        tracker = ballot.parse(made, raw).tracker
    if as_json:
        typer.echo(json.dumps({"tracker": tracker, "choices": contents}))
        return
    typer.echo(f"Ballot {tracker} contains:")
    for question, choices in zip(made.questions, contents, strict=True):
        for line in in_words(question, choices):
            typer.echo(line)


def in_words(question: AnyQuestion, choices: Choices) -> Iterator[str]:
    """The question, and below it what was chosen."""
    if isinstance(question, HomomorphicQuestion):
        lines = _homomorphic(question, choices)
    elif isinstance(question, NonHomomorphicQuestion):
        lines = [f"{n}  {label}" for n, label in zip(choices, question.answers, strict=True)]
    elif isinstance(question, ListsQuestion):
        lines = _lists(question, choices)
    else:
        raise TypeError(f"no words for a {type(question).__name__}")
    yield printable(question.text)
    yield from (f"    {printable(line)}" for line in lines)


def _homomorphic(question: HomomorphicQuestion, choices: Choices) -> list[str]:
    if question.blank:
        blank, *choices = choices
        if blank:
            return ["blank vote"]
    chosen = [label for label, bit in zip(question.answers, choices, strict=True) if bit]
    return chosen or ["no answer"]


def _lists(question: ListsQuestion, choices: Choices) -> list[str]:
    return [
        label if j == 0 else f"    {label}"
        for row, bits in zip(question.answers, choices, strict=True)
        for j, (label, bit) in enumerate(zip(row, bits, strict=True))
        if bit
    ]
