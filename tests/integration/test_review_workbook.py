"""Deciding in a workbook: what is exported, filled in and given back, and what of a bad file is taken: nothing."""

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from connectors.jira_simulator import JiraSimulator
from connectors.review_workbook import MAX_BYTES
from syncsvc.cli import frame
from syncsvc.demo.story import Fact, write_export
from syncsvc.review_sheet import HEADINGS, MARK_SHEET, SHEET
from tests.review_workbooks import fill, head_of, resave, row_of, rows_in
from tests.site import Site

DUE, JULY, AUGUST = date(2019, 6, 3), date(2019, 7, 1), date(2019, 8, 1)
ROWS, LINKS = 40, 5
SHEET_PART = "xl/worksheets/sheet1.xml"


def put_month(site: Site, month: int, due: Mapping[int, date]) -> None:
    facts = [Fact(f"M-{n}", f"Milestone {n}", due.get(n, DUE), None, ()) for n in range(ROWS)]
    write_export(site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Agreed on in March; in April M-3 moved, M-1 was edited in Jira, M-2 on both sides."""
    with in_april(tmp_path) as site:
        yield site


@contextmanager
def in_april(folder: Path) -> Iterator[Site]:
    with JiraSimulator("cloud") as jira:
        site = Site(folder, jira, mode="review")
        for number in range(1, LINKS + 1):
            jira.add_issue(f"DM-{number}", duedate=DUE.isoformat())
        site.link({f"M-{number}": {"jira": f"DM-{number}"} for number in range(1, LINKS + 1)})
        put_month(site, 3, {})
        assert site.sync().exit_code == 0
        put_month(site, 4, {3: JULY, 2: JULY})
        jira.edit("DM-1", author="A. Person", duedate=AUGUST.isoformat())
        jira.edit("DM-2", author="A. Person", duedate=AUGUST.isoformat())
        assert site.sync().exit_code == 4
        yield site


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(site: Site, *arguments: str, check: int = 0) -> Done:
    """The command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = frame.run(arguments, env={**site.env, "SYNCSVC_CONFIG": str(site.config)})
    assert code == check, f"exit {code}\n{out.getvalue()}\n{err.getvalue()}"
    return Done(code, out.getvalue(), err.getvalue())


def export(site: Site) -> Path:
    path = Path(run(site, "review", "export").stdout.strip())
    assert path.is_absolute()
    return path


def take(site: Site, path: Path, *, check: int = 0) -> Any:
    return json.loads(run(site, "review", "import", str(path), "--format", "json", check=check).stdout)


def waiting(site: Site) -> set[str]:
    rows = json.loads(run(site, "review", "list", "--format", "json", check=0).stdout)["rows"]
    return {row["code"] for row in rows if row["waits"]}


# What is exported


def test_what_waits_stands_first_and_says_what_it_is(site: Site) -> None:
    path = export(site)
    assert path.parent == site.folder / "reports"
    assert path.name.startswith("review-p-")
    book = load_workbook(path)
    assert book.sheetnames[:2] == [SHEET, "Summary"]
    assert book.active.title == SHEET
    rows = rows_in(path)
    assert [(row["Milestone"], row["Kind"], row["State"]) for row in rows] == [
        ("M-2", "both moved", "waits"),
        ("M-1", "follower edited", "waits"),
        ("M-3", "owner moved", "to be written"),
    ]
    both = rows[0]
    assert (both["Jira says"].date(), both["PMCS says"].date(), both["Agreed last"].date()) == (AUGUST, JULY, DUE)
    assert both["Name"] == "Milestone 2"
    assert both[HEADINGS["days"]] == -31
    assert both["What the kind means"].startswith("Since the two last agreed")
    assert all(row["Decision"] is None for row in rows)
    sheet = book[SHEET]
    assert sheet.cell(head_of(sheet) + 1, 3).hyperlink.target.endswith("/browse/DM-2")


def test_it_can_be_filled_in_and_sorted_in_any_spreadsheet(site: Site) -> None:
    book = load_workbook(export(site))
    sheet = book[SHEET]
    assert not sheet.protection.sheet
    assert book[MARK_SHEET].sheet_state == "hidden"
    headings = [cell.value for cell in sheet[head_of(sheet)]]
    assert sheet.column_dimensions[sheet.cell(1, len(headings)).column_letter].hidden
    assert headings[-1] == HEADINGS["key"]
    table = sheet.tables[SHEET]
    assert table.ref == f"A4:{sheet.cell(7, len(headings)).coordinate}"  # the hidden column is sorted with the others
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert [rule.formula1 for rule in lists] == ['"approve,reject,hold,adopt,restore"']
    assert str(lists[0].sqref) == "L5:L7"


def test_the_same_store_and_time_give_the_same_bytes_and_no_file_is_written_over(site: Site) -> None:
    site.env["SYNCSVC_ACTOR"] = "A. Person"
    first, second = export(site), export(site)
    assert (second.stem, first.parent) == (f"{first.stem}-2", second.parent)
    sheets = [zipfile.ZipFile(path).read(SHEET_PART) for path in (first, second)]
    assert sheets[0] == sheets[1]


def test_what_was_decided_is_shown_and_not_said_again(site: Site) -> None:
    run(site, "review", "reject", "M-1", "--reason", "=1+1 is right", check=0)
    path = export(site)
    row = rows_in(path)[-1]
    assert (row["Milestone"], row["State"], row["Decision"]) == ("M-1", "rejected", None)
    assert row["Decided so far"].endswith(": =1+1 is right")
    assert take(site, path) == {
        "schema": "syncsvc.decided/1", "plan": None, "taken": [], "refused": [], "narratives": [],
    }  # fmt: skip


# What comes back


def test_decisions_come_back_in_another_order_from_libreoffice(site: Site, soffice: str) -> None:
    path = export(site)
    until = date.today() + timedelta(days=30)  # noqa: DTZ011  # a civil day ahead
    words = {
        "M-3": {"Decision": "approve"},
        "M-1": {"Decision": "Reject ", "Reason": "The team is right"},
        "M-2": {"Decision": "hold", "Until": until, "Reason": "The board meets", "Narrative: why": "Waits"},
    }
    fill(path, words, turned=True)
    resave(soffice, path)
    taken = take(site, path)
    assert taken["refused"] == []
    assert {each["code"]: (each["verdict"], each["reason"], each["until"]) for each in taken["taken"]} == {
        "M-3": ("approve", "", None),
        "M-1": ("reject", "The team is right", None),
        "M-2": ("hold", "The board meets", until.isoformat()),
    }
    assert [(each["code"], each["period"], each["why"]) for each in taken["narratives"]] == [
        ("M-2", "2019-04", "Waits")
    ]
    assert waiting(site) == set()
    run(site, "approve", taken["plan"], check=0)
    run(site, "apply", taken["plan"])
    assert [site.jira.due(f"DM-{n}") for n in (3, 1, 2)] == [str(JULY), str(AUGUST), str(AUGUST)]


def test_a_row_that_changed_meanwhile_is_refused_with_its_place_and_the_others_are_taken(site: Site) -> None:
    path = export(site)
    fill(path, {code: {"Decision": "approve"} for code in ("M-3", "M-1", "M-2")})
    site.jira.edit("DM-2", author="B. Person", duedate="2019-09-02")
    taken = take(site, path, check=4)
    assert {each["code"] for each in taken["taken"]} == {"M-3", "M-1"}
    (refused,) = taken["refused"]
    assert refused["where"] == "sheet Review row 5"
    assert "DM-2 was set to 2019-09-02 in Jira" in refused["why"]


def test_what_was_edited_is_refused_in_words_and_what_follows_is_said(site: Site) -> None:
    path = export(site)
    fill(
        path,
        {
            "M-3": {"Decision": "approve"},
            "M-1": {"Decision": "restore", "Jira says": date(2019, 8, 2)},
            "M-2": {"Decision": "reject"},
        },
    )
    done = run(site, "review", "import", str(path), check=4)
    said = " ".join(done.stdout.split())
    assert "Approved (1)" in said
    assert "sheet Review row 5, M-2 DM-2 due: say why it is rejected: a reason is missing" in said
    assert 'sheet Review row 6, M-1 DM-1 due: "Jira says" is 2019-08-02 where 2019-08-01 was exported' in said
    assert said.index("row 5") < said.index("row 6")
    assert "has 1 changes now. Write them with: syncsvc apply p-" in said


@pytest.mark.parametrize("until", [date(2019, 1, 1), "2019-13-01", None])
def test_a_day_that_is_past_or_none_holds_nothing(site: Site, until: date | str | None) -> None:
    path = export(site)
    fill(path, {"M-2": {"Decision": "hold", "Until": until, "Reason": "Later"}})
    taken = take(site, path, check=4)
    assert taken["taken"] == []
    assert "M-2" in waiting(site)


def test_a_narrative_of_the_month_before_is_kept_with_a_warning(site: Site) -> None:
    run(site, "review", "narrate", "M-2", "--period", "2019-03", "--why", "Waits", check=0)
    path = export(site)
    fill(path, {"M-2": {"Narrative: why": "Waits"}})
    done = run(site, "review", "import", str(path), check=0)
    assert "M-2: the narrative of 2019-04 repeats that of 2019-03 word by word" in done.stderr
    again = export(site)
    assert rows_in(again)[0]["Narrative: why"] == "Waits"
    assert take(site, again)["narratives"] == []


def test_blank_rows_columns_and_further_sheets_are_no_matter(site: Site) -> None:
    path = export(site)

    def spread(book: Workbook, sheet: Worksheet) -> None:
        sheet.cell(row_of(sheet, "M-1"), 12).value = "restore"
        sheet.insert_rows(6, 3)
        sheet.insert_rows(1, 2)
        sheet.insert_cols(1, 2)
        sheet.cell(30, 2).value = "my own note"
        book.create_sheet("Mine").append(["=1+1"])
        book.move_sheet(sheet, 3)

    edit(path, spread)
    taken = take(site, path)
    assert [(each["code"], each["verdict"]) for each in taken["taken"]] == [("M-1", "approve")]


def test_hostile_names_come_back_as_they_were(site: Site) -> None:
    codes = ["=1+1", "a  b", "_x003D_1", "<b>&", "里程碑 -2", '"q"', "-5", "@SUM(A1)", "1.50"]
    facts = [Fact(code, code, JULY, None, ()) for code in codes]
    for number, _ in enumerate(codes):
        site.jira.add_issue(f"DM-{number + 100}", duedate=DUE.isoformat())
    site.link({code: {"jira": f"DM-{number + 100}"} for number, code in enumerate(codes)})
    facts += [Fact(f"M-{n}", f"Milestone {n}", DUE, None, ()) for n in range(ROWS)]
    write_export(site.folder / "exports" / "201905-ME.csv", "LSST ME 19-05", facts)
    site.sync()
    path = export(site)
    linked = {row["Jira issue"] for row in rows_in(path)}
    assert {f"DM-{number + 100}" for number in range(len(codes))} <= linked
    edit(path, lambda _, sheet: every_row(sheet, lambda at: setattr(sheet.cell(at, 12), "value", "approve")))
    taken = take(site, path)
    assert taken["refused"] == []
    assert {each["key"] for each in taken["taken"]} == linked


# Files that are not ours, or that nobody should read


def edit(path: Path, change: Callable[[Workbook, Worksheet], object]) -> None:
    book = load_workbook(path)
    change(book, book[SHEET])
    book.save(path)


def every_row(sheet: Worksheet, do: Callable[[int], None]) -> None:
    for at in range(head_of(sheet) + 1, sheet.max_row + 1):
        do(at)


def refused_whole(site: Site, path: Path, words: str) -> None:
    """Exit 2, in words; and nothing was taken."""
    before = waiting(site)
    done = run(site, "review", "import", str(path), check=2)
    assert words in " ".join(done.stderr.split())
    assert "Nothing was taken." in done.stderr
    assert waiting(site) == before


#: Takes what was filled into each file, and says of each how that ended, and what was taken of time and memory so far.
TAKE_EACH = r"""
import io, json, re, resource, sys, time
from contextlib import redirect_stderr
from syncsvc.cli.frame import run
for path in sys.argv[1:]:
    begun = time.monotonic()
    with redirect_stderr(io.StringIO()) as said:
        code = run(["review", "import", path])
    own = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
    readers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps([code, said.getvalue(), own // 1024, readers // 1024, time.monotonic() - begun]))
"""


def refused_quickly(site: Site, files: Sequence[tuple[Path, str]]) -> None:
    """Each is refused whole, by a process that takes seconds and little memory."""
    done = subprocess.run(
        [sys.executable, "-c", TAKE_EACH, *(str(path) for path, _ in files)],
        capture_output=True, text=True, env=site.environment(), cwd=site.folder, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for line, (path, words) in zip(done.stdout.splitlines(), files, strict=True):
        code, said, own_megabytes, reader_megabytes, seconds = json.loads(line)
        assert code == 2, (path, said)
        assert words in " ".join(said.split())
        assert "Nothing was taken." in said
        assert own_megabytes < 300
        assert reader_megabytes < 1_000
        assert seconds < 30


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same site for all that must change nothing in it."""
    with in_april(tmp_path_factory.mktemp("still")) as site:
        yield site


@pytest.fixture(scope="module")
def workbook(still: Site) -> bytes:
    """Its workbook, with every row approved."""
    path = export(still)
    fill(path, {code: {"Decision": "approve"} for code in ("M-3", "M-1", "M-2")})
    return path.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda book, sheet: book.remove(book[MARK_SHEET]), "is no review workbook"),
        (lambda book, sheet: book.remove(sheet), "has no sheet Review"),
        (lambda book, sheet: setattr(sheet, "title", "Mine"), "has no sheet Review"),
        (lambda book, sheet: sheet.delete_cols(sheet.max_column), f"has no column {HEADINGS['key']}"),
        (lambda book, sheet: sheet.delete_cols(12), "has no column Decision"),
        (lambda book, sheet: setattr(sheet.cell(4, 13), "value", "Decision"), "has twice Decision"),
        (lambda book, sheet: sheet.delete_rows(1, 400), f"has no column {HEADINGS['key']}"),
        (lambda book, _: setattr(book[MARK_SHEET]["B1"], "value", "syncsvc.review-workbook/9"), "this version reads"),
        (lambda book, sheet: setattr(book[MARK_SHEET]["B2"], "value", "0" * 12), "exported from another store"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_not_ours_any_more(
    still: Site, workbook: bytes, tmp_path: Path, change: Callable[..., object], words: str
) -> None:
    path = tmp_path / "review.xlsx"
    path.write_bytes(workbook)
    edit(path, change)
    refused_whole(still, path, words)


def test_a_workbook_of_another_store(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("other")
    other = Site(folder, site.jira, mode="review")
    other.link({f"M-{number}": {"jira": f"DM-{number}"} for number in range(1, LINKS + 1)})
    put_month(other, 4, {3: JULY})
    other.sync()
    path = export(other)
    edit(path, lambda _, sheet: every_row(sheet, lambda at: setattr(sheet.cell(at, 12), "value", "approve")))
    refused_whole(site, path, "was exported from another store")
    ours = load_workbook(export(site))
    theirs = load_workbook(path)[SHEET]
    for at in range(5, theirs.max_row + 1):
        ours[SHEET].append([cell.value for cell in theirs[at]])
    ours.save(path)
    said = take(site, path, check=4)
    assert said["taken"] == []
    assert {each["why"] for each in said["refused"]} == {"its hidden key was edited, or comes from another workbook"}


def test_other_files(still: Site, workbook: bytes, tmp_path: Path) -> None:
    path, whole = tmp_path / "review.xlsx", workbook
    for content, words in (
        (b"", "the file is empty"),
        (b"<html><table><tr><td>approve", "the file is a web page"),
        (b"Milestone,Decision\nM-3,approve\n", "the file is text, and no workbook"),
        (whole[: len(whole) // 2], "cut off or damaged"),
        (whole[:-100], "cut off or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "an old Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (with_parts(whole, {"xl/vbaProject.bin": b"macro"}), "the workbook has macros"),
        (with_parts(whole, {SHEET_PART: b"<worksheet><sheetData><row"}), "damaged or cut off"),
        (with_parts(whole, {"xl/_rels/workbook.xml.rels": b"<a/>"}), "damaged or cut off"),
    ):
        path.write_bytes(content)
        refused_whole(still, path, words)
    refused_whole(still, tmp_path / "none.xlsx", "there is no such file")
    refused_whole(still, tmp_path, "there is no such file")


def with_parts(content: bytes, parts: Mapping[str, bytes], level: int = 6) -> bytes:
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as after,
    ):
        for name in {*before.namelist(), *parts}:
            after.writestr(name, parts[name] if name in parts else before.read(name))
    return changed.getvalue()


def test_files_that_grow(still: Site, workbook: bytes) -> None:
    whole, files = workbook, []

    def write(words: str, content: bytes) -> None:
        files.append((still.folder / f"{len(files)}.xlsx", words))
        files[-1][0].write_bytes(content)

    write("unpacks to 50", with_parts(whole, {"xl/media/image1.png": bytes(500_000_000)}, level=1))
    large = with_parts(whole, {SHEET_PART: sheet_of(250_000_000)}, level=1)
    write("", large)
    write(f"cut off or damaged (Bad CRC-32 for file '{SHEET_PART}')", declared_smaller(large, SHEET_PART))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    far_sheet = part_of(whole, SHEET_PART).replace(b"</sheetData>", far)
    write("reach to XFD1048576", with_parts(whole, {SHEET_PART: far_sheet}))
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    laughs = f'<!DOCTYPE a [<!ENTITY a "{"x" * 1000}">{entities}]>'.encode()
    book = part_of(whole, "xl/workbook.xml").replace(b"<sheets>", b"<x>&i;</x><sheets>")
    write("declares a document type", with_parts(whole, {"xl/workbook.xml": laughs + book}))
    write("has 50 MB", b"")
    with files[-1][0].open("wb") as file:
        file.truncate(MAX_BYTES + 10_000_000)
    refused_quickly(still, files)


def part_of(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


def sheet_of(size: int) -> bytes:
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * 900 + b"</t></is></c></row>"
    return b"<worksheet><sheetData>" + row * (size // len(row)) + b"</sheetData></worksheet>"


def declared_smaller(content: bytes, name: str) -> bytes:
    """A zip whose headers say that a part is small."""
    changed = bytearray(content)
    at = content.find(name.encode())
    while at != -1:
        for mark, header, size in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
            if changed[at - header : at - header + 4] == mark:
                changed[at - header + size : at - header + size + 4] = struct.pack("<I", 1000)
        at = content.find(name.encode(), at + 1)
    assert zipfile.ZipFile(io.BytesIO(bytes(changed))).getinfo(name).file_size == 1000
    return bytes(changed)


def test_formulas_decide_nothing(site: Site, soffice: str) -> None:
    path = export(site)
    fill(path, {"M-3": {"Decision": '="approve"'}, "M-1": {"Decision": "restore"}, "M-2": {"Reason": "=1+1"}})
    taken = take(site, path, check=4)
    assert [each["code"] for each in taken["taken"]] == ["M-1"]
    assert {each["where"] for each in taken["refused"]} == {"sheet Review row 5", "sheet Review row 7"}
    resave(soffice, path)  # now with what they gave
    assert {each["where"] for each in take(site, path, check=4)["refused"]} >= {
        "sheet Review row 5",
        "sheet Review row 7",
    }
