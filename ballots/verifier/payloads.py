"""The records that stand before an event: exactly those it needs, in order (specification 4.4)."""

from __future__ import annotations

from ballots import checks
from ballots.archive import Event, Record, Step
from ballots.encoding import loads_strict, take_object, take_text
from ballots.faults import Sink, collected

REFERENCES = {
    "Setup": ("election", "trustees", "credentials"),
    "EncryptedTally": ("num_tallied", "total_weight", "encrypted_tally"),
    "Shuffle": ("owner", "payload"),
    "PartialDecryption": ("owner", "payload"),
}
CERTIFICATE = "credentials_certificate"
_NO_HASH = ("num_tallied", "total_weight", "owner")


class Payloads:
    """Finds the records of each event, and refuses others."""

    def ballot(self, step: Step, sink: Sink) -> bytes | None:
        """The ballot of a Ballot event: the one record before it."""
        found = step.data[-1] if step.data else None
        if found is None or found.digest != step.event.payload:
            with collected(sink):
                _missing("chain.payload", step, "ballot")
            return None
        self._check_records(step, [found.digest], sink)
        return found.body

    def nothing(self, step: Step, sink: Sink) -> None:
        """No record belongs to this event."""
        self._check_records(step, [], sink)

    def resolve(self, step: Step, sink: Sink) -> dict[str, bytes] | None:
        """Records by name: ``payload`` of the event, and what its fields refer to.

        None when one is missing or the payload cannot be read.
        """
        available = {record.digest: record.body for record in step.data}
        bodies: dict[str, bytes] = {}
        order: list[str] = []
        with collected(sink):
            payload = step.event.payload or ""
            bodies["payload"] = self._find(payload, available, step, "payload")
            for name, digest in _references(bodies["payload"], step.event):
                target = "content" if name == "payload" else name
                bodies[target] = self._find(digest, available, step, name)
                order.append(digest)
            order.append(payload)
            certificate = _certificate(step, bodies["payload"])
            if certificate is not None:
                bodies[CERTIFICATE] = certificate.body
                order.insert(step.data.index(certificate), certificate.digest)
            self._check_records(step, order, sink)
            return bodies
        return None

    def _find(self, digest: str, available: dict[str, bytes], step: Step, name: str) -> bytes:
        body = available.get(digest)
        if body is None:
            _missing("chain.payload", step, name)
        return body if body is not None else b""

    def _check_records(self, step: Step, expected: list[str], sink: Sink) -> None:
        found = [record.digest for record in step.data]
        if found != expected:
            with collected(sink):
                reason = "the records before the event are not exactly those that it needs"
                checks.fail("chain.records", step.event.place, reason)


def _certificate(step: Step, setup: bytes) -> Record | None:
    """The record that the setup data name as the certificate of the credential authority.

    The specification does not list it, so its place among the records is left free.
    """
    if step.event.type != "Setup":
        return None
    fields = loads_strict(setup, step.event.place)
    if CERTIFICATE not in fields:
        return None
    found = next((r for r in step.data if r.digest == fields[CERTIFICATE]), None)
    if found is None:
        _missing("chain.payload", step, CERTIFICATE)
    return found


def _references(body: bytes, event: Event) -> list[tuple[str, str]]:
    """The fields of a payload that name other records."""
    names = REFERENCES.get(event.type, ())
    if not names:
        return []
    fields = loads_strict(body, event.place)
    if isinstance(fields, dict) and event.type == "Setup":
        # The specification does not list it, so its place among the fields is left free.
        fields = {name: fields[name] for name in fields if name != CERTIFICATE}
    take_object(fields, event.place, *names)
    hashes = [name for name in fields if name not in _NO_HASH]
    return [(name, take_text(fields[name], f"{event.place}.{name}")) for name in hashes]


def _missing(check: str, step: Step, name: str) -> None:
    reason = f"the record that is named as {name} does not stand before the event"
    checks.fail(check, step.event.place, reason)
