"""Drift reports to render: a small one with everything in it, and one whose every text is hostile."""

from dataclasses import replace
from datetime import date

from syncsvc.model import (
    Change,
    DriftKind,
    Field,
    Hold,
    Milestone,
    Mode,
    Narrative,
    Outcome,
    Plan,
    Receipt,
    Reject,
    RunResult,
    Side,
    Snapshot,
)
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.release_list import Annotations
from tests.builders import NOON, export, issue, link, milestone, tracked
from tests.hostile import NAMES

MAY, JUNE, JULY, AUGUST = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31), date(2019, 8, 30)
APRIL = date(2019, 4, 15)


def month(period: str, edition: int, *milestones: Milestone, end: date, source: str = "") -> Snapshot:
    made = export(*milestones, period=period, data_date=end)
    number = int(period[-2:]) * 10 + edition
    return replace(made, edition=edition, id=number, source=source or made.source)


def full_report(name: str = "", run: bool = True) -> MonthReport:
    """Two months with editions, all sides, a run that wrote and held, annotations; `name` instead of every text."""

    def called(code: str, words: str) -> str:
        return name or f"{words} of {code}"

    def row(code: str, due: date | None, completed: date | None = None, words: str = "Name") -> Milestone:
        made = milestone(code, due, completed, name=called(code, words))
        return replace(made, forecast=due, wbs=name or "02C.03", predecessors=("DM-2",) if code == "LDM-503-01" else ())

    end = date(2019, 3, 31)
    first = month("2019-03", 1, row("DM-1", MAY), row("DM-2", MAY), end=end)
    before = month(
        "2019-03",
        2,
        *(row("DM-1", MAY), row("DM-2", JUNE), row("DM-3", MAY, APRIL), row("DM-4", MAY, APRIL), row("DM-5", MAY)),
        *(row("DM-6", MAY), row("LDM-503-01", APRIL), row("DM-9", MAY)),
        end=end,
    )
    source = f"/exports/{name}.xlsx" if name else ""
    after = month(
        "2019-04",
        1,
        *(row("DM-1", AUGUST), row("DM-2", MAY), row("DM-3", MAY, MAY), row("DM-4", MAY), row("DM-6", MAY, APRIL)),
        *(row("LDM-503-01", APRIL, APRIL), row("DM-8", JULY, words="New"), row("DM-90", MAY)),
        end=date(2019, 4, 30),
        source=source,
    )
    after = replace(after, rejects=(Reject(name or "TASK row 9", "DM-10", name or "the date cannot be read"),))
    published = replace(
        export(row("DM-1", AUGUST), row("DM-2", JULY), row("DM-5", MAY)),
        side=Side.PUBLISHED,
        kind=None,
        connector="ldm",
    )
    jira = tracked(issue("DM-11", JUNE), replace(issue("DM-12", MAY), url="https://jira.example.org/browse/DM-12"))
    links = (link("DM-1", "DM-11", fields=[Field.DUE]), link("DM-2", "DM-12", fields=[Field.DUE]))
    return make_month_report(
        before,
        after,
        prepared_at=NOON,
        beside=Beside(
            before_editions=(first, before),
            after_editions=(after,),
            history=(first, before, after),
            jira=jira,
            published=published,
            links=links,
            aliases={"DM-90": "DM-9"},
            annotations=Annotations(dates={("DM-1", Field.DUE): JUNE}),
            narratives=narratives(name),
            project=name or "Test site",
            run=run_result(name) if run else None,
        ),
    )


def narratives(name: str = "") -> list[Narrative]:
    """One that repeats the month before, one of another month, and one of a milestone that needs none."""
    why, action = name or "The contract was signed late", name or "Work in parallel"
    return [
        Narrative("DM-1", "2019-03", why, action, name or "A. Lead", NOON),
        Narrative("DM-1", "2019-04", why, action, name or "A. Lead", NOON),
        Narrative("DM-2", "2019-03", "Of another month", actor="A. Lead", at=NOON),
        Narrative("DM-8", "2019-04", name or "New in the plan", actor=name or "B. Lead", at=NOON),
    ]


def run_result(name: str = "") -> RunResult:
    """A run that wrote one date, failed with another and holds a third."""
    wrote, failed = (
        Change("DM-1", Side.JIRA, "DM-11", "1", Field.DUE, JUNE, AUGUST, DriftKind.OWNER_MOVED, JUNE),
        Change("DM-2", Side.JIRA, "DM-12", "2", Field.DUE, MAY, JUNE, DriftKind.OWNER_MOVED, MAY),
    )
    why = name or "somebody set another date in Jira"
    hold = Hold("DM-3", "DM-13", Field.DUE, DriftKind.FOLLOWER_EDITED, MAY, JUNE, MAY, why)
    plan = Plan("p-123456", Mode.AUTO, (wrote, failed), (hold,), {"in_sync": 3}, (), (), {}, NOON, NOON)
    receipts = (
        Receipt(wrote, Outcome.APPLIED, confirmed=True),
        Receipt(failed, Outcome.FAILED, name or "Jira answered 500"),
    )
    problems = (name or "201812-ME.xls: truncated",)
    return RunResult(12, "nightly", Mode.AUTO, NOON, NOON, 6, plan, receipts=receipts, problems=problems)


def hostile_reports() -> list[MonthReport]:
    """One for each hostile name."""
    return [full_report(name) for name in NAMES if name.strip()]
