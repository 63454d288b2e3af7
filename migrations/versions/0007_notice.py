"""What was said of the nights, and on which ways it arrived: so that a failure is told once, and none is lost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("night", sa.Date, nullable=False),
        sa.Column("run", sa.Integer),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_notice_run_run"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "delivery",
        sa.Column("notice", sa.Integer, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("notice", "channel", name="pk_delivery"),
        sa.ForeignKeyConstraint(["notice"], ["notice.id"], name="fk_delivery_notice_notice"),
    )
    op.create_index("ix_delivery_state_next_at", "delivery", ["state", "next_at"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
