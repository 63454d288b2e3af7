"""The sheet of relations of a P6 export: who comes before whom, and what is odd about it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from connectors.cell import shorten, text_of
from connectors.remark import Remark
from connectors.sheet import Row, Workbook
from syncsvc.errors import MappingError
from syncsvc.mapping import Cell, Mapping, Relations

#: Activity id -> the ids of its predecessors.
Predecessors = dict[str, set[str]]

_MOST_CYCLES: Final = 10
_MOST_SHOWN: Final = 8  # activities and rows of one cycle


def wanted_columns(declared: Relations) -> tuple[str, ...]:
    """The columns that `read_relations` looks at."""
    columns = (declared.code, declared.predecessor, declared.type, declared.lag)
    return tuple(column for column in columns if column)


def read_relations(workbook: Workbook, mapping: Mapping, source: str) -> tuple[Predecessors, list[Remark]]:
    """The relations of an export that has a sheet of them, and what is odd about them, by their rows.

    A relation of an activity to itself is left out; one of a type or with a lag that nobody knows still says who comes
    first. Raises MappingError where the sheet lacks one of its two columns of ids.
    """
    declared = mapping.relations
    sheet = workbook.find(declared.sheet) if declared else None
    if declared is None or not sheet:
        return {}, []
    rows = workbook.rows(sheet)
    first_number, first = next(rows, (1, ()))
    names = [text_of(cell).casefold() for cell in first]
    for key, column in (("relations.code", declared.code), ("relations.predecessor", declared.predecessor)):
        if column.casefold() not in names:
            raise MappingError(
                f"{source}: sheet {sheet} has no column {column}, which {mapping.place_of(key, column)} requires.",
                "Add the column to the layout of the export in P6, or name another mapping.",
            )

    def index_of(column: str | None) -> int | None:
        return names.index(column.casefold()) if column and column.casefold() in names else None

    code, before = names.index(declared.code.casefold()), names.index(declared.predecessor.casefold())
    kind, lag = index_of(declared.type), index_of(declared.lag)
    types: set[Cell] = {*declared.types, "", None}
    lags: set[Cell] = {"", None}
    predecessors: Predecessors = {}
    remarks: list[Remark] = []
    for number, cells in rows:
        after, earlier = cells[code], cells[before]
        after = after.strip() if isinstance(after, str) else text_of(after)
        earlier = earlier.strip() if isinstance(earlier, str) else text_of(earlier)
        if not after or not earlier:
            continue
        odd = []
        if kind is not None and cells[kind] not in types:
            if (word := text_of(cells[kind]))[:5].upper() in types or not declared.types:
                types.add(cells[kind])
            else:
                odd.append(f"{earlier} to {after} is of type {shorten(word)!r}, which P6 does not have")
        if lag is not None and cells[lag] not in lags:
            if _is_number(word := text_of(cells[lag])):
                lags.add(cells[lag])
            else:
                odd.append(f"{earlier} to {after} has the lag {shorten(word)!r}, which is no number")
        if odd and number == first_number + 1:
            continue  # these are captions, in whatever language
        if after == earlier:
            odd.append(f"{after} comes before itself; the relation is left out")
        else:
            if after not in predecessors:
                predecessors[after] = set()
            predecessors[after].add(earlier)
        if odd:
            remarks += [Remark(f"{sheet} row {number}", text) for text in odd]
    if cycles := find_cycles(predecessors):
        remarks += _say_cycles(cycles, sheet, workbook.rows(sheet), code, before)
    return predecessors, remarks


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word.replace(",", ".")))
    except ValueError:
        return False


def find_cycles(predecessors: Predecessors) -> list[list[str]]:
    """Some cycles, no two of which share an activity: each comes before the next one, and the last before the first.

    Where there is any cycle, one at least is found.
    """
    cycles: list[list[str]] = []
    waiting = _take_off(predecessors)
    while waiting and len(cycles) < _MOST_CYCLES:
        code = min(waiting)
        seen: dict[str, int] = {}
        while code not in seen:
            seen[code] = len(seen)
            code = min(waiting[code])
        cycle = list(seen)[seen[code] :]
        cycles.append(cycle[::-1])
        waiting = _take_off({code: before for code, before in waiting.items() if code not in cycle})
    return cycles


def _take_off(predecessors: Predecessors) -> Predecessors:
    """What is in a cycle or comes after one, with those of its predecessors that are, too."""
    followers: dict[str, list[str]] = {}
    left = {}
    for code, before in predecessors.items():
        left[code] = len(before)
        for earlier in before:
            if earlier in followers:
                followers[earlier].append(code)
            else:
                followers[earlier] = [code]
    ready = [code for code in followers if not left.get(code)]
    while ready:
        for follower in followers.get(ready.pop(), ()):
            left[follower] -= 1
            if not left[follower]:
                ready.append(follower)
    stuck = {code for code, count in left.items() if count}
    return {code: predecessors[code] & stuck for code in stuck}


def _say_cycles(
    cycles: Sequence[Sequence[str]], sheet: str, rows: Iterable[Row], code: int, before: int
) -> Iterator[Remark]:
    """Each cycle with the rows that make it: an activity is in one of them at most, and so has one follower there."""
    follower = {earlier: later for cycle in cycles for earlier, later in pairwise([*cycle, cycle[0]])}
    numbers: dict[str, list[int]] = {}
    for number, cells in rows:
        later = follower.get(earlier := text_of(cells[before]))
        if later is not None and text_of(cells[code]) == later:
            numbers.setdefault(earlier, []).append(number)
    for cycle in cycles:
        places = sorted(number for earlier in cycle for number in numbers.get(earlier, ()))
        shown = " before ".join([*cycle[:_MOST_SHOWN], *["…"] * (len(cycle) > _MOST_SHOWN), cycle[0]])
        where = f"{sheet} {'rows' if len(places) > 1 else 'row'} {', '.join(map(str, places[:_MOST_SHOWN]))}"
        yield Remark(where, f"relations go in a circle: {shown}")
