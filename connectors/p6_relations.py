"""The relations of a P6 file that holds whole projects, by the ids that people know, and what is odd about them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

from connectors.relations import find_cycles, say_cycles, say_itself, say_odd_lag, say_odd_type
from connectors.remark import Remark

#: The line, P6's numbers of predecessor and successor, and those of their projects where they are told.
Relation = tuple[int, str, str, str, str]
WithoutProjects = tuple[int, str, str]

OddCells = Mapping[WithoutProjects, str]


@dataclass(frozen=True, slots=True)
class RelationWords:
    """What a format calls the parts of a relation."""

    place: str  # "TASKPRED line"
    before: str  # the field with P6's number of the predecessor: "pred_task_id"
    after: str


@dataclass(frozen=True, slots=True)
class Ends:
    """Whose relations are wanted: activities of the chosen projects, by P6's numbers, and what people call them."""

    codes: Mapping[str, str]  # of every activity of the file
    inside: Mapping[str, str]  # of those in the chosen projects
    chosen: Collection[str]  # these projects


def relate(
    relations: Callable[[], Iterable[Relation]],
    ends: Ends,
    words: RelationWords,
    odd_types: OddCells,
    odd_lags: OddCells,
) -> tuple[dict[str, list[str]], list[Remark]]:
    """Activity id -> those of its predecessors; and what is odd about the relations.

    `odd_types` and `odd_lags` are what some relations have for a type or a lag, and is none. A relation to a project
    that the file does not hold is no fault: P6 leaves its activities out.
    """
    found: dict[str, list[str]] = {}
    odd = list(_say_odd(relations, ends, odd_types, odd_lags)) if odd_types or odd_lags else []
    find_inside, find_code = ends.inside.get, ends.codes.get
    for line, before_id, after_id, before_owner, owner in relations():
        code, before = find_inside(after_id), find_code(before_id)
        if code is not None and before is not None and before_id != after_id:
            listed = found.get(code)
            if listed is None:
                found[code] = [before]
            else:
                listed.append(before)
            continue
        if code is None:
            if after_id in ends.codes or (owner and owner not in ends.chosen):
                continue
            why = f"{words.after} {after_id!r} is no activity of the file; the relation is left out"
        elif before is None:
            if before_owner and before_owner not in ends.chosen:
                continue
            why = f"{words.before} {before_id!r}, before {code}, is no activity of the file; the relation is left out"
        else:
            why = say_itself(code)
        odd.append((line, why))
    remarks = [Remark(f"{words.place} {line}", why) for line, why in sorted(odd, key=itemgetter(0))]
    return found, [*remarks, *_say_circles(found, relations, ends, words)]


def _whole(relations: Callable[[], Iterable[Relation]], ends: Ends) -> Iterator[WithoutProjects]:
    """The line and the ends of those relations whose ends are both known."""
    for line, before_id, after_id, *_ in relations():
        if after_id in ends.inside and before_id in ends.codes:
            yield line, before_id, after_id


def _say_odd(
    relations: Callable[[], Iterable[Relation]], ends: Ends, types: OddCells, lags: OddCells
) -> Iterator[tuple[int, str]]:
    for each in _whole(relations, ends):
        line, before_id, after_id = each
        codes = ends.codes[before_id], ends.codes[after_id]
        if each in types:
            yield line, say_odd_type(*codes, types[each])
        if each in lags:
            yield line, say_odd_lag(*codes, lags[each])


def _say_circles(
    found: Mapping[str, list[str]],
    relations: Callable[[], Iterable[Relation]],
    ends: Ends,
    words: RelationWords,
) -> Iterator[Remark]:
    """An id that people know may be in two projects: what looks like a circle by it need not be one by P6's numbers."""
    if not find_cycles(found):
        return
    whole = [each for each in _whole(relations, ends) if each[1] != each[2]]
    before: dict[str, list[str]] = {}
    for _, earlier, later in whole:
        before.setdefault(later, []).append(earlier)
    yield from say_cycles(find_cycles(before), words.place, whole, ends.codes)
