"""Both families of groups, and every trap of the library below the first (ATTACKS 3)."""

from __future__ import annotations

import nacl.bindings as sodium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import BallotError
from ballots.group import Element, Group, Scalar, get_group
from tests.ballots.archives import unit

ED25519 = get_group("Ed25519")
GROUPS = [ED25519, get_group("BELENIOS-2048"), get_group("RFC-3526-2048")]
SMALL_ORDER = [unit()["group"][name] for name in ("order_2", "order_4", "order_8")]
each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


@each_group
def test_laws(group: Group) -> None:
    a, b = group.random_scalar(), group.random_scalar()
    p, q = group.base_mul(group.random_scalar()), group.base_mul(group.random_scalar())
    assert group.mul(a, group.generator) == group.base_mul(a)
    assert group.base_mul(group.scalar(a + b)) == group.base_mul(a) + group.base_mul(b)
    assert group.mul_add(a, p, b, q) == group.mul(a, p) + group.mul(b, q)
    assert group.base_mul_add(a, b, q) == group.base_mul(a) + group.mul(b, q)
    assert group.mul_sum([a, b], [p, q]) == group.mul_add(a, p, b, q)
    assert p - q == p + -q
    assert (p + q) - q == p
    assert group.small_multiple(3) == group.generator + group.generator + group.generator
    assert p != q
    assert len({p, q, group.parse_element(p.text, "")}) == 2


@each_group
def test_zero_and_identity_are_ordinary(group: Group) -> None:
    zero = Scalar(0)
    a, p = group.random_scalar(), group.base_mul(group.random_scalar())
    assert group.base_mul(zero) == group.mul(zero, p) == group.mul(a, group.identity)
    assert group.mul(zero, p) == group.identity == p - p == -group.identity
    assert p + group.identity == p == p - group.identity
    assert group.sum([]) == group.mul_sum([], []) == group.identity
    assert group.base_mul_add(zero, zero, p) == group.identity


@each_group
def test_serialization(group: Group) -> None:
    p = group.base_mul(group.random_scalar())
    again = group.parse_element(p.text, "")
    assert again == p
    assert again.text == p.text
    with pytest.raises(BallotError) as refusal:
        group.parse_element(group.identity.text, "alpha")
    assert refusal.value.check == "group.identity"
    assert group.parse_element(group.identity.text, "", identity=True) == group.identity


@each_group
@given(st.text(max_size=70) | st.integers().map(str) | st.none() | st.integers())
@settings(max_examples=60)
def test_parsers_refuse_with_their_own_error(group: Group, value: object) -> None:
    for parse in (group.parse_element, group.parse_scalar):
        try:
            found = parse(value, "here")
        except BallotError as refusal:
            assert refusal.place == "here"
        else:
            assert value == (found.text if isinstance(found, Element) else str(found))


def test_order_of_elements() -> None:
    """Numbers in finite fields, RFC 8032 bytes in Ed25519."""
    for group in GROUPS:
        multiples = [group.small_multiple(n) for n in range(1, 30)]
        by_key = sorted(multiples, key=lambda element: element.sort_key)
        if group is ED25519:
            assert by_key == sorted(multiples, key=lambda e: bytes.fromhex(e.text)[::-1])
        else:
            assert by_key == sorted(multiples, key=lambda e: int(e.text))


@each_group
def test_scalars(group: Group) -> None:
    assert group.parse_scalar(str(group.order - 1), "") == group.order - 1
    for text in (str(group.order), "0" + str(group.order - 1), "-1", "9" * 10_000):
        with pytest.raises(BallotError):
            group.parse_scalar(text, "here")
    assert all(0 <= group.random_scalar() < group.order for _ in range(20))


@each_group
def test_independent_generators_are_members(group: Group) -> None:
    found = [group.independent_generator(-1), *group.independent_generators(3)]
    assert len(set(found)) == 4
    for element in found:
        assert group.parse_element(element.text, "") == element


@pytest.mark.parametrize("group", [GROUPS[0], GROUPS[2]], ids=lambda group: group.name)
@given(data=st.data())
@settings(max_examples=25)
def test_embedding(group: Group, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 255), min_size=1, max_size=30))
    element = group.embed(numbers)
    assert group.extract(element, len(numbers)) == numbers
    assert group.parse_element(element.text, "", identity=True) == element


def test_embedding_has_limits() -> None:
    for group, numbers in (
        (ED25519, [0] * 31),
        (GROUPS[1], [0]),
        (ED25519, [256]),
        (ED25519, [-1]),
    ):
        with pytest.raises(BallotError) as refusal:
            group.embed(numbers)
        assert refusal.value.check == "group.embedding"
    assert len(ED25519.extract(ED25519.base_mul(ED25519.random_scalar()), 2)) == 2  # total


def test_unknown_group() -> None:
    with pytest.raises(BallotError) as refusal:
        get_group("Ed448")
    assert refusal.value.check == "group.name"


def _mixed_order(text: str) -> str:
    """A member plus a point of small order, which the library adds without a word."""
    raw = sodium.crypto_core_ed25519_add(ED25519.generator.sort_key, bytes.fromhex(text)[::-1])
    return raw[::-1].hex()


@pytest.mark.parametrize(
    "text",
    [
        *SMALL_ORDER,
        *(_mixed_order(text) for text in SMALL_ORDER),
        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee",  # y = p + 1
        "8000000000000000000000000000000000000000000000000000000000000001",  # -0
        "f" * 64,
        "0" * 63 + "2",  # not on the curve
    ],
)
def test_ed25519_membership(text: str) -> None:
    with pytest.raises(BallotError) as refusal:
        ED25519.parse_element(text, "alpha", identity=True)
    assert (refusal.value.check, refusal.value.place) == ("group.membership", "alpha")


def test_ed25519_computes_what_the_public_functions_of_the_library_compute() -> None:
    """The group calls the module below them, which a release may change."""
    p, q = (ED25519.base_mul(ED25519.random_scalar()) for _ in range(2))
    scalar = ED25519.random_scalar()
    raw = scalar.to_bytes(32, "little")
    assert (p + q).sort_key == sodium.crypto_core_ed25519_add(p.sort_key, q.sort_key)
    assert (p - q).sort_key == sodium.crypto_core_ed25519_sub(p.sort_key, q.sort_key)
    product = sodium.crypto_scalarmult_ed25519_noclamp(raw, p.sort_key)
    assert ED25519.mul(scalar, p).sort_key == product
    assert ED25519.base_mul(scalar).sort_key == sodium.crypto_scalarmult_ed25519_base_noclamp(raw)


def test_ed25519_traps_of_the_library() -> None:
    """What the library does, so that a release that changes it is noticed."""
    identity, generator = ED25519.identity.sort_key, ED25519.generator.sort_key
    order = ED25519.order.to_bytes(32, "little")
    one = (1).to_bytes(32, "little")
    for scalar, point in ((bytes(32), generator), (order, generator), (one, identity)):
        with pytest.raises(RuntimeError):
            sodium.crypto_scalarmult_ed25519_noclamp(scalar, point)
    with pytest.raises(RuntimeError):
        sodium.crypto_scalarmult_ed25519_base_noclamp(bytes(32))
    assert not sodium.crypto_core_ed25519_is_valid_point(identity)
    high_bit = one[:31] + b"\x80"
    assert sodium.crypto_scalarmult_ed25519_base_noclamp(high_bit) == generator
    small = bytes.fromhex(SMALL_ORDER[0])[::-1]
    assert sodium.crypto_core_ed25519_add(small, small) == identity


@pytest.mark.parametrize("group", GROUPS[1:], ids=lambda group: group.name)
def test_finite_field_membership(group: Group) -> None:
    p = group.modulus  # type: ignore[attr-defined]
    member = int(group.base_mul(group.random_scalar()).text)
    for number in (0, p, p - 1, p - member, p + member, p + 1):
        with pytest.raises(BallotError) as refusal:
            group.parse_element(str(number), "alpha", identity=True)
        assert refusal.value.check == "group.membership"
    for text in (f"0{member}", f"+{member}", f" {member}", hex(member), "９", "", "1" * 5000):
        with pytest.raises(BallotError) as refusal:
            group.parse_element(text, "alpha")
        assert refusal.value.check == "group.encoding"


def test_elements_of_two_groups_do_not_mix() -> None:
    assert GROUPS[1].generator != GROUPS[0].generator
    with pytest.raises(TypeError):
        GROUPS[1].generator + GROUPS[0].generator
    with pytest.raises(TypeError):
        GROUPS[0].generator + GROUPS[1].generator
