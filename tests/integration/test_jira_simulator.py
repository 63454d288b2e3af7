"""The simulated Jira behaves as the real ones are known to, and fails in the ways they do."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.jira_simulator import JiraSimulator

TLS = ssl.create_default_context()  # unused, and slow to make for every client
NOW = datetime(2019, 5, 2, 6, 30, tzinfo=UTC)  # still 1 May in the account's zone
NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
NO_ISSUE = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}


def client_of(jira: JiraSimulator, token: str = "simulator-token") -> httpx.Client:  # noqa: S107 - opens nothing
    base = f"{jira.url}/rest/api/2"
    if jira.is_cloud:
        return httpx.Client(base_url=base, verify=TLS, auth=(jira.user, token))
    return httpx.Client(base_url=base, verify=TLS, headers={"Authorization": f"Bearer {token}"})


def filled(flavour: str) -> JiraSimulator:
    jira = JiraSimulator(flavour, now=lambda: NOW)
    jira.add_field("customfield_10100", "Actual end")
    jira.add_field("customfield_10101", "Reviewed at", type="datetime")
    for number in range(1, 6):
        jira.add_issue(f"DM-{number}", summary=f"Milestone {number}", duedate=f"2019-06-0{number}")
    return jira


@pytest.fixture
def cloud() -> Iterator[JiraSimulator]:
    with filled("cloud") as jira:
        yield jira


@pytest.fixture
def center() -> Iterator[JiraSimulator]:
    with filled("data-center") as jira:
        yield jira


@pytest.fixture(params=["cloud", "data-center"])
def either(request: pytest.FixtureRequest) -> Iterator[JiraSimulator]:
    with filled(request.param) as jira:
        yield jira


@pytest.fixture
def http(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    name = next(name for name in ("cloud", "center", "either") if name in request.fixturenames)
    with client_of(request.getfixturevalue(name)) as client:
        yield client


def fetch(http: httpx.Client, *names: str, **more: object) -> dict[str, Any]:
    answer = http.post("/issue/bulkfetch", json={"issueIdsOrKeys": names, **more})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def put(http: httpx.Client, key: str, fields: dict[str, object], **more: object) -> httpx.Response:
    return http.put(f"/issue/{key}", json={"fields": fields, **more})


# ---- who asks ----------------------------------------------------------------------------------------------------


def test_the_server_says_what_it_is_to_anybody(either: JiraSimulator) -> None:
    info = httpx.get(f"{either.url}/rest/api/2/serverInfo").json()
    assert info["deploymentType"] == ("Cloud" if either.is_cloud else "Server")
    assert info["baseUrl"] == either.url


def test_wrong_credentials_are_refused_in_jiras_words(either: JiraSimulator) -> None:
    with client_of(either, token="expired") as stranger:
        answers = [stranger.get("/myself"), stranger.get("/issue/DM-1"), put(stranger, "DM-1", {"duedate": None})]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json()["message"] == "Client must be authenticated to access this resource."
    assert either.due("DM-1") == "2019-06-01"


def test_wrong_credentials_may_pass_as_somebody_who_sees_nothing(cloud: JiraSimulator) -> None:
    cloud.admits_bad_tokens = True
    with client_of(cloud, token="expired") as stranger:
        assert stranger.get("/myself").status_code == 401
        assert fetch(stranger, "DM-1")["issues"] == []
        assert stranger.get("/issue/DM-1").json() == NO_ISSUE
    with client_of(cloud) as known:
        assert len(fetch(known, "DM-1")["issues"]) == 1


def test_data_center_takes_no_password(center: JiraSimulator) -> None:
    answer = httpx.get(f"{center.url}/rest/api/2/myself", auth=("bot", "simulator-token"))
    assert answer.status_code == 403
    assert "Basic Authentication has been disabled" in answer.text


def test_myself_tells_the_zone_and_never_the_token(either: JiraSimulator, http: httpx.Client) -> None:
    me = http.get("/myself")
    assert me.json()["timeZone"] == "America/Los_Angeles"
    assert ("accountId" in me.json()) == either.is_cloud
    assert "simulator-token" not in me.text + repr(either.requests)


def test_permissions_are_per_project(cloud: JiraSimulator, http: httpx.Client) -> None:
    def granted(**query: str) -> dict[str, bool]:
        answer = http.get("/mypermissions", params={"permissions": "EDIT_ISSUES,ADMINISTER_PROJECTS", **query})
        return {name: told["havePermission"] for name, told in answer.json()["permissions"].items()}

    cloud.add_issue("DLP-1")
    cloud.permissions["DLP"]["EDIT_ISSUES"] = False
    assert granted(projectKey="DM") == {"EDIT_ISSUES": True, "ADMINISTER_PROJECTS": False}
    assert granted(projectKey="DLP") == {"EDIT_ISSUES": False, "ADMINISTER_PROJECTS": False}
    assert granted(issueKey="DLP-1") == {"EDIT_ISSUES": False, "ADMINISTER_PROJECTS": False}
    assert http.get("/mypermissions").status_code == 400
    unknown = http.get("/mypermissions", params={"permissions": "EDIT_ISSUES", "projectKey": "XX"})
    assert (unknown.status_code, unknown.json()["errorMessages"]) == (404, ["No project could be found with key 'XX'."])


def test_fields_may_share_a_name(either: JiraSimulator, http: httpx.Client) -> None:
    either.add_field("customfield_10200", "Actual end", custom="com.atlassian.jpo:jpo-custom-field-baseline-end")
    named = [field for field in http.get("/field").json() if field["name"] == "Actual end"]
    assert [field["id"] for field in named] == ["customfield_10100", "customfield_10200"]
    assert [field["schema"]["type"] for field in named] == ["date", "date"]
    assert named[1]["schema"]["custom"].startswith("com.atlassian.jpo")


# ---- reading -----------------------------------------------------------------------------------------------------


def test_instants_carry_the_accounts_offset_without_a_colon(either: JiraSimulator, http: httpx.Client) -> None:
    either.resolve("DM-1", at="2019-05-02T06:30:00+00:00")
    fields = http.get("/issue/DM-1").json()["fields"]
    assert fields["resolutiondate"] == "2019-05-01T23:30:00.000-0700"
    assert fields["updated"] == "2019-05-01T23:30:00.000-0700"
    assert ("statuscategorychangedate" in fields) == either.is_cloud


def test_done_is_a_category_whatever_the_status_is_called(either: JiraSimulator) -> None:
    for number in range(10, 18):
        either.add_issue(f"DM-{number}", done=number % 2 == 0)
    statuses = [either.issue(f"DM-{number}")["status"] for number in range(10, 18)]
    assert [status["statusCategory"]["key"] == "done" for status in statuses] == [True, False] * 4
    assert len({status["name"] for status in statuses}) > 4


def test_workflows_may_leave_a_resolution_out_or_behind(either: JiraSimulator) -> None:
    either.add_issue("DM-10", done=True)
    either.add_issue("DM-11", done=True, resolution="")
    either.resolve("DM-1", "Won't Do")
    either.reopen("DM-1", keep_resolution=True)
    either.resolve("DM-2")
    either.reopen("DM-2")
    resolutions = [either.issue(key)["resolution"] for key in ("DM-10", "DM-11", "DM-1", "DM-2")]
    assert [told and told["name"] for told in resolutions] == ["Done", None, "Won't Do", None]
    assert either.issue("DM-10")["resolutiondate"] is not None
    assert either.issue("DM-11")["resolutiondate"] is None
    assert either.issue("DM-1")["resolutiondate"] is not None


def test_bulkfetch_answers_by_ascending_id_with_moved_and_wrong_case_keys(
    cloud: JiraSimulator, http: httpx.Client
) -> None:
    cloud.move("DM-2", "DLP-7")
    cloud.delete("DM-3")
    cloud.hide("DM-4")
    answer = fetch(http, "dm-5", "DM-2", "DM-3", "DM-4", "10001", "XX-1", fields=["duedate"])
    assert [(issue["id"], issue["key"]) for issue in answer["issues"]] == [
        ("10001", "DM-1"),
        ("10002", "DLP-7"),
        ("10005", "DM-5"),
    ]
    assert answer["issues"][1]["fields"] == {"duedate": "2019-06-02"}
    assert answer["issueErrors"] == []


def test_bulkfetch_may_fail_for_one_issue(cloud: JiraSimulator, http: httpx.Client) -> None:
    cloud.bulk_error("DM-2", "Try again.")
    answer = fetch(http, "DM-1", "DM-2")
    assert [issue["key"] for issue in answer["issues"]] == ["DM-1"]
    assert answer["issueErrors"] == [{"id": "10002", "errorMessage": "Try again."}]


@pytest.mark.parametrize(
    "body",
    [
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": [f"DM-{number}" for number in range(101)]},
        {"issueIdsOrKeys": ["DM-1"], "expand": "changelog"},
        {"issueIdsOrKeys": ["DM-1"], "startAt": 0},
        {"keys": ["DM-1"]},
        {"issueIdsOrKeys": ["DM-1"], "properties": ["syncsvc"]},
    ],
    ids=["none", "over 100", "expand as text", "unknown member", "wrong member", "properties"],
)
def test_bulkfetch_refuses(cloud: JiraSimulator, http: httpx.Client, body: dict[str, object]) -> None:
    assert http.post("/issue/bulkfetch", json=body).status_code == 400


def test_field_lists(either: JiraSimulator, http: httpx.Client) -> None:
    def names(fields: str) -> set[str]:
        return set(http.get("/issue/DM-1", params={"fields": fields}).json()["fields"])

    everything = names("*all")
    assert {"summary", "duedate", "customfield_10100"} < everything
    assert names("duedate,nonsense") == {"duedate"}
    assert names("-summary") == everything - {"summary"}
    assert names("*all,-summary,-duedate") == everything - {"summary", "duedate"}


def test_any_field_can_be_given_and_instants_as_text(either: JiraSimulator) -> None:
    either.add_issue("DM-10", fields={"updated": "2019-01-01T12:00:00Z", "customfield_10100": "2019-01-02"})
    issue = either.issue("DM-10")
    assert issue["updated"] == "2019-01-01T04:00:00.000-0800"
    assert issue["customfield_10100"] == "2019-01-02"


def test_the_old_search_is_gone_from_cloud(cloud: JiraSimulator, http: httpx.Client) -> None:
    for answer in (http.get("/search", params={"jql": "project = DM"}), http.post("/search", json={"jql": ""})):
        assert answer.status_code == 410
        assert "CHANGE-2046" in answer.json()["errorMessages"][0]


def test_search_on_cloud_pages_by_token_and_shows_ids_only(cloud: JiraSimulator, http: httpx.Client) -> None:
    body: dict[str, object] = {"jql": "project = DM ORDER BY key", "maxResults": 2}
    pages = [http.post("/search/jql", json=body).json()]
    while token := pages[-1].get("nextPageToken"):
        pages.append(http.post("/search/jql", json=body | {"nextPageToken": token}).json())
    assert [[issue["id"] for issue in page["issues"]] for page in pages] == [
        ["10001", "10002"],
        ["10003", "10004"],
        ["10005"],
    ]
    assert pages[0]["issues"][0] == {"id": "10001"}
    assert [page["isLast"] for page in pages] == [False, False, True]
    assert not {"total", "startAt", "maxResults"} & set(pages[0])
    foreign = {"jql": "project = DM", "nextPageToken": pages[0]["nextPageToken"]}
    assert http.post("/search/jql", json=foreign).status_code == 400


def test_search_on_cloud_may_give_fewer_than_asked(cloud: JiraSimulator, http: httpx.Client) -> None:
    cloud.page_cap = 2
    body = {"jql": "project = DM", "maxResults": 500, "fields": ["duedate"]}
    assert len(http.post("/search/jql", json=body).json()["issues"]) == 2
    assert len(http.post("/search/jql", json=body | {"fields": ["key"]}).json()["issues"]) == 5


@pytest.mark.parametrize("jql", ["", "order by key"])
def test_search_on_cloud_must_be_bounded(cloud: JiraSimulator, http: httpx.Client, jql: str) -> None:
    answer = http.get("/search/jql", params={"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith("Unbounded JQL queries are not allowed here.")


def test_data_center_has_none_of_clouds_own_paths(center: JiraSimulator, http: httpx.Client) -> None:
    assert http.post("/search/jql", json={"jql": "project = DM"}).status_code == 404
    assert http.post("/issue/bulkfetch", json={"issueIdsOrKeys": ["DM-1"]}).status_code == 404
    assert http.post("/changelog/bulkfetch", json={"issueIdsOrKeys": ["DM-1"]}).status_code == 404
    assert httpx.get(f"{center.url}/rest/api/3/serverInfo").status_code == 404


def test_search_on_data_center_pages_by_offset_under_a_cap(center: JiraSimulator, http: httpx.Client) -> None:
    center.page_cap = 3
    body = {"jql": "project = DM ORDER BY key DESC", "maxResults": 500, "fields": ["duedate"]}
    first, second = (http.post("/search", json=body | {"startAt": start}).json() for start in (0, 3))
    assert (first["maxResults"], first["total"], first["startAt"]) == (3, 5, 0)
    assert [issue["key"] for issue in first["issues"] + second["issues"]] == ["DM-5", "DM-4", "DM-3", "DM-2", "DM-1"]
    assert http.get("/search", params={"jql": ""}).json()["total"] == 5


def test_one_dead_key_spoils_a_search_and_all_are_named(either: JiraSimulator, http: httpx.Client) -> None:
    either.hide("DM-4")
    path = "/search/jql" if either.is_cloud else "/search"
    answer = http.post(path, json={"jql": "key in (DM-1, DM-4, 'DM-99')"})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == [
        "An issue with key 'DM-4' does not exist for field 'key'.",
        "An issue with key 'DM-99' does not exist for field 'key'.",
    ]


def test_data_center_drops_dead_keys_when_told_not_to_validate(center: JiraSimulator, http: httpx.Client) -> None:
    answer = http.get("/search", params={"jql": "key in (DM-1, DM-99)", "validateQuery": "false"})
    assert [issue["key"] for issue in answer.json()["issues"]] == ["DM-1"]


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("key = DM-2", [2]),
        ("id in (10002, 'DM-3')", [3, 2]),
        ("issuekey in (dm-1, DLP-7) order by key asc", [5, 1]),
        ('project in ("DM", DLP) AND key in (DM-1, DM-2) order by id', [1, 2]),
        ("project = DLP", [5]),
        ('updated >= "2019-05-01 23:30" order by updated, key', [3]),
        ("updated >= '2019/05/01' and project = dm order by key desc", [4, 3, 2, 1]),
        ("updated > -15m", [3]),
        ("key = DM-1 AND key = DM-2", []),
        ("key = DM-5", [5]),
    ],
)
def test_jql(jql: str, found: list[int]) -> None:
    clock = [datetime(2019, 5, 1, 12, tzinfo=UTC)]
    with JiraSimulator("data-center", now=lambda: clock[0]) as jira, client_of(jira) as http:
        for number in range(1, 6):
            jira.add_issue(f"DM-{number}")
        jira.move("DM-5", "DLP-7")
        clock[0] = NOW
        jira.edit("DM-3", duedate="2019-01-01")
        answer = http.post("/search", json={"jql": jql})
        assert answer.status_code == 200, answer.text
        assert [int(issue["id"]) - 10000 for issue in answer.json()["issues"]] == found


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("key in (0.0)", "The issue key '0.0' for field 'key' is invalid."),
        ("id = 999", "A value with ID '999' does not exist for the field 'id'."),
        ("project = XX", "The value 'XX' does not exist for the field 'project'."),
        ("flavour = sweet", "Field 'flavour' does not exist or you do not have permission to view it."),
        ("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid. Valid formats include:"),
        ("updated = '2019-01-01'", "The operator '=' is not supported by the 'updated' field."),
        ("key > DM-1", "The operator '>' is not supported by the 'key' field."),
        ("key in (DM-1", "Error in the JQL Query: Expecting ')' before the end of the query."),
        ("key in ()", "Error in the JQL Query: Expecting either a value, list or function but got ')'."),
        ("project DM", "Error in the JQL Query: Expecting operator but got 'DM'. The valid operators are"),
        ("project =", "Error in the JQL Query: Expecting either a value, list or function before the end"),
        ("project = DM and", "Error in the JQL Query: Expecting a field name before the end of the query."),
        ("project = DM DM", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'DM'."),
        ("project = DM order key", "Error in the JQL Query: Expecting 'by' but got 'key'."),
        ("project = DM order by taste", "Not able to sort using field 'taste'."),
        ("project = 'DM", "Error in the JQL Query: The character ''' is reserved."),
        ("project = DM or key = DM-1", "The simulator knows no OR in JQL."),
        ("issuetype = Wish", "The value 'Wish' does not exist for the field 'issuetype'."),
        ("issuetype > Epic", "The operator '>' is not supported by the 'issuetype' field."),
        ("issuetype not in (Epic)", "Error in the JQL Query: Expecting 'subtaskissuetypes' but got '('."),
        ("cf[404] is not EMPTY", "Field 'cf[404]' does not exist or you do not have permission to view it."),
        ("cf[404] = 3", "The simulator knows only IS NOT EMPTY of 'cf[404]'."),
        ("(project = DM)", "The simulator knows no parentheses around conditions in JQL."),
    ],
)
def test_jql_that_is_refused(center: JiraSimulator, http: httpx.Client, jql: str, message: str) -> None:
    answer = http.post("/search", json={"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith(message)


def test_a_search_index_lags_and_a_single_read_does_not(either: JiraSimulator, http: httpx.Client) -> None:
    def searched() -> str:
        path = "/search/jql" if either.is_cloud else "/search"
        answer = http.post(path, json={"jql": "key = DM-1", "fields": ["duedate"]})
        due: str = answer.json()["issues"][0]["fields"]["duedate"]
        return due

    either.stale_search(searches=2)
    assert put(http, "DM-1", {"duedate": "2020-01-01"}).status_code == 204
    assert http.get("/issue/DM-1").json()["fields"]["duedate"] == "2020-01-01"
    assert [searched() for _ in range(3)] == ["2019-06-01", "2019-06-01", "2020-01-01"]
    either.stale_search(1.0)
    either.edit("DM-1", duedate="2020-02-02")
    assert searched() == "2020-01-01"
    time.sleep(1.05)
    assert searched() == "2020-02-02"


def test_bulkfetch_lags_with_the_index_unless_told_otherwise(cloud: JiraSimulator, http: httpx.Client) -> None:
    def fetched() -> str:
        due: str = fetch(http, "DM-1")["issues"][0]["fields"]["duedate"]
        return due

    cloud.stale_search(searches=1)
    cloud.edit("DM-1", duedate="2020-01-01")
    assert [fetched(), fetched()] == ["2019-06-01", "2020-01-01"]
    cloud.stale_search(searches=1, bulkfetch=False)
    cloud.edit("DM-1", duedate="2020-02-02")
    assert fetched() == "2020-02-02"


# ---- writing -----------------------------------------------------------------------------------------------------


def test_an_edit_sets_fields_and_a_comment_together(either: JiraSimulator, http: httpx.Client) -> None:
    answer = put(
        http,
        "DM-1",
        {"duedate": "2019-08-30", "customfield_10100": "2019-05-01"},
        update={"comment": [{"add": {"body": "Moved by the plan."}}]},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert either.due("DM-1") == "2019-08-30"
    assert either.issue("DM-1")["customfield_10100"] == "2019-05-01"
    assert either.comments("DM-1") == ["Moved by the plan."]
    entries = either.changelog("DM-1")
    assert len(entries) == 1
    assert entries[0]["author"]["emailAddress"] == "bot@example.org"
    first, second = entries[0]["items"]
    assert (first["field"], first["from"], first["to"]) == ("duedate", "2019-06-01", "2019-08-30")
    assert (second["field"], "from" in second, second["to"]) == ("Actual end", False, "2019-05-01")
    assert ("fieldId" in first) == either.is_cloud


def test_an_edit_that_changes_nothing_leaves_no_trace(either: JiraSimulator, http: httpx.Client) -> None:
    assert put(http, "DM-1", {"duedate": "2019-06-01"}).status_code == 204
    assert either.changelog("DM-1") == []


def test_a_date_can_be_cleared_and_set_by_update(either: JiraSimulator, http: httpx.Client) -> None:
    assert put(http, "DM-1", {"duedate": None}).status_code == 204
    assert either.due("DM-1") is None
    assert http.put("/issue/DM-1", json={"update": {"duedate": [{"set": "2020-01-01"}]}}).status_code == 204
    assert either.due("DM-1") == "2020-01-01"


def test_all_that_is_wrong_is_told_by_field_and_nothing_written(cloud: JiraSimulator, http: httpx.Client) -> None:
    cloud.not_on_screen("DM-1", "customfield_10100")
    answer = put(
        http,
        "DM-1",
        {
            "summary": "fine",
            "duedate": "31.12.2019",
            "customfield_10100": "2019-01-01",
            "customfield_10101": "2019-01-01",
            "customfield_99999": "2019-01-01",
            "resolutiondate": "2019-01-01T00:00:00.000+0000",
        },
        update={"comment": [{"add": {"body": {"type": "doc"}}}]},
    )
    assert answer.status_code == 400
    assert answer.json() == {
        "errorMessages": [],
        "errors": {
            "duedate": 'The duedate must be of the format "yyyy-MM-dd"',
            "customfield_10100": NOT_ON_SCREEN.format("customfield_10100"),
            "customfield_10101": "Error parsing time: 2019-01-01",
            "customfield_99999": NOT_ON_SCREEN.format("customfield_99999"),
            "resolutiondate": NOT_ON_SCREEN.format("resolutiondate"),
            "comment": "Operation value must be a string",
        },
    }
    assert cloud.issue("DM-1")["summary"] == "Milestone 1"
    assert cloud.comments("DM-1") == []


@pytest.mark.parametrize(
    ("field_id", "value", "message"),
    [
        ("customfield_10100", "2019-02-30", "Error parsing date string: 2019-02-30"),
        ("customfield_10100", 20190230, "Operation value must be a string"),
        ("summary", " ", "You must specify a summary of the issue."),
        ("customfield_10101", "2019-13-01T00:00:00.000+0000", "Error parsing time: 2019-13-01T00:00:00.000+0000"),
        ("comment", "hello", NOT_ON_SCREEN.format("comment")),
    ],
)
def test_values_that_are_refused(
    either: JiraSimulator, http: httpx.Client, field_id: str, value: object, message: str
) -> None:
    assert put(http, "DM-1", {field_id: value}).json()["errors"] == {field_id: message}


def test_a_datetime_field_takes_an_instant(either: JiraSimulator, http: httpx.Client) -> None:
    assert put(http, "DM-1", {"customfield_10101": "2019-01-01T12:00:00.000+0000"}).status_code == 204
    assert either.issue("DM-1")["customfield_10101"] == "2019-01-01T04:00:00.000-0800"


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"fields": []},
        {"fields": {"duedate": None}, "update": {"duedate": [{"set": None}]}},
        {"update": {"duedate": [{"add": "2019-01-01"}]}},
        {"update": {"comment": [{"add": {"body": " "}}]}},
        {"update": {"comment": [{"add": {}}]}},
        {"fields": {"duedate": None}, "properties": []},
    ],
)
def test_edits_that_make_no_sense(either: JiraSimulator, http: httpx.Client, body: object) -> None:
    answer = http.put("/issue/DM-1", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert either.due("DM-1") == "2019-06-01"


def test_comments_of_the_newer_api_are_documents(cloud: JiraSimulator, http: httpx.Client) -> None:
    path = f"{cloud.url}/rest/api/3/issue/DM-1"
    plain = http.put(path, json={"update": {"comment": [{"add": {"body": "text"}}]}})
    assert plain.json()["errors"] == {"comment": "Comment body is not valid!"}
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "text"}]}
    document = {"type": "doc", "version": 1, "content": [paragraph]}
    assert http.put(path, json={"update": {"comment": [{"add": {"body": document}}]}}).status_code == 204
    assert cloud.comments("DM-1") == ["text"]


def test_permissions_that_an_edit_needs(either: JiraSimulator, http: httpx.Client) -> None:
    commented = {"comment": [{"add": {"body": "x"}}]}
    either.permissions["DM"] |= {"SCHEDULE_ISSUES": False, "ADD_COMMENTS": False}
    answer = put(http, "DM-1", {"duedate": None, "summary": "s"}, update=commented)
    assert answer.json()["errors"] == {
        "duedate": NOT_ON_SCREEN.format("duedate"),
        "comment": "You do not have the permission to comment on this issue.",
    }
    either.permissions["DM"]["EDIT_ISSUES"] = False
    assert put(http, "DM-1", {"summary": "s"}).status_code == 403
    either.permissions["DM"]["BROWSE_PROJECTS"] = False
    assert put(http, "DM-1", {"summary": "s"}).status_code == 404


@pytest.mark.parametrize("flag", ["false", "0", "1"])
def test_quiet_edits_need_an_administrator(either: JiraSimulator, http: httpx.Client, flag: str) -> None:
    edit = {"fields": {"duedate": "2020-01-01"}}
    answer = http.put("/issue/DM-1", params={"notifyUsers": flag}, json=edit)
    assert answer.status_code == 403
    assert answer.json()["errorMessages"] == [
        "To discard the user notification either admin or project admin permissions are required."
    ]
    assert either.due("DM-1") == "2019-06-01"
    either.permissions["DM"]["ADMINISTER_PROJECTS"] = True
    assert http.put("/issue/DM-1", params={"notifyUsers": flag}, json=edit).status_code == 204


def test_overrides_are_for_apps(either: JiraSimulator, http: httpx.Client) -> None:
    edit = {"fields": {"duedate": "2020-01-01"}}
    assert http.put("/issue/DM-1", params={"overrideScreenSecurity": "true"}, json=edit).status_code == 403


def test_issues_that_cannot_be_written(either: JiraSimulator, http: httpx.Client) -> None:
    either.forbid("DM-1")
    either.hide("DM-2")
    either.delete("DM-3")
    answers = [put(http, f"DM-{number}", {"duedate": None}) for number in (1, 2, 3, 99)]
    assert [answer.status_code for answer in answers] == [403, 404, 404, 404]
    assert answers[0].json()["errorMessages"] == ["You do not have permission to edit issues in this project."]
    assert answers[1].json() == NO_ISSUE


def test_a_moved_issue_is_written_under_its_old_key(either: JiraSimulator, http: httpx.Client) -> None:
    either.move("DM-1", "DLP-7")
    assert put(http, "DM-1", {"duedate": "2020-01-01"}).status_code == 204
    assert either.due("DLP-7") == "2020-01-01"
    assert http.get("/issue/DM-1").json()["key"] == "DLP-7"
    assert either.requests[-1].key == "DLP-7"


def test_what_people_do_behind_our_back_is_in_the_history(cloud: JiraSimulator, http: httpx.Client) -> None:
    cloud.edit("DM-1", author="Vera", duedate="2019-07-01")
    cloud.resolve("DM-1")
    put(http, "DM-1", {"duedate": "2019-08-01"})
    log = http.get("/issue/DM-1", params={"expand": "changelog", "fields": "duedate"}).json()["changelog"]
    assert [entry["author"]["displayName"] for entry in log["histories"]] == ["Sync Bot", "A. Person", "Vera"]
    answer = http.post("/changelog/bulkfetch", json={"issueIdsOrKeys": ["DM-1", "DM-2"], "fieldIds": ["duedate"]})
    told = answer.json()["issueChangeLogs"]
    assert [entry["issueId"] for entry in told] == ["10001"]
    assert [change["items"][0]["to"] for change in told[0]["changeHistories"]] == ["2019-07-01", "2019-08-01"]


def test_bulk_changelogs_are_paged_and_may_tell_epochs(cloud: JiraSimulator, http: httpx.Client) -> None:
    cloud.epoch_changelog = True
    for key in ("DM-1", "DM-2"):
        cloud.edit(key, duedate="2019-07-01")
        cloud.edit(key, duedate="2019-07-02")
    body: dict[str, object] = {"issueIdsOrKeys": ["DM-2", "DM-1"], "maxResults": 3}
    first = http.post("/changelog/bulkfetch", json=body).json()
    second = http.post("/changelog/bulkfetch", json=body | {"nextPageToken": first["nextPageToken"]}).json()
    sizes = [
        [(log["issueId"], len(log["changeHistories"])) for log in page["issueChangeLogs"]] for page in (first, second)
    ]
    assert sizes == [[("10001", 2), ("10002", 1)], [("10002", 1)]]
    assert "nextPageToken" not in second
    assert first["issueChangeLogs"][0]["changeHistories"][0]["created"] == NOW.timestamp() * 1000


def test_content_that_makes_no_sense_is_refused_to_the_test_that_adds_it(cloud: JiraSimulator) -> None:
    with pytest.raises(ValueError, match="DM-1 is no issue key, or taken"):
        cloud.add_issue("DM-1")
    with pytest.raises(KeyError, match="there is no field customfield_1; add_field makes one"):
        cloud.edit("DM-1", customfield_1="2019-01-01")
    with pytest.raises(KeyError, match="there is no issue DM-77"):
        cloud.resolve("DM-77")
    with pytest.raises(ValueError, match="flavour is 'cloud' or 'data-center', not 'server'"):
        JiraSimulator("server")


# ---- what was asked ----------------------------------------------------------------------------------------------


def test_requests_are_noted_with_their_status(either: JiraSimulator, http: httpx.Client) -> None:
    http.get("/issue/DM-1?fields=duedate&fields=summary")
    put(http, "10002", {"duedate": None})
    put(http, "DM-9", {"duedate": None})
    told = [(request.method, request.path, request.status, request.key) for request in either.requests]
    assert told == [
        ("GET", "/rest/api/2/issue/DM-1", 200, "DM-1"),
        ("PUT", "/rest/api/2/issue/10002", 204, "DM-2"),
        ("PUT", "/rest/api/2/issue/DM-9", 404, "DM-9"),
    ]
    assert either.requests[0].query == {"fields": "duedate,summary"}
    assert either.requests[1].body == {"fields": {"duedate": None}}
    assert (either.count(), either.count("PUT"), either.count("POST")) == (3, 2, 0)
    either.forget_requests()
    assert either.count() == 0


def test_requests_that_fit_no_route(either: JiraSimulator, http: httpx.Client) -> None:
    assert http.get("/nothing").status_code == 404
    assert http.delete("/issue/DM-1").status_code == 405
    assert http.put("/issue/DM-1", content=b"fields=1").status_code == 415
    assert "Log in" in httpx.get(f"{either.url}/login.jsp").text


def test_data_center_shows_its_bucket_on_every_answer(center: JiraSimulator, http: httpx.Client) -> None:
    headers = http.get("/myself").headers
    assert headers["retry-after"] == "0"
    assert headers["x-ratelimit-remaining"] == "349"


# ---- faults ------------------------------------------------------------------------------------------------------


def test_statuses_leave_everything_as_it_was(either: JiraSimulator, http: httpx.Client) -> None:
    for status in (500, 502, 503, 401, 403, 404, 409):
        either.fault("status", status=status)
        assert put(http, "DM-1", {"duedate": None}).status_code == status
    assert either.due("DM-1") == "2019-06-01"
    either.fault("status", status=503, body="<html>down</html>", headers={"Retry-After": "7"})
    answer = http.get("/myself")
    assert (answer.text, answer.headers["retry-after"]) == ("<html>down</html>", "7")
    assert http.get("/myself").status_code == 200


def test_faults_strike_only_what_they_are_meant_for(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("status", status=500, method="PUT", key="DM-2", after=1, times=2)
    either.fault("status", status=502, path="/field$")
    assert http.get("/issue/DM-2").status_code == 200
    assert put(http, "DM-1", {"summary": "x"}).status_code == 204
    assert [put(http, "DM-2", {"summary": "x"}).status_code for _ in range(4)] == [204, 500, 500, 204]
    assert [http.get("/field").status_code for _ in range(2)] == [502, 200]
    either.fault("status", times=100)
    either.forget_faults()
    assert http.get("/field").status_code == 200


def test_faults_wait_for_their_turn(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("status", status=500)
    either.fault("status", status=502)
    either.fault("status", status=503, after=3)
    assert [http.get("/field").status_code for _ in range(5)] == [500, 502, 200, 503, 200]


@pytest.mark.parametrize("retry_after", ["2", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", None])
def test_rate_limits(either: JiraSimulator, http: httpx.Client, retry_after: str | None) -> None:
    either.fault("rate_limit", retry_after=retry_after)
    answer = http.get("/myself")
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == retry_after
    assert answer.headers.get("ratelimit-reason") == ("jira-burst-based" if either.is_cloud else None)
    assert http.get("/myself").status_code == 200


def test_a_connection_may_drop_before_or_after_a_write(either: JiraSimulator, http: httpx.Client) -> None:
    for kind, due in (("drop_before", "2019-06-01"), ("drop_after", "2020-01-01")):
        either.fault(kind, method="PUT")
        with pytest.raises(httpx.RemoteProtocolError):
            put(http, "DM-1", {"duedate": "2020-01-01"})
        assert either.due("DM-1") == due
        assert either.requests[-1].status is None


def test_an_answer_may_break_off(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/field")


def test_a_server_may_lie(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("lie")
    assert http.get("/issue/DM-1").status_code == 200
    answer = put(http, "DM-1", {"duedate": "2020-01-01"}, update={"comment": [{"add": {"body": "x"}}]})
    assert answer.status_code == 204
    assert either.due("DM-1") == "2019-06-01"
    assert either.comments("DM-1") == []


def test_a_login_page_may_stand_in_the_way(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("html")
    page = put(http, "DM-1", {"duedate": None})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    either.fault("redirect")
    answer = put(http, "DM-1", {"duedate": None})
    assert answer.status_code == 302
    assert "Log in" in httpx.get(either.url + answer.headers["location"]).text
    assert either.due("DM-1") == "2019-06-01"


@pytest.mark.parametrize(("late", "due_meanwhile"), [(False, "2020-01-01"), (True, "2019-06-01")])
def test_an_answer_may_be_slow_and_its_write_late(
    either: JiraSimulator, http: httpx.Client, late: bool, due_meanwhile: str
) -> None:
    either.fault("slow", seconds=0.8, late=late)
    with pytest.raises(httpx.ReadTimeout):
        http.put("/issue/DM-1", json={"fields": {"duedate": "2020-01-01"}}, timeout=0.3)
    assert either.due("DM-1") == due_meanwhile
    patience = time.monotonic() + 5
    while either.due("DM-1") != "2020-01-01" and time.monotonic() < patience:
        time.sleep(0.02)
    assert either.due("DM-1") == "2020-01-01"


def test_an_answer_may_never_end(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("endless")
    with http.stream("GET", "/myself", timeout=0.5) as answer:
        seen = [next(chunks) for chunks in [answer.iter_raw()] for _ in range(4)]
    assert len(seen) == 4
    assert http.get("/myself").status_code == 200


def test_a_head_may_never_end(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("endless", head=True, seconds=0.3)
    started = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/myself", timeout=0.2)
    assert time.monotonic() - started >= 0.3


def test_an_endless_answer_ends_by_itself(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("endless", seconds=0.2)
    assert http.get("/myself").text.strip() == ""


def test_an_answer_may_be_huge(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("huge", bytes=200_000)
    assert len(http.get("/myself").content) > 200_000


def test_a_fault_that_is_misspelt_is_refused(either: JiraSimulator) -> None:
    with pytest.raises(ValueError, match="no fault is called 'drop'; there are status, rate_limit"):
        either.fault("drop")
    with pytest.raises(ValueError, match="a slow fault has no minutes"):
        either.fault("slow", minutes=1)


def test_stopping_ends_whatever_is_waiting(either: JiraSimulator, http: httpx.Client) -> None:
    either.fault("slow", seconds=30)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            http.get("/myself", timeout=20)
        except httpx.TransportError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not either.requests:
        time.sleep(0.01)
    started = time.monotonic()
    either.stop()
    asking.join()
    assert time.monotonic() - started < 5
    assert failures
    with pytest.raises(httpx.ConnectError):
        http.get("/myself")
    either.start()
    assert httpx.get(f"{either.url}/rest/api/2/serverInfo").status_code == 200


def test_a_distant_server_takes_its_time() -> None:
    with JiraSimulator(latency_seconds=0.1) as jira:
        started = time.monotonic()
        httpx.get(f"{jira.url}/rest/api/2/serverInfo", verify=TLS)
        assert time.monotonic() - started >= 0.1


def test_many_may_write_at_once(either: JiraSimulator, http: httpx.Client) -> None:
    def write(key: str) -> None:
        for day in range(1, 21):
            assert put(http, key, {"duedate": f"2020-01-{day:02d}"}).status_code == 204

    threads = [threading.Thread(target=write, args=(f"DM-{number}",)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert either.count("PUT") == 100
    assert [len(either.changelog(f"DM-{number}")) for number in range(1, 6)] == [20] * 5
    assert {either.due(f"DM-{number}") for number in range(1, 6)} == {"2020-01-20"}


def test_ten_thousand_issues() -> None:
    with JiraSimulator() as jira:
        for number in range(1, 10_001):
            jira.add_issue(f"DM-{number}", duedate="2019-06-01")
        with client_of(jira) as http:
            keys = [f"DM-{number}" for number in range(1, 10_001)]
            seen = [
                issue["key"]
                for start in range(0, 10_000, 100)
                for issue in fetch(http, *keys[start : start + 100], fields=["duedate", "status"])["issues"]
            ]
        assert seen == keys
