"""The milestones of the newest export, and everything that is known of one: its dates through time and its story."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from syncsvc.checks import is_done
from syncsvc.errors import UsageError
from syncsvc.files import make_telling
from syncsvc.model import Milestone, Side, Snapshot
from syncsvc.names import order_of_code
from syncsvc.report.html.story_chart import StoryChart, draw_story
from syncsvc.report.layout import Page as Sheet
from syncsvc.report.story_text import story_sections
from syncsvc.story import Story
from syncsvc.telling import Known, Telling
from syncsvc.trend import make_trend
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.pages.narrative import values_of
from syncsvc.web.sights import addresses, names, newest, newest_export, newest_plan, page_of, picture, rows

ROWS_AT_ONCE: Final = 100
STATES: Final = {
    "all": "all",
    "waits": "wait for a decision",
    "overdue": "overdue at the data date",
    "open": "open",
    "completed": "completed",
    "unlinked": "without a link",
}
_UNWRAPPED: Final = Sheet(columns=1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One milestone of the newest export, as the list shows it."""

    milestone: Milestone
    name: str
    keys: tuple[str, ...]  # of its issues
    waits: int  # how many of its dates wait for a decision
    states: frozenset[str]  # the choices of the list that it belongs to


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a story: a heading, and lines with how deep each stands (0, 1, 2)."""

    heading: str
    lines: Sequence[tuple[int, str]]


def show_all(ask: Ask) -> Shown:
    """The milestones of the newest export, what waits for a person first: all, or those of a state, code or name."""
    text, state = ask.query.get("text", "").strip()[:200], ask.query.get("state", "all")
    state, wanted = state if state in STATES else "all", text.casefold()
    every = _every(ask)
    found = [
        each
        for each in every
        if state in each.states
        and (not wanted or any(wanted in word.casefold() for word in (each.milestone.code, each.name, *each.keys)))
    ]
    page, pages = page_of(ask, len(found), ROWS_AT_ONCE)
    values = {
        "text": text,
        "state": state,
        "states": STATES,
        "count": len(found),
        "rows": found[(page - 1) * ROWS_AT_ONCE : page * ROWS_AT_ONCE],
        "addresses": addresses(ask),
        "page": page,
        "pages": pages,
        "query": urlencode({"state": state, "text": text}),
        "snapshot": newest_export(ask),
    }
    return Shown("milestones", values)


def _every(ask: Ask) -> tuple[Row, ...]:
    return ask.once("milestones", lambda: _list(ask))


def _list(ask: Ask) -> tuple[Row, ...]:
    export, known, keys = newest_export(ask), names(ask), defaultdict[str, list[str]](list)
    for link in picture(ask).links:
        keys[link.code].append(link.key)
    waits = Counter(row.drift.code for row in rows(ask) if row.waits)
    made = []
    for each in export.taking_part():
        of_it, is_open = tuple(dict.fromkeys(keys.get(each.code, ()))), not is_done(each)
        found = {
            "open": is_open,
            "completed": not is_open,
            "waits": waits[each.code] > 0,
            "unlinked": not of_it,
            "overdue": is_open and (each.due or date.max) < (export.data_date or date.min),
        }
        states = frozenset({"all", *(state for state, is_so in found.items() if is_so)})
        made.append(Row(each, known.get(each.code, each.name), of_it, waits[each.code], states))

    def place(row: Row) -> tuple[bool, bool, object]:
        return "waits" not in row.states, "overdue" not in row.states, order_of_code(row.milestone.code)

    return tuple(sorted(made, key=place))


def show(ask: Ask) -> Shown:
    """One milestone: how it stands, its dates through time, and what was seen, decided and written, newest first."""
    asked = ask.path["code"]
    telling, codes = _telling(ask)
    code = codes.get(asked, asked)
    story = ask.once(("story", code), lambda: telling.story(code))
    if story is None:
        raise UsageError(f"Nothing is known of {asked[:60]}.", "The list of milestones has all of the newest export.")
    parts = _parts(story, ask)
    values = {
        "code": code,
        "name": story.name,
        "now": parts[-1],
        "happened": parts[-2::-1],
        "chart": ask.once(("chart", code), lambda: _draw(story, ask)),
        "links": story.now.issues,
        "narrative": values_of(ask, code),
        "waits": [row for row in rows(ask) if row.drift.code == code and row.waits],
        "addresses": addresses(ask),
        "zone": ask.configured.settings.site.timezone.key,
    }
    return Shown("milestone", values)


def _telling(ask: Ask) -> tuple[Telling, Mapping[str, str]]:
    """What tells stories, and the codes that are others now. It knows what is looked up once for all pages."""

    def make() -> tuple[Telling, Mapping[str, str]]:
        here = ask.configured
        telling, codes = make_telling(here.settings, ask.desk.store, here.links, here.setup.today(), newest=newest(ask))
        return replace(telling, known=Known(picture(ask).drifts, newest_plan(ask))), codes

    return ask.once("telling", make)


def _parts(story: Story, ask: Ask) -> list[Part]:
    """The story in the words of `syncsvc log`: each run, and how the milestone stands now."""
    site = ask.configured.settings.site
    parts = []
    for heading, *lines in story_sections(story, _UNWRAPPED, site.timezone, site.holidays)[1:]:
        deep = [(min((len(line) - len(line.lstrip(" "))) // 2, 2), line.strip()) for line in lines]
        parts.append(Part(heading, deep))
    return parts


def _draw(story: Story, ask: Ask) -> StoryChart | None:
    """All sides through time; None of a milestone that no export ever dated."""
    site, kind = ask.configured.settings.site, ask.configured.setup.plan_from
    history = [
        _alone(each.snapshot, replace(each.milestone, code=story.code))
        for each in story.own
        if each.milestone is not None and each.snapshot.side is Side.PMCS and each.snapshot.kind == kind
    ]
    return draw_story(story, make_trend(history), frozenset(site.holidays), site.timezone) if history else None


def _alone(snapshot: Snapshot, milestone: Milestone) -> Snapshot:
    return replace(snapshot, milestones=(milestone,), rejects=())


PAGES = (
    Page("/milestones", show_all, nav="Milestones", prepare=_every),
    Page("/milestones/{code:path}", show, prepare=_telling),
)
