"""The workbook that the sheets are written into, one after the other."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

from syncsvc.report.workbook.freeze import freeze
from syncsvc.report.workbook.look import FONT, POINTS, Looks
from syncsvc.report.workbook.paper import Paper


class Book:
    """A workbook in the making. `footer` is printed on every page; `at` is when the report was prepared."""

    def __init__(self, title: str, footer: str, at: datetime) -> None:
        workbook: Any = Workbook(write_only=True)
        self._workbook = workbook
        workbook.properties.title = title
        workbook.properties.creator = "syncsvc"
        workbook.calculation.fullCalcOnLoad = True
        # The look of what has none, from which spreadsheets take the unit of column widths, too.
        workbook._fonts.clear()
        workbook._fonts.add(Font(FONT, POINTS, family=2))
        workbook._named_styles["Normal"].font = Font(FONT, POINTS, family=2)
        self._looks = Looks()
        self._footer = footer
        self._at = at
        self._papers: list[Paper] = []

    def paper(self, title: str, widths: Sequence[float], *, frozen: str | None = None, pages_wide: int = 1) -> Paper:
        """A new last sheet."""
        paper = Paper(
            self._workbook, self._looks, title, widths, footer=self._footer, frozen=frozen, pages_wide=pages_wide
        )
        self._papers.append(paper)
        return paper

    def finish(self, order: Sequence[str]) -> bytes:
        """The file, with its sheets in an order of titles; those not named follow. Same report, same bytes."""
        rank = {title: at for at, title in enumerate(order)}
        sheets = self._workbook._sheets
        sheets.sort(key=lambda sheet: rank.get(sheet.title, len(rank)))
        kept = {
            f"xl/worksheets/sheet{sheets.index(paper.sheet) + 1}.xml": paper.kept
            for paper in self._papers
            if paper.kept
        }
        buffer = io.BytesIO()
        self._workbook.save(buffer)
        return freeze(buffer.getvalue(), at=self._at, kept=kept)
