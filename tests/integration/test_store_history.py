"""What reports ask of the store: editions of a month, the history of a kind, what a run did."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from syncsvc.model import (
    Action,
    Drift,
    DriftKind,
    Field,
    Judgement,
    Link,
    Milestone,
    Mode,
    Outcome,
    Proposal,
    ProposalState,
    Receipt,
    ReportBasis,
    ReportRules,
    RunResult,
    Settled,
    Side,
    Snapshot,
)
from syncsvc.store import tables
from syncsvc.store.codec import pack, to_plain
from tests.builders import NOON, change, export, link, milestone, tracked

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def month(period: str, sha256: str, *milestones: Milestone, kind: str = "ME", mapping: str = "map") -> Snapshot:
    source = f"/exports/{period}-{kind}-{sha256}.xls"
    made = export(*milestones, period=period)
    return replace(made, sha256=sha256, kind=kind, mapping_sha256=mapping, source=source)


def result_of(run: int) -> RunResult:
    return RunResult(run=run, trigger="nightly", mode=Mode.AUTO, started_at=NOON, finished_at=NOON, exit_code=0)


def shown(snapshots: list[Snapshot]) -> list[tuple[str | None, int | None, list[date | None]]]:
    return [(each.period, each.edition, [one.due for one in each.milestones]) for each in snapshots]


def test_editions_of_a_month_in_order_each_as_it_was_read_last(opened: Any) -> None:
    first = opened.save(month("2019-04", "aaa", milestone("A", MAY)))
    second = opened.save(month("2019-04", "bbb", milestone("A", JUNE)))
    opened.save(month("2019-04", "ccc", milestone("A", MAY), kind="BL"))
    opened.save(month("2019-05", "ddd", milestone("A", MAY)))
    again = opened.save(month("2019-04", "aaa", milestone("A", MAY), milestone("B", JULY), mapping="other"))
    assert again.edition == 1
    assert opened.store.editions("pmcs", "2019-04", "ME") == [again, second]
    assert opened.store.editions("pmcs", "2019-04", "ME", until=second.id) == [first, second]
    assert opened.store.editions("pmcs", "2018-12", "ME") == []


def test_history_is_every_edition_in_order_of_months_whenever_it_arrived(opened: Any) -> None:
    opened.save(month("2019-03", "aaa", milestone("A", MAY), milestone("B", MAY)))
    opened.save(month("2019-05", "bbb", milestone("A", JULY)))
    late = opened.save(month("2019-04", "ccc", milestone("A", JUNE)))
    opened.save(month("2019-03", "ddd", milestone("A", JUNE), milestone("B", MAY)))
    opened.save(month("2019-04", "eee", milestone("A", MAY), kind="BL"))
    opened.save(tracked())
    assert shown(opened.store.history("pmcs", "ME")) == [
        ("2019-03", 1, [MAY, MAY]),
        ("2019-03", 2, [JUNE, MAY]),
        ("2019-04", 1, [JUNE]),
        ("2019-05", 1, [JULY]),
    ]
    assert shown(opened.store.history("pmcs", "ME", until=late.id)) == [
        ("2019-03", 1, [MAY, MAY]),
        ("2019-04", 1, [JUNE]),
        ("2019-05", 1, [JULY]),
    ]
    assert opened.store.history("jira", None) == []


def test_history_tells_the_same_milestones_as_the_snapshots_themselves(opened: Any) -> None:
    for number in range(6):
        made = [milestone(f"DM-{n}", date(2019, 5, 1 + (number + n) % 3)) for n in range(number, number + 4)]
        opened.save(month(f"2019-0{number + 1}", f"{number}", *made))
    history = opened.store.history("pmcs", "ME")
    assert [each.period for each in history] == [f"2019-0{number + 1}" for number in range(6)]
    for each in history:
        whole = opened.store.snapshot(each.id)
        assert [replace(one, where="") for one in whole.milestones] == list(each.milestones)
        assert (each.data_date, each.source, each.typed) == (whole.data_date, whole.source, whole.typed)


def test_the_month_before_is_the_last_one_there_is_and_never_a_gap_or_an_incomplete_one(opened: Any) -> None:
    opened.save(month("2018-11", "aaa", milestone("A", MAY)))
    second = opened.save(month("2018-11", "bbb", milestone("A", JUNE)))
    opened.save(replace(month("2019-01", "ccc"), complete=False))
    opened.save(month("2019-02", "ddd", kind="BL"))
    april = opened.save(month("2019-04", "eee"))
    assert opened.store.newest_before(april) == second
    assert opened.store.newest_before(second) is None
    assert opened.store.newest_before(opened.save(tracked())) is None


def test_the_id_of_what_arrived_last(opened: Any) -> None:
    assert opened.store.newest_id() == 0
    assert opened.store.newest_id() == (opened.save(month("2019-04", "aaa")).id or 0) - 1
    assert opened.store.newest_id() == 1


@pytest.mark.parametrize("with_basis", [True, False])
def test_what_a_run_did_reads_back_whole(opened: Any, with_basis: bool) -> None:
    april, jira = opened.save(month("2019-04", "aaa", milestone("A", MAY))), opened.save(tracked())
    moved = change("DM-1", Field.DUE, MAY, JUNE)
    proposal = Proposal("A", "id-DM-1", MAY, ProposalState.LANDED, JUNE, "DM-1", april.id or 0, 3)
    result = RunResult(
        run=opened.run,
        trigger="nightly",
        mode=Mode.AUTO,
        started_at=NOON,
        finished_at=NOON,
        exit_code=4,
        pulled={"pmcs": april, "jira": jira},
        receipts=(Receipt(moved, Outcome.APPLIED, None, confirmed=True),),
        settled=(Settled(moved, Outcome.STALE, "somebody was faster"),),
        proposals=(Judgement(proposal, "the export shows it"),),
        problems=("201812-ME.xls: truncated",),
        report={"html": "/reports/run-00001.html"},
    )
    links: tuple[Link, ...] = (link("A", "DM-1", fields=[Field.DUE], offset_days=-45),)
    basis = ReportBasis(
        before=april.id or 0,
        after=april.id or 0,
        until=2,
        prepared_at=NOON,
        jira=jira.id,
        links=links,
        aliases={"A1": "A"},
        names={"A": "By hand"},
        holidays=(MAY,),
        project="Ω",
        rules=ReportRules(first_table_days=1),
    )
    opened.store.keep_result(replace(result, exit_code=0), None)
    opened.store.keep_result(result, basis if with_basis else None)
    assert opened.store.find_result(opened.run) == (result, basis if with_basis else None)
    assert opened.store.find_result(opened.run + 1) is None
    assert {snapshot.side for snapshot in opened.store.find_result(opened.run)[0].pulled.values()} == {
        Side.PMCS,
        Side.JIRA,
    }


def test_of_a_result_those_drifts_are_kept_that_a_report_names(opened: Any) -> None:
    agrees = Drift("A", DriftKind.IN_SYNC, Action.RECORD, "DM-1", "id-DM-1", Field.DUE, MAY, MAY)
    unlinked = Drift("B", DriftKind.UNLINKED, Action.REPORT)
    gone = Drift("C", DriftKind.GONE, Action.REPORT, "DM-3", None, Field.DUE, MAY, None, why="Jira does not show DM-3")
    result = replace(result_of(opened.run), drifts=(agrees, gone, unlinked))
    opened.store.keep_result(result, None)
    assert opened.store.find_result(opened.run) == (replace(result, drifts=(gone,)), None)


def test_a_result_that_an_earlier_version_kept_reads_back(opened: Any) -> None:
    """It held all its drifts, and its links within the basis."""
    agrees = Drift("A", DriftKind.IN_SYNC, Action.RECORD, "DM-1", "id-DM-1", Field.DUE, MAY, MAY)
    result = replace(result_of(opened.run), drifts=(agrees,))
    basis = ReportBasis(before=1, after=2, until=2, prepared_at=NOON, links=(link("A", "DM-1"),))
    body = pack({"result": to_plain(result), "pulled": {}, "basis": to_plain(basis)})
    with opened.store._writing() as connection:
        connection.execute(insert(tables.result), {"run": opened.run, "body": body})
    assert opened.store.find_result(opened.run) == (result, basis)
