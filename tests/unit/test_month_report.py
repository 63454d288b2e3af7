"""The whole drift report as a value: figures, lights, what needs a decision, and what it rests on."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from syncsvc.model import (
    DriftKind,
    Field,
    Hold,
    Milestone,
    Mode,
    Plan,
    Reject,
    ReportRules,
    RunResult,
    Side,
    Snapshot,
)
from syncsvc.month_report import Beside, Counts, Light, MonthReport, Question, level_of, make_month_report, name_period
from syncsvc.release_list import Annotations
from tests.builders import MONTH_END, NOON, export, issue, link, milestone, tracked

MARCH_END = date(2019, 3, 31)
APRIL, MAY, JUNE = date(2019, 4, 15), date(2019, 5, 31), date(2019, 6, 28)


def march(*milestones: Milestone, edition: int | None = None, **options: Any) -> Snapshot:
    made = export(*milestones, period="2019-03", data_date=MARCH_END, **options)
    return replace(made, edition=edition, id=edition)


def april(*milestones: Milestone, edition: int | None = None, **options: Any) -> Snapshot:
    return replace(export(*milestones, **options), edition=edition, id=edition and 10 + edition)


def report(before: Snapshot, after: Snapshot, rules: ReportRules | None = None, **beside: Any) -> MonthReport:
    return make_month_report(before, after, prepared_at=NOON, beside=Beside(**beside), rules=rules)


def test_the_figures_of_the_front() -> None:
    before = march(
        milestone("A", MAY),
        milestone("B", APRIL),
        milestone("C", APRIL),
        milestone("D", MAY),
        milestone("E", MARCH_END, MARCH_END),
    )
    after = april(
        replace(milestone("A", JUNE), forecast=JUNE),
        milestone("B", APRIL, APRIL),
        milestone("C", APRIL),
        milestone("E", MARCH_END, APRIL),
        replace(milestone("F", MAY), forecast=JUNE),
    )
    assert report(before, after).counts == Counts(
        total=5,
        completed=2,
        overdue=1,
        late=2,
        due_in_period=2,
        completed_in_period=2,
        slipped=1,
        pulled_in=0,
        unchanged=3,
        new=1,
        gone=1,
        newly_completed=1,
        reopened=0,
        completed_rewritten=1,
    )


def test_without_two_data_dates_no_period_is_invented() -> None:
    counts = report(march(milestone("A", APRIL)), april(milestone("A", APRIL), data_date=None)).counts
    assert (counts.due_in_period, counts.completed_in_period) == (None, None)


@pytest.mark.parametrize(
    ("shown", "light", "working_days"),
    [
        (milestone("A", APRIL, MAY), Light.COMPLETED, 34),
        (milestone("A"), Light.UNDATED, None),
        (replace(milestone("A", MONTH_END), forecast=JUNE), Light.OVERDUE, 43),
        (replace(milestone("A", MAY), forecast=date(2019, 6, 7)), Light.ON_TIME, 5),
        (replace(milestone("A", MAY), forecast=date(2019, 6, 10)), Light.LATE, 6),
        (replace(milestone("A", MAY), forecast=date(2019, 5, 1)), Light.ON_TIME, -22),
        (milestone("A", MAY), Light.NOT_FORECAST, None),
    ],
)
def test_lights_are_judged_at_the_data_date(shown: Milestone, light: Light, working_days: int | None) -> None:
    (row,) = report(march(milestone("A", MAY)), april(shown)).rows
    assert (row.light, row.against_due.working_days) == (light, working_days)


def test_a_gone_milestone_keeps_its_row() -> None:
    (row,) = report(march(milestone("A", MAY)), april()).rows
    assert (row.light, row.milestone.due, row.code) == (Light.GONE, MAY, "A")


def test_the_threshold_decides_only_where_a_move_stands() -> None:
    before = march(milestone("A", MAY), milestone("B", MAY), milestone("C", MAY))
    after = april(milestone("A", date(2019, 6, 3)), milestone("B", date(2019, 5, 27)), milestone("C", JUNE))
    made = report(before, after)
    assert [row.code for row in made.first_moves] == ["C", "B"]
    assert [row.code for row in made.moves] == ["C", "B", "A"]
    assert made.counts.slipped + made.counts.pulled_in == 3
    assert [row.code for row in report(before, after, ReportRules(first_table_days=10)).first_moves] == ["C"]


def test_names_kept_by_hand_are_shown_and_dates_only_beside() -> None:
    annotations = Annotations(names={"A": "By hand"}, dates={("A", Field.DUE): JUNE})
    made = report(march(milestone("A", MAY)), april(milestone("A", MAY)), annotations=annotations)
    (row,) = made.rows
    assert (row.name, row.milestone.due, row.comparison.name) == ("By hand", MAY, "Milestone A")
    assert [(one.code, one.shown, one.annotated) for one in made.overrides] == [("A", MAY, JUNE)]


def test_levels_come_from_the_source_or_the_code() -> None:
    rules = ReportRules()
    assert [level_of(milestone(code), rules) for code in ("LDM-503-06", "DM-AP-7", "DLP-464")] == [2, 3, None]
    assert level_of(replace(milestone("LDM-503-06"), level=1), rules) == 1


def test_what_needs_a_decision() -> None:
    before = march(
        milestone("A", MAY, APRIL),
        milestone("B", MAY, APRIL),
        milestone("C", MAY),
        milestone("D", MAY),
        milestone("E", MAY),
    )
    after = april(
        milestone("A", MAY, MONTH_END),
        milestone("B", MAY),
        milestone("D", MAY),
        rejects=[Reject("TASK row 9", "E", "unreadable")],
    )
    jira = tracked(issue("DM-3", MAY), issue("DM-4", JUNE))
    made = report(before, after, jira=jira, links=[link("C", "DM-3"), link("D", "DM-4", fields=[Field.DUE])])
    assert [(one.code, one.question, one.calendar_days) for one in made.open_points] == [
        ("A", Question.COMPLETION_REWRITTEN, 15),
        ("B", Question.REOPENED, None),
        ("C", Question.GONE, None),
        ("E", Question.UNSEEN, None),
        ("D", Question.SIDES_DIFFER, 28),
    ]
    assert made.open_points[2].why == "It is gone from the schedule; Jira still shows it."
    assert made.open_points[4].why == "Jira differs about due: PMCS 2019-05-31, Jira 2019-06-28."


def test_what_a_run_holds_comes_first_and_is_not_asked_twice() -> None:
    hold = Hold("D", "DM-4", Field.DUE, DriftKind.FOLLOWER_EDITED, MAY, JUNE, MAY, "somebody set another date")
    plan = Plan("p-1", Mode.AUTO, (), (hold,), {}, (), (), {}, NOON, NOON)
    run = RunResult(7, "nightly", Mode.AUTO, NOON, NOON, 4, plan)
    snapshot = april(milestone("D", MAY))
    made = report(
        march(milestone("D", MAY)),
        snapshot,
        jira=tracked(issue("DM-4", JUNE)),
        links=[link("D", "DM-4", fields=[Field.DUE])],
        run=run,
    )
    assert [(one.code, one.question, one.hold, one.key, one.calendar_days) for one in made.open_points] == [
        ("D", Question.HELD, DriftKind.FOLLOWER_EDITED, "DM-4", -28)
    ]


def test_editions_in_between_are_sources_and_steps() -> None:
    old = [march(milestone("A", APRIL), edition=1), march(milestone("A", MAY), edition=2)]
    new = [april(milestone("A", JUNE), edition=1), april(milestone("A", JUNE, APRIL), edition=2)]
    made = report(old[0], new[1], before_editions=old, after_editions=new)
    assert [(source.role, source.snapshot.period, source.snapshot.edition) for source in made.sources] == [
        ("before", "2019-03", 1),
        ("edition", "2019-03", 2),
        ("edition", "2019-04", 1),
        ("after", "2019-04", 2),
    ]
    assert [(one.cause, one.step) for one in made.rows[0].differences] == [
        ("restated", 0),
        ("baseline_moved", 1),
        ("restated", 2),
    ]
    assert [(one.before.period, one.totals.slipped, one.totals.newly_completed) for one in made.restatements] == [
        ("2019-03", 1, 0),
        ("2019-04", 0, 1),
    ]
    within = report(new[0], new[1], before_editions=new, after_editions=new)
    assert [source.role for source in within.sources] == ["before", "after"]


def test_two_snapshots_of_different_sides_are_sides_themselves() -> None:
    document = replace(export(milestone("A", MAY)), side=Side.PUBLISHED)
    made = report(document, april(milestone("A", JUNE)))
    assert made.sides is not None
    assert made.sides.rows[0].due.odd_one_out is Side.PUBLISHED
    assert report(march(milestone("A", MAY)), april(milestone("A", MAY))).sides is None


def test_a_report_says_whether_everything_was_read() -> None:
    assert report(march(), april()).complete
    assert not report(march(), april(), jira=replace(tracked(), complete=False)).complete


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (export(), "month end April 2019"),
        (replace(export(period="2018-03"), kind="BL"), "baseline March 2018"),
        (replace(export(period="2018-12"), kind=None), "December 2018"),
        (replace(export(), period=None), "2019-04-30"),
    ],
)
def test_periods_have_names(snapshot: Snapshot, words: str) -> None:
    assert name_period(snapshot) == words


def test_the_line_for_a_change_record() -> None:
    before = march(milestone("A", MAY), milestone("B", JUNE), milestone("C", MAY))
    after = april(milestone("A", JUNE), milestone("B", MAY), milestone("C", MAY, APRIL))
    assert report(before, after).change_record == (
        "Update milestones for month end April 2019: 1 slipped, 1 pulled in, 1 completed"
    )
