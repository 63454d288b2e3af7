"""A P6 export as XLSX of any size, written as XML straight away: a library takes minutes for 100,000 activities."""

import random
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from string import ascii_uppercase
from typing import BinaryIO, Final
from xml.sax.saxutils import escape

TASK: Final = (
    ("task_code", "Activity ID"),
    ("status_code", "Activity Status"),
    ("wbs_id", "WBS Code"),
    ("task_name", "Activity Name"),
    ("task_type", "Activity Type"),
    ("start_date", "(*)Start"),
    ("end_date", "(*)Finish"),
    ("base_end_date", "(*)BL Project Finish"),
    ("act_end_date", "Actual Finish"),
    ("target_drtn_hr_cnt", "Original Duration(h)"),
    ("actv_code_team_id", "Team"),
    ("user_field_859", "Jira"),
    ("delete_record_flag", "Delete This Row"),
)
TASKPRED: Final = (
    ("pred_proj_id", "(*)Predecessor Project"),
    ("proj_id", "(*)Successor Project"),
    ("pred_task_id", "Predecessor"),
    ("task_id", "Successor"),
    ("PREDTASK__task_name", "(*)Predecessor Activity Name"),
    ("TASK__task_name", "(*)Successor Activity Name"),
    ("pred_type", "Relationship Type"),
    ("lag_hr_cnt", "Lag(h)"),
    ("delete_record_flag", "Delete This Row"),
)
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_FIRST: Final = date(2018, 1, 1)
_WORDS: Final = ("Assemble", "test", "deliver", "review", "commission", "the", "alert", "pipeline", "camera", "site")


def write_large_export(path: Path, activities: int, relations: int, *, true_dates: bool = False) -> Path:
    """An export with so many activities and relations between neighbours, none in a cycle; the same every time."""
    chance = random.Random(activities)
    write_sheets(
        path,
        {
            "TASK": [*_head(TASK), *_tasks(activities, chance, true_dates)],
            "TASKPRED": [*_head(TASKPRED), *_relations(activities, relations, chance)],
        },
    )
    return path


def write_sheets(
    path: Path | BinaryIO, sheets: Mapping[str, Iterable[Sequence[str | int]]], *, since_1904: bool = False
) -> None:
    """A workbook: texts are shared as Excel shares them, whole numbers are days, shown as dates."""
    shared: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for number, rows in enumerate(sheets.values(), start=1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                part.writelines(_row(at, cells, shared) for at, cells in enumerate(rows, start=1))
                part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(f'<sst xmlns="{_MAIN}">'.encode())
            part.writelines(f'<si><t xml:space="preserve">{escape(text)}</t></si>'.encode() for text in shared)
            part.write(b"</sst>")
        epoch = '<workbookPr date1904="1"/>' if since_1904 else ""
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{epoch}<sheets>{names}</sheets></workbook>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        targets = {f"worksheets/sheet{n}.xml": "worksheet" for n in range(1, len(sheets) + 1)}
        targets |= {"sharedStrings.xml": "sharedStrings", "styles.xml": "styles"}
        archive.writestr("xl/_rels/workbook.xml.rels", _relationships(targets))
        archive.writestr("_rels/.rels", _relationships({"xl/workbook.xml": "officeDocument"}))


def _relationships(targets: dict[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (target, kind) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


_LETTERS: Final = [f"{first}{second}" for first in ("", *ascii_uppercase) for second in ascii_uppercase]


def _row(number: int, cells: Sequence[str | int], shared: dict[str, int]) -> bytes:
    parts = [f'<row r="{number}">']
    for letters, cell in zip(_LETTERS, cells, strict=False):
        if isinstance(cell, int):
            parts.append(f'<c r="{letters}{number}" s="1"><v>{cell}</v></c>')
        elif cell:
            parts.append(f'<c r="{letters}{number}" t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>')
    parts.append("</row>")
    return "".join(parts).encode()


def _head(columns: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [[name for name, _ in columns], [caption for _, caption in columns]]


def _code(number: int) -> str:
    return f"A{number:06}"


def _tasks(activities: int, chance: random.Random, true_dates: bool) -> Iterator[list[str | int]]:
    def shown(day: date, hour: str) -> str | int:
        if true_dates:
            return (day - date(1899, 12, 30)).days
        return f"{day.month}/{day.day}/{day.year} {hour}"

    for number in range(activities):
        start = _FIRST + timedelta(days=chance.randrange(2500))
        finish = start + timedelta(days=chance.randrange(300))
        is_completed = start < date(2019, 4, 1)
        yield [
            _code(number),
            "Completed" if is_completed else "Not Started",
            f"LSST ME 19-04.02C.{number % 90:02}.{number % 7:02}",
            " ".join(chance.choices(_WORDS, k=6)) + f" {number}",
            ("Task Dependent", "Finish Milestone", "Task Dependent", "Level of Effort")[number % 4],
            shown(start, "8:00:00 AM"),
            shown(finish, "5:00:00 PM"),
            shown(finish + timedelta(days=number % 40), "5:00:00 PM"),
            shown(finish, "5:00:00 PM") if is_completed else "",
            f"{number % 400 * 8}",
            f"Team {number % 23}",
            f"DM-{number}" if number % 5 == 0 else "",
            "",
        ]


def _relations(activities: int, relations: int, chance: random.Random) -> Iterator[list[str | int]]:
    for number in range(relations):
        after = number % (activities - 1) + 1
        before = max(0, after - 1 - chance.randrange(200))
        names = [f"{_WORDS[each % len(_WORDS)]:.10}" for each in (before, after)]
        yield [
            *("LSST ME 19-04", "LSST ME 19-04", _code(before), _code(after)),
            *(*names, ("FS", "FS", "SS", "FF")[number % 4], f"{number % 11 * 8}", ""),
        ]
