"""Bytes as sheets: what a file is is told from its content, and what cannot be used is refused in words."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from connectors.sheet import Workbook, open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.errors import BadExport
from tests.p6_files import write_xlsx

CSV = "task_code,task_name\nA-1,Größe\n"


def open_first(content: bytes) -> Workbook:
    return open_workbook(content, "201904-ME.xls", [Wanted(None)])


def cells_of(workbook: Workbook) -> list[list[object]]:
    name = workbook.find(None)
    assert name is not None
    return [list(cells) for _, cells in workbook.rows(name)]


@pytest.fixture
def xlsx(tmp_path: Path) -> bytes:
    return write_xlsx(tmp_path / "made.xlsx", {"TASK": [["task_code"], ["A-1"]]}).read_bytes()


def with_part(xlsx: bytes, part: str, content: bytes) -> bytes:
    """The workbook with other content in one of its parts."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, content if name == part else before.read(name))
    return changed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("cp1252"),
        CSV.encode("utf-16"),
        CSV.encode("utf-16-be").join([b"\xfe\xff", b""]),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        CSV.replace("task_name", '"task_name"').encode(),
    ],
)
def test_text_in_any_usual_encoding_and_with_any_usual_delimiter(content: bytes) -> None:
    assert cells_of(open_first(content)) == [["task_code", "task_name"], ["A-1", "Größe"]]


def test_commas_quotes_and_line_breaks_in_a_cell() -> None:
    content = b'a,b\n"x, ""y""\nz",2\n\n3,4\n'
    assert cells_of(open_first(content)) == [["a", "b"], ['x, "y"\nz', "2"], [], ["3", "4"]]


def test_a_workbook_is_known_by_its_content(xlsx: bytes) -> None:
    workbook = open_first(xlsx)
    assert workbook.sheet_names == ("TASK",)
    assert not workbook.is_delimited
    assert cells_of(workbook) == [["task_code"], ["A-1"]]


def test_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], [1.5, "x", None], [2, "y", True]]
    content = write_xlsx(tmp_path / "x.xlsx", {"One": rows, "Two": rows, "Three": rows}).read_bytes()
    workbook = open_workbook(content, "x.xlsx", [Wanted("two", ("C", "a")), Wanted("THREE", rows=1), Wanted("Four")])
    assert workbook.sheet_names == ("One", "Two", "Three")
    assert (workbook.find("tWo"), workbook.find("Four")) == ("Two", None)
    assert workbook.columns("Two") == [["a", 1.5, 2.0], ["c", "", True]]
    assert list(workbook.rows("Three")) == [(1, ("a", "b", "c"))]


def test_a_sheet_may_be_wanted_whole_and_by_columns(tmp_path: Path) -> None:
    content = write_xlsx(tmp_path / "x.xlsx", {"One": [["a", "b"], ["x", "y"]]}).read_bytes()
    workbook = open_workbook(content, "x.xlsx", [Wanted("Two", or_first=True), Wanted("One", ("b",))])
    assert (cells_of(workbook), workbook.columns("One")) == ([["a", "b"], ["x", "y"]], [["b", "y"]])


def test_computed_cells_are_found_where_they_are_wanted(tmp_path: Path) -> None:
    rows = [["a", "=1+1", '="x"'], [1, 2, "<f>=1"]]
    content = write_xlsx(tmp_path / "x.xlsx", {"One": [["=5"]], "Two & more": rows}).read_bytes()
    array = b'<c r="C2"><f t="array" ref="C2:C9">A1</f><v>1</v></c></row></sheetData>'
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet2.xml")
    more = with_part(content, "xl/worksheets/sheet2.xml", sheet.replace(b"</row></sheetData>", array))
    for made, found in ((content, ["B1", "C1"]), (more, ["B1", "C1", "C2:C9"])):
        workbook = open_workbook(made, "x.xlsx", [Wanted("two & more", formulas=True)])
        assert list(workbook.formulas("Two & more")) == found


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "the file is empty"),
        (b"%PDF-1.7\n\x00\x01", "the file is a PDF document, not a spreadsheet"),
        (b"\r\n<!DOCTYPE html><html>", "the file is a web page, not a spreadsheet"),
        (b"<HTML><body>Please log in", "the file is a web page"),
        (b"<?xml version='1.0'?><Workbook/>", "the file is an XML document"),
        (b"ERMHDR\t19.12\t2019-04-30", "the file is a P6 XER file"),
        (b"\x1f\x8b\x08\x00", "the file is a compressed file"),
        (bytes(range(256)), "the file is neither a spreadsheet nor text"),
        (b"caf\x81", "the text is neither UTF-8 nor Windows-1252"),
        (CSV.encode("utf-16")[:-1], "is no text; the file is damaged or cut off"),
        (b'a,b\n"x,2', "line 2 is not CSV, or the file is cut off"),
        (b'a,b\n"x"y,2\n', "line 2 is not CSV"),
        (b"a,b,c\n1,2,3\n4,5", "the file ends in the middle of row 3"),
        (OLE, "the workbook is damaged or cut off"),
        (OLE + b"\x00" * 4096, "the workbook is damaged or cut off"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "the workbook is protected by a password"),
        (b"PK\x03\x04 and no more", "is cut off or damaged"),
    ],
)
def test_what_is_no_spreadsheet_is_said_to_be_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(BadExport) as caught:
        open_first(content)
    assert caught.value.message.startswith("201904-ME.xls: ")
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("notes.txt", "a zip file without a workbook in it"),
        ("xl/workbook.bin", "an XLSB workbook"),
        ("content.xml", "an OpenDocument spreadsheet"),
    ],
)
def test_other_zip_files_are_no_workbooks(name: str, said: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(BadExport, match=said):
        open_first(content.getvalue())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_that_is_cut_off_is_refused(xlsx: bytes, share: float) -> None:
    with pytest.raises(BadExport, match="cut off or damaged"):
        open_first(xlsx[: int(len(xlsx) * share)])


def test_a_workbook_with_a_damaged_sheet_is_refused(xlsx: bytes) -> None:
    with pytest.raises(BadExport, match="the workbook is damaged or cut off"):
        open_first(with_part(xlsx, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='1'><c "))


def test_a_cell_at_the_far_end_of_a_sheet_does_not_take_the_memory(xlsx: bytes) -> None:
    far = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>task_code</t></is></c></row>
        <row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"""
    with pytest.raises(BadExport, match="the cells of sheet TASK reach to XFD1048576, far beyond") as caught:
        open_first(with_part(xlsx, "xl/worksheets/sheet1.xml", far))
    assert "Delete blank rows and columns" in caught.value.hint


def test_text_without_end_is_refused() -> None:
    for content, said in (
        (b"a,b\n" * 25_000_001, "100 MB of text"),
        (b"a" + b"," * 99_999_998, "more than 12,000,000"),
    ):
        begun = time.process_time()
        with pytest.raises(BadExport, match=said):
            open_first(content)
        assert time.process_time() - begun < 20
