"""Units and constituencies: the tree, and where its units elect."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.database import Database
from tests.voting.registry.rolls import AS_OF, DISTRICT, SMALL, line, roll, set_up
from voting.registry import importing, people, structure
from voting.registry.importing import places

UNITS = (SMALL / "units.csv").read_text(encoding="utf-8")
CONSTITUENCIES = (SMALL / "constituencies.csv").read_text(encoding="utf-8")
NEXT = AS_OF + timedelta(days=1)


def test_the_district(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, DISTRICT)
        assert len(structure.units_by_code(uow, AS_OF)) == 455
        assert len(structure.constituencies(uow)) == 255
        assert structure.total_seats(uow) == 306


def test_a_second_file_adds_changes_and_ends(database: Database) -> None:
    with database.transaction() as uow:
        set_up(uow, SMALL)
        before = structure.units_hash(uow, AS_OF)
        text = UNITS.replace("柳溪村,Willow", "新柳溪村,Willow").replace("RA1,", "RA2,")
        found = places.examine_units(uow, text.encode(), NEXT)
        assert (found.add, found.change, found.end) == (["RA2"], ["RV1"], ["RA1"])
        places.apply_units(uow, found, NEXT)
        assert "RA1" in structure.units_by_code(uow, AS_OF)
        assert "RA1" not in structure.units_by_code(uow, NEXT)
        assert structure.units_hash(uow, NEXT) != before
        assert [c.code for c in structure.constituencies(uow)] == ["K1", "K2", "K3"]
        third = structure.constituencies(uow)[2]
        assert [u.code for u in third.units] == ["RE1"]
        text = CONSTITUENCIES.replace("RE1;RA1,1", "RE1;RA2,2").replace("K2,", "K9,")
        found = places.examine_constituencies(uow, text.encode(), NEXT)
        assert (found.add, found.change, found.end) == (["K9"], ["K3"], ["K2"])
        places.apply_constituencies(uow, found, NEXT)
        assert structure.total_seats(uow) == 11
        again = places.examine_constituencies(uow, text.encode(), NEXT)
        assert again.counts() == {"add": 0, "change": 0, "end": 0}


def test_a_unit_with_members_cannot_just_vanish(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "1.csv", roll(line("M1", unit="RA1")), AS_OF)
        found = places.examine_units(uow, UNITS.replace("RA1,", "RA2,").encode(), NEXT)
        assert [(p.kind, p.value) for p in found.problems] == [("unit_in_use", "RA1")]
        text = CONSTITUENCIES.replace("RE1;RA1", "RE1")
        fewer = places.examine_constituencies(uow, text.encode(), NEXT)
        places.apply_constituencies(uow, fewer, NEXT)
        assert [p.member_no for p in people.unassigned(uow, NEXT)] == ["M1"]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("RV1,柳溪村", "RV2,柳溪村", "duplicate_code"),
        ("RV1,柳溪村", ",柳溪村", "missing_value"),
        ("RV1,柳溪村", "RV1,", "missing_value"),
        ("Village,village,RT1", "Village,hamlet,RT1", "unknown_kind"),
        ("Village,village,RT1", "Village,village,RT7", "unknown_parent"),
        ("Federation,district,", "Federation,district,RT1", "circle"),
        ("RV1,柳溪村", "RV1,=1+1", "formula"),
        ("RV1,柳溪村", "rv1,柳溪村", "letter_case"),
    ],
)
def test_faults_of_units(sqlite_database: Database, old: str, new: str, kind: str) -> None:
    assert old in UNITS
    with sqlite_database.transaction() as uow:
        found = places.examine_units(uow, UNITS.replace(old, new).encode(), AS_OF)
        assert kind in {p.kind for p in found.problems}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("RV1;RV2", "RV1;RX2", "unknown_unit"),
        ("RV1;RV2", "RV1;RV1", "unit_in_two"),
        ("RC1;RE2", "RV1;RE2", "unit_in_two"),
        ("RV1;RV2", "", "missing_value"),
        ("RV2,3", "RV2,0", "bad_seats"),
        ("RV2,3", "RV2,three", "bad_seats"),
        ("K2,", "K1,", "duplicate_code"),
    ],
)
def test_faults_of_constituencies(sqlite_database: Database, old: str, new: str, kind: str) -> None:
    assert old in CONSTITUENCIES
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        found = places.examine_constituencies(uow, CONSTITUENCIES.replace(old, new).encode(), AS_OF)
        assert found.has_errors
        assert kind in {p.kind for p in found.problems}
