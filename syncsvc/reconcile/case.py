"""One link and one field: what the truth table looks at, under the names that it uses."""

from dataclasses import dataclass
from datetime import date

from syncsvc.model import Field, Link, Milestone, Proposal, Status


@dataclass(slots=True)  # not frozen: that would make it four times as dear to make, and there are many
class Case:
    """One link and one field: everything the truth table looks at, under the names the table uses."""

    link: Link
    field: Field
    current_key: str  # the link's key, or the one the issue moved to
    owner: Milestone | None  # None: absent
    follower: Milestone | None
    owner_unseen: str  # why an absent owner may be there all the same; "" when it is gone
    follower_unseen: str
    o: date | None  # the owner's value, offset applied
    f: date | None  # the follower's
    b: date | None  # the link's baseline
    b_known: bool
    ambiguous: str  # why it is, or ""
    foreign: str  # the project it is in, where that one may not be written
    data_date: date | None
    written: frozenset[date]
    proposals: tuple[Proposal, ...]
    done_before: bool
    undone: bool  # the follower holds a value that an undo put back

    @property
    def completed(self) -> bool:
        return self.field is Field.COMPLETED

    @property
    def done(self) -> bool:
        return self.follower is not None and self.follower.status is Status.COMPLETED

    @property
    def b_is_date(self) -> bool:
        return self.b_known and self.b is not None

    @property
    def last_proposed(self) -> date | None:
        return self.proposals[-1].value if self.proposals else None
