"""Relations between activities: who comes before whom, what is odd about it, and the sheet of them in a P6 export.

An export has many times more relations than activities. So whole columns are looked at first, and single rows only
where a column has something odd in it.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, pairwise
from operator import eq
from typing import TYPE_CHECKING, Final, TypeGuard

from connectors.cell import shorten, text_of
from connectors.remark import Remark
from syncsvc.errors import MappingError
from syncsvc.mapping import Cell, Relations
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Milestone

if TYPE_CHECKING:  # a worker that reads no workbook starts without what reads them
    from connectors.sheet import Workbook

#: Activity id -> the ids of its predecessors; one that has two relations to it stands there twice.
Predecessors = Mapping[str, Collection[str]]

_MOST_CYCLES: Final = 10
_MOST_SHOWN: Final = 8  # activities and rows of one cycle
_DONE: Final = -1  # the place of what is in no cycle, or in one that was found


def wanted_columns(declared: Relations) -> tuple[str, ...]:
    """The columns that `read_relations` looks at."""
    columns = (declared.code, declared.predecessor, declared.type, declared.lag)
    return tuple(column for column in columns if column)


def read_relations(workbook: "Workbook", mapping: SourceMapping, source: str) -> tuple[Predecessors, list[Remark]]:
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
    if after and after[0] and before[0] and (find_odd_types(types[:1], declared.types) or find_odd_lags(lags[:1])):
        first_row = 3  # the one above has captions, in whatever language
        after, before, types, lags = after[1:], before[1:], types[1:], lags[1:]
    odd_types, odd_lags = find_odd_types(types, declared.types), find_odd_lags(lags)
    pairs: Iterable[tuple[str, str]] = zip(after, before, strict=True)
    remarks: list[Remark] = []
    if odd_types or odd_lags or "" in after or "" in before or any(map(eq, after, before)):
        pairs = []
        for number, (later, earlier, kind, lag) in enumerate(zip(after, before, types, lags, strict=True), first_row):
            if not later or not earlier:
                continue
            said = []
            if kind in odd_types:
                said.append(say_odd_type(earlier, later, kind))
            if lag in odd_lags:
                said.append(say_odd_lag(earlier, later, lag))
            if later == earlier:
                said.append(say_itself(later))
            else:
                pairs.append((later, earlier))
            remarks += [Remark(f"{sheet} row {number}", text) for text in said]
    predecessors: dict[str, list[str]] = defaultdict(list)
    for later, earlier in pairs:
        predecessors[later].append(earlier)
    if cycles := find_cycles(predecessors):
        remarks += say_cycles(cycles, f"{sheet} row", zip(count(first_row), before, after))
    return predecessors, remarks


def _texts(column: Sequence[Cell]) -> list[str]:
    return list(map(str.strip, column)) if _are_texts(column) else list(map(text_of, column))


def _are_texts(column: Sequence[Cell]) -> TypeGuard[Sequence[str]]:
    return set(map(type, column)) <= {str}


def find_odd_types(column: Collection[Cell], known: Collection[str]) -> set[Cell]:
    """The cells that name none of the known types; none where no type is known. Of PR_FF1 only PR_FF counts."""
    if not known:
        return set()
    types: set[Cell] = {*known, "", None}
    return {cell for cell in set(column) - types if text_of(cell)[:5].upper() not in types}


def find_odd_lags(column: Collection[Cell]) -> set[Cell]:
    """The cells that are no number."""
    return {cell for cell in set(column) - {"", None} if not _is_number(text_of(cell))}


def say_odd_type(earlier: str, later: str, kind: Cell) -> str:
    """What is odd about a relation of a type that P6 does not have; it still says who comes first."""
    return f"{earlier} to {later} is of type {shorten(text_of(kind))!r}, which P6 does not have"


def say_odd_lag(earlier: str, later: str, lag: Cell) -> str:
    """What is odd about a relation whose lag is none; it still says who comes first."""
    return f"{earlier} to {later} has the lag {shorten(text_of(lag))!r}, which is no number"


def say_itself(code: str) -> str:
    """What is odd about a relation of an activity to itself."""
    return f"{code} comes before itself; the relation is left out"


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


def check_listed(milestones: Sequence[Milestone]) -> tuple[tuple[Milestone, ...], list[Remark]]:
    """The same for predecessors that stand in the rows of the activities: rows without themselves, and what is odd."""
    remarks: list[Remark] = []
    checked: list[Milestone] = []
    for milestone in milestones:
        if milestone.code in milestone.predecessors:
            remarks.append(Remark(milestone.where, say_itself(milestone.code)))
            others = tuple(code for code in milestone.predecessors if code != milestone.code)
            milestone = replace(milestone, predecessors=others)
        checked.append(milestone)
    if cycles := find_cycles({each.code: each.predecessors for each in checked}):
        place = checked[0].where.rpartition(" ")[0]
        numbers = ((int(each.where.rpartition(" ")[2]), each.code, each.predecessors) for each in checked)
        remarks += say_cycles(cycles, place, ((at, before, code) for at, code, many in numbers for before in many))
    return tuple(checked), remarks


def say_cycles(
    cycles: Iterable[Sequence[str]],
    place: str,
    relations: Iterable[tuple[int, str, str]],
    codes: Mapping[str, str] | None = None,
) -> Iterator[Remark]:
    """Each cycle with the places of the relations that make it: "TASKPRED rows 3, 5" where `place` is "TASKPRED row".

    A relation is its number, and what comes earlier and later; `codes` are what people call these, if it is not that.
    An activity is in one cycle at most, and so has one follower there.
    """
    cycles = [_from_lowest(cycle, codes) for cycle in cycles]
    follower = {earlier: later for cycle in cycles for earlier, later in pairwise([*cycle, cycle[0]])}
    numbers: dict[str, list[int]] = {}
    for number, earlier, later in relations:
        if follower.get(earlier) == later:
            numbers.setdefault(earlier, []).append(number)
    for cycle in cycles:
        places = sorted({number for earlier in cycle for number in numbers.get(earlier, ())})
        named = [codes[each] if codes else each for each in cycle]
        shown = " before ".join([*named[:_MOST_SHOWN], *["…"] * (len(named) > _MOST_SHOWN), named[0]])
        where = f"{place}{'s' if len(places) > 1 else ''} {', '.join(map(str, places[:_MOST_SHOWN]))}"
        yield Remark(where, f"relations go in a circle: {shown}")


def _from_lowest(cycle: Sequence[str], codes: Mapping[str, str] | None) -> list[str]:
    """A cycle told from the activity on whose id is the first of all, wherever a walk met it."""
    at = min(range(len(cycle)), key=lambda index: codes[cycle[index]] if codes else cycle[index])
    return [*cycle[at:], *cycle[:at]]
