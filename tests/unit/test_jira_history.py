"""What a changelog says: which change is the newest one, when it was, and between which civil dates."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.jira.history import find_last_change, read_instant
from connectors.jira.issues import DateField, Terms
from syncsvc.model import Field, FieldChange

ACTUAL_END = "customfield_10100"
TERMS = Terms(ZoneInfo("America/Los_Angeles"), "https://jira.example.org", DateField(ACTUAL_END, "Actual end"))
MAY = datetime(2019, 5, 2, 14, 2, tzinfo=UTC)


def entry(created: object, *items: dict[str, Any], number: str = "1", who: str | None = "A. Person") -> dict[str, Any]:
    author = {} if who is None else {"author": {"displayName": who}}
    return {"id": number, "created": created, "items": list(items)} | author


def set_due(before: str | None, after: str | None) -> dict[str, Any]:
    return {"field": "duedate", "fieldtype": "jira", "fieldId": "duedate", "from": before, "to": after}


@pytest.mark.parametrize(
    "created",
    [
        "2019-05-02T14:02:00.000+0000",
        "2019-05-02T07:02:00.000-0700",
        "2019-05-02T14:02:00Z",
        1556805720,
        1556805720000,
        "1556805720000",
    ],
)
def test_an_instant_may_be_a_text_or_a_number(created: object) -> None:
    assert read_instant(created) == MAY


@pytest.mark.parametrize("created", [None, "", "yesterday", "2019-05-02T14:02:00", True, [], {}, 1e300, "9" * 400])
def test_what_is_no_instant_is_none(created: object) -> None:
    assert read_instant(created) is None


def test_the_newest_change_counts_wherever_it_stands() -> None:
    older = entry("2019-04-01T00:00:00.000+0000", set_due("2019-01-01", "2019-02-01"), who="B. Person")
    newer = entry("2019-05-02T14:02:00.000+0000", set_due("2019-02-01", "2019-03-15"))
    expected = FieldChange("", Field.DUE, "A. Person", MAY, date(2019, 2, 1), date(2019, 3, 15))
    assert find_last_change([older, newer], Field.DUE, TERMS) == expected
    assert find_last_change([newer, older], Field.DUE, TERMS) == expected


def test_of_two_at_one_moment_the_one_with_the_higher_number_is_newer() -> None:
    first = entry("2019-05-02T14:02:00Z", set_due(None, "2019-02-01"), number="99")
    second = entry("2019-05-02T14:02:00Z", set_due("2019-02-01", None), number="100")
    for order in ([first, second], [second, first]):
        change = find_last_change(order, Field.DUE, TERMS)
        assert change is not None
        assert (change.before, change.after) == (date(2019, 2, 1), None)


def test_data_center_names_fields_without_ids() -> None:
    due = {"field": "duedate", "fieldtype": "jira", "to": "2019-03-15", "toString": "2019-03-15 00:00:00.0"}
    actual = {"field": "Actual end", "fieldtype": "custom", "to": "2019-04-01", "toString": "01/Apr/19"}
    other = {"field": "duedate", "fieldtype": "custom", "to": "2018-01-01"}
    history = entry("2019-05-02T14:02:00Z", due, actual)
    for name, day in ((Field.DUE, date(2019, 3, 15)), (Field.COMPLETED, date(2019, 4, 1))):
        change = find_last_change([history, entry("2018-01-01T00:00:00Z", other)], name, TERMS)
        assert change is not None
        assert change.after == day
    assert find_last_change([entry("2019-05-02T14:02:00Z", other)], Field.COMPLETED, TERMS) is None


def test_an_instant_as_value_becomes_the_day_at_the_site() -> None:
    item = {"field": "x", "fieldId": ACTUAL_END, "from": None, "to": "2019-05-01T06:30:00.000+0000"}
    change = find_last_change([entry("2019-05-02T14:02:00Z", item)], Field.COMPLETED, TERMS)
    assert change is not None
    assert (change.before, change.after) == (None, date(2019, 4, 30))


@pytest.mark.parametrize(
    "newest",
    [
        entry("no instant", set_due(None, "2019-06-01")),
        entry("2019-06-02T14:02:00Z", set_due(None, "soon")),
        entry("2019-06-02T14:02:00Z", set_due(None, "2019-02-30")),
        entry("2019-06-02T14:02:00Z", set_due(None, "2019-02-30T99:00:00Z")),
    ],
)
def test_an_older_change_is_never_taken_for_the_newest(newest: dict[str, Any]) -> None:
    older = entry("2019-05-02T14:02:00Z", set_due("2019-01-01", "2019-02-01"))
    assert find_last_change([older, newest], Field.DUE, TERMS) is None


def test_a_name_cannot_steer_a_terminal_and_may_be_missing() -> None:
    spoken = entry("2019-05-02T14:02:00Z", set_due(None, None), who="A.\x1b[31m\nPerson")
    change = find_last_change([spoken], Field.DUE, TERMS)
    assert change is not None
    assert change.actor == "A. [31m Person"
    silent = find_last_change([entry("2019-05-02T14:02:00Z", set_due(None, None), who=None)], Field.DUE, TERMS)
    assert silent is not None
    assert silent.actor == "somebody whom Jira does not name"


@pytest.mark.parametrize("history", ["text", None, {"items": "none"}, {"items": ["x", {"field": 3}]}, {}])
def test_what_is_no_history_says_nothing(history: object) -> None:
    assert find_last_change([history], Field.DUE, TERMS) is None
