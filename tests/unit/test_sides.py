"""The sides beside each other: which one is the odd one out, and what none of them can say."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.model import Field, Link, Reject, RejectCause, Side, Snapshot, Status
from syncsvc.sides import Agreement, SidesReport, SidesRow, compare_sides
from tests.builders import export, issue, link, milestone, tracked

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def published(*milestones: object, rejects: tuple[Reject, ...] = (), complete: bool = True) -> Snapshot:
    made = export(*milestones, rejects=rejects, complete=complete)  # type: ignore[arg-type]  # milestones
    return replace(made, side=Side.PUBLISHED, kind=None, connector="ldm")


def only(report: SidesReport) -> SidesRow:
    (row,) = report.rows
    return row


@pytest.mark.parametrize(
    ("pmcs", "jira", "document", "agreement", "odd", "days"),
    [
        (MAY, MAY, MAY, Agreement.AGREE, None, None),
        (MAY, MAY, JUNE, Agreement.ODD_ONE_OUT, Side.PUBLISHED, 28),
        (MAY, JUNE, MAY, Agreement.ODD_ONE_OUT, Side.JIRA, 28),
        (JUNE, MAY, MAY, Agreement.ODD_ONE_OUT, Side.PMCS, 28),
        (MAY, JUNE, JULY, Agreement.ALL_DIFFER, None, None),
        (MAY, None, MAY, Agreement.ODD_ONE_OUT, Side.JIRA, None),
        (None, None, None, Agreement.AGREE, None, None),
    ],
)
def test_of_three_the_one_that_stands_alone_is_the_odd_one(
    pmcs: date | None,
    jira: date | None,
    document: date | None,
    agreement: Agreement,
    odd: Side | None,
    days: int | None,
) -> None:
    report = compare_sides(
        [export(milestone("A", pmcs)), tracked(issue("DM-1", jira)), published(milestone("A", document))],
        links=[link("A", "DM-1")],
    )
    due = only(report).due
    assert (due.agreement, due.odd_one_out, due.calendar_days) == (agreement, odd, days)
    assert only(report).shown_by == (Side.PMCS, Side.JIRA, Side.PUBLISHED)


def test_of_two_the_one_that_does_not_own_the_date_is_the_odd_one() -> None:
    text, plan, jira = published(milestone("A", MAY)), export(milestone("A", JUNE)), tracked(issue("DM-1", JULY))
    assert only(compare_sides([text, plan])).due.odd_one_out is Side.PUBLISHED
    assert only(compare_sides([plan, jira], links=[link("A", "DM-1")])).due.odd_one_out is Side.JIRA
    two = only(compare_sides([text, jira], links=[link("A", "DM-1")])).due
    assert (two.agreement, two.odd_one_out) == (Agreement.ALL_DIFFER, None)


def test_an_offset_is_taken_back() -> None:
    report = compare_sides(
        [export(milestone("A", JULY)), tracked(issue("DM-2", date(2019, 6, 16)))],
        links=[link("A", "DM-2", fields=[Field.DUE], offset_days=-45, role="test_plan")],
    )
    row = only(report)
    assert row.due.agreement is Agreement.AGREE
    assert row.due.dates[Side.JIRA].value == JULY
    assert row.completed.dates[Side.JIRA].why_not == "no issue is linked"


def test_of_issues_that_differ_the_one_furthest_from_the_schedule_speaks() -> None:
    links = [link("A", "DM-1"), link("A", "DM-2"), link("A", "DM-3")]
    jira = tracked(issue("DM-1", MAY), issue("DM-2", JUNE), issue("DM-3", JULY))
    due = only(compare_sides([export(milestone("A", MAY)), jira], links=links)).due
    assert (due.odd_one_out, due.calendar_days, due.dates[Side.JIRA].keys) == (Side.JIRA, 61, ("DM-3",))
    blank = tracked(issue("DM-1", MAY), issue("DM-2"), issue("DM-3", JULY))
    due = only(compare_sides([export(milestone("A", MAY)), blank], links=links)).due
    assert (due.odd_one_out, due.dates[Side.JIRA].value, due.dates[Side.JIRA].keys) == (Side.JIRA, None, ("DM-2",))


def test_issues_that_differ_say_so_where_there_is_no_schedule_to_compare_with() -> None:
    report = compare_sides(
        [published(milestone("A", MAY)), tracked(issue("DM-1", MAY), issue("DM-2", JUNE))],
        links=[link("A", "DM-1"), link("A", "DM-2")],
    )
    said = only(report).due.dates[Side.JIRA]
    assert said.why_not == "its issues differ: 2019-05-31 in DM-1, 2019-06-28 in DM-2"
    assert only(report).due.agreement is Agreement.NOT_COMPARED


def test_what_a_side_cannot_tell_is_no_blank_date() -> None:
    rejects = (
        Reject("line 4", "A", "13/13/2019 is no date", RejectCause.UNREADABLE, field="due"),
        Reject("line 9", "B", "B is listed 2 times", RejectCause.DUPLICATE),
    )
    report = compare_sides(
        [
            export(milestone("A", MAY), milestone("B", MAY), milestone("C", MAY, status=Status.COMPLETED)),
            published(milestone("A"), replace(milestone("C", MAY), status=Status.UNKNOWN), rejects=rejects),
        ]
    )
    a, b, c = report.rows
    assert a.due.dates[Side.PUBLISHED].why_not == "line 4: 13/13/2019 is no date"
    assert b.due.dates[Side.PUBLISHED].why_not == "line 9: B is listed 2 times"
    assert b.due.agreement is Agreement.NOT_COMPARED
    assert c.completed.dates[Side.PMCS].why_not == "completed, no date"


def test_absence_in_an_incomplete_source_is_unseen() -> None:
    report = compare_sides([export(milestone("A", MAY)), published(complete=False)])
    assert only(report).due.dates[Side.PUBLISHED].why_not == "unseen: the source was not read completely"
    assert (
        only(compare_sides([export(milestone("A", MAY)), published()])).due.dates[Side.PUBLISHED].why_not == "not there"
    )


def test_an_issue_that_moved_or_is_missing() -> None:
    links: list[Link] = [link("A", "DM-1"), link("B", "DM-2")]
    report = compare_sides(
        [
            export(milestone("A", MAY), milestone("B", MAY)),
            tracked(issue("IT-7", JUNE), missing=["DM-2"], moved={"DM-1": "IT-7"}),
        ],
        links=links,
    )
    a, b = report.rows
    assert a.due.dates[Side.JIRA].value == JUNE
    assert b.due.dates[Side.JIRA].why_not == "DM-2 not found in Jira"


def test_other_codes_of_a_milestone_are_one_row() -> None:
    report = compare_sides(
        [export(milestone("LDM-503-06", MAY)), published(milestone("LDM-503-6", JUNE))],
        aliases={"LDM-503-6": "LDM-503-06"},
    )
    assert only(report).code == "LDM-503-06"
    assert report.compared == 1


def test_counts_and_order_of_what_differs() -> None:
    report = compare_sides(
        [
            export(milestone("A", MAY), milestone("B", MAY), milestone("C", MAY), milestone("D", MAY, MAY)),
            published(milestone("A", JUNE), milestone("B", JULY), milestone("C", MAY), milestone("D", MAY)),
        ]
    )
    assert [row.code for row in report.differing] == ["B", "A", "D"]
    assert report.counts(Field.DUE) == {
        "agree": 2,
        "odd_one_out": 2,
        "all_differ": 0,
        "not_compared": 0,
        "odd_pmcs": 0,
        "odd_published": 2,
    }
