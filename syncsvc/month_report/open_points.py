"""What a person must settle: what a run holds, and what no rule may decide by itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from syncsvc.compare import Completion, DriftReport, Move, Presence
from syncsvc.model import Field, RunResult, Side
from syncsvc.month_report.value import OpenPoint, Question, Row
from syncsvc.sides import Agreement, SidesReport, SidesRow, Standing

_SIDES: Final = {Side.PMCS: "PMCS", Side.JIRA: "Jira", Side.PUBLISHED: "the published document"}
_DIFFERING: Final = frozenset({Agreement.ODD_ONE_OUT, Agreement.ALL_DIFFER})


def find_open_points(
    drift: DriftReport, rows: Sequence[Row], sides: SidesReport | None, run: RunResult | None
) -> Iterator[OpenPoint]:
    """The few rows that a person must settle: what a run holds first, then what no rule may decide by itself."""
    names = {row.code: row.name for row in rows}
    held = list(_held(run, names))
    yield from held
    for row in rows:
        one = row.comparison
        if one.completion is Completion.REWRITTEN:
            why = "The actual date of a completed milestone was changed afterwards."
            yield _asked(row, Question.COMPLETION_REWRITTEN, why, Field.COMPLETED, one.completed)
        elif one.completion is Completion.REOPENED:
            why = "It was completed, and is open again."
            yield _asked(row, Question.REOPENED, why, Field.COMPLETED, one.completed)
        elif one.presence is Presence.REMOVED and row.sides is not None and row.sides.shown_by:
            others = " and ".join(_SIDES[side] for side in row.sides.shown_by)
            yield _asked(row, Question.GONE, f"It is gone from the schedule; {others} still shows it.")
    for unseen in drift.unseen:
        name = names.get(unseen.milestone.code) or unseen.milestone.name
        why = f"It could not be read from the snapshot {unseen.absent_from.value}: {unseen.why}."
        yield OpenPoint(unseen.milestone.code, name, Question.UNSEEN, why)
    settled = {(point.code, point.field) for point in held}
    # Of two sides compared with each other every move differs: that is the report itself, and no question.
    beside = sides is not None and not set(sides.snapshots) <= {drift.before.side, drift.after.side}
    beside = beside or (sides is not None and drift.before.side is drift.after.side)
    for sides_row in sides.differing if sides and beside else ():
        for standing in sides_row.standings:
            if standing.agreement in _DIFFERING and (sides_row.code, standing.field) not in settled:
                yield _differing(sides_row, standing, names)


def _held(run: RunResult | None, names: Mapping[str, str]) -> Iterator[OpenPoint]:
    for hold in run.plan.holds if run and run.plan else ():
        days = None
        if hold.owner_value is not None and hold.follower_value is not None:
            days = (hold.owner_value - hold.follower_value).days
        yield OpenPoint(
            hold.code,
            names.get(hold.code, ""),
            Question.HELD,
            hold.why,
            hold.field,
            hold.follower_value,
            hold.owner_value,
            hold.key,
            hold.kind,
            days,
        )


def _asked(row: Row, question: Question, why: str, name: Field | None = None, move: Move | None = None) -> OpenPoint:
    if move is None:
        return OpenPoint(row.code, row.name, question, why, key=", ".join(row.keys) or None)
    days = move.calendar_days
    keys = ", ".join(row.keys) or None
    return OpenPoint(row.code, row.name, question, why, name, move.before, move.after, keys, None, days)


def _differing(row: SidesRow, standing: Standing, names: Mapping[str, str]) -> OpenPoint:
    shown = {side: each for side, each in standing.dates.items() if each.why_not is None}
    said = ", ".join(f"{_SIDES[side]} {each.value or 'no date'}" for side, each in shown.items())
    odd = standing.odd_one_out
    lead = f"{_SIDES[odd][0].upper()}{_SIDES[odd][1:]} differs" if odd else "All sides differ"
    others = next((each.value for side, each in shown.items() if side is not odd), None)
    return OpenPoint(
        row.code,
        names.get(row.code) or row.name,
        Question.SIDES_DIFFER,
        f"{lead} about {standing.field.value}: {said}.",
        standing.field,
        others if odd else None,
        shown[odd].value if odd else None,
        ", ".join(row.keys) or None,
        None,
        standing.calendar_days,
    )
