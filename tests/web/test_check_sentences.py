"""Every check says in both languages what is wrong and what to do, and docs/verifier.md has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import Invalid
from ballots import BallotError, checks
from tests.web.messages import CHINESE
from tests.web.site import Site
from voting.record.layout import CHECKS as RECORD
from web.identity.roles import Role
from web.texts.i18n import check_sentence, error_text, refusal_text, speaking
from web.texts.i18n import checks as sentences

DOCUMENT = Path(__file__).parents[2] / "docs" / "verifier.md"
NUMBERS = {
    **{check.name: check.number for check in checks.CHECKS.values()},
    **{name: number for name, (number, _) in RECORD.items()},
}
NONE = BallotError("answers[0]", "is not a valid proof", "ballot.individual-proof")


def table() -> str:
    """The table as it must stand in the document."""
    rows = ["| number | what is wrong, and what to do | 问题与处理办法 |", "|---|---|---|"]
    for name in sorted(NUMBERS, key=lambda name: NUMBERS[name]):
        said = sentences()[name]
        rows.append(f"| {NUMBERS[name]} | {said['en']} | {said['zh']} |")
    return "\n".join(rows)


def test_every_check_has_both_languages_and_nothing_else_has() -> None:
    assert set(sentences()) == {"archive", *NUMBERS}
    for name, said in sentences().items():
        assert set(said) == {"en", "zh"}, name
        assert CHINESE.search(said["zh"]) and said["zh"].endswith("。"), name
        assert not CHINESE.search(said["en"]) and said["en"].endswith("."), name
    for language in ("en", "zh"):
        assert len({said[language] for said in sentences().values()}) == len(sentences())


def test_no_number_stands_for_two_checks() -> None:
    assert len(set(NUMBERS.values())) == len(NUMBERS)


def test_the_document_has_every_sentence() -> None:
    assert table() in DOCUMENT.read_text()


def test_the_sentence_comes_before_the_detail() -> None:
    with speaking("zh"):
        said = refusal_text(NONE)
        assert said.startswith(check_sentence("ballot.individual-proof"))
        assert said.endswith("（英文细节：answers[0]: is not a valid proof）")
    with speaking("en"):
        assert refusal_text(NONE).endswith("(Detail: answers[0]: is not a valid proof)")
        assert refusal_text(BallotError("file", "is empty")) == "file: is empty"


def test_a_check_behind_an_error_of_the_domain_is_its_reason() -> None:
    with pytest.raises(Invalid) as refused:
        raise Invalid("The ballot is refused: %(reason)s", reason=str(NONE)) from NONE
    with speaking("zh"):
        assert check_sentence("ballot.individual-proof") in error_text(refused.value)
        assert "is not a valid proof" in error_text(refused.value)


@pytest.mark.parametrize(("language", "mark"), [("zh", "不是规定的唯一写法"), ("en", "one form")])
def test_an_interface_answers_in_the_language_of_the_reader(
    site: Site, language: str, mark: str
) -> None:
    member = site.sign_in(Role.MEMBER, language=language)
    headers = {"x-csrf-token": member.token(), "content-type": "application/json"}
    path = "/api/v1/contests/x/spoilt"
    error = member.post(path, content=b"no json", headers=headers).json()
    assert error["detail"].startswith(sentences()["encoding.canonical"][language])  # type: ignore[index]
    assert mark in error["detail"]
    assert "request: is not JSON" in error["detail"]
