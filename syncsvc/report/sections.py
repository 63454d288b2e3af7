"""The drift report as headings, sentences and tables: what text, Markdown and LaTeX print alike, each in its way."""

from collections.abc import Iterator, Sequence

from syncsvc.causes import Difference
from syncsvc.checks import Check
from syncsvc.compare import Comparison, Completion, Direction, DriftReport, End, Presence, tells_completion
from syncsvc.model import Milestone, Reject, Side, Snapshot
from syncsvc.month_report import MonthReport, Question
from syncsvc.names import NameChange
from syncsvc.report.layout import Cell, Column
from syncsvc.report.narrative_sections import narrative_sections
from syncsvc.report.section import NAME, Cells, Section, moved_cell, table
from syncsvc.report.sides_section import sides_section
from syncsvc.report.words import (
    ASPECTS,
    CAUSES,
    QUESTIONS,
    completed,
    counted,
    day,
    moved,
    title,
)

ENDS = {End.BEFORE: "before", End.AFTER: "after"}


def drift_sections(report: MonthReport) -> list[Section]:
    """All sections below the front, exceptions first; those that have nothing to say are left out."""
    drift = report.drift
    sections = (
        _waiting(report),
        _rewritten(report),
        _reopened(report),
        _unseen(drift),
        not_used([(ENDS[sided.end], sided.reject) for sided in drift.rejects], both=True),
        _moves(report, Direction.SLIPPED, "Slipped"),
        _moves(report, Direction.PULLED_IN, "Pulled in"),
        _newly_completed(report),
        _one_sided(report, Presence.REMOVED, "Removed: only before"),
        _recoded(report),
        _wbs(report),
        _renamed(report),
        _one_sided(report, Presence.ADDED, "Added: only after"),
        _causes(report),
        *_restated(report),
        sides_section(report.sides) if report.sides is not None else None,
        _overrides(report),
        *_checks(report),
        *narrative_sections(report),
        _all(report),
        _other_sources(report),
    )
    return [section for section in sections if section is not None]


def count_lines(report: MonthReport) -> Iterator[str]:
    """The counts of the front, a line for each kind."""
    drift, counts = report.drift, report.counts
    totals = drift.totals
    yield f"{totals.both:,} on both sides, {totals.added:,} added, {totals.removed:,} removed" + _also(
        totals.unseen, "unseen on one side"
    )
    yield f"{totals.slipped:,} slipped, {totals.pulled_in:,} pulled in, {totals.unchanged:,} unchanged" + _also(
        totals.undated, "without a due date on one side or both"
    )
    if worst := _worst(drift):
        yield f"  largest: {worst}"
    yield (
        f"{totals.newly_completed:,} newly completed, {totals.reopened:,} reopened, "
        f"{counted(totals.completed_rewritten, 'completion date')} rewritten"
    )
    yield f"{totals.renamed:,} renamed, {totals.recoded:,} recoded, {totals.wbs_changed:,} moved to another WBS element"
    if drift.after.side is Side.PMCS and drift.after.data_date is not None:
        yield (
            f"at the data date {day(drift.after.data_date)}: {counts.completed:,} of {counts.total:,} completed, "
            f"{counts.overdue:,} overdue, {counts.late - counts.overdue:,} more forecast late"
        )
    if counts.due_in_period is not None:
        yield (
            f"between the two data dates: {counts.due_in_period:,} were due, "
            f"{counts.completed_in_period:,} were completed"
        )


def note_lines(report: MonthReport) -> Iterator[str]:
    """What a reader must know to read the counts."""
    drift = report.drift
    totals = drift.totals
    if report.is_first:
        yield "This is the first export of its kind: there is no earlier one to compare it with."
    every = "Both sources were read completely" if _complete(drift) else "NOT every source was read completely"
    used = f"{counted(len(drift.rejects), 'entry', 'entries')} not used" if drift.rejects else "every row was used"
    yield f"{every}; {used}."
    if totals.slipped or totals.pulled_in:
        without = f"minus {counted(len(drift.holidays), 'holiday')}" if drift.holidays else "no holidays taken off"
        yield f"Days are calendar days; in brackets working days, Monday to Friday, {without}."
    if totals.names_cosmetic:
        yield (
            f"{counted(totals.names_cosmetic, 'name differs', 'names differ')} only in case, blanks, a full stop "
            'at the end or a leading "Test report:", and not counted as renamed.'
        )
    if totals.names_truncated:
        yield f"{counted(totals.names_truncated, 'name was', 'names were')} cut short, and not counted as renamed."
    if report.narrated or report.not_narrated:
        yield f"{counted(len(report.narrated), 'narrative')} given, {len(report.not_narrated):,} missing."
    for snapshot, end in ((drift.before, "before"), (drift.after, "after")):
        if snapshot.taking_part() and not tells_completion(snapshot):
            yield f"The source {end} says nothing about completion."


def not_used(rejects: Sequence[tuple[str, Reject]], *, both: bool = False) -> Section | None:
    """What was not used, each with its place and the whole reason."""
    if not rejects:
        return None
    points = []
    for end, reject in rejects:
        code = "" if reject.reason.startswith(reject.code or "") else reject.code
        place = ", ".join(filter(None, (end if both else "", reject.where, code)))
        points.append(f"{place}: {reject.reason}")
    return Section(f"Not used ({len(rejects):,})", points=tuple(points))


def _also(number: int, words: str) -> str:
    return f", {number:,} {words}" if number else ""


def _complete(drift: DriftReport) -> bool:
    return drift.before.complete and drift.after.complete


def _worst(drift: DriftReport) -> str:
    dated = [one for one in drift.milestones if one.due.calendar_days]
    if not dated:
        return ""
    ends = (max(dated, key=_days), min(dated, key=_days))
    shown = [one for one, sign in zip(ends, (1, -1), strict=True) if _days(one) * sign > 0]
    return ", ".join(f"{one.code} {moved(_days(one))}" for one in shown)


#: Questions that have no table of their own below.
_ASKED = (Question.HELD, Question.GONE, Question.SIDES_DIFFER)


def _waiting(report: MonthReport) -> Section | None:
    asked = [each for each in report.open_points if each.question in _ASKED]
    points = tuple(
        " ".join(filter(None, (each.code, each.key if each.question is Question.HELD else None)))
        + f", {QUESTIONS[each.question]}: {each.why}"
        for each in asked
    )
    return Section(f"Needs a decision ({len(asked):,})", points=points, alert=True) if asked else None


def _rewritten(report: MonthReport) -> Section | None:
    rows = [
        (row.code, day(one.completed.before), _completed(one.after), _later(one), row.name)
        for row in report.rows
        if (one := row.comparison).completion is Completion.REWRITTEN
    ]
    columns = (Column("code"), Column("was"), Column("is now"), Column("moved"), NAME)
    return table("Completion date rewritten", columns, rows)


def _reopened(report: MonthReport) -> Section | None:
    rows = [
        (row.code, _completed(one.before), day(one.due.after), row.name)
        for row in report.rows
        if (one := row.comparison).completion is Completion.REOPENED
    ]
    return table("Reopened", (Column("code"), Column("was completed"), Column("due"), NAME), rows)


def _unseen(drift: DriftReport) -> Section | None:
    if not drift.unseen:
        return None
    points = tuple(
        f"{one.milestone.code}, due {day(one.milestone.due)}: cannot be seen {ENDS[one.absent_from]}, {one.why}"
        for one in drift.unseen
    )
    return Section(f"Unseen on one side: neither added nor removed ({len(points):,})", points=points)


def _moves(report: MonthReport, direction: Direction, heading: str) -> Section | None:
    rows = [
        (
            row.code,
            day(one.due.before),
            day(one.due.after),
            moved_cell(_days(one), one.due.working_days),
            _why(row.differences),
            row.name,
        )
        for row in report.moves
        if (one := row.comparison).due.direction is direction
    ]
    columns = (
        Column("code"),
        Column("due before"),
        Column("due after"),
        Column("moved (working days)"),
        Column("because", drops=1),
        NAME,
    )
    return table(f"{heading}, largest first", columns, rows)


def _why(differences: Sequence[Difference]) -> str:
    causes = dict.fromkeys(CAUSES[each.cause] for each in differences if each.aspect == "due")
    return ", ".join(causes)


def _newly_completed(report: MonthReport) -> Section | None:
    rows = [
        (row.code, _completed(one.after), day(one.due.after), _against_due(one), row.name)
        for row in report.rows
        if (one := row.comparison).completion is Completion.NEWLY_COMPLETED
    ]
    columns = (Column("code"), Column("completed"), Column("due"), Column("against due"), NAME)
    return table("Newly completed", columns, rows)


def _one_sided(report: MonthReport, presence: Presence, heading: str) -> Section | None:
    rows = [
        (row.code, day(row.milestone.due), completed(row.milestone), row.name)
        for row in report.rows
        if row.comparison.presence is presence
    ]
    return table(heading, (Column("code"), Column("due"), Column("completed"), NAME), rows)


def _recoded(report: MonthReport) -> Section | None:
    rows = [(row.comparison.before_code or "", row.code, row.name) for row in report.rows if row.comparison.recoded]
    return table("Recoded", (Column("code before"), Column("code after"), NAME), rows)


def _renamed(report: MonthReport) -> Section | None:
    rows = tuple(
        (one.code, one.before_name or "(no name)", one.name or "(no name)")
        for one in report.drift.milestones
        if one.name_change is NameChange.CHANGED
    )
    columns = (Column("code"), Column("before"), Column("after"))
    return Section(f"Renamed ({len(rows):,})", columns, rows, stacked=True) if rows else None


def _wbs(report: MonthReport) -> Section | None:
    rows = [
        (row.code, one.wbs.before or "-", one.wbs.after or "-", row.name)
        for row in report.rows
        if (one := row.comparison).wbs_changed
    ]
    columns = (Column("code"), Column("WBS before"), Column("WBS after"), NAME)
    return table("Moved to another WBS element", columns, rows)


def _causes(report: MonthReport) -> Section | None:
    counts = report.attribution.counts()
    if not counts:
        return None
    rows: list[Cells] = [
        (
            ASPECTS[each.aspect],
            CAUSES[each.cause],
            f"{each.differences:,}",
            f"{each.slipped:,}" if each.slipped or each.pulled_in else "-",
            f"{each.pulled_in:,}" if each.slipped or each.pulled_in else "-",
        )
        for each in counts
    ]
    total = len(report.attribution.differences)
    rows.append(("all", "", f"{total:,}", "", ""))
    columns = (
        Column("what"),
        Column("why"),
        Column("differences", right=True),
        Column("later", right=True),
        Column("earlier", right=True),
    )
    return Section("Why it differs: every difference has one cause", columns, tuple(rows))


def _restated(report: MonthReport) -> Iterator[Section | None]:
    for restatement in report.restatements:
        before, after = restatement.before, restatement.after
        rows = [
            (one.code, what, was, now, one.name)
            for one in restatement.milestones
            for what, was, now in _restated_dates(one)
        ]
        columns = (Column("code"), Column("what"), Column("was"), Column("is now"), NAME)
        heading = f"Restated since it was first reported: {title(before)} to edition {after.edition}"
        yield table(heading, columns, rows)


def _restated_dates(one: Comparison) -> Iterator[tuple[str, str, str]]:
    if one.presence is not Presence.BOTH:
        yield "milestone", *(("-", one.presence) if one.before is None else ("there", one.presence))
        return
    for what, move in (("due", one.due), ("forecast", one.forecast), ("completed", one.completed)):
        if move.before != move.after:
            yield what, day(move.before), day(move.after)


def _overrides(report: MonthReport) -> Section | None:
    points = tuple(
        f"{one.code} {one.field.value}: {day(one.annotated)} in the annotations, {day(one.shown)} in the schedule"
        for one in report.overrides
    )
    if not points:
        return None
    note = "Dates kept by hand are shown beside the schedule's and never used instead."
    return Section(f"Annotations give other dates ({len(points):,})", notes=(note,), points=points)


def _checks(report: MonthReport) -> Iterator[Section]:
    after = report.drift.after
    if not after.taking_part():
        return
    points = tuple(
        f"{check.title}: {len(check.findings):,} of {counted(check.base, *_things(check))}. {check.rule}"
        if check.why_not is None
        else f"{check.title}: not checked. {check.why_not}"
        for check in report.checks
    )
    yield Section(f"Checks of {title(after)}", points=points)
    for check in report.checks:
        if check.findings:
            found = tuple(f"{each.code}: {each.words}; {each.name}" for each in check.findings)
            yield Section(f"{check.title} ({len(found):,})", points=found)


def _things(check: Check) -> tuple[str, str]:
    """The base of a check, of one and of many."""
    return check.base_words.replace("milestones", "milestone", 1), check.base_words


def _all(report: MonthReport) -> Section | None:
    rows = [
        (
            row.code,
            day(one.due.before, "" if one.before is None else "-"),
            day(one.due.after, "" if one.after is None else "-"),
            _state(one),
            _completed(one.after or one.before),
            row.name,
        )
        for row in report.rows
        if (one := row.comparison)
    ]
    columns = (
        Column("code"),
        Column("due before", drops=1),
        Column("due after"),
        Column("moved (working days)"),
        Column("completed", drops=2),
        NAME,
    )
    return table("All milestones, by code", columns, rows)


def _other_sources(report: MonthReport) -> Section | None:
    points = tuple(source_words(source.snapshot) for source in report.sources if source.role not in ("before", "after"))
    return Section(f"Other sources ({len(points):,})", points=points) if points else None


def source_words(snapshot: Snapshot) -> str:
    """A snapshot in one sentence: what it is, its data date, rows, file and hash."""
    rejects = f", {len(snapshot.rejects):,} not used" if snapshot.rejects else ""
    read = "" if snapshot.complete else ", NOT read completely"
    sha256 = f", sha256 {snapshot.sha256[:16]}" if snapshot.sha256 else ""
    when = f", data date {day(snapshot.data_date)}" if snapshot.data_date else ""
    return f"{title(snapshot)}{when}: {counted(snapshot.rows, 'row')} read{rejects}{read}, {snapshot.source}{sha256}"


def _state(one: Comparison) -> Cell:
    if one.presence is not Presence.BOTH:
        return Cell(one.presence.value)
    if one.due.calendar_days is None:
        return Cell("-")
    return moved_cell(one.due.calendar_days, one.due.working_days)


def _later(one: Comparison) -> str:
    days = one.completed.calendar_days
    return "date withdrawn" if days is None else f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def _against_due(one: Comparison) -> Cell:
    if one.completed.after is None or one.due.after is None:
        return Cell("-")
    days = (one.completed.after - one.due.after).days
    return moved_cell(days) if days else Cell("on the day")


def _completed(milestone: Milestone | None) -> str:
    return "" if milestone is None else completed(milestone)


def _days(one: Comparison) -> int:
    return one.due.calendar_days or 0
