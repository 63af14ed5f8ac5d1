"""mandate receipt: check what the server signed for a ballot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import LogError
from audit.proofs import Proof
from audit.receipts import verify_receipt, verify_recorded
from web.commands.log import AsJson, PolicyFile, read_policy, read_vkeys, readable

app = typer.Typer(help="Receipts for ballots.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """So that `verify` keeps its name though it is the only command."""


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(help="The receipt.")],
    vkey: Annotated[
        list[str], typer.Option(help="Verifier keys of receipts and of the log, or files.")
    ],
    proof: Annotated[
        Path | None, typer.Option(help="A .tlog-proof of the ballot's entry in the log.")
    ] = None,
    policy_file: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a receipt; with --proof also that the log has what it promises. Status 1: not so."""
    with readable():
        keys = read_vkeys(vkey)
        raw = receipt.read_bytes()
        evidence = proof.read_bytes() if proof else None
        trust = read_policy(policy_file)
    said: dict[str, object] = {"valid": False, "index": None}
    try:
        found = verify_receipt(raw, keys)
        said |= {"contest": found.contest, "tracker": found.tracker, "event": found.event}
        if evidence is not None:
            said["index"] = verify_recorded(found, Proof.parse(evidence), keys, trust)
        said["valid"] = True
    except LogError as error:
        said["fault"] = str(error)
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        for name, value in said.items():
            if value is not None:
                typer.echo(f"{name}: {value}")
    raise typer.Exit(0 if said["valid"] else 1)
