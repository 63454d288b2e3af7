"""The real night settled to the last row: everything that waits decided by shell, and the next night quiet."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real_nights import ALSO_DAY, EDITED_TOO, HAND_EDITED_QUIETLY, QUIET_DAY, Nights, april_arrives, open_nights
from tests.review_workbooks import fill, fill_by_kind, place_of, resave, rows_in
from tests.site import Site

pytestmark = pytest.mark.real

KINDS = {"owner_moved", "basis", "follower_edited", "both_moved", "history_rewritten", "reported"}


@pytest.fixture
def nights(tmp_path: Path, real_data: Path) -> Iterator[Nights]:
    """In review mode: March has been agreed on, and the night after April's export has left everything to decide."""
    with open_nights(tmp_path, real_data, "cloud", completed_field=True, mode="review") as nights:
        assert nights.site.sync().exit_code == 0
        april_arrives(nights, real_data)
        assert nights.site.sync().exit_code == 4
        yield nights


def answer(site: Site, *arguments: str, check: int = 0) -> Any:
    return json.loads(site.run(*arguments, "--format", "json", check=check).stdout)


def settle_by_shell(site: Site) -> str:
    """What a controller types; the plan that follows."""
    rows = answer(site, "review", "list")["rows"]
    kinds = {row["kind"] for row in rows}
    assert kinds == KINDS
    site.run("review", "approve", "--kind", "owner_moved", "--kind", "reported", "--kind", "basis", check=0)
    site.run("review", "reject", HAND_EDITED_QUIETLY, "--field", "due", "--reason", "The team is right", check=0)
    site.run("review", "approve", EDITED_TOO, "--field", "due", check=0)
    decided = answer(site, "review", "approve", "--kind", "history_rewritten", "--reason", "Confirmed by the scheduler")
    assert [one["code"] for one in decided["taken"]] == ["DMTC-8100-2090"]
    return str(decided["plan"])


def apply(site: Site, plan: str) -> Any:
    """One date goes back further than the limits allow, which is waived by name."""
    site.run("approve", plan, "--waive", "max_shift_days", "--reason", "set far ahead by mistake", check=0)
    return answer(site, "apply", plan)


def test_by_shell_alone(nights: Nights) -> None:
    site, jira = nights.site, nights.site.jira
    plan = settle_by_shell(site)
    applied = apply(site, plan)
    assert {receipt["outcome"] for receipt in applied["receipts"]} == {"applied", "handed_over"}
    assert (applied["exit_code"], applied["holds"]) == (0, 0)
    assert jira.due(nights.keys[HAND_EDITED_QUIETLY]) == QUIET_DAY
    assert jira.due(nights.keys[EDITED_TOO]) == str(nights.april[EDITED_TOO].due) != ALSO_DAY

    jira.forget_requests()
    assert site.sync().exit_code == 0
    assert jira.count("PUT") == 0
    listed = answer(site, "review", "list")["rows"]
    assert [(row["code"], row["waits"], row["decision"]["verdict"]) for row in listed] == [
        (HAND_EDITED_QUIETLY, False, "reject")
    ]


def test_by_workbook_alone(nights: Nights, soffice: str) -> None:
    """Exported, filled in, sorted otherwise and saved by LibreOffice, given back; one row changed in Jira meanwhile."""
    site, jira = nights.site, nights.site.jira
    path = Path(site.run("review", "export", check=0).stdout.strip())
    rows = rows_in(path)
    assert {row["Kind"].replace(" ", "_") for row in rows} == KINDS
    decided = fill_in(path)
    resave(soffice, path)
    changed = next(row for row in rows if row["Kind"] == "owner moved")
    late = changed["Jira issue"]
    jira.edit(late, author="B. Person", duedate="2030-01-31")

    taken = answer(site, "review", "import", str(path), check=4)
    (refused,) = taken["refused"]
    assert (refused["key"], refused["where"]) == (late, f"sheet Review row {place_of(path, late)}")
    assert f"{late} was set to 2030-01-31 in Jira at " in refused["why"]
    assert "by B. Person" in refused["why"]
    assert len(taken["taken"]) == decided - 1

    again = Path(site.run("review", "export", check=0).stdout.strip())
    left = [row for row in rows_in(again) if row["State"] == "waits"]
    assert [(row["Jira issue"], row["Kind"]) for row in left] == [(late, "both moved")]
    fill(again, {changed["Milestone"]: {"Decision": "approve"}}, only=late)
    plan = answer(site, "review", "import", str(again))["plan"]
    applied = apply(site, plan)
    assert {receipt["outcome"] for receipt in applied["receipts"]} == {"applied", "handed_over"}
    assert (applied["exit_code"], applied["holds"]) == (0, 0)
    assert jira.due(nights.keys[HAND_EDITED_QUIETLY]) == QUIET_DAY
    assert jira.due(late) == str(changed["PMCS says"].date())

    jira.forget_requests()
    assert site.sync().exit_code == 0
    assert jira.count("PUT") == 0
    listed = answer(site, "review", "list")["rows"]
    assert [(row["code"], row["decision"]["verdict"]) for row in listed] == [(HAND_EDITED_QUIETLY, "reject")]


def fill_in(path: Path) -> int:
    """Every row, by what it is, in the opposite order; how many."""
    words = {
        "follower edited": {"Decision": "Reject", "Reason": "The team is right"},
        "history rewritten": {"Decision": "adopt", "Reason": "Confirmed by the scheduler"},
        "both moved": {"Decision": "ADOPT"},
        "basis": {"Decision": "approve "},
    }
    return fill_by_kind(path, words, otherwise={"Decision": "approve"})


def test_a_run_is_taken_back_where_its_dates_still_stand(nights: Nights) -> None:
    site, jira = nights.site, nights.site.jira
    before = {key: jira.due(key) for key in nights.keys.values()}
    run = apply(site, settle_by_shell(site))["run"]
    written = {key for key, due in before.items() if jira.due(key) != due}
    edited = sorted(written)[0]
    jira.edit(edited, author="A. Person", duedate="2030-01-31")

    undone = answer(site, "undo", str(run))
    assert [left["key"] for left in undone["left"]] == [edited]
    assert len(undone["withdrawn"]) == 1
    site.run("approve", undone["plan"], "--waive", "max_shift_days", "--reason", "taken back", check=0)
    back = answer(site, "apply", undone["plan"], check=4)
    assert {receipt["outcome"] for receipt in back["receipts"]} == {"applied"}
    assert {key: jira.due(key) for key in before} == {**before, edited: "2030-01-31"}

    jira.forget_requests()
    held = site.sync()
    assert jira.count("PUT") == 0
    assert held.plan is not None
    assert held.exit_code == 4
    undone_keys = {change["key"] for change in back["receipts"]}
    assert undone_keys <= {hold.key for hold in held.plan.holds}
    assert not {change.key for change in held.plan.changes} & undone_keys
