"""What the sections of the page show, ready for the template: words and rows, no decision about any date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from syncsvc.causes import Aspect, CauseCount
from syncsvc.checks import Check, is_done
from syncsvc.compare import Comparison, Completion, DriftReport, Move, Presence
from syncsvc.model import MILESTONE_KINDS, DriftKind, Field, MilestoneKind, Side
from syncsvc.month_report import Decision, MonthReport, Question, Row
from syncsvc.names import NameChange
from syncsvc.release_list import Annotations, ReleaseList, make_release_list
from syncsvc.report.holds import HOLDS
from syncsvc.report.html.charts import share_bar
from syncsvc.report.html.front import period_of
from syncsvc.report.html.table import standing_words
from syncsvc.report.html.terms import (
    FIELDS,
    MEANINGS,
    NO_NAME,
    TO_DO,
    Moved,
    apart,
    between,
    file_name,
    moved,
    side_name,
)
from syncsvc.report.words import ASPECTS, CAUSES, OUTCOMES, QUESTIONS, completed, day, ended
from syncsvc.sides import ORDER, Agreement, SideDate

#: So many rows of a list stand open; the others are one click away, or in the full table where there are very many.
OPEN_ROWS: Final = 25
MOST_ROWS: Final = 500
_MOST_TOPS: Final = 120


Told = tuple[tuple[str, bool], ...]  # parts of a sentence, and which of them are commands


class Asked(NamedTuple):
    """One row of what needs a decision."""

    code: str
    name: str
    field: str
    dates: tuple[tuple[str, str], ...]  # whose date, and the date
    apart: Moved
    key: str
    why: str
    to_do: Told


class AskedGroup(NamedTuple):
    """The decisions of one sort; `to_do` is what holds for all of them, and then stands in none of the rows."""

    words: str
    to_do: Told
    rows: tuple[Asked, ...]


def decisions(report: MonthReport) -> tuple[AskedGroup, ...]:
    """What a person has to look at, in the order of the report, by sort."""
    groups: dict[str, list[Asked]] = {}
    for decision in report.decisions:
        groups.setdefault(_capital(QUESTIONS[decision.question]), []).append(_asked(decision, report))
    return tuple(_group(words, rows) for words, rows in groups.items())


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _group(words: str, rows: Sequence[Asked]) -> AskedGroup:
    told = {row.to_do for row in rows}
    if len(told) > 1:
        return AskedGroup(words, (), tuple(rows))
    return AskedGroup(words, told.pop(), tuple(row._replace(to_do=()) for row in rows))


def _asked(decision: Decision, report: MonthReport) -> Asked:
    before, after = decision.before, decision.after
    dates: tuple[tuple[str, str], ...] = ()
    move = between(before, after, report.drift.holidays)
    words = Moved("")
    if decision.question is Question.HELD:
        dates = (("Jira", day(before, "no date")), ("PMCS", day(after, "no date")))
        words = apart(move)
    elif decision.question in {Question.COMPLETION_REWRITTEN, Question.REOPENED}:
        dates = (("was", day(before, "no date")), ("is now", day(after, "no date")))
        words = apart(move)
    elif decision.question is Question.SIDES_DIFFER and (before or after):
        # The report names the odd one out first; days lead from the others to it.
        dates = (("differs", day(before, "no date")), ("others", day(after, "no date")))
        words = apart(between(after, before, report.drift.holidays))
    return Asked(
        decision.code,
        decision.name or NO_NAME,
        FIELDS[decision.field] if decision.field else "",
        dates,
        words,
        decision.key or "",
        decision.why,
        _to_do(decision.question, decision.hold),
    )


def _to_do(question: Question, hold: DriftKind | None) -> Told:
    words = f"{HOLDS[hold].to_do}." if question is Question.HELD and hold in HOLDS else TO_DO[question]
    return tuple((part, at % 2 == 1) for at, part in enumerate(words.split("`")) if part)


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
    judged: tuple[tuple[str, str, str, str], ...]  # hand-overs whose state changed: code, key, date, what became of it


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
        tuple(
            (each.proposal.code, each.proposal.key, day(each.proposal.value), each.words) for each in result.proposals
        ),
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
