"""What persons decided, linked and wrote."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from syncsvc.store.tables.base import Instant, metadata

decision = Table(  # what persons decided; one that has ended means nothing any more and is kept
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("issue", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("owner_value", Date),
    Column("follower_value", Date),
    Column("reason", Text, nullable=False),
    Column("until", Date),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seconded_by", Text),
    Column("run", ForeignKey("run.id"), nullable=False),
    Column("ended_at", Instant),
    Index("ix_decision_code_issue", "code", "issue"),
    sqlite_autoincrement=True,
)

accepted_link = Table(  # a suggestion of a link that a person accepted or refused; the last word on a pair counts
    "accepted_link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_accepted_link_code", "code"),
    sqlite_autoincrement=True,
)

narrative = Table(  # why a milestone stands where it does in a month, and what is done about it; the last one counts
    "narrative",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_narrative_code_period", "code", "period"),
    sqlite_autoincrement=True,
)
