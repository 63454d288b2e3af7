"""Choosing the field for completions, reading refusals, and the words that reach people."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.jira import JiraSettings
from connectors.jira.answers import Answer, read_refusal, shorten
from connectors.jira.fields import choose_completed_field, find_setting_problems
from connectors.jira.issues import DateField
from connectors.jira.wording import comment_body, describe_changes, explain_refusal
from syncsvc.errors import ConfigError, ExitCode
from syncsvc.model import DriftKind, Field
from tests.builders import change

WHERE = "connectors.jira.completed_field"


def described(field_id: str, name: str, kind: str = "date", *, custom: bool = True) -> dict[str, Any]:
    return {"id": field_id, "name": name, "custom": custom, "schema": {"type": kind}}


FIELDS = [
    described("duedate", "Due date", custom=False),
    described("resolutiondate", "Resolved", "datetime", custom=False),
    {"id": "thumbnail", "name": "Images", "custom": False},
    described("customfield_1", "Actual end"),
    described("customfield_2", "Target end"),
    described("customfield_3", "Target end"),
    described("customfield_4", "Actual start", "datetime"),
    described("customfield_5", "Actual end", "datetime"),
]


@pytest.mark.parametrize("wanted", ["customfield_1", "Actual end", "actual END"])
def test_a_field_is_named_by_its_id_or_by_a_name_that_one_date_field_has(wanted: str) -> None:
    assert choose_completed_field(FIELDS, wanted, WHERE) == DateField("customfield_1", "Actual end")


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        (
            "Target end",
            "2 date fields are called 'Target end'",
            "customfield_2 (Target end), customfield_3 (Target end).",
        ),
        ("Actual start", "is not a custom field for dates, but of type datetime", "Date fields: customfield_1"),
        ("customfield_5", "but of type datetime", "Only a field of type date"),
        ("duedate", "is not a custom field for dates", "Date fields: customfield_1"),
        ("Due date", "is not a custom field for dates", "Date fields: customfield_1"),
        ("resolutiondate", "but of type datetime", "Date fields: customfield_1"),
        ("thumbnail", "but something else", "Date fields: customfield_1"),
        ("Finished", "there is no field 'Finished'", "Date fields: customfield_1 (Actual end), customfield_2"),
    ],
)
def test_any_other_field_is_refused_with_the_candidates(wanted: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_completed_field(FIELDS, wanted, WHERE)
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert [(problem.where, problem.exit_code) for problem in caught.value.problems] == [(WHERE, ExitCode.USAGE)]


def test_a_jira_without_date_fields_says_so() -> None:
    with pytest.raises(ConfigError, match="there is no field 'Actual end'") as caught:
        choose_completed_field([], "Actual end", WHERE)
    assert "this account can see" in caught.value.hint


def settings(**changed: Any) -> JiraSettings:
    values: dict[str, Any] = {
        "url": "https://bot:hidden@jira.example.org/jira/?token=hidden",
        "flavour": "cloud",
        "user": "bot@example.org",
        "token": "s3cret",
        "projects": frozenset({"DM"}),
        "time_zone": ZoneInfo("UTC"),
    }
    return JiraSettings(**(values | changed))


def test_settings_never_show_user_or_token() -> None:
    assert "s3cret" not in repr(settings())
    assert "bot@example.org" not in repr(settings())
    assert settings().place == "https://jira.example.org/jira"


def test_what_is_wrong_with_settings_is_said_at_once() -> None:
    assert find_setting_problems(settings(), "connectors.jira") == []
    assert find_setting_problems(settings(flavour="data-center", user=None), "connectors.jira") == []
    assert [p.where for p in find_setting_problems(settings(user=None, token=""), "connectors.jira")] == [
        "connectors.jira.user",
        "connectors.jira",
    ]
    (problem,) = find_setting_problems(settings(flavour="server"), "connectors.jira")
    assert '"auto", "cloud", "data-center"' in problem.hint


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errorMessages": ["No."], "errors": {}}, "No."),
        ({"errorMessages": [], "errors": {"duedate": "Not a date."}}, "Not a date."),
        ({"errorMessages": ["No."], "errors": {"duedate": "Not a date."}}, "No.; Not a date."),
        ({"errorMessages": None, "errors": None}, ""),
        ({"errorMessages": "No.", "errors": []}, "No."),
        ({"message": "Rate limit exceeded.", "status-code": 429}, "Rate limit exceeded."),
        ({"errorMessage": "Later."}, "Later."),
        ([1], ""),
        ("no", ""),
        (5, ""),
    ],
)
def test_jiras_words_are_found_wherever_they_sit(body: Any, words: str) -> None:
    assert str(read_refusal(Answer(400, {}, json.dumps(body).encode()))) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", ""), (b"<html>", "a web page instead of JSON"), (b"[" * 100_000, "a web page instead of JSON")],
)
def test_a_refusal_may_have_no_words_at_all(content: bytes, words: str) -> None:
    assert str(read_refusal(Answer(403, {}, content))) == words


def test_words_are_shown_on_one_line_and_not_without_end() -> None:
    assert shorten(" one\n\ttwo\x1b[31m ") == "one two [31m"
    assert len(shorten("x" * 5000)) == 300


@pytest.mark.parametrize(
    ("status", "field_id", "words", "cause"),
    [
        (
            400,
            "duedate",
            "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown.",
            "Schedule issues",
        ),
        (400, "customfield_1", "Field 'customfield_1' cannot be set.", "edit screen"),
        (403, "duedate", "To discard the user notification either admin or project admin", "notify = false"),
        (400, "duedate", "You do not have the permission to comment on this issue.", "Add comments"),
        (404, "duedate", "Issue does not exist or you do not have permission to see it.", "Edit issues"),
        (302, "duedate", "a redirect to https://sso.example.org/login", "never follow redirects"),
        (400, "duedate", "", "Jira refused it (400)"),
    ],
)
def test_a_refusal_comes_with_its_probable_cause(status: int, field_id: str, words: str, cause: str) -> None:
    said = explain_refusal(status, field_id, words)
    assert cause in said
    assert words in said


def test_schedule_issues_is_named_for_due_dates_only() -> None:
    assert "Schedule issues" not in explain_refusal(400, "customfield_1", "It is not on the appropriate screen.")


def test_a_comment_says_each_date_before_and_after_and_where_it_comes_from() -> None:
    due = change("DM-1", Field.DUE, date(2018, 11, 30), date(2019, 8, 30), code="LDM-503-06")
    done = change("DM-1", Field.COMPLETED, None, date(2019, 9, 2), code="LDM-503-06")
    assert describe_changes([due, done]).splitlines() == [
        "syncsvc brought the schedule's dates.",
        "Due: 2018-11-30 -> 2019-08-30 (milestone LDM-503-06)",
        "Completed: no date -> 2019-09-02 (milestone LDM-503-06)",
    ]
    undone = change("DM-1", Field.DUE, date(2019, 8, 30), None, kind=DriftKind.UNDONE)
    assert "took back" in describe_changes([undone])


def test_nothing_in_a_comment_is_taken_for_markup() -> None:
    body = comment_body("[~admin] {noformat}!http://evil/x.png!{ NoFormat} h1. x")
    assert body.startswith("{noformat}\n")
    assert body.endswith("\n{noformat}")
    inside = body.removeprefix("{noformat}").removesuffix("{noformat}").lower().replace(" ", "")
    assert "{noformat" not in inside
