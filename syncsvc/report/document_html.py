"""The release list as one HTML page: where it comes from, the timeline, a table of contents, the milestones."""

import re
from dataclasses import dataclass
from typing import Final

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.listed import INCOMPLETE, annotated, childless, front, is_completed, name, override_lines, state
from syncsvc.report.pages import TEMPLATES, base_style, content_policy, environment
from syncsvc.report.timeline import timeline_style, timeline_svg
from syncsvc.report.words import day

_OWN_ANCHORS: Final = frozenset({"timeline", "timeline-title", "timeline-desc", "contents", "milestones"})
_NOT_IN_ANCHOR: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class _Row:
    """A milestone as the page shows it; `brief` is for the contents, `anchor` empty for one below another."""

    code: str
    name: str
    due: str
    state: str
    brief: str
    done: bool
    note: str
    anchor: str
    children: tuple["_Row", ...]


def release_list_html(release_list: ReleaseList) -> str:
    """The page: one file, no network and no script, for light and dark screens, wide and narrow, and for paper."""
    style = base_style() + timeline_style() + (TEMPLATES / "document.css").read_text(encoding="utf-8")
    return (
        environment()
        .get_template("document.html.jinja")
        .render(
            policy=content_policy([style]),
            style=style,
            front=front(release_list),
            incomplete=INCOMPLETE,
            overrides=list(override_lines(release_list)),
            timeline=timeline_svg(release_list, embedded=True),
            milestones=_rows(release_list),
            childless=childless(release_list),
        )
    )


def _rows(release_list: ReleaseList) -> list[_Row]:
    notes = annotated(release_list)
    taken: set[str] = set()
    rows = []
    for milestone in release_list.milestones:
        children = tuple(_row(child, notes) for child in milestone.children)
        rows.append(_row(milestone, notes, _anchor(milestone.code, taken), children))
    return rows


def _row(milestone: ListedMilestone, notes: dict[str, str], anchor: str = "", children: tuple[_Row, ...] = ()) -> _Row:
    return _Row(
        code=milestone.code,
        name=name(milestone),
        due=day(milestone.due, "not dated"),
        state=state(milestone),
        brief=state(milestone)
        if is_completed(milestone)
        else f"due {day(milestone.due)}"
        if milestone.due
        else "not dated",
        done=is_completed(milestone),
        note=notes.get(milestone.code, ""),
        anchor=anchor,
        children=children,
    )


def _anchor(code: str, taken: set[str]) -> str:
    """The code where it can be one, so that links to it last; never one that the page has already."""
    plain = _NOT_IN_ANCHOR.sub("-", code)
    anchor, number = plain, 2
    while anchor in taken or anchor in _OWN_ANCHORS:
        anchor, number = f"{plain}.{number}", number + 1
    taken.add(anchor)
    return anchor
