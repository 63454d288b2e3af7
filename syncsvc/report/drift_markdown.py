"""The drift report as Markdown (CommonMark with the tables of GitHub and GitLab)."""

from collections.abc import Iterator, Sequence
from typing import Final

from syncsvc.model import Snapshot
from syncsvc.month_report import MonthReport
from syncsvc.report.markdown import escape
from syncsvc.report.run_sections import run_sections
from syncsvc.report.section import Section, text_of
from syncsvc.report.sections import count_lines, drift_sections, note_lines
from syncsvc.report.sides_section import sides_section
from syncsvc.report.words import counted, day, due_columns, title
from syncsvc.sides import SidesReport

_SOURCE: Final = ("", "milestones", "data date", "due from", "source", "SHA-256")


def drift_markdown(report: MonthReport) -> str:
    """A drift report as a page of Markdown."""
    drift = report.drift
    lines = [f"# Drift: {escape(title(drift.before))} -> {escape(title(drift.after))}", ""]
    if report.project:
        lines += [escape(report.project), ""]
    lines += [f"{escape(report.change_record)}.", ""]
    lines += _table(
        _SOURCE,
        [_source("before", drift.before), _source("after", drift.after)],
    )
    lines.append("")
    for line in count_lines(report):
        lines.append(f"{'  ' if line.startswith(' ') else ''}- {escape(line.strip())}")
    lines.append("")
    for line in note_lines(report):
        lines += [escape(line), ""]
    if not drift.something_differs:
        lines += ["Nothing differs.", ""]
    run = run_sections(report.run) if report.run else ()
    for section in (*run, *drift_sections(report)):
        lines += _section(section)
    return "\n".join(lines).rstrip("\n") + "\n"


def sides_markdown(report: SidesReport) -> str:
    """All sides beside each other as a page of Markdown."""
    lines = ["# Drift between the sides", ""]
    lines += _table(_SOURCE, [_source(side.value, snapshot) for side, snapshot in report.snapshots.items()])
    lines.append("")
    if section := sides_section(report):
        lines += _section(section)
    return "\n".join(lines).rstrip("\n") + "\n"


def _source(role: str, snapshot: Snapshot) -> Sequence[str]:
    milestones = snapshot.taking_part()
    read = "" if snapshot.complete else ", NOT read completely"
    return (
        f"{role}: {title(snapshot)}",
        f"{counted(len(milestones), 'milestone')}{read}",
        day(snapshot.data_date, "not known"),
        due_columns(milestones),
        snapshot.source,
        (snapshot.sha256 or "")[:16],
    )


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {escape(section.heading)}", "")
    for note in section.notes:
        yield from (escape(note), "")
    if section.points:
        yield from (f"- {escape(point)}" for point in section.points)
        yield ""
    if section.columns:
        headings = [column.heading for column in section.columns]
        right = {at for at, column in enumerate(section.columns) if column.right}
        yield from _table(headings, [[text_of(cell) for cell in row] for row in section.rows], right)
        yield ""


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] | set[int] = frozenset()
) -> Iterator[str]:
    yield _line(headings)
    yield f"|{'|'.join(' ---: ' if at in right else ' --- ' for at in range(len(headings)))}|"
    yield from (_line(row) for row in rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(escape(cell) for cell in cells)} |"
