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
from dataclasses import dataclass
from itertools import zip_longest

from ballots import channel, checks, keys
from ballots.channel import Keys
from ballots.encoding import Json, dumps, loads_strict, take_int, take_list, take_object, take_text
from ballots.faults import Sink, collected, refuse
from ballots.group import Element, Group, Scalar
from ballots.keys import PublicKey

LISTS = ("certs", "coefexps", "signatures", "verification_keys")
MAX_SIZE = 1000
"""Most trustees of one threshold key."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The public keys of trustee ``index``, for letters and signatures."""

    index: int
    verification: Element
    encryption: Element


# 1. Certificates


def make_certificate(group: Group, size: int, threshold: int, index: int) -> tuple[str, Json]:
    """The secret seed of trustee ``index`` and its certificate."""
    seed = channel.new_seed()
    keys = channel.derive(group, seed)
    context = {"group": group.name, "size": size, "threshold": threshold, "index": index}
    message = {
        "context": context,
        "verification": keys.verification.text,
        "encryption": keys.encryption.text,
    }
    return seed, channel.sign(group, keys.signing, dumps(message).decode())


def check_certificate(
    group: Group,
    certificate: Json,
    size: int,
    threshold: int,
    index: int,
    sink: Sink = refuse,
    place: str = "",
) -> Certificate:
    """The keys in a certificate made for exactly this group, size, threshold and index."""
    place = f"{place}certs[{index - 1}]"
    fields = take_object(certificate, place, "message", "signature")
    message = _inner(fields["message"], f"{place}.message")
    take_object(message, f"{place}.message", "context", "verification", "encryption")
    verification = group.parse_element(message["verification"], f"{place}.verification")
    encryption = group.parse_element(message["encryption"], f"{place}.encryption")
    expected = {"group": group.name, "size": size, "threshold": threshold, "index": index}
    same = dumps(message["context"]) == dumps(expected)
    reason = f"must be for trustee {index} of {size}, threshold {threshold}, group {group.name}"
    with collected(sink):
        checks.require(same, "threshold.context", f"{place}.context", reason)
    with collected(sink):
        channel.open_signed(group, verification, certificate, "threshold.certificate", place)
    return Certificate(index, verification, encryption)


def check_certificates(
    group: Group,
    certificates: Sequence[Json],
    threshold: int,
    sink: Sink = refuse,
    place: str = "",
) -> list[Certificate]:
    """All certificates, in the order of their indices."""
    size = len(certificates)
    limits = 1 <= threshold <= size <= MAX_SIZE
    reason = f"must be between 1 and the number of trustees, at most {MAX_SIZE}"
    checks.require(limits, "threshold.shape", f"{place}threshold", reason)
    return [
        check_certificate(group, certificate, size, threshold, index, sink, place)
        for index, certificate in enumerate(certificates, 1)
    ]


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
    agreement = channel.sign(group, own_keys.signing, _agreement(certificates, texts))
    return {
        "polynomial": channel.send(group, own_keys.signing, own.encryption, own_letter),
        "secrets": letters,
        "coefexps": channel.sign(group, own_keys.signing, dumps({"coefexps": texts}).decode()),
        "signature": agreement["signature"],
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


def check_coefficients(
    group: Group,
    certificates: Sequence[Json],
    threshold: int,
    signer: Certificate,
    coefexps: Json,
    signature: Json,
    place: str,
    sink: Sink = refuse,
) -> list[Element]:
    """The coefficients signed by ``signer``, exactly ``threshold``, with what it agreed to."""
    signed = take_object(coefexps, f"{place}.coefexps", "message", "signature")
    fields = _inner(signed["message"], f"{place}.coefexps.message")
    take_object(fields, f"{place}.coefexps.message", "coefexps")
    texts = take_list(fields["coefexps"], f"{place}.coefexps.message")
    elements = [group.parse_element(text, f"{place}.coefexps[{k}]") for k, text in enumerate(texts)]
    degree = len(elements) == threshold
    reason = f"must be {threshold} coefficients and are {len(elements)}"
    with collected(sink):
        checks.require(degree, "threshold.degree", f"{place}.coefexps", reason)
    check, key = "threshold.coefficients", signer.verification
    with collected(sink):
        channel.open_signed(group, key, coefexps, check, f"{place}.coefexps")
    check, agreed = "threshold.agreement", _agreement(certificates, texts)
    with collected(sink):
        channel.verify_signature(group, key, agreed, signature, check, f"{place}.signature")
    return elements


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
        "private_key": channel.send(group, own_keys.signing, own.encryption, str(private)),
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


def check_key(
    group: Group,
    signer: Certificate,
    coefficients: Sequence[Element],
    value: Json,
    place: str,
    sink: Sink = refuse,
) -> PublicKey:
    """A verification key: proved, signed by its trustee, and the share that the sums fix."""
    parsed = keys.parse_public_key(group, value, place, sink)
    check, signed = "threshold.signature", parsed.signature is not None
    with collected(sink):
        checks.require(signed, check, place, "must be signed by its trustee")
    if signed:
        with collected(sink):
            text, where = parsed.key.text, f"{place}.signature"
            channel.verify_signature(
                group, signer.verification, text, parsed.signature, check, where
            )
    same = parsed.key == evaluate(group, coefficients, signer.index)
    reason = "is not the key that follows from the coefficients of all trustees"
    with collected(sink):
        checks.require(same, "threshold.key", f"{place}.public_key", reason)
    return parsed


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


@dataclass(frozen=True, slots=True)
class Parameters:
    """Checked parameters: keys in the order of indices, summed coefficients of all trustees.

    The first coefficient is the key of the block.
    """

    threshold: int
    keys: list[PublicKey]
    coefficients: list[Element]


def parse_parameters(group: Group, value: Json, place: str, sink: Sink = refuse) -> Parameters:
    """Published ``threshold_parameters`` with everything in them checked."""
    fields = take_object(value, place, "threshold", *LISTS)
    lists = [take_list(fields[name], f"{place}.{name}") for name in LISTS]
    certificates, coefexps, signatures, public_keys = lists
    same = len({len(entries) for entries in lists}) == 1
    checks.require(same, "threshold.shape", place, "must have one entry of each trustee per list")
    threshold = take_int(fields["threshold"], f"{place}.threshold")
    signers = check_certificates(group, certificates, threshold, sink, f"{place}.")
    polynomials = [
        check_coefficients(
            group,
            certificates,
            threshold,
            signer,
            coefexps[i],
            signatures[i],
            f"{place}.trustee {i + 1}",
            sink,
        )
        for i, signer in enumerate(signers)
    ]
    coefficients = sum_coefficients(group, polynomials)
    public = [
        check_key(
            group, signer, coefficients, public_keys[i], f"{place}.verification_keys[{i}]", sink
        )
        for i, signer in enumerate(signers)
    ]
    return Parameters(threshold, public, coefficients)


def private_key(group: Group, seed: str, letter: str) -> str:
    """The private key, in decimal, from the letter ``private_key`` of the trustee's voutput."""
    own_keys = channel.derive(group, seed)
    text = channel.receive(group, own_keys, own_keys.verification, letter, "private_key")
    return str(group.parse_scalar(text, "private_key"))


# Polynomials, in the clear and in the exponent


def evaluate(group: Group, coefficients: Sequence[Element], index: int) -> Element:
    """The value at ``index`` of a polynomial given by its exponentiated coefficients."""
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = group.mul(group.scalar(index), value) + coefficient
    return value


def sum_coefficients(group: Group, polynomials: Sequence[Sequence[Element]]) -> list[Element]:
    """The coefficients of the sum: its value at ``i`` is the key of trustee ``i``, at 0 of all."""
    return [group.sum(filter(None, column)) for column in zip_longest(*polynomials)]


def lagrange(group: Group, indices: Sequence[int], index: int) -> Scalar:
    """The weight of the share of ``index`` when those of ``indices`` are combined (4.21)."""
    numerator = denominator = 1
    for other in indices:
        if other != index:
            numerator = numerator * other % group.order
            denominator = denominator * (other - index) % group.order
    return group.scalar(numerator * pow(denominator, -1, group.order))


def _secret(group: Group, coefficients: Sequence[Scalar], other: Certificate) -> str:
    value = sum(a * other.index**k for k, a in enumerate(coefficients))
    return dumps({"secret": str(group.scalar(value))}).decode()


def _receive_secret(
    group: Group, own_keys: Keys, signer: Certificate, letter: Json, place: str
) -> Scalar:
    letter = take_text(letter, place)
    text = channel.receive(group, own_keys, signer.verification, letter, place)
    fields = take_object(_inner(text, place), place, "secret")
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


def _agreement(certificates: Sequence[Json], coefexps: Sequence[str]) -> str:
    """What each trustee signs: all certificates as it saw them, and its coefficients."""
    content = dumps({"certs": list(certificates), "coefexps": list(coefexps)}).decode()
    return f"certs_sig|{content}"


def _columns(vinput: Json, size: int) -> list[list[Json]]:
    columns = [
        take_list(vinput[name], f"vinput.{name}") for name in ("secrets", "coefexps", "signatures")
    ]
    full = all(len(column) == size for column in columns)
    checks.require(full, "threshold.shape", "vinput", "must have an entry of each trustee")
    return columns


def _inner(text: Json, place: str) -> Json:
    """JSON inside a string, canonical as well."""
    return loads_strict(take_text(text, place).encode(), place)
