"""Signed notes (C2SP signed-note v1.0.0) and the checkpoints in them (tlog-checkpoint v1.0.0).

Pure. What is parsed is compared with what this module would have written: one text, one meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from audit.errors import LogError
from audit.keys import Signer, Verifier, check_name, from_base64, to_base64
from audit.merkle import Digest

MAX_NOTE = 1 << 18  # bytes: a hundred signatures, some of ML-DSA-44
MAX_SIGNATURES = 100
_LINE = re.compile("\u2014 ([^ ]+) ([^ ]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Signature:
    """One signature line: who (name and key id) and the bytes after the key id."""

    name: str
    key_id: bytes
    value: bytes = field(repr=False)

    @property
    def line(self) -> str:
        return f"\u2014 {self.name} {to_base64(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        match = _LINE.fullmatch(line)
        if match is None:
            raise LogError("not a signature line")
        name, encoded = match.groups()
        check_name(name)
        raw = from_base64(encoded)
        if len(raw) < 5:
            raise LogError("a signature is shorter than its key id")
        return cls(name, raw[:4], raw[4:])


@dataclass(frozen=True)
class Note:
    """A text (that ends with a newline) and its signatures, not yet checked."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> Note:
        """Raises LogError unless these are just the bytes of a note."""
        if len(raw) > MAX_NOTE:
            raise LogError(f"a note has at most {MAX_NOTE} bytes")
        try:
            whole = raw.decode()
        except UnicodeDecodeError as error:
            raise LogError("a note is UTF-8") from error
        if any(ord(c) < 0x20 and c != "\n" for c in whole):
            raise LogError("a note has no control characters")
        text, blank, lines = whole.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise LogError("a note is a text, a blank line and signature lines")
        signatures = parse_signatures(lines)
        return cls(text + "\n", signatures)

    def to_bytes(self) -> bytes:
        return f"{self.text}\n{''.join(s.line for s in self.signatures)}".encode()

    def verify(self, verifiers: Iterable[Verifier]) -> dict[Verifier, int]:
        """The known keys that have signed, with the times of their signatures (0: without).

        Unknown keys are passed over. Raises LogError when a known key's signature is wrong.
        """
        known = {(v.name, v.key_id): v for v in verifiers}
        found: dict[Verifier, int] = {}
        for signature in self.signatures:
            verifier = known.get((signature.name, signature.key_id))
            if verifier is not None:
                found[verifier] = verifier.verify(self.text, signature.value)
        return found

    def with_signatures(self, more: Iterable[Signature]) -> Note:
        """The note with these as well; a later signature of a key takes the place of the older."""
        by_key = {(s.name, s.key_id): s for s in (*self.signatures, *more)}
        return Note(self.text, tuple(by_key.values()))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines, each ended by a newline; what a witness answers. Raises LogError."""
    if not lines.endswith("\n"):
        raise LogError("a signature line ends with a newline")
    if lines.count("\n") > MAX_SIGNATURES:
        raise LogError(f"a note has at most {MAX_SIGNATURES} signatures")
    return tuple(Signature.parse(line) for line in lines[:-1].split("\n"))


def sign(text: str, signers: Sequence[Signer], time: int = 0) -> Note:
    """A note signed by all `signers`; `time` in POSIX seconds for keys that sign a time."""
    if not text.endswith("\n"):
        raise LogError("the text of a note ends with a newline")
    return Note(text, tuple(signature_of(signer, text, time) for signer in signers))


def signature_of(signer: Signer, text: str, time: int = 0) -> Signature:
    return Signature(signer.name, signer.verifier.key_id, signer.sign(text, time))


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its name, how many entries it has, the root of their tree."""

    origin: str
    size: int
    root: Digest
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Raises LogError for any other spelling."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise LogError("a checkpoint is an origin, a size and a root, each on its line")
        origin, size, root, *extensions = lines[:-1]
        if not _SIZE.fullmatch(size) or int(size) >= 1 << 63:
            raise LogError(f"not the size of a log: {size[:40]!r}")
        digest = from_base64(root)
        if len(digest) != 32:
            raise LogError("the root of a checkpoint has 32 bytes")
        return cls(origin, int(size), Digest(digest), tuple(extensions))

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def verify_checkpoint(raw: bytes, verifiers: Sequence[Verifier]) -> tuple[Checkpoint, Note]:
    """Open a checkpoint signed by one of `verifiers`, the keys of one log.

    Raises LogError: no signature of a known key, a wrong one, or the origin is of another log.
    """
    note = Note.parse(raw)
    signed = note.verify(verifiers)
    checkpoint = Checkpoint.parse(note.text)
    if not signed:
        names = ", ".join(sorted({v.name for v in verifiers}))
        raise LogError(f"the checkpoint is not signed by a known key of {names}")
    if any(verifier.name != checkpoint.origin for verifier in signed):
        raise LogError(f"the checkpoint is of another log: {checkpoint.origin[:80]!r}")
    return checkpoint, note
