"""mandate trustee: keys, the threshold ceremony, shuffles and shares, on the trustee's machine.

Secrets are written to new files that only their owner can read, and never printed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from audit.verifier import Demands
from ballots import ceremony, threshold, trustees
from ballots.encoding import Json, dumps, loads_strict, take_list, take_object, take_text
from ballots.group import get_group
from ballots.verifier import Progress
from web.commands.archive import judged
from web.commands.log import PolicyFile, read_policy, readable, some_keys
from web.commands.logged import require_logged
from web.commands.processes import usable
from web.commands.progress import progress_of

app = typer.Typer(help="What a trustee does, on the trustee's own machine.", no_args_is_help=True)

Group = Annotated[str, typer.Option(help="Group of the election.")]
Secret = Annotated[Path, typer.Option(help="New file for the secret; only you can read it.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File; else printed.")]
Seed = Annotated[Path, typer.Option(help="File with your seed, made by 'certificate'.")]
Certificates = Annotated[Path, typer.Option(help="JSON list of all certificates.")]
Threshold = Annotated[int, typer.Option("--threshold", min=1, help="How many are needed.")]
KeyFile = Annotated[Path, typer.Option(help="File with your private key.")]
Fingerprints = Annotated[
    list[str], typer.Option("--fingerprint", help="As published; one for each archive, by name.")
]
Archives = Annotated[Path, typer.Argument(help="A closed archive, or a folder of archives.")]
OutputOrFolder = Annotated[Path | None, typer.Option("--output", "-o", help="File or folder.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes to use.")]
Log = Annotated[
    Path | None, typer.Option(help="Folder of the public log, which has to have these ballots.")
]
LogKeys = Annotated[
    list[str], typer.Option("--vkey", help="Verifier key of the log, or a file with one.")
]
Kept = Annotated[
    list[Path], typer.Option("--old", help="A checkpoint of the log kept from before.")
]


def write_secret(path: Path, text: str) -> None:
    """To a new file with mode 0600; an existing file is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")


def put(value: Json, output: Path | None) -> None:
    """Public JSON to a file or to the terminal."""
    raw = value if isinstance(value, bytes) else dumps(value)
    if output is None:
        typer.echo(raw.decode())
    else:
        output.write_bytes(raw)


def get(path: Path) -> Json:
    return loads_strict(path.read_bytes().strip(), path.name)


def get_list(path: Path) -> list[Json]:
    return take_list(get(path), path.name)


def secret_in(path: Path, name: str) -> str:
    """A file of this command holds the secret alone; one of the trustee's page is JSON with it."""
    try:
        text = path.read_text(encoding="utf-8").strip()
        if not text.startswith("{"):
            return text
        found = json.loads(text)[name]
    except (ValueError, KeyError, RecursionError):  # also of what is no text at all
        found = None
    if not isinstance(found, str):
        raise typer.BadParameter(f"{path} is not a trustee's key file: it has no {name}.")
    return found


@app.command()
def keygen(secret: Secret, group: Group = "Ed25519", output: Output = None) -> None:
    """Make a single key: the private one to SECRET, the public one, with its proof, to OUTPUT."""
    with judged():
        private, public = trustees.generate_single(get_group(group))
        write_secret(secret, private)
        put(public, output)


@app.command()
def commitment(public: Path) -> None:
    """The hash of a public key, to be published before any key is shown."""
    with judged():
        typer.echo(trustees.commitment(get(public)))


@app.command()
def certificate(
    secret: Secret,
    size: Annotated[int, typer.Option(min=1, help="How many threshold trustees there are.")],
    threshold_: Threshold,
    index: Annotated[int, typer.Option(min=1, help="Your number, from 1.")],
    group: Group = "Ed25519",
    output: Output = None,
) -> None:
    """Threshold, step 1: make a seed, which you keep until the tally, and a certificate."""
    with judged():
        seed, public = threshold.make_certificate(get_group(group), size, threshold_, index)
        write_secret(secret, seed)
        put(public, output)


@app.command()
def polynomial(
    seed: Seed,
    certificates: Certificates,
    threshold_: Threshold,
    group: Group = "Ed25519",
    output: Output = None,
) -> None:
    """Threshold, step 2: check all certificates and make your polynomial."""
    with judged():
        made = threshold.make_polynomial(
            get_group(group), secret_in(seed, "seed"), get_list(certificates), threshold_
        )
        put(made, output)


@app.command()
def voutput(
    seed: Seed,
    certificates: Certificates,
    vinput: Annotated[Path, typer.Option(help="What the server has for you.")],
    threshold_: Threshold,
    group: Group = "Ed25519",
    output: Output = None,
) -> None:
    """Threshold, step 4: check the letters of all trustees and make your share of the key."""
    with judged():
        made = threshold.make_voutput(
            get_group(group),
            secret_in(seed, "seed"),
            get_list(certificates),
            threshold_,
            get(vinput),
        )
        put(made, output)


@app.command("private-key")
def private_key(
    seed: Seed,
    share: Annotated[Path, typer.Option("--voutput", help="Your voutput of step 4.")],
    secret: Secret,
    group: Group = "Ed25519",
) -> None:
    """Threshold, step 6: get your private key back from the seed, for the tally."""
    with judged():
        fields = take_object(get(share), share.name, "private_key", "public_key")
        letter = take_text(fields["private_key"], share.name)
        private = threshold.private_key(get_group(group), secret_in(seed, "seed"), letter)
        write_secret(secret, private)


Act = Callable[[Path, str, Progress], bytes]


@app.command()
def decrypt(
    archive: Archives,
    key: KeyFile,
    fingerprint: Fingerprints,
    output: OutputOrFolder = None,
    jobs: Jobs = 1,
    log: Log = None,
    vkey: LogKeys = [],  # noqa: B006 - typer copies it
    old: Kept = [],  # noqa: B006
    policy_file: PolicyFile = None,
    share_only: Annotated[
        bool, typer.Option(help="Only the share as the Belenios specification has it.")
    ] = False,
) -> None:
    """Verify each archive, make its tally anew from the ballots, and decrypt that and nothing else.

    What is written is what the service takes: the share of the tally, and that of the lot.

    Refused: another election, an open or invalid archive, a key that is not among the trustees.
    With --log also: ballots left out, or put in, in a chain that was made anew without them.
    """
    with judged(), readable():
        private = secret_in(key, "private_key")
        compare = _comparison(log, vkey, old, policy_file)
        processes = usable(jobs)

        def act(path: Path, expected: str, progress: Progress) -> bytes:
            compare(path)
            made = ceremony.decrypt_archive(
                path, private, expected, jobs=processes, progress=progress
            )
            return made.share if share_only else made.raw

        _each(archive, fingerprint, output, act)


@app.command()
def shuffle(
    archive: Archives,
    fingerprint: Fingerprints,
    output: OutputOrFolder = None,
    jobs: Jobs = 1,
    log: Log = None,
    vkey: LogKeys = [],  # noqa: B006
    old: Kept = [],  # noqa: B006
    policy_file: PolicyFile = None,
) -> None:
    """Verify each archive and shuffle the ballots of its non-homomorphic questions."""
    with judged(), readable():
        compare = _comparison(log, vkey, old, policy_file)
        processes = usable(jobs)

        def act(path: Path, expected: str, progress: Progress) -> bytes:
            compare(path)
            return ceremony.shuffle_archive(path, expected, jobs=processes, progress=progress)

        _each(archive, fingerprint, output, act)


def _comparison(
    log: Path | None, vkey: list[str], old: list[Path], policy_file: Path | None
) -> Callable[[Path], None]:
    """What compares an archive with the log, when a log is given."""
    if log is None:
        if vkey or old or policy_file:
            raise typer.BadParameter("--vkey, --old and --policy are about the log: give --log too")
        return lambda _path: None
    demands = Demands(policy=read_policy(policy_file), old=[path.read_bytes() for path in old])
    keys = some_keys(vkey, demands.policy)
    return lambda path: require_logged(path, log, keys, demands)


def _each(archive: Path, fingerprints: list[str], output: Path | None, act: Act) -> None:
    """One act for each archive. All are done before anything is written."""
    paths = sorted(archive.glob("**/*.bel")) if archive.is_dir() else [archive]
    if len(paths) != len(fingerprints):
        raise typer.BadParameter(f"{len(paths)} archives need as many --fingerprint, in this order")
    made = {}
    for path, expected in zip(paths, fingerprints, strict=True):
        with progress_of(path.name) as progress:
            made[path] = act(path, expected, progress)
    if not archive.is_dir():
        put(made[archive], output)
        return
    folder = output or archive
    folder.mkdir(exist_ok=True)
    for path, raw in made.items():
        (folder / f"{path.stem}.share.json").write_bytes(raw)
        typer.echo(f"{path.name}: done", err=True)
