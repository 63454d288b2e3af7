"""Reports with a history: a year with all that can happen in it, names in every text that would steer, many rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from syncsvc.model import (
    Change,
    DriftKind,
    Field,
    Hold,
    Milestone,
    Mode,
    Outcome,
    Plan,
    Receipt,
    Reject,
    RunResult,
    Side,
    Snapshot,
    Status,
    Violation,
)
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.release_list import Annotations
from syncsvc.trend import month_end
from tests.builders import NOON, change, export, issue, link, milestone, tracked
from tests.hostile import NAMES

HOSTILE = (*NAMES[:-1], "javascript:alert(3)", "' onmouseover='alert(1)", "</script><script>alert(2)</script>")


def month(period: str, *milestones: Milestone, edition: int | None = None, kind: str = "ME") -> Snapshot:
    """A month's export with its data date at the end of the month."""
    day = month_end(date.fromisoformat(f"{period}-01"))
    made = export(*milestones, data_date=day, period=period)
    return replace(made, edition=edition, kind=kind, sha256=(f"{period}{edition or 0}".replace("-", "") * 10)[:64])


def forecast(one: Milestone, day: date) -> Milestone:
    """The same milestone with a forecast."""
    return replace(one, forecast=day)


def rows(number: int) -> MonthReport:
    """So many milestones, each moved by a week."""
    due = date(2019, 6, 3)
    before = [milestone(f"DM-T-{at}", due, name=f"Milestone {at}") for at in range(1, number + 1)]
    after = [replace(one, due=due + timedelta(days=7)) for one in before]
    return make_month_report(month("2019-03", *before), month("2019-04", *after), prepared_at=NOON)


def hostile() -> MonthReport:
    """Every text that a source can give tries to become something else."""
    due = date(2019, 1, 31)
    after = [
        replace(
            milestone(f"{'LDM-503-' if at % 2 else 'DM-'}{at}{text[:40]}", due + timedelta(days=30 * at), name=text),
            due_column=text,
            wbs=text,
            where=text,
            predecessors=(text,),
            url="javascript:alert(1)",
        )
        for at, text in enumerate(HOSTILE)
    ]
    before = [replace(one, due=due, name=f"{one.name} before", wbs="02C") for one in after[1:]]
    last = replace(
        month("2019-04", *after),
        source="/exports/<b>\u202ebold</b>.xls",
        sha256='"><b>',
        complete=False,
        rejects=(Reject(HOSTILE[0], f"DM-{HOSTILE[1]}", HOSTILE[2]),),
    )
    links = [replace(link(after[1].code, "DM-1"), key=HOSTILE[0])]
    jira = tracked(replace(issue(HOSTILE[0], due), url="javascript:alert(1)"))
    return make_month_report(
        month("2019-03", *before),
        last,
        prepared_at=NOON,
        beside=Beside(
            project=HOSTILE[0],
            links=links,
            jira=jira,
            annotations=Annotations(dates={(after[0].code, Field.DUE): date(2020, 1, 1)}),
        ),
    )


def story() -> MonthReport:
    """A year with two missing months, editions, re-baselines, a completion, Jira, the document and a run with holds."""
    history = _history()
    before, after = history[-3], history[-1]
    issues = [
        issue("DM-11", date(2019, 8, 30)),
        issue("DM-12", date(2019, 7, 1), date(2019, 4, 2)),
        replace(issue("DM-13", date(2019, 9, 30)), url="https://jira.example.org/browse/DM-13"),
    ]
    links = [
        link("LDM-503-06", "DM-11"),
        link("DM-AP-7", "DM-12"),
        link("DM-DRP-10", "DM-13"),
        link("DM-GONE-1", "DM-14"),
    ]
    published = replace(
        month("2019-03", *(replace(one, due=date(2019, 7, 31)) for one in after.milestones[:2])),
        side=Side.PUBLISHED,
        source="/documents/LDM-564.txt",
        connector="",
        kind=None,
    )
    return make_month_report(
        before,
        after,
        prepared_at=NOON,
        beside=Beside(
            before_editions=history[-3:-2],
            after_editions=history[-2:],
            history=history,
            jira=tracked(*issues, asked=[each.key for each in links], missing=["DM-14"]),
            published=published,
            links=links,
            aliases={"LDM-503-6": "LDM-503-06"},
            annotations=Annotations(dates={("LDM-503-09", Field.DUE): date(2019, 12, 1)}),
            holidays=[date(2018, 12, 25), date(2019, 1, 1)],
            project="LSST Data Management",
            run=_run(),
        ),
    )


def _history() -> list[Snapshot]:
    moves = {"2018-09": 0, "2018-12": 91, "2019-02": 91, "2019-04": 120}
    periods = ["2018-05", "2018-06", "2018-07", "2018-08", "2018-09", "2018-12", "2019-01", "2019-02", "2019-03"]
    made, moved = [], 0
    for period in periods:
        moved = moves.get(period, moved)
        made.append(month(period, *_milestones(period, moved), milestone("DM-GONE-1", date(2019, 6, 3)), edition=1))
    first = month("2019-04", *_milestones("2019-04", 100), edition=1)
    last = month("2019-04", *_milestones("2019-04", 120), milestone("DM-NEW-1", date(2020, 2, 3)), edition=2)
    return [*made, first, last]


def _milestones(period: str, moved: int) -> Sequence[Milestone]:
    later = timedelta(days=moved)
    done = date(2019, 1, 17) if period >= "2019-01" else None
    code, name = ("LDM-503-06", "Interface verification") if period >= "2019-04" else ("LDM-503-6", "Verification")
    ends = date(2019, 4, 12) if period >= "2019-04" else None
    rewritten = date(2018, 4, 30) if period >= "2019-04" else date(2018, 3, 30)
    return (
        forecast(milestone(code, date(2019, 5, 1) + later, name=name), date(2019, 6, 3) + later * 2),
        milestone("LDM-503-07", date(2019, 2, 1), done, name="Camera data processing"),
        forecast(milestone("LDM-503-09", date(2019, 11, 5), name="Ops rehearsal"), date(2019, 11, 6)),
        milestone("DM-AP-7", date(2019, 4, 1), ends, name="Instrument signature removal"),
        forecast(milestone("DM-DRP-10", date(2018, 11, 30) + later * 2, name="Optical ghosts"), date(2021, 1, 4)),
        replace(
            milestone("DM-NET-1", date(2018, 3, 1), rewritten, name="Base LAN"),
            wbs="02C.08" if period >= "2019-04" else "02C.00",
        ),
        replace(milestone("DM-SUIT-1", None, name="No date"), status=Status.NOT_STARTED),
    )


def _run() -> RunResult:
    changes: tuple[Change, ...] = (
        change("DM-11", Field.DUE, date(2019, 4, 1), date(2019, 8, 29), code="LDM-503-06"),
        change("DM-13", Field.DUE, date(2019, 4, 1), date(2019, 7, 28), code="DM-DRP-10"),
        change("DM-12", Field.DUE, date(2019, 7, 1), date(2019, 4, 1), code="DM-AP-7"),
    )
    why = "Jira was edited; PMCS still says what both had agreed on."
    due = date(2019, 8, 29), date(2019, 8, 30)
    held = Hold("LDM-503-06", "DM-11", Field.DUE, DriftKind.FOLLOWER_EDITED, *due, None, why)
    violation = Violation("max_change_percent", 40.0, 25, "40 % of the links would change, 25 % are allowed.")
    plan = Plan("p-3f9c", Mode.REVIEW, changes, (held,), {}, (violation,), (), {}, NOON, NOON)
    receipts = (
        Receipt(changes[0], Outcome.APPLIED, confirmed=True),
        Receipt(changes[1], Outcome.FAILED, "The read-back still shows 2019-04-01."),
    )
    problems = ("published: the document could not be read again.",)
    return RunResult(12, "nightly", Mode.REVIEW, NOON, NOON, 4, plan, receipts=receipts, problems=problems)


def thousands(number: int, months: int) -> MonthReport:
    """So many milestones in so many months, a twentieth of them moving each month."""
    periods = [f"{2018 + at // 12}-{at % 12 + 1:02d}" for at in range(months)]
    first = date(2018, 3, 1)
    history = []
    for at, period in enumerate(periods):
        end = month_end(date.fromisoformat(f"{period}-01"))
        milestones = []
        for row in range(number):
            due = first + timedelta(days=row * 7919 % 2500 + 14 * sum((row + step) % 20 == 0 for step in range(at)))
            done = due if due <= end and row % 9 else None
            code = f"LDM-503-{row}" if row < 60 else f"DM-T{row % 40}-{row}"
            name = f"Milestone {row} of the construction, with a name of the usual length"
            one = milestone(code, due, done, name=name)
            milestones.append(replace(one, forecast=due + timedelta(days=row % 30), wbs=f"02C.{row % 30:02d}"))
        history.append(month(period, *milestones, edition=1))
    beside = Beside(history=history, project="Many milestones")
    return make_month_report(history[-2], history[-1], prepared_at=NOON, beside=beside)
