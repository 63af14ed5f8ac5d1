"""The questions of a ballot paper, derived from the rules: for the writer and for the verifier."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import rfc8785

from ballots.questions import AnyQuestion, HomomorphicQuestion, NonHomomorphicQuestion
from voting.rules.counting import QuestionSpec


def protocol_questions(specs: Iterable[QuestionSpec]) -> list[AnyQuestion]:
    return [_question(spec) for spec in specs]


def _question(spec: QuestionSpec) -> AnyQuestion:
    if spec.kind == "mixed":
        return NonHomomorphicQuestion(spec.text, spec.answers)
    return HomomorphicQuestion(
        text=spec.text,
        answers=spec.answers,
        blank=spec.blank or None,
        min=spec.min,
        max=spec.max,
    )


def paper_description(profile: str, profile_sha256: str, dossiers: Mapping[str, str]) -> str:
    """Bound into every proof with the paper: the rules, and the dossiers shown beside it."""
    lines = [f"profile {profile} sha256:{profile_sha256}"]
    if dossiers:
        lines.append(f"dossiers sha256:{dossiers_hash(dossiers)}")
    return "; ".join(lines)


def dossiers_hash(dossiers: Mapping[str, str]) -> str:
    return hashlib.sha256(rfc8785.dumps(dict(dossiers))).hexdigest()


def in_both_languages(zh: str, en: str) -> str:
    """On one line: the paper is one text that everyone signs."""
    return zh if zh == en else f"{zh} / {en}"
