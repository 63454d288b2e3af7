"""The drift report as a LaTeX document: longtables that break over pages, and the line for a change record."""

from collections.abc import Iterator, Sequence
from typing import Final

from syncsvc.model import Snapshot
from syncsvc.month_report import MonthReport
from syncsvc.report.run_sections import run_sections
from syncsvc.report.section import NAME, Section, text_of
from syncsvc.report.sections import count_lines, drift_sections, note_lines
from syncsvc.report.tex import document, escape
from syncsvc.report.words import counted, day, due_columns, title

_PACKAGES: Final = ("array", "longtable")
_TEXT_WIDTH_MM: Final = 257  # A4 across, less margins
_GAP_MM: Final = 4.3  # between two columns
_CHARACTER_MM: Final = 1.9  # of \footnotesize, with some room for capitals
_LONGEST: Final = 44  # characters; longer cells are broken into lines


def drift_tex(report: MonthReport) -> str:
    """A drift report that pdfLaTeX and LuaLaTeX build."""
    drift = report.drift
    heading = f"Drift: {title(drift.before)} to {title(drift.after)}"
    lines = [r"\setlength{\LTleft}{0pt}", rf"\section*{{{escape(heading)}}}", ""]
    if report.project:
        lines += [escape(report.project), ""]
    # The line can be taken over into the change record of a published document as it stands.
    lines += ["% change record", rf"\textit{{{escape(report.change_record)}.}}", ""]
    for role, snapshot in (("Before", drift.before), ("After", drift.after)):
        lines += [_source(role, snapshot), ""]
    lines += [*_points(line.strip() for line in count_lines(report)), ""]
    for note in note_lines(report):
        lines += [escape(note), ""]
    if not drift.something_differs:
        lines += ["Nothing differs.", ""]
    run = run_sections(report.run) if report.run else ()
    for section in (*run, *drift_sections(report)):
        lines += _section(section)
    return document("\n".join(lines), *_PACKAGES, wide=True)


def _source(role: str, snapshot: Snapshot) -> str:
    read = "" if snapshot.complete else " NOT read completely."
    sha256 = f" SHA-256 {snapshot.sha256[:16]}." if snapshot.sha256 else ""
    milestones = snapshot.taking_part()
    facts = (
        f"{title(snapshot)}, {counted(len(milestones), 'milestone')}, "
        f"data date {day(snapshot.data_date, 'not known')}, due from {due_columns(milestones) or 'nothing'}."
        f"{read} {snapshot.source}.{sha256}"
    )
    return rf"\textbf{{{role}:}} {escape(facts)}"


def _points(points: Iterator[str] | Sequence[str]) -> list[str]:
    found = [rf"  \item {escape(point)}" for point in points]
    return [r"\begin{itemize}", *found, r"\end{itemize}"] if found else []


def _section(section: Section) -> Iterator[str]:
    yield rf"\subsection*{{{escape(section.heading)}}}"
    for note in section.notes:
        yield from (escape(note), "")
    yield from _points(section.points)
    if section.columns:
        yield from _table(section)
    yield ""


def _table(section: Section) -> Iterator[str]:
    rows = [[text_of(cell) for cell in row] for row in section.rows]
    yield r"\begingroup\footnotesize"
    yield rf"\begin{{longtable}}{{@{{}}{_widths(section, rows)}@{{}}}}"
    headings = " & ".join(rf"\textbf{{{escape(column.heading)}}}" for column in section.columns)
    yield rf"{headings} \\ \hline \noalign{{\vskip 2pt}} \endhead"
    for row in rows:
        yield rf"{' & '.join(escape(cell) for cell in row)} \\"
    yield r"\end{longtable}"
    yield r"\endgroup"


def _widths(section: Section, rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell; names take what is left, and where it is too much all give way."""
    longest = [max([len(column.heading), *(len(row[at]) for row in rows)]) for at, column in enumerate(section.columns)]
    room = _TEXT_WIDTH_MM - _GAP_MM * len(longest)
    widths = [min(characters, _LONGEST) * _CHARACTER_MM for characters in longest]
    if NAME in section.columns:
        flexible = section.columns.index(NAME)
        taken = sum(width for at, width in enumerate(widths) if at != flexible)
        widths[flexible] = max(min(longest[flexible] * _CHARACTER_MM, room - taken), 30)
    if (total := sum(widths)) > room:
        widths = [width * room / total for width in widths]
    return "".join(
        rf">{{\{'raggedleft' if column.right else 'raggedright'}\arraybackslash}}p{{{width:.1f}mm}}"
        for column, width in zip(section.columns, widths, strict=True)
    )
