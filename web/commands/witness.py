"""mandate witness: run a witness for the logs of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from audit import keyfiles
from audit.keys import Verifier
from audit.witness import Witness
from web.api.witness import create_witness_app
from web.commands.log import read_vkeys, readable
from web.http.server import limits

app = typer.Typer(help="Cosign the logs of others.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """So that `serve` keeps its name though it is the only command."""


@app.command()
def serve(
    key: Annotated[Path, typer.Option(help="Key file made with 'mandate log keygen'.")],
    log: Annotated[
        list[str], typer.Option(help="Verifier key of a log to follow, or a file; repeatable.")
    ],
    store: Annotated[Path, typer.Option(help="SQLite file of the witness; keep it for ever.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8001,
) -> None:
    """Run a witness (C2SP tlog-witness). Losing the store is losing what was promised."""
    with readable():
        logs: list[Verifier] = read_vkeys(log)
        witness = Witness(store, keyfiles.read_signers(key), logs)
    for signer in witness.signers:
        typer.echo(f"witness key: {signer.verifier}")
    uvicorn.run(create_witness_app(witness), host=host, port=port, **limits())
