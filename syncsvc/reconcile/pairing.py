"""Both sides brought together: for each link and field the case that the truth table decides."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from syncsvc.model import (
    Field,
    Link,
    LinkKey,
    Memory,
    Milestone,
    Policy,
    Reject,
    RejectCause,
    Snapshot,
    by_code,
    project_of,
)
from syncsvc.reconcile.case import Case


def pair(owner: Snapshot, follower: Snapshot, links: Sequence[Link], memory: Memory, policy: Policy) -> Iterator[Case]:
    """The cases in order of links; what cannot be seen of a side, or may not be used, is said in its place."""
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
