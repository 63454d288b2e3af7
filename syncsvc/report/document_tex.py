"""The release list for LaTeX: subsections that a document takes in with `\\input`, or an article of their own."""

from collections.abc import Iterator

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report import tex
from syncsvc.report.layout import clean
from syncsvc.report.listed import INCOMPLETE, annotated, childless, dates, front, name, override_lines


def release_list_fragment(release_list: ReleaseList) -> str:
    """A subsection for each test milestone, labelled by its code. With pdfLaTeX the document needs encoding T1."""
    about = front(release_list)
    comments = [about.title, *(f"{word}: {value}" for word, value in about.facts)]
    lines = [f"% {clean(comment)}" for comment in comments]
    return "\n".join([*lines, "", *_body(release_list)])


def release_list_tex(release_list: ReleaseList) -> str:
    """A complete article: title, source, and the milestones in one section."""
    about = front(release_list)
    lines = [rf"\section*{{{tex.escape(about.title)}}}", "", r"\begin{itemize}\setlength{\itemsep}{0pt}"]
    lines += [rf"\item{{{tex.escape(word)}: {tex.escape(value)}}}" for word, value in about.facts]
    lines += [r"\end{itemize}", ""]
    if release_list.milestones:
        lines += [rf"{tex.escape(about.contents)}.", "", r"\section{Milestones}", ""]
    return tex.document("\n".join([*lines, *_body(release_list)]))


def _body(release_list: ReleaseList) -> Iterator[str]:
    if not release_list.snapshot.complete:
        yield rf"\textbf{{The source was {tex.escape(INCOMPLETE)}.}}" + "\n"
    if release_list.overrides:
        yield r"Annotations give other dates, which are shown and not used:"
        yield r"\begin{itemize}"
        yield from (rf"\item{{{tex.escape(line)}}}" for line in override_lines(release_list))
        yield r"\end{itemize}" + "\n"
    if not release_list.milestones:
        yield tex.escape(front(release_list).contents) + "\n"
    notes = annotated(release_list)
    for milestone in release_list.milestones:
        yield rf"\subsection{{{tex.escape(name(milestone))}: {tex.escape(milestone.code)}}}"
        yield rf"\label{{{tex.label(milestone.code)}}}" + "\n"
        yield rf"\textit{{{tex.escape(dates(milestone))}.}}{_note(milestone, notes)}" + "\n"
        yield from _children(release_list, milestone, notes)


def _children(release_list: ReleaseList, milestone: ListedMilestone, notes: dict[str, str]) -> Iterator[str]:
    if not milestone.children:
        yield tex.escape(childless(release_list)) + "\n"
        return
    yield r"\begin{itemize}"
    for child in milestone.children:
        words = f"{tex.escape(child.code)}: {tex.escape(name(child))}"
        yield rf"\item{{{words} (\textit{{{tex.escape(dates(child))}}}){_note(child, notes)}}}"
    yield r"\end{itemize}" + "\n"


def _note(milestone: ListedMilestone, notes: dict[str, str]) -> str:
    return f" [{tex.escape(notes[milestone.code])}]" if milestone.code in notes else ""
