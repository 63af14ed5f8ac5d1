"""The shipped profiles, and what a strict reader refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from audit.errors import Invalid, NotFound
from voting import rules
from voting.rules import Profile, parse
from voting.rules.profiles import ids, load

SHIPPED = {
    "party-basic-2020",
    "party-basic-1990",
    "party-local",
    "party-local-plenum",
    "association-majority",
    "union-plurality",
    "approval-board",
    "stv-scottish",
    "confidence-default",
    "satisfaction-default",
}


def test_all_are_shipped_and_read_themselves() -> None:
    assert set(ids()) == SHIPPED
    for profile_id in ids():
        profile = load(profile_id)
        assert profile.id == profile_id
        assert parse(profile.raw) == profile
        assert parse(profile.raw).hash == profile.hash
    with pytest.raises(NotFound):
        load("../schema")


def test_the_schema_for_people_is_the_schema() -> None:
    published = Path(rules.__file__).with_name("profile.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == Profile.model_json_schema()


def test_what_was_not_checked_in_print_says_so() -> None:
    for profile_id in SHIPPED:
        profile = load(profile_id)
        for citation in profile.citations:
            assert (citation.certainty.level == "unconfirmed") is not bool(citation.articles)
            assert citation in profile.unconfirmed, "nobody has read a print"


def _cited(level: str, articles: Sequence[str] = ("9",), **said: Any) -> dict[str, Any]:
    names = {"zh": "x", "en": "x"}
    certainty = {"level": level, "source": None, "by": None, "on": None} | said
    one = {"rule": "quorum", "document": names, "articles": list(articles), "certainty": certainty}
    return {"citations": [one]}


@pytest.mark.parametrize(
    "cited",
    [
        _cited("unconfirmed", by="A. Reader", on="2026-11-28"),
        _cited("unconfirmed", source={"zh": "x", "en": "x"}),
        _cited("secondary"),
        _cited("secondary", (), source={"zh": "x", "en": "x"}),
        _cited("confirmed"),
        _cited("confirmed", by="A. Reader"),
        _cited("confirmed", by="A. Reader", on="2026-02-30"),
        _cited("confirmed", by="", on="2026-11-28"),
        _cited("sure"),
    ],
    ids=range(9),
)
def test_who_is_sure_says_why(cited: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        parse(_changed(cited))


def test_a_confirmed_citation_is_no_more_unconfirmed() -> None:
    assert not parse(_changed(_cited("confirmed", by="A. Reader", on="2026-11-28"))).unconfirmed
    assert parse(_changed(_cited("secondary", source={"zh": "x", "en": "x"}))).unconfirmed


def _changed(change: dict[str, Any]) -> bytes:
    document = json.loads(load("party-basic-2020").raw)
    document.update(change)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"format":"mandate-profile/1","format":"mandate-profile/1"}',
        _changed({"extra": 1}),
        _changed({"tie": "coin"}),
        _changed({"void_if_returned_exceeds_issued": 1}),
        _changed({"surplus": {"numerator": 0.2, "denominator": 1}}),
        _changed({"surplus": {"numerator": 1, "denominator": 0}}),
        _changed({"surplus": {"numerator": 2, "denominator": 1}}),
        _changed({"surplus": {"numerator": True, "denominator": 1}}),
        _changed({"shortfall": ["plurality_with_floor"]}),
        _changed({"tie": "prior_stage_then_lot"}),
        _changed({"monotone": {"marks": True, "turnout": False, "note": None}}),
        _changed({"bands": [{"name": "low", "threshold": None, "consequence": "publish"}]}),
    ],
    ids=range(15),
)
def test_a_wrong_profile_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        parse(raw)


@pytest.mark.parametrize("field", sorted(Profile.model_fields))
def test_nothing_is_left_to_a_default(field: str) -> None:
    document = json.loads(load("party-basic-2020").raw)
    del document[field]
    with pytest.raises(Invalid):
        parse(json.dumps(document).encode())


def test_small_electorates_are_merged() -> None:
    profile = load("party-basic-2020")
    assert profile.must_merge(9)
    assert not profile.must_merge(10)
