"""Which passwords are taken: 12 to 128 characters, and nothing that is on every list."""

from __future__ import annotations

import pytest

from audit.errors import Invalid
from web.identity.passwords import check_strength

LONG = "kelp orbit mantle zero quip fable "


@pytest.mark.parametrize("length", [12, 13, 127, 128])
def test_lengths_that_are_taken(length: int) -> None:
    check_strength((LONG * 4)[:length])


@pytest.mark.parametrize("length", [0, 1, 11, 129, 400])
def test_lengths_that_are_not(length: int) -> None:
    with pytest.raises(Invalid, match="characters"):
        check_strength((LONG * 20)[:length])


@pytest.mark.parametrize(
    "common",
    [
        "password1234", "Password1234", "qwertyuiop12", "123456789012", "iloveyou1234",
        "administrator", "abcdefghijkl", "aaaaaaaaaaaaab", "1qaz2wsx3edc", "Passw0rd2024!",
        "letmeinletmein", "woaini5201314", "20200101123456", "q1w2e3r4t5y6", "qwerty123456",
        "ｐａｓｓｗｏｒｄ１２３４", "monkeymonkey12", "trustno1trustno1",
    ],
)  # fmt: skip
def test_what_everybody_guesses(common: str) -> None:
    with pytest.raises(Invalid, match="too easy"):
        check_strength(common)


@pytest.mark.parametrize(
    "good",
    ["correct horse battery", "kelp orbit mantle", "我们村口有三棵老槐树和一口井", "Tr7!qLm9#xWz"],
)
def test_what_is_taken(good: str) -> None:
    check_strength(good, "wang", "王芳")


def test_the_own_name_is_no_secret() -> None:
    for password in ("zhang-wei-zhang-wei", "xx zhang-wei 1983"):
        with pytest.raises(Invalid, match="too easy"):
            check_strength(password, "zhang-wei", "")
