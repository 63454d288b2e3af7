"""Due dates that teams propose, and the list of them."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from syncsvc.change_requests import find_requests
from syncsvc.config import read_settings
from syncsvc.errors import Unreachable
from syncsvc.model import (
    Action,
    Basis,
    ChangeRequest,
    Drift,
    DriftKind,
    Field,
    FieldChange,
    FollowerEdit,
    Link,
    Memory,
    Policy,
)
from syncsvc.reconcile import reconcile
from syncsvc.report.change_requests import RequestList
from syncsvc.report.formats import render_requests
from syncsvc.reporting import list_requests
from tests.builders import NOON, export, issue, link, memory, milestone, policy, tracked

MAY, JUNE = date(2019, 5, 31), date(2019, 6, 14)
AGREED: dict[Any, Any] = {("M-1", "id-DM-1", Field.DUE): MAY}


def requests_of(
    *links: Link, known: Memory | None = None, due: date | None = JUNE, rules: Policy | None = None
) -> tuple[ChangeRequest, ...]:
    """What is requested where PMCS says May 31st, which both had agreed on, and Jira says `due`."""
    owner, follower = export(milestone("M-1", MAY)), tracked(issue("DM-1", due))
    links = links or (link("M-1", "DM-1", fields=[Field.DUE]),)
    known = known or memory(AGREED)
    drifts = reconcile(owner, follower, links, known, rules or policy())
    return find_requests(drifts, links, owner, follower, known.undone)


def test_an_edit_in_jira_is_a_date_that_the_team_proposes() -> None:
    (request,) = requests_of()
    assert request == ChangeRequest(
        "M-1", "DM-1", "id-DM-1", "Milestone M-1", MAY, "base_end_date", Basis.BASELINE, JUNE
    )


def test_the_days_of_a_link_are_taken_off_again() -> None:
    with_offset = link("M-1", "DM-1", fields=[Field.DUE], offset_days=-14, role="also")
    (request,) = requests_of(with_offset, known=memory({("M-1", "id-DM-1", Field.DUE): date(2019, 5, 17)}))
    assert (request.proposed, request.offset_days) == (date(2019, 6, 28), -14)


@pytest.mark.parametrize(
    "case",
    [
        {"due": None},  # taken out of Jira: that proposes no date
        {"due": MAY},  # both agree
        {"known": memory()},  # nobody knows who moved
        {"rules": policy(follower_edit=FollowerEdit.RESTORE)},  # the configuration takes edits back
        {"known": memory(AGREED, undone={("M-1", "id-DM-1", Field.DUE): JUNE})},  # an undo put it there
    ],
)
def test_what_proposes_nothing(case: dict[str, Any]) -> None:
    assert requests_of(**case) == ()


def test_a_test_plan_follows_its_milestone_and_proposes_nothing() -> None:
    plan = link("M-1", "DM-1", fields=[Field.DUE], offset_days=-45, role="test_plan")
    assert requests_of(plan, known=memory({("M-1", "id-DM-1", Field.DUE): date(2019, 4, 16)})) == ()


def test_what_a_person_has_settled_is_requested_no_more() -> None:
    links = (link("M-1", "DM-1", fields=[Field.DUE]),)
    owner, follower = export(milestone("M-1", MAY)), tracked(issue("DM-1", JUNE))
    (drift,) = reconcile(owner, follower, links, memory(AGREED), policy())
    assert find_requests([drift], links, owner, follower, {}) != ()
    for action in (Action.REPORT, Action.WRITE):
        assert find_requests([replace(drift, action=action)], links, owner, follower, {}) == ()


def test_an_issue_that_moved_is_found_by_its_new_key() -> None:
    owner, follower = export(milestone("M-1", MAY)), tracked(issue("DM-9", JUNE), moved={"DM-1": "DM-9"})
    links = (link("M-1", "DM-1", fields=[Field.DUE]),)
    drifts = reconcile(owner, follower, links, memory({("M-1", "id-DM-9", Field.DUE): MAY}), policy())
    (request,) = find_requests(drifts, links, owner, follower, {})
    assert request.key == "DM-9"


def test_rows_stand_in_the_order_of_codes() -> None:
    codes = ("M-10", "M-2")
    links = [link(code, code.replace("M", "DM"), fields=[Field.DUE]) for code in codes]
    owner = export(*(milestone(code, MAY) for code in codes))
    follower = tracked(*(issue(each.key, JUNE) for each in links))
    drifts = [
        Drift(each.code, DriftKind.FOLLOWER_EDITED, Action.HOLD, key=each.key, issue_id=f"id-{each.key}",
              field=Field.DUE, follower_value=JUNE, hold_kind=DriftKind.FOLLOWER_EDITED)
        for each in links
    ]  # fmt: skip
    assert [each.code for each in find_requests(drifts, links, owner, follower, {})] == ["M-2", "M-10"]


HOSTILE = "=cmd|'/c calc'!A1 | <script>\x1b[2J"
LISTED = RequestList(
    requests=(
        ChangeRequest("M-1", "DM-1", "id-1", HOSTILE, MAY, "base_end_date", Basis.BASELINE, JUNE),
        ChangeRequest("M-2", "DM-2", "id-2", "Two", None, None, None, JUNE, -14),
    ),
    proposed_by={
        "id-1": FieldChange("DM-1", Field.DUE, "A. Person", datetime(2019, 5, 3, 9, 30, tzinfo=UTC), MAY, JUNE)
    },
    export=export(milestone("M-1", MAY)),
    made_at=NOON,
    project="LSST",
)


def test_the_list_as_markdown() -> None:
    text = str(render_requests(LISTED, "md")).replace("\\", "")
    assert "| M-1 |" in text
    assert "| 2019-05-31 | base_end_date (baseline) | 2019-06-14 | " in text
    assert "14 days later, 10 working days" in text
    assert "| DM-1 | A. Person | 2019-05-03 09:30 |" in text
    assert "| first date | DM-2 | not known |" in text
    assert "DM-2 is due 14 days before the milestone; that is taken off here" in text
    assert "\x1b" not in text
    assert "\\<script\\>" in str(render_requests(LISTED, "md"))


def test_the_list_as_a_workbook() -> None:
    content = render_requests(LISTED, "xlsx")
    assert isinstance(content, bytes)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Change requests"]
    rows = list(sheet.iter_rows())
    head = next(at for at, row in enumerate(rows) if row[0].value == "Milestone")
    row = dict(zip([cell.value for cell in rows[head]], rows[head + 1], strict=True))
    assert (row["Proposed due"].value, row["Proposed due"].is_date) == (datetime.fromisoformat("2019-06-14"), True)
    assert (row["Name"].data_type, str(row["Name"].value)[:4]) == ("s", "=cmd")
    assert (row["Proposed by"].value, row["Decision"].value) == ("A. Person", None)
    assert render_requests(LISTED, "xlsx") == content


def test_the_same_requests_are_one_list_that_is_written_once(tmp_path: Path) -> None:
    settings = read_settings({"site": {"timezone": "UTC"}, "report": {"folder": "reports"}}, tmp_path / "config.toml")
    asked: list[object] = []

    def nobody_answers(issues: object) -> dict[str, FieldChange]:
        asked.append(issues)
        raise Unreachable("Jira does not answer")

    first = list_requests(settings, lambda: NOON, LISTED.requests, LISTED.export, nobody_answers)
    again = list_requests(settings, lambda: NOON, LISTED.requests, LISTED.export, nobody_answers)
    assert (first, asked) == (again, [["id-1", "id-2"]])
    assert sorted(first) == ["md", "xlsx"]
    assert "not known" in Path(first["md"]).read_text()
    other = list_requests(settings, lambda: NOON, LISTED.requests[:1], LISTED.export, nobody_answers)
    assert set(other.values()).isdisjoint(first.values())
