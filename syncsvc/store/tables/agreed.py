"""What both sides were seen to share, what was written and taken back, and what was proposed."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from syncsvc.store.tables.base import metadata

baseline = Table(
    "baseline",
    metadata,
    Column("code", Text, primary_key=True),
    Column("issue_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Date),
)

written = Table(
    "written",
    metadata,
    Column("code", Text, primary_key=True),
    Column("issue_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Date, primary_key=True),
)

undone = Table(
    "undone",
    metadata,
    Column("code", Text, primary_key=True),
    Column("issue_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Date),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("value", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("handed_over_on", Date, nullable=False),
    Column("snapshot", ForeignKey("snapshot.id")),  # the newest export at that time
    Column("run", ForeignKey("run.id"), nullable=False),
    Index("ix_proposal_code_issue_id", "code", "issue_id"),
    Index("ix_proposal_state", "state"),
    sqlite_autoincrement=True,
)
