"""The release list as Markdown, in the words of section 3 of LDM-564."""

from collections.abc import Iterator

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.listed import INCOMPLETE, annotated, childless, dates, front, name, override_lines
from syncsvc.report.markdown import escape


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
