"""What threshold trustees publish, and how it is checked (specification 4.5).

Certificates, coefficients of polynomials in the exponent, verification keys: what the server sees
during the ceremony is what everyone finds in the trustees structure, so the checks are the same.
``threshold`` has the steps of the ceremony. Indices count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ballots import channel, checks, keys
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
    message = inner(fields["message"], f"{place}.message")
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
    fields = inner(signed["message"], f"{place}.coefexps.message")
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
    check, agreed = "threshold.agreement", agreement(certificates, texts)
    with collected(sink):
        channel.verify_signature(group, key, agreed, signature, check, f"{place}.signature")
    return elements


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


def agreement(certificates: Sequence[Json], coefexps: Sequence[str]) -> str:
    """What each trustee signs: all certificates as it saw them, and its coefficients."""
    content = dumps({"certs": list(certificates), "coefexps": list(coefexps)}).decode()
    return f"certs_sig|{content}"


def inner(text: Json, place: str) -> Json:
    """JSON inside a string, canonical as well."""
    return loads_strict(take_text(text, place).encode(), place)
