"""The milestones of the newest export, and everything that is known of one: its dates through time and its story."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from syncsvc.errors import UsageError
from syncsvc.files import make_telling
from syncsvc.model import Link, Milestone, Side, Snapshot
from syncsvc.persons import Role
from syncsvc.report.html.trend_chart import Panel, draw_panels
from syncsvc.report.layout import Page as Sheet
from syncsvc.report.story_text import story_sections
from syncsvc.sides import compare_sides
from syncsvc.story import Story
from syncsvc.telling import Telling
from syncsvc.trend import make_trend
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.sights import addresses, names, newest_export, picture, rows

ROWS_AT_ONCE: Final = 200
_UNWRAPPED: Final = Sheet(columns=1_000_000)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a story: a heading, and lines with how deep each stands (0, 1, 2)."""

    heading: str
    lines: Sequence[tuple[int, str]]


def show_all(ask: Ask) -> Shown:
    """All milestones of the newest export, or those whose code or name holds a text."""
    text, number = ask.query.get("text", "").strip()[:200], ask.query.get("page", "")
    known, wanted = names(ask), text.casefold()
    found = [
        each
        for each in newest_export(ask).taking_part()
        if wanted in each.code.casefold() or wanted in known.get(each.code, "").casefold()
    ]
    pages = max(1, -(-len(found) // ROWS_AT_ONCE))
    page = min(int(number), pages) if number.isdecimal() and 0 < len(number) < 7 and int(number) else 1
    values = {
        "text": text,
        "count": len(found),
        "shown": found[(page - 1) * ROWS_AT_ONCE : page * ROWS_AT_ONCE],
        "names": known,
        "page": page,
        "pages": pages,
        "query": urlencode({"text": text}) if text else "",
        "snapshot": newest_export(ask),
    }
    return Shown("milestones", values)


def show(ask: Ask) -> Shown:
    """One milestone: how it stands, its dates through time, and what was seen, decided and written, newest first."""
    asked = ask.path["code"]
    configured = ask.configured
    telling, codes = ask.once("telling", lambda: _make_telling(ask))
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
        "panels": ask.once(("panels", code), lambda: _draw(story, ask)),
        "links": story.now.issues,
        "waits": [row for row in rows(ask) if row.drift.code == code and row.waits],
        "addresses": addresses(ask),
        "writes": ask.may(Role.CONTROLLER),
        "zone": configured.settings.site.timezone.key,
    }
    return Shown("milestone", values)


def _make_telling(ask: Ask) -> tuple[Telling, dict[str, str]]:
    """Both sides are reconciled once for all pages, and not again for each story."""
    configured = ask.configured
    telling, codes = make_telling(configured.settings, ask.desk.store, configured.links, configured.setup.today())
    return replace(telling, drifts=picture(ask).drifts), codes


def _parts(story: Story, ask: Ask) -> list[Part]:
    """The story in the words of `syncsvc log`: each run, and how the milestone stands now."""
    site = ask.configured.settings.site
    parts = []
    for heading, *lines in story_sections(story, _UNWRAPPED, site.timezone, site.holidays)[1:]:
        deep = [(min((len(line) - len(line.lstrip(" "))) // 2, 2), line.strip()) for line in lines]
        parts.append(Part(heading, deep))
    return parts


def _draw(story: Story, ask: Ask) -> list[Panel]:
    """Its dates by export, with what Jira and the published document say now beside them; [] of one without a due."""
    kind = ask.configured.setup.plan_from
    history = [
        _alone(each.snapshot, replace(each.milestone, code=story.code))
        for each in story.own
        if each.milestone is not None and each.snapshot.side is Side.PMCS and each.snapshot.kind == kind
    ]
    if not history:
        return []
    trend = make_trend(history)
    links: list[Link] = [each.link for each in story.now.issues]
    issues = [seen for each in story.now.issues if (seen := each.sighting) is not None and seen.milestone is not None]
    sides = [history[-1]]
    if issues:
        shown = tuple(each.milestone for each in issues if each.milestone is not None)
        sides.append(replace(issues[-1].snapshot, milestones=shown, rejects=()))
    if story.now.published is not None and (milestone := story.now.published.milestone) is not None:
        sides.append(_alone(story.now.published.snapshot, replace(milestone, code=story.code)))
    holidays = frozenset(ask.configured.settings.site.holidays)
    beside = {row.code: row for row in compare_sides(sides, links=links, holidays=holidays).rows}
    return draw_panels(trend, trend.lines, beside, holidays)


def _alone(snapshot: Snapshot, milestone: Milestone) -> Snapshot:
    return replace(snapshot, milestones=(milestone,), rejects=())


PAGES = (Page("/milestones", show_all, nav="Milestones"), Page("/milestones/{code:path}", show))
