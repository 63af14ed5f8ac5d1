"""Pedersen's t of n: a key that any ``threshold`` of ``size`` trustees can use (specification 4.6).

The steps, and what passes between the trustees' devices and the server. The server keeps every
public object, as canonical JSON, until ``threshold_parameters`` has been published, and of each
trustee also the ``voutput`` (its ``private_key`` is a letter only that trustee can read).
The trustee keeps the 22 characters of the seed, and nothing else, from step 1 to the tally.

1. ``make_certificate``: each trustee; server: ``check_certificate``, stores ``certificates[i]``.
2. ``make_polynomial``: each trustee, given all certificates; server: ``check_polynomial``, stores
   ``polynomials[i]``.
3. ``make_vinput``: the server sorts the letters; nothing new to store.
4. ``make_voutput``: each trustee, given the certificates and its vinput; server:
   ``check_voutput``, stores ``voutputs[i]``.
5. ``threshold_parameters``: the server publishes them in the trustees structure.
6. At the tally ``private_key`` gives each trustee its share back from its seed and its voutput.

Indices count from 1, as in the specification; lists of JSON objects are in the order of indices.
"""

from __future__ import annotations

from collections.abc import Sequence

from ballots import channel, checks, keys
from ballots.channel import Keys
from ballots.encoding import Json, dumps, take_list, take_object, take_text
from ballots.group import Element, Group, Scalar
from ballots.pedersen import (
    Certificate,
    agreement,
    check_certificate,
    check_certificates,
    check_coefficients,
    check_key,
    evaluate,
    inner,
    lagrange,
    sum_coefficients,
)

__all__ = [
    "check_certificate",
    "check_certificates",
    "check_polynomial",
    "check_voutput",
    "lagrange",
    "make_certificate",
    "make_polynomial",
    "make_vinput",
    "make_voutput",
    "private_key",
    "threshold_parameters",
]


# 1. Certificates


def make_certificate(group: Group, size: int, threshold: int, index: int) -> tuple[str, Json]:
    """The secret seed of trustee ``index`` and its certificate."""
    seed = channel.new_seed()
    own_keys = channel.derive(group, seed)
    context = {"group": group.name, "size": size, "threshold": threshold, "index": index}
    message = {
        "context": context,
        "verification": own_keys.verification.text,
        "encryption": own_keys.encryption.text,
    }
    return seed, channel.sign(group, own_keys.signing, dumps(message).decode())


# 2. Polynomials


def make_polynomial(group: Group, seed: str, certificates: Sequence[Json], threshold: int) -> Json:
    """The polynomial of the holder of ``seed``: letters to all, coefficients in public."""
    own_keys, own, parsed = _open_certificates(group, seed, certificates, threshold)
    coefficients = [group.random_scalar() for _ in range(threshold)]
    exponentiated = [group.base_mul(a) for a in coefficients]
    own_letter = dumps({"polynomial": [str(a) for a in coefficients]}).decode()
    letters = [
        channel.send(group, own_keys.signing, other.encryption, _secret(group, coefficients, other))
        for other in parsed
    ]
    texts = [element.text for element in exponentiated]
    agreed = channel.sign(group, own_keys.signing, agreement(certificates, texts))
    return {
        "polynomial": channel.send(group, own_keys.signing, own.encryption, own_letter),
        "secrets": letters,
        "coefexps": channel.sign(group, own_keys.signing, dumps({"coefexps": texts}).decode()),
        "signature": agreed["signature"],
    }


def check_polynomial(
    group: Group, certificates: Sequence[Json], threshold: int, index: int, polynomial: Json
) -> list[Element]:
    """The public coefficients of trustee ``index``; the server's check in step 2."""
    place = f"polynomials[{index - 1}]"
    fields = take_object(polynomial, place, "polynomial", "secrets", "coefexps", "signature")
    take_text(fields["polynomial"], f"{place}.polynomial")
    letters = take_list(fields["secrets"], f"{place}.secrets")
    enough = len(letters) == len(certificates)
    checks.require(enough, "threshold.shape", f"{place}.secrets", "must be a letter to each")
    for letter in letters:
        take_text(letter, f"{place}.secrets")
    signer = check_certificates(group, certificates, threshold)[index - 1]
    return check_coefficients(
        group, certificates, threshold, signer, fields["coefexps"], fields["signature"], place
    )


# 3. Letters sorted by recipient


def make_vinput(polynomials: Sequence[Json], index: int) -> Json:
    """What the server hands to trustee ``index``. The polynomials have been checked."""
    return {
        "polynomial": polynomials[index - 1]["polynomial"],
        "secrets": [polynomial["secrets"][index - 1] for polynomial in polynomials],
        "coefexps": [polynomial["coefexps"] for polynomial in polynomials],
        "signatures": [polynomial["signature"] for polynomial in polynomials],
    }


# 4. Shares


def make_voutput(
    group: Group, seed: str, certificates: Sequence[Json], threshold: int, vinput: Json
) -> Json:
    """The share of the holder of ``seed``, after everything in the vinput has been checked.

    Raises BallotError with the place, hence the trustee, of the letter that is wrong.
    """
    own_keys, own, parsed = _open_certificates(group, seed, certificates, threshold)
    take_object(vinput, "vinput", "polynomial", "secrets", "coefexps", "signatures")
    share = 0
    for signer, letter, coefexps, signature in zip(
        parsed, *_columns(vinput, len(parsed)), strict=True
    ):
        place = f"vinput[{signer.index - 1}]"
        coefficients = check_coefficients(
            group, certificates, threshold, signer, coefexps, signature, place
        )
        secret = _receive_secret(group, own_keys, signer, letter, place)
        on_curve = group.base_mul(secret) == evaluate(group, coefficients, own.index)
        reason = f"the share of trustee {signer.index} does not fit its published coefficients"
        checks.require(on_curve, "threshold.secret", place, reason)
        share += secret
    private = group.scalar(share)
    public = keys.prove_key(group, private)
    signed = channel.sign(group, own_keys.signing, public["public_key"])
    return {
        "private_key": channel.send(group, own_keys.signing, own.encryption, _own_letter(private)),
        "public_key": public | {"signature": signed["signature"]},
    }


def check_voutput(
    group: Group,
    certificates: Sequence[Json],
    threshold: int,
    polynomials: Sequence[Json],
    index: int,
    voutput: Json,
) -> Element:
    """The verification key of trustee ``index``; the server's check in step 4."""
    place = f"voutputs[{index - 1}]"
    take_object(voutput, place, "private_key", "public_key")
    take_text(voutput["private_key"], f"{place}.private_key")
    signer = check_certificates(group, certificates, threshold)[index - 1]
    coefficients = [
        check_polynomial(group, certificates, threshold, i, polynomial)
        for i, polynomial in enumerate(polynomials, 1)
    ]
    key = voutput["public_key"]
    return check_key(group, signer, sum_coefficients(group, coefficients), key, place).key


# 5. Published parameters, 6. the private key


def threshold_parameters(
    threshold: int,
    certificates: Sequence[Json],
    polynomials: Sequence[Json],
    voutputs: Sequence[Json],
) -> Json:
    """The ``threshold_parameters`` of the trustees structure, from checked objects."""
    return {
        "threshold": threshold,
        "certs": list(certificates),
        "coefexps": [polynomial["coefexps"] for polynomial in polynomials],
        "signatures": [polynomial["signature"] for polynomial in polynomials],
        "verification_keys": [voutput["public_key"] for voutput in voutputs],
    }


def private_key(group: Group, seed: str, letter: str) -> str:
    """The private key, in decimal, from the letter ``private_key`` of the trustee's voutput."""
    own_keys = channel.derive(group, seed)
    text = channel.receive(group, own_keys, own_keys.verification, letter, "private_key")
    fields = take_object(inner(text, "private_key"), "private_key", "decryption_key")
    return str(group.parse_scalar(fields["decryption_key"], "private_key"))


def _own_letter(private: Scalar) -> str:
    """The specification does not say how the key is written; belenios-tool 3.3 writes this."""
    return dumps({"decryption_key": str(private)}).decode()


def _secret(group: Group, coefficients: Sequence[Scalar], other: Certificate) -> str:
    value = sum(a * other.index**k for k, a in enumerate(coefficients))
    return dumps({"secret": str(group.scalar(value))}).decode()


def _receive_secret(
    group: Group, own_keys: Keys, signer: Certificate, letter: Json, place: str
) -> Scalar:
    letter = take_text(letter, place)
    text = channel.receive(group, own_keys, signer.verification, letter, place)
    fields = take_object(inner(text, place), place, "secret")
    return group.parse_scalar(fields["secret"], f"{place}.secret")


def _open_certificates(
    group: Group, seed: str, certificates: Sequence[Json], threshold: int
) -> tuple[Keys, Certificate, list[Certificate]]:
    own_keys = channel.derive(group, seed)
    public = (own_keys.verification, own_keys.encryption)
    parsed = check_certificates(group, certificates, threshold)
    own = next((c for c in parsed if (c.verification, c.encryption) == public), None)
    if own is None:
        checks.fail("threshold.context", "certs", "your own certificate is not among them")
    return own_keys, own, parsed


def _columns(vinput: Json, size: int) -> list[list[Json]]:
    columns = [
        take_list(vinput[name], f"vinput.{name}") for name in ("secrets", "coefexps", "signatures")
    ]
    full = all(len(column) == size for column in columns)
    checks.require(full, "threshold.shape", "vinput", "must have an entry of each trustee")
    return columns
