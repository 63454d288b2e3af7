"""The sheet Review: what a person sees, what is hidden, and that nothing in it is taken for a formula."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from syncsvc.model import Action, Decision, Drift, DriftKind, Field, Narrative, Verdict
from syncsvc.report.holds import HOLDS
from syncsvc.report.workbook import drift_workbook
from syncsvc.report.workbook.review_sheet import KINDS, means_of, state_of
from syncsvc.review_sheet import MARK_SHEET, SHEET, Mark, Review
from tests.builders import NOON
from tests.hostile import NAMES
from tests.reports import JULY, JUNE, MAY, full_report

TODAY = date(2019, 5, 2)
MARK = Mark("0123456789ab", "2019-04", "p-1")


def drift(code: str, kind: DriftKind, action: Action = Action.HOLD, **facts: Any) -> Drift:
    shown = {"key": "DM-12", "issue_id": "12", "field": Field.DUE, "owner_value": JULY, "follower_value": JUNE}
    return Drift(code, kind, action, **{**shown, "baseline": MAY, "baseline_known": True, "why": "Why.", **facts})


def decided(verdict: Verdict, **facts: Any) -> Decision:
    until = JULY if verdict is Verdict.HOLD else None
    return Decision(
        *("DM-1", "DM-12", "12", Field.DUE, verdict, JULY, JUNE, "A. Person", NOON), reason="So", until=until, **facts
    )


ROWS = (
    drift("DM-6", DriftKind.FOLLOWER_EDITED, Action.REPORT, decision=decided(Verdict.REJECT)),
    drift("DM-5", DriftKind.OWNER_MOVED, Action.WRITE),
    drift("DM-4", DriftKind.FIRST_CONTACT, follower_value=None, baseline=None, baseline_known=False),
    drift("DM-3", DriftKind.FOLLOWER_EDITED, decision=decided(Verdict.APPROVE)),
    drift("DM-2", DriftKind.HISTORY_REWRITTEN, field=Field.COMPLETED),
    drift("DM-1", DriftKind.FOLLOWER_EDITED, owner_value=MAY),
    drift("DM-7", DriftKind.OWNER_MOVED, Action.REPORT, decision=decided(Verdict.HOLD)),
)


def written(*rows: Drift, **facts: Any) -> bytes:
    return drift_workbook(full_report(), Review(MARK, rows or ROWS, TODAY, **facts))


def sheet_of(content: bytes) -> Worksheet:
    sheet = load_workbook(io.BytesIO(content))[SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def table_of(content: bytes) -> list[dict[str, Any]]:
    rows = list(sheet_of(content).iter_rows(min_row=4, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_what_waits_comes_first_by_kind_then_what_is_written_then_what_is_decided() -> None:
    assert [(row["Milestone"], row["State"]) for row in table_of(written())] == [
        ("DM-2", "waits"),
        ("DM-3", "needs a second yes"),
        ("DM-1", "waits"),
        ("DM-4", "waits"),
        ("DM-5", "to be written"),
        ("DM-6", "rejected"),
        ("DM-7", "put off"),
    ]
    sheet = sheet_of(written())
    assert sheet["A2"].value == "4 wait for a decision, 1 are going to be written, 2 are decided."


def test_no_decision_is_filled_in_already_and_what_stands_is_told() -> None:
    rows = {row["Milestone"]: row for row in table_of(written())}
    assert {row["Decision"] for row in rows.values()} == {None}
    assert rows["DM-6"]["Decided so far"] == "rejected by A. Person on 2019-05-01: So"
    assert rows["DM-7"]["Decided so far"] == "put off until 2019-07-31 by A. Person on 2019-05-01: So"
    assert (rows["DM-4"]["Jira says"], rows["DM-4"]["Agreed last"]) == ("no date", "never")


def test_every_kind_says_what_it_means() -> None:
    assert all(means_of(kind) for kind in KINDS)
    assert [means_of(kind) for kind in HOLDS if kind is not DriftKind.REPORTED] == [
        HOLDS[kind].means for kind in HOLDS if kind is not DriftKind.REPORTED
    ]
    assert state_of(ROWS[1]) == "to be written"


def test_a_narrative_of_the_month_stands_once_for_its_milestone() -> None:
    two = ROWS[5], replace(ROWS[5], field=Field.COMPLETED)
    told = {"DM-1": Narrative("DM-1", "2019-04", "Waits", "Ask")}
    rows = table_of(written(*two, narratives=told))
    assert [(row["Narrative: why"], row["Narrative: corrective action"]) for row in rows] == [
        ("Waits", "Ask"),
        (None, None),
    ]


def test_the_same_review_gives_the_same_bytes() -> None:
    assert written() == written(*reversed(ROWS))


def test_it_is_opened_first_alone_and_printed_with_its_head() -> None:
    book = load_workbook(io.BytesIO(written()))
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == [SHEET]
    assert book.sheetnames[0] == SHEET
    assert book.sheetnames[-1] == MARK_SHEET
    sheet = book[SHEET]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B5", "$4:$4")
    assert sheet.print_area == "'Review'!$A$1:$N$11"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)
    assert sheet.tables[SHEET].autoFilter.ref == "A4:S11"
    assert sheet.column_dimensions["S"].hidden
    without = load_workbook(io.BytesIO(drift_workbook(full_report())))
    assert [sheet.title for sheet in without if sheet.sheet_view.tabSelected] == ["Summary"]
    assert SHEET not in without.sheetnames
    assert MARK_SHEET not in without.sheetnames


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_text_stays_text(name: str) -> None:
    decision = replace(decided(Verdict.REJECT), reason=name, actor=name)
    rows = (drift(name, DriftKind.FOLLOWER_EDITED, Action.REPORT, key=name, why=name, decision=decision),)
    told = {name: Narrative(name, "2019-04", name, name)}
    content = written(*rows, names={name: name}, narratives=told)
    part = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in part
    assert all(cell.data_type in "sdn" for row in sheet_of(content).iter_rows() for cell in row)


def test_a_review_of_nothing_is_a_review() -> None:
    content = drift_workbook(full_report(), Review(MARK, (), TODAY))
    assert sheet_of(content)["A2"].value == "0 wait for a decision, 0 are going to be written, 0 are decided."
