"""Seconds of computing and memory of the drift workbook of 10,000 milestones and 12 months, beside a floor.

Run by hand: python tests/bench/bench_workbook.py [MILESTONES] [MONTHS]. The floor is openpyxl writing the same values
row by row without a look, a link or a table, in a process of its own; only the ratio says something.
"""

import io
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.model import Link, Milestone, Snapshot
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.report.workbook import drift_workbook
from syncsvc.trend import month_end
from tests.builders import NOON, export, issue, milestone, tracked

FIRST_DUE = date(2018, 1, 31)
WORDS = ["Demonstrate", "the", "alert", "pipeline", "with", "data", "of", "the", "commissioning", "camera"]


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def history(milestones: int, months: int) -> list[Snapshot]:
    """Editions in which every seventh milestone moves every month and some are completed as time passes."""
    ends = [month_end(date(2018 + (3 + month) // 12, (3 + month) % 12 + 1, 1)) for month in range(months)]
    return [
        export(
            *(_at(number, month, end) for number in range(milestones) if (number + month) % 997),
            period=f"{end:%Y-%m}",
            data_date=end,
        )
        for month, end in enumerate(ends)
    ]


def _at(number: int, month: int, data_date: date) -> Milestone:
    moved = month * 9 if number % 7 == 0 else 0
    due = FIRST_DUE + timedelta(days=number % 1500 + moved)
    name = " ".join(WORDS[(number + at) % len(WORDS)] for at in range(4 + number % 12))
    completed = due if due <= data_date and number % 5 else None
    made = milestone(f"DM-TEAM{number % 40}-{number}", due, completed, name=name)
    return replace(made, forecast=due + timedelta(days=number % 30), wbs=f"02C.{number % 9:02}")


def report_of(milestones: int, months: int) -> MonthReport:
    editions = history(milestones, months)
    links, issues = [], []
    for number, each in enumerate(editions[-1].milestones[::2]):
        key = f"DM-{number + 1}"
        links.append(Link(each.code, key))
        due = each.due + timedelta(days=14) if each.due and number % 11 == 0 else each.due
        issues.append(replace(issue(key, due, each.completed), url=f"https://jira.example.org/browse/{key}"))
    beside = Beside(history=editions, jira=tracked(*issues), links=links, project="Bench")
    return make_month_report(editions[-2], editions[-1], prepared_at=NOON, beside=beside)


def write_plainly(path: Path) -> None:
    """The floor: the values of a workbook, written again and nothing else."""
    from openpyxl import Workbook
    from python_calamine import CalamineWorkbook

    known = CalamineWorkbook.from_path(path)
    sheets = {name: known.get_sheet_by_name(name).to_python() for name in known.sheet_names}
    begun, cells = time.process_time(), 0
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
            cells += sum(cell != "" for cell in row)
    workbook.save(io.BytesIO())
    print(f"{time.process_time() - begun} {peak_megabytes()} {cells}")


def main() -> None:
    milestones, months = (int(word) for word in (*sys.argv[1:], *("10000", "12")[len(sys.argv) - 1 :]))
    report = report_of(milestones, months)
    before = peak_megabytes()
    begun, begun_computing = time.perf_counter(), time.process_time()
    content = drift_workbook(report)
    waited, seconds = time.perf_counter() - begun, time.process_time() - begun_computing
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drift.xlsx"
        path.write_bytes(content)
        floor = subprocess.run(
            [sys.executable, __file__, "--floor", str(path)], check=True, capture_output=True, text=True
        ).stdout.split()
    floor_seconds, floor_megabytes, cells = float(floor[0]), float(floor[1]), int(floor[2])
    print(
        f"{milestones:,} milestones, {months} months: {cells:,} cells that hold something, {len(content) / 1e6:.1f} MB"
    )
    print(
        f"workbook  {seconds:6.2f} s  {peak_megabytes():6.0f} MB at most, {before:.0f} MB of it for the report; "
        f"{waited:.2f} s by the clock"
    )
    print(f"floor     {floor_seconds:6.2f} s  {floor_megabytes:6.0f} MB at most")
    print(f"ratio     {seconds / floor_seconds:6.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        write_plainly(Path(sys.argv[2]))
    else:
        main()
