"""who is not counted among those expected, and the commitment of an erased person

Revision: 6d2f9be4137a, after 9b0f4d2c71ae
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6d2f9be4137a"
down_revision = "9b0f4d2c71ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("kept_commitment", sa.String(length=64), nullable=True))
    op.add_column(
        "contest", sa.Column("excluded_json", sa.Text(), nullable=False, server_default="{}")
    )
    op.create_table(
        "exclusion",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("contest_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("approved_by <> entered_by", name=op.f("ck_exclusion_two_people")),
        sa.ForeignKeyConstraint(
            ["contest_id"], ["contest.id"], name=op.f("fk_exclusion_contest_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_exclusion_person_id")),
        sa.ForeignKeyConstraint(
            ["contest_id", "person_id"],
            ["roll_entry.contest_id", "roll_entry.person_id"],
            name=op.f("fk_exclusion_contest_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion")),
        sa.UniqueConstraint(
            "contest_id", "person_id", name=op.f("uq_exclusion_contest_id_person_id")
        ),
    )
    op.create_index(op.f("ix_exclusion_person_id"), "exclusion", ["person_id"])


def downgrade() -> None:
    op.drop_table("exclusion")
    op.drop_column("contest", "excluded_json")
    op.drop_column("person", "kept_commitment")
