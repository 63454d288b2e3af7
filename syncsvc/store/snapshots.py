"""Every snapshot, kept as what changed against the one before it.

The snapshots of one connector and kind form a stream in order of arrival. A milestone is a version that stands from
one snapshot of its stream until before another; a snapshot is read back from the versions that stand at it, so that an
incomplete one, or one that was asked for fewer keys, reads back as it was. Places ("TASK row 270") would make a new
version of every row below an inserted one, so they are a part of their own.

Milestones come back in order of code, whatever order they were read in: a row that moved is no change.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, insert, or_, select, update

from syncsvc.model import Milestone, Reject, Side, Snapshot, Status
from syncsvc.store import tables
from syncsvc.store.codec import decode, encode_all, from_plain, pack, to_plain, unpack
from syncsvc.store.engine import Database, in_chunks, insert_or_replace, insert_plain
from syncsvc.store.parts import keep_part, read_part
from syncsvc.store.runs import Lease, require_lease
from syncsvc.store.tables import STANDING


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
    """Keeping snapshots and finding them again."""

    def save_snapshot(self, lease: Lease, run: int, snapshot: Snapshot) -> Snapshot:
        """Keep a snapshot; it comes back with its id and edition, its milestones in order of code.

        Within a connector, period and kind an edition is new when its bytes differ from the edition before it. The
        newest edition's bytes under the same mapping again are no new snapshot: the one that is there comes back. A
        file that is only read again (another mapping, or moved into another folder) keeps the edition that it is.
        Without a period (a tracker) every snapshot is kept and none has an edition.
        """
        milestones = tuple(sorted(snapshot.milestones, key=attrgetter("code")))
        snapshot = replace(snapshot, milestones=milestones, source=without_secrets(snapshot.source))
        codes = [each.code for each in milestones]
        bodies = dict(zip(codes, encode_all(Milestone, milestones, without=("code", "where")), strict=True))
        if len(bodies) != len(codes):
            twice = [code for code, times in Counter(codes).items() if times > 1]
            raise ValueError(f"codes are not unique in the snapshot: {', '.join(twice[:5])}")
        beside, places = _pack_beside(snapshot), pack([each.where for each in milestones])

        with self._writing() as connection:
            require_lease(connection, lease)
            before = _edition_read_again(connection, snapshot) or _newest_edition(connection, snapshot)
            _note_seen(connection, snapshot)
            if before is not None and _is_same_reading(before, snapshot):
                return read_snapshot(connection, before)
            stream, seq = _next_in_stream(connection, snapshot)
            changed = _keep_versions(connection, stream, seq, bodies)
            row = {
                **{name: getattr(snapshot, name) for name in _IN_HEAD},
                **{"run": run, "stream": stream, "seq": seq, "edition": _edition(before, snapshot)},
                **{"milestones": len(milestones), "rejects": len(snapshot.rejects), "rows": snapshot.rows},
                **{"beside": keep_part(connection, beside), "places": keep_part(connection, places)},
            }
            made = insert(tables.snapshot).returning(tables.snapshot.c.id)
            snapshot_id = int(connection.execute(made, row).scalar_one())
            if snapshot.period is None:
                _note_issues(connection, snapshot_id, snapshot, changed)
                _note_reading(connection, snapshot_id, snapshot)
        return replace(snapshot, id=snapshot_id, edition=row["edition"])

    def seen(self, connector: str) -> dict[str, str]:
        """Source -> fingerprint (of syncsvc.connector) of what was last kept from it."""
        query = select(tables.seen.c.source, tables.seen.c.fingerprint).where(tables.seen.c.connector == connector)
        with self._reading() as connection:
            return {source: fingerprint for source, fingerprint in connection.execute(query)}

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
        held = tables.snapshot.c
        query = select(tables.snapshot).where(held.connector == connector)
        if kind is not None:
            query = query.where(held.kind == kind)
        if before is not None:
            query = query.where(held.taken_at < before)
            last = query.where(held.side == Side.PUBLISHED.value).order_by(held.id.desc())
            return self._find(last.limit(1)) or self._find(_newest_first(query))
        standing = query.where(held.side == Side.PUBLISHED.value, _stands_there(connector))
        return self._find(standing.order_by(held.id.desc()).limit(1)) or self._find(_newest_first(query))

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
            return read_snapshot(connection, row), written

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
        return self._find(_newest_first(query))

    def snapshot_heads(self, connector: str | None = None) -> list[SnapshotHead]:
        """All snapshots without their milestones, in order of arrival."""
        columns = [tables.snapshot.c[each.name] for each in fields(SnapshotHead)]
        query = select(*columns).order_by(tables.snapshot.c.id)
        if connector is not None:
            query = query.where(tables.snapshot.c.connector == connector)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [SnapshotHead(**{**row, "side": Side(row["side"])}) for row in rows]

    def editions(self, connector: str, period: str, kind: str | None, *, until: int | None = None) -> list[Snapshot]:
        """Every edition of a month in order, each as it was read last; of the snapshots up to the id `until`."""
        held = tables.snapshot.c
        where = (held.connector == connector, held.period == period, held.kind.is_not_distinct_from(kind))
        with self._reading() as connection:
            return [read_snapshot(connection, row) for row in _last_readings(connection, where, until)]

    def history(self, connector: str, kind: str | None, *, until: int | None = None) -> list[Snapshot]:
        """Every edition of every month of a kind, oldest month first, without places and rejects.

        Read in one pass over what changed: milestones that stood the same in many snapshots are one value.
        """
        held, version = tables.snapshot.c, tables.version.c
        where = (held.connector == connector, held.period.is_not(None), held.kind.is_not_distinct_from(kind))
        with self._reading() as connection:
            rows = _last_readings(connection, where, until)
            if not rows:
                return []
            by_seq = sorted(rows, key=lambda row: row["seq"])
            query = select(version.code, version.from_seq, version.to_seq, version.body)
            found = connection.execute(query.where(version.stream == rows[0]["stream"])).all()
        seqs = [row["seq"] for row in by_seq]
        milestones: dict[int, list[Milestone]] = {seq: [] for seq in seqs}
        for code, from_seq, to_seq, body in sorted(found):
            standing = seqs[bisect_left(seqs, from_seq) : bisect_left(seqs, to_seq)]
            if standing:
                milestone = decode(Milestone, body, code=code)
                for seq in standing:
                    milestones[seq].append(milestone)
        return [replace(head_of(row), milestones=tuple(milestones[row["seq"]])) for row in rows]

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
        return self._find(_newest_first(query))

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
            return connection.execute(_newest_first(query)).scalar()

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
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None else read_snapshot(connection, row)


def without_secrets(source: str) -> str:
    """A source as it may be kept: of a URL neither user nor password, query or fragment."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


#: Columns of a snapshot's row that are fields of the snapshot under the same name.
_IN_HEAD = (
    *("connector", "side", "source", "sha256", "mapping_sha256", "period", "kind"),
    *("data_date", "complete", "typed", "taken_at"),
)


def _pack_beside(snapshot: Snapshot) -> bytes:
    beside = {
        "rejects": [to_plain(reject) for reject in snapshot.rejects],
        "asked": None if snapshot.asked is None else sorted(snapshot.asked),
        "missing": list(snapshot.missing),
        "moved": dict(snapshot.moved),
    }
    return pack(beside | ({"why_incomplete": snapshot.why_incomplete} if snapshot.why_incomplete else {}))


def _note_seen(connection: Connection, snapshot: Snapshot) -> None:
    if snapshot.sha256 is not None:
        fingerprint = f"{snapshot.sha256}:{snapshot.mapping_sha256}"
        row = {"connector": snapshot.connector, "source": snapshot.source, "fingerprint": fingerprint}
        insert_or_replace(connection, tables.seen, [row])


def _edition_read_again(connection: Connection, snapshot: Snapshot) -> RowMapping | None:
    """The last reading of these bytes, where no export arrived: a file read under another mapping, or moved as it is.

    Files are read in order of their names, which is not the order in which editions arrived: an old edition that is
    read again must not become the newest.
    """
    if snapshot.period is None or snapshot.sha256 is None:
        return None
    rows = select(tables.seen.c.source, tables.seen.c.fingerprint).where(tables.seen.c.connector == snapshot.connector)
    last_bytes = {source: fingerprint.partition(":")[0] for source, fingerprint in connection.execute(rows)}
    name = _file_name(snapshot.source)
    if snapshot.source in last_bytes:  # what it held last is what counts: going back to older bytes is an arrival
        is_known = last_bytes[snapshot.source] == snapshot.sha256
    else:
        is_known = any(_file_name(source) == name and last_bytes[source] == snapshot.sha256 for source in last_bytes)
    if not is_known:
        return None
    held = tables.snapshot.c
    query = select(tables.snapshot).where(
        held.connector == snapshot.connector,
        held.period == snapshot.period,
        held.kind.is_not_distinct_from(snapshot.kind),
        held.sha256 == snapshot.sha256,
    )
    return connection.execute(_newest_first(query)).mappings().first()


def _stands_there(connector: str) -> ColumnElement[bool]:
    """Whether a snapshot is what was last kept from its source."""
    held, seen = tables.snapshot.c, tables.seen.c
    last = select(seen.fingerprint).where(seen.connector == connector, seen.source == held.source)
    return (held.sha256 + ":" + held.mapping_sha256).in_(last.correlate(tables.snapshot))


def _file_name(source: str) -> str:
    return re.split(r"[/\\]", source)[-1]


def _newest_edition(connection: Connection, snapshot: Snapshot) -> RowMapping | None:
    """The last reading of the newest edition of the same connector, period and kind."""
    if snapshot.period is None:
        return None
    held = tables.snapshot.c
    query = select(tables.snapshot).where(
        held.connector == snapshot.connector,
        held.period == snapshot.period,
        held.kind.is_not_distinct_from(snapshot.kind),
    )
    return connection.execute(_newest_first(query)).mappings().first()


def _is_same_reading(before: RowMapping, snapshot: Snapshot) -> bool:
    return _has_same_bytes(before, snapshot) and before["mapping_sha256"] == snapshot.mapping_sha256


def _has_same_bytes(before: RowMapping, snapshot: Snapshot) -> bool:
    return snapshot.sha256 is not None and before["sha256"] == snapshot.sha256


def _edition(before: RowMapping | None, snapshot: Snapshot) -> int | None:
    if snapshot.period is None:
        return None
    if before is None:
        return 1
    return int(before["edition"]) + (0 if _has_same_bytes(before, snapshot) else 1)


def _next_in_stream(connection: Connection, snapshot: Snapshot) -> tuple[int, int]:
    """The stream a snapshot belongs to, and its place in it."""
    name = {"connector": snapshot.connector, "kind": snapshot.kind or ""}
    stream = tables.stream.c
    query = select(stream.id, stream.last_seq).where(stream.connector == name["connector"], stream.kind == name["kind"])
    found = connection.execute(query).one_or_none()
    if found is None:
        made = insert(tables.stream).returning(stream.id)
        return int(connection.execute(made, {**name, "last_seq": 1}).scalar_one()), 1
    stream_id, seq = found.id, found.last_seq + 1
    connection.execute(update(tables.stream).where(stream.id == stream_id).values(last_seq=seq))
    return stream_id, seq


def _keep_versions(connection: Connection, stream: int, seq: int, bodies: dict[str, str]) -> set[str]:
    """End the versions that no longer stand and begin the new ones; the codes of these."""
    held = tables.version.c
    standing = and_(held.stream == stream, held.to_seq == STANDING)
    # fetched at once: one by one takes twice as long
    before = {code: body for code, body in connection.execute(select(held.code, held.body).where(standing)).all()}
    changed = [code for code, body in bodies.items() if before.get(code) != body] if before else list(bodies)
    ended = [code for code in changed if code in before] + [code for code in before if code not in bodies]
    for some in in_chunks(ended):
        connection.execute(update(tables.version).where(standing, held.code.in_(some)).values(to_seq=seq))
    if changed:
        rows = [(stream, code, seq, STANDING, bodies[code]) for code in changed]
        insert_plain(connection, tables.version, ("stream", "code", "from_seq", "to_seq", "body"), rows)
    return set(changed)


def _note_issues(connection: Connection, snapshot_id: int, snapshot: Snapshot, changed: set[str]) -> None:
    """Which issue is behind each key, and which issues have been done; of what changed, the rest is known."""
    ids = {each.code: each.issue_id for each in snapshot.milestones if each.issue_id is not None}
    keys = {code: issue_id for code, issue_id in ids.items() if code in changed}
    keys |= {asked: ids[now] for asked, now in snapshot.moved.items() if now in ids}
    insert_or_replace(
        connection,
        tables.issue,
        [{"key": key, "issue_id": issue_id, "snapshot": snapshot_id} for key, issue_id in keys.items()],
    )
    done = {
        ids[each.code]
        for each in snapshot.milestones
        if each.code in changed and each.code in ids and each.status is Status.COMPLETED
    }
    known = tables.done.c
    for some in in_chunks(sorted(done)):
        query = select(known.issue_id).where(known.connector == snapshot.connector, known.issue_id.in_(some))
        new = set(some).difference(connection.execute(query).scalars())
        rows = [{"connector": snapshot.connector, "issue_id": each, "snapshot": snapshot_id} for each in sorted(new)]
        insert_or_replace(connection, tables.done, rows)


def _note_reading(connection: Connection, snapshot_id: int, snapshot: Snapshot) -> None:
    """When a tracker was read, by its own clock; one that has none is read whole each time."""
    if snapshot.read_at is not None and snapshot.census_at is not None:
        row = {"snapshot": snapshot_id, "read_at": snapshot.read_at, "census_at": snapshot.census_at}
        connection.execute(insert(tables.reading), row)


def head_of(row: RowMapping) -> Snapshot:
    """A snapshot without milestones, rejects and what else stands beside them."""
    return Snapshot(
        **{name: row[name] for name in _IN_HEAD if name != "side"},
        side=Side(row["side"]),
        milestones=(),
        edition=row["edition"],
        id=row["id"],
    )


def read_snapshot(connection: Connection, row: RowMapping) -> Snapshot:
    """A snapshot as it was saved."""
    held = tables.version.c
    query = select(held.code, held.body).where(
        held.stream == row["stream"], held.from_seq <= row["seq"], held.to_seq > row["seq"]
    )
    # sorted here: a database may sort by the rules of a language
    versions = sorted((code, body) for code, body in connection.execute(query))
    places = unpack(read_part(connection, row["places"]))
    beside = unpack(read_part(connection, row["beside"]))
    reading = connection.execute(select(tables.reading).where(tables.reading.c.snapshot == row["id"])).one_or_none()
    return Snapshot(
        **{name: row[name] for name in _IN_HEAD if name != "side"},
        side=Side(row["side"]),
        milestones=tuple(
            decode(Milestone, body, code=code, where=where)
            for (code, body), where in zip(versions, places, strict=True)
        ),
        edition=row["edition"],
        rejects=tuple(from_plain(Reject, plain) for plain in beside["rejects"]),
        asked=None if beside["asked"] is None else frozenset(beside["asked"]),
        missing=tuple(beside["missing"]),
        moved=beside["moved"],
        why_incomplete=beside.get("why_incomplete", ""),
        read_at=None if reading is None else reading.read_at,
        census_at=None if reading is None else reading.census_at,
        id=row["id"],
    )


def _last_readings(connection: Connection, where: Sequence[ColumnElement[bool]], until: int | None) -> list[RowMapping]:
    """Of each edition the snapshot that was read last, in order of month and edition."""
    held = tables.snapshot.c
    query = select(tables.snapshot).where(*where).order_by(held.period, func.coalesce(held.edition, 0), held.id)
    if until is not None:
        query = query.where(held.id <= until)
    last = {(row["period"], row["edition"]): row for row in connection.execute(query).mappings()}
    return list(last.values())


def _newest_first(query: Select[Any]) -> Select[Any]:
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
