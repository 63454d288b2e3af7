"""The sheet Summary: what was compared, what needs a decision, and counts that follow the sheet Drift."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from syncsvc.model import Snapshot
from syncsvc.month_report import Light, MonthReport, name_period
from syncsvc.report.words import SIDES, counted
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.burn_sheet import BurnDown
from syncsvc.report.workbook.causes_sheet import Classes, draw_classes
from syncsvc.report.workbook.chart import size
from syncsvc.report.workbook.drift_sheet import TABLE, VERY_LATE_DAYS
from syncsvc.report.workbook.look import (
    ALERT,
    AMBER_FILL,
    AMBER_INK,
    COUNT,
    DATE,
    EARLY_FILL,
    EARLY_INK,
    FAINT,
    FAINT_INK,
    GOOD,
    HEAD,
    INK,
    LATE_FILL,
    LATE_INK,
    LINKED_CODE,
    PLAIN,
    QUIET,
    SECTION,
    SUBTITLE,
    TEXT,
    TITLE,
    VERY_LATE_FILL,
    Look,
)
from syncsvc.report.workbook.paint import when
from syncsvc.report.workbook.paper import Cell, Live, Paper, Put
from syncsvc.report.workbook.phrase import LIGHTS, QUESTIONS

_WIDTHS: Final = (30, 13, 13, 46, 2, 13, 13, 13, 13, 13, 13)
_TEXT_COLUMNS: Final = 4
_MOST_DECISIONS: Final = 8
_CHART_CM: Final = (16.4, 7.5)
_MEANING: Final = FAINT.but(indent=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One count of the front page, and the formula that counts it in the table Drift again."""

    name: str
    value: int | None
    formula: str
    words: str


def write_summary(
    book: Book, report: MonthReport, classes: Classes, burn_down: BurnDown, *, opened: bool = True
) -> None:
    """Write the sheet; `opened`: it is the one that is shown first."""
    paper = book.paper("Summary", _WIDTHS)
    paper.sheet.sheet_view.tabSelected = opened
    after, before = report.drift.after, report.drift.before
    paper.put(f"Milestone drift, {name_period(after)}", look=TITLE)
    paper.put(" · ".join(filter(None, (report.project, f"compared with {name_period(before)}"))), look=SUBTITLE)
    said, look = _completeness(report)
    paper.put(said, look=look)
    paper.skip()
    dates_row = _write_ends(paper, before, after)
    _write_decisions(paper, report)
    _write_figures(paper, report, dates_row)
    paper.section("For the change record of a published document")
    paper.put(report.change_record)
    _write_guide(paper, report)
    paper.on_one_page()
    wide, high = _CHART_CM
    bars = draw_classes(classes)
    size(bars, wide_cm=wide, high_cm=high)
    paper.draw(bars, "F4")
    paper.draw(burn_down.chart(wide_cm=wide, high_cm=high), "F19")


def _completeness(report: MonthReport) -> tuple[str, Look]:
    unused = sum(len(source.snapshot.rejects) for source in report.sources)
    if not report.complete:
        which = ", ".join(_called(s.snapshot) for s in report.sources if not s.snapshot.complete)
        return f"NOT every source was read completely ({which}): what is absent there is unseen, not gone.", ALERT
    if unused:
        return (
            f"Every source was read completely; {counted(unused, 'entry was', 'entries were')} not used: see Sources.",
            ALERT,
        )
    return "Every source was read completely, and every row was used.", GOOD


def _write_ends(paper: Paper, before: Snapshot, after: Snapshot) -> int:
    """What is compared; the number of the row of data dates."""
    head = HEAD.but(wrap=False)
    paper.put(
        Put("What is compared", head),
        Put("Compared with", head),
        Put(None, head),
        Put("This report", HEAD.but(wrap=False, indent=1)),
    )
    faint, left, right = QUIET, TEXT, TEXT.but(indent=1)
    paper.put(Put("Source", faint), Put(_file(before), left), Put(None, left), Put(_file(after), right))
    paper.put(Put("Period", faint), Put(_period(before), left), Put(None, left), Put(_period(after), right))
    was, now = (before.data_date or "not known", after.data_date or "not known")
    date = DATE.but(across="left")
    row = paper.put(Put("Data date", faint), Put(was, date), Put(None, left), Put(now, date.but(indent=1)))
    count = COUNT.but(across="left", indent=0)
    of_before, of_after = len(before.taking_part()), len(after.taking_part())
    paper.put(Put("Milestones", faint), Put(of_before, count), Put(None, left), Put(of_after, count.but(indent=1)))
    return row


def _write_decisions(paper: Paper, report: MonthReport) -> None:
    decisions = report.open_points
    paper.section(f"Needs a decision ({len(decisions):,})" if decisions else "Needs a decision")
    if not decisions:
        paper.put("Nothing waits for a decision.", look=GOOD)
        return
    for at, decision in enumerate(decisions[:_MOST_DECISIONS]):
        paper.put(
            Put(decision.code, LINKED_CODE, to=f"Decisions!B{at + 2}"),
            Put(QUESTIONS[decision.question], TEXT),
            Put(None, TEXT),
            Put(_shortly(decision.name), QUIET.but(indent=1)),
        )
    rest = len(decisions) - _MOST_DECISIONS
    more = f"{rest:,} more, and the" if rest > 0 else "The"
    words = f"{more} reason for each, on the sheet Decisions"
    paper.put(Put(words, FAINT.but(underlined=True), to="Decisions!A1"))


def _write_figures(paper: Paper, report: MonthReport, dates_row: int) -> None:
    figures = [each for each in _figures(report, dates_row) if each.value is not None]
    paper.section("Counts")
    head = paper.put(
        Put("Milestones", HEAD), Put("As reported", HEAD.but(across="right", wrap=False)),
        Put("In Drift now", HEAD.but(across="right", wrap=False)), Put("What is counted", HEAD.but(indent=1)),
    )  # fmt: skip
    for each in figures:
        paper.put(
            Put(each.name, TEXT.but(bold=True)),
            Put(each.value, COUNT),
            Put(Live(each.formula, each.value or 0), COUNT.but(ink=FAINT_INK)),
            Put(each.words, QUIET.but(indent=1)),
        )
    first = head + 1
    paper.paint(
        f"C{first}:C{paper.row_number}", when(f"C{first}<>B{first}", ink=LATE_INK, fill=VERY_LATE_FILL, bold=True)
    )


def _figures(report: MonthReport, dates_row: int) -> Iterator[Figure]:
    """The counts of the report; `dates_row` is where the data dates stand: B before, D after."""
    counts, totals = report.counts, report.drift.totals
    yield Figure("On both sides", totals.both, _count("Stands in", "both"), "stand in both sources")
    yield Figure("Gone", counts.gone, _count("Stands in", "gone"), "stood in the older source only")
    yield Figure("New", counts.new, _count("Stands in", "new"), "stand in the newer source only; they have no slip")
    yield Figure("Slipped", counts.slipped, _count("Change", "slipped"), "due later than before")
    yield Figure("Pulled in", counts.pulled_in, _count("Change", "pulled in"), "due earlier than before")
    yield Figure("Unchanged", counts.unchanged, _count("Change", "unchanged"), "due on the same day as before")
    yield Figure(
        "Without a due date",
        totals.undated or None,
        _count("Change", "no date"),
        "on both sides, undated on one of them at least",
    )
    yield Figure(
        "Newly completed", counts.newly_completed, _count("Completion", "newly completed"), "completed now, open before"
    )
    yield Figure(
        "Completion rewritten",
        counts.completed_rewritten,
        _count("Completion", "rewritten"),
        "completed before, and on another day now",
    )
    yield Figure("Reopened", counts.reopened or None, _count("Completion", "reopened"), "completed before, open now")
    yield Figure("Renamed", totals.renamed, _count("Also changed", "*renamed*"), "names that really changed")
    yield Figure("Recoded", totals.recoded or None, _count("Also changed", "*recoded*"), "stand under another code now")
    yield Figure(
        "WBS changed", totals.wbs_changed or None, _count("Also changed", "*WBS*"), "moved to another WBS element"
    )
    all_now = f"{_count('Stands in', 'both')}+{_count('Stands in', 'new')}"
    yield Figure("All milestones now", counts.total, all_now, "in the newer source")
    yield Figure("Completed", counts.completed, _count("Light", "completed"), "of all milestones now")
    late = f"{_count('Light', 'late')}+{_count('Light', 'overdue')}"
    yield Figure("Late or overdue", counts.late, late, "open, and late against the due date at the data date")
    yield Figure("Overdue", counts.overdue, _count("Light", "overdue"), "open, and due on or before the data date")
    for name, value, column, words in (
        ("Due in the period", counts.due_in_period, "Due now", "due after the older data date, up to the newer"),
        (
            "Completed in the period",
            counts.completed_in_period,
            "Completed",
            "completed in that time, whatever their due date",
        ),
    ):
        cells = f"{TABLE}[{column}]"
        formula = f'COUNTIFS({cells},">"&$B${dates_row},{cells},"<="&$D${dates_row})'
        yield Figure(name, value, formula, words)


def _count(column: str, word: str) -> str:
    return f'COUNTIFS({TABLE}[{column}],"{word}")'


def _write_guide(paper: Paper, report: MonthReport) -> None:
    """How to read the workbook, and beside it what colours and signs mean."""
    paper.skip()
    paper.put(*_beside(Put("How to read this workbook", SECTION), (Put("Legend", SECTION),)))
    least = counted(report.rules.first_table_days, "calendar day")
    lines = [
        line
        for text in (
            "Drift holds every milestone, the largest move first. Columns with a grey head are not printed.",
            '"In Drift now" is counted live from the table Drift; it is red where it no longer is what was reported.',
            "Later and earlier: the newer source against the older one. Late and early: the end against the due date.",
            f"Moves of more than {least} are tinted; smaller ones are listed and counted all the same.",
            "Working days are Monday to Friday; the sheet Sources names the holidays taken off.",
            "Causes explains the differences, Changes lists them, Trend shows every reporting date.",
            "Checks tests the newer source by itself, Narratives says why and what is done about it.",
            "Sources says what all of it rests on.",
        )
        for line in paper.broken(text, columns=_TEXT_COLUMNS)
    ]
    for line, legend in zip_longest(lines, _legend(report)):
        paper.put(*_beside(line, legend or ()))


def _beside(left: Cell, right: Sequence[Cell]) -> tuple[Cell, ...]:
    return (left, *(None for _ in range(_TEXT_COLUMNS)), *right)


def _legend(report: MonthReport) -> Iterator[tuple[Cell, ...]]:
    tints = {
        Light.OVERDUE: (LATE_INK, VERY_LATE_FILL),
        Light.LATE: (AMBER_INK, AMBER_FILL),
        Light.COMPLETED: (EARLY_INK, None),
        Light.GONE: (FAINT_INK, None),
    }
    for light, (word, sign, meaning) in LIGHTS.items():
        ink, fill = tints.get(light, (INK, None))
        words = meaning.format(on_time_days=report.rules.on_time_days)
        yield Put(word, PLAIN.but(form=f'"{sign} "@', ink=ink, fill=fill)), Put(words, _MEANING)
    least = report.rules.first_table_days
    for days, ink, fill in (
        (VERY_LATE_DAYS, LATE_INK, VERY_LATE_FILL),
        (least, LATE_INK, LATE_FILL),
        (-least, EARLY_INK, EARLY_FILL),
    ):
        way = "later" if days > 0 else "earlier"
        words = f"moved {way} by more than {counted(abs(days), 'calendar day')}"
        yield Put(way, PLAIN.but(ink=ink, fill=fill)), Put(words, _MEANING)


def _called(snapshot: Snapshot) -> str:
    return " ".join(filter(None, (SIDES[snapshot.side], name_period(snapshot))))


def _period(snapshot: Snapshot) -> str:
    edition = f", edition {snapshot.edition}" if snapshot.edition is not None else ""
    return f"{name_period(snapshot)}{edition}"


def _file(snapshot: Snapshot) -> str:
    """The last part of the path or address."""
    return snapshot.source.rstrip("/\\").replace("\\", "/").rpartition("/")[2] or snapshot.source


def _shortly(name: str) -> str:
    return name if len(name) <= 52 else f"{name[:49].rstrip()}..."
