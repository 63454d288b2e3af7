"""What a person has to look at before anything is written from it, besides the safety limits.

Each is a violation that is named like a limit and waived like one: no unattended run passes it.
"""

from collections.abc import Sequence
from typing import Final

from syncsvc.errors import ConfigError
from syncsvc.model import Change, Field, Link, Side, Snapshot, Violation
from syncsvc.run_mark import RunMark
from syncsvc.service.setup import Setup

RESTORED_STORE: Final = "restored_store"
OLDER_EDITION: Final = "older_edition"
CHANGED_OFFSET: Final = "changed_offset"
DOUBTS: Final = frozenset({RESTORED_STORE, OLDER_EDITION, CHANGED_OFFSET})

_NAMED: Final = 3


def doubts_about(
    setup: Setup, owner: Snapshot, follower: Snapshot, links: Sequence[Link], changes: Sequence[Change]
) -> tuple[Violation, ...]:
    """What is doubtful about these changes: they come from a copy of a replaced export, or from another offset."""
    if not changes:
        return ()
    found = (_older_edition(setup, owner), _changed_offset(setup, follower, links, changes))
    return tuple(violation for violation in found if violation is not None)


def restored_store(mark: RunMark) -> Violation:
    """A store that was put back to a backup."""
    return Violation(RESTORED_STORE, mark.lost_until or 0, mark.known_until, mark.why)


def lost_links(setup: Setup, owner: Snapshot, links: Sequence[Link]) -> tuple[str, ...]:
    """A warning about links of the last plan that are there no more; ConfigError where none is left at all.

    A links file that was cut while it was written may be empty, and every night after that would be a quiet one. A link
    that a person ended, and said so, is not lost.
    """
    codes, now = {milestone.code for milestone in owner.taking_part()}, {(link.code, link.key) for link in links}
    before = [link for link in setup.store.last_links(CHANGED_OFFSET) if link.code in codes]
    gone = [link for link in before if (link.code, link.key) not in now]
    refused = {(word.code, word.key) for word in setup.store.link_words() if not word.accepted} if gone else set()
    lost = [f"{link.code} {link.key}" for link in gone if (link.code, link.key) not in refused]
    if not lost:
        return ()
    words = f"{len(lost)} of the {len(before)} links of the last plan are there no more: {_some(lost)}"
    if not links:
        raise ConfigError(
            f"No milestone is linked any more: {words}",
            "Nothing was written. Put the links files back: one that was cut while it was written may be empty. Where"
            " none is meant to be left, say so of each: syncsvc links refuse CODE KEY --reason TEXT",
        )
    return (words,)


def _older_edition(setup: Setup, owner: Snapshot) -> Violation | None:
    older = setup.store.older_edition(owner.id) if owner.id is not None else None
    if older is None or owner.id is None or setup.store.was_waived(OLDER_EDITION, owner.id):
        return None  # or a person said of this very copy that it counts, and wrote from it
    why = (
        f"{owner.source} came as edition {older.edition} and has the bytes of edition {older.same_as}, which edition"
        f" {older.replaced_by} ({older.source}) had replaced: it looks like a copy. Put the export that counts into the"
        " folder under a new name, or waive this if it is the older one that counts"
    )
    return Violation(OLDER_EDITION, older.same_as, older.replaced_by, why)


def _changed_offset(
    setup: Setup, follower: Snapshot, links: Sequence[Link], changes: Sequence[Change]
) -> Violation | None:
    """A date that moves because a link says another number of days was moved by nobody who plans."""
    moving = {(c.code, c.key) for c in changes if c.target is Side.JIRA and c.field is Field.DUE}
    now = {
        (link.code, link.key): link
        for link in links
        if Field.DUE in link.fields and (link.code, follower.moved.get(link.key, link.key)) in moving
    }
    if not now:
        return None
    before = {(link.code, link.key): link.offset_days for link in setup.store.last_links(CHANGED_OFFSET)}
    other = [link for name, link in now.items() if before.get(name, link.offset_days) != link.offset_days]
    if not other:
        return None
    words = [f"{k.code} {k.key} from {before[k.code, k.key]} to {k.offset_days} ({k.declared})" for k in other]
    why = f"the days between milestone and issue were changed, and dates would move by it: {_some(words)}"
    return Violation(CHANGED_OFFSET, len(other), 0, why)


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more
