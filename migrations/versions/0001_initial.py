"""Everything syncsvc keeps: runs, snapshots, memory, plans, and the audit that the database itself guards."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
CLOSING = sa.text("intent IS NOT NULL AND event <> 'unknown'")

# INSERT OR REPLACE deletes the row it replaces without a DELETE trigger, also one that has only the intent it closes
# in common, so these are looked for before.
SQLITE_GUARDS = [
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
      OR (NEW.intent IS NOT NULL AND NEW.event <> 'unknown' AND EXISTS (
            SELECT 1 FROM audit WHERE intent = NEW.intent AND intent IS NOT NULL AND event <> 'unknown'))
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
]
POSTGRESQL_GUARDS = [
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
]


def upgrade() -> None:
    make_runs()
    make_snapshots()
    make_memory()
    make_plans()
    make_audit()


def make_runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("mode", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("exit_code", sa.Integer),
        sa.Column("plan", sa.Text),
        sa.Column("body", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sqlite_autoincrement=True,
    )
    lease = op.create_table(
        "lease",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("until_seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lease"),
    )
    op.bulk_insert(lease, [{"id": 1, "owner": None, "token": 0, "until_seconds": 0}])


def make_snapshots() -> None:
    op.create_table(
        "part",
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_part"),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream"),
        sa.UniqueConstraint("connector", "kind", name="uq_stream_connector_kind"),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("mapping_sha256", sa.Text),
        sa.Column("period", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("edition", sa.Integer),
        sa.Column("data_date", sa.Date),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("typed", sa.Boolean, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("milestones", sa.Integer, nullable=False),
        sa.Column("rejects", sa.Integer, nullable=False),
        sa.Column("beside", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_snapshot_run_run"),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_snapshot_stream_stream"),
        sa.ForeignKeyConstraint(["beside"], ["part.sha256"], name="fk_snapshot_beside_part"),
        sa.ForeignKeyConstraint(["places"], ["part.sha256"], name="fk_snapshot_places_part"),
        sa.UniqueConstraint("stream", "seq", name="uq_snapshot_stream_seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_snapshot_connector_period", "snapshot", ["connector", "period"])
    op.create_table(
        "version",
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("from_seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("stream", "code", "from_seq", name="pk_version"),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_version_stream_stream"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_version_stream_to_seq", "version", ["stream", "to_seq"])
    op.create_table(
        "seen",
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("connector", "source", name="pk_seen"),
    )
    op.create_table(
        "issue",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_issue"),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshot.id"], name="fk_issue_snapshot_snapshot"),
    )
    op.create_table(
        "done",
        sa.Column("connector", sa.Text, nullable=False),
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("connector", "issue_id", name="pk_done"),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshot.id"], name="fk_done_snapshot_snapshot"),
    )


def make_memory() -> None:
    for name, key in (
        ("baseline", ["code", "issue_id", "field"]),
        ("undone", ["code", "issue_id", "field"]),
        ("written", ["code", "issue_id", "field", "value"]),
    ):
        op.create_table(
            name,
            sa.Column("code", sa.Text, nullable=False),
            sa.Column("issue_id", sa.Text, nullable=False),
            sa.Column("field", sa.Text, nullable=False),
            sa.Column("value", sa.Date, nullable="value" not in key),
            sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("issue_id", sa.Text, nullable=False),
        sa.Column("value", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("handed_over_on", sa.Date, nullable=False),
        sa.Column("snapshot", sa.Integer),
        sa.Column("run", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshot.id"], name="fk_proposal_snapshot_snapshot"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_proposal_run_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_proposal_code_issue_id", "proposal", ["code", "issue_id"])
    op.create_index("ix_proposal_state", "proposal", ["state"])
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("issue_id", sa.Text),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("owner_value", sa.Date),
        sa.Column("follower_value", sa.Date),
        sa.Column("baseline", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )


def make_plans() -> None:
    op.create_table(
        "making",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", INSTANT),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("links", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_making"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_making_run_run"),
        sa.ForeignKeyConstraint(["links"], ["part.sha256"], name="fk_making_links_part"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_making_plan", "making", ["plan"])
    op.create_table(
        "waiver",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("making", sa.Integer, nullable=False),
        sa.Column("limit", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_waiver"),
        sa.ForeignKeyConstraint(["making"], ["making.id"], name="fk_waiver_making_making"),
    )
    op.create_index("ix_waiver_making", "waiver", ["making"])


def make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("run", sa.Integer),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("issue_id", sa.Text),
        sa.Column("field", sa.Text),
        sa.Column("before", sa.Date),
        sa.Column("after", sa.Date),
        sa.Column("detail", sa.Text),
        sa.Column("intent", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.CheckConstraint("id > 0", name="ck_audit_id_is_positive"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_audit_run_run"),
        sa.ForeignKeyConstraint(["intent"], ["audit.id"], name="fk_audit_intent_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_code", "audit", ["code"])
    op.create_index("ix_audit_run", "audit", ["run"])
    op.create_index(
        "uq_audit_closing", "audit", ["intent"], unique=True, sqlite_where=CLOSING, postgresql_where=CLOSING
    )
    op.create_table(
        "open_intent",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("making", sa.Integer, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_open_intent"),
        sa.ForeignKeyConstraint(["id"], ["audit.id"], name="fk_open_intent_id_audit"),
        sa.ForeignKeyConstraint(["making"], ["making.id"], name="fk_open_intent_making_making"),
    )
    guards = SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARDS
    for guard in guards:
        op.execute(sa.text(guard))


def downgrade() -> None:
    raise NotImplementedError("there is no way back; restore the backup that was made before the upgrade")
