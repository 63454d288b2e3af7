"""How many lines a text takes in a column, since spreadsheets do not grow rows that were written by a program."""

from functools import lru_cache
from typing import Final

from syncsvc.report.layout import width as width_of

_PIXELS_A_CHARACTER: Final = 7  # of a column width, in the default font
_PADDING_PIXELS: Final = 8
_PIXELS_A_POINT: Final = 96 / 72
_SLACK: Final = 1.03  # fonts that stand in for the one named are a little wider
_BOLD: Final = 1.08
_LINE_POINTS: Final = 1.32
_PADDING_POINTS: Final = 3

#: Widths of letters in thousandths of the font size; others are as wide as most small letters.
_NARROW: Final = {
    **dict.fromkeys("ijl'|", 222), **dict.fromkeys("ft .,:;/\\!I[]", 278), **dict.fromkeys("r()-`\"", 340),
    **dict.fromkeys("ckJsvxyz", 500),
}  # fmt: skip
_WIDE: Final = {
    **dict.fromkeys("ABEKPSVXY&", 667), **dict.fromkeys("CDHNRUw", 722), **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("Mm", 833), **dict.fromkeys("W", 944), **dict.fromkeys("@%", 1000),
}  # fmt: skip
_WIDTHS: Final = _NARROW | _WIDE
_MOST: Final = 556
_FULL: Final = 1000


def lines_needed(text: str, characters: float, points: int, *, bold: bool = False) -> int:
    """How many lines a text takes in a column so many characters wide; broken at blanks, long words within."""
    slack = _SLACK * _BOLD if bold else _SLACK
    room = (characters * _PIXELS_A_CHARACTER - _PADDING_PIXELS) / slack / (points * _PIXELS_A_POINT) * 1000
    if len(text) * _FULL <= room:
        return 1
    lines, used = 1, 0.0
    blank = _WIDTHS[" "]
    for word in text.split(" "):
        long = _measure(word)
        if used and used + blank + long <= room:
            used += blank + long
            continue
        if used:
            lines += 1
        extra, used = divmod(long, room) if long > room else (0, long)
        lines += int(extra)
    return lines


def height_of(lines: int, points: int) -> float:
    """The height in points of a row of so many lines."""
    return round(lines * points * _LINE_POINTS + _PADDING_POINTS, 2)


@lru_cache(maxsize=20_000)
def _measure(word: str) -> int:
    if word.isascii():
        return sum(_WIDTHS.get(letter, _MOST) for letter in word)
    return sum(_WIDTHS.get(letter, _MOST * width_of(letter) if letter < "\u2e80" else _FULL) for letter in word)
