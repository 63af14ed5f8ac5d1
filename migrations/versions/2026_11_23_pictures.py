"""pictures, wished links, matters handed back, figures of a past term

Revision: 1c914e50c302, after 5c1e7a90b3d4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1c914e50c302"
down_revision = "5c1e7a90b3d4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "final_card",
        sa.Column("office_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_final_card_office_id")),
        sa.PrimaryKeyConstraint("office_id", name=op.f("pk_final_card")),
    )
    op.create_table(
        "link_choice",
        sa.Column("office_id", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("constituent_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["constituent_id"], ["person.id"], name=op.f("fk_link_choice_constituent_id")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_link_choice_office_id")
        ),
        sa.PrimaryKeyConstraint("office_id", "year", "constituent_id", name=op.f("pk_link_choice")),
    )
    op.create_index(op.f("ix_link_choice_constituent_id"), "link_choice", ["constituent_id"])
    op.create_table(
        "picture",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("activity_id", sa.String(length=32), nullable=True),
        sa.Column("report_id", sa.String(length=32), nullable=True),
        sa.Column("matter_id", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=20), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("removed_because", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "added_by IN ('constituent', 'representative', 'clerk', 'body')",
            name=op.f("ck_picture_added_by"),
        ),
        sa.CheckConstraint(
            "(content IS NULL) = (removed_on IS NOT NULL)", name=op.f("ck_picture_removed_or_there")
        ),
        sa.CheckConstraint(
            "CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN report_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN matter_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_picture_belongs_to_one"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_picture_activity_id")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_picture_matter_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_picture_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
        sa.UniqueConstraint(
            "activity_id", "position", name=op.f("uq_picture_activity_id_position")
        ),
        sa.UniqueConstraint("matter_id", "position", name=op.f("uq_picture_matter_id_position")),
        sa.UniqueConstraint("report_id", "position", name=op.f("uq_picture_report_id_position")),
    )
    op.create_table(
        "routing_picture",
        sa.Column("routing_id", sa.String(length=32), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["picture.id"], name=op.f("fk_routing_picture_picture_id")
        ),
        sa.ForeignKeyConstraint(
            ["routing_id"], ["routing.id"], name=op.f("fk_routing_picture_routing_id")
        ),
        sa.PrimaryKeyConstraint("routing_id", "picture_id", name=op.f("pk_routing_picture")),
    )
    op.create_index(op.f("ix_routing_picture_picture_id"), "routing_picture", ["picture_id"])
    op.add_column(
        "matter", sa.Column("notify", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("routing", sa.Column("returned_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("routing", "returned_on")
    op.drop_column("matter", "notify")
    op.drop_index(op.f("ix_routing_picture_picture_id"), table_name="routing_picture")
    op.drop_table("routing_picture")
    op.drop_table("picture")
    op.drop_index(op.f("ix_link_choice_constituent_id"), table_name="link_choice")
    op.drop_table("link_choice")
    op.drop_table("final_card")
