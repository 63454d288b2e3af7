"""One milestone through all snapshots: a handful of queries, however many nights there were."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, func, literal_column, select, union_all

from syncsvc.model import Field, Milestone, Reject, Sighting, Snapshot
from syncsvc.store import tables
from syncsvc.store.codec import decode, from_plain, unpack
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.snapshots import head_of

_MOST_JOINED: Final = 100  # selects in one statement; SQLite takes 500


@dataclass(frozen=True, slots=True)
class LastMove:
    """The first snapshot that shows what is shown now, and the milestone before it; None where there was none."""

    snapshot: Snapshot
    before: Milestone | None


#: What one snapshot says of the code that stands there: the code and its encoded milestone.
_Said = tuple[str, str] | None
#: What every snapshot said of one milestone, in order of arrival: the snapshot's row and what it said.
_History = list[tuple[RowMapping, _Said]]


class SightingStore(Database):
    """What every snapshot showed of one code."""

    def code_history(self, code: str, aliases: Collection[str] = ()) -> list[Sighting]:
        """Every snapshot of every stream that ever showed the code or one of its other codes, in order of arrival.

        Where one snapshot shows several of them, `code` itself counts. Place and rejects are looked up where the
        milestone differs from the snapshot before, in order of arrival or of months.
        """
        return self.code_histories([(code, aliases)])[0]

    def code_histories(self, wanted: Sequence[tuple[str, Collection[str]]]) -> list[list[Sighting]]:
        """The history of each of these codes with its other codes; read together, in three queries."""
        if not wanted:
            return []
        orders = [[code, *sorted(set(aliases) - {code})] for code, aliases in wanted]
        with self._reading() as connection:
            heads, standing = _standing(connection, sorted({each for order in orders for each in order}))
            histories = [_history(heads, standing, order) for order in orders]
            changes = [_changed(history) for history in histories]
            looked_up = [
                each
                for history, changed in zip(histories, changes, strict=True)
                for each in history
                if each[0]["id"] in changed
            ]
            parts = _parts(connection, {row[name] for row, _ in looked_up for name in ("beside", "places")})
            places = _places(connection, looked_up, parts)
        every = zip(orders, histories, changes, strict=True)
        return [_sightings(order, history, changed, parts, places) for order, history, changed in every]

    def last_moves(
        self, wanted: Sequence[tuple[str, str | None, Collection[str]]]
    ) -> list[dict[tuple[str, Field], LastMove]]:
        """Of each connector and kind since which snapshot each of these codes shows the dates it shows now, and what
        it showed before; all of them in one query.

        A code that the newest snapshot does not show is left out.
        """
        held, version, stream = tables.snapshot.c, tables.version.c, tables.stream.c
        begins = and_(held.stream == version.stream, held.seq == version.from_seq)
        columns = version.code, version.from_seq, version.to_seq, version.body, tables.snapshot
        queries = [
            select(literal_column(str(place)).label("place"), *columns)
            .join_from(tables.stream, tables.version, version.stream == stream.id)
            .outerjoin(tables.snapshot, begins)
            .where(stream.connector == connector, stream.kind == (kind or ""), version.code.in_(some))
            for place, (connector, kind, codes) in enumerate(wanted)
            for some in in_chunks(sorted(codes))
        ]
        found: list[dict[str, list[RowMapping]]] = [{} for _ in wanted]
        with self._reading() as connection:
            for row in connection.execute(union_all(*queries)).mappings() if queries else ():
                found[row["place"]].setdefault(row["code"], []).append(row)
        return [_last_moves(by_code) for by_code in found]


def _last_moves(by_code: Mapping[str, list[RowMapping]]) -> dict[tuple[str, Field], LastMove]:
    moves = {}
    for code, rows in by_code.items():
        rows.sort(key=lambda row: int(row["from_seq"]))
        if rows[-1]["to_seq"] == tables.STANDING:
            shown = [(row["from_seq"], row["to_seq"], decode(Milestone, row["body"], code=code)) for row in rows]
            for field in Field:
                at, before = _move(shown, field)
                if rows[at]["id"] is not None:  # else that snapshot was pruned
                    moves[code, field] = LastMove(head_of(rows[at]), before)
    return moves


def _move(versions: Sequence[tuple[int, int, Milestone]], field: Field) -> tuple[int, Milestone | None]:
    """Which version is the first with the value that stands now, and the milestone as it was before that."""
    begin = len(versions) - 1
    value = versions[begin][2].value(field)
    while begin and versions[begin - 1][1] == versions[begin][0] and versions[begin - 1][2].value(field) == value:
        begin -= 1
    joined = begin and versions[begin - 1][1] == versions[begin][0]
    return begin, versions[begin - 1][2] if joined else None


def _standing(connection: Connection, codes: Sequence[str]) -> tuple[dict[int, RowMapping], dict[int, dict[str, str]]]:
    """Every snapshot of the streams that ever showed one of these codes, in order of arrival, and what each says of
    which of them.
    """
    held, version = tables.snapshot.c, tables.version.c
    # by stream and code: the key of the table, or all of it would be read
    shown = select(version.stream).where(version.stream.in_(select(tables.stream.c.id)), version.code.in_(codes))
    stands = and_(
        *(version.stream == held.stream, version.code.in_(codes)),
        *(version.from_seq <= held.seq, version.to_seq > held.seq),
    )
    query = (
        select(tables.snapshot, version.code, version.body)
        .outerjoin(tables.version, stands)
        .where(held.stream.in_(shown))
        .order_by(held.id)
    )
    heads: dict[int, RowMapping] = {}
    said: dict[int, dict[str, str]] = {}
    for row in connection.execute(query).mappings():
        heads.setdefault(row["id"], row)
        of_snapshot = said.setdefault(row["id"], {})
        if row["code"] is not None:
            of_snapshot[row["code"]] = row["body"]
    return heads, said


def _history(heads: Mapping[int, RowMapping], said: Mapping[int, Mapping[str, str]], order: Sequence[str]) -> _History:
    """What the streams that ever showed one of these codes said, the first of them where there are several."""
    streams = {row["stream"] for number, row in heads.items() if not said[number].keys().isdisjoint(order)}
    history: _History = []
    for number, row in heads.items():
        if row["stream"] in streams:
            code = next((each for each in order if each in said[number]), None)
            history.append((row, None if code is None else (code, said[number][code])))
    return history


def _sightings(
    order: Sequence[str],
    history: _History,
    changed: Collection[int],
    parts: Mapping[str, Any],
    places: Mapping[tuple[int, str], str],
) -> list[Sighting]:
    milestones = {said: decode(Milestone, said[1], code=said[0]) for _, said in history if said is not None}
    found = []
    for row, said in history:
        snapshot, milestone = head_of(row), None if said is None else milestones[said]
        if row["id"] in changed:
            snapshot = _with_beside(snapshot, parts[row["beside"]], order)
            if milestone is not None and (place := places.get((row["id"], milestone.code))):
                milestone = replace(milestone, where=place)
        found.append(Sighting(snapshot, row["run"], milestone, row["id"] in changed))
    return found


def _with_beside(snapshot: Snapshot, kept: Mapping[str, Any], codes: Sequence[str]) -> Snapshot:
    """With what of these codes was not used, asked for and not there."""
    return replace(
        snapshot,
        rejects=tuple(from_plain(Reject, plain) for plain in kept["rejects"] if plain.get("code") in codes),
        asked=None if kept["asked"] is None else frozenset(kept["asked"]).intersection(codes),
        missing=tuple(each for each in kept["missing"] if each in codes),
    )


def _changed(history: _History) -> set[int]:
    """Ids of the snapshots that say something else than the one before them, by arrival or by month."""
    changed: set[int] = set()
    by_stream: dict[int, _History] = {}
    for each in history:
        by_stream.setdefault(each[0]["stream"], []).append(each)
    for of_stream in by_stream.values():
        arrived: _History = []
        for row, said in of_stream:
            last = arrived[-1] if arrived else None
            earlier = [each for each in arrived if _order(each[0]) < _order(row)] if row["period"] else []
            month_before = max(earlier, key=lambda each: _order(each[0]), default=last)
            for before in (last, month_before):
                if said != (None if before is None else before[1]):
                    changed.add(row["id"])
            arrived.append((row, said))
        changed.add(of_stream[-1][0]["id"])
    return changed


def _order(row: RowMapping) -> tuple[str, int, int]:
    return (row["period"] or "", row["edition"] or 0, row["id"])


def _places(connection: Connection, history: _History, parts: Mapping[str, Any]) -> dict[tuple[int, str], str]:
    """(Snapshot id, code) -> the place of the code in its source, where the source has places."""
    placed = [(row, said[0]) for row, said in history if said is not None and any(parts[row["places"]])]
    before = _versions_before(connection, {(row["stream"], code) for row, code in placed})
    found: dict[tuple[int, str], str] = {}
    for row, code in placed:
        of_code = before[row["stream"], code]
        rank = sum(number for from_seq, to_seq, number in of_code if from_seq <= row["seq"] < to_seq)
        found[row["id"], code] = parts[row["places"]][rank]
    return found


def _versions_before(
    connection: Connection, placed: Collection[tuple[int, str]]
) -> dict[tuple[int, str], list[tuple[int, int, int]]]:
    """Of each stream and code how many versions of codes before it stand from which snapshot until before which."""
    version, order = tables.version.c, sorted(placed)
    # places stand in order of code by code points, whatever order the database sorts in
    by_points = version.code.collate("C" if connection.dialect.name == "postgresql" else "BINARY")
    found: dict[tuple[int, str], list[tuple[int, int, int]]] = {each: [] for each in order}
    queries = [
        select(literal_column(str(place)).label("place"), version.from_seq, version.to_seq, func.count())
        .where(version.stream == stream, by_points < code)
        .group_by(version.from_seq, version.to_seq)
        for place, (stream, code) in enumerate(order)
    ]
    for some in in_chunks(queries, _MOST_JOINED):
        for place, from_seq, to_seq, number in connection.execute(union_all(*some)):
            found[order[place]].append((from_seq, to_seq, number))
    return found


def _parts(connection: Connection, parts: Collection[str]) -> dict[str, Any]:
    """Parts by their hash, unpacked."""
    part = tables.part.c
    found: dict[str, Any] = {}
    for some in in_chunks(sorted(parts)):
        rows = connection.execute(select(part.sha256, part.packed).where(part.sha256.in_(some)))
        found |= {sha256: unpack(packed) for sha256, packed in rows}
    return found
