"""How cells look: one font everywhere, few colours, and number formats that write words instead of signs."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

FONT: Final = "Arial"
POINTS: Final = 9

INK: Final = "1F2933"
FAINT_INK: Final = "66727F"
LINE: Final = "D5DBE1"
NAVY: Final = "1F3A5F"
STEEL: Final = "5B6F86"
LATE_INK: Final = "9B2C16"
LATE_FILL: Final = "FBE9E4"
VERY_LATE_FILL: Final = "F4C7BA"
EARLY_INK: Final = "0F5F4C"
EARLY_FILL: Final = "E1F1EC"
AMBER_INK: Final = "7A4F00"
AMBER_FILL: Final = "FDF1D3"
LINK_INK: Final = "1A56A8"

DAY: Final = "yyyy-mm-dd"
MOMENT: Final = "yyyy-mm-dd hh:mm"
NUMBER: Final = "#,##0"
MOVED: Final = '#,##0" later";#,##0" earlier";"0"'
AGAINST: Final = '#,##0" late";#,##0" early";"on the day"'


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look of a cell. Colours are six hexadecimal digits, `points` the size of the letters."""

    bold: bool = False
    italic: bool = False
    underlined: bool = False
    points: int = POINTS
    ink: str = INK
    fill: str | None = None
    across: str = "left"
    indent: int = 0
    wrap: bool = False
    form: str = "General"
    line: bool = False  # a hairline below

    def but(self, **changes: object) -> "Look":
        """The same look with some of it changed; asked again, the same one, since each costs the workbook a style."""
        return _change(self, tuple(sorted(changes.items())))


@cache
def _change(look: Look, changes: tuple[tuple[str, Any], ...]) -> Look:
    return replace(look, **dict(changes))


PLAIN: Final = Look()
WRAPPED: Final = Look(wrap=True)
FAINT: Final = Look(ink=FAINT_INK)
TITLE: Final = Look(bold=True, points=16, ink=NAVY)
SUBTITLE: Final = Look(points=11, ink=FAINT_INK)
SECTION: Final = Look(bold=True, points=11, ink=NAVY)
ALERT: Final = Look(bold=True, ink=LATE_INK)
GOOD: Final = Look(bold=True, ink=EARLY_INK)
HEAD: Final = Look(bold=True, ink="FFFFFF", fill=NAVY, wrap=True)
RIGHT_HEAD: Final = HEAD.but(across="right", indent=1)
ASIDE_HEAD: Final = HEAD.but(fill=STEEL)  # of columns that are not printed
TEXT: Final = Look(line=True)
LONG_TEXT: Final = TEXT.but(wrap=True)
CODE: Final = Look(line=True, bold=True, wrap=True)
QUIET: Final = Look(line=True, ink=FAINT_INK)
LONG_QUIET: Final = QUIET.but(wrap=True)
DATE: Final = Look(line=True, form=DAY, across="center")
INSTANT: Final = Look(line=True, form=MOMENT, across="center")
COUNT: Final = Look(line=True, form=NUMBER, across="right", indent=1)
DAYS_MOVED: Final = Look(line=True, form=MOVED, across="right", indent=1)
DAYS_AGAINST: Final = Look(line=True, form=AGAINST, across="right", indent=1)
#: Of the leading cell of what links elsewhere.
LINKED: Final = Look(line=True, ink=LINK_INK, underlined=True, indent=1)
LINKED_CODE: Final = LINKED.but(bold=True, indent=0, wrap=True)


class Looks:
    """The looks of one workbook as the numbers its cells carry; found once each, since that is slow."""

    def __init__(self) -> None:
        self._plain: dict[Look, int] = {}
        self._quoted: dict[Look, int] = {}

    def style_of(self, sheet: Any, look: Look, *, quoted: bool = False) -> int:
        """The number of a look. `quoted` marks text that would be taken for a formula if it were typed."""
        known = self._quoted if quoted else self._plain
        style = known.get(look)
        if style is None:
            style = known[look] = _make(sheet, look, quoted)
        return style


def _make(sheet: Any, look: Look, quoted: bool) -> int:
    cell: Any = WriteOnlyCell(sheet)
    cell.font = Font(
        FONT,
        look.points,
        bold=look.bold,
        italic=look.italic,
        color=look.ink,
        underline="single" if look.underlined else None,
    )
    cell.alignment = Alignment(
        horizontal=look.across, vertical="top", wrap_text=look.wrap, readingOrder=1, indent=look.indent
    )
    cell.number_format = look.form
    if look.fill:
        cell.fill = PatternFill("solid", start_color=look.fill)
    if look.line:
        cell.border = Border(bottom=Side("hair", color=LINE))
    cell.quotePrefix = quoted
    return int(cell.style_id)
