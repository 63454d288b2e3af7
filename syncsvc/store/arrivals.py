"""A snapshot that arrives is kept as what changed against the one before it in its stream."""

import re
from collections import Counter
from dataclasses import replace
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, RowMapping, Select, and_, insert, select, update

from syncsvc.model import Milestone, Snapshot, Status
from syncsvc.store import tables
from syncsvc.store.codec import encode_all, pack, to_plain
from syncsvc.store.engine import Database, in_chunks, insert_or_replace, insert_plain
from syncsvc.store.parts import keep_part
from syncsvc.store.runs import Lease, require_lease
from syncsvc.store.snapshots import IN_HEAD, newest_first, read_snapshot
from syncsvc.store.tables import STANDING


class ArrivalStore(Database):
    """Keeping snapshots."""

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
                return read_snapshot(connection, before["id"])
            stream, seq = _next_in_stream(connection, snapshot)
            changed = _keep_versions(connection, stream, seq, bodies)
            row = {
                **{name: getattr(snapshot, name) for name in IN_HEAD},
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


def without_secrets(source: str) -> str:
    """A source as it may be kept: of a URL neither user nor password, query or fragment."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


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
    same_bytes = tables.snapshot.c.sha256 == snapshot.sha256
    return connection.execute(_of_its_month(snapshot).where(same_bytes)).mappings().first()


def _file_name(source: str) -> str:
    return re.split(r"[/\\]", source)[-1]


def _newest_edition(connection: Connection, snapshot: Snapshot) -> RowMapping | None:
    """The last reading of the newest edition of the same connector, period and kind."""
    if snapshot.period is None:
        return None
    return connection.execute(_of_its_month(snapshot)).mappings().first()


def _of_its_month(snapshot: Snapshot) -> Select[Any]:
    """What is kept of the same connector, period and kind, the newest edition first."""
    held = tables.snapshot.c
    query = select(tables.snapshot).where(
        held.connector == snapshot.connector,
        held.period == snapshot.period,
        held.kind.is_not_distinct_from(snapshot.kind),
    )
    return newest_first(query)


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
