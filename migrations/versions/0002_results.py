"""What a run did, whole, and what its report rests on, so that the report can be rendered again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "result",
        sa.Column("run", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run", name="pk_result"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_result_run_run"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
