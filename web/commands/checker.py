"""mandate checker: the page of an independent checker, one file that any static host can serve."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Annotated, get_args
from urllib.parse import urlsplit

import jinja2
import typer

from audit.receipts import KEY_SUFFIX
from ballots.archive import Reader, steps
from ballots.election import Election
from web import __version__
from web.commands.archive import judged
from web.commands.log import read_vkeys, readable
from web.texts.checker import checker_texts
from web.texts.i18n import Language, speaking

HERE = Path(__file__).parent.parent
SCRIPT = HERE / "static" / "bundle" / "checker-main.js"
STYLE = HERE / "static" / "checker.css"
NAME = "index.html"


def checker(
    out: Annotated[Path, typer.Option(help="Folder for the page; it is made.")],
    site: Annotated[
        str,
        typer.Option(help="Address of the voting service, from which ballot papers are fetched."),
    ] = "",
    vkey: Annotated[
        list[str],
        typer.Option(help="Verifier keys of receipts and of the log, or files; repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    paper: Annotated[
        list[Path] | None,
        typer.Option(help="Archive of a contest (.bel): its ballot paper is built in; repeatable."),
    ] = None,
) -> None:
    """Build the page that checks opened ballots and receipts, apart from the voting service.

    Any auditor or trustee can host it, or open it from a disk. Its address stands on the voter's
    letter (MANDATE_CHECKER_URL). Prints the SHA-256 of the page: publish it.
    """
    if site and (urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).hostname):
        raise typer.BadParameter(
            "write an address such as https://vote.example", param_hint="--site"
        )
    with readable():
        keys = read_vkeys(vkey)
    with judged():
        papers = dict(_paper(path) for path in paper or [])
        receipts = [str(key) for key in keys if key.name.endswith(KEY_SUFFIX)]
        logs = [str(key) for key in keys if not key.name.endswith(KEY_SUFFIX)]
        page = make_page(_origin(site), receipts, logs, papers)
        out.mkdir(parents=True, exist_ok=True)
        (out / NAME).write_bytes(page)
    typer.echo(f"{hashlib.sha256(page).hexdigest()}  {out / NAME}")


def _origin(site: str) -> str:
    parts = urlsplit(site)
    return f"{parts.scheme}://{parts.netloc}" if site else ""


def _paper(path: Path) -> tuple[str, str]:
    with path.open("rb") as stream:
        setup = next(step for step in steps(Reader(stream)) if step.event.type == "Setup")
    raw = setup.data[0].body
    return Election.parse(raw).uuid, raw.decode()


def make_page(site: str, receipts: list[str], logs: list[str], papers: dict[str, str]) -> bytes:
    """The same arguments give the same bytes, so two people can compare what they host."""
    script, style = SCRIPT.read_text(encoding="utf-8"), STYLE.read_text(encoding="utf-8")
    texts: dict[str, dict[str, str]] = {}
    for language in get_args(Language):
        with speaking(language):
            texts[language] = checker_texts()
    config = {
        "site": site,
        "receiptKeys": "\n".join(receipts),
        "logKeys": "\n".join(logs),
        "papers": papers,
        "texts": texts,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates" / "checker"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    text = json.dumps(config, ensure_ascii=False, sort_keys=True)
    page = environment.get_template("page.html").render(
        site=site,
        script=script,
        style=style,
        script_hash=_csp_hash(script),
        style_hash=_csp_hash(style),
        config=text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        texts=texts,
        version=__version__,
    )
    return page.encode()


def _csp_hash(text: str) -> str:
    """As Content-Security-Policy names what may run (CSP level 3, section 2.3.1)."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
