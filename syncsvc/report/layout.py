"""Plain-text tables for a terminal or a pipe: widths, cutting, colour."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

NARROWEST_COLUMNS: Final = 80
_GAP: Final = "  "
_DOTS: Final = "..."
_BLANKS: Final = frozenset({"", "-"})
_FLEXIBLE_AT_LEAST: Final = 12
_FLEXIBLE_WANTED: Final = 28


class Tone(StrEnum):
    """What a colour stands for; the word beside it always says the same."""

    HEADING = "1"
    LATE = "31"
    EARLY = "32"
    ALERT = "1;31"
    FAINT = "2"


class Cell(NamedTuple):
    """Text of a table with its tone."""

    text: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. Those with the highest `drops` go first where the terminal is narrow; 0 never goes."""

    heading: str
    right: bool = False
    drops: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Where text is laid out: how wide, and whether colour may be used."""

    columns: int = 120
    colour: bool = False

    def tint(self, text: str, tone: Tone | None) -> str:
        """The text in its tone."""
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.colour and tone and text.strip() else text

    def heading(self, text: str) -> str:
        """A heading of a section."""
        return self.tint(cut(clean(text), self.columns), Tone.HEADING)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], indent: int = 2) -> list[str]:
        """A table with headings. Only the last column is ever cut; an inner one where nothing stands is left out."""
        cells = [[_clean_cell(cell) for cell in row] for row in rows]
        natural = [
            max([width(column.heading), *(width(row[at].text) for row in cells)]) for at, column in enumerate(columns)
        ]
        inner = range(1, len(columns) - 1)
        empty = {at for at in inner if all(row[at].text in _BLANKS for row in cells)}
        shown = self._choose(columns, natural, indent, empty)
        last = shown[-1]
        natural[last] = min(natural[last], self._room(shown, natural, indent))
        lines = [self._line([Cell(columns[at].heading, Tone.FAINT) for at in shown], shown, columns, natural, indent)]
        lines += [self._line([row[at] for at in shown], shown, columns, natural, indent) for row in cells]
        return lines

    def _room(self, shown: Sequence[int], natural: Sequence[int], indent: int) -> int:
        """What is left for the last column."""
        taken = indent + sum(natural[at] + len(_GAP) for at in shown[:-1])
        return max(self.columns - taken, _FLEXIBLE_AT_LEAST)

    def _choose(
        self, columns: Sequence[Column], natural: Sequence[int], indent: int, empty: Collection[int]
    ) -> list[int]:
        shown = [at for at in range(len(columns)) if at not in empty]
        wanted = min(natural[-1], _FLEXIBLE_WANTED)
        while self._room(shown, natural, indent) < wanted:
            going = max(shown, key=lambda at: columns[at].drops)
            if columns[going].drops == 0:
                break
            shown.remove(going)
        return shown

    def _line(
        self,
        cells: Sequence[Cell],
        shown: Sequence[int],
        columns: Sequence[Column],
        widths: Sequence[int],
        indent: int,
    ) -> str:
        parts = []
        for cell, at in zip(cells, shown, strict=True):
            text = cut(cell.text, widths[at])
            blank = " " * (widths[at] - width(text))
            tinted = self.tint(text, cell.tone)
            parts.append(blank + tinted if columns[at].right else tinted + blank)
        return (" " * indent + _GAP.join(parts)).rstrip()


def clean(text: str) -> str:
    """One line without control characters: what comes from a file must not steer a terminal."""
    if text.isascii() and text.isprintable():
        return text.strip()
    shown = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Zs"} else c for c in text)
    return "".join(c for c in shown if unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"}).strip()


def width(text: str) -> int:
    """How many columns a terminal needs for it: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(c) for c in text)


def cut(text: str, columns: int) -> str:
    """At most so many columns, with three dots where something was left out."""
    if width(text) <= columns:
        return text
    room = columns - len(_DOTS)
    kept = []
    for character in text:
        room -= _character_width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + _DOTS[: max(columns, 0)]


def wrap(text: str, columns: int, first: str = "", rest: str = "") -> list[str]:
    """Broken at blanks to the width, the first line led by `first`, the others by `rest`; long words stay whole."""
    lines: list[str] = []
    line, empty = first, True
    for word in clean(text).split():
        if not empty and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line, empty = rest, True
        line, empty = (line + word if empty else f"{line} {word}"), False
    return [*lines, line.rstrip()]


def _clean_cell(cell: str | Cell) -> Cell:
    text, tone = cell if isinstance(cell, Cell) else (cell, None)
    return Cell(clean(text), tone)


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
