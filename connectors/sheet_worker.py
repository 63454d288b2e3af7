"""Reads the sheets of one XLS or XLSX workbook in a process of its own; run by connectors/sheet.py, never imported.

A damaged cell address makes the reading library ask for more memory than the machine has. Nothing can catch that:
here it meets a limit, and takes only this process with it.

Standard input: a pickled (bytes of memory, bytes of the answer or None, [(sheet or None, columns or None, rows or None,
formulas)]), and then the bytes of the workbook. Standard output: a pickled {"sheets": [name], "rows": {name: [[cell]]},
"formulas": {name: [place]}}, or {"fault": words}, with "password" where that is the fault.
"""

import gc
import io
import pickle
import posixpath
import re
import sys
import zipfile
import zlib
from itertools import islice
from typing import Any
from xml.etree import ElementTree

#: A cell with a formula, and where an array formula stands: a reading library gives only what formulas gave.
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b([^>]*)>")
_PLACE = re.compile(rb"""\b(?:r|ref)\s*=\s*["']([A-Z0-9:]+)["']""")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> None:
    """Read the request, answer it."""
    gc.disable()  # a great many small lists, and then the end
    memory_bytes, most, wanted = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by connectors/sheet.py just now
    _limit_memory(memory_bytes)
    answer = _answer(sys.stdin.buffer.read(), wanted)
    if most is None:
        pickle.dump(answer, sys.stdout.buffer, protocol=5)
        return
    told = pickle.dumps(answer, protocol=5)
    if len(told) > most:
        told = pickle.dumps({"fault": f"its cells hold more than {most // 10**6} MB"})
    sys.stdout.buffer.write(told)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ImportError, ValueError, OSError):
        pass  # this system has no such limit


def _answer(
    content: bytes, wanted: list[tuple[str | None, tuple[str, ...] | None, int | None, bool]]
) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        folded = {name.casefold(): name for name in book.sheet_names}
        rows = {}
        formulas = {}
        for sheet, columns, count, look_for_formulas in wanted:
            name = folded.get(sheet.casefold()) if sheet else next(iter(book.sheet_names), None)
            if name is not None and name not in rows:
                rows[name] = _select(islice(book.get_sheet_by_name(name).iter_rows(), count), columns)
                if look_for_formulas:
                    formulas[name] = _find_formulas(content, name)
        return {"sheets": book.sheet_names, "rows": rows, "formulas": formulas}
    except PasswordError:
        return {"fault": "password"}
    except BaseException as error:
        damaged = CalamineError | MemoryError | zipfile.BadZipFile | ElementTree.ParseError | zlib.error
        if not isinstance(error, damaged) and type(error).__name__ != "PanicException":
            raise  # a panic of the library is no Exception
        return {"fault": str(error) or type(error).__name__}


def _find_formulas(content: bytes, sheet: str) -> list[str]:
    """The cells of a sheet of an XLSX workbook that are computed: B7, or B7:B9 for an array."""
    try:
        text = _read_sheet(content, sheet)
    except (KeyError, IndexError, RuntimeError) as error:
        raise zipfile.BadZipFile(f"the sheet {sheet} is not where it should be") from error
    places = []
    for cell, formula in _FORMULA.findall(text):
        place = _PLACE.search(formula) if b"array" in formula else None
        place = place or _PLACE.search(cell)
        places.append(place[1].decode() if place else "")
    return places


def _read_sheet(content: bytes, sheet: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name.casefold(): name for name in archive.namelist()}
        # What grows when it is read meets the limit of memory, and the parser's own.
        book = ElementTree.fromstring(archive.read(parts["xl/workbook.xml"]))  # noqa: S314
        relations = ElementTree.fromstring(archive.read(parts["xl/_rels/workbook.xml.rels"]))  # noqa: S314
        targets = {each.get("Id"): each.get("Target", "") for each in relations}
        ids = [each.get(_RELATION) for each in book.iter() if each.tag.endswith("}sheet") and each.get("name") == sheet]
        part = posixpath.normpath(posixpath.join("/xl", targets[ids[0]]))[1:]
        return archive.read(parts[part.casefold()])


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
