"""How many rows the sheets of an XLS workbook say they have, and whether a reader that found fewer lost some.

The format has no checksums, and the reading library takes a record that it cannot make sense of for the end of a sheet:
of a damaged file it gives fewer rows, and says nothing. Milestones would be gone in silence.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FIRST_FAT_PLACES: Final = 109  # in the header; the places of others are in sectors of their own
_LAST: Final = 0xFFFFFFFA  # from here on a number of a sector is a mark
_SMALL_STREAM: Final = 4096
_NAMES: Final = ("Workbook", "Book")
_BOF, _EOF, _SHEET, _DIMENSIONS = 0x0809, 0x000A, 0x0085, 0x0200
_BIFF8: Final = 0x0600
#: Records of cells that hold something: formulas, numbers, texts, truth values; each begins with its row.
_FILLED: Final = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E})


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows a sheet says it has; with blank ones at its end, it may say more than are read."""

    rows: int
    _stream: memoryview
    _place: int

    def loses(self, rows: int) -> bool:
        """Whether so many rows are fewer than hold anything, or the records of the sheet do not run to its end."""
        if rows >= self.rows:
            return False
        last, is_whole = 0, False
        for kind, at, size in _records(self._stream, self._place):
            if kind in _FILLED and size >= 2:
                last = max(last, struct.unpack_from("<H", self._stream, at)[0] + 1)
            is_whole = kind == _EOF and size == 0  # of any other size it is part of a text, met out of step
        return not is_whole or last > rows


def find_extents(content: bytes) -> dict[str, Extent]:
    """The extents of the sheets in an XLS workbook by their names; none where it is too odd or small to tell."""
    try:
        stream = _read_stream(memoryview(content))
        if len(stream) < 8 or struct.unpack_from("<H2xH", stream) != (_BOF, _BIFF8):
            return {}
        return {name: Extent(_rows_of(stream, place), stream, place) for name, place in _sheets(stream)}
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}


def _rows_of(stream: memoryview, place: int) -> int:
    for kind, at, size in _records(stream, place):
        if kind == _DIMENSIONS and size >= 8:
            rows: int = struct.unpack_from("<I", stream, at + 4)[0]
            return rows
    return 0


def _records(stream: memoryview, place: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of the records from a place on, to the one that ends a sheet, or as far as there are any."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind == 0 or place + 4 + size > len(stream):
            return
        depth += (kind == _BOF) - (kind == _EOF)  # a chart in a sheet is a sheet in it
        if kind != _EOF or depth == 0:
            yield kind, place + 4, size
        if depth == 0:
            return
        place += 4 + size


def _sheets(stream: memoryview) -> Iterator[tuple[str, int]]:
    """The name of each sheet, and where its records begin."""
    for kind, at, _ in _records(stream, 0):
        if kind == _SHEET:
            place, length, is_wide = struct.unpack_from("<I2xBB", stream, at)
            name = bytes(stream[at + 8 : at + 8 + length * (1 + (is_wide & 1))])
            yield name.decode("utf-16-le" if is_wide & 1 else "latin-1"), place


def _read_stream(content: memoryview) -> memoryview:
    """The workbook's stream in the file of sectors that an XLS workbook is; empty where there is none of some size."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    if size not in (512, 4096):
        return content[:0]
    per_sector = size // 4

    def sector(number: int) -> memoryview:
        begin = (number + 1) * size
        if begin + size > len(content) + size - 1:
            raise IndexError
        return content[begin : begin + size]

    places = list(struct.unpack_from(f"<{_FIRST_FAT_PLACES}I", content, 76))
    more = struct.unpack_from("<I", content, 68)[0]
    for _ in range(len(content) // size):
        if more >= _LAST:
            break
        *further, more = struct.unpack(f"<{per_sector}I", sector(more))
        places += further
    table: list[int] = []
    for place in places:
        if place < _LAST:
            table += struct.unpack(f"<{per_sector}I", sector(place))

    def chain(number: int) -> memoryview:
        """The sectors from one on; those that lie side by side at once, and without a copy where all do."""
        parts: list[memoryview] = []
        taken = 0
        while number < _LAST:
            first = number
            while table[number] == number + 1:
                number += 1
            parts.append(content[(first + 1) * size : (number + 2) * size])
            taken += len(parts[-1])
            if not parts[-1] or taken > len(content):  # beyond the file, or in a circle
                raise IndexError
            number = table[number]
        return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))

    directory = chain(struct.unpack_from("<I", content, 48)[0])
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = bytes(directory[at : at + max(0, min(length, 64) - 2)]).decode("utf-16-le")
        first, bytes_in_it = struct.unpack_from("<II", directory, at + 116)
        if name in _NAMES and bytes_in_it >= _SMALL_STREAM:
            return chain(first)[:bytes_in_it]
    return content[:0]
