"""shuffles of ranked ballots: the state mixed, who shuffled, and which trustees are absent

Revision: 5c1e7a90b3d4, after 2384f7aa0ec9
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5c1e7a90b3d4"
down_revision = "2384f7aa0ec9"
branch_labels = None
depends_on = None

WITHOUT = "'closed', 'tallied'"
WITH = "'closed', 'mixed', 'tallied'"
STATES = "'draft', 'frozen', 'sealed', 'open', {}, 'declared', 'certified', 'cancelled'"


def upgrade() -> None:
    _states(WITHOUT, WITH)
    op.add_column("trustee", sa.Column("absence", sa.Text(), nullable=True))
    op.create_table(
        "shuffle",
        sa.Column("contest_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trustee_id", sa.String(length=32), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_shuffle_contest_id")),
        sa.ForeignKeyConstraint(["trustee_id"], ["trustee.id"], name=op.f("fk_shuffle_trustee_id")),
        sa.PrimaryKeyConstraint("contest_id", "position", name=op.f("pk_shuffle")),
        sa.UniqueConstraint(
            "contest_id", "trustee_id", name=op.f("uq_shuffle_contest_id_trustee_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("shuffle")
    op.drop_column("trustee", "absence")
    op.execute("UPDATE election SET state = 'closed' WHERE state = 'mixed'")
    _states(WITH, WITHOUT)


def _states(before: str, after: str) -> None:
    """Which states the table allows. SQLite cannot change a constraint, and making the table anew
    would take away what others refer to; its manual has this way for a change of text alone."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_election_state"), "election", type_="check")
        allowed = STATES.format(after)
        op.create_check_constraint(op.f("ck_election_state"), "election", f"state IN ({allowed})")
        return
    change = sa.text(
        "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) WHERE name = 'election'"
    )
    version = op.get_bind().scalar(sa.text("PRAGMA schema_version"))
    op.execute("PRAGMA writable_schema = ON")
    op.execute(change.bindparams(before=before, after=after))
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = RESET")
