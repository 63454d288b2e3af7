"""Which issues can have changed since an earlier reading, and what is known of the others.

A search names the issues that were updated since then; these are read like any other, the rest is as it was. The
search may lag behind writes, so each reading looks back further than the one before it by OVERLAP, and an issue that
the index shows too late for one night is found by the next. Instants are the server's own; a query takes them as
minutes on the wall clock of the account.

A search does not notice an issue that was deleted or hidden, or moved to a project that neither the links nor the
configuration name, nor what an administrator changes for all (a status renamed, a field taken away, a key of a
project). For that all is read now and then: a census.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.jira.issues import Shown
from connectors.jira.search import SearchRefused, quoted, search_pages
from connectors.jira.transport import Transport
from syncsvc.errors import AccessRefused, SourceError, Unreachable
from syncsvc.model import Reject, Snapshot, project_of

#: An index that lags by less than this hides nothing. It costs little: only ids are asked for.
OVERLAP: Final = timedelta(hours=12)
#: With nothing but ids asked for Cloud gives pages of so many; Data Center's are what its administrator allows.
_PAGE_IDS_CLOUD: Final = 5000
_PAGE_IDS: Final = 1000
_STEP: Final = timedelta(minutes=15)  # clocks are set forward and back by multiples of it


class CannotTell(Exception):
    """The search does not say for certain what has changed; why, in words."""


def find_changed(
    transport: Transport,
    projects: Collection[str],
    since: datetime,
    zone: ZoneInfo | None,
    *,
    cloud: bool,
    most_requests: int,
) -> frozenset[str]:
    """Ids of all issues of these projects that were updated at `since` (by the server's clock) or OVERLAP before it.

    Raises CannotTell where the account's zone is not known, where Jira refuses the query (a project that is not there
    any more), where the list shifts while it is read, and where it takes more requests than reading everything would.
    """
    if zone is None:
        raise CannotTell("the account has no time zone that is known here")
    begin = wall_clock_before(since - OVERLAP, zone)
    names = ", ".join(map(quoted, sorted(projects)))
    jql = f'project in ({names}) AND updated >= "{begin:%Y-%m-%d %H:%M}" ORDER BY key'
    page_ids = _PAGE_IDS_CLOUD if cloud else _PAGE_IDS
    found: set[str] = set()
    totals: set[int | None] = set()
    try:
        for number, page in enumerate(search_pages(transport, jql, ["id"], cloud=cloud, page_issues=page_ids), 1):
            ids = [str(issue["id"]) for issue in page.issues if issue.get("id")]
            totals.add(page.total)
            if len(ids) < len(page.issues) or len(totals) > 1 or not found.isdisjoint(ids):
                raise CannotTell("the list of what was changed shifted while it was read")
            found.update(ids)
            if number >= most_requests and not page.last:
                raise CannotTell("more was changed than is worth listing")
    except SearchRefused as refused:
        raise CannotTell(f"Jira refuses to search for what was changed: {refused}") from None
    except (Unreachable, AccessRefused):
        raise
    except SourceError as error:
        raise CannotTell(error.message) from None
    return frozenset(found)


def wall_clock_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time of the zone, without a zone, that is at or before the instant whichever way it is read.

    In the night when clocks are set back an hour comes twice, and nobody says which of the two Jira takes.
    """
    wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    while any(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) > instant for fold in (0, 1)):
        wall -= _STEP
    return wall


def recall(snapshot: Snapshot, keys: Collection[str]) -> dict[str, Shown]:
    """What an earlier snapshot shows of these keys, by the key as it is asked for.

    Left out is what was not asked for then, was missing, or could not be read: that is read again each time.
    """
    shown = {milestone.code: milestone for milestone in snapshot.milestones if milestone.issue_id}
    rejects: dict[str, list[Reject]] = {}
    for reject in snapshot.rejects:
        rejects.setdefault(str(reject.code), []).append(reject)
    asked = keys if snapshot.asked is None else snapshot.asked.intersection(keys)
    leads_to = {key: snapshot.moved.get(key, key) for key in asked}
    return {key: Shown(now, shown[now], tuple(rejects.get(now, ()))) for key, now in leads_to.items() if now in shown}


def projects_of(issues: dict[str, Shown]) -> frozenset[str]:
    """The projects under which these issues were linked, and those in which they are now."""
    return frozenset(project_of(key).upper() for asked, shown in issues.items() for key in (asked, shown.key))
