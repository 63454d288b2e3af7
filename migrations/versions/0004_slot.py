"""The ledger of nights: one row for each local date, so that each happens once whoever runs it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "slot",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("until_seconds", sa.Double, nullable=False),
        sa.Column("run", sa.Integer),
        sa.Column("exit_code", sa.Integer),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("day", name="pk_slot"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_slot_run_run"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
