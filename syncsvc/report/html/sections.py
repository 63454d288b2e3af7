"""What the sections of the page show, ready for the template: words and rows, no decision about any date."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from syncsvc.causes import Aspect, CauseCount
from syncsvc.checks import is_done
from syncsvc.compare import Comparison, Completion, DriftReport, Move, Presence
from syncsvc.model import Field, Side
from syncsvc.month_report import MonthReport, Row
from syncsvc.names import NameChange
from syncsvc.release_list import Annotations, ReleaseList, make_release_list
from syncsvc.report.html.charts import share_bar
from syncsvc.report.html.front import period_of
from syncsvc.report.html.table import standing_words
from syncsvc.report.html.terms import FIELDS, MEANINGS, NO_NAME, Moved, apart, moved, side_name
from syncsvc.report.words import ASPECTS, CAUSES, completed, day
from syncsvc.sides import ORDER, Agreement, SideDate

#: So many rows of a list stand open; the others are one click away, or in the full table where there are very many.
OPEN_ROWS: Final = 25
MOST_ROWS: Final = 500
_MOST_TOPS: Final = 120


class MoveLists(NamedTuple):
    """The moves: the first table, what is one click below it, and the small ones."""

    first: tuple[Row, ...]
    further: tuple[Row, ...]
    small: tuple[Row, ...]
    left_out: int


def move_lists(report: MonthReport) -> MoveLists:
    """All moves; where there are very many, those that only the full table shows are counted."""
    first = report.first_moves
    standing = {row.code for row in first}
    small = tuple(row for row in report.moves if row.code not in standing)
    further = first[OPEN_ROWS:]
    left_out = max(len(further) - MOST_ROWS, 0) + max(len(small) - MOST_ROWS, 0)
    return MoveLists(first[:OPEN_ROWS], further[:MOST_ROWS], small[:MOST_ROWS], left_out)


class CauseRow(NamedTuple):
    """One cause of an aspect."""

    words: str
    meaning: str
    cause: CauseCount
    bar: str


class AspectCauses(NamedTuple):
    """All causes of one aspect, and their sum."""

    words: str
    rows: tuple[CauseRow, ...]
    differences: int


def causes(report: MonthReport) -> tuple[AspectCauses, ...]:
    """Why the two ends differ; the sums add up to all differences."""
    counts = report.attribution.counts()
    most = max((count.differences for count in counts), default=0)
    groups = []
    for aspect in Aspect:
        found = [count for count in counts if count.aspect is aspect]
        if found:
            rows = tuple(
                CauseRow(CAUSES[count.cause], MEANINGS[count.cause], count, _bar(count, most)) for count in found
            )
            groups.append(AspectCauses(ASPECTS[aspect], rows, sum(count.differences for count in found)))
    return tuple(groups)


def _bar(count: CauseCount, most: int) -> str:
    same = count.differences - count.slipped - count.pulled_in
    return share_bar([("late", count.slipped), ("early", count.pulled_in), ("even", same)], most)


class Restated(NamedTuple):
    """A month that was issued again."""

    words: str
    rows: tuple[tuple[str, str, str, str, str], ...]  # code, name, what, first said, last says


def restatements(report: MonthReport) -> tuple[Restated, ...]:
    """What the last edition of a month says that its first one did not."""
    return tuple(Restated(_editions(drift), tuple(_restated(drift))) for drift in report.restatements)


def _editions(drift: DriftReport) -> str:
    first, last = drift.before, drift.after
    return f"{period_of(last, capital=True)}: edition {first.edition or 1} against edition {last.edition or 'the last'}"


def _restated(drift: DriftReport) -> Iterator[tuple[str, str, str, str, str]]:
    for one in drift.milestones:
        name = one.name or NO_NAME
        if one.presence is not Presence.BOTH:
            before, after = ("there", "gone") if one.presence is Presence.REMOVED else ("not there", "there")
            yield one.code, name, "milestone", before, after
            continue
        if one.due.before != one.due.after:
            yield one.code, name, "due", day(one.due.before, "no date"), day(one.due.after, "no date")
        if one.forecast.before != one.forecast.after:
            yield one.code, name, "forecast", day(one.forecast.before, "none"), day(one.forecast.after, "none")
        if one.completion is not None or one.completed.before != one.completed.after:
            yield one.code, name, "completed", _completed(one, before=True), _completed(one, before=False)
        if one.name_change is NameChange.CHANGED:
            yield one.code, name, "name", one.before_name or NO_NAME, one.name or NO_NAME
        if one.recoded:
            yield one.code, name, "code", one.before_code or "", one.code
        if one.wbs_changed:
            yield one.code, name, "WBS", one.wbs.before or "", one.wbs.after or ""


def _completed(one: Comparison, *, before: bool) -> str:
    milestone = one.before if before else one.after
    if milestone is None:
        return ""
    return completed(milestone) if is_done(milestone) else "open"


class SaidRow(NamedTuple):
    """One field of one milestone about which the sides do not agree."""

    code: str
    name: str
    field: str
    said: tuple[tuple[str, str, bool], ...]  # for each side the date, why there is none, and whether it is the odd one
    odd: str
    apart: Moved
    keys: str


class SidesView(NamedTuple):
    """The sides beside each other."""

    sides: tuple[str, ...]
    counts: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    rows: tuple[SaidRow, ...]
    milestones: int
    compared: int


def sides(report: MonthReport) -> SidesView | None:
    """Where the sides differ, and how often each is the odd one out."""
    found = report.sides
    if found is None:
        return None
    names = {row.code: row.name for row in report.rows}
    rows = tuple(
        SaidRow(
            row.code,
            names.get(row.code) or row.name or NO_NAME,
            FIELDS[standing.field],
            tuple((*_said(standing.dates.get(side)), side is standing.odd_one_out) for side in found.snapshots),
            standing_words(standing),
            apart(Move(None, None, standing.calendar_days, standing.working_days)),
            ", ".join(row.keys),
        )
        for row in found.differing
        for standing in row.standings
        if standing.agreement in {Agreement.ODD_ONE_OUT, Agreement.ALL_DIFFER}
    )
    return SidesView(
        tuple(side_name(side) for side in found.snapshots),
        tuple((FIELDS[name], tuple(_agreements(found.counts(name)))) for name in Field),
        rows,
        len(found.differing),
        found.compared,
    )


def _said(date_said: SideDate | None) -> tuple[str, str]:
    if date_said is None:
        return "", ""
    if date_said.why_not is not None:
        return "", date_said.why_not
    return day(date_said.value, "no date"), ""


def _agreements(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    yield "agree", counts[Agreement.AGREE.value]
    for side in ORDER:
        if f"odd_{side.value}" in counts and (side is not Side.PMCS or counts[f"odd_{side.value}"]):
            yield f"{side_name(side)} differs", counts[f"odd_{side.value}"]
    yield "all differ", counts[Agreement.ALL_DIFFER.value]
    yield "fewer than two can tell", counts[Agreement.NOT_COMPARED.value]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new, gone, renamed, recoded, moved in the WBS, and newly completed."""

    new: tuple[Row, ...]
    gone: tuple[Row, ...]
    completed: tuple[Row, ...]
    renamed: tuple[Row, ...]
    recoded: tuple[Row, ...]
    wbs: tuple[Row, ...]


def changes(report: MonthReport) -> Changes:
    """Rows of each sort, in order of code."""
    rows = report.rows
    return Changes(
        new=tuple(row for row in rows if row.comparison.presence is Presence.ADDED),
        gone=tuple(row for row in rows if row.comparison.presence is Presence.REMOVED),
        completed=tuple(row for row in rows if row.comparison.completion is Completion.NEWLY_COMPLETED),
        renamed=tuple(row for row in rows if row.comparison.name_change is NameChange.CHANGED),
        recoded=tuple(row for row in rows if row.comparison.recoded),
        wbs=tuple(row for row in rows if row.comparison.wbs_changed),
    )


def against_due(row: Row) -> Moved:
    """From the due date to the completion or the forecast."""
    return moved(row.against_due, same="on the day")


def release_list(report: MonthReport) -> tuple[ReleaseList, int]:
    """The test milestones of the later export under the names of this report, and how many of them are left out.

    Where there are very many only the open ones that are due first are drawn: a picture of thousands shows nothing.
    """
    names = {row.code: row.name for row in report.rows}
    annotations = Annotations(names=names)
    rules = report.rules
    listed = make_release_list(report.drift.after, annotations=annotations, top=rules.top, child=rules.child)
    shown = listed.milestones
    if len(shown) > _MOST_TOPS:
        still_open = [one for one in shown if one.completed is None and not one.completed_without_date]
        shown = tuple(still_open[:_MOST_TOPS]) or shown[:_MOST_TOPS]
    met = {one.code for top in shown for one in (top, *top.children)}
    overrides = tuple(each for each in report.overrides if each.code in met)
    return replace(listed, milestones=shown, overrides=overrides), len(listed.milestones) - len(shown)
