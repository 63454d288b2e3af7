"""What persons say: decisions about rows, links they accepted or refused, and narratives of a month."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "key", "issue", "field", "verdict")),
        sa.Column("owner_value", sa.Date),
        sa.Column("follower_value", sa.Date),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seconded_by", sa.Text),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_decision_run_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_code_issue", "decision", ["code", "issue"])
    op.create_table(
        "accepted_link",
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "key")),
        sa.Column("accepted", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("role", "reason", "actor")),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accepted_link"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accepted_link_code", "accepted_link", ["code"])
    op.create_table(
        "narrative",
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("code", "period", "why", "action", "actor")),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_narrative"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_narrative_code_period", "narrative", ["code", "period"])


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
