"""The truth table a second time, thought of another way, to hold syncsvc/reconcile/truth_table.py against.

There are no ordered rules here. What a link's three values look like is written as a three-letter word and looked up
in a list of all words there can be. Whatever else may be the case is a set of claims, each made without regard to
the others; of the claims the one that stands first in `DriftKind` is right.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from syncsvc.model import (
    Action,
    Basis,
    DriftKind,
    Field,
    FirstContact,
    FollowerEdit,
    Link,
    Memory,
    Milestone,
    Policy,
    Proposal,
    ProposalState,
    RejectCause,
    Snapshot,
    Status,
    project_of,
)

#: What the owner's value, the follower's and the baseline look like, in this order: `-` blank, `?` unknown, and for
#: dates letters, the same letter for the same date. What it is for due, and for completed.
WORDS: Final[Mapping[str, tuple[DriftKind, DriftKind]]] = {
    "--?": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "---": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "--x": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "-x?": (DriftKind.OWNER_BLANK, DriftKind.REPORTED),
    "-x-": (DriftKind.OWNER_BLANK, DriftKind.REPORTED),
    "-xx": (DriftKind.OWNER_BLANK, DriftKind.HISTORY_REWRITTEN),
    "-xy": (DriftKind.OWNER_BLANK, DriftKind.HISTORY_REWRITTEN),
    "x-?": (DriftKind.FIRST_CONTACT, DriftKind.FIRST_CONTACT),
    "x--": (DriftKind.OWNER_MOVED, DriftKind.OWNER_MOVED),
    "x-x": (DriftKind.FOLLOWER_EDITED, DriftKind.FOLLOWER_EDITED),
    "x-y": (DriftKind.BOTH_MOVED, DriftKind.HISTORY_REWRITTEN),
    "xx?": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "xx-": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "xxx": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "xxy": (DriftKind.IN_SYNC, DriftKind.IN_SYNC),
    "xy?": (DriftKind.FIRST_CONTACT, DriftKind.FIRST_CONTACT),
    "xy-": (DriftKind.BOTH_MOVED, DriftKind.BOTH_MOVED),
    "xyx": (DriftKind.FOLLOWER_EDITED, DriftKind.FOLLOWER_EDITED),
    "xyy": (DriftKind.OWNER_MOVED, DriftKind.HISTORY_REWRITTEN),
    "xyz": (DriftKind.BOTH_MOVED, DriftKind.HISTORY_REWRITTEN),
}
#: Completions that were proposed from the link explain these words in another way.
WORDS_AFTER_PROPOSING_THE_FOLLOWERS: Final = dict.fromkeys(("xy?", "xy-"), DriftKind.OWNER_MOVED)
WORDS_AFTER_PROPOSING_ANY: Final = dict.fromkeys(("x-?", "x--"), DriftKind.FOLLOWER_EDITED)

ORDER: Final = {kind: place for place, kind in enumerate(DriftKind)}
ONLY_REPORTED: Final = frozenset({DriftKind.UNSEEN, DriftKind.GONE, DriftKind.UNLINKED})
#: Of completed, where Jira has no field to take it.
REPORTED_WITHOUT_FIELD: Final = frozenset(
    {DriftKind.OWNER_MOVED, DriftKind.FIRST_CONTACT, DriftKind.FOLLOWER_EDITED, DriftKind.BOTH_MOVED}
)


@dataclass(frozen=True)
class Verdict:
    """What the truth table says of one link and field."""

    kind: DriftKind
    action: Action
    hold_kind: DriftKind | None  # None where nothing is held

    def __str__(self) -> str:
        held_as = f" as {self.hold_kind}" if self.hold_kind not in (None, self.kind) else ""
        return f"{self.kind} -> {self.action}{held_as}"


@dataclass(frozen=True)
class Sight:
    """What one side shows of one field of one milestone."""

    shown: Milestone | None
    causes: frozenset[RejectCause]  # of the rejects that touch the field
    is_whole: bool  # the snapshot is complete, and was asked for this milestone


@dataclass(frozen=True)
class Facts:
    """Everything that can matter to one link and field."""

    link: Link
    field: Field
    owner: Sight
    follower: Sight
    data_date: date | None
    o: date | None
    f: date | None
    b: date | None
    b_known: bool
    key_now: str
    target: str  # what tells one issue from another
    was_done: bool
    written: frozenset[date]
    undone: tuple[date | None, ...]  # empty, or the value an undo put back
    proposals: tuple[Proposal, ...]

    @property
    def word(self) -> str:
        """The values as a word; see `WORDS`."""
        letters: dict[date, str] = {}
        word = ""
        for value in (self.o, self.f, self.b):
            word += "-" if value is None else letters.setdefault(value, "xyz"[len(letters)])
        return word if self.b_known else word[:2] + "?"

    @property
    def reports_a_completion(self) -> bool:
        """Whether the follower says first that the milestone is completed."""
        owner_is_seen = self.owner.shown is not None and RejectCause.UNREADABLE not in self.owner.causes
        return self.field is Field.COMPLETED and owner_is_seen and self.word in ("-x?", "-x-")

    def __str__(self) -> str:
        sides = ", ".join(
            f"{name} {'shows it' if sight.shown else 'does not show it'}"
            f"{f' as {sight.shown.status}' if sight.shown else ''}"
            f"{''.join(f', {cause}' for cause in sorted(sight.causes))}{'' if sight.is_whole else ', not whole'}"
            for name, sight in (("owner", self.owner), ("follower", self.follower))
        )
        baseline = (self.b or "blank") if self.b_known else "unknown"
        proposed = [f"{proposal.value} {proposal.state}" for proposal in self.proposals]
        return (
            f"{self.link.code} -> {self.link.key} (now {self.key_now}) {self.field}: "
            f"o={self.o or 'blank'} f={self.f or 'blank'} b={baseline}; {sides}; data date {self.data_date}; "
            f"basis {self.owner.shown.due_basis if self.owner.shown else None}; done before: {self.was_done}; "
            f"written: {sorted(map(str, self.written))}; undone: {self.undone}; proposed: {proposed}"
        )


def verdicts(
    owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory, policy: Policy
) -> Iterator[tuple[Facts, Verdict]]:
    """The verdict on each field of each link, in the order of the links and of `Field`."""
    facts = list(facts_of(owner, follower, links, memory))
    on_target = Counter((each.target, each.field) for each in facts)
    reported: dict[str, set[date | None]] = {}
    for each in facts:
        if each.reports_a_completion:
            reported.setdefault(each.link.code, set()).add(each.f)
    for each in facts:
        contradicts_another = each.reports_a_completion and len(reported[each.link.code]) > 1
        shares_its_target = on_target[each.target, each.field] > 1
        kind = kind_of(each, policy, is_contested=contradicts_another or shares_its_target)
        yield each, judge(kind, each, policy)


def unlinked(owner: Snapshot, links: Sequence[Link]) -> set[str]:
    """Codes of the milestones taking part that no link names."""
    return {shown.code for shown in owner.taking_part()} - {link.code for link in links}


def facts_of(owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory) -> Iterator[Facts]:
    """Gather what matters, field by field."""
    milestones = {shown.code: shown for shown in owner.taking_part()}
    issues = {shown.code: shown for shown in follower.milestones}
    causes = [Counter((r.code, r.field, r.cause) for r in side.rejects) for side in (owner, follower)]
    for link in links:
        key_now = follower.moved.get(link.key, link.key)
        milestone, issue = milestones.get(link.code), issues.get(key_now)
        was_asked = follower.asked is None or link.key in follower.asked
        issue_id = (issue and issue.issue_id) or ""
        for field in Field:
            if field not in link.fields:
                continue
            touching = [
                frozenset(cause for cause in RejectCause for part in (None, field) if seen[code, part, cause])
                for seen, code in zip(causes, (link.code, key_now), strict=True)
            ]
            place = (link.code, issue_id, field)
            o = milestone.value(field) if milestone else None
            if o and field is Field.DUE:
                o += timedelta(days=link.offset_days)
            yield Facts(
                link=link,
                field=field,
                owner=Sight(milestone, touching[0], owner.complete),
                follower=Sight(issue, touching[1], follower.complete and was_asked),
                data_date=owner.data_date,
                o=o,
                f=issue.value(field) if issue else None,
                b=memory.baselines.get(place),
                b_known=place in memory.baselines,
                key_now=key_now,
                target=issue_id or key_now,
                was_done=issue_id in memory.done_before,
                written=memory.written.get(place, frozenset()),
                undone=(memory.undone[place],) if place in memory.undone else (),
                proposals=memory.proposals.get(place[:2], ()),
            )


def kind_of(facts: Facts, policy: Policy, *, is_contested: bool) -> DriftKind:
    """All that may be claimed of this link and field, and of that what counts for most."""
    sides = (facts.owner, facts.follower)
    unreadable = [RejectCause.UNREADABLE in side.causes for side in sides]
    absent = [side for side in sides if side.shown is None]
    claims = {
        DriftKind.AMBIGUOUS: is_contested or any(RejectCause.DUPLICATE in side.causes for side in sides),
        DriftKind.FOREIGN_PROJECT: project_of(facts.key_now) not in policy.projects,
        DriftKind.UNSEEN: any(unreadable) or not all(side.is_whole for side in absent),
        DriftKind.GONE: bool(absent),
        DriftKind.IMPLAUSIBLE: facts.field is Field.COMPLETED and not absent and is_implausible(facts),
        kind_by_word(facts): True,
    }
    return min((kind for kind, is_claimed in claims.items() if is_claimed), key=ORDER.__getitem__)


def is_implausible(facts: Facts) -> bool:
    """Whether one side contradicts itself about a completion, or the follower's date has no source."""
    assert facts.owner.shown
    assert facts.follower.shown
    pmcs_says_completed = facts.owner.shown.status is Status.COMPLETED
    is_done = facts.follower.shown.status is Status.COMPLETED
    is_of_the_future = bool(facts.o and facts.data_date and facts.o > facts.data_date)
    sources = {facts.o, *facts.written} | ({facts.b} if facts.b_known else set())
    if facts.o is None and (pmcs_says_completed or (is_done and facts.f is None)):
        return True
    return is_of_the_future or (not is_done and facts.f is not None and (facts.was_done or facts.f not in sources))


def kind_by_word(facts: Facts) -> DriftKind:
    """What the values alone say, with the proposals that explain them."""
    of_due, of_completed = WORDS[facts.word]
    if facts.field is Field.DUE:
        return of_due
    if facts.proposals and facts.f == facts.proposals[-1].value:
        of_completed = WORDS_AFTER_PROPOSING_THE_FOLLOWERS.get(facts.word, of_completed)
    if facts.proposals:
        of_completed = WORDS_AFTER_PROPOSING_ANY.get(facts.word, of_completed)
    return of_completed


def judge(kind: DriftKind, facts: Facts, policy: Policy) -> Verdict:
    """What is to be done about it."""
    if kind is DriftKind.IN_SYNC:
        return Verdict(kind, Action.RECORD, None)
    if kind is DriftKind.REPORTED:
        if not is_to_be_proposed(facts, policy):
            return Verdict(kind, Action.REPORT, None)
        taken_back = facts.f in facts.undone
        return Verdict(kind, Action.HOLD, kind) if taken_back else Verdict(kind, Action.PROPOSE, None)
    has_no_field = facts.field is Field.COMPLETED and Field.COMPLETED not in policy.writable
    if kind in ONLY_REPORTED or (has_no_field and kind in REPORTED_WITHOUT_FIELD):
        return Verdict(kind, Action.REPORT, None)
    if not is_to_be_written(kind, facts, policy):
        return Verdict(kind, Action.HOLD, kind)
    if facts.field is Field.DUE and basis_of(facts) not in policy.write_basis:
        return Verdict(kind, Action.HOLD, DriftKind.BASIS)
    return Verdict(kind, Action.WRITE, None)


def is_to_be_proposed(facts: Facts, policy: Policy) -> bool:
    """Whether this completion goes to PMCS now."""
    assert facts.f
    is_reached = facts.data_date is not None and facts.f <= facts.data_date
    pending = {proposal.value for proposal in facts.proposals if proposal.state is ProposalState.PENDING}
    return policy.report_to_owner and is_reached and facts.f not in pending


def is_to_be_written(kind: DriftKind, facts: Facts, policy: Policy) -> bool:
    """Whether the owner's value goes to the follower, if its basis allows it."""
    if kind is DriftKind.OWNER_MOVED:
        return True
    if facts.field is not Field.DUE:
        return False
    if kind is DriftKind.FOLLOWER_EDITED:
        return policy.follower_edit is FollowerEdit.RESTORE and facts.f not in facts.undone
    if kind is DriftKind.FIRST_CONTACT:
        fills = policy.first_contact is FirstContact.FILL and facts.f is None
        return fills or policy.first_contact is FirstContact.OWNER
    return False


def basis_of(facts: Facts) -> Basis | None:
    """What kind of promise the owner's due date is."""
    return facts.owner.shown.due_basis if facts.owner.shown else None
