"""Which issue a milestone drives, what both sides agreed on, and what was proposed to the owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from syncsvc.model.observation import Field, Milestone

ACCEPTED_BY: Final = "accepted by "  # how `declared` of a link begins that a person accepted


@dataclass(frozen=True, slots=True)
class Link:
    """A milestone code tied to a Jira key, with the fields it carries. The offset applies to due only."""

    code: str
    key: str
    fields: frozenset[Field] = frozenset(Field)
    offset_days: int = 0
    role: str = "completion"  # completion, test_plan, also, code_is_key
    declared: str = ""  # where: "links.toml: milestones.LDM-503-06.jira"

    @property
    def accepted(self) -> bool:
        """A person accepted it, and no file declares it."""
        return self.declared.startswith(ACCEPTED_BY)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An issue that may belong to a milestone without a link."""

    issue: Milestone
    code: str = ""  # what the tracker's own field for codes holds, as it stands there


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a tracker was searched for, in words, and what that brought; `capped` where there is more."""

    found: tuple[Candidate, ...]
    searched: str = ""
    capped: bool = False


class ProposalState(StrEnum):
    """What became of a completion that Jira reported first and that was handed to PMCS."""

    PENDING = "pending"
    LANDED = "landed"
    OVERWRITTEN = "overwritten"
    NOT_LANDED = "not_landed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A completion handed over to PMCS from one link."""

    code: str
    issue_id: str
    value: date
    state: ProposalState
    handed_over_on: date
    key: str = ""
    snapshot: int = 0  # id of the newest export when it was handed over: a later one has to prove it
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a hand-over, and the words for it; of one that is pending, what it waits for."""

    proposal: Proposal
    words: str

    @property
    def is_pending(self) -> bool:
        """No export has shown yet what became of it."""
        return self.proposal.state is ProposalState.PENDING


#: A link's memory is kept by milestone code, issue id and field: a code linked to another issue starts unknown.
LinkKey = tuple[str, str, Field]


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier nights left behind that reconciling needs."""

    baselines: Mapping[LinkKey, date | None] = field(default_factory=dict)  # absent: unknown; None: known blank
    written: Mapping[LinkKey, frozenset[date]] = field(default_factory=dict)  # values we ever wrote there
    undone: Mapping[LinkKey, date | None] = field(default_factory=dict)  # the value an undo put back
    proposals: Mapping[tuple[str, str], tuple[Proposal, ...]] = field(default_factory=dict)  # oldest first
    done_before: frozenset[str] = frozenset()  # ids of issues seen done in an earlier snapshot
    # (issue id, field) -> what was written there, and read back, since the follower was read
    unread: Mapping[tuple[str, Field], date | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkWord:
    """What a person said about a suggested link: that it is one, or that it is none."""

    code: str
    key: str
    accepted: bool
    role: str = "completion"  # completion, test_plan
    reason: str = ""
    actor: str = ""
    at: datetime | None = None
