"""Seconds and memory of reading an XER file, guards and worker process included, beside two floors in the same run.

Run by hand: python tests/bench/bench_xer.py [ACTIVITIES] [RELATIONS]. The floors are Python opening the file as text
and splitting every line of it into its cells: once keeping all cells of all lines, as whoever looks anything up in them
must keep some, and once throwing each line away before the next, which no reading can do that gives back milestones.
Only the ratios say something, and on a machine with other work more those of computing time, in all processes, than
those of elapsed time. Two files are read: one with the tables of a schedule alone, and one with those that P6 writes
beside them, in the proportions of a real project (14 codes, 6 own fields and 2 resources for each activity). Meant: at
most 3 times the floor that keeps the cells, and 700 MB.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.xer_files import Cells, completed, relation, schedule, task, xer_text

RUNS = 5
TYPES = ("TT_Task", "TT_FinMile", "TT_Task", "TT_LOE")
WORDS = "Assemble test deliver review commission the alert pipeline camera site database telescope".split()  # noqa: SIM905


def taken() -> tuple[float, float, int, int]:
    """Seconds by the clock, seconds that this process and its worker have computed for, and the MB at most of each."""
    import resource

    own, worker = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    computed = sum(use.ru_utime + use.ru_stime for use in (own, worker))
    return time.perf_counter(), computed, own.ru_maxrss // 1024, worker.ru_maxrss // 1024


def say(begun: tuple[float, float, int, int], found: int) -> None:
    """Print what was taken since then, and what was found."""
    elapsed, computed, own, worker = taken()
    print(elapsed - begun[0], computed - begun[1], own, worker, found)


def run_splitting(path: str, keeping: bool) -> None:
    """Split every line of a file into its cells."""
    begun = taken()
    with Path(path).open(encoding="cp1252", newline="\n") as file:
        if keeping:
            cells = sum(map(len, [line.split("\t") for line in file]))
        else:
            cells = sum(len(line.split("\t")) for line in file)
    say(begun, cells)


def run_reading(path: str) -> None:
    """Read a file as a night does."""
    from connectors.p6_xer import read_export
    from syncsvc.mapping import load_mapping

    mapping = load_mapping("p6_xer")
    begun = taken()
    snapshot = read_export(Path(path), mapping, taken_at=datetime.now(UTC))
    say(begun, sum(len(m.predecessors) for m in snapshot.milestones) + len(snapshot.milestones))


def write_file(path: Path, activities: int, relations: int, beside: bool) -> None:
    """A schedule of so many activities and relations between neighbours; `beside`: with P6's other large tables."""
    chance = random.Random(activities)
    tables = schedule(
        *(_activity(number, chance) for number in range(1, activities + 1)),
        relations=[
            relation(at, max(1, (after := at % (activities - 1) + 2) - 1 - chance.randrange(200)), after)
            for at in range(relations)
        ],
    )
    text = xer_text(tables, version="15.2")
    if beside:
        text = text.removesuffix("%E\r\n") + "".join(_beside(activities)) + "%E\r\n"
    path.write_bytes(text.encode("cp1252"))


def _activity(number: int, chance: random.Random) -> Cells:
    day = f"{date(2018, 1, 1) + timedelta(days=chance.randrange(2500))} 17:00"
    name = f"{' '.join(chance.choices(WORDS, k=6))} {number}"
    more = {"task_name": name, "guid": f"N7ZJ5cVmUkW{number:011}", "update_date": day, "update_user": "admin"}
    more["task_type"] = TYPES[number % 4]
    if number % 3:
        return task(number, f"A{number:06}", day, **more)
    return completed(number, f"A{number:06}", day, day, **more)


def _beside(activities: int) -> Iterator[str]:
    yield "%T\tTASKACTV\r\n%F\ttask_id\tactv_code_type_id\tactv_code_id\tproj_id\r\n"
    yield from (
        f"%R\t{number}\t{at}\t{number % 97 + 100 * at}\t1\r\n" for number in range(activities) for at in range(14)
    )
    yield "%T\tUDFVALUE\r\n%F\tudf_type_id\tfk_id\tproj_id\tudf_date\tudf_number\tudf_text\tudf_code_id\r\n"
    yield from (f"%R\t{at}\t{number}\t1\t\t\tvalue {number}\t\r\n" for number in range(activities) for at in range(6))
    yield "%T\tTASKRSRC\r\n%F\ttaskrsrc_id\ttask_id\tproj_id\trsrc_id\tremain_qty\ttarget_qty\tguid\tcreate_date\r\n"
    yield from (
        f"%R\t{number * 2 + at}\t{number}\t1\t{at}\t80\t80\tk7ZJ5cVmUkW{number:011}\t2019-04-01 12:00\r\n"
        for number in range(activities)
        for at in range(2)
    )


def run_apart(what: str, path: Path) -> list[float]:
    """What one run in a process of its own prints."""
    told = subprocess.run([sys.executable, __file__, what, str(path)], capture_output=True, text=True, check=True)
    return [float(word) for word in told.stdout.split()]


def measure(name: str, path: Path) -> None:
    """Run everything in turn, so that what else the machine does meets all alike, and print the medians."""
    told: dict[str, list[list[float]]] = {"keeping": [], "passing": [], "reading": []}
    for _ in range(RUNS):
        for what, runs in told.items():
            runs.append(run_apart(what, path))
    own, worker = (max(run[at] for run in told["reading"]) for at in (2, 3))
    print(
        f"{name} ({path.stat().st_size / 10**6:.0f} MB): {told['reading'][0][4]:,.0f} activities and predecessors;"
        f" {own:.0f} MB, its worker {worker:.0f} MB"
    )
    for at, kind in enumerate(("by the clock", "of computing")):
        kept, split, read = (statistics.median(run[at] for run in runs) for runs in told.values())
        print(
            f"  seconds {kind}: read {read:.2f}; lines split and kept {kept:.2f}: {read / kept:.1f} x; split and thrown"
            f" away {split:.2f}: {read / split:.1f} x"
        )


def main(activities: int, relations: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, beside in (("schedule alone", False), ("as P6 writes it", True)):
            path = Path(folder) / f"2019-04-{beside}.xer"
            # In a process of its own: the memory of this one would count as that of those that it starts.
            words = ["write", str(path), str(activities), str(relations), "beside" if beside else "alone"]
            subprocess.run([sys.executable, __file__, *words], check=True)
            measure(name, path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write_file(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "beside")
    elif sys.argv[1:2] == ["reading"]:
        run_reading(sys.argv[2])
    elif sys.argv[1:2] in (["keeping"], ["passing"]):
        run_splitting(sys.argv[2], sys.argv[1] == "keeping")
    else:
        main(*([int(argument) for argument in sys.argv[1:]] + [100_000, 300_000])[:2])
