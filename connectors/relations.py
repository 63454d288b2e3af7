"""The sheet of relations of a P6 export: who comes before whom, and what is odd about it.

An export has many times more relations than activities. So whole columns are looked at first, and single rows only
where a column has something odd in it.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import eq
from typing import Final

from connectors.remark import Remark
from connectors.row import shorten, text_of
from connectors.sheet import Workbook
from syncsvc.errors import MappingError
from syncsvc.mapping import Cell, Relations
from syncsvc.mapping import Mapping as SourceMapping

#: Activity id -> the ids of its predecessors; one that has two relations to it stands there twice.
Predecessors = Mapping[str, Collection[str]]

_MOST_CYCLES: Final = 10
_MOST_SHOWN: Final = 8  # activities and rows of one cycle
_DONE: Final = -1  # the place of what is in no cycle, or in one that was found


def wanted_columns(declared: Relations) -> tuple[str, ...]:
    """The columns that `read_relations` looks at."""
    columns = (declared.code, declared.predecessor, declared.type, declared.lag)
    return tuple(column for column in columns if column)


def read_relations(workbook: Workbook, mapping: SourceMapping, source: str) -> tuple[Predecessors, list[Remark]]:
    """The relations of an export that has a sheet of them, and what is odd about them, by their rows.

    Of the sheet the `wanted_columns` must have been asked for. A relation of an activity to itself is left out; one of
    a type or with a lag that nobody knows still says who comes first. Raises MappingError where the sheet lacks one of
    its two columns of ids.
    """
    declared = mapping.relations
    sheet = workbook.find(declared.sheet) if declared else None
    if declared is None or not sheet:
        return {}, []
    columns: dict[str, Sequence[Cell]] = {}
    for cells in workbook.columns(sheet):
        columns.setdefault(text_of(cells[0]).casefold(), cells[1:])
    for key, column in (("relations.code", declared.code), ("relations.predecessor", declared.predecessor)):
        if column.casefold() not in columns:
            raise MappingError(
                f"{source}: sheet {sheet} has no column {column}, which {mapping.place_of(key, column)} requires.",
                "Add the column to the layout of the export in P6, or name another mapping.",
            )
    after, before = (_texts(columns[column.casefold()]) for column in (declared.code, declared.predecessor))
    absent = [""] * len(after)
    types, lags = (
        columns.get(column.casefold(), absent) if column else absent for column in (declared.type, declared.lag)
    )
    first_row = 2
    if after and after[0] and before[0] and (_odd_types(types[:1], declared) or _odd_lags(lags[:1])):
        first_row = 3  # the one above has captions, in whatever language
        after, before, types, lags = after[1:], before[1:], types[1:], lags[1:]
    odd_types, odd_lags = _odd_types(types, declared), _odd_lags(lags)
    pairs: Iterable[tuple[str, str]] = zip(after, before, strict=True)
    remarks: list[Remark] = []
    if odd_types or odd_lags or "" in after or "" in before or any(map(eq, after, before)):
        pairs = []
        for number, (later, earlier, kind, lag) in enumerate(zip(after, before, types, lags, strict=True), first_row):
            if not later or not earlier:
                continue
            said = []
            if kind in odd_types:
                said.append(f"{earlier} to {later} is of type {shorten(text_of(kind))!r}, which P6 does not have")
            if lag in odd_lags:
                said.append(f"{earlier} to {later} has the lag {shorten(text_of(lag))!r}, which is no number")
            if later == earlier:
                said.append(f"{later} comes before itself; the relation is left out")
            else:
                pairs.append((later, earlier))
            remarks += [Remark(f"{sheet} row {number}", text) for text in said]
    predecessors: dict[str, list[str]] = defaultdict(list)
    for later, earlier in pairs:
        predecessors[later].append(earlier)
    if cycles := find_cycles(predecessors):
        remarks += _say_cycles(cycles, sheet, after, before, first_row)
    return predecessors, remarks


def _texts(column: Sequence[Cell]) -> list[str]:
    if set(map(type, column)) <= {str}:
        return list(map(str.strip, column))  # type: ignore[arg-type]
    return list(map(text_of, column))


def _odd_types(column: Sequence[Cell], declared: Relations) -> set[Cell]:
    """The cells that name no type of relation."""
    if not declared.types:
        return set()
    types: set[Cell] = {*declared.types, "", None}
    return {cell for cell in set(column) - types if text_of(cell)[:5].upper() not in types}


def _odd_lags(column: Sequence[Cell]) -> set[Cell]:
    """The cells that are no number."""
    return {cell for cell in set(column) - {"", None} if not _is_number(text_of(cell))}


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word.replace(",", ".")))
    except ValueError:
        return False


def find_cycles(predecessors: Predecessors) -> list[list[str]]:
    """Some cycles, no two of which share an activity: each comes before the next one, and the last before the first.

    Where there is any cycle, one at least is found. Which ones depends on the order of what is given.
    """
    cycles: list[list[str]] = []
    places: dict[str, int] = {}  # on the trail, or _DONE
    find_place, find_before = places.get, predecessors.get
    for start, before_start in predecessors.items():
        if start in places:
            continue
        places[start] = 0
        trail, to_see = [start], [iter(before_start)]
        while trail:
            for earlier in to_see[-1]:
                place = find_place(earlier)
                if place is None:
                    before = find_before(earlier, ())
                    places[earlier] = len(trail)
                    trail.append(earlier)
                    to_see.append(iter(before))
                    break
                if place != _DONE:
                    cycle = trail[place:]
                    cycles.append(cycle[::-1])
                    if len(cycles) == _MOST_CYCLES:
                        return cycles
                    places.update(dict.fromkeys(cycle, _DONE))  # other cycles through these would share them
                    del trail[place:], to_see[place:]
                    break
            else:
                places[trail.pop()] = _DONE
                to_see.pop()
    return cycles


def _say_cycles(
    cycles: Sequence[Sequence[str]], sheet: str, after: Sequence[str], before: Sequence[str], first_row: int
) -> Iterator[Remark]:
    """Each cycle with the rows that make it: an activity is in one of them at most, and so has one follower there."""
    follower = {earlier: later for cycle in cycles for earlier, later in pairwise([*cycle, cycle[0]])}
    numbers: dict[str, list[int]] = {}
    for number, earlier in enumerate(before, start=first_row):
        if earlier in follower and after[number - first_row] == follower[earlier]:
            numbers.setdefault(earlier, []).append(number)
    for cycle in cycles:
        places = sorted(number for earlier in cycle for number in numbers.get(earlier, ()))
        shown = " before ".join([*cycle[:_MOST_SHOWN], *["…"] * (len(cycle) > _MOST_SHOWN), cycle[0]])
        where = f"{sheet} {'rows' if len(places) > 1 else 'row'} {', '.join(map(str, places[:_MOST_SHOWN]))}"
        yield Remark(where, f"relations go in a circle: {shown}")
