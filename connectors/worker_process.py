"""The process in which connectors/worker.py lets a file be read; run by it, never imported.

Standard input: the file to read, with a Request behind it, and at last in its place the answer in MessagePack, or a
Fault. The arguments: where modules are found. Standard output: one byte, when that is there; what a reader prints goes
to standard error.
"""

import contextlib
import gc
import importlib
import math
import os
import sys
from typing import Any, BinaryIO, NoReturn, get_type_hints


def main() -> NoReturn:
    """Read the request, answer it, and end without tidying up."""
    sys.path[:] = sys.argv[1:]
    gc.disable()  # a great many small values, and then the end
    told = os.dup(1)
    os.dup2(2, 1)

    from connectors import worker

    with os.fdopen(os.dup(0), "r+b") as asked:
        request = worker.read_request(asked)
        _limit(request.memory_bytes, request.seconds)
        code, answer = _answer(asked, request)
    try:
        with os.fdopen(0, "r+b", closefd=False) as answered:
            answered.seek(0)
            answered.truncate()
            answered.write(answer)
    except OSError:
        code = worker.NO_ROOM
    os.write(told, bytes([code]))
    os._exit(code)


def _answer(asked: BinaryIO, request: Any) -> tuple[int, bytes]:
    import msgspec

    from connectors import worker
    from syncsvc.errors import SyncsvcError

    reader = getattr(importlib.import_module(request.module), request.function)
    *parameters, _ = get_type_hints(reader).values()
    arguments = msgspec.msgpack.decode(request.arguments, type=tuple[*parameters[2:]])  # type: ignore[misc]
    try:
        answer = msgspec.msgpack.encode(reader(asked, request.source, *arguments))
    except SyncsvcError as error:
        return worker.FAULTY, msgspec.msgpack.encode(worker.Fault(type(error).__name__, error.message, error.hint))
    except MemoryError:
        return worker.OUT_OF_MEMORY, b""
    except BaseException as error:  # a panic of a parser written in Rust is no Exception, and has no importable class
        if type(error).__name__ != "PanicException":
            raise
        return worker.PANICKED, b""
    if request.answer_bytes is not None and len(answer) > request.answer_bytes:
        return worker.TOO_MUCH, b""
    return worker.ANSWERED, answer


def _limit(memory_bytes: int, seconds: float) -> None:
    """The computing time ends the process also where nobody waits for it any more."""
    with contextlib.suppress(ImportError):  # a system without such limits
        import resource

        computing = math.ceil(seconds)
        for limit, soft, hard in (
            (resource.RLIMIT_AS, memory_bytes, memory_bytes),
            (resource.RLIMIT_CPU, computing, computing + 1),
        ):
            with contextlib.suppress(ValueError, OSError):  # a lower one is in force
                resource.setrlimit(limit, (soft, hard))


if __name__ == "__main__":
    main()
