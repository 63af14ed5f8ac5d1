"""The parsers of ``audit``: notes, keys, policies, proofs, tiles, whole logs from hostile hands."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from audit import policy, timestamps
from audit.chunks import check_chunk
from audit.entries import MAX_ENTRY, PUBLIC, Entry, Key, decode, encode
from audit.errors import LogError
from audit.folder import cut_tile
from audit.keyfiles import read_signers
from audit.keys import Algorithm, Signer, Verifier
from audit.merkle import Digest
from audit.note import Checkpoint, Note, parse_signatures, sign, verify_checkpoint
from audit.proofs import Proof, make_proof
from audit.receipts import make_receipt, verify_receipt, verify_recorded
from audit.tiles import Edge, TileName, encode_bundle, leaf_hashes, split_bundle, split_tile
from audit.verifier import Demands, verify
from audit.witness import Request, Witness
from tests.fuzz.targets import Target

REFUSALS = (LogError,)
ORIGIN = "fuzz.example/log"
SIGNER = Signer.from_seed(ORIGIN, Algorithm.ED25519, bytes(32))
LONG = Signer.from_seed(ORIGIN, Algorithm.MLDSA44_TIMED, bytes(32))
RECEIPTS = Signer.from_seed(f"{ORIGIN}/receipt", Algorithm.ED25519, bytes(32))
WITNESSES = [
    Signer.from_seed("w.example/1", Algorithm.ED25519_TIMED, bytes(range(32))),
    Signer.from_seed("w.example/2", Algorithm.MLDSA44_TIMED, bytes(range(32))),
]
KEYS = [signer.verifier for signer in (SIGNER, LONG)]
ALL_KEYS = [*KEYS, *(signer.verifier for signer in (RECEIPTS, *WITNESSES))]
VECTORS = Path(__file__).parents[2] / "audit" / "vectors"


class Said(Entry, type="fuzz.said", log=PUBLIC, subject="number/{number}"):
    """Something was said."""

    number: Key
    text: str


NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = "\n".join(
    (
        f"log {SIGNER.verifier}",
        *(f"witness w{n} {signer.verifier}" for n, signer in enumerate(WITNESSES)),
        "group all any w0 w1",
        "quorum all",
        "",
    )
).encode()
TRUST = policy.parse(POLICY)


def _entry(number: int) -> bytes:
    said = Said(number=str(number), text="é")
    return encode(said, id=f"{number:032x}", time=NOW, actor_role="x", actor="")


class Files:
    """A log whose files are whatever somebody serves."""

    def __init__(self, entries: list[bytes]) -> None:
        edge = Edge()
        leaves = leaf_hashes(entries)
        tiles = [*edge.append(leaves), *edge.partial()]
        self.files = {name.path: data for name, data in tiles}
        for place in range(0, len(entries), 256):
            bundle = entries[place : place + 256]
            name = TileName(-1, place // 256, len(bundle))
            self.files[name.path] = encode_bundle(bundle)
        head = Checkpoint(ORIGIN, len(entries), Digest(edge.root()))
        self.files["checkpoint"] = sign(head.text, [SIGNER, LONG, *WITNESSES]).to_bytes()

    def read(self, relative: str, limit: int) -> bytes | None:
        data = self.files.get(relative)
        if data is not None and len(data) > limit:
            raise LogError(f"{relative} is too long")
        return data


ENTRIES = [_entry(number) for number in range(3)]
LOG = Files(ENTRIES)
HEAD = LOG.files["checkpoint"]
PROOF = make_proof(1, ENTRIES[1], HEAD, 3, lambda name: LOG.files[name.path])
RECEIPT = make_receipt(RECEIPTS, contest="FuzzFuzzFuzzFuzz", tracker="x", event="0" * 64)


def _each(*parsers: Callable[[], object]) -> None:
    """All of them, whatever the others say."""
    for parser in parsers:
        with contextlib.suppress(LogError):
            parser()


def _text(raw: bytes) -> str:
    """What a program finds in its arguments."""
    return raw.decode(errors="surrogateescape")


def _note(raw: bytes) -> None:
    note = Note.parse(raw)
    assert note.to_bytes() == raw
    _each(lambda: note.verify(ALL_KEYS), lambda: Checkpoint.parse(note.text))
    checkpoint, _ = verify_checkpoint(raw, KEYS)
    assert checkpoint.text == note.text


def _signed(raw: bytes) -> None:
    """The same with signatures that are right, whatever the text is."""
    text = raw.decode(errors="replace") + "\n"
    with contextlib.suppress(LogError):
        _note(sign(text, [SIGNER]).to_bytes())
    line = Note.parse(HEAD).signatures[1].line
    _note(f"{text}\n{line}".encode())


def _keys(raw: bytes) -> None:
    text = _text(raw)
    _each(
        lambda: Verifier.parse(text),
        lambda: Signer.parse(text),
        lambda: parse_signatures(raw.decode(errors="replace")),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        path.touch(0o600)
        path.write_bytes(raw)
        read_signers(path)


def _policy(raw: bytes) -> None:
    found = policy.parse(raw)
    found.quorum_reached(found.cosigners)


def _proof(raw: bytes) -> None:
    proof = Proof.parse(raw)
    proof.verify(KEYS, TRUST)
    assert proof.to_text().encode() == raw


def _receipt(raw: bytes) -> None:
    verify_recorded(verify_receipt(raw, ALL_KEYS), PROOF, KEYS)


def _witness(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        witness = Witness(Path(folder) / "witness", WITNESSES, KEYS)
        assert witness.add_checkpoint(raw).status in (200, 400, 403, 404, 409, 422)


def _tiles(raw: bytes) -> None:
    name = TileName(-1, 0, 2)
    _each(
        lambda: TileName.parse(_text(raw)),
        lambda: split_bundle(raw, 3),
        lambda: split_tile(raw, 2),
        lambda: cut_tile(raw, name, 3),
    )


def _entries(raw: bytes) -> None:
    assert decode(raw)["v"] == 1


def _served(raw: bytes) -> None:
    """One line an entry; who makes the log signs whatever it holds."""
    entries = [line[:MAX_ENTRY] for line in raw.split(b"\n", 1000)]
    report = verify(Files(entries), KEYS, Demands(policy=TRUST), jobs=1)
    assert report.valid or report.faults


def _files(raw: bytes) -> None:
    """One file of a good log is another one."""
    for name in LOG.files:
        source = Files(ENTRIES)
        source.files[name] = raw
        assert verify(source, KEYS, jobs=1).faults or raw == LOG.files[name]
        check_chunk(source, 3, 0, 1)


def _stamp(raw: bytes) -> None:
    timestamps._imprint_time(raw, (VECTORS / "stamp.checkpoint").read_bytes())


TARGETS: dict[str, Target] = {
    "note": Target(_note, [HEAD, sign("a\n\nb\n", [SIGNER]).to_bytes()]),
    "signed": Target(_signed, [Note.parse(HEAD).text.encode(), b"fuzz.example/log\n1\nx"]),
    "keys": Target(
        _keys,
        [*(str(key).encode() for key in KEYS), *(s.private_text().encode() for s in WITNESSES)],
    ),
    "policy": Target(_policy, [POLICY]),
    "proof": Target(_proof, [PROOF.to_text().encode()]),
    "receipt": Target(_receipt, [RECEIPT.encode()]),
    "witness": Target(_witness, [Request(0, (), HEAD).to_bytes()]),
    "tiles": Target(_tiles, [LOG.files["tile/entries/000.p/3"], b"tile/0/x001/234.p/7"]),
    "entry": Target(_entries, ENTRIES[:1]),
    "served": Target(_served, [b"\n".join(ENTRIES)]),
    "files": Target(_files, [HEAD, LOG.files["tile/0/000.p/3"]]),
    "stamp": Target(_stamp, [(VECTORS / "stamp.tsr").read_bytes()]),
}
