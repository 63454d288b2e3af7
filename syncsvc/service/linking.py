"""Links as persons see and make them: what stands, what is suggested, what was accepted or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from syncsvc.errors import SourceError, UsageError
from syncsvc.link_list import LinkList, list_links
from syncsvc.model import Candidates, Field, Link, LinkWord, Milestone, Snapshot, is_jira_key, project_of
from syncsvc.reconcile import resolve_aliases
from syncsvc.service.pulling import current_links, newest_of, newest_owner
from syncsvc.service.session import Session
from syncsvc.service.setup import Setup
from syncsvc.suggestions import Suggested, suggest_links


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is suggested for milestones without a link, and where it was looked for."""

    milestones: tuple[Suggested, ...]
    searched: Candidates


@dataclass(frozen=True, slots=True)
class LinkTaken:
    """What was said about a pair and kept, the two ends as far as they are seen, and what to know about it."""

    word: LinkWord
    milestone: Milestone | None
    issue: Milestone | None
    warnings: tuple[str, ...] = ()


def look_at_links(setup: Setup) -> LinkList:
    """Every link as the store last saw its ends; changes nothing."""
    owner = newest_of(setup, setup.owner)
    resolved = None if owner is None else resolve_aliases(owner, setup.aliases)
    return list_links(current_links(setup), resolved, newest_of(setup, setup.follower), setup.policy.projects)


def find_suggestions(setup: Setup, prefixes: Sequence[str] = ()) -> Suggestions:
    """Candidates for the milestones of the newest export that have no link; the tracker is only read.

    `prefixes`: only milestones whose code begins with one of them. An issue that is linked already, and a pair that
    was refused, is not suggested.
    """
    if setup.find_candidates is None:
        raise UsageError("the tracker cannot be searched for candidates", "Say the links in a links file.")
    owner, links = newest_owner(setup), current_links(setup)
    linked_codes = {link.code for link in links}
    unlinked = [m for m in owner.taking_part() if m.code not in linked_codes]
    chosen = [m for m in unlinked if not prefixes or m.code.startswith(tuple(prefixes))]
    if prefixes and not chosen:
        raise UsageError(
            f"no milestone without a link has a code that begins with {' or '.join(prefixes)}",
            "`syncsvc links list --unlinked` shows them.",
        )
    searched = setup.find_candidates()
    linked_keys = {link.key for link in links}
    free = [c for c in searched.found if c.issue.code not in linked_keys and _in_projects(setup, c.issue.code)]
    refused = {(word.code, word.key) for word in setup.store.link_words() if not word.accepted}
    return Suggestions(suggest_links(chosen, free, refused=refused, aliases=setup.aliases), searched)


def accept_link(session: Session, code: str, key: str, role: str) -> LinkTaken:
    """Link a milestone of the newest export to an issue that the tracker shows now, and keep who said so.

    UsageError where the pair cannot be a link; what the link will run into is a warning.
    """
    setup = session.setup
    milestone = _find_milestone(setup, code)
    key = _checked_key(key)
    if not _in_projects(setup, key):
        raise UsageError(
            f"{key} is outside `projects` ({_projects(setup)}): the link would only ever be held",
            f"Add {project_of(key)} to `projects` of the Jira connector first, if its issues may be written.",
        )
    issue, current = _find_issue(setup, key)
    links = current_links(setup)
    for link in links:
        same_pair = link.code == milestone.code and link.key in (key, current)
        if same_pair and not (
            link.accepted and link.role != role
        ):  # an accepted link may be accepted in its other role
            raise UsageError(
                f"{milestone.code} and {link.key} are linked already: {link.declared}", "Nothing is to be done."
            )
    warnings = [f"{key} is {current} now; the link is to {current}"] if current != key else []
    fields = frozenset({Field.DUE}) if role == "test_plan" else frozenset(Field)
    warnings += _what_it_meets(links, milestone.code, current, role, fields)
    word = LinkWord(milestone.code, current, accepted=True, role=role, actor=session.actor, at=setup.now())
    setup.store.keep_link_words(session.lease, session.run, [word])
    return LinkTaken(word, milestone, issue, tuple(warnings))


def refuse_link(session: Session, code: str, key: str, reason: str) -> LinkTaken:
    """Say that a pair is no link: it is not suggested again, and ends as a link where it had been accepted."""
    setup = session.setup
    if not reason.strip():
        raise UsageError("say why: a reason is missing", "It is kept, so that nobody has to ask again.")
    key = _checked_key(key)
    code = setup.aliases.get(code, code)
    accepted = {(w.code, w.key) for w in setup.store.link_words() if w.accepted}
    milestone = None if (code, key) in accepted else _find_milestone(setup, code)
    for link in current_links(setup):
        if (link.code, link.key) == (code, key) and not link.accepted:
            raise UsageError(f"{code} and {key} are linked by {link.declared}", "Take the link out there.")
    word = LinkWord(code, key, accepted=False, reason=reason.strip(), actor=session.actor, at=setup.now())
    setup.store.keep_link_words(session.lease, session.run, [word])
    warnings = ("it had been accepted, and is a link no more",) if (code, key) in accepted else ()
    return LinkTaken(word, milestone, None, warnings)


def _find_milestone(setup: Setup, code: str) -> Milestone:
    export = newest_owner(setup)
    code = setup.aliases.get(code, code)
    milestones = {m.code: m for m in export.taking_part()}
    if code in milestones:
        return milestones[code]
    label = " ".join(filter(None, (export.period, export.kind)))
    if any(m.code == code for m in export.milestones):
        raise UsageError(
            f"{code} is no milestone in the newest export ({label}), but another activity", "Link the milestone."
        )
    near = get_close_matches(code, milestones, n=3)
    hint = f"Near it are: {', '.join(near)}." if near else "`syncsvc show pmcs:latest` lists its milestones."
    raise UsageError(f"{code} is not in the newest export ({label})", hint)


def _find_issue(setup: Setup, key: str) -> tuple[Milestone, str]:
    """The issue as the tracker shows it now, and the key it has now."""
    seen: Snapshot = setup.follower.read([key])
    current = seen.moved.get(key, key)
    issue = next((m for m in seen.milestones if m.code == current), None)
    if issue is None:
        if not seen.complete:
            raise SourceError(f"{setup.follower.name} did not say whether {key} is there", "Run it again.")
        raise UsageError(
            f"Jira does not show {key}: it is not there, or this account may not see it",
            "Correct the key, or give the account Browse projects.",
        )
    if not _in_projects(setup, current):
        raise UsageError(
            f"{key} is {current} now, which is outside `projects` ({_projects(setup)})",
            "Add its project to `projects` of the Jira connector first, if its issues may be written.",
        )
    return issue, current


def _what_it_meets(links: Sequence[Link], code: str, key: str, role: str, fields: frozenset[Field]) -> list[str]:
    """What the other links make of a new one: both dates into two issues is meant at times, one into two never."""
    warnings = [
        f"{key} gets its {name.value} date from {link.code} too ({link.declared}): both are held as ambiguous"
        for link in links
        if link.key == key and link.code != code
        for name in Field
        if name in fields & link.fields
    ]
    others = [link for link in links if link.code == code and link.key != key and link.role == role]
    return warnings + [f"{code} drives {link.key} too ({link.declared})" for link in others]


def _checked_key(key: str) -> str:
    if not is_jira_key(key.upper()):
        raise UsageError(f"{key} is no Jira key", "Write a key such as DM-17119.")
    return key.upper()


def _in_projects(setup: Setup, key: str) -> bool:
    return project_of(key) in setup.policy.projects


def _projects(setup: Setup) -> str:
    return ", ".join(sorted(setup.policy.projects)) or "none"
