"""What was observed: snapshots, and the milestones and issues in them."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from syncsvc.store.tables.base import Instant, metadata

#: `to_seq` of a version that still stands: one comparison finds the versions of any snapshot, the newest included.
STANDING: Final = 2_147_483_647

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
