"""The list of due dates that teams propose, as a workbook for change control."""

from typing import Final

from syncsvc.model import ChangeRequest
from syncsvc.report.change_requests import HEADING, RULES, RequestList, basis_words, note_words
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.look import CODE, DATE, FAINT, INSTANT, LONG_QUIET, LONG_TEXT, QUIET, TEXT, TITLE
from syncsvc.report.workbook.paper import Cell, Column, Put, naive, shown_columns

SHEET: Final = "Change requests"


def request_workbook(listed: RequestList) -> bytes:
    """The list as an XLSX file; the same list gives the same bytes."""
    book = Book(HEADING, " · ".join(filter(None, (listed.project, HEADING))), listed.made_at)
    columns = shown_columns(_columns(listed), listed.requests)
    widths = [column.width for column in columns]
    paper = book.paper(SHEET, widths)
    paper.put(HEADING, look=TITLE)
    for line in listed.front:
        paper.put(line)
    for rule in RULES:
        for line in paper.broken(rule, columns=8, look=FAINT):
            paper.put(line, look=FAINT)
    paper.skip()
    paper.repeat(paper.table("ChangeRequests", columns, listed.requests).head_row)
    return book.finish((SHEET,))


def _columns(listed: RequestList) -> list[Column[ChangeRequest]]:
    unknown = Put("not known", QUIET.but(across="center"))

    def who(request: ChangeRequest) -> Cell:
        change = listed.proposed_by.get(request.issue_id)
        return change.actor if change else Put("not known", QUIET)

    def when(request: ChangeRequest) -> Cell:
        change = listed.proposed_by.get(request.issue_id)
        return naive(change.at) if change else unknown

    return [
        Column("code", "Milestone", 16, lambda each: each.code, CODE, stays=True),
        Column("name", "Name", 36, lambda each: each.name, LONG_TEXT, stays=True),
        Column("due", "Due in PMCS", 11, lambda each: each.due, DATE, stays=True),
        Column("basis", "Read from", 15, basis_words, LONG_QUIET.but(indent=1), stays=True),
        Column("proposed", "Proposed due", 11, lambda each: each.proposed, DATE.but(bold=True), stays=True),
        Column("move", "Move", 18, listed.move_words, LONG_TEXT.but(indent=1), stays=True),
        Column("key", "Jira issue", 12, lambda each: each.key, stays=True),
        Column("who", "Proposed by", 18, who, LONG_TEXT, stays=True),
        Column("when", "Proposed at (UTC)", 15, when, INSTANT, stays=True),
        Column("note", "Note", 32, note_words, LONG_TEXT),
        Column("number", "Change request", 13, lambda each: None, TEXT, stays=True),
        Column("decision", "Decision", 16, lambda each: None, TEXT, stays=True),
    ]
