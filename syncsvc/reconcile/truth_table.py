"""The truth table: what differs between owner and follower, and who moved. Row 16, unlinked, has no link to look at.

Each row is a function that says why it matches, or "" where it does not; `TABLE` at the end lists them in order, with
the kind of drift that each stands for and what is done about it by default. The rules come from "Reconciliation: the
truth table" of the product's rules, whose `o`, `f` and `b` these are; the README explains each kind of hold for a
controller.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from syncsvc.model import Action, DriftKind, Status
from syncsvc.reconcile.case import Case


def _1_ambiguous(c: Case) -> str:
    """The same id twice with different dates, two links to one field, or reports of different completions."""
    return c.ambiguous


def _2_foreign_project(c: Case) -> str:
    """A linked key outside `projects`."""
    if not c.foreign:
        return ""
    moved = c.current_key != c.link.key
    where = f"moved to {c.current_key}, in project" if moved else "is in project"
    return f"{c.link.key} {where} {c.foreign}, which is not among `projects`"


def _3_unseen(c: Case) -> str:
    """A side absent, and its snapshot incomplete, the code among its rejects, or the key not asked for."""
    return c.owner_unseen or c.follower_unseen


def _4_gone(c: Case) -> str:
    """A side absent, its snapshot complete."""
    if c.owner is None:
        return f"{c.link.code} is not among the milestones of the newest export"
    if c.follower is None:
        return f"Jira does not show {c.link.key}: deleted, or not visible to the account"
    return ""


def _5_implausible(c: Case) -> str:
    """completed: a side contradicts itself, its own data date, or its own past."""
    if not c.completed or c.owner is None:
        return ""
    if c.owner.status is Status.COMPLETED and c.o is None:
        return "PMCS says completed and exports no date"
    if c.o is not None and c.data_date is not None and c.o > c.data_date:
        return f"PMCS says completed on {c.o}, which is later than its data date {c.data_date}"
    if c.done and c.f is None and c.o is None:
        return "Jira says done and has no date, and PMCS has none either"
    if not c.done and c.f is not None and c.done_before:
        return f"Jira was done, is so no more, and keeps the completion date {c.f}"
    if not c.done and c.f is not None and c.f != c.o and not (c.b_known and c.f == c.b) and c.f not in c.written:
        return f"Jira is not done and has the completion date {c.f}, which PMCS does not have"
    return ""


def _6_in_sync(c: Case) -> str:
    """o = f, both blank too."""
    return "both sides agree" if c.o == c.f else ""


def _7_history_rewritten(c: Case) -> str:
    """completed: b is a date, and o is blank or another date."""
    if not (c.completed and c.b_is_date and c.o != c.b):
        return ""
    if c.o is None:
        return f"PMCS withdrew the completion of {c.b} that both sides had agreed on"
    return f"PMCS rewrote the completion both sides had agreed on: {c.b} became {c.o}"


def _8_reported(c: Case) -> str:
    """completed: o blank, f a date, b blank or unknown."""
    if c.completed and c.o is None and c.f is not None and not c.b_is_date:
        return f"Jira reports the completion of {c.f}"
    return ""


def _9_answered(c: Case) -> str:
    """completed: o a date, b blank or unknown, f the value last proposed. PMCS shows its own date for it."""
    if c.completed and c.o is not None and not c.b_is_date and c.f is not None and c.f == c.last_proposed:
        return f"PMCS answered the proposed completion of {c.f} with {c.o}"
    return ""


def _10_withdrawn(c: Case) -> str:
    """completed: f blank, o a date, b blank or unknown, any completion ever proposed. Jira took it back."""
    if c.completed and c.f is None and c.o is not None and not c.b_is_date and c.proposals:
        return f"Jira withdrew the completion it had reported ({c.last_proposed}); PMCS now says {c.o}"
    return ""


def _11_owner_blank(c: Case) -> str:
    """o blank, f present."""
    return f"PMCS has no date, Jira has {c.f}; a blank is never written" if c.o is None and c.f is not None else ""


def _12_owner_moved(c: Case) -> str:
    """f = b, o differs."""
    return f"PMCS moved from {_said(c.b)} to {_said(c.o)}" if c.b_known and c.f == c.b else ""


def _13_follower_edited(c: Case) -> str:
    """o = b, f differs."""
    if not (c.b_known and c.o == c.b):
        return ""
    if c.undone:
        return f"a write was taken back: Jira holds {_said(c.f)} again, PMCS says {_said(c.o)}"
    return f"Jira was edited from {_said(c.b)} to {_said(c.f)}; PMCS still says {_said(c.o)}"


def _14_both_moved(c: Case) -> str:
    """b known, all three differ."""
    if not c.b_known:
        return ""
    return f"both moved from {_said(c.b)}: PMCS to {_said(c.o)}, Jira to {_said(c.f)}"


def _15_first_contact(c: Case) -> str:
    """b unknown, o and f differ."""
    return f"first meeting: PMCS says {_said(c.o)}, Jira {_said(c.f)}, and nobody knows who moved"


def _said(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()


class Row(NamedTuple):
    """One row. `why` says why a case is one of it, or "" where it is not; `default` is what is then done about it."""

    number: int
    why: Callable[[Case], str]
    kind: DriftKind
    default: Action


#: The first row that matches decides.
TABLE: Final = (
    Row(1, _1_ambiguous, DriftKind.AMBIGUOUS, Action.HOLD),
    Row(2, _2_foreign_project, DriftKind.FOREIGN_PROJECT, Action.HOLD),
    Row(3, _3_unseen, DriftKind.UNSEEN, Action.REPORT),
    Row(4, _4_gone, DriftKind.GONE, Action.REPORT),
    Row(5, _5_implausible, DriftKind.IMPLAUSIBLE, Action.HOLD),
    Row(6, _6_in_sync, DriftKind.IN_SYNC, Action.RECORD),
    Row(7, _7_history_rewritten, DriftKind.HISTORY_REWRITTEN, Action.HOLD),
    Row(8, _8_reported, DriftKind.REPORTED, Action.PROPOSE),
    Row(9, _9_answered, DriftKind.OWNER_MOVED, Action.WRITE),
    Row(10, _10_withdrawn, DriftKind.FOLLOWER_EDITED, Action.HOLD),
    Row(11, _11_owner_blank, DriftKind.OWNER_BLANK, Action.HOLD),
    Row(12, _12_owner_moved, DriftKind.OWNER_MOVED, Action.WRITE),
    Row(13, _13_follower_edited, DriftKind.FOLLOWER_EDITED, Action.HOLD),
    Row(14, _14_both_moved, DriftKind.BOTH_MOVED, Action.HOLD),
    Row(15, _15_first_contact, DriftKind.FIRST_CONTACT, Action.HOLD),
)


def find_row(case: Case) -> tuple[Row, str]:
    """The row that decides a case, and why."""
    for row in TABLE:
        if why := row.why(case):
            return row, why
    raise AssertionError("the last row matches whatever is left")
