"""What a milestone is made of, from an issue as Jira describes it."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.issues import DateField, Shown, Terms, read_issue
from syncsvc.model import Field, Milestone, Status

ACTUAL_END = "customfield_10100"
SITE = ZoneInfo("America/Los_Angeles")
TERMS = Terms(
    SITE, "https://jira.example.org", DateField(ACTUAL_END, "Actual end"), frozenset({"won't do", "duplicate"})
)


def issue(category: str = "indeterminate", resolution: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "10001",
        "key": "DM-17119",
        "fields": {
            "summary": "Alert Production test",
            "status": {"name": "Fertig" if category == "done" else "Offen", "statusCategory": {"key": category}},
            "resolution": {"name": resolution} if resolution else None,
            **fields,
        },
    }


def shown(described: Any, terms: Terms = TERMS) -> Shown:
    result = read_issue(described, terms)
    assert result is not None
    return result


def milestone(described: Any, terms: Terms = TERMS) -> Milestone:
    result = shown(described, terms)
    assert result.rejects == ()
    assert result.milestone is not None
    return result.milestone


def test_an_open_issue() -> None:
    seen = milestone(issue(duedate="2019-08-30"))
    assert seen == Milestone(
        code="DM-17119",
        name="Alert Production test",
        status=Status.IN_PROGRESS,
        due=date(2019, 8, 30),
        due_column="duedate",
        where="DM-17119",
        url="https://jira.example.org/browse/DM-17119",
        state="Offen",
        issue_id="10001",
    )


def test_an_issue_without_dates_has_no_columns_either() -> None:
    seen = milestone(issue("new", duedate=None))
    assert (seen.due, seen.due_column, seen.completed, seen.completed_column) == (None, None, None, None)
    assert seen.status is Status.NOT_STARTED


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2019-04-30T23:30:00.000-0700", date(2019, 4, 30)),
        ("2019-05-01T06:59:59.999+0000", date(2019, 4, 30)),  # the account lives in London
        ("2019-05-01T12:29:00.000+0530", date(2019, 4, 30)),  # or in India
        ("2019-05-01T07:00:00.000Z", date(2019, 5, 1)),
        ("2019-12-01T07:59:00.000+0000", date(2019, 11, 30)),  # winter time
    ],
)
def test_the_day_of_resolution_is_the_one_at_the_site(instant: str, day: date) -> None:
    seen = milestone(issue("done", "Done", resolutiondate=instant))
    assert (seen.completed, seen.completed_column, seen.completed_held) == (day, "resolutiondate", None)
    assert (seen.status, seen.state) == (Status.COMPLETED, "Fertig (Done)")


@given(
    st.floats(datetime(1995, 1, 1, tzinfo=UTC).timestamp(), datetime(2060, 1, 1, tzinfo=UTC).timestamp()),
    st.integers(-12 * 60, 14 * 60),
)
def test_it_does_not_matter_in_which_zone_jira_prints_an_instant(seconds: float, offset_minutes: int) -> None:
    instant = datetime.fromtimestamp(int(seconds), UTC)
    printed = instant.astimezone(timezone(timedelta(minutes=offset_minutes)))
    described = issue("done", "Done", resolutiondate=f"{printed:%Y-%m-%dT%H:%M:%S}.000{printed:%z}")
    assert milestone(described).completed == instant.astimezone(SITE).date()


def test_a_workflow_that_sets_no_resolution_is_completed_when_it_entered_its_category() -> None:
    seen = milestone(issue("done", statuscategorychangedate="2019-04-30T17:00:00.000-0700"))
    assert (seen.completed, seen.completed_column) == (date(2019, 4, 30), "statuscategorychangedate")


def test_a_done_issue_of_a_server_that_tells_no_date_is_completed_without_one() -> None:
    seen = milestone(issue("done"))
    assert (seen.status, seen.completed, seen.completed_column) == (Status.COMPLETED, None, None)


def test_the_configured_field_comes_before_the_resolution() -> None:
    fields = {"resolutiondate": "2019-05-06T10:00:00.000-0700", ACTUAL_END: "2019-04-30"}
    seen = milestone(issue("done", "Done", **fields))
    assert (seen.completed, seen.completed_held) == (date(2019, 4, 30), date(2019, 4, 30))
    assert seen.completed_column == ACTUAL_END


def test_the_field_of_an_issue_that_is_not_done_is_shown_and_does_not_complete_it() -> None:
    seen = milestone(issue(**{ACTUAL_END: "2019-04-30"}))
    assert (seen.completed, seen.status) == (date(2019, 4, 30), Status.IN_PROGRESS)


@pytest.mark.parametrize("resolution", ["Won't Do", "DUPLICATE"])
def test_a_resolution_that_does_not_count_completes_nothing(resolution: str) -> None:
    seen = milestone(issue("done", resolution, resolutiondate="2019-04-30T17:00:00.000-0700"))
    assert (seen.completed, seen.status) == (None, Status.UNKNOWN)
    assert seen.state == f"Fertig ({resolution})"


def test_a_resolution_left_behind_by_reopening_completes_nothing() -> None:
    seen = milestone(issue("indeterminate", "Done", resolutiondate="2019-04-30T17:00:00.000-0700"))
    assert (seen.completed, seen.status) == (None, Status.IN_PROGRESS)


@pytest.mark.parametrize(
    "value", ["30.04.2019", "2019-4-30", "20190430", "2019-W18-2", "2019-02-30", 1556582400, [], ""]
)
def test_a_due_date_that_cannot_be_read_is_a_reject_and_nothing_else_is_lost(value: Any) -> None:
    result = shown(issue("done", "Done", duedate=value, resolutiondate="2019-04-30T17:00:00.000-0700"))
    (reject,) = result.rejects
    assert (reject.where, reject.code, reject.field) == ("DM-17119 duedate", "DM-17119", "due")
    assert "duedate of DM-17119 is no date" in reject.reason
    assert result.milestone is not None
    assert (result.milestone.due, result.milestone.completed) == (None, date(2019, 4, 30))
    assert result.rejected(Field.DUE)
    assert not result.rejected(Field.COMPLETED)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({ACTUAL_END: "soon", "resolutiondate": "2019-04-30T17:00:00.000-0700"}, ACTUAL_END),
        ({"resolutiondate": "soon", "statuscategorychangedate": "2019-04-30T17:00:00.000-0700"}, "resolutiondate"),
        ({"resolutiondate": "2019-04-30T17:00:00"}, "resolutiondate"),  # nobody says in which zone
        ({"resolutiondate": "0001-01-01T00:00:00.000+0000"}, "resolutiondate"),  # before there were dates
    ],
)
def test_a_completion_that_cannot_be_read_is_not_taken_from_elsewhere(fields: dict[str, Any], where: str) -> None:
    result = shown(issue("done", "Done", **fields))
    assert [(reject.where, reject.field) for reject in result.rejects] == [(f"DM-17119 {where}", "completed")]
    assert result.milestone is not None
    assert result.milestone.completed is None


@pytest.mark.parametrize("described", [None, [], "DM-1", {}, {"key": 7}])
def test_what_is_no_issue_is_none(described: Any) -> None:
    assert read_issue(described, TERMS) is None


@pytest.mark.parametrize(
    "fields", [None, {}, {"status": None}, {"status": {"name": "Open"}}, {"status": {"statusCategory": {"key": None}}}]
)
def test_an_issue_without_a_status_is_unseen_as_a_whole(fields: Any) -> None:
    result = shown({"key": "DM-1", "fields": fields})
    assert result.milestone is None
    assert [(reject.code, reject.field) for reject in result.rejects] == [("DM-1", None)]
    assert result.rejected(Field.DUE)
    assert result.rejected(Field.COMPLETED)


def test_without_a_configured_field_none_is_asked_for_and_none_can_be_written() -> None:
    terms = Terms(SITE, "https://jira.example.org")
    assert ACTUAL_END not in terms.asked_fields
    assert terms.field_id(Field.DUE) == "duedate"
    with pytest.raises(KeyError):
        terms.field_id(Field.COMPLETED)
    assert milestone(issue(**{ACTUAL_END: "2019-04-30"}), terms).completed is None
