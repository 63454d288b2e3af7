"""What may change between a plan and its apply: exports, links, other plans, the limits' own facts."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.errors import LimitsExceeded, PlanRefused, SourceError
from syncsvc.mapping import MAPPINGS
from syncsvc.model import Mode, Outcome, RunResult
from syncsvc.store import Store, StoredPlan
from tests.site import Site

DUE = date(2019, 6, 3)
LINKS = 4
ROWS = 40


def put_month(site: Site, month: int, due: dict[int, date], *, rows: int = ROWS, name: str | None = None) -> Path:
    """An export of a month: milestone M-n due on the given day, or on DUE."""
    facts = [Fact(f"M-{n}", f"Milestone {n}", due.get(n, DUE), None, ()) for n in range(rows)]
    place = site.folder / "exports" / (name or f"2019{month:02}-ME.csv")
    write_export(place, f"LSST ME 19-{month:02}", facts)
    return place


def key_of(number: int) -> str:
    return f"DM-{number + 1}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Four linked milestones of forty, agreed on in March."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, mode="review")
        for number in range(LINKS):
            jira.add_issue(key_of(number), duedate=DUE.isoformat())
        link_all(site)
        put_month(site, 3, {})
        assert site.sync().exit_code == 0
        yield site


def link_all(site: Site) -> None:
    site.link({f"M-{number}": {"jira": key_of(number)} for number in range(LINKS)})


def planned(site: Site) -> StoredPlan:
    service = site.service()
    try:
        return service.plan()[1]
    finally:
        service.setup.close()


def approve(site: Site, plan: StoredPlan, **waivers: str) -> None:
    service = site.service()
    try:
        service.approve(plan.plan.id, waivers)
    finally:
        service.setup.close()


def apply(site: Site, plan: StoredPlan) -> RunResult:
    service = site.service()
    try:
        return service.apply(plan.plan.id)
    finally:
        service.setup.close()


def undo(site: Site, run: int) -> None:
    service = site.service()
    try:
        plan = service.undo(run).plan
        service.approve(plan.id, {})
        service.apply(plan.id)
    finally:
        service.setup.close()


def pull(site: Site) -> None:
    service = site.service()
    try:
        service.pull()
    finally:
        service.setup.close()


JULY, AUGUST = date(2019, 7, 1), date(2019, 8, 1)


def approved_move(site: Site, due: dict[int, date]) -> StoredPlan:
    put_month(site, 4, due)
    assert site.sync().exit_code == 4
    plan = planned(site)
    approve(site, plan)
    return plan


def test_a_new_edition_in_the_folder_makes_the_approved_plan_stale(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    put_month(site, 4, {0: AUGUST}, name="201904-ME-2.csv")
    with pytest.raises(PlanRefused, match="stale"):
        apply(site, plan)
    assert site.jira.due(key_of(0)) == DUE.isoformat()


def test_nothing_is_planned_or_written_from_an_older_export_while_the_newest_cannot_be_read(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    (site.folder / "exports" / "201905-ME.csv").write_bytes(b"\x00\x01 not an export")
    for act in (lambda: planned(site), lambda: apply(site, plan), lambda: site.sync()):
        with pytest.raises(SourceError, match="201905-ME"):
            act()
    assert site.jira.due(key_of(0)) == DUE.isoformat()


def test_two_links_to_one_field_made_after_the_plan_are_not_written(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    site.link({"M-0": {"jira": key_of(0)}, "M-7": {"jira": key_of(0)}})
    with pytest.raises(PlanRefused, match="stale"):
        apply(site, plan)
    assert site.jira.due(key_of(0)) == DUE.isoformat()


def test_an_edit_made_after_both_agreed_is_not_overwritten_by_an_older_plan(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    site.jira.edit(key_of(0), duedate=JULY.isoformat())
    site.sync()
    site.jira.edit(key_of(0), duedate=DUE.isoformat())
    assert site.sync().exit_code == 4  # follower_edited: a hold
    with pytest.raises(PlanRefused, match="stale"):
        apply(site, plan)
    assert site.jira.due(key_of(0)) == DUE.isoformat()


@pytest.mark.parametrize("by", ["a person", "an undo"])
def test_what_was_put_back_after_both_agreed_is_left_so_although_jira_was_not_read_since(site: Site, by: str) -> None:
    first = approved_move(site, {0: JULY})
    site.jira.edit(key_of(3), duedate=AUGUST.isoformat())
    second = planned(site)  # the same move, and a hold
    assert second.plan.id != first.plan.id
    approve(site, second)
    written = apply(site, second)
    pull(site)
    if by == "a person":
        site.jira.edit(key_of(0), duedate=DUE.isoformat())
        assert [receipt.outcome for receipt in apply(site, first).receipts] == [Outcome.STALE]
    else:
        undo(site, written.run)
        with pytest.raises(PlanRefused, match="stale"):  # what was put back by a run is known without reading it
            apply(site, first)
    assert site.jira.due(key_of(0)) == DUE.isoformat()
    assert planned(site).plan.changes == ()


def test_the_same_edit_by_hand_is_already_there(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    site.jira.edit(key_of(0), duedate=JULY.isoformat())
    pull(site)
    assert [receipt.outcome for receipt in apply(site, plan).receipts] == [Outcome.ALREADY]


def test_a_violation_that_is_mended_no_longer_stops_the_same_plan(site: Site) -> None:
    site.mode = "auto"
    site.write_config()
    put_month(site, 4, {0: JULY}, rows=20)
    stopped = site.sync()
    assert stopped.exit_code == 5
    put_month(site, 4, {0: JULY}, rows=ROWS)
    mended = site.sync()
    assert mended.plan is not None
    assert not mended.plan.violations
    assert mended.exit_code == 0
    assert site.jira.due(key_of(0)) == JULY.isoformat()


def test_a_violation_that_comes_later_can_be_waived(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    put_month(site, 4, {0: JULY}, rows=20)
    site.sync()
    again = planned(site)
    assert again.plan.id == plan.plan.id
    assert [violation.limit for violation in again.plan.violations] == ["max_row_drop_percent"]
    with pytest.raises((LimitsExceeded, PlanRefused)):
        apply(site, again)
    approve(site, again, max_row_drop_percent="twenty are out of scope")
    assert apply(site, again).exit_code == 0


def test_a_report_only_run_does_not_take_an_approval_away(site: Site) -> None:
    plan = approved_move(site, {0: JULY})
    site.sync(Mode.REPORT)
    assert apply(site, plan).exit_code == 0


def test_a_completion_is_handed_over_once_by_two_plans_that_name_it(site: Site) -> None:
    site.jira.resolve(key_of(1), at="2019-04-20T12:00:00.000-0700")
    first = approved_move(site, {})
    site.jira.resolve(key_of(2), at="2019-04-21T12:00:00.000-0700")
    site.sync()
    second = planned(site)
    assert second.plan.id != first.plan.id
    approve(site, second)
    assert [r.outcome for r in apply(site, second).receipts] == [Outcome.HANDED_OVER] * 2
    with pytest.raises(PlanRefused, match="stale"):
        apply(site, first)


def test_an_undo_that_is_killed_at_its_end_has_withdrawn_what_was_handed_over(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.jira.resolve(key_of(1), at="2019-04-20T12:00:00.000-0700")
    handed_over = apply(site, approved_move(site, {}))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    service = site.service()
    try:
        plan = service.undo(handed_over.run).plan
        service.approve(plan.id, {})
        assert len(service.setup.store.pending_proposals()) == 1
        monkeypatch.setattr(Store, "finish_applying", kill)
        with pytest.raises(KeyboardInterrupt):
            service.apply(plan.id)
        assert service.setup.store.pending_proposals() == []
    finally:
        service.setup.close()


def test_an_older_edition_read_again_under_another_mapping_is_not_the_newest(site: Site) -> None:
    """A correction may be called anything: the order of names is not the order of arrival."""
    site.mode = "auto"
    site.write_config()
    put_month(site, 4, {0: JULY}, name="201904-ME-final.csv")
    site.sync()
    put_month(site, 4, {0: AUGUST}, name="201904-ME-corrected.csv")
    site.sync()
    assert site.jira.due(key_of(0)) == AUGUST.isoformat()
    shutil.copy(MAPPINGS / "p6_spreadsheet.toml", site.folder / "own.toml")
    with (site.folder / "own.toml").open("a") as file:
        file.write("\n# a comment more\n")
    text = site.config.read_text().replace('kind = "p6_spreadsheet"', 'kind = "p6_spreadsheet"\nmapping = "own.toml"')
    site.config.write_text(text)
    site.sync()
    assert site.jira.due(key_of(0)) == AUGUST.isoformat()


def test_a_bigger_loss_of_rows_than_the_one_waived_stops_the_plan(site: Site) -> None:
    put_month(site, 4, {0: JULY}, rows=35)
    site.sync()
    plan = planned(site)
    approve(site, plan, max_row_drop_percent="five are out of scope")
    put_month(site, 5, {0: JULY}, rows=6)
    pull(site)
    with pytest.raises(LimitsExceeded, match="safety limits"):
        apply(site, plan)


def test_after_an_apply_the_next_plan_sees_what_was_written(site: Site) -> None:
    """Jira as it was before our own write is no edit by hand, and agrees with nothing."""
    apply(site, approved_move(site, {0: JULY}))
    quiet = planned(site)
    assert (quiet.plan.changes, quiet.plan.holds) == ((), ())

    put_month(site, 4, {}, name="201904-ME-2.csv")  # the move is taken back
    back = planned(site)
    assert [(change.before, change.after, change.kind) for change in back.plan.changes] == [(JULY, DUE, "owner_moved")]


def test_an_export_that_was_brought_by_itself_can_be_planned_from(site: Site) -> None:
    for export in (site.folder / "exports").iterdir():
        export.rename(site.folder / export.name)
    assert planned(site).plan.changes == ()


def test_a_plan_whose_run_died_is_not_said_to_be_applied(site: Site) -> None:
    put_month(site, 4, {0: date(2019, 7, 1)})
    plan = planned(site)
    approve(site, plan)
    store = site.wiring().open_store()
    lease = store.take_lease("killed:1")
    store.begin_applying(lease, store.begin_run(trigger="apply", mode=Mode.REVIEW, actor="anna"), plan.making)
    store.release_lease(lease)
    store.close()
    for act in (apply, approve):
        with pytest.raises(PlanRefused, match="is being applied, or was when its run died"):
            act(site, plan)
    assert planned(site).making == plan.making + 1
