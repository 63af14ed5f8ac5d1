"""The steps of an election, each taken by belenios-tool.

Every step reads the files it needs from the folder of the election, in which the archive grows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.tool import Tool, folder


@dataclass(frozen=True)
class Theirs:
    """belenios-tool as everyone who takes part."""

    tool: Tool

    def uuid(self, where: Path) -> str:
        return self.tool("setup", "generate-token", where=where).decode().strip()

    def credentials(
        self, group: str, uuid: str, weights: Sequence[int | None]
    ) -> tuple[list[str], list[str]]:
        """The secrets in the order of ``weights``, and the public list."""
        lines = [f"v{i}@x" + (f",,{weight}" if weight else "") for i, weight in enumerate(weights)]
        with folder() as where:
            (where / "voters").write_text("".join(f"{line}\n" for line in lines))
            args = ("--file", "voters", "--group", group, "--uuid", uuid)
            self.tool("setup", "generate-credentials", *args, where=where)
            (secret,) = where.glob("*.privcreds")
            (public,) = where.glob("*.pubcreds")
            entries = [entry.split(",") for entry in json.loads(public.read_bytes())]
            return list(json.loads(secret.read_bytes()).values()), [
                credential + (f",{weight}" if weight else "") for credential, weight, _ in entries
            ]

    def single(self, group: str) -> tuple[str, Any]:
        """A private key in decimal, and the public one."""
        with folder() as where:
            self.tool("setup", "generate-trustee-key", "--group", group, where=where)
            (secret,) = where.glob("*.privkey")
            (public,) = where.glob("*.pubkey")
            return json.loads(secret.read_bytes()), json.loads(public.read_bytes())

    def certificate(self, group: str, size: int, threshold: int, index: int) -> tuple[str, Any]:
        """A seed and the certificate of its holder."""
        with folder() as where:
            self._threshold(group, 1, where, f"--threshold-context={index}/{threshold}/{size}")
            (seed,) = where.glob("*.key")
            (certificate,) = where.glob("*.cert")
            return seed.read_text().strip(), json.loads(certificate.read_bytes())

    def polynomial(self, group: str, seed: str, certificates: list[Any], threshold: int) -> Any:
        with folder() as where:
            _lines(where / "certs", certificates)
            (where / "key").write_text(f"{seed}\n")
            return json.loads(self._threshold(group, 3, where, "--certs=certs", "--key=key"))

    def vinputs(
        self, group: str, certificates: list[Any], polynomials: list[Any], threshold: int
    ) -> list[Any]:
        with folder() as where:
            _lines(where / "certs", certificates)
            _lines(where / "polynomials", polynomials)
            self._threshold(group, 4, where, "--certs=certs", "--polynomials=polynomials")
            own = {
                json.loads(path.read_bytes())["polynomial"]: json.loads(path.read_bytes())
                for path in where.glob("*.vinput")
            }
            return [own[polynomial["polynomial"]] for polynomial in polynomials]

    def voutput(
        self, group: str, seed: str, certificates: list[Any], threshold: int, vinput: Any
    ) -> Any:
        with folder() as where:
            _lines(where / "certs", certificates)
            (where / "key").write_text(f"{seed}\n")
            text = _compact(vinput)
            args = ("--certs=certs", "--key=key")
            return json.loads(self._threshold(group, 5, where, *args, stdin=text))

    def parameters(
        self,
        group: str,
        certificates: list[Any],
        polynomials: list[Any],
        voutputs: list[Any],
        threshold: int,
    ) -> Any:
        with folder() as where:
            _lines(where / "certs", certificates)
            _lines(where / "polynomials", polynomials)
            text = b"".join(_compact(voutput) + b"\n" for voutput in voutputs)
            args = ("--certs=certs", "--polynomials=polynomials")
            return json.loads(self._threshold(group, 6, where, *args, stdin=text))

    def election(
        self, template: dict[str, Any], group: str, uuid: str, trustees: list[Any]
    ) -> bytes:
        """election.json; knows single trustees and after them at most one threshold."""
        with folder() as where:
            singles = [value for kind, value in trustees if kind == "Single"]
            for value in (value for kind, value in trustees if kind == "Pedersen"):
                (where / "threshold.json").write_bytes(_compact(value))
            _lines(where / "public_keys.jsons", singles)
            (where / "template.json").write_bytes(_compact(template))
            self.tool("setup", "make-trustees", where=where)
            assert json.loads((where / "trustees.json").read_bytes()) == trustees
            args = ("--template", "template.json", "--group", group, "--uuid", uuid)
            self.tool("setup", "make-election", *args, where=where)
            return (where / "election.json").read_bytes().rstrip(b"\n")

    def setup(self, where: Path, election: bytes, trustees: bytes, credentials: bytes) -> Path:
        """The archive with its Setup event."""
        (where / "election.json").write_bytes(election)
        (where / "trustees.json").write_bytes(trustees)
        (where / "public_creds.json").write_bytes(credentials)
        self.tool("archive", "init", where=where)
        (archive,) = where.glob("*.bel")
        return archive

    def event(self, archive: Path, kind: str, lines: Sequence[bytes]) -> None:
        stdin = b"".join(line + b"\n" for line in lines)
        args = ("--type", kind, "--dir", ".")
        self.tool("archive", "add-event", *args, where=archive.parent, stdin=stdin)

    def ballot(self, archive: Path, secret: str, choices: Any) -> bytes:
        where = archive.parent
        (where / "credential").write_text(secret)
        (where / "choice").write_bytes(_compact(choices))
        args = ("--dir", ".", "--privcred", "credential", "--choice", "choice")
        return self.tool("election", "generate-ballot", *args, where=where).rstrip(b"\n")

    def tally(self, archive: Path) -> list[bytes]:
        return self._step(archive, "compute-encrypted-tally")

    def shuffle(self, archive: Path, owner: int) -> list[bytes]:
        return self._step(archive, "shuffle", "--trustee-id", str(owner))

    def share(self, archive: Path, owner: int, private: str) -> list[bytes]:
        (archive.parent / "key").write_text(json.dumps(private))
        return self._step(archive, "decrypt", "--privkey", "key", "--trustee-id", str(owner))

    def threshold_share(
        self, archive: Path, group: str, owner: int, seed: str, letter: str
    ) -> list[bytes]:
        (archive.parent / "key").write_text(f"{seed}\n")
        (archive.parent / "letter").write_text(letter)
        args = ("--key", "key", "--decryption-key", "letter", "--trustee-id", str(owner))
        return self._step(archive, "decrypt-threshold", *args)

    def result(self, archive: Path) -> list[bytes]:
        return self._step(archive, "compute-result")

    def _step(self, archive: Path, command: str, *args: str) -> list[bytes]:
        printed = self.tool("election", command, "--dir", ".", *args, where=archive.parent)
        return printed.splitlines()

    def _threshold(
        self, group: str, step: int, where: Path, *args: str, stdin: bytes = b""
    ) -> bytes:
        command = ("setup", "generate-trustee-key-threshold", "--group", group)
        return self.tool(*command, "--step", str(step), *args, where=where, stdin=stdin)


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _lines(path: Path, values: Sequence[Any]) -> None:
    path.write_bytes(b"".join(_compact(value) + b"\n" for value in values))
