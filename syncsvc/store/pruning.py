"""Which snapshots may go, and letting them go with what only they needed.

Baselines, the audit, decisions, plans and results stay. Of the snapshots these stay: the first and last edition of each
month; the first and last night of each month of what has no editions; what any source shows now, since an edition that
is read again is known by it; and what is still to be acted on or made again: those of plans that can be applied or
whose writes are not settled, of hand-overs that are pending, and of the reports of recent runs.

What only mentions a snapshot does not hold it. A plan that has ended goes on naming it by its id, and whoever asks for
it is told that it was pruned. When an issue was last seen under a key, or first seen done, is from then on said by the
first night of that month.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, and_, delete, exists, or_, select, union, update

from syncsvc.model import ProposalState
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.codec import unpack
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.runs import Lease, require_lease
from syncsvc.store.tables import STANDING

#: Reports of the last year, and the month compared with, can be made again.
REPORT_MONTHS: Final = 13

#: Connector, kind, whether it has no editions, and the month.
_Month = tuple[str, str | None, bool, str]


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
            return _counted(_prunable(connection, _held(connection), self._now(), keep_months))

    def was_pruned(self, snapshot_id: int) -> bool:
        """Whether a snapshot that is not there had arrived once, and snapshots were pruned since."""
        held, told = tables.snapshot.c, tables.audit.c
        with self._reading() as connection:
            if connection.execute(select(exists().where(held.id == snapshot_id))).scalar():
                return False
            arrived = exists().where(held.id > snapshot_id)
            return bool(connection.execute(select(and_(arrived, exists().where(told.event == "pruned")))).scalar())

    def prune(self, lease: Lease, run: int, keep_months: int) -> Pruning:
        """Let go of snapshots older than so many months (30 days each) that nothing needs, in one transaction."""
        at = self._now()
        with self._writing() as connection:
            require_lease(connection, lease)
            held = _held(connection)
            going = _prunable(connection, held, at, keep_months)
            if not going:
                return Pruning({})
            _mention_first_nights(connection, held, going)
            for some in in_chunks([row["id"] for row in going]):
                settled = update(tables.proposal).where(tables.proposal.c.snapshot.in_(some)).values(snapshot=None)
                connection.execute(settled)
                connection.execute(delete(tables.reading).where(tables.reading.c.snapshot.in_(some)))
                connection.execute(delete(tables.snapshot).where(tables.snapshot.c.id.in_(some)))
            counted = _counted(going)
            pruned = Pruning(counted.snapshots, _drop_versions(connection), _drop_parts(connection))
            words = ", ".join(f"{count} of {name}" for name, count in pruned.snapshots.items())
            told = {"event": "pruned", "detail": f"snapshots older than {keep_months} months: {words}"}
            add_events(connection, at, run, actor_of(connection, run), [told])
        return pruned


def _held(connection: Connection) -> Sequence[RowMapping]:
    """Every snapshot, in order of arrival."""
    held = tables.snapshot.c
    columns = (held.id, held.connector, held.kind, held.period, held.edition, held.sha256, held.taken_at)
    return connection.execute(select(*columns).order_by(held.id)).mappings().all()


def _prunable(connection: Connection, rows: Sequence[RowMapping], at: datetime, keep_months: int) -> list[RowMapping]:
    """Snapshots that may go, in order of arrival."""
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
    months: dict[_Month, list[RowMapping]] = defaultdict(list)
    newest: dict[tuple[str, str | None], int] = {}
    for row in rows:
        months[_month_of(row)].append(row)
        newest[row["connector"], row["kind"]] = row["id"]
    yield from newest.values()
    for some in months.values():
        if some[0]["period"] is None:
            yield from (some[0]["id"], some[-1]["id"])
        else:
            editions = [row["edition"] for row in some]
            yield from (row["id"] for row in some if row["edition"] in (min(editions), max(editions)))


def _month_of(row: RowMapping) -> _Month:
    month = row["period"] or f"{row['taken_at']:%Y-%m}"
    return row["connector"], row["kind"], row["period"] is None, month


def _referred(connection: Connection, at: datetime) -> Iterator[int]:
    """Snapshots that something needs that is open, or may be made again."""
    proposed = tables.proposal.c
    pending = select(proposed.snapshot).where(proposed.state == ProposalState.PENDING, proposed.snapshot.is_not(None))
    yield from connection.execute(pending).scalars()
    made = tables.making.c
    unsettled = exists().where(tables.open_intent.c.making == made.id)
    can_be_applied = and_(made.state == "open", made.expires_at > at)
    for body in connection.execute(select(made.body).where(or_(can_be_applied, unsettled))).scalars():
        yield from unpack(bytes(body))["snapshots"].values()
    recent = tables.run.c.started_at >= at - timedelta(days=31 * REPORT_MONTHS)
    query = select(tables.result.c.body).join(tables.run, tables.run.c.id == tables.result.c.run).where(recent)
    for body in connection.execute(query).scalars():
        kept = unpack(bytes(body))
        yield from kept["pulled"].values()
        basis = kept["basis"] or {}
        yield from (basis[name] for name in ("before", "after", "jira", "published") if basis.get(name) is not None)


def _mention_first_nights(connection: Connection, held: Sequence[RowMapping], going: Sequence[RowMapping]) -> None:
    """Of what has no editions: let keys and done issues name the first night of the month, which stays.

    An earlier one, so that an issue which was done before the newest night goes on having been so.
    """
    first: dict[_Month, int] = {}
    for row in held:
        first.setdefault(_month_of(row), row["id"])
    nights: dict[int, list[int]] = defaultdict(list)
    for row in going:
        nights[first[_month_of(row)]].append(row["id"])
    for kept, some in nights.items():
        for table in (tables.issue, tables.done):
            connection.execute(update(table).where(table.c.snapshot.in_(some)).values(snapshot=kept))


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
    """Parts that no snapshot, plan or result shares any more."""
    held, part = tables.snapshot.c, tables.part.c.sha256
    used = set(connection.execute(union(select(held.beside), select(held.places))).scalars())
    used.update(connection.execute(select(tables.making.c.links).distinct()).scalars())
    results = connection.execute(select(tables.result.c.body)).scalars()
    used.update(links for body in results if (links := unpack(bytes(body)).get("links")))
    unused = sorted(set(connection.execute(select(part)).scalars()) - used)
    for some in in_chunks(unused):
        connection.execute(delete(tables.part).where(part.in_(some)))
    return len(unused)
