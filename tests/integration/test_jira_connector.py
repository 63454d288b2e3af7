"""How the Jira connector reads: which requests, what they bring, and what is said when they do not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connectors.jira.transport import Transport
from connectors.jira_simulator import JiraSimulator
from syncsvc.errors import AccessRefused, ConfigError, ExitCode, SourceError, Unreachable
from syncsvc.model import Status, by_code
from tests.integration.jira_desk import ACTUAL_END, MARCH, TOKEN, Desk, open_desk


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


@pytest.fixture
def cloud() -> Iterator[Desk]:
    with open_desk("cloud") as opened:
        yield opened


@pytest.fixture
def data_center() -> Iterator[Desk]:
    with open_desk("data-center") as opened:
        yield opened


# what is read


def test_a_snapshot_says_where_it_comes_from_and_what_was_asked(desk: Desk) -> None:
    desk.jira.resolve("DM-2", at="2019-04-30T23:30:00")
    (snapshot,) = desk.connect().pull(["DM-2", "DM-1", "DM-404"], {}).snapshots
    assert snapshot.source == desk.jira.url
    assert snapshot.connector == "jira"
    assert snapshot.asked == frozenset({"DM-1", "DM-2", "DM-404"})
    assert snapshot.missing == ("DM-404",)
    assert snapshot.complete
    one, two = snapshot.milestones
    assert (one.code, one.due, one.url) == ("DM-1", MARCH, f"{desk.jira.url}/browse/DM-1")
    assert (two.code, two.status, two.completed) == ("DM-2", Status.COMPLETED, date(2019, 4, 30))
    assert two.completed_column == "resolutiondate"


def test_milestones_come_in_order_of_their_numbers(desk: Desk) -> None:
    desk.jira.add_issue("DM-10")
    (snapshot,) = desk.connect().pull(["DM-10", "DM-9", "DM-2"], {}).snapshots
    assert [m.code for m in snapshot.milestones] == ["DM-2", "DM-9", "DM-10"]


def test_done_without_a_resolution_is_dated_where_the_server_can(desk: Desk) -> None:
    desk.jira.resolve("DM-1", resolution="", at="2019-04-30T12:00:00")
    (seen,) = desk.look("DM-1").milestones
    assert seen.status is Status.COMPLETED
    assert seen.completed == (date(2019, 4, 30) if desk.jira.is_cloud else None)


def test_the_account_may_live_in_any_zone(desk: Desk) -> None:
    with JiraSimulator(desk.jira.flavour, time_zone="Asia/Kolkata") as elsewhere:
        elsewhere.add_field(ACTUAL_END, "Actual end")
        elsewhere.add_issue("DM-1", done=True, resolutiondate="2019-05-01T06:30:00+00:00")
        (seen,) = Desk(elsewhere).look("DM-1").milestones
    assert seen.completed == date(2019, 4, 30)


def test_a_date_that_cannot_be_read_is_a_reject_that_names_issue_and_field(desk: Desk) -> None:
    desk.jira.edit("DM-1", duedate="2019-02-30")
    (snapshot,) = desk.connect().pull(["DM-1", "DM-2"], {}).snapshots
    assert [(r.code, r.field, r.where) for r in snapshot.rejects] == [("DM-1", "due", "DM-1 duedate")]
    assert by_code(snapshot.milestones)["DM-1"].due is None


def test_moved_and_misspelt_keys_lead_to_their_issue(desk: Desk) -> None:
    desk.jira.move("DM-2", "DLP-7")
    (snapshot,) = desk.connect().pull(["dm-1", "DM-2", "DM-3"], {}).snapshots
    assert [m.code for m in snapshot.milestones] == ["DLP-7", "DM-1", "DM-3"]
    assert snapshot.moved == {"DM-2": "DLP-7", "dm-1": "DM-1"}
    assert snapshot.missing == ()


def test_many_moves_at_once_are_told_apart(desk: Desk) -> None:
    for number in range(1, 9):
        desk.jira.move(f"DM-{number}", f"DLP-{number + 100}")
    keys = [f"DM-{number}" for number in range(1, 30)]
    (snapshot,) = desk.connect().pull(keys, {}).snapshots
    assert snapshot.moved == {f"DM-{number}": f"DLP-{number + 100}" for number in range(1, 9)}
    assert len(snapshot.missing) == 20


@pytest.mark.parametrize(
    "key", ["0.0", "DM 1", "DM-1) OR key in (DM-2", "../myself", "DM-1?x", "", "ДМ-1", "DM-01", "DM-\u0661"]
)
def test_what_cannot_be_a_key_is_missing_and_never_sent(desk: Desk, key: str) -> None:
    connector = desk.acquainted()
    (snapshot,) = connector.pull([key], {}).snapshots
    assert snapshot.missing == (key,)
    assert desk.asked() == ["GET myself"]
    assert connector.read([key]).missing == (key,)


def test_an_issue_that_the_account_may_not_see_is_missing(desk: Desk) -> None:
    desk.jira.hide("DM-1")
    (snapshot,) = desk.connect().pull(["DM-1", "DM-2"], {}).snapshots
    assert snapshot.missing == ("DM-1",)
    assert desk.look("DM-1").missing == ("DM-1",)


def test_what_a_bulk_answer_leaves_out_is_asked_for_alone(cloud: Desk) -> None:
    cloud.jira.bulk_error("DM-3")
    (snapshot,) = cloud.acquainted().pull(["DM-1", "DM-2", "DM-3"], {}).snapshots
    assert [m.code for m in snapshot.milestones] == ["DM-1", "DM-2", "DM-3"]
    assert cloud.asked() == ["POST issue/bulkfetch", "GET issue/DM-3"]


def test_many_that_a_bulk_answer_leaves_out_are_not_called_missing(cloud: Desk) -> None:
    for number in range(10, 31):
        cloud.jira.add_issue(f"DM-{number}")
        cloud.jira.bulk_error(f"DM-{number}")
    (snapshot,) = cloud.connect().pull([f"DM-{number}" for number in range(1, 31)], {}).snapshots
    assert (len(snapshot.milestones), snapshot.missing) == (30, ())


def test_reading_a_few_keys_asks_no_index(desk: Desk) -> None:
    connector = desk.acquainted()
    desk.jira.stale_search(60)
    desk.jira.edit("DM-1", duedate="2019-06-15")
    assert by_code(connector.read(["DM-1", "DM-2"]).milestones)["DM-1"].due == date(2019, 6, 15)
    assert sorted(desk.asked()) == ["GET issue/DM-1", "GET issue/DM-2"]


# which requests


def test_cloud_reads_a_hundred_issues_with_each_request(cloud: Desk) -> None:
    for number in range(10, 387):
        cloud.jira.add_issue(f"DM-{number}")
    connector = cloud.connect()
    (snapshot,) = connector.pull([f"DM-{number}" for number in range(1, 387)], {}).snapshots
    assert (len(snapshot.milestones), snapshot.missing) == (386, ())
    assert cloud.asked()[:2] == ["GET myself", "GET field"]
    assert cloud.asked()[2:] == ["POST issue/bulkfetch"] * 4
    cloud.jira.forget_requests()
    connector.pull(["DM-1"], {})
    assert cloud.asked() == ["POST issue/bulkfetch"]


def test_data_center_pages_by_what_the_server_gives(data_center: Desk) -> None:
    for number in range(10, 251):
        data_center.jira.add_issue(f"DM-{number}")
    data_center.jira.page_cap = 60
    (snapshot,) = data_center.acquainted().pull([f"DM-{number}" for number in range(1, 251)], {}).snapshots
    assert (len(snapshot.milestones), snapshot.missing) == (250, ())
    assert data_center.jira.count("POST") == 4 + 1


def test_dead_keys_are_left_out_of_a_search(data_center: Desk) -> None:
    dead = [f"DM-{number}" for number in (404, 40, 4004)]  # DM-40 is the beginning of DM-404
    data_center.jira.add_issue("DM-400")
    (snapshot,) = data_center.acquainted().pull(["DM-1", "DM-2", "DM-400", *dead], {}).snapshots
    assert snapshot.missing == ("DM-40", "DM-4004", "DM-404")
    assert [m.code for m in snapshot.milestones] == ["DM-1", "DM-2", "DM-400"]
    assert data_center.asked()[:2] == ["POST search", "POST search"]


def test_a_search_that_is_refused_without_a_name_is_halved(data_center: Desk) -> None:
    body = {"errorMessages": ["Error in the JQL Query."], "errors": {}}
    data_center.jira.fault("status", path="/search", times=7, status=400, body=body)
    (snapshot,) = data_center.acquainted().pull([f"DM-{number}" for number in range(1, 10)], {}).snapshots
    assert (len(snapshot.milestones), snapshot.missing) == (9, ())


def test_a_search_that_is_always_refused_is_done_without(data_center: Desk) -> None:
    body = {"errorMessages": ["Error in the JQL Query."], "errors": {}}
    data_center.jira.fault("status", path="/search", times=1000, status=400, body=body)
    keys = [f"DM-{number}" for number in range(1, 30)]
    (snapshot,) = data_center.acquainted().pull(keys, {}).snapshots
    assert (len(snapshot.milestones), len(snapshot.missing)) == (9, 20)


def test_a_search_that_stops_before_its_end_is_not_half_used(data_center: Desk) -> None:
    body = {"startAt": 0, "maxResults": 50, "total": 9, "issues": []}
    data_center.jira.fault("status", path="/search", times=9, status=200, body=body)
    with pytest.raises(SourceError, match="came to a stop after 0 of 9"):
        data_center.connect().pull(["DM-1"], {})


def test_auto_asks_the_server_what_it_is(desk: Desk) -> None:
    connector = desk.connect(flavour="auto")
    connector.pull(["DM-1"], {})
    assert desk.asked() == [
        "GET serverInfo",
        "GET myself",
        "GET field",
        "POST issue/bulkfetch" if desk.jira.is_cloud else "POST search",
    ]


def test_links_for_people_never_lead_to_the_gateway_of_scoped_tokens(cloud: Desk) -> None:
    url = f"{cloud.jira.url}/ex/jira/1234"
    info = {"baseUrl": "https://example.atlassian.net", "deploymentType": "Cloud"}
    cloud.jira.fault("status", path="serverInfo", status=200, body=info)
    cloud.jira.fault("status", path="myself", status=200, body={"accountId": "1"})
    described = {"id": "1", "key": "DM-1", "fields": {"status": {"statusCategory": {"key": "new"}}}}
    cloud.jira.fault("status", path="bulkfetch", status=200, body={"issues": [described], "issueErrors": []})
    (snapshot,) = cloud.connect(url=url, completed_field=None).pull(["DM-1"], {}).snapshots
    assert snapshot.milestones[0].url == "https://example.atlassian.net/browse/DM-1"
    assert cloud.jira.requests[-1].path == "/ex/jira/1234/rest/api/2/issue/bulkfetch"


# what goes wrong


def test_a_bad_token_is_refused_before_anything_is_believed(desk: Desk) -> None:
    desk.jira.admits_bad_tokens = True  # everything but myself answers as if to nobody
    for connector in (desk.connect(token="expired"), desk.connect(token="expired", flavour="auto")):
        with pytest.raises(AccessRefused) as caught:
            connector.pull(["DM-1"], {})
        assert "does not accept the token (401)" in caught.value.message
        assert "expired" in caught.value.hint


def test_a_token_that_expires_between_two_pulls_makes_nothing_go_missing(desk: Desk) -> None:
    connector = desk.acquainted()
    desk.jira.admits_bad_tokens = True
    desk.jira._token = "renewed"
    with pytest.raises(AccessRefused):
        connector.pull(["DM-1"], {})


def test_somebody_anonymous_is_refused_wherever_it_shows(data_center: Desk) -> None:
    connector = data_center.acquainted()
    body = {"issues": [], "total": 0}
    data_center.jira.fault("status", path="/search", status=200, body=body, headers={"X-AUSERNAME": "anonymous"})
    with pytest.raises(AccessRefused, match="anonymous"):
        connector.pull(["DM-1"], {})


def test_a_captcha_is_said_in_words(data_center: Desk) -> None:
    headers = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.org/login.jsp"}
    data_center.jira.fault("status", path="myself", status=403, headers=headers)
    with pytest.raises(AccessRefused) as caught:
        data_center.connect().pull(["DM-1"], {})
    assert "CAPTCHA_CHALLENGE" in caught.value.message
    assert "browser" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "details", "error", "said"),
    [
        ("status", {"status": 401}, AccessRefused, "does not accept the token (401)"),
        ("status", {"status": 403}, AccessRefused, "403"),
        ("status", {"status": 404}, SourceError, "404"),
        ("status", {"status": 413, "body": {"message": "Oh no."}}, SourceError, "Oh no."),
        ("status", {"status": 200, "body": {"issues": 7}}, SourceError, "not understood"),
        ("status", {"status": 200, "body": {"issues": [{"id": "1"}], "total": 1}}, SourceError, "without a key"),
        ("status", {"status": 404, "body": "<html>"}, AccessRefused, "a web page instead of JSON"),
        ("html", {}, AccessRefused, "a web page instead of JSON"),
        ("status", {"status": 200, "body": ""}, AccessRefused, "answers 200 with nothing at all"),
        ("redirect", {}, AccessRefused, "a redirect to http://127.0.0.1"),
        ("status", {"status": 500}, Unreachable, "500 Internal server error"),
        ("status", {"status": 502}, Unreachable, "502 a web page instead of JSON"),
        ("drop_before", {}, Unreachable, "the connection ended before an answer came"),
        ("cut", {}, Unreachable, "the connection ended before an answer came"),
        ("huge", {"bytes": 1_000_000}, Unreachable, "larger than 300,000 bytes"),
        ("endless", {}, Unreachable, "no whole answer within 0.2 seconds"),
        ("endless", {"head": True}, Unreachable, "no whole answer within 0.2 seconds"),
        ("slow", {"seconds": 2.0}, Unreachable, "0.2 seconds"),
        ("rate_limit", {"retry_after": "301"}, Unreachable, "asks to wait 301 seconds, longer than the 300"),
        ("rate_limit", {"retry_after": None}, Unreachable, "went on answering 429"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error_in_words(
    desk: Desk, kind: str, details: dict[str, Any], error: type[SourceError], said: str
) -> None:
    connector = desk.acquainted(deadline_seconds=0.2, answer_cap_bytes=300_000, attempts=2)
    desk.jira.fault(kind, method="POST", times=1000, **details)
    keys = [f"DM-{number}" for number in range(1, 4)]
    with pytest.raises(error) as caught:
        connector.pull(keys, {})
    shown = str(caught.value)
    assert said in shown
    assert caught.value.hint
    for secret in (TOKEN, desk.jira.user, "bulkfetch?", "jql"):
        assert secret not in shown


@pytest.mark.parametrize("kind", ["status", "drop_before", "cut", "rate_limit"])
@pytest.mark.parametrize("path", ["serverInfo", "myself", "field", "bulkfetch"])
def test_reading_survives_what_passes(cloud: Desk, kind: str, path: str) -> None:
    cloud.jira.fault(kind, path=path)
    (snapshot,) = cloud.connect(flavour="auto").pull(["DM-1"], {}).snapshots
    assert [m.code for m in snapshot.milestones] == ["DM-1"]
    assert cloud.time.slept


@pytest.mark.parametrize(
    ("retry_after", "at_least", "at_most"),
    [
        ("7", 7, 7),
        ("1.5", 1.5, 1.5),
        ("0", 0.5, 0.7),
        ("-3", 0.5, 0.7),
        (None, 0.5, 0.7),
        ("soon", 0.5, 0.7),
        ("nan", 0.5, 0.7),
        ("inf", 0.5, 0.7),
    ],
)
def test_the_wait_that_jira_asks_for_is_a_minimum(
    desk: Desk, retry_after: str | None, at_least: float, at_most: float
) -> None:
    connector = desk.acquainted()
    desk.jira.fault("rate_limit", method="POST", retry_after=retry_after)
    connector.pull(["DM-1"], {})
    (slept,) = desk.time.slept
    assert at_least <= slept <= at_most


def test_a_wait_until_a_date_is_counted_from_the_servers_own_clock(desk: Desk) -> None:
    connector = desk.acquainted()
    in_90_seconds = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    desk.jira.fault("rate_limit", method="POST", retry_after=in_90_seconds)
    connector.pull(["DM-1"], {})  # our own clock stands at 2019
    (slept,) = desk.time.slept
    assert 85 <= slept <= 90


def test_a_wait_holds_for_every_other_request_too(desk: Desk) -> None:
    settings = desk.connect()._settings
    sent_at: list[float] = []

    def sleep(seconds: float) -> None:
        first = not desk.time.slept
        if first:
            desk.time.slept.append(0)
            transport.ask("GET", "serverInfo")  # another worker, while this one waits
            sent_at.append(desk.time.clock())
        desk.time.sleep(seconds)

    transport = Transport(settings, now=desk.time.now, sleep=sleep, clock=desk.time.clock)
    desk.jira.fault("rate_limit", path="myself", retry_after="30")
    transport.ask("GET", "myself")
    transport.close()
    assert sent_at == [30]


def test_waiting_ends_with_the_budget(desk: Desk) -> None:
    connector = desk.acquainted(retry_budget_seconds=100)
    desk.jira.fault("rate_limit", method="POST", retry_after="40", times=1000)
    with pytest.raises(Unreachable, match="went on answering 429, longer than the 100 seconds"):
        connector.pull(["DM-1"], {})
    assert desk.time.slept == [40, 40]


def test_nobody_waits_long_for_an_address_where_nobody_ever_answered(desk: Desk) -> None:
    connector = desk.connect()
    desk.jira.stop()
    with pytest.raises(Unreachable) as caught:
        connector.pull(["DM-1"], {})
    assert "no connection (Connection refused)" in caught.value.message
    assert sum(desk.time.slept) < 3


def test_something_that_is_no_jira_is_said_to_be_none(desk: Desk) -> None:
    desk.jira.fault("status", path="serverInfo", status=200, body={"hello": "world"})
    with pytest.raises(SourceError, match="does not answer like a Jira"):
        desk.connect(flavour="auto").pull((), {})


def test_a_field_that_cannot_take_completions_is_a_configuration_error(desk: Desk) -> None:
    with pytest.raises(ConfigError, match=r"connectors\.jira\.completed_field: there is no field 'Finished'"):
        desk.connect(completed_field="Finished").pull(["DM-1"], {})


def test_a_token_that_no_header_can_carry_is_not_shown(desk: Desk) -> None:
    for token in ("s3cret\nx", "s3cret…"):
        with pytest.raises(Unreachable, match="cannot be sent") as caught:
            desk.connect(token=token, flavour="data-center", user=None).pull((), {})
        assert "s3cret" not in str(caught.value)
        assert caught.value.__suppress_context__


def test_a_connector_can_be_used_again_after_closing(desk: Desk) -> None:
    connector = desk.connect()
    connector.pull(["DM-1"], {})
    connector.close()
    assert connector.read(["DM-1"]).milestones


# check


def test_check_of_a_jira_that_is_in_order_finds_nothing_and_writes_nothing(desk: Desk) -> None:
    desk.jira.permissions["DM"]["ADMINISTER_PROJECTS"] = True
    desk.jira.permissions["DLP"]["ADMINISTER_PROJECTS"] = True
    assert desk.connect(comment=True, notify=False).check() == []
    assert desk.asked() == ["GET serverInfo", "GET myself", "GET field", "GET mypermissions", "GET mypermissions"]


def test_check_names_everything_wrong_at_once(desk: Desk) -> None:
    desk.jira.permissions["DM"] |= {"SCHEDULE_ISSUES": False, "ADD_COMMENTS": False}
    desk.jira.add_field("customfield_10200", "Actual end")
    wrong = {"flavour": "data-center", "user": None} if desk.jira.is_cloud else {"flavour": "cloud", "user": "x"}
    connector = desk.connect(comment=True, notify=False, projects=frozenset({"DM", "NIX"}))
    problems = [(p.where, p.problem, p.exit_code) for p in connector.check()]
    assert problems == [
        ("connectors.jira.completed_field", "2 date fields are called 'Actual end'", ExitCode.USAGE),
        ("connectors.jira", "permission SCHEDULE_ISSUES is missing in project DM", ExitCode.SOURCE),
        ("connectors.jira", "permission ADD_COMMENTS is missing in project DM", ExitCode.SOURCE),
        ("connectors.jira", "notify = false needs the permission ADMINISTER_PROJECTS in project DM", ExitCode.SOURCE),
        ("connectors.jira", "project NIX is not there or not visible", ExitCode.SOURCE),
    ]
    assert all(problem.hint for problem in connector.check())
    (refused,) = desk.connect(**wrong).check()
    assert refused.exit_code is ExitCode.SOURCE


def test_check_names_a_flavour_that_the_server_is_not(cloud: Desk) -> None:
    cloud.jira.fault("status", path="serverInfo", status=200, body={"deploymentType": "Server"})
    problems = cloud.connect().check()
    assert [(p.where, p.problem) for p in problems] == [
        ("connectors.jira.flavour", 'flavour is "cloud", but the server is data-center')
    ]


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [("status", {"status": 401}, "does not accept the token"), ("html", {}, "web page"), ("redirect", {}, "redirect")],
)
def test_check_says_why_jira_turns_us_away(desk: Desk, kind: str, details: dict[str, Any], said: str) -> None:
    desk.jira.fault(kind, times=1000, **details)
    (problem,) = desk.connect().check()
    assert (problem.where, problem.exit_code) == ("connectors.jira", ExitCode.SOURCE)
    assert said in problem.problem
    assert "expired" in problem.hint
