"""A section of a report as a value: heading, sentences, points and a table; every format prints it in its way."""

from collections.abc import Sequence
from dataclasses import dataclass

from syncsvc.report.layout import Cell, Column, Tone
from syncsvc.report.words import moved

NAME = Column("name")

Cells = Sequence[str | Cell]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it: sentences, then points of a list, then a table.

    `stacked` tables have few columns with long text: at a terminal each column has a line of its own.
    """

    heading: str
    columns: tuple[Column, ...] = ()
    rows: tuple[Cells, ...] = ()
    notes: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    stacked: bool = False
    alert: bool = False


def table(heading: str, columns: Sequence[Column], rows: Sequence[Cells]) -> Section | None:
    """A section of one table, with the number of its rows in the heading; None where it has none."""
    return Section(f"{heading} ({len(rows):,})", tuple(columns), tuple(rows)) if rows else None


def text_of(cell: str | Cell) -> str:
    """What stands in a cell, without its tone."""
    return cell.text if isinstance(cell, Cell) else cell


def moved_cell(calendar_days: int | None, working_days: int | None = None) -> Cell:
    """How far a date moved, in words and with its tone."""
    if calendar_days is None:
        return Cell("-")
    tone = Tone.LATE if calendar_days > 0 else Tone.EARLY if calendar_days < 0 else Tone.FAINT
    return Cell(moved(calendar_days, working_days), tone)
