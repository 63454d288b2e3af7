"""Rows that have one code: which of them counts, and which do not."""

from collections.abc import Iterable, Sequence
from typing import Final

from connectors.row import ReadRow
from syncsvc.model import Milestone, Reject, RejectCause, Status

_MOST_SHOWN: Final = 10  # of the rows that have one code


def settle(rows: Iterable[ReadRow | Reject]) -> tuple[tuple[Milestone, ...], tuple[Reject, ...]]:
    """Milestones with unique codes, in order, and everything that is not used.

    A code listed again with the same dates counts once, by its first row; with different dates none of its rows
    counts.
    """
    read: list[ReadRow] = []
    rejects: list[Reject] = []
    firsts: dict[str, ReadRow] = {}
    repeated: dict[str, list[ReadRow]] = {}
    for row in rows:
        if isinstance(row, Reject):
            rejects.append(row)
            continue
        read.append(row)
        code = row.milestone.code
        first = firsts.setdefault(code, row)
        if first is not row:
            repeated.setdefault(code, [first]).append(row)
    milestones: list[Milestone] = []
    for row in read:
        same = repeated.get(row.milestone.code) if repeated else None
        if same is None:
            milestones.append(row.milestone)
            rejects += row.rejects
        elif any(_dates_of(other) != _dates_of(same[0]) for other in same):
            rejects.append(_reject(row, _say_different(same), RejectCause.DUPLICATE))
        elif row is same[0]:
            milestones.append(row.milestone)
            rejects += row.rejects
        else:
            rejects.append(_reject(row, _say_repeated(same[0], row), RejectCause.REPEATED))
    return tuple(milestones), tuple(rejects)


def _dates_of(row: ReadRow) -> tuple[object, ...]:
    milestone = row.milestone
    unreadable = frozenset(reject.reason for reject in row.rejects)
    is_completed = milestone.status is Status.COMPLETED
    return milestone.due, milestone.forecast, milestone.completed, is_completed, unreadable


def _reject(row: ReadRow, reason: str, cause: RejectCause) -> Reject:
    return Reject(row.milestone.where, row.milestone.code, reason, cause, row.milestone.kind)


def _say_repeated(first: ReadRow, again: ReadRow) -> str:
    first_name, name = first.milestone.name, again.milestone.name
    said = f"is in {first.milestone.where} already, with the same dates; that row counts"
    if first_name == name:
        return f"{again.milestone.code} {said}"
    return f"{again.milestone.code} {said}: there it is {first_name!r}, here {name!r}"


def _say_different(same: Sequence[ReadRow]) -> str:
    code = same[0].milestone.code
    shown = "; ".join(f"{row.milestone.where}: {_say_dates(row.milestone)}" for row in same[:_MOST_SHOWN])
    shown += "; and so on" if len(same) > _MOST_SHOWN else ""
    return f"{code} is listed {len(same)} times with different dates, so none of them is used: {shown}"


def _say_dates(milestone: Milestone) -> str:
    said = f"due {milestone.due or 'blank'}"
    if milestone.completed or milestone.status is Status.COMPLETED:
        said += f", completed {milestone.completed or 'without a date'}"
    elif milestone.forecast:
        said += f", forecast {milestone.forecast}"
    return said
