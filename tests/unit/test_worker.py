"""Reading in a process of its own: what crosses, and what becomes of a reader that does not answer."""

import os
import signal
import tempfile
import time as clock
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from connectors.worker import ReadingLimits, pack, read_apart
from syncsvc.errors import BadExport, MappingError, SourceError

LIMITS = ReadingLimits(memory_bytes=300_000_000, seconds=20, answer_bytes=1_000_000, hint="Try another file.")


class Colour(StrEnum):
    """A word that crosses as itself."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader found."""

    text: str
    colour: Colour
    day: date | None
    cells: list[Any]


def read_shown(file: BinaryIO, source: str, colour: Colour, times: int) -> dict[str, list[Shown]]:
    """Values of each kind."""
    print("words on standard output are no answer")
    cells = [pack(cell) for cell in (*CELLS, file.read().decode())]
    return {source: [Shown("ü", colour, date(2019, 4, 30), cells)] * times}


CELLS = [None, True, 1, 1.5, "2019-04-30", date(2019, 4, 30), datetime.fromisoformat("2019-04-30T17:00:01.5")]
CELLS += [time(8, 30), timedelta(days=-1, seconds=0.5), datetime(2019, 4, 30, tzinfo=UTC)]


def refuse(file: BinaryIO, source: str) -> None:
    """An error for people."""
    raise MappingError(f"{source}: no.", "Do this.")


def fail(file: BinaryIO, source: str) -> None:
    """A fault of our own."""
    raise LookupError("a bug")


def fill_memory(file: BinaryIO, source: str) -> int:
    """More than there may be."""
    return len(bytearray(10**9))


def die(file: BinaryIO, source: str) -> None:
    """What a native parser does that gets no memory."""
    os.kill(os.getpid(), signal.SIGABRT)


def answer_a_full_disk(file: BinaryIO, source: str) -> str:
    """An answer for which there is no room."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    return "more than ten bytes"


def leave(file: BinaryIO, source: str) -> int:
    """An end that looks like a good one, with the file in the place of an answer."""
    os._exit(0)


def sleep(file: BinaryIO, source: str) -> None:
    """No end in sight."""
    clock.sleep(60)


def say_much(file: BinaryIO, source: str) -> str:
    """A large answer."""
    return "x" * 1_000_001


def say_something_else(file: BinaryIO, source: str) -> list[Shown]:
    """An answer that is not what was promised."""
    return [{"text": 1}]  # type: ignore[list-item]


def tell_environment(file: BinaryIO, source: str) -> dict[str, str]:
    """What a worker that was taken over could read."""
    return dict(os.environ)


def test_what_the_reader_returns_comes_back_as_it_says() -> None:
    expected = Shown("ü", Colour.RED, date(2019, 4, 30), [*CELLS, "the bytes"])
    assert read_apart(read_shown, b"the bytes", "x.xer", LIMITS, Colour.RED, 2) == {"x.xer": [expected] * 2}


def test_an_error_for_people_comes_back_as_it_was_raised() -> None:
    with pytest.raises(MappingError) as caught:
        read_apart(refuse, b"", "x.xer", LIMITS)
    assert (caught.value.message, caught.value.hint) == ("x.xer: no.", "Do this.")


def test_a_fault_of_our_own_is_no_bad_export() -> None:
    with pytest.raises(RuntimeError, match="LookupError: a bug"):
        read_apart(fail, b"", "x.xer", LIMITS)


def test_a_file_is_never_its_own_answer() -> None:
    with pytest.raises(RuntimeError, match="the process that reads files failed"):
        read_apart(leave, b"\x01", "x.xer", LIMITS)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (fill_memory, "x.xer: reading the file takes more memory than any export should."),
        (die, "x.xer: reading the file takes more memory than any export should."),
        (say_much, "x.xer: its cells hold more than 1 MB."),
    ],
)
def test_a_limit_that_is_met_is_said_in_words(reader: Any, said: str) -> None:
    with pytest.raises(BadExport) as caught:
        read_apart(reader, b"", "x.xer", LIMITS)
    assert (caught.value.message, caught.value.hint) == (said, "Try another file.")


def test_reading_that_does_not_end_is_ended() -> None:
    begun = clock.monotonic()
    with pytest.raises(BadExport, match=r"took more than 0\.5 seconds"):
        read_apart(sleep, b"", "x.xer", ReadingLimits(300_000_000, 0.5))
    assert clock.monotonic() - begun < 15


def test_an_answer_of_another_shape_is_not_taken() -> None:
    with pytest.raises(ValueError, match=r"Expected `str`, got `int` - at `\$\[0\]\.text`"):
        read_apart(say_something_else, b"", "x.xer", LIMITS)


def test_the_reader_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCSVC_JIRA_TOKEN", "marker")
    assert "marker" not in read_apart(tell_environment, b"", "x.xer", LIMITS).values()


def test_a_full_disk_is_no_fault_of_the_file_and_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.xls: .* or the answer not back: the disk seems to be full") as answered:
        read_apart(answer_a_full_disk, b"", "a.xls", LIMITS)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SourceError, match=r"a\.xls: the file cannot be handed") as asked:
        read_apart(read_shown, b"", "a.xls", LIMITS, Colour.RED, 1)
    assert "Make room in" in str(answered.value)
    assert "TMPDIR" in str(asked.value)
    assert not isinstance(asked.value, BadExport)
