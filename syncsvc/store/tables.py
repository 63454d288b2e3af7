"""The tables, as SQLAlchemy Core sees them. migrations/versions makes them; a test compares the two.

Only what SQLite and PostgreSQL both have. Names are the words of the domain.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: `to_seq` of a version that still stands: one comparison finds the versions of any snapshot, the newest included.
STANDING: Final = 2_147_483_647

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps no zone, so it is put on again when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_seconds(FunctionElement[float]):
    """Seconds since 1970 by the clock of the database, which all processes that share a store share."""

    type = Double()
    inherit_cache = True


@compiles(database_seconds, "sqlite")
def _sqlite_seconds(element: Any, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_seconds, "postgresql")
def _postgresql_seconds(element: Any, compiler: Any, **options: Any) -> str:
    # now() would be the beginning of the transaction, which may have waited long for a lock
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


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

part = Table(  # what many snapshots or plans share, once: places, asked keys, links
    "part",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("packed", LargeBinary, nullable=False),
)

stream = Table(
    "stream",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("kind", Text, nullable=False),  # "" where a snapshot has none
    Column("last_seq", Integer, nullable=False),
    UniqueConstraint("connector", "kind"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("run.id"), nullable=False),
    Column("stream", ForeignKey("stream.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("connector", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", Text),
    Column("mapping_sha256", Text),
    Column("period", Text),
    Column("kind", Text),
    Column("edition", Integer),
    Column("data_date", Date),
    Column("complete", Boolean, nullable=False),
    Column("typed", Boolean, nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("milestones", Integer, nullable=False),
    Column("rejects", Integer, nullable=False),
    Column("beside", ForeignKey("part.sha256"), nullable=False),  # rejects, asked, missing, moved
    Column("places", ForeignKey("part.sha256"), nullable=False),  # of its milestones in order of code
    UniqueConstraint("stream", "seq"),
    Index("ix_snapshot_connector_period", "connector", "period"),
    sqlite_autoincrement=True,
)

reading = Table(  # of a tracker's snapshot, by the tracker's own clock: when it was begun, and the census it rests on
    "reading",
    metadata,
    Column("snapshot", ForeignKey("snapshot.id"), primary_key=True, autoincrement=False),
    Column("read_at", Instant, nullable=False),
    Column("census_at", Instant, nullable=False),
)

#: One milestone as it stood from one snapshot of its stream until before another. No index by `to_seq`: most versions
#: of a stream stand, so that passing over all of them by the key is quicker than looking them up one by one.
version = Table(
    "version",
    metadata,
    Column("stream", ForeignKey("stream.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("from_seq", Integer, primary_key=True, autoincrement=False),
    Column("to_seq", Integer, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

seen = Table(  # what was last kept from each source
    "seen",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
)

issue = Table(  # the id under which a Jira key was last seen
    "issue",
    metadata,
    Column("key", Text, primary_key=True),
    Column("issue_id", Text, nullable=False),
    Column("snapshot", ForeignKey("snapshot.id"), nullable=False),
)

done = Table(  # the first snapshot that showed an issue done; where it was pruned, the first one of that month
    "done",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("issue_id", Text, primary_key=True),
    Column("snapshot", ForeignKey("snapshot.id"), nullable=False),
)

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

person = Table(  # who may use the review pages, or might once
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("token_sha256", Text),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", Text),
    UniqueConstraint("token_sha256"),
)

visit = Table(  # a session on the pages, while it lasts; of its secret only the hash
    "visit",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("person", ForeignKey("person.name"), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index("ix_visit_person", "person"),
)

page_key = Table(  # one row, made when first asked for: what sessions and forms are signed with
    "page_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),
)
