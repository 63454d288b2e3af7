"""Reading a file in a process of its own, within limits: `read_apart` runs a function there and gives back its answer.

A damaged or hostile file can make a parser ask for more memory than the machine has, run without end, or end the
interpreter, and nothing can catch that. In a worker it meets a limit and takes only the worker with it. What comes back
is no pickle: MessagePack, decoded as the type that the reader says it returns, so that a worker which was taken over
can lie about cells and do nothing else.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, TypeVarTuple, get_type_hints

import msgspec

from syncsvc import HOME
from syncsvc.errors import BadExport, MappingError, NothingThere, SourceError, SyncsvcError, UsageError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

#: How the reading ended: the one byte that the process says at last; what stands in the file that it was given then.
ANSWERED: Final = 0  # the answer
FAILED: Final = 1  # the process could not say how
FAULTY: Final = 3  # a Fault: the reader raised an error that is meant for people
OUT_OF_MEMORY: Final = 4  # nothing
TOO_MUCH: Final = 5  # nothing: the answer is larger than it may be
PANICKED: Final = 6  # nothing: a parser found itself in a state that it holds to be impossible
NO_ROOM: Final = 7  # nothing that counts: the answer could not be written

_PROGRAM: Final = Path(__file__).with_name("worker_process.py")
_PASSED_ON: Final = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "PATH", "SYSTEMROOT")  # no secret is named like this
_TRACEBACK_BYTES: Final = 20_000
_MOMENTS: Final[dict[int, type[datetime] | type[date] | type[time]]] = {1: datetime, 2: date, 3: time}
_DURATION: Final = 4
_PACKED: Final = (date, time, timedelta)  # a datetime is a date

#: What a reader may raise for people: what a file or a mapping can do wrong.
_ERRORS: Final[dict[str, type[SyncsvcError]]] = {
    error.__name__: error for error in (BadExport, MappingError, NothingThere, SourceError, UsageError)
}


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading a file may take, and how much it may give; `answer_bytes` None: as much as there is.

    `hint` tells a person what to do with a file that met a limit.
    """

    memory_bytes: int
    seconds: float
    answer_bytes: int | None = None
    hint: str = ""


class Request(msgspec.Struct, frozen=True):
    """What the process is asked, at the end of the file that it is given."""

    module: str
    function: str
    source: str
    memory_bytes: int
    seconds: float
    answer_bytes: int | None
    arguments: msgspec.Raw


class Fault(msgspec.Struct, frozen=True):
    """An error for people that the reader raised."""

    error: str
    message: str
    hint: str


def read_apart(
    reader: Callable[[BinaryIO, str, *Ts], T], content: bytes, source: str, limits: ReadingLimits, *arguments: *Ts
) -> T:
    """What `reader(file, source, *arguments)` returns, run in a process of its own on these bytes.

    `reader` is a function of a module, called with the bytes as an open file, and with `source`, which names it in
    errors. Its annotations say what crosses between the processes: anything that msgspec can decode from MessagePack
    (plain values, lists, dictionaries, dataclasses, enumerations, dates where one is declared). A cell that may be text
    or a date is declared Any and sent as `pack` gives it.

    Raises what the reader raises for people (BadExport, MappingError, UsageError and the like), BadExport where a limit
    is met or the parser breaks down, SourceError where this machine has no room for what goes between the processes.
    """
    request = Request(
        module=reader.__module__,
        function=reader.__qualname__,
        source=source,
        memory_bytes=limits.memory_bytes,
        seconds=limits.seconds,
        answer_bytes=limits.answer_bytes,
        arguments=msgspec.Raw(msgspec.msgpack.encode(arguments)),
    )
    try:
        return _read(reader, content, request, limits)
    except OSError as error:  # a disk that is full, or no process to be had: neither is the file's fault
        raise _no_room(source, error.strerror or str(error)) from None


def _read(reader: Callable[[BinaryIO, str, *Ts], T], content: bytes, request: Request, limits: ReadingLimits) -> T:
    # Files, not pipes: some MB through a pipe take as long as reading them.
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as said:
        _write_request(asked, content, request)
        command = [sys.executable, "-P", str(_PROGRAM), *_search_path()]
        passed_on = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        worker = subprocess.Popen(  # noqa: S603 - our own program, with arguments that no file can choose
            command, stdin=asked, stdout=subprocess.PIPE, stderr=said, env=passed_on
        )
        with _ended(worker):
            code = _wait(worker, limits.seconds)
            if code is None:
                raise _took_too_long(request.source, limits)
            asked.seek(0)
            if code == ANSWERED:
                answer: T = _decoder_of(reader).decode(asked.read())
                return answer
            raise _failure(code, asked, said, request.source, limits)


def pack(cell: Any) -> Any:
    """A cell for an answer that is declared Any: MessagePack itself knows no dates."""
    return _pack_moment(cell) if isinstance(cell, _PACKED) else cell


@lru_cache(maxsize=4096)  # a schedule has few days, in many cells
def _pack_moment(cell: date | time | timedelta) -> msgspec.msgpack.Ext:
    if isinstance(cell, timedelta):
        return msgspec.msgpack.Ext(_DURATION, repr(cell.total_seconds()).encode())
    code = next(code for code, kind in _MOMENTS.items() if isinstance(cell, kind))  # a datetime is a date, too
    return msgspec.msgpack.Ext(code, cell.isoformat().encode())


def unpack(code: int, content: memoryview) -> datetime | date | time | timedelta:
    """The cell that `pack` made of a date. Raises an error for what it did not make."""
    return _unpack_moment(code, bytes(content))


@lru_cache(maxsize=4096)
def _unpack_moment(code: int, content: bytes) -> datetime | date | time | timedelta:
    text = str(content, "ascii")
    return timedelta(seconds=float(text)) if code == _DURATION else _MOMENTS[code].fromisoformat(text)


def read_request(asked: BinaryIO) -> Request:
    """The request at the end of a file, which is cut to the bytes before it: what is to be read."""
    end = asked.seek(-4, os.SEEK_END)
    begin = end - int.from_bytes(asked.read(4), "big")
    asked.seek(begin)
    request = msgspec.msgpack.decode(asked.read(end - begin), type=Request)
    asked.truncate(begin)
    asked.seek(0)
    return request


@contextmanager
def _ended(worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """A time behind which a process has ended. It is not waited for before: giving back its memory takes a while."""
    try:
        yield
    finally:
        worker.kill()  # one that has ended is left alone
        worker.wait()
        if worker.stdout is not None:
            worker.stdout.close()


def _wait(worker: subprocess.Popen[bytes], seconds: float) -> int | None:
    """How the reading ended, by what the process said, or which signal ended that; None where it took too long."""
    late = threading.Event()

    def end() -> None:
        late.set()
        worker.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        said = worker.stdout.read(1) if worker.stdout is not None else b""
        ended = said[0] if said else min(worker.wait(), 0) or FAILED
    finally:
        timer.cancel()
    return None if late.is_set() else ended


def _write_request(asked: BinaryIO, content: bytes, request: Request) -> None:
    encoded = msgspec.msgpack.encode(request)
    asked.write(content)
    asked.write(encoded)
    asked.write(len(encoded).to_bytes(4, "big"))
    asked.seek(0)


def _search_path() -> list[str]:
    """Where modules are found here, so that they are the same ones there."""
    paths = [path for path in sys.path if path]
    return paths if str(HOME) in paths else [*paths, str(HOME)]


@cache
def _decoder_of(reader: Callable[..., Any]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(get_type_hints(reader)["return"], ext_hook=unpack)


def _no_room(source: str, why: str) -> SourceError:
    return SourceError(
        f"{source}: the file cannot be handed to the process that reads it, or the answer not back: {why}.",
        f"Make room in {tempfile.gettempdir()}, where both is kept for that moment, or name another folder in TMPDIR.",
    )


def _took_too_long(source: str, limits: ReadingLimits) -> BadExport:
    return BadExport(f"{source}: reading the file took more than {limits.seconds:g} seconds.", limits.hint)


def _failure(code: int, asked: BinaryIO, said: BinaryIO, source: str, limits: ReadingLimits) -> Exception:
    """What the end of a reading that has no answer means."""
    if code == FAULTY:
        fault = msgspec.msgpack.decode(asked.read(), type=Fault)
        known: type[SyncsvcError] = _ERRORS[fault.error]
        return known(fault.message, fault.hint)
    if code == TOO_MUCH:
        most = (limits.answer_bytes or 0) // 10**6
        return BadExport(f"{source}: its cells hold more than {most} MB.", limits.hint)
    if code == NO_ROOM:
        return _no_room(source, "the disk seems to be full")
    if code == PANICKED:
        return BadExport(f"{source}: the file is damaged or cut off.")
    if code == -getattr(signal, "SIGXCPU", 0):
        return _took_too_long(source, limits)
    if code == OUT_OF_MEMORY or code < 0:  # a parser that gets no memory ends the process as it likes
        return BadExport(f"{source}: reading the file takes more memory than any export should.", limits.hint)
    said.seek(max(0, said.seek(0, os.SEEK_END) - _TRACEBACK_BYTES))
    return RuntimeError(f"the process that reads files failed:\n{said.read().decode(errors='replace')}")
