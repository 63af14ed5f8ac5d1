"""A check of a declaration, in words: the two products divided back into counts and a fraction."""

from __future__ import annotations

from voting.rules import profiles
from web.texts.elections import share
from web.texts.i18n import speaking


def test_quorum_and_majority_are_said_in_counts() -> None:
    profile = profiles.load("party-basic-2020")
    quorum = {"rule": "quorum", "left": 5 * 19, "comparison": ">=", "right": 4 * 20, "met": True}
    majority = {"rule": "majority", "left": 2 * 17, "comparison": ">", "right": 19, "met": True}
    with speaking("en"):
        assert share(quorum, profile) == "19 of 20; at least 4/5 needed"
        assert share(majority, profile) == "17 of 19; more than 1/2 needed"
    with speaking("zh"):
        assert share(majority, profile) == "19 人中 17 人；须超过 1/2"


def test_a_band_and_a_rule_without_a_fraction() -> None:
    profile = profiles.load("satisfaction-default")
    high = {"rule": "high", "left": 5 * 9, "comparison": ">=", "right": 4 * 10, "met": True}
    lot = {"rule": "lot", "left": 3, "comparison": ">", "right": 2, "met": True}
    with speaking("en"):
        assert share(high, profile) == "9 of 10; at least 4/5 needed"
        assert share(lot, profile) == "3 > 2"
