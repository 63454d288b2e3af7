"""XER files as tables: encodings, line breaks in texts, columns by name, and what is no XER or not a whole one."""

import io

import pytest

from connectors.p6_xer_tables import XerFile, is_xer, read_tables
from syncsvc.errors import BadExport
from tests.xer_files import schedule, task, xer_text

WANTED = {"TASK": ["task_id", "task_code", "task_name", "no_such"], "ACTVTYPE": ["actv_code_type"]}


def read(content: str | bytes, encoding: str = "cp1252") -> XerFile:
    content = content.encode(encoding) if isinstance(content, str) else content
    return read_tables(io.BytesIO(content), "a.xer", encoding, WANTED)


def text(*rows: str, columns: str = "task_id\ttask_code\ttask_name\tguid") -> str:
    lines = ["ERMHDR\t19.12\t2019-05-02 12:54\tProject", "%T\tTASK", f"%F\t{columns}", *rows, "%E", ""]
    return "\r\n".join(lines)


def rows(content: str | bytes) -> list[tuple[str, ...]]:
    return read(content).tables["TASK"].rows


def test_wanted_columns_are_found_by_name_and_the_rest_is_passed_over() -> None:
    found = read(xer_text(schedule(task(1, "A-1"), task(2, "A-2"))))
    table = found.tables["TASK"]
    assert found.version == "19.12"
    assert list(found.tables) == ["TASK"]
    assert list(found.table_names) == ["CURRTYPE", "PROJECT", "CALENDAR", "PROJWBS", "TASK", "TASKPRED"]
    assert table.columns == ["task_id", "task_code", "task_name"]
    assert table.rows == [("1", "A-1", "Milestone A-1"), ("2", "A-2", "Milestone A-2")]
    assert table.cells("task_code") == ["A-1", "A-2"]
    assert table.cells("no_such") == ["", ""]
    assert table.find("no_such") is None


def test_the_place_of_a_row_is_its_line_in_the_file() -> None:
    lines = text("%R\t1\tA\tone", "%R\t2\tB\ttwo", "and more", "%of it", "\tx", "%R\t3\tC\tthree").split("\r\n")
    table = read("\r\n".join(lines)).tables["TASK"]
    assert [lines[line - 1].split("\t")[1] for line in table.lines] == ["1", "2", "3"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_both_line_ends_are_read_and_are_no_part_of_the_last_cell(newline: str) -> None:
    content = text("%R\t1\tA\tone", "%R\t2\tB\ttwo", columns="task_id\ttask_code\ttask_name").replace("\r\n", newline)
    assert rows(content) == [("1", "A", "one"), ("2", "B", "two")]


@pytest.mark.parametrize(
    "encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "shift-jis", "utf-16-be"]
)
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    name = {"cp1251": "Фаза", "shift-jis": "マイルストーン"}.get(encoding, "Größe “naïve” 5 €")
    content = text(f"%R\t1\tA\t{name}\tg").encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    told = encoding if encoding in ("cp1251", "shift-jis") else "cp1252"
    assert read_tables(io.BytesIO(content), "a.xer", told, WANTED).tables["TASK"].rows == [("1", "A", name)]


def test_a_letter_between_two_blocks_of_the_file_is_whole() -> None:
    padding = "x" * (2**20 - 5)
    for shift in range(8):
        content = text(f"%R\t1\tA\t{padding}{'y' * shift}öß€\tg")
        assert rows(content.encode()) == [("1", "A", f"{padding}{'y' * shift}öß€")]


def test_a_byte_that_is_no_letter_is_shown_as_such() -> None:
    assert rows(text("%R\t1\tA\tn?ü\tg").encode("cp1252").replace(b"?", b"\x81")) == [("1", "A", "n�ü")]


def test_quotation_marks_are_written_twice() -> None:
    assert rows(text('%R\t1\tA\tthe ""first"" of 5""\tg')) == [("1", "A", 'the "first" of 5"')]


def test_a_text_with_line_breaks_is_one_cell() -> None:
    content = text("%R\t1\tA\tone", "", "% done: 5", "%R is no row", "%Every\tg", "%R\t2\tB\ttwo\tg")
    assert rows(content) == [("1", "A", "one\r\n\r\n% done: 5\r\n%R is no row\r\n%Every"), ("2", "B", "two")]
    assert read(content).tables["TASK"].shifted == {}


def test_texts_with_line_breaks_in_tables_that_are_not_wanted_are_passed_over() -> None:
    memo = "%T\tTASKMEMO\r\n%F\tmemo_id\ttask_memo\r\n%R\t1\tfirst\r\n%second\r\n\r\nthird\r\n%T\tTASK"
    assert rows(text("%R\t1\tA\tone\tg").replace("%T\tTASK", memo)) == [("1", "A", "one")]


def test_a_row_with_fewer_cells_ends_in_blanks() -> None:
    assert rows(text("%R\t1\tA")) == [("1", "A", "")]


def test_a_row_with_more_cells_is_told() -> None:
    content = text("%R\t1\tA\tone\tg\tmore\tand\tmore", "%R\t2\tB\ttwo\tg")
    table = read(content).tables["TASK"]
    assert (table.shifted, table.width) == ({4: 7}, 4)


@pytest.mark.parametrize(
    ("written", "expected", "shifted"),
    [
        (("1\tA\tone\tg\tmore", "2\tB\ttwo"), [("1", "A", "one"), ("2", "B", "two")], {4: 5}),
        (("1\tA\tone\tg\nh\tmore\tand\tmore\tx",), [("1", "A", "one")], {4: 8}),
    ],
)
def test_cells_that_are_as_many_as_whole_rows_have_are_not_taken_for_them(
    written: tuple[str, ...], expected: list[tuple[str, ...]], shifted: dict[int, int]
) -> None:
    content = text(*(f"%R\t{row}" for row in written), "%R\t3\tC\tthree\tg").encode()
    for size in range(1, len(content)):
        table = read_tables(io.BytesIO(content), "a.xer", "cp1252", WANTED, size).tables["TASK"]
        assert (table.rows, table.shifted) == ([*expected, ("3", "C", "three")], shifted)


def test_blank_lines_and_the_end_mark_of_old_programs_may_follow_the_end() -> None:
    assert rows(text("%R\t1\tA\tone\tg") + "\r\n\r\n\x1a") == [("1", "A", "one")]


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    whole = text("%R\t1\tA\tone\tg", "%R\t2\tB\ttwo\tg", "goes on").rstrip().encode()
    assert len(rows(whole)) == 2
    for length in range(1, len(whole)):
        with pytest.raises(BadExport):
            read(whole[:length])


def test_a_file_that_is_cut_off_says_where() -> None:
    content = text("%R\t1\tA\tone\tg", "%R\t2\tB\ttwo\tg")
    with pytest.raises(BadExport, match=r"^a\.xer: the file ends in line 5 of table TASK, without the %E .* cut off"):
        read(content[: content.index("two")])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \r\n", "the file is empty"),
        (b"%PDF-1.7", "the file is a PDF document, not a P6 XER file"),
        (b"PK\x03\x04rest", "the file is a workbook or another zip file, not a P6 XER file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "the file is a workbook or another office document, not a P6 XER file"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "the file is an XML document, not a P6 XER file"),
        (b"<!DOCTYPE html>", "the file is a web page, not a P6 XER file"),
        (b"task_code,task_name", "the file is no P6 XER file: it does not begin with ERMHDR"),
        (b"\x00" * 600, "the file is no P6 XER file"),
        (b"\xff\xfeE\x00R", "the file is no P6 XER file"),
        (text("%R\t1\tA").encode("utf-16")[:-3], "the file is damaged or cut off: not all of it is text"),
        (b"\xef\xbb\xbf" + text("%R\t1\t\xfc").encode("cp1252"), "the file is damaged or cut off"),
    ],
)
def test_what_is_no_xer_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(BadExport) as caught:
        read(content)
    assert str(caught.value).startswith(f"a.xer: {said}")
    assert "Export the project from P6 as XER." in str(caught.value)


@pytest.mark.parametrize(
    ("found", "put", "said"),
    [
        (
            "%E",
            "%T\tTASK\r\n%F\ttask_id\r\n%E",
            "line 5: table TASK begins a second time, as in line 2; two files may",
        ),
        ("%F\t", "%R\t0\tZ\r\n%F\t", "line 3: a row stands before the names of its columns"),
        ("%T\tTASK\r\n", "", "line 3: a row stands before the names of its columns"),
        ("%E", "%F\ttask_id\r\n%E", "line 5: table TASK names its columns a second time"),
        ("guid", "TASK_CODE", "line 3: table TASK has two columns task_code: which one counts?"),
        ("%E", "%E\r\n%T\tTASK", "line 6: the file goes on behind its end"),
    ],
)
def test_a_file_that_is_not_made_as_one_says_in_which_line(found: str, put: str, said: str) -> None:
    content = text("%R\t1\tA\tone\tg").replace(found, put, 1)
    with pytest.raises(BadExport) as caught:
        read(content)
    assert str(caught.value).startswith(f"a.xer: {said}")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-le"])
def test_an_xer_file_is_known_by_its_first_word(encoding: str) -> None:
    assert is_xer(text().encode(encoding))
    assert not is_xer(f"x{text()}".encode(encoding))


def test_lines_that_end_as_on_a_mac_of_old_are_read() -> None:
    content = text("%R\t1\tA\tone", "%R\t2\tB\ttwo", columns="task_id\ttask_code\ttask_name")
    read_back = read(content.replace("\r\n", "\r")).tables["TASK"]
    assert (read_back.rows, read_back.lines) == ([("1", "A", "one"), ("2", "B", "two")], [4, 5])


def with_tabs(content: str, *lines: int, tabs: int = 2) -> str:
    return "\r\n".join(
        line + "\t" * tabs if number in lines else line for number, line in enumerate(content.split("\r\n"), start=1)
    )


def test_tabs_behind_every_row_shift_nothing() -> None:
    content = text("%R\t1\tA\tone\tg", "%R\t2\tB\ttwo\tg").replace("%E", "%T\tACTVTYPE\r\n%F\ta\r\n%R\tx\r\n%E")
    table = read(with_tabs(content, 4, 5, 8)).tables["TASK"]
    assert (table.rows, table.shifted) == ([("1", "A", "one"), ("2", "B", "two")], {})


def test_tabs_behind_some_rows_may_have_shifted_them() -> None:
    """A tab in a name looks so where the last cells are blank."""
    content = text("%R\t1\tA\tone\tg", "%R\t2\tB\ttwo\tg").replace("%E", "%T\tACTVTYPE\r\n%F\ta\r\n%R\tx\r\n%E")
    assert [*read(with_tabs(content, 4, 8)).tables["TASK"].shifted] == [4]
    assert [*read(with_tabs(content, 4, 5)).tables["TASK"].shifted] == [4, 5]
    assert [*read(with_tabs(with_tabs(content, 4, 8), 5, tabs=1)).tables["TASK"].shifted] == [4, 5]
    assert [*read(with_tabs(content, 4, 5, 8).replace("two\tg\t", "two\tg\tx")).tables["TASK"].shifted] == [4, 5]
