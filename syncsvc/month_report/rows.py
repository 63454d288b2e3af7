"""The rows of a drift report: how each milestone stands at the data date, and whether it needs a narrative."""

from collections.abc import Mapping, Sequence
from datetime import date

from syncsvc.causes import Difference
from syncsvc.checks import is_done
from syncsvc.compare import Comparison, Completion, DriftReport, Move
from syncsvc.model import Milestone, Narrative, ReportRules
from syncsvc.month_report.value import Beside, Light, Row
from syncsvc.names import drop_test_report
from syncsvc.narratives import narrated
from syncsvc.sides import SidesRow
from syncsvc.workdays import working_days


def make_row(
    one: Comparison,
    drift: DriftReport,
    rules: ReportRules,
    beside: Beside,
    differences: tuple[Difference, ...],
    sides: SidesRow | None,
    narratives: Mapping[str, Sequence[Narrative]] | None,
) -> Row:
    """One comparison with how it stands and what is beside it. `narratives` None: none are kept."""
    milestone = one.after or one.before
    if milestone is None:
        raise ValueError("a comparison needs a milestone on one side at least")
    against = _against_due(milestone, drift.holidays)
    light = _light(one, drift.after.data_date, against, rules)
    told = None
    if narratives is not None and drift.after.period is not None and one.after is not None:
        required = _days_late(one, light, against, drift) > rules.narrative_days
        told = narrated(one.code, narratives, drift.after.period, required=required)
    return Row(
        comparison=one,
        name=beside.annotations.names.get(one.code) or drop_test_report(one.name),
        level=level_of(milestone, rules),
        light=light,
        against_due=against,
        differences=differences,
        sides=sides,
        keys=sides.keys if sides else (),
        narrated=told,
    )


def _days_late(one: Comparison, light: Light, against: Move, drift: DriftReport) -> int:
    """The most working days by which a milestone is late, or has moved later; of what was completed before only moves.

    One that is overdue is late by the days up to the data date at least, whatever its forecast says.
    """
    late = [one.due.working_days or 0]
    if light is not Light.COMPLETED or one.completion is Completion.NEWLY_COMPLETED:
        late.append(against.working_days or 0)
    if light is Light.OVERDUE and against.before is not None and drift.after.data_date is not None:
        late.append(working_days(against.before, drift.after.data_date, drift.holidays))
    return max(late)


def level_of(milestone: Milestone, rules: ReportRules) -> int | None:
    """The level the source gives, else the one its code tells: test milestones are 2, team milestones 3."""
    if milestone.level is not None:
        return milestone.level
    if milestone.code.startswith(rules.top):
        return 2
    return 3 if milestone.code.startswith(rules.child) else None


def _against_due(milestone: Milestone, holidays: frozenset[date]) -> Move:
    end = milestone.completed if is_done(milestone) else milestone.forecast
    if milestone.due is None or end is None:
        return Move(milestone.due, end)
    days = working_days(milestone.due, end, holidays)
    return Move(milestone.due, end, (end - milestone.due).days, days, milestone.due_column)


def _light(one: Comparison, data_date: date | None, against: Move, rules: ReportRules) -> Light:
    milestone = one.after
    if milestone is None:
        return Light.GONE
    if is_done(milestone):
        return Light.COMPLETED
    if milestone.due is None:
        return Light.UNDATED
    if data_date is not None and milestone.due <= data_date:
        return Light.OVERDUE
    if against.working_days is None:
        return Light.NOT_FORECAST
    return Light.LATE if against.working_days > rules.on_time_days else Light.ON_TIME
