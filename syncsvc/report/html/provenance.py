"""What the report rests on: checks of the export, sources, what of them was not used, the run behind it."""

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from syncsvc.checks import Check
from syncsvc.model import MILESTONE_KINDS, MilestoneKind, Side
from syncsvc.month_report import MonthReport
from syncsvc.report.hand_overs import in_order, row_of, summary
from syncsvc.report.html.terms import FIELDS, file_name, side_name
from syncsvc.report.words import OUTCOMES, day, ended


class CheckView(NamedTuple):
    """One check with the share of its base that breaks it."""

    check: Check
    state: str  # clear, found, empty, not-computed


def checks(report: MonthReport) -> tuple[CheckView, ...]:
    """All checks; what cannot be computed is said."""
    return tuple(CheckView(check, _state(check)) for check in report.checks)


def _state(check: Check) -> str:
    if check.why_not is not None:
        return "not-computed"
    if check.findings:
        return "found"
    return "clear" if check.base else "empty"


class SourceRow(NamedTuple):
    """One source as the report rests on it."""

    role: str
    name: str
    source: str
    sha256: str
    period: str
    data_date: str
    read: str
    rows: int
    milestones: int
    rejects: int
    complete: bool
    run: str


_ROLES: Final = {"before": "compared with", "after": "this report", "edition": "edition in between"}


def sources(report: MonthReport) -> tuple[SourceRow, ...]:
    """Everything that was read."""
    return tuple(
        SourceRow(
            _ROLES.get(source.role) or side_name(source.snapshot.side),
            file_name(source.snapshot),
            source.snapshot.source,
            source.snapshot.sha256 or "",
            _period(source.snapshot.period, source.snapshot.kind, source.snapshot.edition),
            day(source.snapshot.data_date, "not known"),
            source.snapshot.taken_at.strftime("%Y-%m-%d %H:%M UTC"),
            source.snapshot.rows,
            len(source.snapshot.taking_part()),
            len(source.snapshot.rejects),
            source.snapshot.complete,
            source.snapshot.connector,
        )
        for source in report.sources
    )


def _period(period: str | None, kind: str | None, edition: int | None) -> str:
    return " ".join(filter(None, (period, kind, None if edition is None else f"edition {edition}")))


def rejects(report: MonthReport) -> tuple[tuple[str, str, str, str], ...]:
    """What was not used, with its place: source, place, code, reason. Rows known to be tasks take no part."""
    may_be = {*MILESTONE_KINDS, MilestoneKind.UNKNOWN}
    return tuple(
        (file_name(source.snapshot), reject.where, reject.code or "", reject.reason)
        for source in report.sources
        for reject in source.snapshot.rejects
        if reject.kind in may_be
    )


class RunView(NamedTuple):
    """What the run behind the report did."""

    number: int
    words: str
    outcomes: tuple[tuple[str, int], ...]
    receipts: tuple[tuple[str, str, str, str, str, str, str], ...]
    waiting: int
    hand_overs: tuple[tuple[str, str, str, str, str, str], ...]  # as hand_overs.COLUMNS says
    hand_over_words: str


def run(report: MonthReport) -> RunView | None:
    """Its writes by outcome, and each of them."""
    result = report.run
    if result is None:
        return None
    by_outcome = {outcome: sum(each.outcome is outcome for each in result.receipts) for outcome in OUTCOMES}
    receipts = tuple(
        (
            each.change.code,
            side_name(each.change.target),
            each.change.key,
            FIELDS[each.change.field],
            f"{day(each.change.before, 'no date')} to {day(each.change.after, 'no date')}",
            OUTCOMES[each.outcome],
            each.detail or "",
        )
        for each in result.receipts
    )
    finished = result.finished_at.strftime("%Y-%m-%d %H:%M UTC")
    words = f"Run {result.run}, {result.trigger}, mode {result.mode.value}, finished {finished}: {ended(result)}"
    waiting = len(result.plan.changes) - len(receipts) if result.plan else 0
    return RunView(
        result.run,
        words,
        tuple((OUTCOMES[outcome], number) for outcome, number in by_outcome.items() if number),
        receipts,
        max(waiting, 0),
        tuple(row_of(each) for each in in_order(result.hand_overs)),
        summary(result.hand_overs),
    )


def addresses(report: MonthReport) -> dict[str, str]:
    """Key -> address of each issue, web addresses only."""
    found = report.sides.snapshots.get(Side.JIRA) if report.sides else None
    return {one.code: one.url for one in (found.milestones if found else ()) if one.url and _is_web(one.url)}


def _is_web(address: str) -> bool:
    try:
        return urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        return False
