"""The text of a drift report: what was compared, counts, exceptions with the largest first, then every milestone."""

from collections.abc import Iterator, Sequence

from syncsvc.compare import (
    Comparison,
    Completion,
    Direction,
    DriftReport,
    End,
    Presence,
    tells_completion,
)
from syncsvc.model import Milestone, Reject, Snapshot
from syncsvc.names import NameChange, drop_test_report
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, wrap
from syncsvc.report.words import completed, counted, day, due_columns, moved, title

_NAME = Column("name")
_ENDS = {End.BEFORE: "before", End.AFTER: "after"}

Row = Sequence[str | Cell]


def drift_text(report: DriftReport, page: Page) -> str:
    """A drift report for a terminal."""
    sections = (
        _front(report, page),
        _rewritten(report, page),
        _reopened(report, page),
        _unseen(report, page),
        reject_lines([(_ENDS[sided.end], sided.reject) for sided in report.rejects], page, both=True),
        _moves(report, page, Direction.SLIPPED, "Slipped"),
        _moves(report, page, Direction.PULLED_IN, "Pulled in"),
        _newly_completed(report, page),
        _one_sided(report, page, Presence.REMOVED, "Removed: only before"),
        _recoded(report, page),
        _wbs(report, page),
        _renamed(report, page),
        _one_sided(report, page, Presence.ADDED, "Added: only after"),
        _all(report, page),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def source_lines(snapshot: Snapshot, page: Page, lead: str = "") -> list[str]:
    """What a snapshot is and where it comes from, led by a word such as "Before" and then its title."""
    indent = " " * (len(lead) + 2) if lead else ""
    milestones = snapshot.taking_part()
    facts = f"{counted(len(milestones), 'milestone')}, data date {day(snapshot.data_date, 'not known')}"
    lines = wrap(f"{title(snapshot)}, {facts}" if lead else facts, page.columns, f"{lead}  " if lead else "", indent)
    lines.append(indent + clean(snapshot.source))
    if snapshot.sha256:
        lines.append(f"{indent}sha256 {snapshot.sha256[:16]}")
    if columns := due_columns(milestones):
        lines += wrap(f"due from {columns}", page.columns, indent, indent + "  ")
    if not snapshot.complete:
        lines.append(indent + page.tint("NOT read completely: what is absent here is unseen, not gone", Tone.ALERT))
    return lines


def reject_lines(rejects: Sequence[tuple[str, Reject]], page: Page, *, both: bool = False) -> list[str]:
    """What was not used, each with its place and the whole reason; nothing where all was used."""
    if not rejects:
        return []
    lines = [page.heading(f"Not used ({len(rejects)})")]
    for end, reject in rejects:
        code = "" if reject.reason.startswith(reject.code or "") else reject.code
        place = ", ".join(filter(None, (end if both else "", reject.where, code)))
        lines += wrap(f"{place}: {reject.reason}", page.columns, "  ", "      ")
    return lines


def _front(report: DriftReport, page: Page) -> list[str]:
    lines = [page.heading(f"Drift: {title(report.before)} -> {title(report.after)}"), ""]
    lines += source_lines(report.before, page, "Before")
    lines += source_lines(report.after, page, "After ")
    lines.append("")
    if not (report.milestones or report.unseen or report.rejects):
        return [*lines, "There are no milestones on either side."]
    for line in (*_counts(report), *_notes(report)):
        lines += wrap(line, page.columns, "  ", "    ")
    if not report.something_differs:
        lines += ["", "Nothing differs."]
    return lines


def _counts(report: DriftReport) -> Iterator[str]:
    totals = report.totals
    yield f"{totals.both:,} on both sides, {totals.added:,} added, {totals.removed:,} removed" + _also(
        totals.unseen, "unseen on one side"
    )
    yield f"{totals.slipped:,} slipped, {totals.pulled_in:,} pulled in, {totals.unchanged:,} unchanged" + _also(
        totals.undated, "without a due date on one side or both"
    )
    if worst := _worst(report):
        yield f"  largest: {worst}"
    yield (
        f"{totals.newly_completed:,} newly completed, {totals.reopened:,} reopened, "
        f"{counted(totals.completed_rewritten, 'completion date')} rewritten"
    )
    yield f"{totals.renamed:,} renamed, {totals.recoded:,} recoded, {totals.wbs_changed:,} moved to another WBS element"


def _also(number: int, words: str) -> str:
    return f", {number:,} {words}" if number else ""


def _notes(report: DriftReport) -> Iterator[str]:
    totals = report.totals
    every = "Both sources were read completely" if _complete(report) else "NOT every source was read completely"
    used = f"{counted(len(report.rejects), 'entry', 'entries')} not used" if report.rejects else "every row was used"
    yield f"{every}; {used}."
    if totals.slipped or totals.pulled_in:
        without = f"minus {counted(len(report.holidays), 'holiday')}" if report.holidays else "no holidays taken off"
        yield f"Days are calendar days; in brackets working days, Monday to Friday, {without}."
    if totals.names_cosmetic:
        yield (
            f"{counted(totals.names_cosmetic, 'name differs', 'names differ')} only in case, blanks, a full stop "
            'at the end or a leading "Test report:", and not counted as renamed.'
        )
    if totals.names_truncated:
        yield f"{counted(totals.names_truncated, 'name was', 'names were')} cut short, and not counted as renamed."
    for snapshot, end in ((report.before, "before"), (report.after, "after")):
        if snapshot.taking_part() and not tells_completion(snapshot):
            yield f"The source {end} says nothing about completion."


def _complete(report: DriftReport) -> bool:
    return report.before.complete and report.after.complete


def _worst(report: DriftReport) -> str:
    dated = [one for one in report.milestones if one.due.calendar_days]
    if not dated:
        return ""
    ends = (max(dated, key=_days), min(dated, key=_days))
    shown = [one for one, sign in zip(ends, (1, -1), strict=True) if _days(one) * sign > 0]
    return ", ".join(f"{one.code} {moved(_days(one))}" for one in shown)


def _rewritten(report: DriftReport, page: Page) -> list[str]:
    rows = [
        (one.code, day(one.completed.before), _completed(one.after), _later(one), _name(one))
        for one in report.milestones
        if one.completion is Completion.REWRITTEN
    ]
    columns = (Column("code"), Column("was"), Column("is now"), Column("moved"), _NAME)
    return _section(page, "Completion date rewritten", columns, rows)


def _reopened(report: DriftReport, page: Page) -> list[str]:
    rows = [
        (one.code, _completed(one.before), day(one.due.after), _name(one))
        for one in report.milestones
        if one.completion is Completion.REOPENED
    ]
    return _section(page, "Reopened", (Column("code"), Column("was completed"), Column("due"), _NAME), rows)


def _unseen(report: DriftReport, page: Page) -> list[str]:
    if not report.unseen:
        return []
    lines = [page.heading(f"Unseen on one side: neither added nor removed ({len(report.unseen)})")]
    for one in report.unseen:
        seen = f"{one.milestone.code}, due {day(one.milestone.due)}: cannot be seen {_ENDS[one.absent_from]}, {one.why}"
        lines += wrap(seen, page.columns, "  ", "      ")
    return lines


def _moves(report: DriftReport, page: Page, direction: Direction, heading: str) -> list[str]:
    found = sorted((one for one in report.milestones if one.due.direction is direction), key=lambda o: -abs(_days(o)))
    rows = [
        (one.code, day(one.due.before), day(one.due.after), _moved(_days(one), one.due.working_days), _name(one))
        for one in found
    ]
    columns = (Column("code"), Column("due before"), Column("due after"), Column("moved (working days)"), _NAME)
    return _section(page, f"{heading}, largest first", columns, rows)


def _one_sided(report: DriftReport, page: Page, presence: Presence, heading: str) -> list[str]:
    rows = [
        (one.code, day(milestone.due), completed(milestone), _name(one))
        for one in report.milestones
        if one.presence is presence and (milestone := one.after or one.before)
    ]
    return _section(page, heading, (Column("code"), Column("due"), Column("completed"), _NAME), rows)


def _newly_completed(report: DriftReport, page: Page) -> list[str]:
    rows = [
        (one.code, _completed(one.after), day(one.due.after), _against_due(one), _name(one))
        for one in report.milestones
        if one.completion is Completion.NEWLY_COMPLETED
    ]
    columns = (Column("code"), Column("completed"), Column("due"), Column("against due"), _NAME)
    return _section(page, "Newly completed", columns, rows)


def _recoded(report: DriftReport, page: Page) -> list[str]:
    rows = [(one.before_code or "", one.code, _name(one)) for one in report.milestones if one.recoded]
    return _section(page, "Recoded", (Column("code before"), Column("code after"), _NAME), rows)


def _renamed(report: DriftReport, page: Page) -> list[str]:
    found = [one for one in report.milestones if one.name_change is NameChange.CHANGED]
    if not found:
        return []
    lines = [page.heading(f"Renamed ({len(found)})")]
    for one in found:
        lines.append(f"  {clean(one.code)}")
        lines += wrap(one.before_name or "(no name)", page.columns, "    before  ", " " * 12)
        lines += wrap(one.name or "(no name)", page.columns, "    after   ", " " * 12)
    return lines


def _wbs(report: DriftReport, page: Page) -> list[str]:
    rows = [
        (one.code, one.wbs.before or "-", one.wbs.after or "-", _name(one))
        for one in report.milestones
        if one.wbs_changed
    ]
    columns = (Column("code"), Column("WBS before"), Column("WBS after"), _NAME)
    return _section(page, "Moved to another WBS element", columns, rows)


def _all(report: DriftReport, page: Page) -> list[str]:
    rows = [
        (
            one.code,
            day(one.due.before, "" if one.before is None else "-"),
            day(one.due.after, "" if one.after is None else "-"),
            _state(one),
            _completed(one.after or one.before),
            _name(one),
        )
        for one in report.milestones
    ]
    columns = (
        Column("code"),
        Column("due before", drops=1),
        Column("due after"),
        Column("moved (working days)"),
        Column("completed", drops=2),
        _NAME,
    )
    return _section(page, "All milestones, by code", columns, rows)


def _section(page: Page, heading: str, columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    return [page.heading(f"{heading} ({len(rows):,})"), *page.table(columns, rows)]


def _state(one: Comparison) -> Cell:
    if one.presence is not Presence.BOTH:
        return Cell(one.presence.value)
    if one.due.calendar_days is None:
        return Cell("-")
    return _moved(one.due.calendar_days, one.due.working_days)


def _moved(calendar_days: int | None, working_days: int | None = None) -> Cell:
    if calendar_days is None:
        return Cell("-")
    tone = Tone.LATE if calendar_days > 0 else Tone.EARLY if calendar_days < 0 else Tone.FAINT
    return Cell(moved(calendar_days, working_days), tone)


def _later(one: Comparison) -> str:
    days = one.completed.calendar_days
    return "date withdrawn" if days is None else f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def _against_due(one: Comparison) -> Cell:
    if one.completed.after is None or one.due.after is None:
        return Cell("-")
    days = (one.completed.after - one.due.after).days
    return _moved(days) if days else Cell("on the day")


def _name(one: Comparison) -> str:
    return drop_test_report(one.name)


def _completed(milestone: Milestone | None) -> str:
    return "" if milestone is None else completed(milestone)


def _days(one: Comparison) -> int:
    return one.due.calendar_days or 0
