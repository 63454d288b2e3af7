"""Reads the sheets of one XLS or XLSX workbook in a process of its own; run by connectors/sheet.py, never imported.

A damaged cell address makes the reading library ask for more memory than the machine has. Nothing can catch that:
here it meets a limit, and takes only this process with it.

Standard input: a pickled (bytes of memory, [(sheet or None, columns or None, rows or None)]), and then the bytes of
the workbook. Standard output: a pickled {"sheets": [name], "rows": {name: [[cell]]}}, or {"fault": words}, with
"password" where that is the fault.
"""

import gc
import io
import pickle
import sys
from itertools import islice
from typing import Any


def main() -> None:
    """Read the request, answer it."""
    gc.disable()  # a great many small lists, and then the end
    memory_bytes, wanted = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by connectors/sheet.py just now
    _limit_memory(memory_bytes)
    pickle.dump(_answer(sys.stdin.buffer.read(), wanted), sys.stdout.buffer, protocol=5)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ImportError, ValueError, OSError):
        pass  # this system has no such limit


def _answer(content: bytes, wanted: list[tuple[str | None, tuple[str, ...] | None, int | None]]) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        folded = {name.casefold(): name for name in book.sheet_names}
        rows = {}
        for sheet, columns, count in wanted:
            name = folded.get(sheet.casefold()) if sheet else next(iter(book.sheet_names), None)
            if name is not None and name not in rows:
                rows[name] = _select(islice(book.get_sheet_by_name(name).iter_rows(), count), columns)
        return {"sheets": book.sheet_names, "rows": rows}
    except PasswordError:
        return {"fault": "password"}
    except BaseException as error:
        if not isinstance(error, CalamineError | MemoryError) and type(error).__name__ != "PanicException":
            raise  # a panic of the library is no Exception
        return {"fault": str(error) or type(error).__name__}


def _select(rows: Any, columns: tuple[str, ...] | None) -> list[Any]:
    """The rows, or only those columns of them that the first row names."""
    if columns is None:
        return list(rows)
    wanted = {column.casefold() for column in columns}
    first: list[Any] = next(rows, [])
    places = [place for place, name in enumerate(first) if str(name).strip().casefold() in wanted]
    return [tuple([row[place] for place in places]) for row in (first, *rows)]


if __name__ == "__main__":
    main()
