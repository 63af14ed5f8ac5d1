"""The log over HTTP: what it serves to whom, and that a verifier by others finds it there."""

from __future__ import annotations

from pathlib import Path

from audit.entries import PUBLIC, SECURITY
from audit.folder import LogFolder
from audit.keys import Verifier
from audit.proofs import Proof
from audit.verifier import verify
from tests.web.site import Site, site, site_settings  # noqa: F401 - fixtures
from web.identity.roles import Role


class HttpLog:
    """Reads as `HttpSource` does, from the app in this process."""

    def __init__(self, browser: object, prefix: str) -> None:
        self.browser = browser
        self.prefix = prefix

    def read(self, relative: str, limit: int) -> bytes | None:
        answer = self.browser.get(f"{self.prefix}/{relative}")  # type: ignore[attr-defined]
        assert len(answer.content) <= limit
        return answer.content if answer.status_code == 200 else None


def key(site: Site, log: str) -> Verifier:  # noqa: F811
    signers = site.app.state.log.keys
    return (signers.public if log == PUBLIC else signers.security)[0].verifier


def test_everybody_can_verify_the_public_log(site: Site) -> None:  # noqa: F811
    site.app.state.log.run_once()
    report = verify(HttpLog(site.browser(), "/log"), [key(site, PUBLIC)], jobs=1)
    assert report.faults == [] and report.size > 0
    answer = site.browser().get("/log/public.vkey")
    assert answer.text.strip() == str(key(site, PUBLIC))


def test_types_and_caching(site: Site) -> None:  # noqa: F811
    site.app.state.log.run_once()
    browser = site.browser()
    head = browser.get("/log/checkpoint")
    assert head.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=2" in head.headers["cache-control"]
    width = head.text.split("\n")[1]
    tile = browser.get(f"/log/tile/0/000.p/{width}")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]


TRAPS = (
    "tile/0/0",
    "tile/0/000",
    "tile%2f..%2fcheckpoint",
    "%2e%2e/security/checkpoint",
    "..%2fsecurity%2fcheckpoint",
    ".lock",
    "../../keys/public-log.key",
    "..%2f..%2f..%2fkeys%2fpublic-log.key",
    "tile",
    "",
)


def test_nothing_else_is_served(site: Site) -> None:  # noqa: F811
    browser = site.browser()
    for path in TRAPS:
        assert browser.get(f"/log/{path}").status_code in (401, 403, 404), path


def test_the_security_log_is_for_auditors(site: Site) -> None:  # noqa: F811
    paths = ("/log/security/checkpoint", "/log/security/tile/0/000", "/log/security/x")
    for browser in (site.browser(), site.sign_in(Role.ADMIN), site.sign_in(Role.COMMISSION)):
        for path in paths:
            answer = browser.get(path, follow_redirects=False)
            assert answer.status_code in (303, 401, 403), path
    auditor = site.sign_in(Role.AUDITOR)
    site.app.state.log.run_once()
    assert auditor.get(paths[0]).headers["cache-control"] == "no-store"
    report = verify(HttpLog(auditor, "/log/security"), [key(site, SECURITY)], jobs=1)
    assert report.faults == []


def test_a_proof_can_be_downloaded(site: Site) -> None:  # noqa: F811
    site.app.state.log.run_once()
    answer = site.browser().get("/log/proof", params={"index": 0})
    _, entry = Proof.parse(answer.content).verify([key(site, PUBLIC)])
    assert entry["type"] == "keys.announced"
    for query in ({"index": 10**6}, {"contest": "x", "tracker": "y"}, {}):
        assert site.browser().get("/log/proof", params=query).status_code == 404
    assert site.browser().get("/log/proof", params={"index": -1}).status_code in (400, 404, 422)


def test_the_files_are_those_on_disk(site: Site) -> None:  # noqa: F811
    site.app.state.log.run_once()
    folder = LogFolder(Path(site.settings.log_dir) / PUBLIC)
    assert site.browser().get("/log/checkpoint").content == folder.checkpoint()
