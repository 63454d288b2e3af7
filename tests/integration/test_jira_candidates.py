"""Which issues the Jira connector finds for milestones without a link, and where it stops."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.jira import candidates
from connectors.jira_simulator import JiraSimulator
from syncsvc.errors import ConfigError, SourceError
from syncsvc.model import Candidates
from tests.integration.jira_desk import Desk, open_desk

P6_CODE = "customfield_10200"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        opened.jira.add_field(P6_CODE, "P6 code", type="string")
        yield opened


def add_long_ago(jira: JiraSimulator, key: str, **about: object) -> None:
    now, jira.now = jira.now, lambda: LONG_AGO
    jira.add_issue(key, **about)  # type: ignore[arg-type]
    jira.now = now


def keys(found: Candidates) -> list[str]:
    return [candidate.issue.code for candidate in found.found]


def test_without_settings_it_is_what_lives_in_the_projects(desk: Desk) -> None:
    desk.jira.add_issue("DLP-1", summary="A milestone", issue_type="Story")
    desk.jira.add_issue("DLP-2", issue_type="Sub-task")
    desk.jira.add_issue("OTHER-1")
    add_long_ago(desk.jira, "DLP-3")
    found = desk.connect().find_candidates()
    assert keys(found) == ["DLP-1", *(f"DM-{number}" for number in range(1, 10))]
    assert found.found[0].issue.name == "A milestone"
    assert found.found[0].issue.url == f"{desk.jira.url}/browse/DLP-1"
    assert not found.capped
    assert found.searched == "DLP, DM: issues other than sub-tasks that were changed within 2 years"


def test_issue_types_that_are_named_are_looked_for_however_old(desk: Desk) -> None:
    desk.jira.add_issue("DLP-1", issue_type="Story")
    add_long_ago(desk.jira, "DLP-2", issue_type="Epic")
    found = desk.connect(candidate_types=("Epic", "Story")).find_candidates()
    assert keys(found) == ["DLP-1", "DLP-2"]
    assert found.searched == "DLP, DM: issues of type Epic, Story"


def test_an_issue_type_that_is_not_there_is_a_matter_of_the_configuration(desk: Desk) -> None:
    with pytest.raises(ConfigError, match="The value 'Meilenstein' does not exist") as caught:
        desk.connect(candidate_types=("Meilenstein",)).find_candidates()
    assert "suggest_types" in caught.value.hint


@pytest.mark.parametrize("name", ["P6 code", "p6 CODE", P6_CODE])
def test_issues_that_hold_a_code_are_found_whatever_their_type_and_age(desk: Desk, name: str) -> None:
    add_long_ago(desk.jira, "DLP-3", issue_type="Sub-task", fields={P6_CODE: " LDM-503-06 "})
    desk.jira.edit("DM-9", **{P6_CODE: "DM-AP-7"})
    found = desk.connect(code_field=name, candidate_types=("Story",)).find_candidates()
    assert [(candidate.issue.code, candidate.code) for candidate in found.found] == [
        ("DLP-3", "LDM-503-06"),
        ("DM-9", "DM-AP-7"),
    ]
    assert found.searched == f"DLP, DM: issues with something in {name}, and issues of type Story"


def test_a_field_for_codes_is_a_text_field(desk: Desk) -> None:
    for wanted, said in (("Actual end", "is not a custom field for texts, but of type date"), ("no", "no field 'no'")):
        connector = desk.connect(code_field=wanted)
        with pytest.raises(ConfigError, match=said):
            connector.find_candidates()
        (problem,) = connector.check()
        assert (problem.where, said in problem.problem) == ("links.code_field", True)
        assert "Text fields: customfield_10200 (P6 code)." in problem.hint


def test_all_pages_are_read_up_to_a_cap_that_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.jira.page_cap = 4
    connector = desk.acquainted()
    found = connector.find_candidates()
    assert (len(found.found), found.capped) == (9, False)
    assert len(desk.asked()) == 3
    for most, capped in ((9, False), (8, True), (5, True)):
        monkeypatch.setattr(candidates, "MAX_ISSUES", most)
        found = connector.find_candidates()
        assert (len(found.found), found.capped) == (most, capped)


def test_it_only_reads(desk: Desk) -> None:
    connector = desk.acquainted()
    connector.find_candidates()
    assert set(desk.asked()) == {"POST search/jql" if desk.jira.is_cloud else "POST search"}


@pytest.mark.parametrize("body", [{"issues": [], "nextPageToken": "again", "total": 3}, {"issues": None}, []])
def test_a_search_that_leads_nowhere_is_a_source_error(desk: Desk, body: object) -> None:
    connector = desk.acquainted()
    desk.jira.fault("status", status=200, body=body, path="search", times=100)
    with pytest.raises(SourceError):
        connector.find_candidates()
