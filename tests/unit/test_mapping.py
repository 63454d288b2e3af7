"""Mappings: what they refuse, what they find, and how a cell becomes a date."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsvc.errors import ExitCode, MappingError
from syncsvc.mapping import Cell, Named, builtin_mappings, load_mapping, parse_date
from syncsvc.model import Basis, MilestoneKind, Side, Status

MINIMAL = """
description = "a list"
format = "table"
side = "published"
[columns]
code = "Id"
"""

PLAN = """
description = "a plan"
format = "release_plan"
side = "published"
[columns]
code = "Id"
[dates]
due = [{ column = "Due", basis = "planned" }]
completed = [{ column = "Done" }]
[release_plan]
heading = "A"
entry = "B"
page_lines = ["x"]
"""

P6_FORMATS = ("M/D/YYYY", "YYYY-MM-DD")


def test_every_built_in_mapping_loads() -> None:
    assert {"p6_spreadsheet", "lsst_master_list"} <= set(builtin_mappings())
    for name in builtin_mappings():
        mapping = load_mapping(name)
        assert mapping.name == name
        assert mapping.description
        assert len(mapping.sha256) == 64


def test_a_mapping_is_found_by_name_or_relative_to_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "own.toml").write_text(MINIMAL)
    assert load_mapping("site/own.toml", tmp_path).columns.code == "Id"
    assert load_mapping("p6_spreadsheet", tmp_path).side is Side.PMCS


def test_another_content_is_another_sha256(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(MINIMAL)
    before = load_mapping(str(own)).sha256
    own.write_text(MINIMAL + "# a word\n")
    assert load_mapping(str(own)).sha256 != before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[columns]", "[columns]\nfrobnicate = 1"), "columns.frobnicate: unknown key"),
        (("[columns]", "colour = 1\n[columns]"), "colour: unknown key"),
        (('code = "Id"', ""), "columns.code: this key is missing"),
        (('format = "table"', 'format = "xer"'), "format: 'xer' is none of p6_spreadsheet, p6_xer, p6_pmxml"),
        (('format = "table"', 'format = "table"\nencoding = "cp1"'), "encoding: 'cp1' is no encoding of text"),
        (('format = "table"', 'format = "table"\nencoding = "rot13"'), "encoding: 'rot13' is no encoding of text"),
        (('side = "published"', 'side = "moon"'), "side: "),
        (('format = "table"', 'format = "release_plan"'), "release_plan: this table is missing"),
        (("[columns]", '[release_plan]\nheading = "A"\nentry = "B"\n[columns]'), "is for the format release_plan only"),
        ((MINIMAL, PLAN.replace('entry = "B"', "")), "release_plan.entry: this key is missing"),
        ((MINIMAL, PLAN.replace('"A"', '"("')), "release_plan.heading: is no regular expression"),
        ((MINIMAL, PLAN.replace('["x"]', '["x", "["]')), "release_plan.page_lines[1]: is no regular expression"),
        ((MINIMAL, PLAN.replace("completed = ", "forecast = ")), "dates: due and completed must name the words"),
        (("[columns]", '[dates]\nformats = ["DD.MM"]\n[columns]'), "dates.formats[0]: 'DD.MM' is none of M/D/YYYY"),
        (("[columns]", '[dates]\ndue = [{ column = "D", base = "x" }]\n[columns]'), "dates.due[0].base: unknown key"),
        (("[columns]", '[dates]\ndue = [{ column = "D", basis = "hope" }]\n[columns]'), "dates.due[0].basis: "),
        (("[columns]", "[file_name]\npattern = '('\n[columns]"), "file_name.pattern: is no regular expression"),
        (("[columns]", "[[renumber]]\npattern = 'A'\nreplacement = '\\2'\n[columns]"), "renumber[0].replacement: "),
        (("[columns]", '[working_day]\nstart = "8"\n[columns]'), "working_day.start: write a time of day as HH:MM"),
        (("side", 'required = ["name"]\nside'), "required: name is required, but columns.name names no column"),
        (("side", 'required = ["colour"]\nside'), "required: 'colour' is none of "),
        (("[columns]", "[columns"), "is not TOML: "),
    ],
)
def test_a_faulty_mapping_names_the_file_and_the_key(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(MINIMAL.replace(change[0], change[1], 1))
    with pytest.raises(MappingError) as caught:
        load_mapping("own.toml", tmp_path)
    assert caught.value.message.startswith(f"{own}: ")
    assert said in caught.value.message
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_mapping_that_is_not_there_lists_the_built_in_ones(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="There is no mapping p6_spreedsheet") as caught:
        load_mapping("p6_spreedsheet", tmp_path)
    assert "p6_spreadsheet" in caught.value.hint


def test_a_mapping_that_is_not_text_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"description = '\xff'")
    with pytest.raises(MappingError, match="is not UTF-8 text"):
        load_mapping("own.toml", tmp_path)


def test_only_its_own_format_is_read_with_a_mapping() -> None:
    with pytest.raises(MappingError, match="lsst_master_list describes files of format table"):
        load_mapping("lsst_master_list").require_format("p6_spreadsheet")


@pytest.mark.parametrize(
    ("wbs", "named"),
    [
        ("LSST ME 19-04.02C.05", Named("2019-04", "ME", "02C.05")),
        ("LSST BL 18-03.02C.07", Named("2018-03", "BL", "02C.07")),
        ("LSST ME 19-04", Named("2019-04", "ME", None)),
        ("Tower ME 24-11.1.2", Named("2024-11", "ME", "1.2")),
        ("LSST ME 19-13.02C", Named(wbs="LSST ME 19-13.02C")),
        ("02C.05", Named(wbs="02C.05")),
        ("", Named()),
    ],
)
def test_a_project_name_tells_period_and_kind(wbs: str, named: Named) -> None:
    assert load_mapping("p6_spreadsheet").read_project(wbs) == named


@pytest.mark.parametrize(
    ("stem", "named"),
    [
        ("201904-ME", Named("2019-04", "ME")),
        ("201904-me-v2", Named("2019-04", "ME")),
        ("2019-04 BL final", Named("2019-04", "BL")),
        ("export_2019-04-ME_2", Named("2019-04", "ME")),
        ("201904", Named("2019-04")),
        ("201904-MEETING", Named("2019-04")),
        ("2019-04-30", Named("2019-04")),
        ("20190430", Named()),
        ("201913-ME", Named()),
        ("latest", Named()),
    ],
)
def test_a_file_name_tells_period_and_kind(stem: str, named: Named) -> None:
    assert load_mapping("p6_spreadsheet").read_file_name(stem) == named


@pytest.mark.parametrize(
    ("code", "known_as"),
    [
        ("LDM-503-1", "LDM-503-01"),
        ("LDM-503-4b", "LDM-503-04b"),
        ("LDM-503-10", "LDM-503-10"),
        ("LDM-503-11a", "LDM-503-11a"),
        ("LDM-503-01", "LDM-503-01"),
        ("DM-AP-1", "DM-AP-1"),
    ],
)
def test_declared_renumberings(code: str, known_as: str) -> None:
    assert load_mapping("lsst_master_list").renumber(code) == known_as
    assert load_mapping("p6_spreadsheet").renumber(code) == code


def test_the_export_of_a_baseline_project_is_the_baseline_and_forecasts_nothing() -> None:
    mapping = load_mapping("p6_spreadsheet")
    assert [entry.basis for entry in mapping.dates("ME").due] == [Basis.BASELINE, Basis.FORECAST, Basis.FORECAST]
    assert {entry.basis for entry in mapping.dates("BL").due} == {Basis.BASELINE}
    assert mapping.dates("BL").forecast == ()
    assert mapping.dates("BL").completed == mapping.dates("ME").completed
    assert "completed" in mapping.required("ME")
    assert "completed" not in mapping.required("BL")


def test_words_are_known_whatever_their_case() -> None:
    mapping = load_mapping("p6_spreadsheet")
    assert mapping.status_of("completed") is Status.COMPLETED
    assert mapping.status_of("Abgeschlossen") is Status.UNKNOWN
    assert mapping.kind_of("TT_MILE") is MilestoneKind.START_MILESTONE
    assert mapping.kind_of("Meilenstein") is None
    assert mapping.word_for(Status.COMPLETED) == "Completed"


def test_a_status_without_a_word_cannot_be_written() -> None:
    with pytest.raises(MappingError, match="no word stands for completed"):
        load_mapping("lsst_master_list").word_for(Status.COMPLETED)


def test_predecessors_that_are_still_words_are_none() -> None:
    text = "DM-DRP-4,DM-DRP-10, Auth system [NCSA?], Usecases from DM-SST, T 1"
    assert load_mapping("lsst_master_list").split_predecessors(text) == ["DM-DRP-4", "DM-DRP-10"]
    assert load_mapping("p6_spreadsheet").split_predecessors("T&SC-1, A 2,, B") == ["T&SC-1", "A 2", "B"]


def test_the_place_of_a_column_is_a_line_of_the_mapping() -> None:
    mapping = load_mapping("p6_spreadsheet")
    place = mapping.place_of("columns.code", "task_code")
    number = int(place.split("line ")[1].split(" ")[0])
    assert mapping.text.splitlines()[number - 1] == 'code = "task_code"'
    assert mapping.place_of("columns.x", "absent") == "mapping p6_spreadsheet (columns.x)"


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("7/16/2021 8:00:00 AM", date(2021, 7, 16)),
        ("12/29/2017 5:00:00 PM", date(2017, 12, 29)),
        ("12/31/2018 11:59:59 PM", date(2018, 12, 31)),
        ("12/1/2017 12:00:00 AM", date(2017, 12, 1)),
        ("12/1/2017", date(2017, 12, 1)),
        (" 12/01/2017\xa0", date(2017, 12, 1)),
        ("2019-04-30", date(2019, 4, 30)),
        ("2019-04-30T17:00:00", date(2019, 4, 30)),
        ("2019-04-30 17:00", date(2019, 4, 30)),
        ("2/29/2020", date(2020, 2, 29)),
        (datetime.fromisoformat("2019-04-30 23:59"), date(2019, 4, 30)),
        (date(2019, 4, 30), date(2019, 4, 30)),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_cell_becomes_a_date_and_its_time_is_dropped(cell: Cell, day: date | None) -> None:
    assert parse_date(cell, P6_FORMATS) == day


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2/30/2019", "is no day of the calendar, read as M/D/YYYY"),
        ("2/29/2019 5:00:00 PM", "is no day of the calendar"),
        ("13/5/2019", "is no day of the calendar"),
        ("0/5/2019", "is no day of the calendar"),
        ("1/1/0000", "is no day of the calendar"),
        ("4/30/2019 25:00", "has no such time of day"),
        ("4/30/2019 13:00:00 PM", "has no such time of day"),
        ("4/30/19", "is not a date; dates are written M/D/YYYY or YYYY-MM-DD here"),
        ("03-Jul-23 A", "is not a date"),
        ("2019-04-30Z", "is not a date"),
        ("soon", "is not a date"),
        ("٤/٣٠/٢٠١٩", "is not a date"),
        (43585.0, "is a number, not a date"),
        (True, "is true or false"),
        (time(8, 0), "is a time of day"),
        (timedelta(hours=8), "is a time of day"),
    ],
)
def test_a_cell_that_is_no_date_says_why(cell: Cell, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("/", ".")):
        parse_date(cell, P6_FORMATS)


@pytest.mark.parametrize(
    ("text", "format_name"),
    [
        ("30/4/2019 17:00", "D/M/YYYY"),
        ("30.04.2019", "D.M.YYYY"),
        ("30-Apr-19", "D-MMM-YY"),
        ("30-apr-2019", "D-MMM-YY"),
    ],
)
def test_other_ways_to_write_a_date_are_declared(text: str, format_name: str) -> None:
    assert parse_date(text, (format_name,)) == date(2019, 4, 30)


def test_an_unknown_month_is_no_day() -> None:
    with pytest.raises(ValueError, match="has no month that is known here: Jan, Feb, "):
        parse_date("30-Mai-19", ("D-MMM-YY",))


@pytest.mark.parametrize(("text", "year"), [("30-Apr-00", 2000), ("30-Apr-68", 2068), ("30-Apr-69", 1969)])
def test_a_year_of_two_digits_is_the_one_that_other_programs_read(text: str, year: int) -> None:
    assert parse_date(text, ("D-MMM-YY",)) == date(year, 4, 30)


@pytest.mark.parametrize("cell", ["0001-01-01 00:00", date(1899, 12, 31), datetime.fromisoformat("1899-12-31 08:00")])
def test_a_date_before_all_schedules_is_none(cell: str | date) -> None:
    with pytest.raises(ValueError, match="is before 1900, so it is no date of a schedule"):
        parse_date(cell)


@pytest.mark.parametrize("text", ["2019-06-28T17:00:00Z", "2019-06-28T17:00:00.5+02:00", "2019-06-28T00:00:00-0700"])
def test_an_instant_is_no_date_of_a_schedule(text: str) -> None:
    with pytest.raises(ValueError, match="has a time zone"):
        parse_date(text)


@given(st.datetimes().filter(lambda instant: instant.year >= 1900))
def test_however_p6_writes_an_instant_its_day_is_read(instant: datetime) -> None:
    half = f"{instant.month}/{instant.day}/{instant.year} {instant.hour % 12 or 12}:{instant:%M:%S %p}"
    for cell in (half, instant, instant.isoformat(sep=" ", timespec="seconds"), instant.date().isoformat()):
        assert parse_date(cell, P6_FORMATS) == instant.date()


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_says_why_not(text: str) -> None:
    try:
        said = str(parse_date(text, P6_FORMATS) or "is blank")
    except ValueError as error:
        said = str(error)
    assert said.startswith(("is ", "has ")) or date.fromisoformat(said)
