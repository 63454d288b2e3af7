"""Names and codes as people read them: how two names differ, and in which order codes come. Standard library only."""

import re
from enum import StrEnum
from typing import Final

#: P6 cuts an activity name at 120 characters; an export may drop blanks at the end of what is left.
CUT_NAME_LENGTH: Final = 118
_TEST_REPORT = re.compile(r"\A\s*test report:", re.IGNORECASE)


class NameChange(StrEnum):
    """How two names differ: see `compare_names`."""

    SAME = "same"
    COSMETIC = "cosmetic"
    TRUNCATED = "truncated"
    CHANGED = "changed"


def compare_names(before: str, after: str) -> NameChange:
    """How a name changed.

    Cosmetic: equal after dropping a leading "Test report: ", a trailing full stop, case and repeated blanks.
    Truncated: one is at least 118 characters long and the beginning of the other.
    """
    if before == after:
        return NameChange.SAME
    was, now = _plain(before), _plain(after)
    if was == now:
        return NameChange.COSMETIC
    if _is_cut_from(before, was, now) or _is_cut_from(after, now, was):
        return NameChange.TRUNCATED
    return NameChange.CHANGED


def drop_test_report(name: str) -> str:
    """The name without the "Test report: " that P6 puts before that of a test milestone."""
    return _TEST_REPORT.sub("", name).strip()


def order_of_code(code: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts codes as people count: DM-2 before DM-10."""
    return (*(_order_of_part(part) for part in re.findall(r"[0-9]+|[^0-9]+", code)), (-1, 0, code))


def _order_of_part(part: str) -> tuple[int, int, str]:
    if part[0] not in "0123456789":
        return (1, 0, part)
    digits = part.lstrip("0")
    return (0, len(digits), digits)


def _plain(name: str) -> str:
    return " ".join(drop_test_report(name).casefold().split()).removesuffix(".").rstrip()


def _is_cut_from(name: str, plain: str, other: str) -> bool:
    return len(name.strip()) >= CUT_NAME_LENGTH and other.startswith(plain)
