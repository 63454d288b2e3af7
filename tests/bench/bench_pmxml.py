"""Seconds of computing and memory of reading a P6 XML file, guards and worker included, beside a floor in the same run.

Run by hand: python tests/bench/bench_pmxml.py [ACTIVITIES] [RELATIONS]. The floor is lxml's iterparse going through all
elements of the same file and keeping none; only the ratio says something: at most 1.5 times, and 700 MB in any process.
Beside it stands an iterparse that is told to give activities and relations only, and looks into none of them.
"""

import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.pmxml_files import Element, activity, completed, project, relation, wbs, write_pmxml

RUNS = 5
#: Some of the forty fields that P6 writes besides those that dates and ids are in; with all of them the file would be
#: larger than an export may be.
FURTHER = {
    "ActualDuration": 0,
    "ActualLaborUnits": 0,
    "AtCompletionDuration": 40,
    "AutoComputeActuals": 0,
    "EstimatedWeight": 1,
    "Feedback": "",
    "LevelingPriority": "Normal",
    "PercentComplete": 0,
    "PlannedLaborUnits": 0,
    "ResumeDate": None,
    "SuspendDate": None,
    "UnitsPercentComplete": 0,
}
KINDS = ("Task Dependent", "Task Dependent", "Finish Milestone", "Start Milestone", "Level of Effort")


def taken() -> tuple[float, int]:
    """Seconds that this process and its worker have computed for, and the MB that either had at most."""
    import resource

    uses = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses), max(use.ru_maxrss for use in uses) // 1024


def write_large(path: Path, activities: int, relations: int) -> None:
    """A project of 200 parts of the WBS, a third of it completed."""
    chance = random.Random(1)

    def content() -> Iterator[Element]:
        yield from (wbs(at + 10, f"{at:03}", None if at < 20 else 10 + at % 20) for at in range(200))
        for at in range(1, activities + 1):
            day = f"{date(2018, 1, 1) + timedelta(days=chance.randrange(1500))}T17:00:00"
            fields: dict[str, Any] = {"WBSObjectId": 10 + at % 200, "Type": KINDS[at % len(KINDS)], **FURTHER}
            make = completed if at % 3 == 0 else activity
            yield make(at, f"DM-{at:06}", day, **fields)
        for at in range(1, relations + 1):
            yield relation(at, chance.randrange(1, activities + 1), chance.randrange(1, activities + 1))

    write_pmxml(path, project(*content()))


def run_floor(path: str, tags: tuple[str, ...] | None) -> None:
    """Go through the elements of a file."""
    from lxml import etree

    begun, _ = taken()
    for _, element in etree.iterparse(path, tag=tags):
        element.clear()
    seconds, memory = taken()
    print(seconds - begun, memory)


def run_reading(path: str) -> None:
    """Read an export as a night does."""
    from connectors.p6_pmxml import read_export
    from syncsvc.mapping import load_mapping

    mapping = load_mapping("p6_pmxml")
    begun, _ = taken()
    read_export(Path(path), mapping, taken_at=datetime.now(UTC))
    seconds, memory = taken()
    print(seconds - begun, memory)


def measure(what: str, path: Path) -> tuple[float, float]:
    """Seconds, and MB at most, of one process of its own."""
    told = subprocess.run(
        [sys.executable, __file__, what, str(path)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    seconds, memory = (float(word) for word in told.stdout.split())
    return seconds, memory


def main() -> None:
    activities, relations = (int(word) for word in (*sys.argv[1:], *("100000", "300000")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "2019-04-ME.xml"
        # Not in this process: a process that is begun counts the memory of the one that begins it.
        write = [sys.executable, __file__, "--write", str(path), str(activities), str(relations)]
        subprocess.run(write, check=True)
        print(
            f"{activities:,} activities, {relations:,} relations, {path.stat().st_size // 10**6} MB; medians of {RUNS}"
        )
        runs = [[measure(what, path) for what in ("--reading", "--floor", "--only")] for _ in range(RUNS)]
    reading, floor, only = (statistics.median(run[at][0] for run in runs) for at in range(3))
    memory = max(run[0][1] for run in runs)
    print(f"read {reading:.2f} s, {memory:.0f} MB at most in one process")
    print(f"iterparse, all elements {floor:.2f} s: {reading / floor:.2f} x")
    print(f"iterparse, activities and relations only {only:.2f} s: {reading / only:.2f} x")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write_large(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] == ["--reading"]:
        run_reading(sys.argv[2])
    elif sys.argv[1:2] == ["--floor"]:
        run_floor(sys.argv[2], None)
    elif sys.argv[1:2] == ["--only"]:
        run_floor(sys.argv[2], ("{*}Activity", "{*}Relationship"))
    else:
        main()
