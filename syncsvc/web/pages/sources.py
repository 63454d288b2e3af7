"""Where everything comes from: the sources with what was read of each, the checks of the newest export, the links."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from syncsvc.checks import check_snapshot
from syncsvc.link_list import Flag, LinkStanding, list_links
from syncsvc.report.words import counted
from syncsvc.store import SnapshotHead
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.sights import addresses, names, newest_export, picture

_MOST_READINGS: Final = 12
LINKS_AT_ONCE: Final = 200
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
    age: str  # of the newest one, in words: by its data date, else by when it was read


def show_sources(ask: Ask) -> Shown:
    """Each source: what was read last, how old it is, and whether it was read completely."""
    today, settings = ask.configured.setup.today(), ask.configured.settings
    sources = []
    for each in settings.connectors:
        heads = sorted(ask.desk.store.snapshot_heads(each.name), key=lambda head: -head.id)
        age = ""
        if heads:
            read = heads[0].taken_at.astimezone(settings.site.timezone).date()
            age = _age("The newest one was read", (today - read).days)
            if heads[0].data_date is not None:
                age += "; " + _age("its data date is", (today - heads[0].data_date).days)
        place = heads[0].source if heads else ""
        sources.append(Source(each.name, each.kind, place, tuple(heads[:_MOST_READINGS]), len(heads), age))
    return Shown("sources", {"sources": sources, "file_of": lambda source: PurePath(source).name or source})


def _age(what: str, days: int) -> str:
    return f"{what} {'today' if days == 0 else counted(days, 'day') + ' ago'}"


def show_checks(ask: Ask) -> Shown:
    """What the newest export contradicts itself about, by rule."""
    export = newest_export(ask)
    checks = ask.once("checks", lambda: check_snapshot(export))
    return Shown("checks", {"checks": checks, "snapshot": export, "names": names(ask)})


def show_links(ask: Ask) -> Shown:
    """Every link: those that something is wrong with first."""
    number, text = ask.query.get("page", ""), ask.query.get("text", "").strip()[:200]
    every = ask.once("links", lambda: _sorted_links(ask))
    wanted = text.casefold()
    found = [each for each in every if wanted in each.link.code.casefold() or wanted in each.link.key.casefold()]
    pages = max(1, -(-len(found) // LINKS_AT_ONCE))
    page = min(int(number), pages) if number.isdecimal() and 0 < len(number) < 7 and int(number) else 1
    linked = {each.link.code for each in every}
    values = {
        "shown": found[(page - 1) * LINKS_AT_ONCE : page * LINKS_AT_ONCE],
        "count": len(found),
        "flagged": sum(bool(each.flags) for each in every),
        "unlinked": sum(each.code not in linked for each in newest_export(ask).taking_part()),
        "flags": _FLAGS,
        "names": names(ask),
        "addresses": addresses(ask),
        "text": text,
        "page": page,
        "pages": pages,
        "query": f"text={text}" if text else "",
    }
    return Shown("links", values)


def _sorted_links(ask: Ask) -> tuple[LinkStanding, ...]:
    both = picture(ask)
    listed = list_links(both.links, both.owner, both.follower, ask.configured.setup.policy.projects)
    return tuple(sorted(listed.standings, key=lambda each: (not each.flags, each.link.code, each.link.key)))


PAGES = (
    Page("/links", show_links, nav="Links"),
    Page("/checks", show_checks, nav="Checks"),
    Page("/sources", show_sources, nav="Sources"),
)
