"""Retention: which snapshots may go, and letting them go with what only they needed.

Baselines, the audit, decisions, plans and results stay. Of the snapshots these stay: the first and last edition of each
month; the first and last night of each month of what has no editions; what any source shows now, since an edition that
is read again is known by it; and what plans, proposals, issues and the reports of recent runs refer to.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, delete, exists, select

from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.codec import unpack
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.runs import Lease, require_lease
from syncsvc.store.tables import STANDING

#: Reports of the last year, and the month compared with, can be made again.
REPORT_MONTHS: Final = 13


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes: connector -> how many of its snapshots, and how many rows only these needed."""

    snapshots: Mapping[str, int]
    versions: int = 0
    parts: int = 0


class PruningStore(Database):
    """Letting old snapshots go."""

    def find_prunable(self, keep_months: int) -> Pruning:
        """What `prune` would let go now; `versions` and `parts` are not counted."""
        with self._reading() as connection:
            return _counted(_prunable(connection, self._now(), keep_months))

    def prune(self, lease: Lease, run: int, keep_months: int) -> Pruning:
        """Let go of snapshots older than so many months (30 days each) that nothing needs, in one transaction."""
        at = self._now()
        with self._writing() as connection:
            require_lease(connection, lease)
            going = _prunable(connection, at, keep_months)
            if not going:
                return Pruning({})
            for some in in_chunks([row["id"] for row in going]):
                connection.execute(delete(tables.reading).where(tables.reading.c.snapshot.in_(some)))
                connection.execute(delete(tables.snapshot).where(tables.snapshot.c.id.in_(some)))
            counted = _counted(going)
            pruned = Pruning(counted.snapshots, _drop_versions(connection), _drop_parts(connection))
            words = ", ".join(f"{count} of {name}" for name, count in pruned.snapshots.items())
            told = {"event": "pruned", "detail": f"snapshots older than {keep_months} months: {words}"}
            add_events(connection, at, run, actor_of(connection, run), [told])
        return pruned


def _prunable(connection: Connection, at: datetime, keep_months: int) -> list[RowMapping]:
    """Snapshots that may go, in order of arrival."""
    held = tables.snapshot.c
    columns = (held.id, held.connector, held.kind, held.period, held.edition, held.sha256, held.taken_at)
    rows = connection.execute(select(*columns).order_by(held.id)).mappings().all()
    before = at - timedelta(days=30 * keep_months)
    old = [row for row in rows if row["taken_at"] < before]
    if not old:
        return []
    kept = set(_ends(rows)) | set(_referred(connection, at))
    last = connection.execute(select(tables.seen.c.connector, tables.seen.c.fingerprint))
    shown = {(connector, fingerprint.partition(":")[0]) for connector, fingerprint in last}
    return [row for row in old if row["id"] not in kept and (row["connector"], row["sha256"]) not in shown]


def _ends(rows: Sequence[RowMapping]) -> Iterator[int]:
    """The first and last of each month, and the newest of each connector and kind."""
    months: dict[tuple[Any, ...], list[RowMapping]] = defaultdict(list)
    newest: dict[tuple[str, str | None], int] = {}
    for row in rows:
        month = row["period"] or f"{row['taken_at']:%Y-%m}"
        months[row["connector"], row["kind"], row["period"] is None, month].append(row)
        newest[row["connector"], row["kind"]] = row["id"]
    yield from newest.values()
    for some in months.values():
        if some[0]["period"] is None:
            yield from (some[0]["id"], some[-1]["id"])
        else:
            editions = [row["edition"] for row in some]
            yield from (row["id"] for row in some if row["edition"] in (min(editions), max(editions)))


def _referred(connection: Connection, at: datetime) -> Iterator[int]:
    """Snapshots that something else names."""
    for column in (tables.proposal.c.snapshot, tables.issue.c.snapshot, tables.done.c.snapshot):
        yield from connection.execute(select(column).where(column.is_not(None)).distinct()).scalars()
    for body in connection.execute(select(tables.making.c.body)).scalars():
        yield from unpack(bytes(body))["snapshots"].values()
    recent = tables.run.c.started_at >= at - timedelta(days=31 * REPORT_MONTHS)
    query = select(tables.result.c.body).join(tables.run, tables.run.c.id == tables.result.c.run).where(recent)
    for body in connection.execute(query).scalars():
        kept = unpack(bytes(body))
        yield from kept["pulled"].values()
        basis = kept["basis"] or {}
        yield from (basis[name] for name in ("before", "after", "jira", "published") if basis.get(name) is not None)


def _counted(going: Sequence[RowMapping]) -> Pruning:
    names = [row["connector"] for row in going]
    return Pruning({name: names.count(name) for name in sorted(set(names))})


def _drop_versions(connection: Connection) -> int:
    """Versions that stand at no snapshot. One that stands still is what the next snapshot is compared with."""
    version, held = tables.version.c, tables.snapshot.c
    needed = exists().where(held.stream == version.stream, held.seq >= version.from_seq, held.seq < version.to_seq)
    gone = delete(tables.version).where(and_(version.to_seq != STANDING, ~needed))
    return int(connection.execute(gone).rowcount)


def _drop_parts(connection: Connection) -> int:
    part, held = tables.part.c.sha256, tables.snapshot.c
    used = exists().where((held.beside == part) | (held.places == part)) | exists().where(tables.making.c.links == part)
    return int(connection.execute(delete(tables.part).where(~used)).rowcount)
