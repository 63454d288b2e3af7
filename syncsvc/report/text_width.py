"""How wide text is in a picture, and cutting it to a width; nothing measures text in an SVG before it is shown.

The widths are those of DejaVu Sans, wider than nearly every other sans-serif: what fits here fits there too.
"""

import unicodedata
from typing import Final

ELLIPSIS: Final = "\u2026"

#: Thousandths of the font size -> the characters of ASCII that are so wide.
_WIDTHS: Final = {
    275: "'",
    278: "ijl",
    295: "IJ",
    318: " ,.",
    337: "/:;\\|",
    352: "f",
    361: "-",
    390: "()[]",
    392: "t",
    401: "!",
    411: "r",
    460: '"',
    500: "*_`",
    521: "s",
    525: "z",
    531: "?",
    550: "c",
    557: "L",
    575: "F",
    579: "k",
    592: "vxy",
    603: "P",
    612: "TYoa",
    635: "eEhnuSbdgpq",
    636: "$0123456789{}",
    656: "K",
    686: "AVXZB",
    698: "C",
    732: "U",
    752: "NH",
    787: "DG&OQ",
    818: "w",
    838: "#+<=>^~",
    863: "M",
    950: "%",
    974: "m",
    989: "W",
    1000: "@",
}
_OF: Final = {character: width for width, characters in _WIDTHS.items() for character in characters}
_BOLD: Final = 1.13  # of the same text
_OTHER: Final = 800  # a letter outside ASCII
_WIDE: Final = 1100  # CJK, emoji; fonts differ


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line, in the unit of the font size."""
    return sum(map(_thousandths, text)) * size / 1000 * (_BOLD if bold else 1)


def cut_to_width(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """As much of the text as fits, with an ellipsis where something was left out."""
    if text_width(text, size, bold=bold) <= room:
        return text
    left = room - text_width(ELLIPSIS, size, bold=bold)
    kept = []
    for character in text:
        left -= text_width(character, size, bold=bold)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS


def wrap_to_width(text: str, room: float, size: float) -> list[str]:
    """Broken at blanks into lines that fit; a word that is longer than a line is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and text_width(longer, size) > room:
            lines.append(line)
            longer = word
        line = cut_to_width(longer, room, size)
    return [*lines, line] if line else lines


def _thousandths(character: str) -> int:
    if (known := _OF.get(character)) is not None:
        return known
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    return 1000 if character == ELLIPSIS else _OTHER
