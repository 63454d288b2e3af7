"""What a mapping makes of files that are no spreadsheets: XER, P6 XML, and release plans in each of their forms."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from syncsvc.errors import BadExport
from syncsvc.files import check_mapping
from syncsvc.mapping import MAPPINGS
from syncsvc.mapping_check import CheckedColumn, CheckedSheet, MappingCheck
from syncsvc.report.layout import Page
from syncsvc.report.mapping_check_text import mapping_check_shape, mapping_check_text
from tests import pmxml_files, xer_files
from tests.release_plans import Listed, as_latex, as_markdown, as_page

NOW = datetime(2019, 5, 1, 12, tzinfo=UTC)
PLAN = [
    Listed("LDM-503-06", "Camera data", date(2019, 6, 1), None, (Listed("DM-AP-1", "Alert", date(2018, 1, 1)),)),
    Listed("LDM-503-07", "Operations", date(2020, 6, 1), date(2020, 5, 1)),
]


def check(path: Path, mapping: str | None = None) -> MappingCheck:
    return check_mapping(path, now=NOW, mapping=mapping)


def sheet(checked: MappingCheck, name: str) -> CheckedSheet:
    return next(each for each in checked.sheets if each.name == name)


def named(columns: Sequence[CheckedColumn]) -> list[str]:
    return [column.name for column in columns]


def uses(columns: Sequence[CheckedColumn], name: str) -> dict[str, int | None]:
    """Key and line of what a column is for."""
    return {use.key: use.line for column in columns if column.name == name for use in column.uses}


def own_mapping(folder: Path, name: str, **columns: str) -> str:
    """A mapping like the built-in one that reads these columns, too."""
    text = (MAPPINGS / f"{name}.toml").read_text()
    lines = "".join(f'{key} = "{column}"\n' for key, column in columns.items())
    path = folder / "own.toml"
    path.write_text(text.replace("[columns]\n", f"[columns]\n{lines}"))
    return str(path)


@pytest.fixture
def xer(tmp_path: Path) -> Path:
    """A project, its baseline, one that is not exported; two activity codes and an own field."""
    tasks = [
        xer_files.task(1, "A-1"),
        xer_files.completed(2, "A-2", "2019-04-12 08:00"),
        xer_files.task(21, "A-1", "2019-05-31 17:00", proj_id=2),
        xer_files.task(31, "Z-1", proj_id=3),
    ]
    projects = [
        xer_files.project(sum_base_proj_id=2),
        xer_files.project(2, "LSST BL 18-03", orig_proj_id=1),
        xer_files.project(3, "OTHER", export_flag=""),
    ]
    tables = xer_files.schedule(
        *tasks,
        PROJECT=projects,
        ACTVTYPE=[{"actv_code_type_id": n, "actv_code_type": name} for n, name in ((1, "Release Level"), (2, "Team"))],
        ACTVCODE=[{"actv_code_id": 11, "actv_code_type_id": 1, "short_name": "2"}],
        TASKACTV=[{"task_id": task_id, "actv_code_type_id": 1, "actv_code_id": 11} for task_id in (1, 2)],
        UDFTYPE=[
            {"udf_type_id": 7, "table_name": "TASK", "udf_type_name": "user_field_859", "udf_type_label": "Leads to"},
            {"udf_type_id": 8, "table_name": "PROJECT", "udf_type_name": "user_field_1", "udf_type_label": "Site"},
        ],
        UDFVALUE=[{"udf_type_id": 7, "fk_id": 1, "udf_text": "A-2"}],
    )
    return xer_files.write_xer(tmp_path / "2019-04-ME.xer", tables, version="23.12")


@pytest.fixture
def pmxml(tmp_path: Path) -> Path:
    """The same as P6 XML."""
    return pmxml_files.write_pmxml(
        tmp_path / "2019-04-ME.xml",
        pmxml_files.code_type(1, "Release Level"),
        pmxml_files.code_type(2, "Team"),
        pmxml_files.code_value(11, 1, "2"),
        pmxml_files.field_type(7, "Leads to"),
        pmxml_files.field_type(8, "Site", "Project"),
        pmxml_files.project(
            pmxml_files.with_(
                pmxml_files.activity(1, "A-1"), pmxml_files.code(1, 11), pmxml_files.own_field(7, "Text", "A-2")
            ),
            pmxml_files.with_(pmxml_files.completed(2, "A-2", "2019-04-12T08:00:00"), pmxml_files.code(1, 11)),
            pmxml_files.relation(1, 2, 1),
            CurrentBaselineProjectObjectId="2",
        ),
        pmxml_files.project(
            pmxml_files.activity(21, "A-1", "2019-05-31T17:00:00"), object_id=2, name="LSST BL 18-03", is_baseline=True
        ),
    )


def test_the_tables_of_an_xer_file(xer: Path) -> None:
    checked = check(xer)
    tasks, relations = sheet(checked, "TASK"), sheet(checked, "TASKPRED")
    assert (checked.seen.format, checked.seen.unit) == ("P6 XER, version 23.12", "table")
    assert (tasks.rows, relations.rows) == (4, 0)
    lines = xer.read_text(encoding="cp1252").splitlines()
    assert tasks.header_row is not None
    assert lines[tasks.header_row - 1] == "%T\tTASK"
    filled = {column.name: (column.seen.filled, dict(column.seen.kinds)) for column in tasks.used if column.seen}
    assert filled["task_code"] == (4, {"text": 4})
    assert filled["act_end_date"] == (1, {"dates": 1})
    assert filled["base_end_date"] == (1, {"dates": 1})
    assert {"late_end_date", "clndr_id", "guid"} < {*named(tasks.unused)}
    assert named(tasks.missing) == []
    assert {"pred_type", "lag_hr_cnt"} < {*named(relations.used)}
    assert not {"CALENDAR", "ACTVTYPE"} & {each.name for each in checked.sheets if each.used}


def test_the_elements_of_a_p6_xml_file(pmxml: Path) -> None:
    checked = check(pmxml)
    activities, parts = sheet(checked, "Activity"), sheet(checked, "WBS")
    namespace = "http://xmlns.oracle.com/Primavera/P6/V24.12/API/BusinessObjects"
    assert checked.seen.format == f"P6 XML, version 24.12, namespace {namespace}"
    assert (activities.rows, sheet(checked, "Relationship").rows) == (3, 1)
    filled = {column.name: (column.seen.filled, dict(column.seen.kinds)) for column in activities.used if column.seen}
    assert filled["Id"] == (3, {"text": 3})
    assert filled["ActualFinishDate"] == (1, {"dates": 1})
    assert filled["BaselineFinishDate"] == (1, {"dates": 1})
    empty = {column.name for column in activities.unused if column.seen and not column.seen.filled}
    assert {"ExpectedFinishDate", "PrimaryConstraintDate"} <= empty
    assert "Code" in named(parts.used)
    assert [each.name for each in checked.sheets if not each.used and not each.is_absent] == ["Calendar"]


@pytest.mark.parametrize("form", ["xer", "pmxml"])
def test_projects_and_which_of_them_are_read(form: str, request: pytest.FixtureRequest) -> None:
    projects = check(request.getfixturevalue(form)).seen.projects
    told = [(each.name, each.is_read, each.activities, each.what) for each in projects]
    assert told[:2] == [
        ("LSST ME 19-04", True, 2, "its baseline is LSST BL 18-03"),
        ("LSST BL 18-03", False, 1, "the baseline of LSST ME 19-04"),
    ]
    assert told[2:] == ([("OTHER", False, 1, "not exported: only relations lead to it")] if form == "xer" else [])


@pytest.mark.parametrize(("form", "main"), [("xer", "TASK"), ("pmxml", "Activity")])
def test_codes_and_own_fields_are_used_or_named_as_a_mapping_would(
    form: str, main: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = request.getfixturevalue(form)
    unused = [each for each in sheet(check(path), main).unused if each.seen and each.seen.further]
    assert [(each.name, each.seen.filled if each.seen else None) for each in unused] == [
        ("code:Release Level", 2),
        ("code:Team", 0),
        ("udf:Leads to", 1),
    ]
    columns = {"level": "code:Release Level", "predecessors": "udf:Leads to", "deletion": "code:Absent"}
    checked = check(path, own_mapping(tmp_path, f"p6_{form}", **columns))
    activities = sheet(checked, main)
    assert [each.name for each in activities.unused if each.seen and each.seen.further] == ["code:Team"]
    assert named(activities.missing) == ["code:Absent"]
    declared = Path(checked.mapping.path).read_text().splitlines()
    (line,) = uses(activities.used, "code:Release Level").values()
    assert "code:Release Level" in declared[(line or 0) - 1]
    assert checked.snapshot is not None
    shown = {m.code: (m.level, m.predecessors) for m in checked.snapshot.milestones}
    assert shown["A-1"] == (2, ("A-2",))


@pytest.mark.parametrize(
    ("form", "main", "key", "column", "built_in"),
    [("xer", "TASK", "status", "state", "status_code"), ("pmxml", "Activity", "status", "State", "Status")],
)
def test_a_column_that_is_wanted_and_missing_is_said_with_its_line(
    form: str, main: str, key: str, column: str, built_in: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text((MAPPINGS / f"p6_{form}.toml").read_text().replace(f'{key} = "{built_in}"', f'{key} = "{column}"'))
    checked = check(request.getfixturevalue(form), str(path))
    assert checked.snapshot is None
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text == f'{key} = "{column}"')
    assert f"no column {column}, which mapping own, line {line} (columns.{key}) requires" in checked.problem
    (missing,) = sheet(checked, main).missing
    assert (missing.name, missing.uses[0].required, missing.uses[0].line) == (column, True, line)
    assert "required" in mapping_check_text(checked, Page(80))


def test_a_table_that_is_not_there_and_a_baseline_that_is_not(tmp_path: Path) -> None:
    tables = xer_files.schedule(xer_files.task(1, "A-1"), PROJECT=[xer_files.project(sum_base_proj_id=9)])
    path = xer_files.write_xer(tmp_path / "a.xer", {name: rows for name, rows in tables.items() if name != "TASKPRED"})
    checked = check(path)
    assert sheet(checked, "TASKPRED").is_absent
    assert {"base_start_date", "base_end_date"} == {*named(sheet(checked, "TASK").missing)}
    text = mapping_check_text(checked, Page(80))
    assert "Table TASKPRED is not in the file\n" in text
    assert "sum_base_proj_id 9) is not in the file" in " ".join(text.split())


@pytest.mark.parametrize(("write", "form"), [(as_latex, "LaTeX"), (as_markdown, "text or Markdown")])
def test_what_is_looked_for_in_the_text_of_a_plan(
    write: Callable[[Sequence[Listed]], str], form: str, tmp_path: Path
) -> None:
    path = tmp_path / "2019-05.txt"
    path.write_text(write(PLAN).replace("2018-01-01", "2018-13-01"))
    checked = check(path)
    (document,) = checked.sheets
    assert (checked.seen.format, document.rows, document.missing) == (form, 3, ())
    found = {column.name: column.seen.filled for column in document.used if column.seen}
    assert found == {"section": 1, "heading": 2, "entry": 1, "Due": 2, "completed": 1, "currently incomplete": 2}
    lines = (MAPPINGS / "ldm564.toml").read_text().splitlines()
    for key in ("section", "heading", "entry"):
        (line,) = uses(document.used, key).values()
        assert lines[(line or 0) - 1].startswith(f"{key} = ")
    assert checked.snapshot is not None
    (reject,) = checked.snapshot.rejects
    due = next(n for n, text in enumerate(lines, 1) if 'column = "Due"' in text)
    assert reject.reason.startswith("due: Due '2018-13-01' is no day of the calendar")
    assert reject.reason.endswith(f"; see mapping ldm564, line {due} (dates.due)")


def test_a_plan_without_the_section_or_a_word_says_so(tmp_path: Path) -> None:
    path = tmp_path / "2019-05.tex"
    path.write_text(as_latex(PLAN, whole=False).replace("currently incomplete", "completed 2019-01-01"))
    checked = check(path)
    (document,) = checked.sheets
    assert named(document.missing) == ["section", "currently incomplete"]
    assert "The document: without the section, 3 headings and entries with dates" in mapping_check_text(
        checked, Page(80)
    )


def test_the_columns_of_a_table_in_a_web_page(tmp_path: Path) -> None:
    path = tmp_path / "2019-05.html"
    page = as_page(PLAN).replace("<th>Level</th>", "<th>Rank</th>")
    path.write_text(page.replace("<table>", "<table><tr><td>menu</td></tr></table><table>"))
    checked = check(path)
    menu, table = checked.sheets
    assert (menu.name, menu.rows, table.name, table.rows) == ("1", None, "2", 3)
    assert "Completed" in named(table.used)
    assert named(table.unused) == ["Rank"]
    assert named(table.missing) == ["Level"]
    text = mapping_check_text(checked, Page(80))
    assert "Table 2 of the page: header in row 1, 3 rows below it" in text
    assert "Table 1 of the page is not read: the mapping asks for nothing in it." in text


def test_the_text_fits_a_narrow_terminal_and_steers_nothing(xer: Path, pmxml: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.tex"
    plan.write_text(as_latex(PLAN))
    for path in (xer, pmxml, plan):
        path.write_bytes(
            path.read_bytes().replace(b"Release Level", b"Release \xc2\x9b31m").replace(b"OTHER", b"O\x1b[")
        )
        checked = check(path)
        text = mapping_check_text(checked, Page(80))
        assert not any((character < " " and character != "\n") or "\x7f" <= character < "\xa0" for character in text)
        own = [line for line in text.splitlines() if not line.startswith(("  file", "  mapping"))]
        assert max(map(len, own)) <= 80
        assert "..." not in "".join(own)
        shape = mapping_check_shape(checked)
        assert [each["name"] for each in shape["sheets"]] == [each.name for each in checked.sheets]
        assert all(column["uses"] for each in shape["sheets"] for column in each["used"] + each["missing"])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"ERMHDR\t19.12\r\n%T\tTASK\r\n", "cut off"), (b"<APIBusinessObjects>", "cut off"), (b"", "empty")],
)
def test_a_file_that_cannot_be_read_is_an_error_of_its_own(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "2019-04-ME.dat").write_bytes(content)
    with pytest.raises(BadExport, match=said):
        check(tmp_path / "2019-04-ME.dat")
