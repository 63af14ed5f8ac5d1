"""Letters between trustees, carried by the server (specification 4.6.1, 4.6.3).

From one secret seed a trustee derives a signing key and a decryption key. A letter is signed, names
its recipient inside the signature, and is encrypted: ElGamal for a random element, AES-GCM under a
key hashed from it for the text.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ballots import checks, proofs
from ballots.encoding import Json, dumps, loads_strict, take_object, take_text
from ballots.group import Element, Group, Scalar

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SEED_LENGTH = 22
ALGORITHM = "AES-GCM"
MAX_LETTER = 1 << 20
"""Largest letter, in bytes; one with a hundred 2048-bit coefficients has about 130 000."""

_SEED = re.compile(f"[{ALPHABET}]{{{SEED_LENGTH}}}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The four keys of a trustee, derived from the seed; the first two are secret."""

    signing: Scalar
    decryption: Scalar
    verification: Element
    encryption: Element


def new_seed() -> str:
    """A fresh seed: 22 Base58 characters, about 128 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SEED_LENGTH))


def derive(group: Group, seed: str) -> Keys:
    """The keys of the holder of ``seed`` (4.6.1). Raises BallotError for a malformed seed."""
    well_formed = bool(_SEED.fullmatch(seed))
    checks.require(well_formed, "threshold.seed", "seed", "must be 22 Base58 characters")
    signing = group.hash_to_scalar(f"sk|{seed}")
    decryption = group.hash_to_scalar(f"dk|{seed}")
    return Keys(signing, decryption, group.base_mul(signing), group.base_mul(decryption))


def sign(group: Group, key: Scalar, message: str) -> Json:
    """A ``signed_msg``."""
    prefix = proofs.message_prefix(message)
    signature = proofs.prove_knowledge(group, prefix, key, group.random_scalar)
    return {"message": message, "signature": signature.to_json()}


def verify_signature(
    group: Group, key: Element, message: str, signature: Json, check: str, place: str
) -> None:
    """That the holder of the verification key ``key`` signed ``message``."""
    proof = proofs.parse_proof(group, signature, place)
    proofs.verify_knowledge(group, proofs.message_prefix(message), key, proof, check, place)


def open_signed(group: Group, key: Element, signed: Json, check: str, place: str) -> str:
    """The message in a ``signed_msg`` of the holder of ``key``."""
    fields = take_object(signed, place, "message", "signature")
    message = take_text(fields["message"], f"{place}.message")
    signature_place = f"{place}.signature"
    verify_signature(group, key, message, fields["signature"], check, signature_place)
    return message


def send(group: Group, key: Scalar, recipient: Element, message: str) -> str:
    """A letter signed with ``key`` to the holder of the encryption key ``recipient`` (4.6.3)."""
    letter = dumps({"recipient": recipient.text, "message": message}).decode()
    return _encrypt(group, recipient, dumps(sign(group, key, letter)))


def receive(group: Group, keys: Keys, sender: Element, letter: str, place: str) -> str:
    """The message in a letter to the holder of ``keys`` from the holder of ``sender``.

    Raises BallotError when it is not for us, not from them, or damaged.
    """
    signed = loads_strict(_decrypt(group, keys, letter, place), place, max_bytes=MAX_LETTER)
    text = open_signed(group, sender, signed, "threshold.channel", place)
    fields = loads_strict(text.encode(), place, max_bytes=MAX_LETTER)
    take_object(fields, place, "recipient", "message")
    ours = fields["recipient"] == keys.encryption.text
    checks.require(ours, "threshold.channel", place, "is a letter to another trustee")
    return take_text(fields["message"], f"{place}.message")


def _encrypt(group: Group, recipient: Element, message: bytes) -> str:
    r, s = group.random_scalar(), group.random_scalar()
    alpha, shared = group.base_mul(r), group.base_mul(s)
    key, nonce = _symmetric(alpha, shared)
    data = AESGCM(key).encrypt(nonce, message, None).hex()
    beta = group.mul(r, recipient) + shared
    fields = {"algorithm": ALGORITHM, "alpha": alpha.text, "beta": beta.text, "data": data}
    return dumps(fields).decode()


def _decrypt(group: Group, keys: Keys, letter: str, place: str) -> bytes:
    fields = loads_strict(letter.encode(), place, max_bytes=MAX_LETTER)
    take_object(fields, place, "algorithm", "alpha", "beta", "data")
    known = fields["algorithm"] == ALGORITHM
    checks.require(known, "threshold.channel", place, f"must be encrypted with {ALGORITHM}")
    alpha = group.parse_element(fields["alpha"], f"{place}.alpha")
    beta = group.parse_element(fields["beta"], f"{place}.beta")
    data = take_text(fields["data"], f"{place}.data")
    if not _HEX.fullmatch(data):
        checks.fail("threshold.channel", place, "must have its data in hexadecimal")
    key, nonce = _symmetric(alpha, beta - group.mul(keys.decryption, alpha))
    try:
        return AESGCM(key).decrypt(nonce, bytes.fromhex(data), None)
    except InvalidTag:
        checks.fail("threshold.channel", place, "is damaged, or not encrypted for this trustee")


def _symmetric(alpha: Element, shared: Element) -> tuple[bytes, bytes]:
    key = hashlib.sha256(f"key|{shared.text}".encode()).digest()
    nonce = hashlib.sha256(f"iv|{alpha.text}".encode()).digest()
    return key, nonce
