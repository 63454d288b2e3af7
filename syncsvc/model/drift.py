"""A difference in one field of one link, and what follows from it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from syncsvc.model.decision import Decision
from syncsvc.model.link import LinkKey
from syncsvc.model.observation import Basis, Field


class DriftKind(StrEnum):
    """The cases of the truth table, in its order.

    `basis` exists only as a kind of hold, `adopted` and `undone` only as kinds of change.
    """

    AMBIGUOUS = "ambiguous"
    FOREIGN_PROJECT = "foreign_project"
    UNSEEN = "unseen"
    GONE = "gone"
    IMPLAUSIBLE = "implausible"
    IN_SYNC = "in_sync"
    HISTORY_REWRITTEN = "history_rewritten"
    REPORTED = "reported"
    OWNER_MOVED = "owner_moved"
    FOLLOWER_EDITED = "follower_edited"
    OWNER_BLANK = "owner_blank"
    BOTH_MOVED = "both_moved"
    FIRST_CONTACT = "first_contact"
    UNLINKED = "unlinked"
    BASIS = "basis"
    ADOPTED = "adopted"  # a change a person asked for by `adopt`
    UNDONE = "undone"  # a change that takes a write back


class Action(StrEnum):
    """What is to be done about a drift."""

    RECORD = "record"  # both sides agree: remember it as the baseline
    WRITE = "write"  # the owner's value goes to the follower
    PROPOSE = "propose"  # the follower's completion goes to the owner
    HOLD = "hold"  # waits for a person
    REPORT = "report"  # said, and nothing else


@dataclass(frozen=True, slots=True)
class Drift:
    """One link and field (or one unlinked milestone) as the truth table sees it.

    `owner_value` has the link's offset applied. `held` is what the follower's field to be written holds.
    `kind` is the case of the truth table; `hold_kind` differs from it only for `basis`.
    """

    code: str
    kind: DriftKind
    action: Action
    key: str | None = None
    issue_id: str | None = None
    field: Field | None = None
    owner_value: date | None = None
    follower_value: date | None = None
    held: date | None = None
    baseline: date | None = None
    baseline_known: bool = False
    why: str = ""
    hold_kind: DriftKind | None = None
    from_column: str | None = None
    basis: Basis | None = None
    waits: bool = False  # reported: a proposal that is pending, or one that waits for a later export
    seen_on_both: bool = False  # the base of percentages
    decision: Decision | None = None  # the one that stands for it, with `action` as it makes it

    @property
    def link_key(self) -> LinkKey | None:
        """Where decisions about it are kept; None for a milestone without a link."""
        if self.field is None or self.key is None:
            return None
        return (self.code, self.issue_id or self.key, self.field)
