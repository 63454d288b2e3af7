"""Every link as it stands: where it is declared, and what the newest snapshots show of its two ends. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncsvc.model import Field, Link, Milestone, Snapshot, by_code, project_of


class Flag(StrEnum):
    """What is wrong with a link, or not known of it."""

    PMCS_GONE = "pmcs_gone"  # the newest export does not have the milestone
    PMCS_UNSEEN = "pmcs_unseen"  # there is no export, or it could not be read there
    JIRA_GONE = "jira_gone"  # Jira was asked and does not show the issue
    JIRA_UNSEEN = "jira_unseen"  # Jira was not asked for it yet, or could not be read
    FOREIGN_PROJECT = "foreign_project"  # outside `projects`: held, never written
    MOVED = "moved"  # the issue has another key now
    AMBIGUOUS = "ambiguous"  # another link gives a date of the same issue


@dataclass(frozen=True, slots=True)
class LinkStanding:
    """One link, its two ends as far as they are seen, and its flags."""

    link: Link
    milestone: Milestone | None
    issue: Milestone | None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkList:
    """All links, and the milestones of the newest export that have none (None: no export was read yet)."""

    standings: tuple[LinkStanding, ...]
    unlinked: tuple[Milestone, ...] | None
    owner: Snapshot | None = None
    follower: Snapshot | None = None


def list_links(
    links: Sequence[Link], owner: Snapshot | None, follower: Snapshot | None, projects: Collection[str]
) -> LinkList:
    """How each link stands in the newest snapshots. `owner` has its aliases resolved."""
    milestones = by_code(owner.taking_part()) if owner is not None else {}
    issues = by_code(follower.milestones) if follower is not None else {}
    moved = follower.moved if follower is not None else {}
    targets = Counter((moved.get(link.key, link.key), name) for link in links for name in link.fields)
    standings = []
    for link in links:
        key = moved.get(link.key, link.key)
        milestone, issue = milestones.get(link.code), issues.get(key)
        flags: list[Flag] = []
        if milestone is None:
            flags.append(Flag.PMCS_GONE if _is_gone(owner, link.code) else Flag.PMCS_UNSEEN)
        if issue is None:
            gone = follower is not None and link.key in follower.missing
            flags.append(Flag.JIRA_GONE if gone else Flag.JIRA_UNSEEN)
        if project_of(key) not in projects:
            flags.append(Flag.FOREIGN_PROJECT)
        if key != link.key:
            flags.append(Flag.MOVED)
        if any(targets[key, name] > 1 for name in link.fields):
            flags.append(Flag.AMBIGUOUS)
        standings.append(LinkStanding(link, milestone, issue, tuple(flags)))
    linked = {link.code for link in links}
    unlinked = None if owner is None else tuple(m for m in owner.taking_part() if m.code not in linked)
    return LinkList(tuple(standings), unlinked, owner, follower)


def field_names(fields: Iterable[Field]) -> list[str]:
    """Fields in their fixed order."""
    given = set(fields)
    return [name.value for name in Field if name in given]


def _is_gone(owner: Snapshot | None, code: str) -> bool:
    return owner is not None and owner.complete and all(reject.code != code for reject in owner.rejects)
