"""Seconds and memory of reading P6 exports, guards and worker process included, beside a floor in the same run.

Run by hand: python tests/bench/bench_p6.py [ACTIVITIES] [RELATIONS] [EXPORT]. The floor is python-calamine
going through all rows of the same file and keeping none; only the ratios say something. XLSX: at most 2.5 times and
700 MB. EXPORT is a real XLS file, by default April 2019 of SYNCSVC_REAL_DATA: at most 1.5 times, without the start of
the worker.
"""

import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.p6_large import write_large_export

RUNS = 5


def megabytes_at_most(whose: int) -> int:
    import resource

    return resource.getrusage(whose).ru_maxrss // 1024


def do_nothing(file: BinaryIO, source: str) -> None:
    """What the start of a worker takes: the modules that read workbooks, and no workbook."""
    importlib.import_module("python_calamine")
    importlib.import_module("connectors.sheet_reader")


def run_floor(path: str) -> None:
    """Go through all cells of a file."""
    import resource

    from python_calamine import CalamineWorkbook

    begun = time.perf_counter()
    with Path(path).open("rb") as file:
        book = CalamineWorkbook.from_filelike(file)
        cells = sum(len(row) for name in book.sheet_names for row in book.get_sheet_by_name(name).iter_rows())
    print(time.perf_counter() - begun, megabytes_at_most(resource.RUSAGE_SELF), 0, 0, cells)


def run_reading(path: str) -> None:
    """Read an export as a night does; say apart how long the start of the worker takes."""
    import resource

    from connectors.p6_spreadsheet import read_export
    from connectors.sheet import LIMITS, open_workbook
    from connectors.sheet_reader import Wanted
    from connectors.worker import read_apart
    from syncsvc.mapping import load_mapping
    from tests.bench import bench_p6

    mapping = load_mapping("p6_spreadsheet")
    starts = []
    for _ in range(5):
        begun = time.perf_counter()
        read_apart(bench_p6.do_nothing, b"", "", LIMITS)
        starts.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    snapshot = read_export(Path(path), mapping, taken_at=datetime.now(UTC), period="2019-04", kind="ME")
    seconds = time.perf_counter() - begun
    memory = max(megabytes_at_most(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    begun = time.perf_counter()
    open_workbook(Path(path).read_bytes(), path, [Wanted("TASK"), Wanted("TASKPRED", ("task_id", "pred_task_id"))])
    print(seconds, memory, statistics.median(starts), time.perf_counter() - begun, len(snapshot.milestones))


def measure(what: str, path: Path) -> tuple[float, float, float, float]:
    """Of one process of its own: seconds, MB at most, seconds of the worker's start and for the cells alone."""
    told = subprocess.run(
        [sys.executable, __file__, what, str(path)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    seconds, memory, start, cells, _ = (float(word) for word in told.stdout.split())
    return seconds, memory, start, cells


def compare(name: str, path: Path, runs: int, *, without_start: bool = False) -> None:
    """Medians of runs that take turns: the whole snapshot, and the cells that it is made of."""
    pairs = [(measure("--reading", path), measure("--floor", path)) for _ in range(runs)]
    readings, floors = zip(*pairs, strict=True)
    floor = statistics.median(each[0] for each in floors)
    start = statistics.median(each[2] for each in readings) if without_start else 0.0
    whole, cells = (statistics.median(each[at] for each in readings) - start for at in (0, 3))
    print(
        f"{name:28} snapshot {whole:.3f} s: {whole / floor:.2f} x; its cells {cells:.3f} s: {cells / floor:.2f} x;"
        f" floor {floor:.3f} s; {max(each[1] for each in readings):.0f} MB at most in one process"
        + (f"; {start:.3f} s to start" if start else "")
    )


def main() -> None:
    words = sys.argv[1:]
    activities, relations = (int(word) for word in (*words[:2], *("100000", "300000")[len(words[:2]) :]))
    real = Path(words[2] if len(words) > 2 else Path(os.environ.get("SYNCSVC_REAL_DATA", "")) / "201904-ME.xls")
    print(f"{activities:,} activities, {relations:,} relations; medians of {RUNS}")
    with tempfile.TemporaryDirectory() as folder:
        for name, true_dates in (("XLSX, text dates", False), ("XLSX, true dates", True)):
            path = write_large_export(Path(folder) / "201904-ME.xlsx", activities, relations, true_dates=true_dates)
            compare(name, path, RUNS)
    if real.is_file():
        compare(f"{real.name} once started", real, 3 * RUNS, without_start=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--floor"]:
        run_floor(sys.argv[2])
    elif sys.argv[1:2] == ["--reading"]:
        run_reading(sys.argv[2])
    else:
        main()
