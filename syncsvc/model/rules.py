"""What the configuration says about reconciling, limits and reports."""

from dataclasses import dataclass
from enum import StrEnum

from syncsvc.model.observation import Basis, Field


class FirstContact(StrEnum):
    """What to do when both sides meet for the first time and differ."""

    HOLD = "hold"
    FILL = "fill"
    OWNER = "owner"


class FollowerEdit(StrEnum):
    """What to do when only the follower was edited."""

    HOLD = "hold"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration says about reconciling."""

    projects: frozenset[str]  # only these may be written
    writable: frozenset[Field] = frozenset({Field.DUE})  # completed only where a field is configured for it
    write_basis: frozenset[Basis] = frozenset({Basis.BASELINE})
    first_contact: FirstContact = FirstContact.HOLD  # of due
    follower_edit: FollowerEdit = FollowerEdit.HOLD  # of due
    report_to_owner: bool = True
    four_eyes: bool = False  # the owner's value of a hold is written only when two persons said so


@dataclass(frozen=True, slots=True)
class Limits:
    """Safety limits over one plan."""

    max_changes: int = 200
    max_change_percent: float = 25
    max_shift_days: int = 400
    max_export_age_days: int = 100  # 0: off
    max_row_drop_percent: float = 10
    min_rows: int = 1


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What decides where a row of a drift report stands, never whether it is counted.

    A move of more than `first_table_days` calendar days stands in the first table; a forecast up to `on_time_days`
    working days after the due date is on time. What is later, or moved later, by more than `narrative_days` working
    days needs a narrative. `top` and `child` are how codes of levels 2 and 3 begin.
    """

    first_table_days: int = 3
    on_time_days: int = 5
    top: str = "LDM-503-"
    child: str = "DM-"
    narrative_days: int = 30
