"""Passwords: argon2id, and what is too easy to guess."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from audit.errors import Invalid
from web.texts.i18n import N_

# RFC 9106, 4: memory 64 MiB, 3 passes, 4 lanes. At most four at a time, so sign-ins of a whole
# organisation in one minute take a bounded share of memory and wait their turn.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_at_once = threading.BoundedSemaphore(4)

SHORTEST, LONGEST = 12, 128
GUESSES = 8.0  # powers of ten that zxcvbn thinks are needed; the throttle allows far fewer
# fmt: off
COMMON = frozenset({
    "1234567890", "0123456789", "12345678910", "1q2w3e4r5t", "qwertyuiop", "qwerty12345",
    "password123", "password12", "password1234", "passw0rd123", "adminadmin", "administrator",
    "iloveyou123", "woaini1314", "woaini520", "woaizhongguo", "zhongguo123", "abcd123456",
    "abc1234567", "a123456789", "aa12345678", "q123456789", "qq123456789", "letmein123",
    "welcome123", "changeme123", "5201314520", "1314520520", "asdfghjkl123",
})
# fmt: on


def clean(password: str) -> str:
    """One form for what keyboards write in several ways (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_strength(password: str, *about: str) -> None:
    password = clean(password)
    if len(password) < SHORTEST:
        raise Invalid(
            N_("A password needs at least %(count)s characters."), field="password", count=SHORTEST
        )
    if len(password) > LONGEST:
        raise Invalid(
            N_("A password has at most %(count)s characters."), field="password", count=LONGEST
        )
    folded = password.casefold()
    own = any(len(word) >= 4 and word.casefold() in folded for word in about)
    if folded in COMMON or own or len(set(folded)) < 5 or _guessable(password, about):
        raise Invalid(
            N_("This password is too easy to guess. Three or four words together make a good one."),
            field="password",
        )


# what people here write that the lists of zxcvbn lack
LOCAL = ("woaini", "woaizhongguo", "zhongguo", "beijing", "shanghai", "wangluo", "mima", "5201314",
         "1314520", "520", "1314", "woshi", "nihao", "dangyuan", "daibiao", "xuanju")  # fmt: skip


def _guessable(password: str, about: tuple[str, ...]) -> bool:
    """By the lists of zxcvbn (Dropbox; 30,000 common passwords, names, words, keyboards, dates),
    which looks at 72 characters: longer ones are not judged by what follows."""
    from zxcvbn import zxcvbn  # here, because its lists cost every command a tenth of a second

    found = zxcvbn(password[:72], user_inputs=[*LOCAL, *(word for word in about if word)])
    return float(found["guesses_log10"]) < GUESSES


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(clean(password))


# for an account that does not exist: the same work, so the time tells nothing. Of 256 random bits
# that were forgotten, written here because making it costs every command a third of a second
_nobody = (
    "$argon2id$v=19$m=65536,t=3,p=4$rY5VFs2VoL13cHyZki0AXQ"
    "$UflLem8pkHrYrctpNcm9W2+UGs6NI4KgqlZJMAb2uC4"
)


def matches(stored: str, password: str) -> bool:
    with _at_once:
        try:
            right = _hasher.verify(stored or _nobody, clean(password)[:LONGEST])
        except (VerifyMismatchError, InvalidHashError):
            return False
    return right and bool(stored)


def require_same(password: str, again: str) -> None:
    if password != again:
        raise Invalid(N_("The two passwords are not the same."), field="again")
