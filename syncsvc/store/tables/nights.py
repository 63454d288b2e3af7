"""Runs and nights: who runs, what came of it, and who was told."""

from sqlalchemy import Column, Date, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text

from syncsvc.store.tables.base import Instant, metadata

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trigger", Text, nullable=False),
    Column("mode", Text),
    Column("actor", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("exit_code", Integer),
    Column("plan", Text),
    Column("body", Text),
    sqlite_autoincrement=True,
)

result = Table(  # what a run did, whole, and what its report rests on: to render it again
    "result",
    metadata,
    Column("run", ForeignKey("run.id"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

lease = Table(  # one row, made by the migration
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text),
    Column("token", Integer, nullable=False),
    Column("until_seconds", Double, nullable=False),  # of the database's clock
)

slot = Table(  # the night of a local date, which is run once whoever runs it
    "slot",
    metadata,
    Column("day", Date, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text),
    Column("attempt", Integer, nullable=False),
    Column("until_seconds", Double, nullable=False),  # end of the lease; of a due one, when to try again
    Column("run", ForeignKey("run.id")),
    Column("exit_code", Integer),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("detail", Text),
)

notice = Table(  # one message about a night; `about` is the trouble it tells of, "" where it tells of none
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("night", Date, nullable=False),
    Column("run", ForeignKey("run.id")),
    Column("occasion", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

delivery = Table(  # a message on one of the ways to tell
    "delivery",
    metadata,
    Column("notice", ForeignKey("notice.id"), primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),  # when it is tried again; of one under way, when it may be taken over
    Column("detail", Text),
    Index("ix_delivery_state_next_at", "state", "next_at"),
)
