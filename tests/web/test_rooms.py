"""The pages of accounts, auditors, the outbox and the state of the site."""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.database import SYSTEM
from audit.entries import SECURITY, decode
from audit.keyfiles import verifiers
from audit.models import LogEntry
from audit.note import verify_checkpoint
from tests.web.enrolment import enrol
from tests.web.site import Browser, Site
from web.identity import accounts
from web.identity.keys import Keys
from web.identity.models import Account
from web.identity.roles import Role
from web.jobs.ticker import Job, Ticker
from web.mail.mailer import compose


def new_account(site: Site, login: str = "sun") -> str:
    with site.database.transaction(SYSTEM) as uow:
        return accounts.create(uow, login, name="孙立").id


def signed_by_another(site: Site, path: str) -> Browser:
    """A second administrator signs what is asked for."""
    second = site.sign_in(Role.ADMIN)
    found = re.search(r'action="([^"]+/sign)"', second.get(path).text)
    assert found
    assert second.submit(found[1]).status_code == 303
    return second


def test_admin_adds_an_official_and_the_link_goes_by_mail(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)
    fields = {"login": "sun", "name": "孙立", "email": "sun@example.org", "role": "clerk"}
    answer = admin.submit("/admin/accounts", fields)
    assert answer.status_code == 303
    page = admin.get(answer.headers["location"])
    assert "孙立" in page.text
    assert "Clerk" in page.text
    site.app.state.mailer.drain()
    (letter,) = site.settings.outbox_dir.glob("*.eml")
    shown = site.browser().get(f"/outbox/{letter.stem}")
    link = re.search(r'href="http://127.0.0.1:8000(/enrol/[\w-]+)"', shown.text)
    assert link
    assert site.browser().get(link[1]).status_code == 200


def test_without_an_address_the_link_is_shown_once(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)
    answer = admin.submit("/admin/accounts", {"login": "sun"})
    first = admin.get(answer.headers["location"])
    assert "/enrol/" in first.text
    assert "/enrol/" not in admin.get(answer.headers["location"]).text


def test_admin_adds_a_member_by_number(site: Site) -> None:
    site.make_person(member_no="M7", name="吴一")
    admin = site.sign_in(Role.ADMIN)
    answer = admin.submit("/admin/accounts", {"member_no": "M7"})
    assert "吴一" in admin.get(answer.headers["location"]).text
    unknown = admin.submit("/admin/accounts", {"member_no": "M8"})
    assert unknown.status_code == 422
    assert "no member M8" in unknown.text


def test_a_refused_form_keeps_what_was_typed_and_nothing_else(site: Site) -> None:
    new_account(site)
    admin = site.sign_in(Role.ADMIN)
    answer = admin.submit("/admin/accounts", {"login": "sun", "name": "另一个"})
    assert answer.status_code == 422
    assert "taken" in answer.text
    assert 'value="另一个"' in answer.text
    asked = admin.submit("/admin/accounts", {"login": "both", "name": "两人", "role": "admin"})
    assert asked.status_code == 303
    conflicted = asked.headers["location"]
    signed_by_another(site, conflicted)
    answer = admin.submit(f"{conflicted}/roles", {"role": "registrar"})
    assert answer.status_code == 422
    assert "cannot be one person" in answer.text
    with site.database.read() as uow:
        both = uow.session.scalars(select(Account).where(Account.login == "both")).one()
        assert [row.role for row in both.roles] == ["admin"]


def test_roles_are_granted_and_taken_back_at_once(site: Site) -> None:
    admin, clerk = site.sign_in(Role.ADMIN), site.sign_in(Role.CLERK)
    path = f"/admin/accounts/{clerk.account_id}"
    asked = admin.submit(f"{path}/roles", {"role": "site_keeper", "scope": "R1"})
    assert asked.status_code == 303
    with site.database.read() as uow:
        assert [row.role for row in accounts.get(uow, clerk.account_id).roles] == ["clerk"]
    signed_by_another(site, path)
    with site.database.read() as uow:
        rows = {row.role: row.id for row in accounts.get(uow, clerk.account_id).roles}
    assert set(rows) == {"clerk", "site_keeper"}
    assert admin.submit(f"{path}/roles/{rows['clerk']}/revoke").status_code == 303
    assert "Clerk" not in clerk.get("/account").text


def test_nobody_changes_the_own_roles(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)
    path = f"/admin/accounts/{admin.account_id}"
    assert admin.submit(f"{path}/roles", {"role": "clerk"}).status_code == 422
    assert admin.submit(f"{path}/close").status_code == 403


def test_a_new_link_ends_the_old_password_at_once(site: Site) -> None:
    enrol(site)
    with site.database.read() as uow:
        account = uow.session.scalars(select(Account)).one()
    admin = site.sign_in(Role.ADMIN)
    assert admin.submit(f"/admin/accounts/{account.id}/invite").status_code == 303
    with site.database.read() as uow:
        account = accounts.get(uow, account.id)
        assert (account.state, account.password_hash, account.totp_secret) == ("invited", "", "")


def test_a_clerk_who_is_elected_rests_as_a_clerk(site: Site) -> None:
    clerk = site.sign_in(Role.CLERK, person_id=site.make_person())
    assert "Clerk" in clerk.get("/account").text
    assert clerk.person_id
    site.seat(clerk.person_id)
    page = clerk.get("/account").text
    assert "Representative" in page
    assert "Clerk" not in page


def entries(site: Site, kind: str) -> list[dict[str, object]]:
    with site.database.read() as uow:
        rows = uow.session.scalars(select(LogEntry.entry).where(LogEntry.log == SECURITY)).all()
    return [entry for raw in rows if (entry := decode(raw))["type"] == kind]


def test_the_auditor_reads_both_logs_in_words(site: Site) -> None:
    auditor = site.sign_in(Role.AUDITOR)
    site.app.state.log.run_once()
    public = auditor.get("/auditors")
    assert "The server started" in public.text
    security = auditor.get("/auditors?log=security")
    assert "Accounts were created" in security.text
    assert auditor.get("/auditors?log=nonsense").status_code == 422


def test_the_auditor_takes_a_copy_that_verifies_and_that_is_logged(site: Site) -> None:
    auditor = site.sign_in(Role.AUDITOR)
    site.app.state.log.run_once()
    answer = auditor.submit("/auditors/export", {"log": "security"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    raw = archive.read("security-log/checkpoint")
    checkpoint, _ = verify_checkpoint(raw, verifiers(site.app.state.log.keys.security))
    assert checkpoint.size > 0
    (entry,) = entries(site, "log.exported")
    assert entry["actor"] == auditor.account_id


def test_the_auditor_leaves_a_note(site: Site) -> None:
    auditor = site.sign_in(Role.AUDITOR)
    assert auditor.submit("/auditors/notes", {"text": "  "}).status_code == 422
    assert auditor.submit("/auditors/notes", {"text": "Looked at E1."}).status_code == 303
    (entry,) = entries(site, "audit.note")
    assert entry["data"] == {"text": "Looked at E1."}


def test_the_outbox_exists_in_the_demonstration_only(site: Site) -> None:
    assert site.browser().get("/outbox").status_code == 200
    site.settings.demo = False
    assert site.browser().get("/outbox").status_code == 404
    assert site.browser().get("/outbox/x").status_code == 404


def test_not_ready_says_which_command_helps(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("web.http.readiness.BUNDLE", tmp_path / "none")
    answer = site.browser().get("/readyz")
    assert answer.status_code == 503
    assert "make web/static/bundle" in answer.text
    assert "mandate db upgrade" in answer.text  # this database was made without migrations
    (tmp_path / "none").touch()
    monkeypatch.setattr("web.http.readiness.is_current", lambda _database: True)
    assert site.browser().get("/readyz").text == "ready\n"
    site.app.state.log.failure = "the head does not fit"
    assert "the head does not fit" in site.browser().get("/readyz").text


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    keys = Keys.load(tmp_path / "secret.key")
    assert Keys.load(tmp_path / "secret.key").mac("x", "y") == keys.mac("x", "y")
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        Keys.load(tmp_path / "secret.key")


def test_a_sealed_value_opens_for_its_owner_only(tmp_path: Path) -> None:
    keys = Keys.load(tmp_path / "secret.key")
    sealed = keys.encrypt("totp", "SECRET", "owner")
    assert keys.decrypt("totp", sealed, "owner") == "SECRET"
    for purpose, owner in (("totp", "other"), ("else", "owner")):
        with pytest.raises(ValueError, match="another"):
            keys.decrypt(purpose, sealed, owner)


@pytest.mark.parametrize("bad", ["a@example.org\r\nBcc: b@example.org", "a@example.org\nX: y"])
def test_an_address_cannot_add_a_header(site: Site, bad: str) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        compose(site.settings, bad, "subject", "text")


def test_one_failing_job_leaves_the_others_alone() -> None:
    ran: list[str] = []

    def fails() -> None:
        raise RuntimeError

    ticker = Ticker([Job("a", 0, fails), Job("b", 0, lambda: ran.append("b"))], pause=0.01)
    ticker.start()
    time.sleep(0.1)
    ticker.stop()
    assert ran


def test_a_job_waits_for_its_turn() -> None:
    ran: list[str] = []
    ticker = Ticker([Job("hourly", 3600, lambda: ran.append("x"))], pause=1)
    ticker.tick()
    ticker.tick()
    assert ran == ["x"]
    ticker.tick(all_jobs=True)
    assert ran == ["x", "x"]
