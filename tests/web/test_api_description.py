"""The API is what its description says, for whatever is sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.voting.scenario import Scenario
from tests.web.described import written
from tests.web.site import BASE, Browser, Site, quick_passwords, running
from voting.models import DIRECT
from web.api import description
from web.api.answers import Problem
from web.identity.roles import Role
from web.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_the_document_is_current() -> None:
    """When this fails: python -m tests.web.described > docs/openapi.json, then npm run api"""
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == written()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Scenario]]:
    """A site with a certified election of two contests, and a draft."""
    folder = tmp_path_factory.mktemp("described")
    with pytest.MonkeyPatch.context() as patch:
        quick_passwords(patch)
        with running(Settings(data_dir=folder, base_url=BASE, log_level="error")) as site:
            scenario = Scenario(site.database).organise()
            scenario.draft(DIRECT, code="draft")
            scenario.run(DIRECT, constituencies=["K1", "K3"], profile="union-plurality")
            yield site, scenario


def test_it_is_served_and_every_answer_has_a_model(served: tuple[Site, Scenario]) -> None:
    found = served[0].browser().get("/api/v1/openapi.json").json()
    assert found == json.loads((ROOT / "docs" / "openapi.json").read_bytes())
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            good = [code for code in operation["responses"] if code.startswith("2")]
            assert good, (path, method)
            assert operation["responses"][good[0]].get("content"), (path, method)


@pytest.mark.parametrize("role", [None, Role.MEMBER, Role.TRUSTEE, Role.REGISTRAR, Role.AUDITOR])
def test_whatever_is_sent_is_answered_as_described(
    served: tuple[Site, Scenario], role: Role | None
) -> None:
    site, _ = served
    browser = site.browser() if role is None else site.sign_in(role)
    schema = schemathesis.openapi.from_dict(description.document(site.app))
    for operation in schema.get_all_operations():
        _try(browser, operation.ok())


def _try(browser: Browser, operation: schemathesis.APIOperation) -> None:
    """A few requests of every kind that the description allows, and some that it does not."""

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(base_url=BASE)
        sent.pop("cookies", None)  # the session is the browser's
        answer = browser.request(**sent)
        case.validate_response(schemathesis.Response.from_any(answer), checks=CHECKS)

    send()


def test_an_answer_that_is_known_is_not_sent_again(served: tuple[Site, Scenario]) -> None:
    browser = served[0].browser()
    first = browser.get("/api/v1/elections")
    tag = first.headers["etag"]
    again = browser.get("/api/v1/elections", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = browser.get("/api/v1/elections", headers={"if-none-match": '"another"'})
    assert other.status_code == 200


def test_a_list_comes_by_pages_and_loses_nothing(served: tuple[Site, Scenario]) -> None:
    browser = served[0].browser()
    code = browser.get("/api/v1/elections").json()[0]["code"]
    path = f"/api/v1/elections/{code}/contests/K1/trackers"
    whole = browser.get(path, params={"limit": 500}).json()
    assert len(whole) > 5
    for limit in (1, 4, len(whole) - 1, len(whole)):
        url, seen, pages = f"{path}?limit={limit}", list[str](), 0
        while url:
            answer = browser.get(url)
            seen += answer.json()
            pages += 1
            url = answer.headers.get("link", "").partition(">")[0].lstrip("<")
        assert seen == whole
        assert pages == -(-len(whole) // limit)
    assert browser.get(path, params={"limit": 501}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/elections/visit-evil.example-now",
        "/api/v1/elections/draft",
        "/api/v1/contests/visit-evil.example-now/election",
        "/api/v1/elections?limit=visit-evil.example-now",
        "/api/v1/nothing/visit-evil.example-now",
    ],
)
def test_a_refusal_is_a_problem_and_repeats_nothing(
    served: tuple[Site, Scenario], path: str
) -> None:
    answer = served[0].browser().get(path)
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    found = Problem.model_validate(answer.json())
    assert found.status == answer.status_code >= 400
    assert "evil" not in answer.text
