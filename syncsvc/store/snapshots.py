"""Every snapshot, kept as what changed against the one before it.

The snapshots of one connector and kind form a stream in order of arrival. A milestone is a version that stands from
one snapshot of its stream until before another; a snapshot is read back from the versions that stand at it, so that an
incomplete one, or one that was asked for fewer keys, reads back as it was. Places ("TASK row 270") would make a new
version of every row below an inserted one, so they are a part of their own.

Milestones come back in order of code, whatever order they were read in: a row that moved is no change.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    SelectBase,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from syncsvc.model import Milestone, Reject, Side, Snapshot
from syncsvc.store import tables
from syncsvc.store.codec import decode_all, from_plain, unpack
from syncsvc.store.engine import Database, in_chunks


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """A snapshot without its milestones. `milestones` and `rejects` count them, `rows` is both together."""

    id: int
    connector: str
    side: Side
    source: str
    sha256: str | None
    period: str | None
    kind: str | None
    edition: int | None
    data_date: date | None
    complete: bool
    taken_at: datetime
    run: int
    rows: int
    milestones: int
    rejects: int


@dataclass(frozen=True, slots=True)
class OlderEdition:
    """An edition that has the bytes of an earlier one, and the edition that had replaced those."""

    edition: int
    same_as: int
    replaced_by: int
    source: str  # of the one that had replaced them


class SnapshotStore(Database):
    """Finding snapshots again."""

    def snapshot(self, snapshot_id: int) -> Snapshot | None:
        """A snapshot by its id."""
        return self._find(select(tables.snapshot).where(tables.snapshot.c.id == snapshot_id))

    def newest_snapshot(
        self, connector: str, *, kind: str | None = None, before: datetime | None = None
    ) -> Snapshot | None:
        """The newest edition of the newest period, of one kind or of any; the last one where there are no periods.

        Not the newest arrival: an older month that arrives late is never newest. A published document stands at one
        place, and is what that place held last: also where it went back to an earlier revision or lost its date.
        `before`: of the snapshots that had been taken before this instant.
        """
        return self._find(_newest(connector, kind, before))

    def newest_snapshots(self, wanted: Sequence[tuple[str, str | None]]) -> list[Snapshot | None]:
        """The newest snapshot of each connector and kind (None for any), read together: two queries for all of them."""
        if not wanted:
            return []
        chosen = union_all(
            *(
                select(literal_column(str(place)).label("place"), _newest(connector, kind).subquery().c.id)
                for place, (connector, kind) in enumerate(wanted)
            )
        )
        with self._reading() as connection:
            found = read_snapshots(connection, chosen)
        return [found.get(place) for place in range(len(wanted))]

    def last_reading(self, connector: str) -> tuple[Snapshot, frozenset[str]] | None:
        """The last complete snapshot of a tracker that tells its clock, and ids of issues we wrote to after it.

        Written to: an intent was committed, whatever became of it.
        """
        held, told = tables.snapshot.c, tables.audit.c
        query = (
            select(tables.snapshot)
            .join(tables.reading, tables.reading.c.snapshot == held.id)
            .where(held.connector == connector, held.complete)
            .order_by(held.id.desc())
        )
        with self._reading() as connection:
            row = connection.execute(query.limit(1)).mappings().first()
            if row is None:
                return None
            meant = select(told.issue_id).where(told.event == "intent", told.run >= row["run"]).distinct()
            written = frozenset(issue for issue in connection.execute(meant).scalars() if issue)
            return read_snapshot(connection, row["id"]), written

    def find_snapshot(
        self,
        connector: str,
        period: str,
        kind: str | None,
        edition: int | None = None,
        *,
        before: datetime | None = None,
    ) -> Snapshot | None:
        """An edition of a month, the newest unless one is named; as it was read last, or last before an instant."""
        held = tables.snapshot.c
        query = select(tables.snapshot).where(
            held.connector == connector, held.period == period, held.kind.is_not_distinct_from(kind)
        )
        if edition is not None:
            query = query.where(held.edition == edition)
        if before is not None:
            query = query.where(held.taken_at < before)
        return self._find(newest_first(query))

    def snapshot_heads(self, connector: str | None = None) -> list[SnapshotHead]:
        """All snapshots without their milestones, in order of arrival."""
        columns = [tables.snapshot.c[each.name] for each in fields(SnapshotHead)]
        query = select(*columns).order_by(tables.snapshot.c.id)
        if connector is not None:
            query = query.where(tables.snapshot.c.connector == connector)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [SnapshotHead(**{**row, "side": Side(row["side"])}) for row in rows]

    def newest_before(self, snapshot: Snapshot) -> Snapshot | None:
        """The last edition of the last month before that of a snapshot, of the same connector and kind; complete."""
        held = tables.snapshot.c
        if snapshot.period is None or snapshot.id is None:
            return None
        query = select(tables.snapshot).where(
            held.connector == snapshot.connector,
            held.kind.is_not_distinct_from(snapshot.kind),
            held.period < snapshot.period,
            held.complete,
        )
        return self._find(newest_first(query))

    def run_of(self, snapshot_id: int) -> int | None:
        """Which run kept a snapshot."""
        with self._reading() as connection:
            return connection.execute(select(tables.snapshot.c.run).where(tables.snapshot.c.id == snapshot_id)).scalar()

    def newest_id(self) -> int:
        """The id of the snapshot that arrived last; 0 where there is none."""
        with self._reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(tables.snapshot.c.id), 0))).scalar_one())

    def previous_rows(self, snapshot_id: int) -> int | None:
        """How many rows the last complete snapshot of the same connector and kind before this one had.

        Before means an earlier period, an earlier edition of the same one, or the same edition read earlier.
        """
        held = tables.snapshot.c
        with self._reading() as connection:
            this = connection.execute(select(tables.snapshot).where(held.id == snapshot_id)).mappings().one_or_none()
            if this is None:
                return None
            query = select(held.rows).where(
                held.connector == this["connector"],
                held.kind.is_not_distinct_from(this["kind"]),
                held.complete,
                _is_before(this),
            )
            return connection.execute(newest_first(query)).scalar()

    def older_edition(self, snapshot_id: int) -> OlderEdition | None:
        """Whether a snapshot has the bytes of an earlier edition of its month and came from another file than the
        edition before it: a copy of what was replaced. The same file with its older bytes is meant to be there.
        """
        held = tables.snapshot.c
        with self._reading() as connection:
            this = connection.execute(select(tables.snapshot).where(held.id == snapshot_id)).mappings().one_or_none()
            if this is None or this["edition"] is None or this["sha256"] is None:
                return None
            earlier = select(held.edition, held.sha256, held.source).where(
                held.connector == this["connector"],
                held.period == this["period"],
                held.kind.is_not_distinct_from(this["kind"]),
                held.edition < this["edition"],
            )
            rows = connection.execute(earlier.order_by(held.edition.desc(), held.id.desc())).all()
        same = next((edition for edition, sha256, _ in rows if sha256 == this["sha256"]), None)
        if same is None or same == rows[0].edition or rows[0].source == this["source"]:
            return None
        before = rows[0]
        if any(row.edition < before.edition and row.sha256 == before.sha256 for row in rows):
            return None  # that one was such a copy, and this one corrects it
        return OlderEdition(this["edition"], same, before.edition, before.source)

    def _find(self, query: Select[Any]) -> Snapshot | None:
        """The snapshot that a query finds first; of its columns only the id counts."""
        chosen = query.with_only_columns(literal_column("0").label("place"), tables.snapshot.c.id).limit(1)
        with self._reading() as connection:
            return read_snapshots(connection, chosen).get(0)


#: Columns of a snapshot's row that are fields of the snapshot under the same name.
IN_HEAD = (
    *("connector", "side", "source", "sha256", "mapping_sha256", "period", "kind"),
    *("data_date", "complete", "typed", "taken_at"),
)


def _stands_there(connector: str) -> ColumnElement[bool]:
    """Whether a snapshot is what was last kept from its source."""
    held, seen = tables.snapshot.c, tables.seen.c
    last = select(seen.fingerprint).where(seen.connector == connector, seen.source == held.source)
    return (held.sha256 + ":" + held.mapping_sha256).in_(last.correlate(tables.snapshot))


def head_of(row: RowMapping) -> Snapshot:
    """A snapshot without milestones, rejects and what else stands beside them."""
    return Snapshot(
        **{name: row[name] for name in IN_HEAD if name != "side"},
        side=Side(row["side"]),
        milestones=(),
        edition=row["edition"],
        id=row["id"],
    )


def read_snapshot(connection: Connection, snapshot_id: int) -> Snapshot:
    """A snapshot as it was saved; KeyError where there is none."""
    return read_snapshots(connection, with_ids([snapshot_id]))[snapshot_id]


def with_ids(ids: Collection[int]) -> Select[Any]:
    """Snapshots to read, by their ids."""
    held = tables.snapshot.c
    return select(held.id.label("place"), held.id).where(held.id.in_(ids))


def read_snapshots(connection: Connection, chosen: SelectBase) -> dict[int, Snapshot]:
    """Snapshots as they were saved, by the `place` that `chosen` (of columns place, id) gives each; in two queries."""
    rows = connection.execute(_whole(chosen)).mappings().all()
    versions: dict[int, list[tuple[str, str]]] = {row["id"]: [] for row in rows}
    held, version = tables.snapshot.c, tables.version.c
    stands = and_(version.stream == held.stream, version.from_seq <= held.seq, version.to_seq > held.seq)
    query = select(held.id, version.code, version.body).join(tables.version, stands)
    for some in in_chunks(list(versions)):
        for snapshot_id, code, body in connection.execute(query.where(held.id.in_(some))).all():
            versions[snapshot_id].append((code, body))
    return {row["place"]: _snapshot(row, versions[row["id"]]) for row in rows}


def _whole(chosen: SelectBase) -> Select[Any]:
    """The rows of snapshots with everything of them that is not in versions, and their place."""
    of, held = chosen.subquery(), tables.snapshot
    beside, places = tables.part.alias(), tables.part.alias()
    columns = (
        *(of.c.place, held, tables.reading.c.read_at, tables.reading.c.census_at),
        *(beside.c.packed.label("packed_beside"), places.c.packed.label("packed_places")),
    )
    return (
        select(*columns)
        .join_from(of, held, held.c.id == of.c.id)
        .join(beside, beside.c.sha256 == held.c.beside)
        .join(places, places.c.sha256 == held.c.places)
        .outerjoin(tables.reading, tables.reading.c.snapshot == held.c.id)
    )


def _snapshot(row: RowMapping, versions: list[tuple[str, str]]) -> Snapshot:
    versions.sort()  # here: a database may sort by the rules of a language
    beside = unpack(row["packed_beside"])
    milestones = decode_all(
        Milestone,
        [body for _, body in versions],
        {"code": [code for code, _ in versions], "where": unpack(row["packed_places"])},
    )
    return replace(
        head_of(row),
        milestones=tuple(milestones),
        rejects=tuple(from_plain(Reject, plain) for plain in beside["rejects"]),
        asked=None if beside["asked"] is None else frozenset(beside["asked"]),
        missing=tuple(beside["missing"]),
        moved=beside["moved"],
        why_incomplete=beside.get("why_incomplete", ""),
        read_at=row["read_at"],
        census_at=row["census_at"],
    )


def _newest(connector: str, kind: str | None, before: datetime | None = None) -> Select[Any]:
    """The snapshot that is the newest of a connector, and of a kind where one is named."""
    held = tables.snapshot.c
    query = select(tables.snapshot).where(held.connector == connector)
    if kind is not None:
        query = query.where(held.kind == kind)
    if before is not None:
        query = query.where(held.taken_at < before)
    is_there = held.side == Side.PUBLISHED.value
    if before is None:
        is_there &= _stands_there(connector)
    return newest_first(query.order_by(case((is_there, held.id), else_=0).desc()))


def newest_first(query: Select[Any]) -> Select[Any]:
    held = tables.snapshot.c
    order = (held.period.desc().nulls_last(), func.coalesce(held.edition, 0).desc(), held.id.desc())
    return query.order_by(*order).limit(1)


def _is_before(this: RowMapping) -> ColumnElement[bool]:
    held = tables.snapshot.c
    if this["period"] is None:
        return and_(held.period.is_(None), held.id < this["id"])
    same = held.period == this["period"]
    return or_(
        held.period < this["period"],
        and_(same, held.edition < this["edition"]),
        and_(same, held.edition == this["edition"], held.id < this["id"]),
    )
