"""The sheet Handed over: what became of completions that were handed to PMCS."""

from syncsvc.model import Judgement, ProposalState
from syncsvc.month_report import MonthReport
from syncsvc.report.hand_overs import HEADING, STATES, in_order, summary
from syncsvc.report.workbook.book import Book
from syncsvc.report.workbook.drift_sheet import issue_urls
from syncsvc.report.workbook.look import ALERT, CODE, DATE, LONG_TEXT, TEXT, TITLE
from syncsvc.report.workbook.paper import Cell, Column, Put

SHEET = "Handed over"
_TROUBLE = (ProposalState.NOT_LANDED, ProposalState.OVERWRITTEN)


def write_hand_overs(book: Book, report: MonthReport) -> None:
    """Write the sheet; none where no run stands behind the report, or nothing was handed over."""
    hand_overs = report.run.hand_overs if report.run else ()
    if not hand_overs:
        return
    urls = issue_urls(report)

    def key(judged: Judgement) -> Cell:
        return Put(judged.proposal.key, url=urls.get(judged.proposal.key))

    def state(judged: Judgement) -> Cell:
        words = STATES[judged.proposal.state]
        return Put(words, ALERT.but(line=True)) if judged.proposal.state in _TROUBLE else words

    columns: list[Column[Judgement]] = [
        Column("code", "Milestone", 17, lambda each: each.proposal.code, CODE, stays=True),
        Column("key", "Jira issue", 15, key, TEXT.but(indent=1), stays=True),
        Column("completed", "Completed", 13, lambda each: each.proposal.value, DATE, stays=True),
        Column("handed_over", "Handed over", 14, lambda each: each.proposal.handed_over_on, DATE, stays=True),
        Column("state", "State", 13, state, TEXT, stays=True),
        Column("words", "What became of it", 90, lambda each: each.words, LONG_TEXT, stays=True),
    ]
    paper = book.paper(SHEET, [each.width for each in columns], frozen="A5")
    paper.put(HEADING, look=TITLE)
    paper.put(f"{summary(hand_overs)}.")
    paper.skip()
    paper.repeat(paper.table("HandedOver", columns, in_order(hand_overs)).head_row)
