"""Keys of trustees: a public key with the proof that its owner knows the private one (spec 4.5)."""

from __future__ import annotations

from dataclasses import dataclass

from ballots import checks, proofs
from ballots.encoding import Json, dumps, sha256_hex, take_object, take_text
from ballots.faults import Sink, collected, refuse
from ballots.group import Element, Group, Scalar


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A ``trustee_public_key``; ``signature`` is there in threshold mode only."""

    key: Element
    signature: Json | None
    name: str | None


def public_key(group: Group, private: str) -> Element:
    """The public key of a private one in decimal. Raises BallotError."""
    return group.base_mul(group.parse_scalar(private, "private key"))


def prove_key(group: Group, private: Scalar) -> Json:
    """The ``trustee_public_key`` of a private key, without signature."""
    public = group.base_mul(private)
    prefix = proofs.key_prefix(group, public)
    proof = proofs.prove_knowledge(group, prefix, private, group.random_scalar)
    return {"pok": proof.to_json(), "public_key": public.text}


def parse_public_key(group: Group, value: Json, place: str, sink: Sink = refuse) -> PublicKey:
    """A ``trustee_public_key`` with its proof checked.

    The specification does not list ``name``, so its place among the fields is left free.
    """
    name = value.get("name") if isinstance(value, dict) else None
    if name is not None:
        name = take_text(name, f"{place}.name")
        value = {field: value[field] for field in value if field != "name"}
    fields = take_object(value, place, "pok", "public_key", "?signature")
    public = group.parse_element(fields["public_key"], f"{place}.public_key")
    proof = proofs.parse_proof(group, fields["pok"], f"{place}.pok")
    prefix = proofs.key_prefix(group, public)
    with collected(sink):
        proofs.verify_knowledge(group, prefix, public, proof, "trustee.knowledge", f"{place}.pok")
    return PublicKey(public, fields.get("signature"), name)


def commitment(public: Json) -> str:
    """Hash of a ``trustee_public_key``, published before any key of the ceremony is shown.

    64 hexadecimal digits. The key and its proof are random, so nothing can be learnt from it.
    """
    return sha256_hex(dumps(public))


def check_commitment(committed: str, public: Json, place: str) -> None:
    """That ``public`` is what was committed to. Raises BallotError."""
    same = commitment(public) == committed
    reason = "is not the key that was committed to before the keys were shown"
    checks.require(same, "trustee.commitment", place, reason)
