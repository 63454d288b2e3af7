"""What is planned and written: plans, their waivers, the audit of every write, and what still waits."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from syncsvc.store.tables.base import Instant, metadata

making = Table(  # one making of a plan; the same content made again later is another one
    "making",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("run", ForeignKey("run.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("body", LargeBinary, nullable=False),
    Column("links", ForeignKey("part.sha256"), nullable=False),
    Index("ix_making_plan", "plan"),
    sqlite_autoincrement=True,
)

waiver = Table(
    "waiver",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("making", ForeignKey("making.id"), nullable=False),
    Column("limit", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_waiver_making", "making"),
)

audit = Table(  # append-only: triggers in the migration hold it to that
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("run", ForeignKey("run.id")),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("code", Text),
    Column("key", Text),
    Column("issue_id", Text),
    Column("field", Text),
    Column("before", Date),
    Column("after", Date),
    Column("detail", Text),
    Column("intent", ForeignKey("audit.id")),
    CheckConstraint("id > 0", name="id_is_positive"),
    Index("ix_audit_code", "code"),
    Index("ix_audit_run", "run"),
    sqlite_autoincrement=True,
)
#: An intent is closed once; that nobody could tell what became of it does not close it.
Index(
    "uq_audit_closing",
    audit.c.intent,
    unique=True,
    sqlite_where=text("intent IS NOT NULL AND event <> 'unknown'"),
    postgresql_where=text("intent IS NOT NULL AND event <> 'unknown'"),
)

open_intent = Table(  # intents whose outcome is not known yet
    "open_intent",
    metadata,
    Column("id", ForeignKey("audit.id"), primary_key=True),
    Column("making", ForeignKey("making.id"), nullable=False),
    Column("change", Text, nullable=False),
)

hold = Table(  # the holds of the last run, to tell which begin and which end
    "hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("issue_id", Text),
    Column("field", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner_value", Date),
    Column("follower_value", Date),
    Column("baseline", Date),
)
