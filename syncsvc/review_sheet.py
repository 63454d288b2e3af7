"""The review workbook as both who writes it and who reads it know it: sheets, columns, and the hidden row keys. Pure.

A key says which row it is and which two dates were shown, and carries a check over all of it and the store: one that
was edited, filled down or brought from another workbook is told from ours.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from syncsvc.decisions import row_id
from syncsvc.model import Drift, DriftKind, Field, Narrative

FORMAT: Final = "syncsvc.review-workbook/1"
SHEET: Final = "Review"
#: A hidden sheet that says what file this is: names in its first column, values in the second.
MARK_SHEET: Final = "syncsvc"

#: Column -> what stands above it. Those of `READ` are read back by their headings, wherever they stand.
HEADINGS: Final[Mapping[str, str]] = {
    "code": "Milestone",
    "name": "Name",
    "issue": "Jira issue",
    "field": "Date",
    "kind": "Kind",
    "state": "State",
    "follower": "Jira says",
    "owner": "PMCS says",
    "days": "PMCS against Jira, calendar days",
    "baseline": "Agreed last",
    "why": "Why it is here",
    "decision": "Decision",
    "until": "Until",
    "reason": "Reason",
    "narrative": "Narrative: why",
    "action": "Narrative: corrective action",
    "means": "What the kind means",
    "said": "Decided so far",
    "key": "syncsvc row",
}
#: What a person fills in.
FILLED: Final = ("decision", "until", "reason", "narrative", "action")
#: What says which row it is.
SHOWN: Final = ("code", "issue", "field", "follower", "owner")
READ: Final = (*SHOWN, *FILLED, "key")
NO_DATE: Final = "no date"
_BLANKS: Final = frozenset({"Cc", "Zl", "Zp", "Zs"})
_UNSEEN: Final = frozenset({"Cf", "Cs", "Co", "Cn"})

#: Word of the drop-down -> what it does.
DECISIONS: Final[Mapping[str, str]] = {
    "approve": "PMCS's date is written to Jira, or a completion handed to PMCS",
    "reject": "both stay as they are; needs a reason",
    "hold": "asked again on the day in Until; needs a reason",
    "adopt": "approve, for a hold: Jira gets PMCS's date",
    "restore": "approve, where Jira was edited: PMCS's date is put back",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Which store a workbook came from, the month its narratives belong to, and the plan that was the newest."""

    store: str
    period: str | None
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What a review workbook shows besides its report."""

    mark: Mark
    rows: Sequence[Drift]
    today: date
    names: Mapping[str, str] = field(default_factory=dict)  # by code
    narratives: Mapping[str, Narrative] = field(default_factory=dict)  # of the mark's month, by code


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row as it was when it was exported."""

    code: str
    key: str
    issue: str
    field: Field
    owner_value: date | None
    follower_value: date | None
    kind: DriftKind


def seal(drift: Drift, store: str) -> str:
    """The hidden key of a row: JSON without a blank, so that no spreadsheet can make another text of it."""
    if drift.key is None or drift.field is None:
        raise ValueError(f"{drift.code}: what has no link has no row")
    kind = drift.hold_kind or drift.kind
    parts = [
        row_id(drift), drift.code, drift.key, drift.issue_id or drift.key, drift.field.value,
        _iso(drift.owner_value), _iso(drift.follower_value), kind.value,
    ]  # fmt: skip
    return json.dumps([*parts, _check(parts, store)], separators=(",", ":")).replace(" ", "\\u0020")


def unseal(text: str, store: str) -> Sealed | None:
    """The row of a key; None where it is not one that this store gave out."""
    try:
        *parts, check = json.loads(text)
        if len(parts) != 8 or check != _check(parts, store):
            return None
        _, code, key, issue, name, owner, follower, kind = parts
        return Sealed(code, key, issue, Field(name), _day(owner), _day(follower), DriftKind(kind))
    except (ValueError, TypeError, RecursionError):
        return None


def one_line(text: str) -> str:
    """A text without control characters and with single blanks: as spreadsheets may have made of it, either way."""
    if not (text.isascii() and text.isprintable()):
        shown = (" " if unicodedata.category(c) in _BLANKS else c for c in text)
        text = "".join(c for c in shown if unicodedata.category(c) not in _UNSEEN)
    return " ".join(text.split())


def _check(parts: Sequence[object], store: str) -> str:
    return hashlib.sha256(json.dumps([FORMAT, store, *parts]).encode()).hexdigest()[:12]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
