"""The release list as Markdown, in the words of section 3 of LDM-564."""

import re
from collections.abc import Iterator
from typing import Final

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.layout import clean
from syncsvc.report.listed import INCOMPLETE, annotated, childless, dates, front, name, override_lines

#: What begins a link, emphasis, code, HTML, a table cell, an entity, mathematics or an attribute in some Markdown.
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>{}|~$&#^@]|(?<=\w):(?=//)|(?<=\b[Ww][Ww][Ww])\.|!(?=\[)")
#: Before what begins a list, or underlines a heading, at the start of a line.
_AT_START: Final = re.compile(r"\A(?:(?=[-+=])|(\d{1,9})(?=[.)]))")


def escape(text: str) -> str:
    """One line of plain text that Markdown shows as it stands."""
    words = _SPECIAL.sub(r"\\\g<0>", " ".join(clean(text).split()))
    return _AT_START.sub(r"\1\\", words)


def release_list_md(release_list: ReleaseList) -> str:
    """A head that says where it comes from, then each test milestone with its dates and what leads to it."""
    return "\n".join(_lines(release_list)).rstrip("\n") + "\n"


def _lines(release_list: ReleaseList) -> Iterator[str]:
    about = front(release_list)
    yield f"# {escape(about.title)}\n"
    yield from (f"- {word}: {escape(value)}" for word, value in about.facts)
    yield ""
    if not about.complete:
        yield f"**The source was {escape(INCOMPLETE)}.**\n"
    yield f"{escape(about.contents.removesuffix('.'))}.\n"
    if release_list.overrides:
        yield "## Annotations give other dates\n"
        yield "They are shown and not used.\n"
        yield from (f"- {escape(line)}" for line in override_lines(release_list))
        yield ""
    if release_list.milestones:
        yield "## Milestones\n"
    notes = annotated(release_list)
    for milestone in release_list.milestones:
        yield f"### {escape(name(milestone))}: {escape(milestone.code)}\n"
        yield f"*{dates(milestone)}.*{_note(milestone, notes)}\n"
        for child in milestone.children:
            yield f"- {escape(child.code)}: {escape(name(child))} (*{dates(child)}*){_note(child, notes)}"
        if not milestone.children:
            yield escape(childless(release_list))
        yield ""


def _note(milestone: ListedMilestone, notes: dict[str, str]) -> str:
    return rf" \[{escape(notes[milestone.code])}\]" if milestone.code in notes else ""
