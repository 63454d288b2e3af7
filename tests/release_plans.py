"""One release plan in every form it is published in, so that a test names only the milestones it is about."""

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from syncsvc.model import Milestone, Snapshot, by_code

TITLE = "Functionality in DM releases"
NOTHING_NEW = "No new functionality is associated with this milestone."


@dataclass(frozen=True)
class Listed:
    """One milestone of a plan, with those that lead to it."""

    code: str
    name: str
    due: date
    completed: date | None = None
    entries: tuple["Listed", ...] = ()

    @property
    def dates(self) -> str:
        return f"Due: {self.due}; {f'completed {self.completed}' if self.completed else 'currently incomplete'}"


def listed_in(snapshot: Snapshot) -> list[Listed]:
    """The plan that a snapshot was read from."""
    known = by_code(snapshot.milestones)
    return [_listed(m, known) for m in snapshot.milestones if m.level == 2]


def _listed(milestone: Milestone, known: dict[str, Milestone]) -> Listed:
    assert milestone.due is not None
    entries = tuple(_listed(known[code], known) for code in milestone.predecessors)
    return Listed(milestone.code, milestone.name, milestone.due, milestone.completed, entries)


def as_markdown(plan: Sequence[Listed], revised: str = "2019-05-20") -> str:
    lines = ["# LDM-564", "", f"Latest Revision: {revised}", "", f"## 3 {TITLE}", ""]
    for number, heading in enumerate(plan, start=1):
        lines += [f"### 3.{number} {_escape_markdown(heading.name)}: {heading.code}", "", f"*{heading.dates}.*", ""]
        lines += [f"- {one.code}: {_escape_markdown(one.name)} (*{one.dates}*)" for one in heading.entries]
        lines += ["" if heading.entries else f"{NOTHING_NEW}\n"]
    return "\n".join(
        [*lines, "## 4 References", "", "- [1] **[LDM-148]**, 2017, *Design*, URL <https://ls.st/LDM-148>", ""]
    )


def as_wrapped_text(
    plan: Sequence[Listed], revised: str = "2019-05-20", width: int = 72, page: int = 40, *, spaced: bool = True
) -> str:
    """As a PDF gives it: lines are wrapped, pages begin and end wherever they do, perhaps no line is blank."""
    front = ["LSST", "", "LDM-564", "", f"Latest Revision: {revised}", "", "Contents", ""]
    front += [f"3.{n} {heading.name}: {heading.code} . . . . . {n}" for n, heading in enumerate(plan, start=1)]
    gap = [""] if spaced else []
    lines = [f"3 {TITLE}", *gap]
    for number, heading in enumerate(plan, start=1):
        lines += textwrap.wrap(f"3.{number} {heading.name}: {heading.code}", width)
        lines += [*gap, f"{heading.dates}.", *gap]
        for one in heading.entries:
            lines += [*textwrap.wrap(f"• {one.code}: {one.name} ({one.dates})", width, subsequent_indent="  "), *gap]
        lines += [] if heading.entries else [NOTHING_NEW, *gap]
    paged: list[str] = []
    for at, line in enumerate(lines, start=1):
        if at % page == 0 and not re.match(r"3\.\d+ ", lines[at - 2]):  # a heading is kept together
            head = ["\fLARGE SYNOPTIC SURVEY TELESCOPE", f"LDM-564   Latest Revision {revised}"]
            paged += ["", str(at // page), "", "Draft", *head, ""]
        paged.append(line)
    return "\n".join([*front, "", *paged, "", "4 References", "", "[1] LDM-148, 2017", ""])


def as_latex(plan: Sequence[Listed], *, whole: bool = True) -> str:
    """As the document's own repository has it; not `whole`: the generated part alone."""
    lines = [r"\documentclass[DM]{lsstdoc}", r"\date{2019-05-20}", r"\begin{document}"] if whole else []
    lines += [rf"\section{{{TITLE}}}\label{{sect:features}}", "% generated; do not edit", ""] if whole else []
    for heading in plan:
        lines += [rf"\subsection{{{_escape_latex(heading.name)}: {heading.code}}}\label{{{heading.code}}}"]
        lines += [rf"\textit{{{heading.dates}.}}"]
        if heading.entries:
            items = [
                rf"\item{{{one.code}: {_escape_latex(one.name)} \textit{{({one.dates})}}}}" for one in heading.entries
            ]
            lines += [r"\begin{itemize}", *items, r"\end{itemize}"]
        else:
            lines += ["", NOTHING_NEW]
    lines += [r"\section{References}", r"\bibliography{lsst}", r"\end{document}"] if whole else []
    return "\n".join([*lines, ""])


def as_page(plan: Sequence[Listed]) -> str:
    """A web page with one table, each milestone once."""
    listed: dict[str, tuple[Listed, int]] = {}
    for heading in plan:
        listed.setdefault(heading.code, (heading, 2))
        for one in heading.entries:
            listed.setdefault(one.code, (one, 3))
    rows = [
        f"<tr><td><a href='#'>{one.code}</a></td><td>{html.escape(one.name)}</td><td>{level}</td>"
        f"<td>{one.due}</td><td>{one.completed or 'currently incomplete'}</td>"
        f"<td>{', '.join(below.code for below in one.entries)}</td></tr>"
        for one, level in listed.values()
    ]
    head = "".join(f"<th>{name}</th>" for name in ("Milestone ID", "Name", "Level", "Due", "Completed", "Predecessors"))
    return (
        "<!DOCTYPE html>\n<html><head><title>LDM-564</title></head><body><p>Latest Revision: 2019-05-20</p>\n"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table></body></html>\n"
    )


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\_*`\[\]<>#])", r"\\\1", text)


def _escape_latex(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
