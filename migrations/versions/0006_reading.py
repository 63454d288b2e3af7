"""When a tracker was read by its own clock, so that the next reading asks only for what has changed since."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("snapshot", sa.Integer, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("census_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("snapshot", name="pk_reading"),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshot.id"], name="fk_reading_snapshot_snapshot"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
