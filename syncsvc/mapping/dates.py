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
    after it or without. Raises ValueError, in words for a person, for everything else.
    """
    if cell is None:
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
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
        year = int(match["year"] if len(match["year"]) == 4 else f"20{match['year']}")
        if not _is_time(match):
            raise ValueError("has no such time of day")
        try:
            return date(year, number, int(match["day"]))
        except ValueError:
            raise ValueError(f"is no day of the calendar, read as {name}") from None
    raise ValueError(f"is not a date; dates are written {' or '.join(formats)} here")


def _is_time(match: re.Match[str]) -> bool:
    if match["hour"] is None:
        return True
    hour = int(match["hour"])
    return 1 <= hour <= 12 if match["half"] else hour <= 23
