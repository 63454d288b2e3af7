"""What is pruned, and everything that never is."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncsvc.cli.frame import run
from syncsvc.errors import ExitCode
from syncsvc.model import Field, Mode, Outcome, Plan, ProposalState, Receipt, ReportBasis, RunResult, Side, Snapshot
from syncsvc.store import Store
from syncsvc.store.upkeep import find_damage
from tests.builders import NOON, change, export, issue, link, milestone, tracked
from tests.integration.conftest import Clock, Opened
from tests.stored import issue_ids

DAY = date(2019, 5, 1)


def result_of(run: int) -> RunResult:
    return RunResult(run=run, trigger="nightly", mode=Mode.AUTO, started_at=NOON, finished_at=NOON, exit_code=0)


def edition(opened: Any, number: int, period: str = "2019-04") -> int:
    """The same file, issued again with other dates."""
    made = export(milestone("A", DAY + timedelta(days=number)), milestone("B", DAY), period=period)
    return int(opened.save(replace(made, sha256=f"{number:064}", taken_at=opened.clock.at)).id)


def night(opened: Any, number: int) -> int:
    snapshot = tracked(issue("DM-1", DAY + timedelta(days=number)), issue("DM-2", DAY))
    read = {"read_at": opened.clock.at, "census_at": opened.clock.at}
    return int(opened.save(replace(snapshot, taken_at=opened.clock.at, **read)).id)


def ids(opened: Any) -> list[int]:
    return [head.id for head in opened.store.snapshot_heads()]


def prune(opened: Any, keep_months: int = 13) -> Any:
    return opened.store.prune(opened.lease, opened.run, keep_months)


def whole(opened: Any) -> dict[int, Snapshot]:
    return {each: opened.store.snapshot(each) for each in ids(opened)}


def test_middle_editions_and_middle_nights_go_and_the_rest_reads_back_as_it_was(opened: Any, store_url: str) -> None:
    editions = [edition(opened, number) for number in range(5)]
    nights = []
    for number in range(40):
        nights.append(night(opened, number))
        opened.clock.move(days=1)
    before = whole(opened)
    assert opened.store.find_prunable(13).snapshots == {}, "nothing is old enough"
    opened.clock.move(days=500)
    recent = [night(opened, 50), night(opened, 51)]
    before |= whole(opened)
    expected = opened.store.find_prunable(13).snapshots
    assert prune(opened).snapshots == expected == {"jira": 36, "pmcs": 3}
    # noon of 1 May and 40 nights on: May has 31 of them
    assert ids(opened) == [editions[0], editions[-1], nights[0], nights[30], nights[31], nights[39], *recent]
    assert whole(opened) == {each: before[each] for each in ids(opened)}
    assert find_damage(store_url) == []
    assert prune(opened).snapshots == {}, "nothing is left to go"
    again = night(opened, 52)
    assert opened.store.snapshot(again).milestones[0].due == DAY + timedelta(days=52)
    assert edition(opened, 9) == again + 1
    assert [each.edition for each in opened.store.editions("pmcs", "2019-04", "ME")] == [1, 5, 6]


def test_baselines_and_the_audit_stay_and_say_what_went(opened: Any) -> None:
    key = change("DM-1", Field.DUE, None, DAY).link_key
    opened.store.record_baselines(opened.lease, opened.run, {key: DAY})
    for number in range(4):
        edition(opened, number)
    told = opened.store.events()
    opened.clock.move(days=500)
    prune(opened)
    assert opened.store.memory().baselines == {key: DAY}
    *before, pruned = opened.store.events()
    assert before == told
    assert (pruned.event, pruned.detail) == ("pruned", "snapshots older than 13 months: 2 of pmcs")


def make_plan(opened: Any, number: int, snapshot: int, expires_at: datetime) -> int:
    plan = Plan(f"p-{number:010}", Mode.AUTO, (), (), {}, (), (), {"pmcs": snapshot}, NOON, expires_at)
    return int(opened.store.save_plan(opened.lease, opened.run, plan, []).making)


def test_what_an_open_plan_a_pending_hand_over_or_a_recent_report_needs_stays(opened: Any) -> None:
    editions = [edition(opened, number) for number in range(8)]
    open_until = opened.clock.at + timedelta(days=501)
    make_plan(opened, 1, editions[1], open_until)
    make_plan(opened, 2, editions[2], opened.clock.at + timedelta(days=3))  # ended since
    unsettled = make_plan(opened, 3, editions[3], opened.clock.at + timedelta(days=3))
    report = change("DM-1", Field.COMPLETED, None, DAY, code="A", target=Side.PMCS)
    opened.store.begin_applying(opened.lease, opened.run, unsettled)
    (intent,) = opened.store.commit_intents(opened.lease, opened.run, unsettled, [report])
    opened.clock.move(days=500)
    basis = ReportBasis(before=editions[4], after=editions[5], until=editions[7], prepared_at=NOON)
    opened.store.keep_result(result_of(opened.another_run()), basis)
    assert prune(opened).snapshots == {"pmcs": 2}
    assert ids(opened) == [editions[0], editions[1], *editions[3:6], editions[7]]
    assert opened.store.newest_making("p-0000000002").plan.snapshots == {"pmcs": editions[2]}, "it goes on naming it"
    assert [opened.store.was_pruned(each) for each in editions[1:3]] == [False, True]
    assert not opened.store.was_pruned(editions[7] + 1), "it never was"

    receipt = Receipt(report, Outcome.HANDED_OVER)
    opened.store.commit_receipts(opened.lease, opened.run, [(intent, receipt)], handed_over_on=DAY)
    (proposal,) = opened.store.pending_proposals()
    assert proposal.snapshot == editions[7]
    last = [edition(opened, number) for number in range(8, 11)][-1]
    opened.clock.move(days=500)
    assert prune(opened).snapshots == {"pmcs": 6}, "the plan has ended, its writes are settled, the report is too old"
    assert ids(opened) == [editions[0], editions[7], last]
    opened.store.settle_proposal(opened.lease, opened.run, proposal.id, ProposalState.LANDED, "it is there")
    assert prune(opened).snapshots == {"pmcs": 1}
    assert [(each.state, each.value) for each in opened.store.proposals_of(opened.run)] == [("landed", DAY)]
    assert ids(opened) == [editions[0], last]


def test_who_was_done_and_under_which_key_is_known_when_the_night_that_showed_it_has_gone(
    opened: Any, store_url: str
) -> None:
    nights = []
    for day in range(4):
        done = issue("DM-1", DAY, DAY if day == 2 else None)
        moved = issue("NEW-2" if day >= 2 else "DM-2", DAY, issue_id="id-2")
        snapshot = tracked(done, moved, moved={"DM-2": "NEW-2"} if day >= 2 else {})
        nights.append(opened.save(replace(snapshot, taken_at=opened.clock.at)).id)
        opened.clock.move(days=1)
    known = issue_ids(opened.store)
    assert known == {"DM-1": "id-DM-1", "DM-2": "id-2", "NEW-2": "id-2"}
    assert opened.store.memory().done_before == {"id-DM-1"}
    opened.clock.move(days=500)
    assert prune(opened).snapshots == {"jira": 2}, "also where no other month follows"
    assert ids(opened) == [nights[0], nights[3]]
    assert opened.store.memory().done_before == {"id-DM-1"}
    assert issue_ids(opened.store) == known
    assert find_damage(store_url) == []


def test_links_that_a_report_shares_with_no_plan_stay(opened: Any, store_url: str) -> None:
    editions = [edition(opened, number) for number in range(3)]
    result = RunResult(
        run=opened.run, trigger="nightly", mode=Mode.AUTO, started_at=NOON, finished_at=NOON, exit_code=0
    )
    links = (link("A", "DM-1"),)
    basis = ReportBasis(before=editions[0], after=editions[2], until=9, prepared_at=NOON, links=links)
    opened.store.keep_result(result, basis)
    opened.clock.move(days=500)
    assert prune(opened).snapshots == {"pmcs": 1}
    assert opened.store.find_result(opened.run) == (result_of(opened.run), basis)


def test_an_edition_that_its_file_still_holds_stays(opened: Any) -> None:
    """Else the same file read under another mapping would be taken for the newest edition."""
    kept = []
    for number in range(4):
        made = export(milestone("A", DAY + timedelta(days=number)))
        kept.append(opened.save(replace(made, sha256=f"{number:064}", source=f"/exports/201904-ME-{number}.xls")).id)
    opened.clock.move(days=500)
    assert prune(opened).snapshots == {}
    again = export(milestone("A", DAY))
    read = opened.save(replace(again, sha256=f"{1:064}", source="/exports/201904-ME-1.xls", mapping_sha256="other"))
    assert read.edition == 2


def test_the_command_says_what_goes_and_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = '[site]\nname = "T"\ntimezone = "UTC"\n[store]\nurl = "sqlite:///s.db"\n'
    (tmp_path / "config.toml").write_text(site + '[connectors.pmcs]\nkind = "p6_spreadsheet"\nexports = "."\n')
    config = ["--config", str(tmp_path / "config.toml"), "prune"]
    clock = Clock()
    store = Store.open(f"sqlite:///{tmp_path / 's.db'}", now=clock)
    held = Opened(store, clock, store.begin_run(trigger="manual", mode=None, actor="anna"), store.take_lease("a test"))
    for number in range(4):
        edition(held, number)
    plan = Plan("p-1234567890", Mode.AUTO, (), (), {}, (), (), {"pmcs": 2}, NOON, NOON)
    store.keep_result(replace(result_of(held.run), plan=plan), None)
    clock.move(days=500)
    assert run([*config, "--show"], env={}, now=clock) == 0
    assert capsys.readouterr().out == "Would drop 2 snapshots (2 of pmcs).\n"
    assert run(config, env={}, now=clock) == ExitCode.USAGE
    assert "This would drop 2 snapshots (2 of pmcs)\nSay --yes" in capsys.readouterr().err
    assert run([*config, "--yes"], env={}, now=clock) == ExitCode.LEASE
    store.release_lease(held.lease)
    assert len(store.snapshot_heads()) == 4
    assert run([*config, "--yes"], env={"SYNCSVC_ACTOR": "anna"}, now=clock) == 0
    assert capsys.readouterr().out == "Dropped 2 snapshots (2 of pmcs): 2 versions, 0 parts.\n"
    assert (store.events()[-1].event, store.events()[-1].actor) == ("pruned", "anna")
    for name in ("s2", "3"):
        assert run([*config[:2], "show", name], env={}, now=clock) == ExitCode.USAGE
        assert f"snapshot s{name[-1]} was pruned: it was old" in capsys.readouterr().err
    assert run([*config[:2], "show", "s9"], env={}, now=clock) == ExitCode.USAGE
    assert "no snapshot is called s9" in capsys.readouterr().err
    assert run([*config[:2], "report", "1"], env={}, now=clock) == 0
    assert "Of what run 1 was planned from, pmcs s2 was pruned since" in capsys.readouterr().err
    store.take_lease("given back")
    assert run([*config, "--show"], env={}, now=clock) == 0
    assert capsys.readouterr().out == "Nothing to drop.\n"
    store.close()
