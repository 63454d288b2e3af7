"""The real export of April 2019 as other programs and people would hand it over: read the same, or refused in words."""

import io
import random
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from connectors.p6_spreadsheet import read_export
from syncsvc.errors import BadExport, ExitCode, SyncsvcError
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone, MilestoneKind, Snapshot
from tests.p6_variants import (
    April,
    csv_of,
    days,
    days_since_1904,
    never_above_12,
    with_parts,
    xlsx_of,
)

pytestmark = pytest.mark.real

P6 = load_mapping("p6_spreadsheet")
NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
TASK_PART, SHARED_PART = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
ROW = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

Make = Callable[[April], bytes]


@pytest.fixture(scope="session")
def april(real_data: Path) -> April:
    return April(real_data / "201904-ME.xls")


@pytest.fixture(scope="session")
def expected(april: April) -> Snapshot:
    return read(april.path)


def read(path: Path) -> Snapshot:
    return read_export(path, P6, taken_at=NOW)


def columns_reordered(april: April) -> list[list[Any]]:
    return [[f"extra {number}", *row[::-1], "x"] for number, row in enumerate(april.task)]


def wide(april: April) -> list[list[Any]]:
    """Activity codes, user fields, and a column that says what each activity is."""
    kinds = {True: "Start Milestone", False: "Finish Milestone"}
    finish, baseline = (april.task[0].index(name) for name in ("end_date", "base_end_date"))
    names = [f"actv_code_team_{n}_id" for n in range(20)] + [f"user_field_{n}" for n in range(850, 870)]
    rows = [[*names, *april.task[0], "task_type"], [*names, *april.task[1], "Activity Type"]]
    rows += [[*["v"] * 40, *row, kinds[not row[finish] and not row[baseline]]] for row in april.task[2:]]
    return rows


def with_blank_rows(april: April) -> list[list[Any]]:
    rows: list[list[Any]] = [[], ["", " "]]
    for number, row in enumerate(april.task):
        rows += [row] if number % 5 else [row, [], [" " for _ in row]]
    return rows


def with_bands(april: April) -> list[list[Any]]:
    """Above each part of the work its title and the span of its dates, as P6 groups rows."""
    names, last, rows = april.task[0], "", april.task[:2]
    wbs, name, start, finish = (names.index(each) for each in ("wbs_id", "task_name", "start_date", "end_date"))
    for row in april.task[2:]:
        if row[wbs] != last:
            last = row[wbs]
            band = ["" for _ in row]
            band[wbs], band[name], band[start], band[finish] = last, "Some part", "1/30/2017", "9/30/2022"
            rows = [*rows, band]
        rows = [*rows, row]
    return rows


def as_text(template: str) -> Make:
    return lambda april: xlsx_of(april.with_task(april.dated(lambda when: template.format(d=when))))


AS_EXPORTED: dict[str, Make] = {
    "XLSX, text dates": lambda april: xlsx_of(april.sheets),
    "true dates": lambda april: xlsx_of(april.with_task(april.dated(days))),
    "true dates since 1904": lambda april: xlsx_of(april.with_task(april.dated(days_since_1904)), since_1904=True),
    "day first": as_text("{d.day:02}/{d.month:02}/{d.year} {d:%H:%M}"),
    "ISO dates": as_text("{d:%Y-%m-%d %H:%M}"),
    "months as words": as_text("{d:%d-%b-%y}"),
    "columns in another order, others beside them": lambda april: xlsx_of(april.with_task(columns_reordered(april))),
    "headers in capitals": lambda april: xlsx_of(
        april.with_task([[name.upper() for name in april.task[0]], *april.task[1:]])
    ),
    "a wide layout": lambda april: xlsx_of(april.with_task(wide(april))),
    "a cover sheet": lambda april: xlsx_of({"Cover": [["Schedule of April"]], **april.sheets}),
    "sheets in another order": lambda april: xlsx_of(dict(reversed(april.sheets.items()))),
    "USERDATA is hidden": lambda april: with_parts(
        xlsx_of(april.sheets),
        {"xl/workbook.xml": lambda part: part.replace(b'name="USERDATA"', b'name="USERDATA" state="veryHidden"')},
    ),
    "blank rows": lambda april: xlsx_of(april.with_task(with_blank_rows(april))),
    "bands": lambda april: xlsx_of(april.with_task(with_bands(april))),
    "a title above the headers": lambda april: xlsx_of(april.with_task([["LSST"], ["April 2019"], *april.task])),
    "no captions": lambda april: xlsx_of(april.with_task([april.task[0], *april.task[2:]])),
    "the XLS itself": lambda april: april.path.read_bytes(),
}  # fmt: skip

AS_CSV: dict[str, Make] = {
    "UTF-8": lambda april: csv_of(april.task),
    "UTF-8 with its mark, semicolons": lambda april: csv_of(april.task, "utf-8-sig", ";"),
    "UTF-16, tabs": lambda april: csv_of(april.task, "utf-16", "\t"),
    "UTF-16, big end first": lambda april: b"\xfe\xff" + csv_of(april.task, "utf-16-be", "\t"),
    "Windows-1252, semicolons": lambda april: csv_of(april.task, "cp1252", ";", "\n"),
    "Mac Roman": lambda april: csv_of(april.task, "mac_roman", ",", "\r"),
}


def alike(milestone: Milestone, *passed_over: str) -> dict[str, Any]:
    """What a variant must say too: all but its place, and what its format cannot carry."""
    shown = {name: getattr(milestone, name) for name in Milestone.__dataclass_fields__}
    return {name: value for name, value in shown.items() if name not in ("where", *passed_over)}


@pytest.mark.parametrize("name", AS_EXPORTED)
def test_a_workbook_says_the_same_under_any_name(name: str, april: April, expected: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "201904-ME.csv"
    path.write_bytes(AS_EXPORTED[name](april))
    snapshot = read(path)
    assert [alike(m) for m in snapshot.milestones] == [alike(m) for m in expected.milestones]
    assert (len(snapshot.milestones), snapshot.rejects) == (386, ())


@pytest.mark.parametrize("name", AS_CSV)
def test_csv_says_the_same_without_relations(name: str, april: April, expected: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "201904-ME.xls"
    path.write_bytes(AS_CSV[name](april))
    snapshot = read(path)
    assert [alike(m, "predecessors") for m in snapshot.milestones] == [
        alike(m, "predecessors") for m in expected.milestones
    ]
    assert (len(snapshot.milestones), snapshot.rejects) == (386, ())


@pytest.mark.parametrize(
    ("ending", "make"), [("txt", partial(csv_of, delimiter="\t")), ("xlsx", lambda rows: xlsx_of({"Sheet1": rows}))]
)
def test_a_copy_of_the_screen_says_what_it_shows(
    ending: str, make: Callable[[list[list[Any]]], bytes], april: April, expected: Snapshot, tmp_path: Path
) -> None:
    path = tmp_path / f"201904-ME.{ending}"
    path.write_bytes(make(april.screen()))
    snapshot = read(path)
    not_shown = ("predecessors", "wbs", "state", "completed_column")
    assert [alike(m, *not_shown) for m in snapshot.milestones] == [alike(m, *not_shown) for m in expected.milestones]
    assert (len(snapshot.milestones), snapshot.rejects) == (386, ())
    assert {m.completed_column for m in snapshot.milestones if m.kind is MilestoneKind.FINISH_MILESTONE} == {
        "end_date",
        None,
    }


def packed(changes: dict[str, Callable[[bytes], bytes]]) -> Make:
    return lambda april: with_parts(xlsx_of(april.sheets), changes)


def rotted(april: April) -> bytes:
    """One bit of a compressed cell is another one."""
    content = bytearray(xlsx_of(april.sheets))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo(TASK_PART)
    content[part.header_offset + part.compress_size // 2] ^= 8
    return bytes(content)


def locked(april: April) -> bytes:
    """Each part says that it is encrypted."""
    content = bytearray(xlsx_of(april.sheets))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(mark), bytes(content)):
            content[match.start() + flags] |= 1
    return bytes(content)


def with_row(row: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"</sheetData>", row + b"</sheetData>")


def laughing(part: bytes) -> bytes:
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    return f'<!DOCTYPE a [<!ENTITY a "{"x" * 1000}">{entities}]>'.encode() + part


def outside(part: bytes) -> bytes:
    return b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + part.replace(b"Completed", b"&x;")


def zipped(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def without(column: str) -> Make:
    def make(april: April) -> bytes:
        at = april.task[0].index(column)
        return xlsx_of(april.with_task([row[:at] + row[at + 1 :] for row in april.task]))

    return make


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMBS: dict[str, tuple[Make, str]] = {
    "a bomb": (packed({SHARED_PART: lambda part: b"<sst><si><t>" + b"x" * 100_000_000}), "is packed like a bomb"),
    "a far cell": (packed({TASK_PART: with_row(FAR)}), "sheet TASK reach to XFD1048576"),
}
REFUSED: dict[str, tuple[Make, str]] = {
    **BOMBS,
    "empty": (lambda april: b"", "the file is empty"),
    "a web page": (lambda april: b"<!DOCTYPE html><html><body>Sign in", "the file is a web page"),
    "a PDF": (lambda april: b"%PDF-1.7\n", "the file is a PDF document"),
    "a zip file without a workbook": (lambda april: zipped(notes="x"), "a zip file without a workbook in it"),
    "XLS that is cut off": (lambda april: april.path.read_bytes()[:2_000_000], "is damaged or cut off"),
    "XLSX that is cut off": (lambda april: xlsx_of(april.sheets)[:-1000], "is cut off or damaged"),
    "CSV that is cut off": (lambda april: csv_of(april.task)[:-40], "the file ends in the middle of row 388"),
    "XLSX with a rotten bit": (rotted, "is cut off or damaged"),
    "XLSX with a password": (lambda april: OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "a zip with a password": (locked, "protected by a password"),
    "entities in entities": (packed({"xl/workbook.xml": laughing}), "declares a document type"),
    "an entity from elsewhere": (packed({SHARED_PART: outside}), "declares a document type"),
    "a far cell in other quotes": (packed({TASK_PART: with_row(FAR.replace(b'"', b"'"))}), "reach to XFD1048576"),
    "a cell rather far": (packed({TASK_PART: with_row(FAR.replace(b"XFD1048576", b"ZZ99999"))}), "reach to ZZ99999"),
    "a row rather far down and a cell rather far to the right": (
        packed({TASK_PART: with_row(ROW % (300_000, 300_000) + ROW % (7, 7) * 40_000 + b'<row><c r="AZ8"/></row>')}),
        "reach to AZ300000",
    ),
    "a far cell without a place": (
        packed({TASK_PART: with_row(b"<row r='1048576'>" + b"<c/>" * 16_383 + b"<c><v>1</v></c></row>")}),
        "more memory than any export should",
    ),
    "no sheet TASK": (lambda april: xlsx_of({"Tasks": april.task}), "there is no sheet TASK"),
    "no ids": (without("task_code"), "sheet TASK has no column task_code"),
    "no status": (without("status_code"), "sheet TASK has no column status_code"),
    "no actual finish": (without("act_end_date"), "sheet TASK has no column act_end_date"),
    "days that may be months": (
        lambda april: csv_of(april.dated(never_above_12)), "begins with the month or the day cannot be told"
    ),
    "both orders": (
        lambda april: csv_of([*april.task, ["X-1", "Not Started", "", "Mine", "", "31/12/2019", "", "", ""]]),
        "dates are written in both orders",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_words(name: str, april: April, tmp_path: Path) -> None:
    make, said = REFUSED[name]
    path = tmp_path / "201904-ME.xlsx"
    path.write_bytes(make(april))
    begun = time.monotonic()
    with pytest.raises(SyncsvcError) as caught:
        read(path)
    assert said in caught.value.message
    assert caught.value.message.startswith("201904-ME.xlsx: ")
    assert caught.value.exit_code in (ExitCode.USAGE, ExitCode.SOURCE)
    assert len(str(caught.value).splitlines()) <= 12
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory(name: str, april: April, tmp_path: Path) -> None:
    path = tmp_path / "201904-ME.xlsx"
    path.write_bytes(BOMBS[name][0](april))
    program = (
        "import re, resource, sys\n"
        "from syncsvc.cli.frame import run\n"
        "code = run(['show', sys.argv[1]])\n"
        "own = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(int(own) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
        "sys.exit(code)"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == ExitCode.SOURCE, done.stderr
    assert BOMBS[name][1] in " ".join(done.stderr.split())
    assert max(map(int, done.stdout.split())) < 250


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_workbook_never_loses_rows_in_silence(seed: int, april: April, tmp_path: Path) -> None:
    chance = random.Random(seed)
    content = bytearray(april.path.read_bytes() if seed % 2 else xlsx_of(april.sheets))
    begin, size = chance.randrange(len(content)), chance.choice([512, 4096])
    content[begin : begin + size] = bytes(size) if seed % 4 < 2 else chance.randbytes(size)
    workbook = tmp_path / "201904-ME.xls"
    workbook.write_bytes(content)
    try:
        assert read(workbook).rows == 386  # what a cell says may be damaged: XLS has no checksum
    except SyncsvcError as error:
        exit_code = error.exit_code
    else:
        exit_code = ExitCode.SOURCE
    assert exit_code in (ExitCode.USAGE, ExitCode.SOURCE)


def test_a_sheet_that_breaks_off_says_where(april: April, tmp_path: Path) -> None:
    """The reading library takes what is no record for the end of the sheet, and says nothing."""
    content = bytearray(april.path.read_bytes())
    text_in_row_10000 = struct.pack("<HHHH", 0x00FD, 10, 9_999, 0)
    content[content.index(text_in_row_10000)] = 0x0A
    path = tmp_path / "201904-ME.xls"
    path.write_bytes(content)
    assert CalamineWorkbook.from_path(path).get_sheet_by_name("TASKPRED").height == 9_999
    with pytest.raises(BadExport, match="sheet TASKPRED breaks off after row 9999 of 14041"):
        read(path)
