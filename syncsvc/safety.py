"""The safety limits, over a whole plan: every violation at once, none of them stops the others from being seen.

Pure. A violation stops an unattended run before its first write; `approve --waive LIMIT --reason TEXT` lets one
plan pass one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from syncsvc.model import Change, Limits, Violation

#: This many links may always change, however small the plan is: a percentage of three links says nothing.
ALWAYS_ALLOWED_LINKS: Final = 5


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What the limits need to know of the owner's newest export."""

    rows: int
    previous_rows: int | None  # of the last good snapshot of the same kind; None when there is none
    data_date: date | None
    source: str = ""


def find_violations(
    changes: Sequence[Change], links_seen: int, export: ExportFacts, limits: Limits, today: date
) -> tuple[Violation, ...]:
    """Every limit that the plan breaks. `links_seen`: links (code, issue) that both sides show."""
    found = [
        _too_many_changes(changes, limits),
        _too_large_a_share(changes, links_seen, limits),
        _too_far_a_shift(changes, limits),
        _too_old_an_export(export, limits, today) if changes else None,
        _too_few_rows(export, limits),
        _too_many_rows_lost(export, limits),
    ]
    return tuple(violation for violation in found if violation)


def is_worse(now: Violation, waived: Violation | None) -> bool:
    """Whether an export lost more rows than a person saw when waiving the limit.

    The other limits are about changes the person saw, or about an age that grows by itself until the plan ends.
    """
    if now.limit not in ("min_rows", "max_row_drop_percent"):
        return False
    if waived is None:
        return True
    return now.value < waived.value if now.limit == "min_rows" else now.value > waived.value


def find_warnings(changes: Sequence[Change], export: ExportFacts, limits: Limits, today: date) -> tuple[str, ...]:
    """What would be a violation if the plan wrote anything: a quiet night need not stop for an old export."""
    old = _too_old_an_export(export, limits, today)
    return (old.why,) if old and not changes else ()


def _too_many_changes(changes: Sequence[Change], limits: Limits) -> Violation | None:
    if len(changes) <= limits.max_changes:
        return None
    return Violation("max_changes", len(changes), limits.max_changes, f"{len(changes)} changes in one plan")


def _too_large_a_share(changes: Sequence[Change], links_seen: int, limits: Limits) -> Violation | None:
    changed = len({(change.code, change.issue_id) for change in changes})
    percent = round(100 * changed / max(links_seen, 1), 1)
    if changed <= ALWAYS_ALLOWED_LINKS or 100 * changed <= limits.max_change_percent * max(links_seen, 1):
        return None
    why = f"{changed} of the {links_seen} links seen on both sides would change"
    return Violation("max_change_percent", percent, limits.max_change_percent, why)


def _too_far_a_shift(changes: Sequence[Change], limits: Limits) -> Violation | None:
    far = [c for c in changes if c.calendar_days is not None and abs(c.calendar_days) > limits.max_shift_days]
    if not far:
        return None
    worst = max(far, key=lambda c: (abs(c.calendar_days or 0), c.code))
    days = abs(worst.calendar_days or 0)
    why = f"{worst.code} would move {days} days, from {worst.seen} to {worst.after} ({worst.key} {worst.field})"
    if len(far) > 1:
        why += f"; {len(far)} changes are beyond the limit"
    return Violation("max_shift_days", days, limits.max_shift_days, why)


def _too_old_an_export(export: ExportFacts, limits: Limits, today: date) -> Violation | None:
    if not limits.max_export_age_days or export.data_date is None:
        return None
    age = (today - export.data_date).days
    if age <= limits.max_export_age_days:
        return None
    why = f"the newest export has the data date {export.data_date}, {age} days ago"
    return Violation("max_export_age_days", age, limits.max_export_age_days, why)


def _too_few_rows(export: ExportFacts, limits: Limits) -> Violation | None:
    if export.rows >= limits.min_rows:
        return None
    return Violation("min_rows", export.rows, limits.min_rows, f"the newest export has {export.rows} rows")


def _too_many_rows_lost(export: ExportFacts, limits: Limits) -> Violation | None:
    before = export.previous_rows
    if not before or export.rows >= before:
        return None
    percent = round(100 * (before - export.rows) / before, 1)
    if 100 * (before - export.rows) <= limits.max_row_drop_percent * before:
        return None
    why = f"the newest export has {export.rows} rows, the one before it had {before}"
    return Violation("max_row_drop_percent", percent, limits.max_row_drop_percent, why)
