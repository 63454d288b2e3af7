"""The front of the page: what was compared, the figures (each filters the full table), what was not read."""

from collections.abc import Iterator
from typing import NamedTuple

from syncsvc.compare import tells_completion
from syncsvc.model import Snapshot
from syncsvc.month_report import MonthReport, name_period
from syncsvc.report.html.terms import file_name, moved
from syncsvc.report.words import SIDES, counted, day


class Tile(NamedTuple):
    """One figure; None where the sources cannot tell it. `tokens` filter the full table, `note` says what it counts."""

    number: int | None
    words: str
    tokens: str
    tone: str = ""
    note: str = ""


class End(NamedTuple):
    """One of the two that are compared."""

    role: str
    name: str
    facts: tuple[tuple[str, str], ...]


def period_of(snapshot: Snapshot, *, capital: bool = False) -> str:
    """ "month end April 2019"; a snapshot without period is called by its side and day."""
    words = name_period(snapshot)
    if snapshot.period is None:
        words = f"{SIDES[snapshot.side]} {words}"
    return words[0].upper() + words[1:] if capital else words


def ends(report: MonthReport) -> tuple[End, End]:
    """The file that is reported, and the one it is compared with."""
    drift = report.drift
    return _end("This report", drift.after), _end("Compared with", drift.before)


def _edition(snapshot: Snapshot) -> str:
    if snapshot.edition is not None:
        return str(snapshot.edition)
    return "not numbered" if snapshot.connector else "not numbered (a bare file)"


def _end(role: str, snapshot: Snapshot) -> End:
    facts = (
        ("File", file_name(snapshot)),
        ("Data date", day(snapshot.data_date, "not known")),
        ("Edition", _edition(snapshot)),
        ("Milestones", f"{len(snapshot.taking_part()):,}"),
    )
    return End(role, period_of(snapshot, capital=True), facts)


class Lead(NamedTuple):
    """One sentence that says the most; a code in it stands by itself, since it may run from right to left."""

    begin: str
    code: str = ""
    end: str = ""


def lead(report: MonthReport) -> Lead:
    """How many due dates moved, and which of them furthest."""
    totals = report.drift.totals
    moves = report.moves
    if not report.rows:
        return Lead("There are no milestones on either side.")
    if not moves:
        return Lead(f"No due date moved among the {counted(totals.both, 'milestone')} that both sides show.")
    widest = moves[0]
    words = moved(widest.comparison.due)
    return Lead(
        f"{len(moves):,} of {counted(totals.both - totals.undated, 'due date')} moved: {totals.slipped:,} later, "
        f"{totals.pulled_in:,} earlier. The widest move is",
        widest.code,
        f": {words.lead} ({words.rest}).",
    )


def standing_tiles(report: MonthReport) -> tuple[Tile, ...]:
    """How the milestones of the later export stand at its data date."""
    counts = report.counts
    return (
        Tile(counts.total, "milestones", "here"),
        Tile(counts.completed, "completed", "completed", "done"),
        Tile(counts.due_in_period, "due in the period", "due-in-period"),
        Tile(counts.completed_in_period, "completed in the period", "done-in-period", "done"),
        Tile(counts.late, "late or overdue", "late overdue", "late"),
        Tile(counts.overdue, "overdue", "overdue", "late"),
    )


def change_tiles(report: MonthReport) -> tuple[Tile, ...]:
    """What changed since the export before."""
    counts = report.counts
    return (
        Tile(counts.slipped, "slipped", "slipped", "late"),
        Tile(counts.pulled_in, "pulled in", "pulled-in", "early"),
        Tile(counts.unchanged, "unchanged", "unchanged"),
        Tile(counts.new, "new", "new"),
        Tile(counts.gone, "gone", "gone", "alert"),
        Tile(counts.newly_completed, "newly completed", "newly-completed", "done"),
        Tile(counts.reopened, "reopened", "reopened", "alert"),
        Tile(counts.completed_rewritten, "completion rewritten", "rewritten", "alert"),
    )


def period_words(report: MonthReport) -> str:
    """From which day to which the period runs, or that it cannot be told."""
    start, end = report.drift.before.data_date, report.drift.after.data_date
    if start is None or end is None:
        return "The period cannot be told: a data date is not known."
    if start >= end:
        why = "Both have the same data date" if start == end else "The export compared with is the later one"
        return f"{why}, so there is no period to count in."
    return f"The period runs from the day after {day(start)} to {day(end)}, the two data dates."


def incomplete(report: MonthReport) -> tuple[str, ...]:
    """The sources that were not read completely."""
    return tuple(file_name(source.snapshot) for source in report.sources if not source.snapshot.complete)


def completeness(report: MonthReport) -> str:
    """One line: whether every source was read completely, and what of it was not used."""
    rejects = sum(len(source.snapshot.rejects) for source in report.sources)
    every = f"{'Both' if len(report.sources) == 2 else f'All {len(report.sources)}'} sources were read completely"
    if incomplete(report):
        every = "NOT every source was read completely"
    used = "every row was used" if not rejects else f"{counted(rejects, 'entry', 'entries')} not used"
    return f"{every}; {used}."


def alerts(report: MonthReport) -> Iterator[str]:
    """What a reader has to know before any figure."""
    for name in incomplete(report):
        yield f"{name} was not read completely: what is absent there is unseen, not gone."
    if unseen := report.drift.totals.unseen:
        yield f"{counted(unseen, 'milestone')} cannot be seen on one side: neither new nor gone."
    for snapshot in (report.drift.before, report.drift.after):
        if snapshot.taking_part() and not tells_completion(snapshot):
            yield f"{file_name(snapshot)} says nothing about completion."
    run = report.run
    if run is None:
        return
    for violation in run.plan.violations if run.plan else ():
        yield f"Run {run.run} was stopped by the limit {violation.limit}: {violation.why}"
    yield from run.problems
