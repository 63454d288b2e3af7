"""An export through its months: every edition of one month, or of all of them in one pass over what changed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from syncsvc.model import Milestone, Snapshot
from syncsvc.store import tables
from syncsvc.store.codec import decode
from syncsvc.store.engine import Database
from syncsvc.store.snapshots import head_of, read_snapshots, with_ids


class HistoryStore(Database):
    """Reading editions and months."""

    def editions(self, connector: str, period: str, kind: str | None, *, until: int | None = None) -> list[Snapshot]:
        """Every edition of a month in order, each as it was read last; of the snapshots up to the id `until`."""
        held = tables.snapshot.c
        where = (held.connector == connector, held.period == period, held.kind.is_not_distinct_from(kind))
        with self._reading() as connection:
            ids = [row["id"] for row in _last_readings(connection, where, until)]
            found = read_snapshots(connection, with_ids(ids))
        return [found[each] for each in ids]

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


def _last_readings(connection: Connection, where: Sequence[ColumnElement[bool]], until: int | None) -> list[RowMapping]:
    """Of each edition the snapshot that was read last, in order of month and edition."""
    held = tables.snapshot.c
    query = select(tables.snapshot).where(*where).order_by(held.period, func.coalesce(held.edition, 0), held.id)
    if until is not None:
        query = query.where(held.id <= until)
    last = {(row["period"], row["edition"]): row for row in connection.execute(query).mappings()}
    return list(last.values())
