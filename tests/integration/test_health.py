"""How the service is doing: what is well and what is not, from the store alone, for people, programs and Prometheus."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.health import Facts, Health, LastRun, RunCount, find_health, unusable
from syncsvc.model import Mode
from syncsvc.notice import Message, Occasion
from syncsvc.report.health_text import health_shape, health_text, prometheus_text
from syncsvc.slots import Slot, SlotRow, SlotState
from syncsvc.store import Store, upgrade
from tests.builders import NOON, export, milestone
from tests.integration.conftest import Opened
from tests.site import Site

TODAY = date(2019, 5, 1)


def night(days_ago: int, state: SlotState = SlotState.DONE, exit_code: int | None = 0) -> SlotRow:
    due = NOON - timedelta(days=days_ago, minutes=30)
    ended = due + timedelta(minutes=4)
    return SlotRow(due.date(), due, state, 1, True, due, run=9, exit_code=exit_code, finished_at=ended)


def judge(*nights: SlotRow, **rest: object) -> Health:
    good = next((row for row in nights if row.state is SlotState.DONE and row.exit_code in (0, 4)), None)
    facts = Facts(nights=nights, last_good=good, **rest)  # type: ignore[arg-type]
    return find_health(facts, now=NOON, today=TODAY, catch_up=timedelta(hours=12), schema="0007", head="0007")


@pytest.mark.parametrize(
    ("nights", "reasons"),
    [
        ([], []),
        ([night(0)], []),
        ([night(0, exit_code=4)], []),
        ([night(1)], []),  # the night is about to come
        ([night(0, SlotState.RUNNING, None), night(1)], []),
        ([night(0, SlotState.DUE, 3), night(1)], []),  # to be tried again
        ([night(0, SlotState.FAILED, 3), night(1)], ["the night of 2019-05-01 failed"]),
        ([night(0, SlotState.MISSED, None), night(1)], ["the night of 2019-05-01 was missed"]),
        ([night(0, exit_code=5), night(1)], ["the night of 2019-05-01 was stopped by the safety limits"]),
        ([night(0, exit_code=6), night(1)], ["the night of 2019-05-01 had a write that went wrong"]),
        ([night(2)], ["the last good night was that of 2019-04-29"]),  # nobody runs them any more
        (
            [night(0, SlotState.FAILED, 2), night(1, SlotState.FAILED, 2), night(2, SlotState.FAILED, 2)],
            ["the night of 2019-05-01 failed", "no night was good since that of 2019-04-29"],
        ),
    ],
)
def test_what_is_well(nights: list[SlotRow], reasons: list[str]) -> None:
    health = judge(*nights)
    assert list(health.reasons) == reasons
    assert health.well is (not reasons)


def test_a_message_that_was_given_up_is_seen_from_outside() -> None:
    assert judge(night(0), messages={"waiting": 1, "sent": 1, "given_up": 0}).well
    health = judge(night(0), messages={"waiting": 0, "sent": 1, "given_up": 2})
    assert health.reasons == ("2 messages of the last seven days could not be delivered",)


@pytest.fixture
def full() -> Health:
    return judge(
        night(0, exit_code=4),
        last_run=LastRun(9, 4, 240.5, 3, 17.5),
        runs=[RunCount("nightly", 0, 364, 9_000.25), RunCount('odd"\n\\', None, 1, 0)],
        outcomes={"applied": 12, "refused": 1},
        holds={"both_moved": 2, "first_contact": 1},
        lease=("host:12 nightly", NOON),
        export=("2019-04", date(2019, 4, 25)),
        messages={"waiting": 0, "sent": 5, "given_up": 0},
    )


def test_prometheus_reads_it(full: Health) -> None:
    lines = prometheus_text(full).splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert samples['syncsvc_runs_total{trigger="nightly",exit_code="0"}'] == "364"
    assert samples['syncsvc_changes_total{outcome="applied"}'] == "12"
    assert samples['syncsvc_changes_total{outcome="failed"}'] == "0"
    assert samples['syncsvc_holds{kind="both_moved"}'] == "2"
    assert samples["syncsvc_export_age_days"] == "6"
    assert samples["syncsvc_last_run_seconds"] == "240.5"
    assert samples["syncsvc_last_run_rate_limit_waits"] == "3"
    assert samples["syncsvc_last_run_rate_limit_seconds"] == "17.5"
    assert float(samples["syncsvc_last_good_night_timestamp_seconds"]) == (NOON - timedelta(minutes=26)).timestamp()
    assert samples["syncsvc_up"] == "1"
    shape = re.compile(r'[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\])*",?)+\})? -?[0-9.e+]+')
    assert [line for line in lines if not line.startswith("#") and not shape.fullmatch(line)] == []
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(named) == len(set(named))
    assert {sample.partition("{")[0] for sample in samples} <= set(named)


def test_what_is_not_known_has_no_sample() -> None:
    text = prometheus_text(unusable("the schema is behind", now=NOON, schema="0004", head="0007"))
    assert "syncsvc_up 0\n" in text
    assert "syncsvc_schema_current 0\n" in text
    assert not re.search(r"^syncsvc_(export_age_days|last_run_seconds|runs_total)\b", text, flags=re.MULTILINE)


def test_programs_and_people_read_it(full: Health) -> None:
    shape = health_shape(full)
    assert json.loads(json.dumps(shape)) == shape
    assert (shape["well"], shape["export"], shape["holds"]) == (True, {"period": "2019-04", "age_days": 6}, 3)
    assert shape["last_good_night"]["night"] == "2019-05-01"
    assert (
        health_text(full, UTC)
        == """\
Well.
last good night: 2019-05-01, run 9, ended 2019-05-01 11:34 UTC
last nightly run: 9, done; something waits for a person
newest export: 2019-04, data date 6 days ago
holds: 3
at work: host:12 nightly
messages of seven days: 5 sent, 0 waiting, 0 given up
schema: 0007
"""
    )
    bad = health_text(replace(full, reasons=("the night\x1b[2J failed",)), UTC)
    assert bad.startswith("NOT well:\n  the night [2J failed.\n")


def test_the_store_counts(opened: Opened) -> None:
    """On both engines."""
    store, clock = opened.store, opened.clock
    assert store.health_facts("pmcs", "ME").last_run is None
    opened.save(replace(export(milestone("M-1")), period="2019-03", data_date=date(2019, 3, 25)))
    opened.save(export(milestone("M-1"), milestone("M-2")))
    opened.save(replace(export(milestone("M-1")), period="2019-05", kind="BL"))
    for event in ("applied", "applied", "refused", "note"):
        store.note(opened.run, actor="a", event=event)
    clock.move(seconds=90)
    store.finish_run(opened.run, exit_code=4, body={"rate_limit": {"waits": 2, "seconds": 9.5}})
    opened.another_run(actor="killed")
    claim = store.claim_slot(Slot(TODAY, NOON), "h:1", seconds=60)
    assert claim is not None
    store.finish_slot(claim, SlotState.DONE, run=opened.run, exit_code=4)
    store.keep_notice(TODAY, opened.run, Occasion.NEWS, "", Message("s", "t", "h"), ["mail", "webhook x"])

    facts = store.health_facts("pmcs", "ME")
    assert facts.last_run == LastRun(opened.run, 4, 90.0, 2, 9.5)
    assert facts.runs == [RunCount("nightly", 4, 1, 90.0), RunCount("nightly", None, 1, 0.0)]
    assert facts.outcomes == {"applied": 2, "refused": 1}
    assert facts.export == ("2019-04", date(2019, 4, 30))
    assert facts.lease is not None
    assert facts.lease[0] == "this host:1 nightly"
    assert facts.last_good is not None
    assert (facts.last_good.day, facts.last_good.run) == (TODAY, opened.run)
    assert facts.messages == {"waiting": 2, "sent": 0, "given_up": 0}
    store.release_lease(opened.lease)
    assert store.health_facts("pmcs", None).lease is None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with JiraSimulator("cloud") as jira:
        yield Site(tmp_path, jira, now=lambda: datetime(2019, 5, 1, 12, tzinfo=UTC))


class TestCommand:
    def test_a_new_site_is_well_and_one_whose_night_failed_is_not(self, site: Site) -> None:
        assert "there is no store yet" in site.run("health", check=8).stdout
        assert not (site.folder / "syncsvc.db").exists()
        site.run("db", "upgrade", check=0)
        assert site.run("health", check=0).stdout.startswith("Well.\n")
        site.run("sync", "--nightly", check=3)  # there is no export
        row = json.loads(site.run("health", "--format", "json", check=0).stdout)
        assert row["last_night"]["state"] == "due"
        assert "syncsvc_up 1\n" in site.run("health", "--format", "prometheus", check=0).stdout

    def test_an_older_schema_is_8(self, site: Site, make_older: Callable[[Path], None]) -> None:
        make_older(site.folder / "syncsvc.db")
        shown = json.loads(site.run("health", "--format", "json", check=8).stdout)
        assert shown["store"]["revision"] == "0004"
        assert "db upgrade" in shown["reasons"][0]

    def test_the_open_store_of_a_service_is_asked_as_well(self, site: Site) -> None:
        wiring = site.wiring()
        with_store = wiring.open_store()
        try:
            health, code = wiring.health(with_store)
            assert isinstance(with_store, Store)
            assert (health.well, code) == (True, 0)
            assert with_store.runs(1) == []
        finally:
            with_store.close()


@pytest.fixture
def make_older() -> Callable[[Path], None]:
    return lambda path: upgrade(f"sqlite:///{path}", "0004")


def test_waits_for_the_rate_limit_are_kept_with_their_run(site: Site) -> None:
    site.jira.add_issue("DM-1", duedate="2019-09-02")
    site.link({"M-1": {"jira": "DM-1"}})
    fact = Fact("M-1", "One", date(2019, 9, 2), None, ())
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", [fact])
    site.jira.fault("rate_limit", path="bulkfetch|search", retry_after="1")
    result = site.sync(Mode.REPORT)
    assert result.waits == 1
    assert 1 <= result.waited_seconds < 5
