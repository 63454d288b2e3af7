"""How long the page of a drift report takes, and how big it is, beside a floor: the same cells written plainly.

Run by hand: python tests/bench/bench_html.py [MILESTONES MONTHS]. Best of three; only the ratio says something.
"""

import resource
import sys
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.month_report import MonthReport
from syncsvc.report.html import drift_html
from syncsvc.report.html.table import make_full_table
from tests.report_stories import thousands


def write_plainly(report: MonthReport) -> str:
    """Every cell of the full table, escaped, and nothing else."""
    rows = make_full_table(report).rows
    lines = ("".join(f"<td>{escape(cell.text)} {escape(cell.small)}</td>" for cell in row.cells) for row in rows)
    return "<table>" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def measure(write: Callable[[MonthReport], str], report: MonthReport) -> tuple[float, int]:
    best, size = float("inf"), 0
    for _ in range(3):
        begun = time.perf_counter()
        size = len(write(report).encode())
        best = min(best, time.perf_counter() - begun)
    return best, size


def main() -> None:
    milestones, months = (int(given) for given in sys.argv[1:3]) if len(sys.argv) > 2 else (10_000, 12)
    report = thousands(milestones, months)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    floor, floor_size = measure(write_plainly, report)
    seconds, size = measure(drift_html, report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{milestones:,} milestones, {months} months; {held // 1024} MB before, {peak // 1024} MB at most")
    print(f"{'page':<24} {seconds:6.2f} s  {size / 1e6:6.2f} MB  {seconds / floor:5.2f} x the floor")
    print(f"{'floor: cells, plainly':<24} {floor:6.2f} s  {floor_size / 1e6:6.2f} MB   1.00 x")


if __name__ == "__main__":
    main()
