"""From when on changes are looked for, and what is known of the rest: no I/O."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.changes import projects_of, recall, wall_clock_before
from syncsvc.model import Reject
from tests.builders import MONTH_END, issue, tracked


@pytest.mark.parametrize(
    ("instant", "zone", "wall"),
    [
        ("2019-05-01T11:30:59", "America/Los_Angeles", "2019-05-01T04:30:59"),
        ("2019-05-01T11:30:00", "Asia/Kolkata", "2019-05-01T17:00:00"),
        # clocks are set back at 09:00 UTC: 01:30 comes at 08:30 and again at 09:30
        ("2019-11-03T08:30:00", "America/Los_Angeles", "2019-11-03T00:45:00"),
        ("2019-11-03T09:30:00", "America/Los_Angeles", "2019-11-03T01:30:00"),
        ("2019-11-03T10:30:00", "America/Los_Angeles", "2019-11-03T02:30:00"),
        # and forward at 10:00 UTC: there is no 02:30
        ("2019-03-10T10:15:00", "America/Los_Angeles", "2019-03-10T03:15:00"),
        # by half an hour
        ("2019-04-06T14:45:00", "Australia/Lord_Howe", "2019-04-07T01:15:00"),
    ],
)
def test_changes_are_looked_for_by_the_wall_clock_of_the_account(instant: str, zone: str, wall: str) -> None:
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert wall_clock_before(at, ZoneInfo(zone)).isoformat() == wall


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone is given
    st.sampled_from(
        ["America/Los_Angeles", "America/Santiago", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
)
def test_no_reading_of_the_wall_clock_begins_too_late(instant: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    wall = wall_clock_before(instant, zone)
    read = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert max(read) <= instant
    assert instant - min(read) <= timedelta(hours=2, minutes=15)


def test_of_an_earlier_snapshot_is_known_what_it_showed_of_what_it_was_asked_for() -> None:
    unreadable = Reject("DM-2 duedate", "DM-2", "no date", field="due")
    snapshot = tracked(
        issue("DM-1", MONTH_END),
        issue("DM-2"),
        issue("DLP-7"),
        replace(issue("DM-5"), issue_id=None),
        asked=["DM-1", "DM-2", "DM-3", "DM-4", "DM-5"],
        missing=["DM-4"],
        moved={"DM-3": "DLP-7"},
        rejects=[unreadable],
    )
    known = recall(snapshot, ["DM-1", "DM-2", "DM-3", "DM-4", "DM-5", "DM-6"])
    assert {key: shown.key for key, shown in known.items()} == {"DM-1": "DM-1", "DM-2": "DM-2", "DM-3": "DLP-7"}
    assert known["DM-1"].milestone == issue("DM-1", MONTH_END)
    assert known["DM-2"].rejects == (unreadable,)
    assert projects_of(known) == {"DM", "DLP"}
    assert recall(snapshot, ["DM-6"]) == {}
