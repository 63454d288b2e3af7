"""Jira read night after night: what is asked for, what is known of the rest, and what only a census can notice."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from syncsvc.connector import Known
from syncsvc.errors import SourceError, Unreachable
from syncsvc.model import Snapshot, by_code
from tests.integration.jira_desk import APRIL, JUNE, MARCH, Desk, apply, open_desk

BEGIN = datetime(2019, 4, 1, 11, 30, tzinfo=UTC)
NIGHT = timedelta(days=1)
KEYS = tuple(f"DM-{number}" for number in range(1, 10))


@dataclass
class Nights:
    """One Jira and its clock. Each reading is made by a new connector, as each night's is."""

    desk: Desk
    at: datetime = BEGIN
    last: Snapshot | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def read(
        self, keys: Collection[str] = KEYS, *, written: Collection[str] = (), census: bool = False, **settings: Any
    ) -> Snapshot:
        """One reading that knows the last complete one, a night later than that."""
        self.at += NIGHT
        return self.read_now(keys, written=written, census=census, **settings)

    def read_now(
        self, keys: Collection[str] = KEYS, *, written: Collection[str] = (), census: bool = False, **settings: Any
    ) -> Snapshot:
        connector = self.desk.connect(**{"few_requests": 0, **self.settings, **settings})
        known = None if self.last is None else Known(self.last, frozenset(written), census)
        self.desk.jira.forget_requests()
        (snapshot,) = connector.pull(keys, {}, known).snapshots
        self.last = snapshot if snapshot.complete else self.last
        return snapshot

    def asked(self) -> list[str]:
        """What was asked beside what each connector asks once."""
        return [request for request in self.desk.asked() if request not in ("GET myself", "GET field")]

    def issue_id(self, key: str) -> str:
        (shown,) = self.desk.look(key).milestones
        return str(shown.issue_id)


def dues(snapshot: Snapshot) -> dict[str, date | None]:
    return {shown.code: shown.due for shown in snapshot.milestones}


@pytest.fixture(params=["cloud", "data-center"])
def nights(request: pytest.FixtureRequest) -> Iterator[Nights]:
    """A Jira that was read once, a month after anything happened in it."""
    made: list[Nights] = []

    def now() -> datetime:
        return made[0].at if made else BEGIN - timedelta(days=30)

    with open_desk(request.param, now) as desk:
        made.append(Nights(desk))
        made[0].read()
        yield made[0]


SEARCH = {"cloud": "POST search/jql", "data-center": "POST search"}
BULK = {"cloud": "POST issue/bulkfetch", "data-center": "POST search"}


def test_a_quiet_night_is_one_search_and_the_whole_picture(nights: Nights) -> None:
    whole = nights.last
    quiet = nights.read()
    assert nights.asked() == [SEARCH[nights.desk.jira.flavour]]
    assert whole is not None
    assert (quiet.milestones, quiet.asked, quiet.missing, quiet.moved) == (
        *(whole.milestones, whole.asked, whole.missing, whole.moved),
    )
    assert quiet.complete
    assert (quiet.read_at, quiet.census_at) == (BEGIN + 2 * NIGHT, BEGIN + NIGHT)
    assert quiet.how_read == "COMPLETE: read what has changed; all was last read 2019-04-02 11:30 UTC"


def test_what_was_changed_is_read_and_only_that(nights: Nights) -> None:
    nights.at += timedelta(hours=3)
    nights.desk.jira.edit("DM-2", duedate="2019-06-15")
    nights.desk.jira.add_issue("DM-77")  # nobody linked it
    snapshot = nights.read()
    assert dues(snapshot) == dict.fromkeys(KEYS, MARCH) | {"DM-2": JUNE}
    search, bulk = nights.desk.jira.requests[-2:]
    assert isinstance(search.body, dict)
    assert isinstance(bulk.body, dict)
    assert search.body["fields"] == ["id"]
    assert bulk.body.get("issueIdsOrKeys", bulk.body.get("jql")) in (["DM-2"], "key in (DM-2) ORDER BY key")


@pytest.mark.parametrize(
    ("zone", "begin"), [("America/Los_Angeles", "2019-04-01 16:30"), ("Asia/Kolkata", "2019-04-02 05:00")]
)
def test_changes_are_looked_for_twelve_hours_back_in_the_zone_of_the_account(
    nights: Nights, zone: str, begin: str
) -> None:
    nights.desk.jira.time_zone = zone  # as `myself` tells it; instants are printed with another offset
    nights.read()  # our own clock stands in May, and is not asked
    (search,) = [request for request in nights.desk.jira.requests if "search" in request.path]
    assert isinstance(search.body, dict)
    assert search.body["jql"] == f'project in ("DLP", "DM") AND updated >= "{begin}" ORDER BY key'


def test_a_few_links_are_read_whole_each_night(nights: Nights) -> None:
    nights.settings["few_requests"] = 2
    assert nights.read().census_at == nights.at
    assert nights.asked() == [BULK[nights.desk.jira.flavour]]


def test_an_edit_that_the_index_did_not_show_in_one_night_is_found_in_the_next(nights: Nights) -> None:
    nights.at += NIGHT - timedelta(minutes=5)
    nights.desk.jira.stale_search(searches=1, bulkfetch=True)
    nights.desk.jira.edit("DM-2", duedate="2019-06-15")
    nights.at += timedelta(minutes=5)
    assert dues(nights.read_now())["DM-2"] == MARCH
    assert dues(nights.read())["DM-2"] == JUNE


@pytest.mark.parametrize("census", [False, True])
def test_what_we_wrote_is_seen_though_every_index_lags(nights: Nights, census: bool) -> None:
    nights.desk.jira.stale_search(3600)
    planned = [nights.desk.plan(key) for key in ("DM-2", "DM-3")]
    apply(nights.desk.connect(), *planned)
    written = {change.issue_id for change in planned}
    snapshot = nights.read_now(written=written, census=census)
    assert dues(snapshot) == dict.fromkeys(KEYS, MARCH) | {"DM-2": APRIL, "DM-3": APRIL}
    assert sum(request.startswith("GET issue/") for request in nights.asked()) == 2


def test_a_key_that_was_not_asked_for_before_is_read_itself(nights: Nights) -> None:
    nights.desk.jira.stale_search(3600)
    nights.read(KEYS[:3])
    snapshot = nights.read(KEYS[2:5])
    assert (sorted(dues(snapshot)), snapshot.asked) == (["DM-3", "DM-4", "DM-5"], {"DM-3", "DM-4", "DM-5"})
    assert nights.asked()[-1] == BULK[nights.desk.jira.flavour]
    assert snapshot.census_at != snapshot.read_at


@pytest.mark.parametrize(("to", "in_the_next_night"), [("DLP-7", True), ("ELSE-7", False)])
def test_a_move_to_a_configured_project_is_noticed_at_once_and_any_other_by_a_census(
    nights: Nights, to: str, in_the_next_night: bool
) -> None:
    nights.at += timedelta(hours=3)
    nights.desk.jira.move("DM-2", to)
    assert (nights.read().moved == {"DM-2": to}) == in_the_next_night
    assert nights.read(census=True).moved == {"DM-2": to}
    nights.at += timedelta(hours=3)
    nights.desk.jira.edit(to, duedate="2019-06-15")
    assert dues(nights.read())[to] == JUNE


def test_a_second_key_of_a_moved_issue_is_read_and_the_rest_stays_known(nights: Nights) -> None:
    nights.desk.jira.move("DM-2", "DLP-7")
    nights.read(census=True)
    nights.at += timedelta(hours=13)
    snapshot = nights.read([*KEYS, "DLP-7"])
    assert snapshot.census_at != snapshot.read_at
    assert (len(snapshot.milestones), snapshot.moved) == (len(KEYS), {"DM-2": "DLP-7"})


def test_a_missing_key_is_asked_for_each_night_and_not_alone_again(nights: Nights) -> None:
    keys = [*KEYS, "DM-404", "DM-405"]
    assert nights.read(keys).missing == ("DM-404", "DM-405")
    assert nights.read(keys).missing == ("DM-404", "DM-405")
    assert not [request for request in nights.asked() if request.startswith("GET issue/")]
    nights.desk.jira.add_issue("DM-404")
    back = nights.read(keys)
    assert (back.missing, "DM-404" in dues(back)) == (("DM-405",), True)


# what only a census notices


def deleted(nights: Nights) -> None:
    nights.desk.jira.delete("DM-5")


def hidden(nights: Nights) -> None:
    nights.desk.jira.hide("DM-5")


@pytest.mark.parametrize("happens", [deleted, hidden])
def test_what_is_gone_is_known_as_it_was_until_a_census(nights: Nights, happens: Callable[[Nights], None]) -> None:
    happens(nights)
    between = nights.read()
    assert (between.complete, between.missing, dues(between)["DM-5"]) == (True, (), MARCH)
    census = nights.read(census=True)
    assert (census.complete, census.missing) == (True, ("DM-5",))
    assert census.how_read == "COMPLETE"
    assert census.census_at == census.read_at


def test_a_census_is_taken_after_so_many_days_though_a_night_begins_some_seconds_early(nights: Nights) -> None:
    taken = [nights.read(census_days=3).census_at == nights.at for _ in range(6)]
    assert taken == [False, False, True, False, False, True]
    nights.at -= timedelta(seconds=20)
    assert [nights.read(census_days=3).census_at == nights.at for _ in range(3)] == [False, False, True]
    assert nights.read(census_days=0).census_at == nights.at


@pytest.mark.parametrize(
    "settings",
    [{"completed_field": None}, {"not_completed_resolutions": frozenset({"Done"})}],
    ids=["another field", "other resolutions"],
)
def test_under_other_settings_all_is_read_again(nights: Nights, settings: dict[str, Any]) -> None:
    assert nights.read(**settings).census_at == nights.at
    assert nights.read(**settings).census_at != nights.at


def test_for_another_account_all_is_read_again(nights: Nights) -> None:
    nights.desk.jira.user = "other@example.org"
    settings = {"user": "other@example.org"} if nights.desk.jira.is_cloud else {}
    assert nights.read(**settings).census_at == nights.at


def test_where_the_server_lives_in_an_earlier_day_than_before_all_is_read_again(nights: Nights) -> None:
    nights.at -= 3 * NIGHT
    assert nights.read().census_at == nights.at


@pytest.mark.parametrize("zone", ["", "Mars/Olympus_Mons", "../../etc"])
def test_where_the_zone_of_the_account_is_not_known_all_is_read_again(nights: Nights, zone: str) -> None:
    nights.desk.jira.show_person = lambda name: {"name": "bot", "timeZone": zone}  # type: ignore[method-assign]
    nights.read()
    nights.at += timedelta(hours=3)
    assert nights.read().census_at == nights.at


def test_where_a_project_is_gone_all_is_read(nights: Nights) -> None:
    nights.desk.jira.add_issue("DLP-1", duedate=MARCH.isoformat())
    keys = [*KEYS, "DLP-1"]
    assert nights.read(keys).missing == ()
    nights.desk.jira.permissions["DLP"]["BROWSE_PROJECTS"] = False
    snapshot = nights.read(keys)
    assert (snapshot.missing, snapshot.census_at) == (("DLP-1",), nights.at)
    assert nights.read(keys, projects=frozenset({"DM"})).census_at != nights.at  # once it is not configured either


def test_where_more_was_changed_than_there_is_to_read_all_is_read(nights: Nights) -> None:
    nights.desk.jira.page_cap = 4  # Cloud shows more ids than that
    for number in range(100, 5200 if nights.desk.jira.is_cloud else 105):
        nights.desk.jira.add_issue(f"DM-{number}")
    assert nights.read().census_at == nights.at


def test_a_key_that_names_another_issue_by_now_makes_all_be_read(nights: Nights) -> None:
    jira = nights.desk.jira
    jira.add_issue("DLP-3")
    nights.read([*KEYS, "DLP-3"])
    jira.delete("DLP-3")
    del jira._ids["DLP-3"]  # Jira itself gives no key twice; an import into it can
    nights.at += timedelta(hours=3)
    jira.move("DM-2", "DLP-3")
    snapshot = nights.read([*KEYS, "DLP-3"])
    assert (snapshot.census_at, snapshot.moved) == (nights.at, {"DM-2": "DLP-3"})
    assert len(snapshot.milestones) == len(KEYS)


# incomplete


def test_one_issue_that_jira_fails_to_show_makes_the_reading_incomplete_and_no_more(nights: Nights) -> None:
    jira = nights.desk.jira
    jira.delete("DM-9")
    if jira.is_cloud:
        jira.bulk_error("DM-2")
    else:
        jira.fault("status", path="/search", status=400, body={"errorMessages": ["?"], "errors": {}}, times=1000)
    jira.fault("status", path="/issue/DM-2$", status=500, times=1000)
    snapshot = nights.read(census=True)
    assert not snapshot.complete
    assert snapshot.how_read.startswith("INCOMPLETE: DM-2: http://127.0.0.1:")
    assert "500 Internal server error" in snapshot.why_incomplete
    assert snapshot.missing == ("DM-9",)
    assert sorted(dues(snapshot)) == [key for key in KEYS if key not in ("DM-2", "DM-9")]


def test_a_jira_that_shows_nothing_is_an_error(nights: Nights) -> None:
    nights.desk.jira.fault("status", status=503, times=1000)
    with pytest.raises(Unreachable):
        nights.read(census=True)
    nights.desk.jira.forget_faults()
    nights.desk.jira.fault("status", path="/(search|issue)", status=503, times=1000)
    with pytest.raises(Unreachable):
        nights.read()


def test_many_issues_that_jira_fails_to_show_are_an_error(nights: Nights) -> None:
    jira = nights.desk.jira
    keys = [f"DM-{number}" for number in range(1, 22)]
    for number in range(10, 22):
        jira.add_issue(f"DM-{number}")
        jira.bulk_error(f"DM-{number}")
    if not jira.is_cloud:
        jira.fault("status", path="/search", status=400, body={"errorMessages": ["?"], "errors": {}}, times=1000)
    jira.fault("status", path="/issue/DM-1.$", status=500, times=1000)
    jira.fault("status", path="/issue/DM-2.$", status=500, times=1000)
    with pytest.raises(SourceError):
        nights.read(keys, census=True)


def test_what_is_known_is_not_lost_by_an_incomplete_night(nights: Nights) -> None:
    jira = nights.desk.jira
    nights.at += timedelta(hours=3)
    jira.edit("DM-2", duedate="2019-06-15")
    jira.fault("status", path="/issue/DM-2$", status=500, times=6)
    if jira.is_cloud:
        jira.bulk_error("DM-2")
    else:
        jira.fault("status", path="/search", status=400, body={"errorMessages": ["?"], "errors": {}}, after=1)
    bad = nights.read()
    assert (bad.complete, "DM-2" in dues(bad)) == (False, False)
    jira._known("DM-2").bulk_error = None
    good = nights.read()
    assert (good.complete, by_code(good.milestones)["DM-2"].due) == (True, JUNE)
