"""Where everything comes from: the sources with what was read of each, the checks of the newest export, the links."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final
from urllib.parse import urlencode

from syncsvc.checks import Check, check_snapshot
from syncsvc.link_list import Flag, LinkStanding, list_links
from syncsvc.model import Snapshot
from syncsvc.names import order_of_code
from syncsvc.report.words import counted
from syncsvc.store import SnapshotHead
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.pages.suggestions import standing
from syncsvc.web.sights import addresses, names, newest, newest_export, page_of, picture

_MOST_READINGS: Final = 12
_MOST_REJECTS: Final = 100
_MOST_FINDINGS: Final = 100
LINKS_AT_ONCE: Final = 100
_FLAGS: Final = {
    Flag.PMCS_GONE: "gone from the newest export",
    Flag.PMCS_UNSEEN: "not seen in the newest export",
    Flag.JIRA_GONE: "Jira does not show the issue",
    Flag.JIRA_UNSEEN: "Jira was not asked for it yet",
    Flag.FOREIGN_PROJECT: "outside [connectors.jira] projects, so never written",
    Flag.MOVED: "the issue has another key now",
    Flag.AMBIGUOUS: "another link gives a date of the same issue",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One connector with its last readings, the newest first."""

    name: str
    kind: str
    place: str
    readings: tuple[SnapshotHead, ...]
    count: int
    age: str  # of the newest one, in words: when it was read, and its data date
    newest: Snapshot | None  # of an export the newest edition of the newest month


def show_sources(ask: Ask) -> Shown:
    """Each source: what was read last, how old it is, and whether it was read completely."""
    today, settings = ask.configured.setup.today(), ask.configured.settings
    sources = []
    readings = defaultdict(list)
    for head in reversed(ask.desk.store.snapshot_heads()):
        readings[head.connector].append(head)
    for each in settings.connectors:
        heads, last, age = readings[each.name], newest(ask).get(each.name), ""
        if last is not None:
            read = last.taken_at.astimezone(settings.site.timezone).date()
            age = _age("The newest one was read", (today - read).days)
            if last.data_date is not None:
                age += "; " + _age("its data date is", (today - last.data_date).days)
        place = last.source if last is not None else ""
        sources.append(Source(each.name, each.kind, place, tuple(heads[:_MOST_READINGS]), len(heads), age, last))
    sources.sort(key=lambda each: each.newest is not None and each.newest.complete and not each.newest.rejects)
    return Shown("sources", {"sources": sources, "most_rejects": _MOST_REJECTS, "file_of": _file_of})


def _file_of(source: str) -> str:
    """The last part of a path; an address as it is."""
    return source if "://" in source else PurePath(source).name or source


def _age(what: str, days: int) -> str:
    return f"{what} {'today' if days == 0 else counted(days, 'day') + ' ago'}"


def show_checks(ask: Ask) -> Shown:
    """What the newest export contradicts itself about, by rule."""
    export = newest_export(ask)
    checks = _checks(ask)
    values = {
        "checks": sorted(checks, key=lambda check: (not check.findings, check.why_not is not None)),
        "broken": sum(bool(check.findings) for check in checks),
        "asked": sum(check.why_not is None for check in checks),
        "most_findings": _MOST_FINDINGS,
        "snapshot": export,
        "names": names(ask),
    }
    return Shown("checks", values)


def _checks(ask: Ask) -> tuple[Check, ...]:
    return ask.once("checks", lambda: check_snapshot(newest_export(ask)))


def show_links(ask: Ask) -> Shown:
    """Every link: those that something is wrong with first."""
    text, state = ask.query.get("text", "").strip()[:200], ask.query.get("state", "")
    every = _links(ask)
    wanted = text.casefold()
    known = names(ask)
    found = [
        each
        for each in every
        if (each.flags or state != "flagged")
        and any(wanted in text.casefold() for text in (each.link.code, each.link.key, known.get(each.link.code, "")))
    ]
    page, pages = page_of(ask, len(found), LINKS_AT_ONCE)
    linked, suggested = {each.link.code for each in every}, standing(ask)
    values = {
        "shown": found[(page - 1) * LINKS_AT_ONCE : page * LINKS_AT_ONCE],
        "count": len(found),
        "flagged": sum(bool(each.flags) for each in every),
        "unlinked": sum(each.code not in linked for each in newest_export(ask).taking_part()),
        "suggested": None if suggested is None else len(suggested),
        "flags": _FLAGS,
        "names": known,
        "addresses": addresses(ask),
        "text": text,
        "state": state,
        "page": page,
        "pages": pages,
        "query": urlencode({"state": state, "text": text}),
    }
    return Shown("links", values)


def _links(ask: Ask) -> tuple[LinkStanding, ...]:
    return ask.once("links", lambda: _sorted_links(ask))


def _sorted_links(ask: Ask) -> tuple[LinkStanding, ...]:
    seen = picture(ask)
    listed = list_links(seen.links, seen.owner, seen.follower, ask.configured.setup.policy.projects)
    return tuple(
        sorted(listed.standings, key=lambda each: (not each.flags, order_of_code(each.link.code), each.link.key))
    )


PAGES = (
    Page("/links", show_links, nav="Links", prepare=_links),
    Page("/checks", show_checks, nav="Checks", prepare=_checks),
    Page("/sources", show_sources, nav="Sources", prepare=newest),
)
