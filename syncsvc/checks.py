"""What an export of milestones can be checked for by itself; each check with its rule and its base. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from syncsvc.model import Milestone, Snapshot, Status, by_code
from syncsvc.names import order_of_code


@dataclass(frozen=True, slots=True)
class Finding:
    """One milestone that breaks a rule, and what about it."""

    code: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, how many milestones it was asked of, and those that break it.

    `why_not` is set where the export does not carry what the rule needs: then nothing is counted, and a report says
    so instead of printing a zero.
    """

    name: str  # stable, for programs
    title: str
    rule: str
    base: int = 0
    base_words: str = "milestones"
    findings: tuple[Finding, ...] = ()
    why_not: str | None = None


def check_snapshot(snapshot: Snapshot) -> tuple[Check, ...]:
    """All checks, in the order in which reports show them."""
    milestones = sorted(snapshot.taking_part(), key=lambda each: order_of_code(each.code))
    return (
        _actual_after_data_date(milestones, snapshot.data_date),
        _open_before_data_date(milestones, snapshot.data_date),
        _completed_before_predecessor(milestones),
        _missed(milestones, snapshot.data_date),
        _completed_without_date(milestones),
        _without_due(milestones),
        _without_predecessor(milestones),
        *_NOT_COMPUTED,
    )


def is_done(milestone: Milestone) -> bool:
    """Completed, with a date or without."""
    return milestone.completed is not None or milestone.status is Status.COMPLETED


def _check(
    name: str,
    title: str,
    rule: str,
    base: Sequence[Milestone],
    base_words: str,
    find: Callable[[Milestone], str | None],
) -> Check:
    found = [(each, words) for each in base if (words := find(each))]
    findings = tuple(Finding(each.code, each.name, words) for each, words in found)
    return Check(name, title, rule, len(base), base_words, findings)


_NO_DATA_DATE = "The source carries no data date, and none can be told from its period."


def _actual_after_data_date(milestones: Sequence[Milestone], data_date: date | None) -> Check:
    head = (
        "actual_after_data_date",
        "Completed in the future",
        "A completion must not lie after the data date of the export that reports it.",
    )
    if data_date is None:
        return Check(*head, why_not=_NO_DATA_DATE)

    def find(each: Milestone) -> str | None:
        after = each.completed is not None and each.completed > data_date
        return f"completed {each.completed}, data date {data_date}" if after else None

    base = [each for each in milestones if each.completed is not None]
    return _check(*head, base, "milestones with a completion date", find)


def _open_before_data_date(milestones: Sequence[Milestone], data_date: date | None) -> Check:
    head = (
        "open_before_data_date",
        "Open, forecast in the past",
        "A milestone that is not completed must not be forecast before the data date.",
    )
    if data_date is None:
        return Check(*head, why_not=_NO_DATA_DATE)
    base = [each for each in milestones if not is_done(each) and each.forecast is not None]
    if not base and any(not is_done(each) for each in milestones):
        return Check(*head, why_not="No open milestone has a forecast in this source.")

    def find(each: Milestone) -> str | None:
        past = each.forecast is not None and each.forecast < data_date
        return f"forecast {each.forecast}, data date {data_date}" if past else None

    return _check(*head, base, "open milestones with a forecast", find)


def _completed_before_predecessor(milestones: Sequence[Milestone]) -> Check:
    head = (
        "completed_with_open_predecessors",
        "Completed before what leads to it",
        "A completed milestone must not have predecessors among the milestones that are still open.",
    )
    if not any(each.predecessors for each in milestones):
        return Check(*head, why_not="The source names no relations between milestones.")
    known = by_code(milestones)

    def find(each: Milestone) -> str | None:
        still_open = [code for code in each.predecessors if code in known and not is_done(known[code])]
        return f"open: {', '.join(sorted(still_open, key=order_of_code))}" if still_open else None

    base = [each for each in milestones if is_done(each) and any(code in known for code in each.predecessors)]
    return _check(*head, base, "completed milestones with a milestone as predecessor", find)


def _missed(milestones: Sequence[Milestone], data_date: date | None) -> Check:
    head = (
        "missed",
        "Missed",
        "A milestone that was due on or before the data date must be completed by then.",
    )
    if data_date is None:
        return Check(*head, why_not=_NO_DATA_DATE)

    def find(each: Milestone) -> str | None:
        if is_done(each) or each.due is None:
            return None
        days = (data_date - each.due).days
        forecast = f", forecast {each.forecast}" if each.forecast else ""
        when = f"{days:,} {'day' if days == 1 else 'days'} before the data date" if days else "the data date itself"
        return f"due {each.due}, {when}{forecast}"

    base = [each for each in milestones if each.due is not None and each.due <= data_date]
    return _check(*head, base, "milestones due by the data date", find)


def _completed_without_date(milestones: Sequence[Milestone]) -> Check:
    base = [each for each in milestones if is_done(each)]
    return _check(
        "completed_without_date",
        "Completed without a date",
        "A completed milestone must say when.",
        base,
        "completed milestones",
        lambda each: "no completion date" if each.completed is None else None,
    )


def _without_due(milestones: Sequence[Milestone]) -> Check:
    return _check(
        "without_due",
        "Without a due date",
        "Every milestone must have a date to be measured against.",
        milestones,
        "milestones",
        lambda each: "no due date" if each.due is None else None,
    )


def _without_predecessor(milestones: Sequence[Milestone]) -> Check:
    head = (
        "without_predecessor",
        "Nothing leads to it",
        "An open milestone must have a predecessor, or nothing can move it.",
    )
    if not any(each.predecessors for each in milestones):
        return Check(*head, why_not="The source names no relations.")
    base = [each for each in milestones if not is_done(each)]
    return _check(*head, base, "open milestones", lambda each: None if each.predecessors else "no predecessor")


_NOT_COMPUTED = (
    Check(
        "critical_path",
        "Critical path test",
        "A delay of a critical activity must move the end of the project by as much.",
        why_not="It needs the whole network with durations and calendars; an export of milestones carries neither.",
    ),
    Check(
        "float",
        "High and negative float",
        "No milestone should have more than 44 working days of total float, nor less than none.",
        why_not="It needs total float; the export does not carry it.",
    ),
)
