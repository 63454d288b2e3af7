"""The one place where cells and text become dates."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

#: What a cell of a sheet may hold.
Cell = str | float | int | bool | date | datetime | time | timedelta | None

_TIME = (
    r"(?:[ T]+(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?:[:.](?P<second>[0-5]\d)(?:\.\d+)?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))?)?"
)
_ZONED: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[-+]\d\d:?\d\d)", re.ASCII)
_FIRST_YEAR: Final = 1900
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS: Final = {name: n for n, name in enumerate(_MONTH_NAMES, start=1)}
DATE_FORMATS: Final = {
    "M/D/YYYY": re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})" + _TIME, re.ASCII),
    "D/M/YYYY": re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})" + _TIME, re.ASCII),
    "D.M.YYYY": re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME, re.ASCII),
    "YYYY-MM-DD": re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})" + _TIME, re.ASCII),
    "D-MMM-YY": re.compile(r"(?P<day>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<year>\d{2}|\d{4})" + _TIME, re.ASCII),
}


def parse_date(cell: Cell, formats: Sequence[str] = ("YYYY-MM-DD",)) -> date | None:
    """A cell as a civil date, or None if it is blank. The time of day is dropped here and nowhere else.

    True dates are taken as they are, text must fit one of `formats` (names such as "M/D/YYYY"), with a time of day
    after it or without. Of years of two digits 00 to 68 are 2000 to 2068, the others 1969 to 1999. Raises ValueError,
    in words for a person, for everything else.
    """
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return _check_year(cell.date())
    if isinstance(cell, date):
        return _check_year(cell)
    if isinstance(cell, str):
        text = cell.replace("\xa0", " ").strip()
        return _parse_text(text, tuple(formats)) if text else None
    if isinstance(cell, bool):
        raise ValueError("is true or false, not a date")
    if isinstance(cell, int | float):
        raise ValueError("is a number, not a date (format the column as a date)")
    raise ValueError("is a time of day, not a date")


@lru_cache(maxsize=8192)
def _parse_text(text: str, formats: tuple[str, ...]) -> date:
    for name in formats:
        match = DATE_FORMATS[name].fullmatch(text)
        if match is None:
            continue
        month = match["month"]
        number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
        if not number and not month.isdigit():
            raise ValueError(f"has no month that is known here: {', '.join(map(str.capitalize, _MONTHS))}")
        if not _is_time(match):
            raise ValueError("has no such time of day")
        try:
            read = date(_read_year(match["year"]), number, int(match["day"]))
        except ValueError:
            raise ValueError(f"is no day of the calendar, read as {name}") from None
        return _check_year(read)
    if _ZONED.fullmatch(text):
        raise ValueError("has a time zone; dates of a schedule are local and have none")
    raise ValueError(f"is not a date; dates are written {' or '.join(formats)} here")


def _read_year(year: str) -> int:
    """Two digits as most programs read them."""
    return int(year) if len(year) == 4 else int(year) + (1900 if year > "68" else 2000)


def _check_year(day: date) -> date:
    """Programs write a date that they do not have as the first one that they know."""
    if day.year < _FIRST_YEAR:
        raise ValueError(f"is before {_FIRST_YEAR}, so it is no date of a schedule")
    return day


def _is_time(match: re.Match[str]) -> bool:
    if match["hour"] is None:
        return True
    hour = int(match["hour"])
    return 1 <= hour <= 12 if match["half"] else hour <= 23
