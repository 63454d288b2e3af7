"""The cells of sheets, tables and pages as text."""

from collections.abc import Sequence

from syncsvc.mapping import Cell


def text_of(cell: Cell) -> str:
    """A cell as text without blanks around it; a whole number without ".0"."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def is_blank(cells: Sequence[Cell]) -> bool:
    """True where no cell of a row says anything."""
    return not any(cells) or not any(cell is not None and cell != "" and text_of(cell) for cell in cells)


def shorten(text: str) -> str:
    """A text as a message shows it."""
    return text if len(text) <= 60 else f"{text[:59]}…"
