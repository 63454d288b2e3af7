"""Seconds to read and check a filled-in review workbook of 10,000 rows, beside a floor.

Run by hand: python tests/bench/bench_review.py [ROWS]. The floor is calamine reading the same cells in this process
and nothing else; only the ratio says something.
"""

import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from syncsvc.files import read_review
from syncsvc.model import Action, Drift, DriftKind, Field
from syncsvc.report.workbook import drift_workbook
from syncsvc.review_sheet import SHEET, Mark, Review
from tests.bench.bench_workbook import report_of

STORE = "0123456789ab"
TODAY = date(2019, 5, 2)
WORDS = ("approve", "reject", "hold")


def row_of(number: int) -> Drift:
    day = TODAY + timedelta(days=number % 900)
    why = f"both moved from {day}: PMCS to {day + timedelta(days=9)}, Jira to {day + timedelta(days=20)}"
    drift = Drift(f"DM-TEAM{number % 40}-{number}", DriftKind.BOTH_MOVED, Action.HOLD, f"DM-{number}", f"{number}")
    shown: dict[str, Any] = {
        "field": Field.DUE,
        "owner_value": day + timedelta(days=9),
        "follower_value": day + timedelta(days=20),
    }
    return replace(drift, **shown, baseline=day, baseline_known=True, why=why)


def fill(path: Path) -> None:
    """Decide every row, as a person's spreadsheet saves it: texts in a table of their own."""
    book = load_workbook(path)
    sheet = book[SHEET]
    for at in range(5, sheet.max_row + 1):
        word = WORDS[at % 3]
        sheet.cell(at, 12).value = word
        sheet.cell(at, 13).value = TODAY + timedelta(days=60) if word == "hold" else None
        sheet.cell(at, 14).value = "As the team says" if word != "approve" else None
    book.save(path)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    review = Review(Mark(STORE, "2019-04"), [row_of(number) for number in range(rows)], TODAY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.xlsx"
        begun = time.perf_counter()
        path.write_bytes(drift_workbook(report_of(rows, 12), review))
        written = time.perf_counter() - begun
        fill(path)
        begun = time.perf_counter()
        answers = read_review(path, STORE, [], TODAY)
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        cells = sum(len(row) for row in CalamineWorkbook.from_path(path).get_sheet_by_name(SHEET).iter_rows())
        floor = time.perf_counter() - begun
        size = path.stat().st_size / 1e6
    assert (len(answers.asked), answers.refused) == (rows, [])
    print(f"{rows:,} rows, {cells:,} cells, {size:.1f} MB; report made and written in {written:.1f} s")
    print(f"read and checked {seconds:6.2f} s")
    print(f"floor            {floor:6.2f} s")
    print(f"ratio            {seconds / floor:6.2f}")


if __name__ == "__main__":
    main()
