"""docs/log.md says what is logged, and nothing else."""

from __future__ import annotations

from audit.kinds import HASH
from tests.audit.entry_table import declared, table, written


def test_the_table_of_entries_is_that_of_the_program() -> None:
    assert written() == table(), "run: python -m tests.audit.entry_table"


def test_no_entry_has_a_field_for_a_person() -> None:
    """What would name a person is in an entry only as a commitment, that is, a hash."""
    personal = {"name", "email", "phone", "person", "member_no", "address", "ip", "birth_date"}
    official = {"trustee.invited", "trustee.removed"}  # trustees act in public, under their names
    for kind in declared().values():
        for field, what in kind.FIELDS.items():
            if field in personal and kind.TYPE not in official:
                assert what is HASH, f"{kind.TYPE}.{field} must be a salted hash"


def test_entries_about_voters_have_a_coarse_time() -> None:
    for name in ("ballot.accepted", "ballot.spoilt"):
        assert declared()[name].COARSE
