"""Every answer of the simulated Jira Cloud has the shape that Atlassian's own description gives it."""

import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from connectors.jira_simulator import JiraSimulator
from connectors.jira_simulator.routes import ROUTES

KEYS = {"issueIdsOrKeys": ["DM-1", "DM-2", "10003", "DM-99"]}
EDIT = {"fields": {"duedate": "2020-01-01"}, "update": {}}


@dataclass(frozen=True)
class Asked:
    """One request, the path of the description it belongs to, and the status it should get."""

    path: str
    status: int = 200
    method: str = "GET"
    template: str = ""
    query: dict[str, str] = field(default_factory=dict)
    body: object = None

    @property
    def described_as(self) -> str:
        return f"/rest/api/3{self.template or self.path}"


ISSUE = "/issue/{issueIdOrKey}"
WALK = {
    "server": Asked("/serverInfo"),
    "myself": Asked("/myself"),
    "fields": Asked("/field"),
    "permissions": Asked("/mypermissions", query={"permissions": "EDIT_ISSUES,ADMINISTER", "projectKey": "DM"}),
    "no permissions": Asked("/mypermissions", 400),
    "unknown project": Asked("/mypermissions", 404, query={"permissions": "EDIT_ISSUES", "projectKey": "XX"}),
    "search": Asked("/search/jql", query={"jql": "project = DM", "fields": "*all", "maxResults": "2"}),
    "search ids": Asked("/search/jql", method="POST", body={"jql": "project = DM"}),
    "search, last page": Asked("/search/jql", method="POST", body={"jql": "key = DM-1", "fields": ["*all"]}),
    "search with history": Asked("/search/jql", query={"jql": "key=DM-1", "fields": "status", "expand": "changelog"}),
    "search by type": Asked(
        "/search/jql",
        method="POST",
        body={"jql": "project = DM AND issuetype not in subtaskIssueTypes() AND updated >= -9d", "fields": ["*all"]},
    ),
    "search, no such type": Asked("/search/jql", 400, query={"jql": "project = DM AND issuetype in (Wish)"}),
    "unbounded search": Asked("/search/jql", 400, query={"jql": "order by key"}),
    "search, bad member": Asked("/search/jql", 400, method="POST", body={"jql": "project = DM", "startAt": 0}),
    "old search": Asked("/search", 410, query={"jql": "project = DM"}),
    "old search by POST": Asked("/search", 410, method="POST", body={"jql": "project = DM"}),
    "bulkfetch": Asked("/issue/bulkfetch", method="POST", body=KEYS),
    "bulkfetch, history": Asked("/issue/bulkfetch", method="POST", body=KEYS | {"expand": ["changelog"]}),
    "bulkfetch, some fields": Asked("/issue/bulkfetch", method="POST", body=KEYS | {"fields": ["duedate"]}),
    "bulkfetch, nothing": Asked("/issue/bulkfetch", 400, method="POST", body={"issueIdsOrKeys": []}),
    "changelogs": Asked("/changelog/bulkfetch", method="POST", body=KEYS | {"fieldIds": ["duedate"]}),
    "changelogs, paged": Asked("/changelog/bulkfetch", method="POST", body=KEYS | {"maxResults": 1}),
    "changelogs, nothing": Asked("/changelog/bulkfetch", 400, method="POST", body={"issueIdsOrKeys": []}),
    "issue": Asked("/issue/DM-1", template=ISSUE),
    "issue with history": Asked("/issue/DM-1", template=ISSUE, query={"fields": "duedate", "expand": "changelog"}),
    "no issue": Asked("/issue/DM-99", 404, template=ISSUE),
    "edit": Asked("/issue/DM-1", 204, method="PUT", template=ISSUE, body=EDIT),
    "edit and show": Asked("/issue/DM-1", method="PUT", template=ISSUE, body=EDIT, query={"returnIssue": "true"}),
    "bad edit": Asked("/issue/DM-1", 400, method="PUT", template=ISSUE, body={"fields": {"duedate": "x"}}),
    "quiet edit": Asked("/issue/DM-1", 403, method="PUT", template=ISSUE, body=EDIT, query={"notifyUsers": "false"}),
    "edit of nothing": Asked("/issue/DM-99", 404, method="PUT", template=ISSUE, body=EDIT),
}


@pytest.fixture(scope="module")
def description(jira_openapi: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(jira_openapi.read_bytes())
    return loaded


@pytest.fixture(scope="module")
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # unused, and slow to make for every client


@pytest.fixture
def http(tls: ssl.SSLContext) -> Iterator[httpx.Client]:
    with JiraSimulator() as jira:
        jira.add_field("customfield_10100", "Actual end")
        jira.add_issue("DM-1", duedate="2019-06-01", fields={"customfield_10100": "2019-05-01"})
        jira.add_issue("DM-2", done=True)
        jira.add_issue("DM-3")
        jira.edit("DM-1", author="Vera", duedate="2019-07-01", customfield_10100=None)
        jira.resolve("DM-1", "Won't Do")
        jira.reopen("DM-1")
        jira.move("DM-3", "DLP-7")
        jira.bulk_error("DLP-7")
        with httpx.Client(base_url=f"{jira.url}/rest/api/3", verify=tls, auth=(jira.user, "simulator-token")) as client:
            yield client


@pytest.mark.parametrize("asked", WALK.values(), ids=WALK.keys())
def test_answers_are_as_described(asked: Asked, http: httpx.Client, description: dict[str, Any]) -> None:
    answer = http.request(asked.method, asked.path, params=asked.query, json=asked.body)
    assert answer.status_code == asked.status, answer.text
    responses = description["paths"][asked.described_as][asked.method.lower()]["responses"]
    if asked.status != 410:  # the description still has the old search, which sites answer with 410
        assert str(asked.status) in responses
    described = responses.get(str(asked.status), {}).get("content", {}).get("application/json", {}).get("schema")
    if asked.status == 204:
        assert answer.content == b""
        return
    if described is None and asked.status >= 400:
        described = {"$ref": "#/components/schemas/ErrorCollection"}
    if not described:  # an edit that shows the issue is described in words only
        described = {"$ref": "#/components/schemas/IssueBean"}
    validator = Draft202012Validator({"allOf": [described], "components": description["components"]})
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())]
    assert not problems


def test_every_path_of_cloud_is_walked() -> None:
    walked = {(asked.method, asked.path) for asked in WALK.values()}
    for methods, flavours, pattern, _ in ROUTES:
        if "cloud" in flavours:
            for method in methods:
                assert any(m == method and pattern.fullmatch(path) for m, path in walked), (method, pattern.pattern)


def test_every_path_of_cloud_is_described(description: dict[str, Any]) -> None:
    described = {re.sub(r"\{\w+\}", "DM-1", path.removeprefix("/rest/api/3")) for path in description["paths"]}
    for _, flavours, pattern, _ in ROUTES:
        if "cloud" in flavours:
            assert any(pattern.fullmatch(path) for path in described), pattern.pattern
