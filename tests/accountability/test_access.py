"""The table "who sees what", cell by cell: 7 kinds of data, 6 roles, with and without the fact."""

from __future__ import annotations

import pytest

from accountability.access import MATRIX, Data, Relation, Role, Show, Viewer, shows

NONE = Relation()
ALL = Relation(**dict.fromkeys(Relation.__dataclass_fields__, True))
ROLES = (
    Role.CONSTITUENT,
    Role.REPRESENTATIVE,
    Role.CLERK,
    Role.BODY,
    Role.AUDITOR,
    Role.PUBLIC,
)
N = Show.NOTHING

# for each cell: the fact it takes, what is shown with it, what is shown without any fact
TABLE: dict[Data, list[tuple[str, Show, Show]]] = {
    Data.CONTACT_DETAILS: [
        ("owner", Show.ALL, N),
        ("holder", Show.ALL, N),
        ("routing", Show.ALL, N),
        ("consent", Show.ALL, N),
        ("glass_broken", Show.ALL, N),
        ("", N, N),
    ],
    Data.TEXT: [
        ("owner", Show.ALL, N),
        ("holder", Show.ALL, N),
        ("routing", Show.ALL, N),
        ("assigned", Show.EXTRACT, N),
        ("sampled", Show.REDACTED, N),
        ("", N, N),
    ],
    Data.COURSE: [
        ("owner", Show.ALL, N),
        ("holder", Show.ALL, N),
        ("", Show.ALL, Show.ALL),
        ("assigned", Show.ALL, N),
        ("", Show.ALL, Show.ALL),
        ("", Show.COUNTS, Show.COUNTS),
    ],
    Data.LINKED: [
        ("owner", Show.ALL, N),
        ("holder", Show.ALL, N),
        ("", N, N),
        ("", N, N),
        ("", Show.ALL, Show.ALL),
        ("", Show.NUMBER, Show.NUMBER),
    ],
    Data.CONFIRMED: [
        ("owner", Show.ALL, N),
        ("", Show.FIGURE, Show.FIGURE),
        ("", N, N),
        ("", N, N),
        ("", Show.ALL, Show.ALL),
        ("", Show.COUNTS, Show.COUNTS),
    ],
    Data.COMPLAINT: [
        ("owner", Show.ALL, N),
        ("", N, N),
        ("", Show.ALL, Show.ALL),
        ("ombud", Show.ALL, N),
        ("", Show.ALL, Show.ALL),
        ("", Show.COUNTS, Show.COUNTS),
    ],
    Data.OPENINGS: [
        ("owner", Show.ALL, N),
        ("", Show.OWN, Show.OWN),
        ("", Show.OWN, Show.OWN),
        ("", Show.OWN, Show.OWN),
        ("", Show.ALL, Show.ALL),
        ("", N, N),
    ],
}
CELLS = [
    (data, role, *cell)
    for data, cells in TABLE.items()
    for role, cell in zip(ROLES, cells, strict=True)
]


@pytest.mark.parametrize(("data", "role", "fact", "with_it", "without"), CELLS)
def test_cell(data: Data, role: Role, fact: str, with_it: Show, without: Show) -> None:
    viewer = Viewer(role)
    assert shows(viewer, data, NONE) is without
    assert shows(viewer, data, ALL) is with_it
    if fact:
        others = {name: True for name in Relation.__dataclass_fields__ if name != fact}
        assert shows(viewer, data, Relation(**{fact: True})) is with_it
        assert shows(viewer, data, Relation(**others)) is without, "another fact opened it"


def test_the_table_is_the_whole_table() -> None:
    assert len(CELLS) == 42
    listed = {(data, role) for data, role, *_rest in CELLS}
    assert set(MATRIX) <= listed


@pytest.mark.parametrize("role", [Role.SITE_KEEPER, Role.COMMISSION, Role.SYSTEM])
@pytest.mark.parametrize("data", list(Data))
def test_other_roles_see_nothing(role: Role, data: Data) -> None:
    assert shows(Viewer(role), data, ALL) is Show.NOTHING
