"""The truth table: what differs between owner and follower, and who moved.

Pure. One link and one field make a `Case`; `TABLE` lists the rows of the table in order, and the first row that
matches decides. What is then done about it (write, propose, hold, report) is in `_action`. The rules come from
"Reconciliation: the truth table" of the product's rules; the README explains each kind of hold for a controller.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

from syncsvc.model import (
    Action,
    Drift,
    DriftKind,
    Field,
    FirstContact,
    FollowerEdit,
    Link,
    LinkKey,
    Memory,
    Milestone,
    Policy,
    Proposal,
    ProposalState,
    Reject,
    RejectCause,
    Snapshot,
    Status,
    by_code,
    project_of,
)


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


def _is_ambiguous(c: Case) -> str:
    return c.ambiguous


def _is_foreign_project(c: Case) -> str:
    if not c.foreign:
        return ""
    moved = c.current_key != c.link.key
    where = f"moved to {c.current_key}, in project" if moved else "is in project"
    return f"{c.link.key} {where} {c.foreign}, which is not among `projects`"


def _is_unseen(c: Case) -> str:
    return c.owner_unseen or c.follower_unseen


def _is_gone(c: Case) -> str:
    if c.owner is None:
        return f"{c.link.code} is not among the milestones of the newest export"
    if c.follower is None:
        return f"Jira does not show {c.link.key}: deleted, or not visible to the account"
    return ""


def _is_implausible(c: Case) -> str:
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


def _is_in_sync(c: Case) -> str:
    return "both sides agree" if c.o == c.f else ""


def _is_history_rewritten(c: Case) -> str:
    if not (c.completed and c.b_is_date and c.o != c.b):
        return ""
    if c.o is None:
        return f"PMCS withdrew the completion of {c.b} that both sides had agreed on"
    return f"PMCS rewrote the completion both sides had agreed on: {c.b} became {c.o}"


def _is_reported(c: Case) -> str:
    if c.completed and c.o is None and c.f is not None and not c.b_is_date:
        return f"Jira reports the completion of {c.f}"
    return ""


def _is_answered(c: Case) -> str:
    """Row 9: PMCS shows its own date for a completion that was proposed to it."""
    if c.completed and c.o is not None and not c.b_is_date and c.f is not None and c.f == c.last_proposed:
        return f"PMCS answered the proposed completion of {c.f} with {c.o}"
    return ""


def _is_withdrawn(c: Case) -> str:
    """Row 10: Jira took back a completion that had been proposed."""
    if c.completed and c.f is None and c.o is not None and not c.b_is_date and c.proposals:
        return f"Jira withdrew the completion it had reported ({c.last_proposed}); PMCS now says {c.o}"
    return ""


def _is_owner_blank(c: Case) -> str:
    return f"PMCS has no date, Jira has {c.f}; a blank is never written" if c.o is None and c.f is not None else ""


def _is_owner_moved(c: Case) -> str:
    return f"PMCS moved from {_said(c.b)} to {_said(c.o)}" if c.b_known and c.f == c.b else ""


def _is_follower_edited(c: Case) -> str:
    if not (c.b_known and c.o == c.b):
        return ""
    if c.undone:
        return f"a write was taken back: Jira holds {_said(c.f)} again, PMCS says {_said(c.o)}"
    return f"Jira was edited from {_said(c.b)} to {_said(c.f)}; PMCS still says {_said(c.o)}"


def _is_both_moved(c: Case) -> str:
    if not c.b_known:
        return ""
    return f"both moved from {_said(c.b)}: PMCS to {_said(c.o)}, Jira to {_said(c.f)}"


def _is_first_contact(c: Case) -> str:
    return f"first meeting: PMCS says {_said(c.o)}, Jira {_said(c.f)}, and nobody knows who moved"


#: Rows 1 to 15: the first whose predicate says why it matches decides. Row 16, unlinked, has no link to look at.
TABLE: Final[tuple[tuple[int, DriftKind, Callable[[Case], str]], ...]] = (
    (1, DriftKind.AMBIGUOUS, _is_ambiguous),
    (2, DriftKind.FOREIGN_PROJECT, _is_foreign_project),
    (3, DriftKind.UNSEEN, _is_unseen),
    (4, DriftKind.GONE, _is_gone),
    (5, DriftKind.IMPLAUSIBLE, _is_implausible),
    (6, DriftKind.IN_SYNC, _is_in_sync),
    (7, DriftKind.HISTORY_REWRITTEN, _is_history_rewritten),
    (8, DriftKind.REPORTED, _is_reported),
    (9, DriftKind.OWNER_MOVED, _is_answered),
    (10, DriftKind.FOLLOWER_EDITED, _is_withdrawn),
    (11, DriftKind.OWNER_BLANK, _is_owner_blank),
    (12, DriftKind.OWNER_MOVED, _is_owner_moved),
    (13, DriftKind.FOLLOWER_EDITED, _is_follower_edited),
    (14, DriftKind.BOTH_MOVED, _is_both_moved),
    (15, DriftKind.FIRST_CONTACT, _is_first_contact),
)

#: Without a Jira field for completions these cannot be settled in Jira: they are said, and do not wait for anybody.
_NEEDS_COMPLETED_FIELD: Final = frozenset(
    {DriftKind.OWNER_MOVED, DriftKind.FIRST_CONTACT, DriftKind.FOLLOWER_EDITED, DriftKind.BOTH_MOVED}
)
_ALWAYS: Final = {
    DriftKind.AMBIGUOUS: Action.HOLD,
    DriftKind.FOREIGN_PROJECT: Action.HOLD,
    DriftKind.UNSEEN: Action.REPORT,
    DriftKind.GONE: Action.REPORT,
    DriftKind.IMPLAUSIBLE: Action.HOLD,
    DriftKind.IN_SYNC: Action.RECORD,
    DriftKind.HISTORY_REWRITTEN: Action.HOLD,
    DriftKind.OWNER_BLANK: Action.HOLD,
    DriftKind.BOTH_MOVED: Action.HOLD,
}


def reconcile(
    owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory, policy: Policy
) -> tuple[Drift, ...]:
    """Every link and field through the truth table, then every milestone of the owner that has no link.

    Ordered by code, key and field. `owner` has its aliases resolved already (`resolve_aliases`).
    """
    drifts = [_decide(case, policy) for case in _cases(owner, follower, links, memory, policy)]
    linked = {link.code for link in links}
    drifts += [
        Drift(m.code, DriftKind.UNLINKED, Action.REPORT, why="no link names a Jira issue for it")
        for m in owner.taking_part()
        if m.code not in linked
    ]
    return tuple(sorted(drifts, key=lambda d: (d.code, d.key or "", d.field or "")))


def resolve_aliases(snapshot: Snapshot, aliases: Mapping[str, str]) -> Snapshot:
    """The snapshot with every alias read as the code it stands for.

    A code that then stands there twice counts once where its dates agree; where they differ none of its rows
    is used, and each is a reject of cause duplicate.
    """
    if not any(m.code in aliases for m in snapshot.milestones) and not any(r.code in aliases for r in snapshot.rejects):
        return snapshot
    together: dict[str, list[Milestone]] = defaultdict(list)
    for milestone in snapshot.milestones:
        together[aliases.get(milestone.code, milestone.code)].append(milestone)
    kept: list[Milestone] = []
    rejects = [replace(r, code=aliases.get(r.code, r.code)) if r.code else r for r in snapshot.rejects]
    for code, twins in together.items():
        same = len({(m.due, m.completed, m.forecast) for m in twins}) == 1
        if same:
            kept.append(replace(twins[0], code=code))
        names = ", ".join(f"{m.code} ({m.where})" for m in twins)
        rejects += [
            Reject(
                where=m.where,
                code=code,
                reason=f"one milestone under several codes: {names}; {'the first counts' if same else 'dates differ'}",
                cause=RejectCause.REPEATED if same else RejectCause.DUPLICATE,
                kind=m.kind,
            )
            for m in (twins[1:] if same else twins)
        ]
    return replace(snapshot, milestones=tuple(kept), rejects=tuple(rejects))


def owner_value(milestone: Milestone, link: Link, name: Field) -> date | None:
    """What the owner wants the follower to show: its date, moved by the link's offset in calendar days for due."""
    value = milestone.value(name)
    if value is None or name is not Field.DUE or not link.offset_days:
        return value
    try:
        return value + timedelta(days=link.offset_days)
    except OverflowError:  # an offset beyond the calendar names no day
        return None


class _Unusable:
    """What a snapshot's rejects say of a code, or of one field of it."""

    def __init__(self, rejects: Iterable[Reject]) -> None:
        self.duplicates: dict[str, str] = {}
        self.rows: dict[str, str] = {}
        self.fields: dict[tuple[str, str], str] = {}
        for reject in rejects:
            if reject.code is None or reject.cause is RejectCause.REPEATED:
                continue
            said = f"{reject.where}: {reject.reason}"
            if reject.cause is RejectCause.DUPLICATE:
                self.duplicates.setdefault(reject.code, said)
            elif reject.field is None:
                self.rows.setdefault(reject.code, said)
            else:
                self.fields.setdefault((reject.code, reject.field), said)

    def why(self, code: str, name: Field) -> str:
        if not self.rows and not self.fields:
            return ""
        return self.rows.get(code) or self.fields.get((code, name.value), "")


class _Ends(NamedTuple):
    """A link with what stands at its two ends."""

    link: Link
    milestone: Milestone | None
    issue: Milestone | None
    current_key: str  # the link's key, or the one the issue moved to
    target: str  # what a write would go to: the issue, or where it was not seen the link's key


def _cases(
    owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory, policy: Policy
) -> Iterator[Case]:
    owner_unusable, follower_unusable = _Unusable(owner.rejects), _Unusable(follower.rejects)
    every = _ends(owner, follower, links)
    doubled = _doubled_targets(every)
    reports = _reports(every, owner_unusable, follower_unusable, memory)
    baselines, proposals = memory.baselines, memory.proposals
    nothing: frozenset[date] = frozenset()
    for link, milestone, issue, current_key, target in every:
        project = project_of(current_key)
        foreign = project if project not in policy.projects else ""
        for name in _in_order(link.fields):
            owner_unseen = owner_unusable.why(link.code, name)
            seen_owner = None if owner_unseen else milestone
            if seen_owner is None and not owner_unseen and not owner.complete:
                owner_unseen = "the export was not read completely"
            follower_unseen = follower_unusable.why(current_key, name)
            seen_follower = None if follower_unseen else issue
            if seen_follower is None and not follower_unseen:
                follower_unseen = _why_follower_is_unseen(link, follower)
            ambiguous = (
                owner_unusable.duplicates.get(link.code)
                or follower_unusable.duplicates.get(current_key)
                or (f"two links write {name} of {current_key}" if (target, name) in doubled else "")
            )
            if not ambiguous and name is Field.COMPLETED and link.code in reports:
                ambiguous = _why_reports_differ(link, reports[link.code])
            issue_id = (issue.issue_id if issue else None) or current_key
            link_key: LinkKey = (link.code, issue_id, name)
            f = seen_follower.value(name) if seen_follower else None
            yield Case(
                link=link,
                field=name,
                current_key=current_key,
                owner=seen_owner,
                follower=seen_follower,
                owner_unseen=owner_unseen,
                follower_unseen=follower_unseen,
                o=owner_value(seen_owner, link, name) if seen_owner else None,
                f=f,
                b=baselines.get(link_key),
                b_known=link_key in baselines,
                ambiguous=ambiguous,
                foreign=foreign,
                data_date=owner.data_date,
                written=memory.written.get(link_key, nothing),
                proposals=proposals.get((link.code, issue_id), ()) if proposals else (),
                done_before=issue_id in memory.done_before,
                undone=link_key in memory.undone and memory.undone[link_key] == f,
            )


def _ends(owner: Snapshot, follower: Snapshot, links: Sequence[Link]) -> list[_Ends]:
    owners, followers = by_code(owner.taking_part()), by_code(follower.milestones)
    every = []
    for link in links:
        key = follower.moved.get(link.key, link.key)
        issue = followers.get(key)
        target = link.key if issue is None else issue.issue_id or issue.code
        every.append(_Ends(link, owners.get(link.code), issue, key, target))
    return every


def _doubled_targets(every: Sequence[_Ends]) -> set[tuple[str, Field]]:
    """What more than one link would write."""
    times = Counter([ends.target for ends in every])
    if len(times) == len(every):
        return set()
    fields = Counter((e.target, name) for e in every if times[e.target] > 1 for name in e.link.fields)
    return {place for place, links in fields.items() if links > 1}


def _reports(
    every: Sequence[_Ends], owner_unusable: _Unusable, follower_unusable: _Unusable, memory: Memory
) -> dict[str, dict[Link, date]]:
    """Code -> the completions that its links report to an owner without one."""
    reports: dict[str, dict[Link, date]] = defaultdict(dict)
    for link, milestone, issue, _, _ in every:
        if (
            milestone is not None
            and milestone.completed is None
            and issue is not None
            and issue.completed is not None
            and Field.COMPLETED in link.fields
            and not owner_unusable.why(link.code, Field.COMPLETED)
            and not follower_unusable.why(issue.code, Field.COMPLETED)
            and memory.baselines.get((link.code, issue.issue_id or issue.code, Field.COMPLETED)) is None
        ):
            reports[link.code][link] = issue.completed
    return dict(reports)


def _why_reports_differ(link: Link, reports: Mapping[Link, date]) -> str:
    days = sorted(set(reports.values()))
    if link not in reports or len(days) == 1:
        return ""
    return f"the Jira issues linked to {link.code} report different completions: {' and '.join(map(str, days))}"


@cache
def _in_order(names: frozenset[Field]) -> tuple[Field, ...]:
    return tuple(sorted(names))


def _why_follower_is_unseen(link: Link, follower: Snapshot) -> str:
    if not follower.complete:
        return "Jira was not read completely"
    if follower.asked is not None and link.key not in follower.asked:
        return f"Jira was not asked for {link.key}: the link is newer than what was read"
    return ""


def _deciding_row(case: Case) -> tuple[DriftKind, str]:
    for _, kind, why_it_is in TABLE:
        if why := why_it_is(case):
            return kind, why
    raise AssertionError("the last row matches whatever is left")


def _decide(case: Case, policy: Policy) -> Drift:
    kind, why = _deciding_row(case)
    action, hold_kind, addition, waits = _action(kind, case, policy)
    seen_on_both = case.owner is not None and case.follower is not None
    return Drift(
        code=case.link.code,
        kind=kind,
        action=action,
        key=case.current_key,
        issue_id=(case.follower.issue_id or case.follower.code) if case.follower else None,
        field=case.field,
        owner_value=case.o,
        follower_value=case.f,
        held=case.follower.held(case.field) if case.follower else None,
        baseline=case.b,
        baseline_known=case.b_known,
        why=f"{why}; {addition}" if addition else why,
        hold_kind=(hold_kind or kind) if action is Action.HOLD else None,
        from_column=case.owner.column(case.field) if case.owner else None,
        basis=case.owner.due_basis if case.owner and case.field is Field.DUE else None,
        waits=waits,
        seen_on_both=seen_on_both,
    )


def _action(kind: DriftKind, c: Case, policy: Policy) -> tuple[Action, DriftKind | None, str, bool]:
    """What to do about a case: the action, a kind of hold of its own, words to add, and whether it waits by itself."""
    if kind is DriftKind.REPORTED:
        return _proposal(c, policy)
    if c.completed and kind in _NEEDS_COMPLETED_FIELD and Field.COMPLETED not in policy.writable:
        return Action.REPORT, None, "Jira has no field for it (`completed_field` is not configured)", False
    if kind in _ALWAYS:
        return _ALWAYS[kind], None, "", False
    if not _may_write(kind, c, policy):
        return Action.HOLD, None, "", False
    if c.field is Field.DUE and c.owner is not None and c.owner.due_basis not in policy.write_basis:
        basis = c.owner.due_basis.value if c.owner.due_basis else "unknown"
        column = c.owner.due_column or "?"
        return Action.HOLD, DriftKind.BASIS, f"{column} is a {basis} date, which is not in `write_basis`", False
    return Action.WRITE, None, "", False


def _may_write(kind: DriftKind, c: Case, policy: Policy) -> bool:
    if kind is DriftKind.OWNER_MOVED:
        return True
    if c.completed or c.o is None:
        return False
    if kind is DriftKind.FOLLOWER_EDITED:
        return policy.follower_edit is FollowerEdit.RESTORE and not c.undone
    return policy.first_contact is FirstContact.OWNER or (policy.first_contact is FirstContact.FILL and c.f is None)


def _proposal(c: Case, policy: Policy) -> tuple[Action, DriftKind | None, str, bool]:
    if not policy.report_to_owner:
        return Action.REPORT, None, "`report_to_owner` is off, so PMCS is not told", False
    last = c.proposals[-1] if c.proposals else None
    if last is not None and last.state is ProposalState.PENDING and last.value == c.f:
        return Action.REPORT, None, f"handed over on {last.handed_over_on}, not yet in an export", True
    if c.f is not None and (c.data_date is None or c.f > c.data_date):
        return Action.REPORT, None, f"waits for an export whose data date has reached {c.f}", True
    if c.undone:
        return Action.HOLD, None, "handing it over was taken back", False
    return Action.PROPOSE, None, "to be handed to PMCS", False


def _said(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()
