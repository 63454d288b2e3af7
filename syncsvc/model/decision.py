"""What a person says: decisions on what waits, and narratives."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from syncsvc.model.link import LinkKey
from syncsvc.model.observation import Field


class Verdict(StrEnum):
    """What a person says about one row that waits, or about one that is going to be written."""

    APPROVE = "approve"  # write it: of a hold, give the owner's value to the follower
    REJECT = "reject"  # leave both sides as they are, until one of the two values changes
    HOLD = "hold"  # leave it until a day, then ask again


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on one field of one link, bound to the two values that were seen: it stands while they stand.

    `issue` is the issue's id, or of a link whose issue was not seen the key.
    """

    code: str
    key: str
    issue: str
    field: Field
    verdict: Verdict
    owner_value: date | None
    follower_value: date | None
    actor: str
    at: datetime
    reason: str = ""
    until: date | None = None
    seconded_by: str | None = None  # another person who said the same, where four eyes are asked for
    id: int | None = None

    @property
    def link_key(self) -> LinkKey:
        """Which link and field it is about."""
        return (self.code, self.issue, self.field)


@dataclass(frozen=True, slots=True)
class Narrative:
    """Why a milestone stands where it does in a month, and the corrective action; in a person's words."""

    code: str
    period: str  # "2019-04"
    why: str
    action: str = ""
    actor: str = ""
    at: datetime | None = None
