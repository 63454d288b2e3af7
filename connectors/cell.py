"""The cells of sheets, tables and pages as text."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from syncsvc.mapping import Cell

_DATE: Final = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ].*)?", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?", re.ASCII)


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


def kinds_of_texts(texts: Iterable[str]) -> dict[str, int]:
    """How many of some texts look like dates, numbers and text; blank ones are not counted."""
    found: Counter[str] = Counter()
    for text, number in Counter(texts).items():
        found[kind_of_text(text)] += number
    del found[""]
    return dict(found)


@lru_cache(maxsize=8192)
def kind_of_text(text: str) -> str:
    """What a text looks like in a format that has nothing else: dates, numbers or text; "" for a blank one."""
    text = text.strip()
    if not text:
        return ""
    return "dates" if _DATE.fullmatch(text) else "numbers" if _NUMBER.fullmatch(text) else "text"
