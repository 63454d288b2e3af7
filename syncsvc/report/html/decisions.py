"""What a person has to look at, by sort, with the dates that are at issue and what to do about them."""

from collections.abc import Sequence
from typing import NamedTuple

from syncsvc.model import DriftKind
from syncsvc.month_report import MonthReport, OpenPoint, Question
from syncsvc.report.holds import HOLDS
from syncsvc.report.html.terms import FIELDS, NO_NAME, TO_DO, Moved, apart, between
from syncsvc.report.words import QUESTIONS, day

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
    for decision in report.open_points:
        groups.setdefault(_capital(QUESTIONS[decision.question]), []).append(_asked(decision, report))
    return tuple(_group(words, rows) for words, rows in groups.items())


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _group(words: str, rows: Sequence[Asked]) -> AskedGroup:
    told = {row.to_do for row in rows}
    if len(told) > 1:
        return AskedGroup(words, (), tuple(rows))
    return AskedGroup(words, told.pop(), tuple(row._replace(to_do=()) for row in rows))


def _asked(decision: OpenPoint, report: MonthReport) -> Asked:
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
