"""The truth table of the reconciler against a second formulation of it: every case of a small domain, then chance.

A `World` holds thousands of links that have nothing to do with each other, one or two per case, so that all of them
are reconciled in one go.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from syncsvc.model import (
    Action,
    Basis,
    DriftKind,
    Field,
    FirstContact,
    FollowerEdit,
    Link,
    LinkKey,
    Memory,
    Milestone,
    MilestoneKind,
    Policy,
    Proposal,
    ProposalState,
    Reject,
    RejectCause,
    Snapshot,
    Status,
)
from syncsvc.reconcile import reconcile
from tests.builders import export, issue, link, milestone, tracked
from tests.property.truth_table_oracle import WORDS, Verdict, unlinked, verdicts

EARLY, MIDDLE, LATE = date(2019, 2, 28), date(2019, 3, 29), date(2019, 4, 30)
VALUES = (None, EARLY, MIDDLE, LATE)
UNKNOWN, UNREADABLE = "unknown", "unreadable"
BASELINES = (UNKNOWN, *VALUES)
#: Where presence is what matters: owner's value, follower's and baseline, one of each kind of agreement.
SOME_VALUES = (
    (None, None, UNKNOWN),
    (None, EARLY, UNKNOWN),
    (EARLY, None, None),
    (EARLY, EARLY, UNKNOWN),
    (EARLY, MIDDLE, EARLY),
)
PROJECTS = frozenset({"DM", "DLP"})
HANDED_OVER_ON = date(2019, 4, 1)

#: What a project controller can ever be told: each kind with what is done about it, and what it is held as.
ALL_VERDICTS = {
    *(
        Verdict(kind, Action.HOLD, kind)
        for kind in (
            DriftKind.AMBIGUOUS,
            DriftKind.FOREIGN_PROJECT,
            DriftKind.IMPLAUSIBLE,
            DriftKind.HISTORY_REWRITTEN,
            DriftKind.FOLLOWER_EDITED,
            DriftKind.OWNER_BLANK,
            DriftKind.BOTH_MOVED,
            DriftKind.FIRST_CONTACT,
        )
    ),
    *(
        Verdict(kind, Action.REPORT, None)
        for kind in (
            DriftKind.UNSEEN,
            DriftKind.GONE,
            DriftKind.REPORTED,
            DriftKind.OWNER_MOVED,
            DriftKind.FOLLOWER_EDITED,
            DriftKind.BOTH_MOVED,
            DriftKind.FIRST_CONTACT,
        )
    ),
    *(
        verdict
        for kind in (DriftKind.OWNER_MOVED, DriftKind.FOLLOWER_EDITED, DriftKind.FIRST_CONTACT)
        for verdict in (Verdict(kind, Action.WRITE, None), Verdict(kind, Action.HOLD, DriftKind.BASIS))
    ),
    Verdict(DriftKind.IN_SYNC, Action.RECORD, None),
    Verdict(DriftKind.REPORTED, Action.PROPOSE, None),
}


@dataclass
class World:
    """Both sides, the links and what is remembered, growing case by case."""

    milestones: list[Milestone] = field(default_factory=list)
    issues: list[Milestone] = field(default_factory=list)
    owner_rejects: list[Reject] = field(default_factory=list)
    follower_rejects: list[Reject] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    baselines: dict[LinkKey, date | None] = field(default_factory=dict)
    written: dict[LinkKey, frozenset[date]] = field(default_factory=dict)
    undone: dict[LinkKey, date | None] = field(default_factory=dict)
    proposals: dict[tuple[str, str], tuple[Proposal, ...]] = field(default_factory=dict)
    done_before: set[str] = field(default_factory=set)

    def tie(self, tied: Link) -> None:
        """Add a link, whose key is asked for."""
        self.links.append(tied)
        self.asked.add(tied.key)

    def remember(self, code: str, key: str, name: Field, baseline: date | str | None) -> None:
        """The baseline of a link, unless it is unknown; `key` is the one from which the issue has its id."""
        if not isinstance(baseline, str):
            self.baselines[code, f"id-{key}", name] = baseline

    def sides(
        self, data_date: date | None = LATE, *, owner_is_complete: bool = True, follower_is_complete: bool = True
    ) -> tuple[Snapshot, Snapshot]:
        """The two snapshots."""
        owner = export(*self.milestones, data_date=data_date, complete=owner_is_complete, rejects=self.owner_rejects)
        follower = tracked(
            *self.issues,
            asked=self.asked,
            missing=self.missing,
            moved=self.moved,
            complete=follower_is_complete,
            rejects=self.follower_rejects,
        )
        return owner, follower

    @property
    def memory(self) -> Memory:
        return Memory(self.baselines, self.written, self.undone, self.proposals, frozenset(self.done_before))


def compare(world: World, sides: tuple[Snapshot, Snapshot], policy: Policy) -> tuple[set[Verdict], list[str]]:
    """Reconcile and hold every drift against the oracle: the verdicts expected, and where another one came."""
    owner, follower = sides
    found: dict[tuple[str, str | None, Field | None], list[Verdict]] = defaultdict(list)
    for drift in reconcile(owner, follower, world.links, world.memory, policy):
        hold_kind = (drift.hold_kind or drift.kind) if drift.action is Action.HOLD else None
        found[drift.code, drift.key, drift.field].append(Verdict(drift.kind, drift.action, hold_kind))
        assert drift.action is not Action.WRITE or drift.owner_value, f"a blank would be written: {drift}"
        assert drift.why, f"nothing is said about {drift}"

    seen: set[Verdict] = set()
    examples: dict[str, list[str]] = defaultdict(list)
    for facts, expected in verdicts(owner, follower, world.links, world.memory, policy):
        seen.add(expected)
        # what is not seen may go by the key that the link names
        places = [(facts.link.code, key, facts.field) for key in dict.fromkeys((facts.key_now, facts.link.key))]
        answers = next((found[place] for place in places if expected in found[place]), None)
        if answers:
            answers.remove(expected)
        else:
            got = ", ".join(str(verdict) for place in places for verdict in found[place])
            examples[f"expected {expected}, got {got or 'nothing'}"].append(str(facts))
    differences = [
        f"{len(alike)} x {difference}, first\n    {alike[0]}\n    {policy}" for difference, alike in examples.items()
    ]
    if not differences:
        left = {place: answers for place, answers in found.items() if answers}
        assert left.keys() == {(code, None, None) for code in unlinked(owner, world.links)}
        assert all(answers == [Verdict(DriftKind.UNLINKED, Action.REPORT, None)] for answers in left.values())
    return seen, differences


def due_world() -> World:
    """Every state of a due date that both sides show."""
    world = World()
    states = product(product(VALUES, VALUES, BASELINES), (0, -45), (*Basis, None), (UNKNOWN, *VALUES))
    for number, ((o, f, b), offset_days, basis, undone) in enumerate(states):
        code, key = f"A-{number}", f"DM-{number}"
        held_by_pmcs = o - timedelta(days=offset_days) if o else None
        world.milestones.append(milestone(code, held_by_pmcs, basis=basis))
        world.issues.append(issue(key, f))
        world.tie(link(code, key, fields=[Field.DUE], offset_days=offset_days))
        world.remember(code, key, Field.DUE, b)
        if not isinstance(undone, str):
            world.undone[code, f"id-{key}", Field.DUE] = undone
    return world


def proposal(code: str, issue_id: str, value: date, state: ProposalState) -> Proposal:
    return Proposal(code, issue_id, value, state, HANDED_OVER_ON)


PENDING, WITHDRAWN = ProposalState.PENDING, ProposalState.WITHDRAWN
PROPOSED: tuple[tuple[tuple[date, ProposalState], ...], ...] = (
    (),
    ((EARLY, PENDING),),
    ((EARLY, WITHDRAWN),),
    ((MIDDLE, PENDING),),
    ((EARLY, WITHDRAWN), (MIDDLE, PENDING)),
    ((MIDDLE, ProposalState.NOT_LANDED),),
)


def completed_world() -> World:
    """Every state of a completion that both sides show."""
    world = World()
    states = product(
        product(VALUES, VALUES, BASELINES),
        (Status.COMPLETED, Status.IN_PROGRESS),
        (True, False),
        (True, False),
        (True, False),
        PROPOSED,
    )
    for number, ((o, f, b), status, is_done, was_done, was_written, proposed) in enumerate(states):
        code, key = f"A-{number}", f"DM-{number}"
        place = (code, f"id-{key}")
        world.milestones.append(milestone(code, completed=o, status=status))
        world.issues.append(issue(key, completed=f, done=is_done))
        world.tie(link(code, key, fields=[Field.COMPLETED]))
        world.remember(code, key, Field.COMPLETED, b)
        if was_done:
            world.done_before.add(place[1])
        if was_written and f:
            world.written[*place, Field.COMPLETED] = frozenset({f})
        if proposed:
            world.proposals[place] = tuple(proposal(*place, *each) for each in proposed)
    return world


def owner_states(code: str, due: date | None, completed: date | None) -> Iterator[tuple[list[Milestone], list[Reject]]]:
    """Every way in which a code can be in an export, or not."""
    shown = milestone(code, due, completed)
    task = milestone(code, due, completed, kind=MilestoneKind.TASK)
    unread = Reject("row 9", code, "cannot be read")
    yield [shown], []
    yield [], []
    yield [task], []
    yield [], [unread]
    yield [shown], [unread]
    for name in ("due", "completed", "forecast"):
        yield [shown], [Reject("row 9", code, "cannot be read", field=name)]
    yield [], [Reject("row 9", code, "listed twice", RejectCause.DUPLICATE)] * 2
    yield [shown], [Reject("row 9", code, "listed twice", RejectCause.REPEATED)]


@dataclass(frozen=True)
class FollowerState:
    """One way in which a key can be in a tracker's snapshot, or not."""

    key_now: str
    linked_key: str
    is_shown: bool = True
    is_asked: bool = True
    rejects: tuple[tuple[RejectCause, str | None], ...] = ()


def follower_states(number: int) -> Iterator[FollowerState]:
    """Every way there is."""
    home, away, foreign = f"DM-{number}", f"DLP-{number}", f"XX-{number}"
    unreadable, duplicate = ((RejectCause.UNREADABLE, None),), ((RejectCause.DUPLICATE, None),)
    yield FollowerState(home, home)
    yield FollowerState(home, home, is_shown=False)
    yield FollowerState(home, home, is_shown=False, is_asked=False)
    yield FollowerState(home, home, is_shown=False, rejects=unreadable)
    yield FollowerState(home, home, is_shown=False, rejects=duplicate)
    yield FollowerState(home, home, rejects=((RejectCause.UNREADABLE, "due"),))
    yield FollowerState(home, home, rejects=((RejectCause.UNREADABLE, "completed"),))
    yield FollowerState(home, home, rejects=((RejectCause.REPEATED, None),))
    yield FollowerState(away, home)
    yield FollowerState(away, home, is_shown=False, rejects=unreadable)
    yield FollowerState(away, home, is_shown=False, rejects=duplicate)
    yield FollowerState(foreign, home)
    yield FollowerState(foreign, home, is_shown=False, rejects=unreadable)
    yield FollowerState(home, foreign)
    yield FollowerState(foreign, foreign)
    yield FollowerState(foreign, foreign, is_shown=False)
    yield FollowerState(foreign, foreign, is_shown=False, is_asked=False)


def presence_world() -> World:
    """Every way in which the sides can show a link or not, alone and with a second link to the same target."""
    world = World()
    states = product(
        SOME_VALUES,
        range(len(list(owner_states("", None, None)))),
        range(len(list(follower_states(0)))),
        ("none", "same code", "other code", "other field"),
    )
    for number, ((o, f, b), owner_number, follower_number, second) in enumerate(states):
        code = f"A-{number}"
        shown, rejects = list(owner_states(code, o, o))[owner_number]
        state = list(follower_states(number))[follower_number]
        world.milestones += shown
        world.owner_rejects += rejects
        first_fields, second_fields = (
            ([Field.DUE], [Field.COMPLETED]) if second == "other field" else (tuple(Field), [Field.DUE])
        )
        links = [link(code, state.linked_key, fields=first_fields)]
        if second != "none":
            other = f"B-{number}" if second == "other code" else code
            links.append(link(other, state.linked_key, fields=second_fields, role="also"))
        world.links += links
        if state.is_asked:
            world.asked.add(state.linked_key)
        if state.key_now != state.linked_key:
            world.moved[state.linked_key] = state.key_now
        if state.is_shown:
            world.issues.append(issue(state.key_now, f, f, issue_id=f"id-{code}"))
            world.baselines |= {(code, f"id-{code}", name): b for name in Field if not isinstance(b, str)}
        elif state.is_asked and not state.rejects:
            world.missing.append(state.linked_key)
        world.follower_rejects += [
            Reject("issue", state.key_now, "cannot be used", cause, field=name) for cause, name in state.rejects
        ]
    return world


def two_reports_world() -> World:
    """A milestone with two issues, each with its completion, a third without one and a fourth that agreed on one."""
    world = World()
    reports = tuple(product((None, EARLY, MIDDLE), BASELINES))
    for number, (o, first, second) in enumerate(product((None, EARLY, UNREADABLE), reports, reports)):
        code = f"A-{number}"
        world.milestones.append(milestone(code, completed=None if isinstance(o, str) else o))
        if o is UNREADABLE:
            world.owner_rejects.append(Reject("row 9", code, "cannot be read", field="completed"))
        for place, (f, b) in enumerate((first, second, (None, UNKNOWN), (EARLY, EARLY))):
            key = f"DM-{number}{place}"
            world.issues.append(issue(key, completed=f))
            world.tie(link(code, key))
            world.remember(code, key, Field.COMPLETED, b)
    return world


def worlds() -> Iterator[tuple[World, tuple[Snapshot, Snapshot], Policy]]:
    """Every world under every policy that can matter to it."""
    due = due_world()
    for first_contact, follower_edit, bases in product(
        FirstContact, FollowerEdit, ({Basis.BASELINE}, {Basis.BASELINE, Basis.FORECAST})
    ):
        policy = Policy(
            PROJECTS,
            write_basis=frozenset(bases),
            first_contact=first_contact,
            follower_edit=follower_edit,
        )
        yield due, due.sides(), policy

    # what may be done with a due date does not matter to a completion, and so it is open to anything here
    anything = Policy(PROJECTS, frozenset(Field), frozenset(Basis), FirstContact.OWNER, FollowerEdit.RESTORE)
    completed = completed_world()
    for data_date in (EARLY, MIDDLE, None):
        yield completed, completed.sides(data_date), anything
    yield completed, completed.sides(LATE), replace(anything, report_to_owner=False)
    yield completed, completed.sides(LATE), replace(anything, writable=frozenset({Field.DUE}))

    presence = presence_world()
    for owner_is_complete, follower_is_complete in product((True, False), repeat=2):
        sides = presence.sides(owner_is_complete=owner_is_complete, follower_is_complete=follower_is_complete)
        yield presence, sides, anything
    # with this data date each completion is implausible, where it can be seen at all
    yield presence, presence.sides(EARLY - timedelta(days=1)), anything

    two_reports = two_reports_world()
    yield two_reports, two_reports.sides(), anything


def test_the_oracle_knows_every_word_there_can_be() -> None:
    words = set()
    for values in product(VALUES, VALUES, BASELINES):
        dates = [value for value in dict.fromkeys(values) if isinstance(value, date)]
        words.add("".join("-" if v is None else "xyz"[dates.index(v)] if isinstance(v, date) else "?" for v in values))
    assert words == set(WORDS)


def test_every_case_is_decided_as_the_truth_table_says_and_every_verdict_occurs() -> None:
    seen: set[Verdict] = set()
    differences: list[str] = []
    for world, sides, policy in worlds():
        seen_here, differences_here = compare(world, sides, policy)
        seen |= seen_here
        differences += differences_here
    assert not differences, "\n".join(differences)
    assert seen == ALL_VERDICTS


def test_a_code_with_a_link_is_never_unlinked_and_a_task_never_takes_part() -> None:
    world = World(milestones=[milestone("A-1"), milestone("A-2"), milestone("A-3", kind=MilestoneKind.TASK)])
    world.tie(link("A-1", "DM-1", fields=[]))
    sides = world.sides()
    assert compare(world, sides, Policy(PROJECTS)) == (set(), [])
    assert [drift.code for drift in reconcile(*sides, world.links, world.memory, Policy(PROJECTS))] == ["A-2"]


CODES = ("A-1", "A-2", "A-3")
KEYS = ("DM-1", "DM-2", "DLP-3", "XX-4")
some_date = st.sampled_from(VALUES)


@st.composite
def tangled_worlds(draw: st.DrawFn) -> tuple[World, tuple[Snapshot, Snapshot]]:
    """Few codes and keys with many links between them: all that links can do to each other."""
    world = World()
    reasons = st.sampled_from(
        (
            (RejectCause.DUPLICATE, None),
            (RejectCause.REPEATED, None),
            *((RejectCause.UNREADABLE, name) for name in (None, "due", "completed", "forecast")),
        )
    )
    for code in CODES:
        if draw(st.integers(0, 9)):
            status = draw(st.sampled_from((None, Status.IN_PROGRESS, Status.COMPLETED)))
            basis = draw(st.sampled_from(Basis))
            world.milestones.append(milestone(code, draw(some_date), draw(some_date), status=status, basis=basis))
        if not draw(st.integers(0, 5)):
            cause, name = draw(reasons)
            world.owner_rejects.append(Reject("row 9", code, "cannot be used", cause, field=name))
    for key in KEYS:
        key_now = draw(st.sampled_from((key, key, key, f"DLP-{key[-1]}0", f"XX-{key[-1]}0", None)))
        if key_now is None:
            if draw(st.booleans()):
                world.missing.append(key)
                world.asked.add(key)
            continue
        world.asked.add(key)
        if key_now != key:
            world.moved[key] = key_now
        completed, is_done = draw(some_date), draw(st.sampled_from((None, True, False)))
        shown = issue(key_now, draw(some_date), completed, done=is_done, issue_id=f"id-{key}")
        world.issues.append(shown)
        if draw(st.booleans()):
            world.done_before.add(f"id-{key}")
        if not draw(st.integers(0, 5)):
            cause, name = draw(reasons)
            world.follower_rejects.append(Reject("issue", key_now, "cannot be used", cause, field=name))
    for code, key in draw(st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(KEYS)), max_size=6)):
        fields = draw(st.sampled_from(([Field.DUE], [Field.COMPLETED], list(Field))))
        # some links still name the key from before a move, others already the one from after it
        key_named = draw(st.sampled_from((key, world.moved.get(key, key))))
        if key in world.asked:
            world.asked.add(key_named)
        world.links.append(link(code, key_named, fields=fields, offset_days=draw(st.sampled_from((0, -45)))))
        place = (code, f"id-{key}")
        for name in Field:
            world.remember(code, key, name, draw(st.sampled_from(BASELINES)))
            world.written[*place, name] = draw(st.frozensets(st.sampled_from((EARLY, MIDDLE, LATE))))
            if draw(st.booleans()):
                world.undone[*place, name] = draw(some_date)
        proposed = draw(
            st.lists(st.tuples(st.sampled_from((EARLY, MIDDLE)), st.sampled_from(ProposalState)), max_size=2)
        )
        world.proposals[place] = tuple(proposal(*place, *each) for each in proposed)
    sides = world.sides(
        draw(some_date), owner_is_complete=draw(st.booleans()), follower_is_complete=draw(st.booleans())
    )
    return world, sides


policies = st.builds(
    Policy,
    projects=st.just(PROJECTS),
    writable=st.sampled_from((frozenset(Field), frozenset({Field.DUE}))),
    write_basis=st.frozensets(st.sampled_from(Basis)),
    first_contact=st.sampled_from(FirstContact),
    follower_edit=st.sampled_from(FollowerEdit),
    report_to_owner=st.booleans(),
)


@settings(max_examples=400)
@given(tangled=tangled_worlds(), policy=policies)
def test_links_that_touch_each_other_are_decided_as_the_truth_table_says(
    tangled: tuple[World, tuple[Snapshot, Snapshot]], policy: Policy
) -> None:
    world, sides = tangled
    _, differences = compare(world, sides, policy)
    assert not differences, "\n".join(differences)
