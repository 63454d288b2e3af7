"""The relations of a P6 file that holds whole projects, by the ids that people know, and what is odd about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, itemgetter

from connectors.relations import find_cycles, say_cycles, say_itself, say_odd_lag, say_odd_type
from connectors.remark import Remark

#: The line of a relation, and P6's numbers of predecessor and successor.
Relation = tuple[int, str, str]

#: What stands in some relations for a type or a lag, and is none.
OddCells = Mapping[Relation, str]


@dataclass(frozen=True, slots=True)
class Relations:
    """Relations by columns: line, P6's numbers of the ends, and those of their projects where they are told."""

    lines: Sequence[int]
    before: Sequence[str]
    after: Sequence[str]
    before_owners: Sequence[str]
    owners: Sequence[str]

    def pick(self, cells: Sequence[str], odd: Collection[object]) -> dict[Relation, str]:
        """Those relations whose cells in a further column are odd, and these cells."""
        if not odd:
            return {}
        rows = zip(self.lines, self.before, self.after, cells, strict=True)
        return {(line, before, after): cell for line, before, after, cell in rows if cell in odd}

    def without(self, lines: Collection[int]) -> "Relations":
        """The relations that stand in no line of these."""
        if not lines:
            return self
        kept = [at for at, line in enumerate(self.lines) if line not in lines]
        columns = (self.before, self.after, self.before_owners, self.owners)
        return Relations([self.lines[at] for at in kept], *([column[at] for at in kept] for column in columns))


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
    relations: Relations, ends: Ends, words: RelationWords, odd_types: OddCells, odd_lags: OddCells
) -> tuple[dict[str, list[str]], list[Remark]]:
    """Activity id -> those of its predecessors; and what is odd about the relations.

    A relation to a project that the file does not hold is no fault: P6 leaves its activities out.
    """
    # All of them at once: row by row, so many relations take longer than the activities.
    after = [ends.inside.get(each, "") for each in relations.after]
    before = [ends.codes.get(each, "") for each in relations.before]
    pairs: Iterable[tuple[str, str]] = zip(after, before, strict=True)
    odd = list(_say_odd(relations, ends, odd_types, odd_lags)) if odd_types or odd_lags else []
    if not all(after) or not all(before) or any(map(eq, relations.after, relations.before)):
        pairs, left_out = _look_at_each(relations, ends, words)
        odd += left_out
    found: dict[str, list[str]] = defaultdict(list)
    for code, earlier in pairs:
        found[code].append(earlier)
    remarks = [Remark(f"{words.place} {line}", why) for line, why in sorted(odd, key=itemgetter(0))]
    return found, [*remarks, *_say_circles(found, relations, ends, words)]


def _look_at_each(
    relations: Relations, ends: Ends, words: RelationWords
) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    """The ids of successor and predecessor of each relation that counts; and of others the line, and why not."""
    pairs: list[tuple[str, str]] = []
    left_out: list[tuple[int, str]] = []
    columns = (relations.before, relations.after, relations.before_owners, relations.owners)
    for line, before_id, after_id, before_owner, owner in zip(relations.lines, *columns, strict=True):
        code, earlier = ends.inside.get(after_id), ends.codes.get(before_id)
        if code is None:
            if after_id in ends.codes or (owner and owner not in ends.chosen):
                continue
            why = f"{words.after} {after_id!r} is no activity of the file; the relation is left out"
        elif earlier is None:
            if before_owner and before_owner not in ends.chosen:
                continue
            why = f"{words.before} {before_id!r}, before {code}, is no activity of the file; the relation is left out"
        elif before_id == after_id:
            why = say_itself(code)
        else:
            pairs.append((code, earlier))
            continue
        left_out.append((line, why))
    return pairs, left_out


def _whole(relations: Relations, ends: Ends) -> Iterator[Relation]:
    """Those relations whose ends are both known."""
    for each in zip(relations.lines, relations.before, relations.after, strict=True):
        if each[2] in ends.inside and each[1] in ends.codes:
            yield each


def _say_odd(relations: Relations, ends: Ends, types: OddCells, lags: OddCells) -> Iterator[tuple[int, str]]:
    for each in _whole(relations, ends):
        line, before_id, after_id = each
        codes = ends.codes[before_id], ends.codes[after_id]
        if each in types:
            yield line, say_odd_type(*codes, types[each])
        if each in lags:
            yield line, say_odd_lag(*codes, lags[each])


def _say_circles(
    found: Mapping[str, list[str]], relations: Relations, ends: Ends, words: RelationWords
) -> Iterator[Remark]:
    """An id that people know may be in two projects: what looks like a circle by it need not be one by P6's numbers."""
    if not find_cycles(found):
        return
    whole = [each for each in _whole(relations, ends) if each[1] != each[2]]
    before: dict[str, list[str]] = {}
    for _, earlier, later in whole:
        before.setdefault(later, []).append(earlier)
    yield from say_cycles(find_cycles(before), words.place, whole, ends.codes)
