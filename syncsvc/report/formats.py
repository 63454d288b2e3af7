"""Which forms a drift report can take and what renders each: a form imports what it needs when it is asked for."""

from typing import Final

from syncsvc.hand_over import HandOver
from syncsvc.model import RunResult
from syncsvc.month_report import MonthReport
from syncsvc.report.change_requests import RequestList, request_markdown
from syncsvc.report.layout import Page
from syncsvc.sides import SidesReport

DRIFT_FORMATS: Final = ("text", "json", "md", "tex", "html", "xlsx")
REQUEST_FORMATS: Final = ("md", "xlsx")
SIDES_FORMATS: Final = ("text", "json", "md")
#: format -> how the name of its file ends
ENDINGS: Final = {"text": "txt", "json": "json", "md": "md", "tex": "tex", "html": "html", "xlsx": "xlsx"}


def render_drift(report: MonthReport, form: str, page: Page) -> str | bytes:
    """A drift report in one of DRIFT_FORMATS: text, or of a workbook its bytes."""
    if form == "json":
        from syncsvc.report.as_json import as_json, drift_shape

        return as_json(drift_shape(report))
    if form == "md":
        from syncsvc.report.drift_markdown import drift_markdown

        return drift_markdown(report)
    if form == "tex":
        from syncsvc.report.drift_tex import drift_tex

        return drift_tex(report)
    if form == "html":
        from syncsvc.report.html import drift_html

        return drift_html(report)
    if form == "xlsx":
        from syncsvc.report.workbook import drift_workbook

        return drift_workbook(report)
    from syncsvc.report.as_text import drift_text

    return drift_text(report, page)


def render_sides(report: SidesReport, form: str, page: Page) -> str:
    """The sides beside each other, in one of SIDES_FORMATS."""
    if form == "json":
        from syncsvc.report.as_json import as_json, sides_shape

        return as_json(sides_shape(report))
    if form == "md":
        from syncsvc.report.drift_markdown import sides_markdown

        return sides_markdown(report)
    from syncsvc.report.as_text import sides_text

    return sides_text(report, page)


def render_run(result: RunResult, report: MonthReport | None, form: str, page: Page) -> str | bytes:
    """What a run did, with the drift report it left where it left one."""
    if form == "json":
        from syncsvc.report.as_json import as_json, drift_shape
        from syncsvc.shapes import run_shape

        drift = {} if report is None else {"drift": drift_shape(report)}
        return as_json(run_shape(result) | drift)
    if form != "text" and report is not None:
        return render_drift(report, form, page)
    from syncsvc.report.run_text import run_text

    holidays = sorted(report.drift.holidays) if report else ()
    text = run_text(result, page, holidays)
    if report is None:
        return text
    from syncsvc.report.as_text import drift_text

    return f"{text}\n{drift_text(report, page)}"


def render_requests(listed: RequestList, form: str) -> str | bytes:
    """The list of due dates that teams propose, in one of REQUEST_FORMATS."""
    if form == "md":
        return request_markdown(listed)
    from syncsvc.report.workbook.change_requests_sheet import request_workbook

    return request_workbook(listed)


def render_hand_over(hand_over: HandOver, project: str) -> bytes:
    """The review sheet of an import workbook for P6, as an XLSX file."""
    from syncsvc.report.workbook.hand_over_sheet import hand_over_workbook

    return hand_over_workbook(hand_over, project)
