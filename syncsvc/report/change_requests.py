"""Due dates that teams propose, as a list for change control: Markdown, and what the workbook shares with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Final

from syncsvc.model import ChangeRequest, FieldChange, Snapshot
from syncsvc.report.layout import Column
from syncsvc.report.markdown import escape
from syncsvc.report.section import Section, moved_cell
from syncsvc.report.words import counted, day, title
from syncsvc.workdays import working_days

HEADING: Final = "Due dates that teams propose"
#: What stands above every list.
RULES: Final = (
    "Each of these dates was changed in Jira while PMCS kept the date that both had agreed on. PMCS owns due dates, and"
    " P6 imports none from a workbook: what is accepted is entered in P6, and goes back to Jira with the next export.",
    "Nothing here has been written anywhere, and until the schedule says otherwise its own date stands.",
)


@dataclass(frozen=True, slots=True)
class RequestList:
    """The list: its rows, who set each date (by issue id), the export that the dates are held against."""

    requests: tuple[ChangeRequest, ...]
    proposed_by: dict[str, FieldChange]
    export: Snapshot
    made_at: datetime
    project: str = ""
    holidays: tuple[date, ...] = ()

    @property
    def front(self) -> tuple[str, str]:
        """How many, against what, and when."""
        known = f"data date {day(self.export.data_date)}" if self.export.data_date else "data date not known"
        return (
            f"{counted(len(self.requests), 'proposed date')}, held against {title(self.export)}"
            f" ({PurePath(self.export.source).name}, {known})",
            f"Made {self.made_at:%Y-%m-%d %H:%M} UTC",
        )

    def move_words(self, request: ChangeRequest) -> str:
        """How far the proposed date is from the one in the schedule."""
        if request.due is None:
            return "first date"
        days = (request.proposed - request.due).days
        if not days:
            return "the same day"
        working = abs(working_days(request.due, request.proposed, self.holidays))
        side = "later" if days > 0 else "earlier"
        return f"{counted(abs(days), 'day')} {side}, {counted(working, 'working day')}"


def basis_words(request: ChangeRequest) -> str:
    """The column of the schedule's date, and what kind of promise it is."""
    if request.due is None:
        return "blank"
    return f"{request.due_column or 'no column'} ({request.due_basis.value if request.due_basis else 'no basis'})"


def note_words(request: ChangeRequest) -> str:
    """What else the reader has to know of a row."""
    if not request.offset_days:
        return ""
    side = "before" if request.offset_days < 0 else "after"
    return (
        f"{request.key} is due {counted(abs(request.offset_days), 'day')} {side} the milestone; that is taken off here"
    )


def request_markdown(listed: RequestList) -> str:
    """The list as a page of Markdown."""
    lines = [f"# {HEADING}", ""]
    if listed.project:
        lines += [escape(listed.project), ""]
    for line in (*listed.front, *RULES):
        lines += [escape(line), ""]
    columns = ("milestone", "name", "due in PMCS", "read from", "proposed", "move", "issue", "proposed by", "at (UTC)")
    lines += [f"| {' | '.join((*columns, 'note'))} |", f"|{' --- |' * (len(columns) + 1)}"]
    for request in listed.requests:
        who = listed.proposed_by.get(request.issue_id)
        cells = (
            request.code,
            request.name,
            day(request.due),
            basis_words(request),
            day(request.proposed),
            listed.move_words(request),
            request.key,
            who.actor if who else "not known",
            f"{who.at:%Y-%m-%d %H:%M}" if who else "",
            note_words(request),
        )
        lines.append(f"| {' | '.join(escape(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def request_section(requests: Sequence[ChangeRequest]) -> Section | None:
    """The section of a report; None where no team proposes anything."""
    if not requests:
        return None
    rows = tuple(
        (
            each.code,
            each.key,
            day(each.due),
            day(each.proposed),
            moved_cell(None if each.due is None else (each.proposed - each.due).days),
        )
        for each in requests
    )
    columns = tuple(Column(name) for name in ("code", "issue", "due in PMCS", "proposed", "move"))
    return Section(f"{HEADING} ({len(requests):,})", columns, rows)
