"""The text of a drift report: what was compared, counts, exceptions with the largest first, then every milestone."""

from collections.abc import Sequence

from syncsvc.model import Reject, Snapshot
from syncsvc.month_report import MonthReport
from syncsvc.report.layout import Page, Tone, clean, wrap
from syncsvc.report.section import Section, text_of
from syncsvc.report.sections import count_lines, drift_sections, not_used, note_lines
from syncsvc.report.sides_section import sides_section
from syncsvc.report.words import counted, day, due_columns, title
from syncsvc.sides import SidesReport


def drift_text(report: MonthReport, page: Page) -> str:
    """A drift report for a terminal."""
    sections = [_front(report, page), *(section_lines(section, page) for section in drift_sections(report))]
    return _join(sections)


def sides_text(report: SidesReport, page: Page) -> str:
    """All sides beside each other, for a terminal."""
    front = [page.heading("Drift between the sides"), ""]
    for snapshot in report.snapshots.values():
        front += source_lines(snapshot, page, snapshot.side.value)
    section = sides_section(report)
    return _join([front, section_lines(section, page) if section else []])


def source_lines(snapshot: Snapshot, page: Page, lead: str = "") -> list[str]:
    """What a snapshot is and where it comes from, led by a word such as "Before" and then its title."""
    indent = " " * (len(lead) + 2) if lead else ""
    milestones = snapshot.taking_part()
    facts = f"{counted(len(milestones), 'milestone')}, data date {day(snapshot.data_date, 'not known')}"
    lines = wrap(f"{title(snapshot)}, {facts}" if lead else facts, page.columns, f"{lead}  " if lead else "", indent)
    lines.append(indent + clean(snapshot.source))
    if snapshot.sha256:
        lines.append(f"{indent}sha256 {snapshot.sha256[:16]}")
    if columns := due_columns(milestones):
        lines += wrap(f"due from {columns}", page.columns, indent, indent + "  ")
    if not snapshot.complete:
        lines.append(indent + page.tint("NOT read completely: what is absent here is unseen, not gone", Tone.ALERT))
    return lines


def reject_lines(rejects: Sequence[tuple[str, Reject]], page: Page, *, both: bool = False) -> list[str]:
    """What was not used, each with its place and the whole reason; nothing where all was used."""
    section = not_used(rejects, both=both)
    return section_lines(section, page) if section else []


def section_lines(section: Section, page: Page) -> list[str]:
    """One section as lines."""
    heading = section.heading
    lines = [page.tint(heading, Tone.ALERT) if section.alert else page.heading(heading)]
    for note in section.notes:
        lines += wrap(note, page.columns, "  ", "    ")
    for point in section.points:
        lines += wrap(point, page.columns, "  ", "      ")
    if section.notes and section.columns:
        lines.append("")
    if section.stacked:
        lines += _stacked(section, page)
    elif section.columns:
        lines += page.table(section.columns, section.rows)
    return lines


def _stacked(section: Section, page: Page) -> list[str]:
    lines = []
    room = max(len(column.heading) for column in section.columns[1:])
    for first, *rest in section.rows:
        lines.append(f"  {clean(text_of(first))}")
        for column, cell in zip(section.columns[1:], rest, strict=True):
            lead = f"    {column.heading:<{room}}  "
            lines += wrap(text_of(cell), page.columns, lead, " " * len(lead))
    return lines


def _front(report: MonthReport, page: Page) -> list[str]:
    drift = report.drift
    lines = [page.heading(f"Drift: {title(drift.before)} -> {title(drift.after)}"), ""]
    lines += source_lines(drift.before, page, "Before")
    lines += source_lines(drift.after, page, "After ")
    lines.append("")
    if not (drift.milestones or drift.unseen or drift.rejects):
        return [*lines, "There are no milestones on either side."]
    for line in (*count_lines(report), *note_lines(report)):
        lines += wrap(line, page.columns, "  ", "    ")
    if not drift.something_differs:
        lines += ["", "Nothing differs."]
    return lines


def _join(sections: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"
