"""One milestone through all snapshots: a handful of queries, however many nights there were."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from syncsvc.model import Field, Milestone, Reject, Sighting, Snapshot
from syncsvc.store import tables
from syncsvc.store.codec import decode, from_plain, unpack
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.snapshots import head_of


@dataclass(frozen=True, slots=True)
class LastMove:
    """The first snapshot that shows what is shown now, and the milestone before it; None where there was none."""

    snapshot: Snapshot
    before: Milestone | None


#: What one snapshot says of the code that stands there: the code and its encoded milestone.
_Said = tuple[str, str] | None


class SightingStore(Database):
    """What every snapshot showed of one code."""

    def code_history(self, code: str, aliases: Collection[str] = ()) -> list[Sighting]:
        """Every snapshot of every stream that ever showed the code or one of its other codes, in order of arrival.

        Where one snapshot shows several of them, `code` itself counts. Place and rejects are looked up where the
        milestone differs from the snapshot before, in order of arrival or of months.
        """
        held, version = tables.snapshot.c, tables.version.c
        wanted = [code, *sorted(set(aliases) - {code})]
        versions = select(version.stream, version.code, version.from_seq, version.to_seq, version.body)
        with self._reading() as connection:
            every = connection.execute(select(tables.stream.c.id)).scalars().all()
            # by stream and code: the key of the table, or all of it would be read
            found = connection.execute(versions.where(version.stream.in_(every), version.code.in_(wanted))).all()
            streams = sorted({row.stream for row in found})
            query = select(tables.snapshot).where(held.stream.in_(streams)).order_by(held.id)
            rows = connection.execute(query).mappings().all() if streams else []
            said: dict[tuple[int, int], _Said] = {}
            for stream in streams:
                of_stream = [row for row in found if row.stream == stream]
                for row in rows:
                    if row["stream"] == stream:
                        standing = [v for v in of_stream if v.from_seq <= row["seq"] < v.to_seq]
                        first = min(standing, key=lambda v: wanted.index(v.code), default=None)
                        said[stream, row["seq"]] = None if first is None else (first.code, first.body)
            changed = _changed(rows, said)
            places = _places(connection, [row for row in rows if row["id"] in changed], said)
            beside = _parts(connection, {row["beside"] for row in rows if row["id"] in changed})
        milestones = {each: decode(Milestone, each[1], code=each[0]) for each in set(said.values()) if each is not None}
        sightings = []
        for row in rows:
            stands = said[row["stream"], row["seq"]]
            milestone = None if stands is None else milestones[stands]
            if milestone is not None and (place := places.get(row["id"])):
                milestone = replace(milestone, where=place)
            snapshot = head_of(row)
            if row["id"] in changed:
                kept = beside[row["beside"]]
                rejects = [from_plain(Reject, plain) for plain in kept["rejects"] if plain.get("code") in wanted]
                asked = None if kept["asked"] is None else frozenset(kept["asked"]).intersection(wanted)
                missing = tuple(each for each in kept["missing"] if each in wanted)
                snapshot = replace(snapshot, rejects=tuple(rejects), asked=asked, missing=missing)
            sightings.append(Sighting(snapshot, row["run"], milestone, row["id"] in changed))
        return sightings

    def last_moves(self, connector: str, kind: str | None, codes: Collection[str]) -> dict[tuple[str, Field], LastMove]:
        """Since which snapshot of a stream each of these codes shows the dates it shows now, and what it showed before.

        A code that the newest snapshot does not show is left out.
        """
        held, version = tables.snapshot.c, tables.version.c
        stream = select(tables.stream.c.id).where(
            tables.stream.c.connector == connector, tables.stream.c.kind == (kind or "")
        )
        columns = version.code, version.from_seq, version.to_seq, version.body
        with self._reading() as connection:
            if (number := connection.execute(stream).scalar_one_or_none()) is None:
                return {}
            found: dict[str, list[tuple[int, int, Milestone]]] = {}
            for some in in_chunks(sorted(codes)):
                query = select(*columns).where(version.stream == number, version.code.in_(some))
                for code, from_seq, to_seq, body in connection.execute(query.order_by(version.from_seq)):
                    found.setdefault(code, []).append((from_seq, to_seq, decode(Milestone, body, code=code)))
            begun = {
                (code, field): (seq, before)
                for code, versions in found.items()
                if versions[-1][1] == tables.STANDING
                for field in Field
                for seq, before in (_move(versions, field),)
            }
            seqs = sorted({seq for seq, _ in begun.values()})
            rows = [
                row
                for some in in_chunks(seqs)
                for row in connection.execute(
                    select(tables.snapshot).where(held.stream == number, held.seq.in_(some))
                ).mappings()
            ]
        heads = {row["seq"]: head_of(row) for row in rows}
        return {place: LastMove(heads[seq], before) for place, (seq, before) in begun.items() if seq in heads}


def _move(versions: Sequence[tuple[int, int, Milestone]], field: Field) -> tuple[int, Milestone | None]:
    """From which snapshot on the value stands that stands now, and the milestone as it was before that."""
    begin = len(versions) - 1
    value = versions[begin][2].value(field)
    while begin and versions[begin - 1][1] == versions[begin][0] and versions[begin - 1][2].value(field) == value:
        begin -= 1
    joined = begin and versions[begin - 1][1] == versions[begin][0]
    return versions[begin][0], versions[begin - 1][2] if joined else None


def _changed(rows: Sequence[RowMapping], said: dict[tuple[int, int], _Said]) -> set[int]:
    """Ids of the snapshots that say something else than the one before them, by arrival or by month."""
    changed: set[int] = set()
    by_stream: dict[int, list[RowMapping]] = {}
    for row in rows:
        by_stream.setdefault(row["stream"], []).append(row)
    for stream, of_stream in by_stream.items():
        arrived: list[RowMapping] = []
        for row in of_stream:
            last = arrived[-1] if arrived else None
            earlier = [each for each in arrived if _order(each) < _order(row)] if row["period"] else []
            month_before = max(earlier, key=_order, default=last)
            for before in (last, month_before):
                if said[stream, row["seq"]] != (None if before is None else said[stream, before["seq"]]):
                    changed.add(row["id"])
            arrived.append(row)
        changed.add(of_stream[-1]["id"])
    return changed


def _order(row: RowMapping) -> tuple[str, int, int]:
    return (row["period"] or "", row["edition"] or 0, row["id"])


def _places(connection: Connection, rows: Iterable[RowMapping], said: dict[tuple[int, int], _Said]) -> dict[int, str]:
    """Snapshot id -> the place of the code in its source, where the source has places."""
    by_code: dict[tuple[int, str], list[RowMapping]] = {}
    for row in rows:
        if (stands := said[row["stream"], row["seq"]]) is not None:
            by_code.setdefault((row["stream"], stands[0]), []).append(row)
    packed = _parts(connection, {row["places"] for of_code in by_code.values() for row in of_code})
    found: dict[int, str] = {}
    for (stream, code), of_code in by_code.items():
        placed = [row for row in of_code if any(packed[row["places"]])]
        if placed:
            before = _versions_before(connection, stream, code)
            for row in placed:
                rank = sum(number for from_seq, to_seq, number in before if from_seq <= row["seq"] < to_seq)
                found[row["id"]] = packed[row["places"]][rank]
    return found


def _versions_before(connection: Connection, stream: int, code: str) -> list[tuple[int, int, int]]:
    """How many versions of codes before this one stand from which snapshot until before which: one pass over them."""
    version = tables.version.c
    # places stand in order of code by code points, whatever order the database sorts in
    order = "C" if connection.dialect.name == "postgresql" else "BINARY"
    query = (
        select(version.from_seq, version.to_seq, func.count())
        .where(version.stream == stream, version.code.collate(order) < code)
        .group_by(version.from_seq, version.to_seq)
    )
    return [(from_seq, to_seq, number) for from_seq, to_seq, number in connection.execute(query)]


def _parts(connection: Connection, parts: Collection[str]) -> dict[str, Any]:
    """Parts by their hash, unpacked."""
    part = tables.part.c
    found: dict[str, Any] = {}
    for some in in_chunks(sorted(parts)):
        rows = connection.execute(select(part.sha256, part.packed).where(part.sha256.in_(some)))
        found |= {sha256: unpack(packed) for sha256, packed in rows}
    return found
