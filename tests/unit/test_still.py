"""A file that is being copied in is left alone until it lies still."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.p6_spreadsheet import P6Spreadsheet
from connectors.still import Stillness
from syncsvc.errors import SourceError
from syncsvc.mapping import load_mapping
from tests.p6_files import activity, write_csv

NOW = 1_556_000_000.0


class Watch:
    """A clock that only sleeping moves, and what happens while somebody sleeps."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.slept: list[float] = []
        self.meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()

    def clock(self) -> float:
        return NOW + sum(self.slept)

    def stillness(self, seconds: float = 2.0) -> Stillness:
        return Stillness(seconds, sleep=self.sleep, clock=self.clock)


def lay(path: Path, age: float, content: bytes = b"x") -> Path:
    path.write_bytes(content)
    os.utime(path, (NOW - age, NOW - age))
    return path


@pytest.mark.parametrize(("age", "waits"), [(3600.0, []), (1.0, [2.0]), (-7200.0, [2.0])])
def test_only_what_changed_just_now_is_waited_for(tmp_path: Path, age: float, waits: list[float]) -> None:
    watch = Watch()
    assert watch.stillness().find_moving([lay(tmp_path / "a.xls", age)]) == set()
    assert watch.slept == waits


def test_all_files_are_watched_together_and_each_once(tmp_path: Path) -> None:
    watch = Watch()
    stillness = watch.stillness()
    files = [lay(tmp_path / f"{n}.xls", 0) for n in range(5)]
    assert (stillness.find_moving(files), stillness.find_moving(files), watch.slept) == (set(), set(), [2.0])


def test_a_file_that_grows_is_moving_until_it_stops(tmp_path: Path) -> None:
    file, other = lay(tmp_path / "a.xls", 0), lay(tmp_path / "b.xls", 0)

    def grow() -> None:
        lay(file, -sum(watch.slept), file.read_bytes() + b"x")

    watch = Watch(grow)
    stillness = watch.stillness()
    assert stillness.find_moving([file, other]) == {file}
    watch.meanwhile = lambda: None
    assert stillness.find_moving([file, other]) == set()


def test_a_file_whose_time_alone_moves_is_being_written(tmp_path: Path) -> None:
    file = lay(tmp_path / "a.xls", 0)
    watch = Watch(lambda: os.utime(file, (watch.clock(), watch.clock())))
    assert watch.stillness().find_moving([file]) == {file}
    assert Watch().stillness(0).find_moving([file]) == set(), "no time to lie still: nobody asked for it"


@pytest.fixture
def connector(tmp_path: Path) -> P6Spreadsheet:
    (tmp_path / "exports").mkdir()
    return P6Spreadsheet(
        "pmcs",
        load_mapping("p6_spreadsheet"),
        tmp_path / "exports",
        outbox=tmp_path / "outbox",
        now=lambda: datetime.now(UTC),
    )


def test_half_a_newest_export_stops_the_pull_and_half_an_older_one_is_said(
    tmp_path: Path, connector: P6Spreadsheet
) -> None:
    older = write_csv(tmp_path / "exports" / "201903-ME.csv", activity("A-1", end_date="5/15/2019"))
    newest = write_csv(tmp_path / "exports" / "201904-ME.csv", activity("A-1", end_date="5/15/2019"))
    for path in (older, newest):
        os.utime(path, (NOW - 3600, NOW - 3600))
    growing = newest

    def grow() -> None:
        os.utime(growing, (watch.clock(), watch.clock()))

    watch = Watch(grow)
    connector.stillness = watch.stillness()
    grow()
    with pytest.raises(SourceError, match=r"201904-ME\.csv: the file is still being written, so it is left alone"):
        connector.pull((), {})
    assert "still being written" in connector.check()[0].problem
    growing = older
    grow()
    pulled = connector.pull((), {})
    assert [snapshot.period for snapshot in pulled.snapshots] == ["2019-04"]
    assert ["still being written" in problem.problem for problem in pulled.problems] == [True]
    watch.meanwhile = lambda: None
    assert [snapshot.period for snapshot in connector.pull((), {}).snapshots] == ["2019-03", "2019-04"]
