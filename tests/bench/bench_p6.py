"""Seconds and memory of reading P6 exports, guards and worker process included, beside a floor in the same run.

Run by hand: python tests/bench/bench_p6.py [ACTIVITIES] [RELATIONS] [EXPORT]. The floor is python-calamine opening the
same file in a process of its own and going through all rows of all sheets, of which it keeps none: no guard, no second
process, no milestones. Only the ratios say something, and on a machine with other work more those of computing time,
in all processes, than those of elapsed time. XLSX: at most 2.5 times and 700 MB. EXPORT is a real XLS file, by default
April 2019 of SYNCSVC_REAL_DATA: at most 1.5 times, without the start of the worker, which is measured with a reader
that imports what it needs and reads nothing.
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


def taken() -> tuple[float, float, int]:
    """Seconds by the clock, seconds that this process and its workers have computed for, and the MB at most of one."""
    import resource

    uses = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    computed = sum(use.ru_utime + use.ru_stime for use in uses)
    return time.perf_counter(), computed, max(use.ru_maxrss for use in uses) // 1024


def since(begun: tuple[float, float, int]) -> tuple[float, float]:
    """Seconds by the clock and of computing since then."""
    elapsed, computed, _ = taken()
    return elapsed - begun[0], computed - begun[1]


def do_nothing(file: BinaryIO, source: str) -> None:
    """What the start of a worker takes: the modules that read workbooks, and no workbook."""
    importlib.import_module("python_calamine")
    importlib.import_module("connectors.sheet_reader")


def run_floor(path: str) -> None:
    """Go through all cells of a file."""
    from python_calamine import CalamineWorkbook

    begun = taken()
    with Path(path).open("rb") as file:
        book = CalamineWorkbook.from_filelike(file)
        for name in book.sheet_names:
            for row in book.get_sheet_by_name(name).iter_rows():
                len(row)
    print(*since(begun), taken()[2])


def run_reading(path: str) -> None:
    """Read an export as a night does; say apart how long the start of the worker takes, and its cells alone."""
    from connectors.p6_spreadsheet import read_export
    from connectors.sheet import LIMITS, open_workbook
    from connectors.sheet_reader import Wanted
    from connectors.worker import read_apart
    from syncsvc.mapping import load_mapping
    from tests.bench import bench_p6

    mapping = load_mapping("p6_spreadsheet")
    starts = []
    for _ in range(5):
        begun = taken()
        read_apart(bench_p6.do_nothing, b"", "", LIMITS)
        starts.append(since(begun))
    begun = taken()
    read_export(Path(path), mapping, taken_at=datetime.now(UTC), period="2019-04", kind="ME")
    whole, memory = since(begun), taken()[2]
    begun = taken()
    open_workbook(Path(path).read_bytes(), path, [Wanted("TASK"), Wanted("TASKPRED", ("task_id", "pred_task_id"))])
    print(*whole, memory, *map(statistics.median, zip(*starts, strict=True)), *since(begun))


def measure(what: str, path: Path) -> list[float]:
    """What one process of its own prints."""
    told = subprocess.run(
        [sys.executable, __file__, what, str(path)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return [float(word) for word in told.stdout.split()]


def compare(name: str, path: Path, runs: int, *, without_start: bool = False) -> None:
    """Medians of runs that take turns: the whole snapshot, and the cells that it is made of."""
    pairs = [(measure("--reading", path), measure("--floor", path)) for _ in range(runs)]
    readings, floors = (list(zip(*each, strict=True)) for each in zip(*pairs, strict=True))
    print(f"{name}: {max(readings[2]):.0f} MB at most in one process")
    for at, kind in enumerate(("by the clock", "of computing")):
        floor, whole, start, cells = map(
            statistics.median, (floors[at], readings[at], readings[at + 3], readings[at + 5])
        )
        less = start if without_start else 0.0
        print(
            f"  seconds {kind}: snapshot {whole - less:.3f}: {(whole - less) / floor:.2f} x; its cells"
            f" {cells - less:.3f}: {(cells - less) / floor:.2f} x; floor {floor:.3f}"
            + (f"; {start:.3f} to start" if without_start else "")
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
