"""Who may use the review pages, and their sessions there."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("token_sha256", sa.Text),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_by", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_person"),
        sa.UniqueConstraint("token_sha256", name="uq_person_token_sha256"),
    )
    op.create_table(
        "visit",
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_visit"),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name="fk_visit_person_person"),
    )
    op.create_index("ix_visit_person", "visit", ["person"])
    op.create_table(
        "page_key",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page_key"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
