"""The drift workbook, read back by two libraries that did not write it, and computed by LibreOffice."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from syncsvc.files import read_annotations, read_file
from syncsvc.model import (
    DriftKind,
    Field,
    Hold,
    Milestone,
    Mode,
    Plan,
    Reject,
    RunResult,
    Side,
    Snapshot,
)
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.release_list import Annotations
from syncsvc.report.layout import clean
from syncsvc.report.workbook import drift_workbook
from syncsvc.report.workbook.fit import lines_needed
from syncsvc.report.workbook.paper import LONGEST_TEXT, fit_text, safe_link
from tests.builders import NOON, export, issue, link, milestone, tracked
from tests.office import convert

PREPARED = datetime(2019, 5, 2, 9, 30, tzinfo=UTC)
MAY, JUNE, AUGUST = date(2019, 5, 31), date(2019, 6, 28), date(2019, 8, 30)
MARCH, APRIL = date(2019, 3, 31), date(2019, 4, 30)

#: Commas, double quotes, UTF-8.
_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76"

#: What stands on the sheet Summary of the two real exports.
REAL_COUNTS = {
    "On both sides": 365,
    "Gone": 37,
    "New": 21,
    "Slipped": 73,
    "Pulled in": 24,
    "Unchanged": 268,
    "Newly completed": 56,
    "Completion rewritten": 1,
}

HOSTILE = (
    '=HYPERLINK("http://evil.example","click")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "=cmd|' /C calc'!A0",
    '</t></is></c><c r="A1"><f>1+1</f></c>',
    "<script>alert(1)</script> & 'quoted' \"twice\"",
    "\u202eevil\u2066 \u05e9\u05dc\u05d5\u05dd",
    "bell\x07 null\x00 escape\x1b[31m \ufffe",
    "two\nlines\r\nand\ttab",
    "_x003D_1+1",
    "x" * 300,
    "\U0001f680 and \u91cc\u7a0b\u7891",
)


def before(*milestones: Milestone, **facts: Any) -> Snapshot:
    return export(*milestones, **{"period": "2019-03", "data_date": MARCH, **facts})


def report_of(was: Snapshot, now: Snapshot, **beside: Any) -> MonthReport:
    return make_month_report(was, now, prepared_at=PREPARED, beside=Beside(**{"project": "Small project", **beside}))


def small_report(**beside: Any) -> MonthReport:
    """One milestone of every sort."""
    was = before(
        milestone("DM-1", MAY),
        milestone("DM-2", AUGUST),
        milestone("DM-3", JUNE),
        milestone("DM-4", MARCH, MARCH),
        milestone("DM-5", MARCH),
        milestone("DM-6", JUNE),
    )
    now = export(
        replace(milestone("DM-1", AUGUST, name="Another name"), forecast=AUGUST),
        milestone("DM-2", JUNE),
        milestone("DM-3", JUNE),
        milestone("DM-4", MARCH, MARCH - timedelta(days=3)),
        milestone("DM-5", MARCH, APRIL),
        milestone("DM-7", MAY),
    )
    return report_of(was, now, **beside)


def sided_report() -> MonthReport:
    jira = tracked(
        replace(issue("DM-101", JUNE), url="https://jira.example.org/browse/DM-101"),
        replace(issue("DM-102", JUNE), url="javascript:alert(1)"),
        replace(issue("DM-103", JUNE - timedelta(days=45)), url="https://jira.example.org/browse/DM-103"),
    )
    published = replace(
        export(milestone("DM-1", AUGUST), milestone("DM-2", AUGUST)), side=Side.PUBLISHED, kind=None, connector="plan"
    )
    links = [
        link("DM-1", "DM-101"),
        link("DM-2", "DM-102"),
        link("DM-2", "DM-103", fields=[Field.DUE], offset_days=-45),
    ]
    hold = Hold("DM-1", "DM-101", Field.DUE, DriftKind.FOLLOWER_EDITED, AUGUST, JUNE, AUGUST, "Only Jira was edited.")
    plan = Plan("p-1", Mode.REVIEW, (), (hold,), {}, (), (), {}, NOON, NOON)
    run = RunResult(12, "nightly", Mode.REVIEW, NOON, NOON, 4, plan=plan)
    return small_report(
        jira=jira,
        published=published,
        links=links,
        run=run,
        annotations=Annotations(dates={("DM-3", Field.DUE): MAY}),
    )


def hostile_report() -> MonthReport:
    now = [
        replace(
            milestone(
                f"{text[:60]} {number}" if number % 2 else f"DM-{number}", MAY + timedelta(days=number), name=text
            ),
            wbs=text,
            state=text,
            where=text,
            due_column=text,
            url="https://x.example/a b" if number % 2 else "javascript:alert(1)",
        )
        for number, text in enumerate(HOSTILE)
    ]
    was = [replace(each, due=JUNE, name=f"{each.name}?") for each in now[1:]]
    rejects = [Reject(text, text, text) for text in HOSTILE]
    return report_of(
        before(*was, rejects=rejects),
        replace(export(*now), source='=evil&P&"Arial".xls'),
        project='=A&B &P "quoted"',
        published=replace(export(*was), side=Side.PUBLISHED, source="+published"),
    )


@pytest.fixture(scope="module")
def real_report(real_data: Path) -> MonthReport:
    names = read_annotations(real_data / "annotations-2019-05.json")
    was, now = (read_file(real_data / name, now=NOON) for name in ("201802-ME.csv", "201904-ME.xls"))
    beside = Beside(annotations=names, project="LSST Data Management")
    return make_month_report(was, now, prepared_at=PREPARED, beside=beside)


def open_book(content: bytes, *, values: bool = False) -> Any:
    return load_workbook(io.BytesIO(content), data_only=values)


def table_of(sheet: Worksheet, name: str) -> list[dict[str, Any]]:
    """A table by its headings, dates as dates."""
    head, *rows = sheet[sheet.tables[name].ref]
    headings = [cell.value for cell in head]
    return [
        {
            heading: cell.value.date() if isinstance(cell.value, datetime) else cell.value
            for heading, cell in zip(headings, row, strict=True)
        }
        for row in rows
    ]


def counts_of(sheet: Any, column: int) -> dict[str, Any]:
    """The counts of the sheet Summary: 1 as reported, 2 live."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(at for at, row in enumerate(rows) if row[:2] == ["Milestones", "As reported"])
    counted: dict[str, Any] = {}
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        counted[row[0]] = row[column]
    return counted


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def formulas_in(content: bytes) -> Iterator[tuple[str, str]]:
    for name, part in parts_of(content).items():
        if name.startswith("xl/worksheets/sheet"):
            yield from ((name, found) for found in re.findall(r"<f>([^<]*)</f>", part.decode()))


# The real pair


@pytest.mark.real
def test_the_known_counts_are_read_by_both_libraries(real_report: MonthReport) -> None:
    content = drift_workbook(real_report)
    reported = counts_of(open_book(content)["Summary"], 1)
    assert {name: reported[name] for name in REAL_COUNTS} == REAL_COUNTS
    assert counts_of(open_book(content, values=True)["Summary"], 2) == reported
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Summary").to_python()
    read = {row[0]: (row[1], row[2]) for row in rows if row[0] in REAL_COUNTS}
    assert read == {name: (count, count) for name, count in REAL_COUNTS.items()}


@pytest.mark.real
def test_every_milestone_date_and_move_is_the_report_s(real_report: MonthReport) -> None:
    rows = table_of(open_book(drift_workbook(real_report))["Drift"], "Drift")
    by_code = {row["Milestone"]: row for row in rows}
    assert len(rows) == len(by_code) == 423
    for row in real_report.rows:
        one, shown = row.comparison, by_code[row.code]
        assert shown["Name"] == clean(row.name)
        assert (shown["Due before"], shown["Due now"]) == (one.due.before, one.due.after)
        assert shown["Moved, calendar days"] == one.due.calendar_days
        assert shown["Moved, working days"] == one.due.working_days
        assert (shown["Forecast before"], shown["Forecast now"]) == (one.forecast.before, one.forecast.after)
        assert (shown["Completed before"], shown["Completed"]) == (one.completed.before, one.completed.after)
        assert shown["Against due, working days"] == row.against_due.working_days
        assert shown["Place now"] == (one.after.where if one.after else None)
    assert [row["Moved, calendar days"] for row in rows[:2]] == [707, 602]


@pytest.mark.real
def test_calamine_reads_the_same_drift(real_report: MonthReport) -> None:
    content = drift_workbook(real_report)
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Drift").to_python()
    shown = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert len(rows) == len(shown) == len(real_report.rows) > 300
    for row in real_report.rows:
        assert shown[row.code]["Due now"] == (row.comparison.due.after or "")
        assert shown[row.code]["Moved, calendar days"] == (
            "" if row.comparison.due.calendar_days is None else row.comparison.due.calendar_days
        )


@pytest.mark.real
def test_libreoffice_counts_what_was_reported(real_report: MonthReport, soffice: str, tmp_path: Path) -> None:
    """The stored values are taken out first, since LibreOffice believes them and computes nothing."""
    content = drift_workbook(real_report)
    reported = counts_of(open_book(content)["Summary"], 1)
    assert computed(soffice, _without_values(content), tmp_path) == {name: str(n) for name, n in reported.items()}


def test_live_counts_follow_an_edited_row(soffice: str, tmp_path: Path) -> None:
    content = drift_workbook(small_report())
    assert computed(soffice, _without_values(content), tmp_path)["Slipped"] == "1"
    edited = _without_values(content, b"<t>slipped</t>", b"<t>unchanged</t>")
    counts = computed(soffice, edited, tmp_path)
    assert (counts["Slipped"], counts["Unchanged"]) == ("0", "4")


def _without_values(content: bytes, *edit: bytes) -> bytes:
    """The workbook as somebody leaves it who edited the sheet Drift and let nothing compute."""
    emptied = io.BytesIO()
    parts = parts_of(content)
    drift = next(name for name, part in parts.items() if b">Due before<" in part)
    with zipfile.ZipFile(emptied, "w") as archive:
        for name, part in parts.items():
            if edit and name == drift:
                part = part.replace(edit[0], edit[1], 1)
            archive.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1<v/>", part))
    return emptied.getvalue()


def computed(soffice: str, content: bytes, folder: Path) -> dict[str, str]:
    """The live counts as LibreOffice computes them: the first sheet as CSV."""
    (folder / "drift.xlsx").write_bytes(content)
    convert(soffice, _AS_CSV, folder, folder / "drift.xlsx")
    rows = list(csv.reader((folder / "drift.csv").read_text(encoding="utf-8").splitlines()))
    start = next(at for at, row in enumerate(rows) if row[:2] == ["Milestones", "As reported"])
    counted = {}
    for row in rows[start + 1 :]:
        if not row[0]:
            break
        counted[row[0]] = row[2]
    return counted


# What a reader sees


def test_every_sort_of_change_has_its_word() -> None:
    rows = {row["Milestone"]: row for row in table_of(open_book(drift_workbook(small_report()))["Drift"], "Drift")}
    assert {code: row["Change"] for code, row in rows.items()} == {
        "DM-1": "slipped",
        "DM-2": "pulled in",
        "DM-3": "unchanged",
        "DM-4": "unchanged",
        "DM-5": "unchanged",
        "DM-6": "gone",
        "DM-7": "new",
    }
    assert rows["DM-1"]["Cause"] == "baseline moved"
    assert rows["DM-1"]["Also changed"] == "renamed"
    assert rows["DM-4"]["Completion"] == "rewritten"
    assert rows["DM-4"]["Needs a decision"] == "completion rewritten"
    assert rows["DM-5"]["Completion"] == "newly completed"
    assert rows["DM-7"]["Moved, calendar days"] is None, "a new milestone has no slip"


def test_the_largest_move_comes_first_and_words_stand_for_signs() -> None:
    sheet = open_book(drift_workbook(small_report()))["Drift"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [
        "DM-1", "DM-2", "DM-4", "DM-6", "DM-7", "DM-3", "DM-5",
    ]  # fmt: skip
    days = next(cell for cell in sheet[1] if cell.value == "Moved, calendar days").column
    assert sheet.cell(3, days).value == -63
    assert sheet.cell(3, days).number_format == '#,##0" later";#,##0" earlier";"0"'


def test_columns_without_a_value_are_left_out() -> None:
    headings = {cell.value for cell in open_book(drift_workbook(small_report()))["Drift"][1]}
    assert not headings & {"Jira issue", "WBS", "Status now", "Jira due", "Annotated due", "Forecast before"}
    assert "Forecast now" in headings


def test_the_table_is_filtered_frozen_and_printed_on_a4() -> None:
    sheet = open_book(drift_workbook(small_report()))["Drift"]
    table = sheet.tables["Drift"]
    assert table.ref == sheet.dimensions == table.autoFilter.ref
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[1]]
    assert sheet.freeze_panes == "B2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddFooter.right.text == "page &P of &N"
    assert sheet.conditional_formatting


def test_long_names_get_room_and_short_ones_do_not() -> None:
    long = milestone("DM-1", MAY, name="Demonstrate operational coordination " * 6)
    sheet = open_book(drift_workbook(report_of(before(milestone("DM-2", MAY), long), export(long))))["Drift"]
    heights = {sheet.cell(row, 1).value: sheet.row_dimensions[row].height for row in (2, 3)}
    assert heights["DM-1"] > 50
    assert heights["DM-2"] is None


def test_one_font_is_named_everywhere() -> None:
    parts = parts_of(drift_workbook(sided_report()))
    styles = parts["xl/styles.xml"].decode()
    fonts = styles[styles.index("<fonts") : styles.index("</fonts>")]
    assert set(re.findall(r'<name val="([^"]*)"', fonts)) == {"Arial"}
    assert fonts.count("<font>") == fonts.count("<name ")
    charts = [part.decode() for name, part in parts.items() if name.startswith("xl/charts/chart")]
    assert len(charts) == 3
    assert {face for chart in charts for face in re.findall(r'latin typeface="([^"]*)"', chart)} == {"Arial"}


def test_looks_do_not_grow_with_the_rows() -> None:
    """A workbook with more than 64,000 styles is damaged for Excel; and each of them takes time."""

    def styles(milestones: int) -> int:
        was = [milestone(f"DM-{at}", MAY) for at in range(milestones)]
        published = replace(export(*(replace(each, due=None) for each in was)), side=Side.PUBLISHED)
        report = report_of(before(*was), export(*(replace(each, due=JUNE) for each in was)), published=published)
        return int(re.findall(rb'<cellXfs count="([0-9]+)"', parts_of(drift_workbook(report))["xl/styles.xml"])[0])

    assert styles(3) == styles(60) < 100


def test_the_front_says_what_was_compared_and_whether_it_was_read_completely() -> None:
    complete = drift_workbook(small_report())
    words = [cell for row in open_book(complete)["Summary"].iter_rows(values_only=True) for cell in row if cell]
    assert "Milestone drift, month end April 2019" in words
    assert "Small project · compared with month end March 2019" in words
    assert "Every source was read completely, and every row was used." in words
    assert {datetime(2019, 3, 31), datetime(2019, 4, 30), "2019-03-ME.xlsx", "2019-04-ME.xlsx"} <= set(words)  # noqa: DTZ001
    assert "Update milestones for month end April 2019: 1 slipped, 1 pulled in, 1 completed" in words
    report = report_of(before(milestone("DM-1", MAY), complete=False), export(milestone("DM-1", MAY)))
    said = open_book(drift_workbook(report))["Summary"]["A3"].value
    assert said.startswith("NOT every source was read completely (PMCS month end March 2019)")


def test_what_needs_a_decision_stands_on_the_front_with_its_reason_behind_it() -> None:
    book = open_book(drift_workbook(sided_report()))
    front = [row[:2] for row in book["Summary"].iter_rows(values_only=True)]
    assert ("DM-1", "held for a person") in front
    rows = table_of(book["Decisions"], "Decisions")
    assert len(rows) == len(sided_report().open_points)
    held = rows[0]
    assert (held["Question"], held["Milestone"], held["Held as"]) == ("held for a person", "DM-1", "follower edited")
    assert (held["From"], held["To"], held["Why it needs a decision"]) == (JUNE, AUGUST, "Only Jira was edited.")
    assert "Decisions" not in open_book(drift_workbook(report_of(before(), export()))).sheetnames


def test_sides_stand_beside_each_other_with_links_to_their_issues() -> None:
    book = open_book(drift_workbook(sided_report()))
    rows = {row["Milestone"]: row for row in table_of(book["Sides"], "Sides")}
    assert (rows["DM-1"]["PMCS due"], rows["DM-1"]["Jira due"], rows["DM-1"]["Published due"]) == (AUGUST, JUNE, AUGUST)
    assert (rows["DM-1"]["Sides on due"], rows["DM-1"]["Apart on due, calendar days"]) == ("Jira differs", -63)
    assert rows["DM-2"]["Sides on due"] == "Published differs"
    assert rows["DM-3"]["Jira due"] == "no issue is linked"
    drift = table_of(book["Drift"], "Drift")
    assert next(row for row in drift if row["Milestone"] == "DM-2")["Jira issue 2"] == "DM-103"
    assert next(row for row in drift if row["Milestone"] == "DM-3")["Annotated due"] == MAY
    assert "Sides" not in open_book(drift_workbook(small_report())).sheetnames


def test_sides_that_are_compared_are_not_shown_again_beside_the_comparison() -> None:
    published = replace(export(milestone("DM-1", JUNE), period="2017-08"), side=Side.PUBLISHED, kind=None)
    sheet = open_book(drift_workbook(report_of(published, export(milestone("DM-1", MAY)))))["Drift"]
    (row,) = table_of(sheet, "Drift")
    assert (row["Due before"], row["Due now"], row["Sides on due"]) == (JUNE, MAY, "Published differs")
    assert not {"PMCS due", "Published due"} & set(row)


def test_only_addresses_of_issues_lead_out_of_the_workbook() -> None:
    parts = parts_of(drift_workbook(sided_report()))
    links = {
        target
        for name, part in parts.items()
        if name.endswith(".rels")
        for target, mode in re.findall(r'Target="([^"]*)"(?: TargetMode="([^"]*)")?', part.decode())
        if mode == "External" or "://" in target
    }
    assert links == {f"https://jira.example.org/browse/DM-{number}" for number in (101, 103)}
    assert not [name for name in parts if "vba" in name.casefold() or "externalLink" in name]


def test_checks_that_cannot_be_computed_say_so_and_print_no_zero() -> None:
    sheet = open_book(drift_workbook(small_report()))["Checks"]
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True) if row[0]}
    assert rows["Critical path test"][1] == "not computed"
    assert rows["Critical path test"][4] is None
    assert rows["Critical path test"][3].startswith("Not computed. It needs the whole network")
    assert rows["Missed"][1] == 0
    assert rows["Missed"][4] == 2


def test_causes_add_up_and_every_difference_is_listed() -> None:
    report = small_report()
    sheet = open_book(drift_workbook(report))["Causes"]
    rows = {row[:2]: row[2] for row in sheet.iter_rows(values_only=True, max_col=3)}
    assert rows["due date", "baseline moved"] == 2
    assert rows["All differences", None] == len(report.attribution.differences)
    listed = table_of(sheet, "Differences")
    assert [row["Milestone"] for row in listed] == [each.code for each in report.attribution.differences]


def test_the_trend_has_every_edition_and_a_gap_stays_a_gap() -> None:
    def of(period: str, data_date: date, due: date, edition: int = 1) -> Snapshot:
        return replace(export(milestone("DM-1", due), period=period, data_date=data_date), edition=edition)

    history = [
        of("2019-01", date(2019, 1, 31), MAY),
        of("2019-01", date(2019, 1, 31), JUNE, 2),
        of("2019-04", APRIL, AUGUST),
    ]
    report = report_of(history[0], history[-1], history=history, before_editions=history[:2])
    book = open_book(drift_workbook(report))
    (row,) = table_of(book["Trend"], "Trend")
    assert [row[f"2019-0{month} ME edition {edition}"] for month, edition in ((1, 1), (1, 2), (4, 1))] == [
        MAY,
        JUNE,
        AUGUST,
    ]
    assert row["Times re-baselined"] == 2
    burn = [cells[:4] for cells in book["Burn-down"].iter_rows(min_row=4, max_row=7, values_only=True)]
    assert burn == [
        ("Data date", "Left", "Should be left", "No export of"),
        (datetime(2019, 1, 31), 1, 1, None),  # noqa: DTZ001
        (datetime(2019, 2, 28), None, None, "2019-02 to 2019-03"),  # noqa: DTZ001
        (datetime(2019, 4, 30), 1, 1, None),  # noqa: DTZ001
    ]
    changes = table_of(book["Changes"], "Changes")
    assert {(each["Change"], each["Before"], each["After"]) for each in changes} == {("restated: due", MAY, JUNE)}


def test_changes_name_both_names_and_what_came_and_went() -> None:
    changes = table_of(open_book(drift_workbook(small_report()))["Changes"], "Changes")
    said = {(each["Change"], each["Milestone"]): (each["Before"], each["After"]) for each in changes}
    assert said["renamed", "DM-1"] == ("Milestone DM-1", "Another name")
    assert said["gone", "DM-6"] == (JUNE, None)
    assert said["new", "DM-7"] == (None, MAY)
    assert said["completion rewritten", "DM-4"] == (MARCH, MARCH - timedelta(days=3))
    assert said["newly completed", "DM-5"] == (None, APRIL)


def test_sources_are_named_with_what_was_not_used_of_them() -> None:
    reject = Reject("TASK row 9", "DM-9", "DM-9: due '31/31/2019' is not a date")
    book = open_book(drift_workbook(report_of(before(), export(milestone("DM-1", MAY), rejects=[reject]))))
    sheet = book["Sources"]
    sources = table_of(sheet, "Sources")
    assert [(each["Role"], each["Rows read"], each["Not used"]) for each in sources] == [
        ("compared with", 0, 0),
        ("this report", 2, 1),
    ]
    assert sources[1]["SHA-256"] == "0" * 64
    assert table_of(sheet, "NotUsed")[0]["Why"] == "DM-9: due '31/31/2019' is not a date"
    assert book["Summary"]["A3"].value == "Every source was read completely; 1 entry was not used: see Sources."


# What must not happen


def test_hostile_text_stays_text() -> None:
    content = drift_workbook(hostile_report())
    book = open_book(content)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.data_type != "f":
                    assert cell.data_type == "s"
                    assert cell.value == fit_text(cell.value), "no control or format character is left"
                if isinstance(cell.value, str) and cell.value[:1] in "=+-@" and cell.data_type == "s":
                    assert cell.quotePrefix, f"{cell.value!r} would be a formula once it is edited"
    names = {row["Name"] for row in table_of(book["Drift"], "Drift")}
    assert {'=HYPERLINK("http://evil.example","click")', "+1+1", "@SUM(A1:A9)", "=1+1", "x" * 300} <= names
    assert "two lines  and tab" in names
    assert {sheet for sheet, _ in formulas_in(content)} == {"xl/worksheets/sheet1.xml"}
    assert all(formula.startswith("COUNTIFS(Drift[") for _, formula in formulas_in(content))
    assert not [name for name, part in parts_of(content).items() if b"TargetMode" in part and b"External" in part]


def test_a_text_that_codes_a_character_is_read_as_it_stands() -> None:
    content = drift_workbook(report_of(before(), export(milestone("DM-1", MAY, name="_x003D_1+1"))))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Drift").to_python()
    assert rows[1][1] == "_x003D_1+1"


def test_a_project_s_name_prints_as_it_stands() -> None:
    parts = parts_of(drift_workbook(hostile_report()))
    footers = {found for part in parts.values() for found in re.findall(rb"<oddFooter>([^<]*)", part)}
    assert len(footers) > 5
    for footer in footers:
        assert b'&amp;K66727F=A&amp;&amp;B &amp;&amp;P "quoted" ' in footer
        assert footer.endswith(b"page &amp;P of &amp;N")


def test_text_is_cut_at_what_a_cell_holds() -> None:
    assert len(fit_text("x" * 40_000)) == LONGEST_TEXT
    rockets = fit_text("\U0001f680" * 20_000)
    assert len(rockets.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert set(rockets) == {"\U0001f680"}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://jira.example.org/browse/DM-1", True),
        ("http://jira.example.org:8080/browse/DM-1?a=b#c", True),
        ("HTTPS://JIRA.EXAMPLE.ORG/x", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("https://user:secret@jira.example.org/", False),
        ("https://jira.example.org/a b", False),
        ("https://jira.example.org/\n", False),
        ("https://", False),
        ("https://[::1", False),
        ("https://x/" + "y" * 2_000, False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_are_followed(url: str, kept: bool) -> None:
    assert safe_link(url) == (url if kept else None)


def test_a_day_before_the_calendar_of_spreadsheets_is_text() -> None:
    now = export(
        milestone("DM-1", date(1, 1, 1)), milestone("DM-2", date(1900, 3, 1)), milestone("DM-3", date(9000, 1, 1))
    )
    rows = {
        row["Milestone"]: row for row in table_of(open_book(drift_workbook(report_of(before(), now)))["Drift"], "Drift")
    }
    assert [rows[f"DM-{at}"]["Due now"] for at in (1, 2, 3)] == ["0001-01-01", date(1900, 3, 1), date(9000, 1, 1)]


def test_the_same_report_gives_the_same_bytes() -> None:
    content = drift_workbook(sided_report())
    assert drift_workbook(sided_report()) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = open_book(content).properties
    assert (properties.created, properties.modified) == (PREPARED.replace(tzinfo=None), PREPARED.replace(tzinfo=None))
    assert properties.creator == "syncsvc"
    later = replace(sided_report(), prepared_at=PREPARED + timedelta(days=1))
    changed = {name for name, part in parts_of(drift_workbook(later)).items() if part != parts_of(content)[name]}
    assert changed == {"docProps/core.xml"}


@pytest.mark.parametrize("rows", [0, 1])
def test_a_report_of_nearly_nothing_is_a_whole_workbook(rows: int) -> None:
    milestones = [milestone("DM-1", MAY)][:rows]
    content = drift_workbook(report_of(before(*milestones), export(*milestones)))
    book = open_book(content)
    assert book.sheetnames == ["Summary", "Drift", "Causes", "Changes", "Checks", "Trend", "Burn-down", "Sources"]
    assert book["Drift"].tables["Drift"].ref.endswith("2")
    counts = counts_of(book["Summary"], 1)
    assert (counts["On both sides"], counts["Slipped"], counts["All milestones now"]) == (rows, 0, rows)
    assert {row["Milestone"] for row in table_of(book["Drift"], "Drift")} == ({"DM-1"} if rows else {None})


def test_an_empty_table_counts_nothing(soffice: str, tmp_path: Path) -> None:
    content = _without_values(drift_workbook(report_of(before(), export())))
    assert set(computed(soffice, content, tmp_path).values()) == {"0"}


@pytest.mark.parametrize(
    ("text", "characters", "lines"),
    [
        ("", 40, 1),
        ("short", 40, 1),
        ("Demonstrate operational coordination with and processing at a satellite computing facility", 48, 2),
        ("x" * 300, 40, 7),
        ("word " * 40, 20, 10),
        ("WIDE LETTERS NEED MORE ROOM", 20, 2),
        ("\u91cc\u7a0b\u7891" * 10, 40, 2),
    ],
)
def test_lines_that_a_text_takes(text: str, characters: float, lines: int) -> None:
    assert lines_needed(text, characters, 9) == lines
