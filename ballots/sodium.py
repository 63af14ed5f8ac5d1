"""libsodium's arithmetic on Ed25519, through PyNaCl: points and scalars are 32 bytes each.

Called is the module below ``nacl.bindings``, which checks types and lengths at every call: 8 % of
the time of a verification, for arguments that are 32 bytes by construction. That module is private
to PyNaCl: where it is not there, ``nacl.bindings`` does the same. The tests compare both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

REFUSED = "libsodium refused a point or scalar"


def _direct(ffi: Any, function: Callable[..., int]) -> Callable[..., bytes]:
    new, buffer, bytes32 = ffi.new, ffi.buffer, ffi.typeof("unsigned char[32]")

    def call(*given: bytes) -> bytes:
        out = new(bytes32)  # not shared: libsodium runs without the interpreter's lock
        if function(out, *given):
            raise ArithmeticError(REFUSED)
        return bytes(buffer(out))

    return call


def _checked(function: Callable[..., bytes]) -> Callable[..., bytes]:
    def call(*given: bytes) -> bytes:
        try:
            return function(*given)
        except RuntimeError as error:
            raise ArithmeticError(REFUSED) from error

    return call


try:
    from nacl._sodium import ffi, lib

    add = _direct(ffi, lib.crypto_core_ed25519_add)
    sub = _direct(ffi, lib.crypto_core_ed25519_sub)
    mul = _direct(ffi, lib.crypto_scalarmult_ed25519_noclamp)
    base_mul = _direct(ffi, lib.crypto_scalarmult_ed25519_base_noclamp)
    is_valid_point: Callable[[bytes], Any] = lib.crypto_core_ed25519_is_valid_point
except (ImportError, AttributeError):
    from nacl import bindings

    add = _checked(bindings.crypto_core_ed25519_add)
    sub = _checked(bindings.crypto_core_ed25519_sub)
    mul = _checked(bindings.crypto_scalarmult_ed25519_noclamp)
    base_mul = _checked(bindings.crypto_scalarmult_ed25519_base_noclamp)
    is_valid_point = bindings.crypto_core_ed25519_is_valid_point
