"""Without PyNaCl's private module, its public one does the same."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from ballots import sodium
from tests.ballots.archives import unit

ONE, TWO = (number.to_bytes(32, "little") for number in (1, 2))
IDENTITY = ONE
SMALL_ORDER = bytes.fromhex(unit()["group"]["order_8"])[::-1]
NO_POINT = TWO


@pytest.fixture(scope="module")
def public() -> ModuleType:
    spec = spec_from_file_location("sodium_without_private", sodium.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "nacl._sodium", None)
        spec.loader.exec_module(module)
    assert not hasattr(module, "ffi")
    return module


def test_both_compute_the_same(public: ModuleType) -> None:
    assert hasattr(sodium, "ffi"), "PyNaCl has lost its private module: slower, and still right"
    p, q = (sodium.base_mul(number) for number in (ONE, TWO))
    for name, given in {
        "add": (p, q),
        "sub": (p, q),
        "mul": (TWO, p),
        "base_mul": (TWO,),
    }.items():
        assert getattr(public, name)(*given) == getattr(sodium, name)(*given)
    for raw in (p, q, IDENTITY, SMALL_ORDER, NO_POINT):
        assert bool(public.is_valid_point(raw)) == bool(sodium.is_valid_point(raw))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("add", (NO_POINT, NO_POINT)),
        ("sub", (NO_POINT, NO_POINT)),
        ("mul", (TWO, SMALL_ORDER)),
        ("mul", (bytes(32), IDENTITY)),
        ("base_mul", (bytes(32),)),
    ],
)
def test_both_refuse_the_same(public: ModuleType, name: str, given: tuple[bytes, ...]) -> None:
    for module in (public, sodium):
        with pytest.raises(ArithmeticError):
            getattr(module, name)(*given)
