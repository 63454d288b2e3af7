"""Who set a date last, as the Jira connector tells it: which requests, what they bring, and how soon it gives up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from connectors.jira import history
from connectors.jira_simulator import JiraSimulator
from syncsvc.errors import SourceError, Unreachable
from syncsvc.model import Field, FieldChange
from tests.integration.jira_desk import ACTUAL_END, MARCH, Desk, open_desk

AT = datetime(2019, 5, 2, 14, 2, tzinfo=UTC)
CHANGED = date(2019, 6, 1)


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


@pytest.fixture
def cloud() -> Iterator[Desk]:
    with open_desk("cloud") as opened:
        yield opened


def ids(desk: Desk, *keys: str) -> list[str]:
    return [issue.issue_id or "" for issue in desk.look(*keys).milestones]


def set_due(jira: JiraSimulator, key: str, day: date | None, *, at: datetime = AT, who: str = "A. Person") -> None:
    jira.now = lambda: at
    jira.edit(key, author=who, duedate=day.isoformat() if day else None)


def test_it_names_who_set_a_due_date_last(desk: Desk) -> None:
    set_due(desk.jira, "DM-1", date(2019, 5, 1), at=AT.replace(hour=1), who="Somebody Else")
    set_due(desk.jira, "DM-1", CHANGED)
    desk.jira.edit("DM-1", summary="another name")
    set_due(desk.jira, "DM-3", None, who="B. Person")
    connector = desk.connect()
    connector.pull(["DM-1", "DM-2"], {})
    one, two, three = ids(desk, "DM-1", "DM-2", "DM-3")
    assert connector.last_changes([one, two, three], Field.DUE) == {
        one: FieldChange("DM-1", Field.DUE, "A. Person", AT, date(2019, 5, 1), CHANGED),
        three: FieldChange(three, Field.DUE, "B. Person", AT, MARCH, None),  # a key it has not seen
    }


def test_a_completion_is_the_configured_fields(desk: Desk) -> None:
    desk.jira.now = lambda: AT
    desk.jira.edit("DM-1", **{ACTUAL_END: "2019-04-30"})
    (one,) = ids(desk, "DM-1")
    connector = desk.connect()
    (change,) = connector.last_changes([one], Field.COMPLETED).values()
    assert (change.before, change.after, change.at) == (None, date(2019, 4, 30), AT)
    assert connector.last_changes([one], Field.DUE) == {}
    assert desk.connect(completed_field=None).last_changes([one], Field.COMPLETED) == {}


def test_it_names_who_resolved_an_issue_that_is_resolved_still(desk: Desk) -> None:
    desk.jira.now = lambda: AT
    for key in ("DM-1", "DM-2"):
        desk.jira.resolve(key)
        desk.jira.edit(key, author="Somebody Else", summary="another name")
    desk.jira.reopen("DM-2")
    one, two, three = ids(desk, "DM-1", "DM-2", "DM-3")
    connector = desk.connect(completed_field=None)
    connector.pull(["DM-1"], {})
    assert connector.who_resolved([one, two, three]) == {
        one: FieldChange("DM-1", Field.COMPLETED, "A. Person", AT, None, None)
    }
    assert connector.who_resolved([]) == {}


def test_nothing_is_asked_about_nothing(desk: Desk) -> None:
    connector = desk.connect()
    assert connector.last_changes([], Field.DUE) == {}
    assert desk.jira.requests == []
    assert desk.acquainted().last_changes(["DM-1) OR", "../myself", "", "0"], Field.DUE) == {}
    assert [path for path in desk.asked() if "issue" in path or "changelog" in path] == []


def test_issues_that_are_gone_are_left_out(desk: Desk) -> None:
    set_due(desk.jira, "DM-1", CHANGED)
    set_due(desk.jira, "DM-2", CHANGED)
    one, two = ids(desk, "DM-1", "DM-2")
    desk.jira.delete("DM-2")
    assert desk.connect().last_changes([one, two, "99999"], Field.DUE).keys() == {one}


def test_an_epoch_is_an_instant_too(cloud: Desk) -> None:
    cloud.jira.epoch_changelog = True
    set_due(cloud.jira, "DM-1", CHANGED)
    (change,) = cloud.connect().last_changes(ids(cloud, "DM-1"), Field.DUE).values()
    assert change.at == AT


def test_cloud_needs_one_request_and_data_center_one_for_each(desk: Desk) -> None:
    keys = [f"DM-{number}" for number in range(1, 9)]
    for key in keys:
        set_due(desk.jira, key, CHANGED)
    connector = desk.acquainted()
    wanted = ids(desk, *keys)
    assert connector.last_changes(wanted, Field.DUE).keys() == set(wanted)
    expected = ["POST changelog/bulkfetch"] if desk.jira.is_cloud else [f"GET issue/{one}" for one in sorted(wanted)]
    assert sorted(desk.asked()) == expected


def test_histories_that_go_over_several_pages_are_put_together(cloud: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BULK_ENTRIES", 2)
    monkeypatch.setattr(history, "BULK_ISSUES", 3)
    for hour in range(5):
        for key in ("DM-1", "DM-2", "DM-3", "DM-4"):
            set_due(cloud.jira, key, CHANGED.replace(day=hour + 1), at=AT.replace(hour=hour))
    wanted = ids(cloud, "DM-1", "DM-2", "DM-3", "DM-4")
    connector = cloud.acquainted()
    changes = connector.last_changes(wanted, Field.DUE)
    assert [changes[one].after for one in wanted] == [date(2019, 6, 5)] * 4
    assert cloud.asked() == ["POST changelog/bulkfetch"] * (8 + 3)


def test_a_server_that_does_not_answer_is_given_up_soon(desk: Desk) -> None:
    set_due(desk.jira, "DM-1", CHANGED)
    wanted = ids(desk, "DM-1")
    connector = desk.acquainted()
    desk.jira.fault("status", status=500, path="changelog|issue/", times=100)
    with pytest.raises(Unreachable):
        connector.last_changes(wanted, Field.DUE)
    assert len(desk.jira.requests) == 2


def test_a_server_that_puts_it_off_is_not_waited_for(desk: Desk) -> None:
    wanted = ids(desk, "DM-1")
    connector = desk.acquainted()
    desk.jira.fault("rate_limit", retry_after="60", path="changelog|issue/", times=100)
    with pytest.raises(Unreachable):
        connector.last_changes(wanted, Field.DUE)
    assert sum(desk.time.slept) < 10
    desk.jira.forget_faults()
    assert connector.read(["DM-1"]).complete  # and nothing else waits because of it


def test_no_request_is_begun_when_the_time_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "TIME_SECONDS", 0.0)
    wanted, connector = ids(desk, "DM-1"), desk.acquainted()
    with pytest.raises(Unreachable, match="within 0 seconds"):
        connector.last_changes(wanted, Field.DUE)
    assert desk.asked() == []


@pytest.mark.parametrize("status", [400, 409])
def test_a_refusal_is_a_source_error_with_the_servers_words(desk: Desk, status: int) -> None:
    wanted, connector = ids(desk, "DM-1"), desk.acquainted()
    words = {"errorMessages": ["not today"], "errors": {}}
    desk.jira.fault("status", status=status, body=words, path="changelog|issue/")
    with pytest.raises(SourceError, match="not today"):
        connector.last_changes(wanted, Field.DUE)


@pytest.mark.parametrize("body", [[], {"issueChangeLogs": None}, {"changelog": 3}, {"issueChangeLogs": ["x", {}]}])
def test_an_answer_of_another_shape_tells_nothing(desk: Desk, body: object) -> None:
    wanted, connector = ids(desk, "DM-1"), desk.acquainted()
    desk.jira.fault("status", status=200, body=body, path="changelog|issue/")
    if body:
        assert connector.last_changes(wanted, Field.DUE) == {}
    else:
        with pytest.raises(SourceError, match="does not tell its changelog"):
            connector.last_changes(wanted, Field.DUE)


def test_a_page_that_leads_to_itself_is_an_error(cloud: Desk) -> None:
    wanted, connector = ids(cloud, "DM-1"), cloud.acquainted()
    body = {"issueChangeLogs": [], "nextPageToken": "again"}
    cloud.jira.fault("status", status=200, body=body, path="changelog", times=100)
    with pytest.raises(SourceError, match="came to a stop"):
        connector.last_changes(wanted, Field.DUE)
