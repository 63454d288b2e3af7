"""Native charts: they follow the cells they are drawn from."""

from typing import Any, Final

from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.utils import get_column_letter, quote_sheetname

from syncsvc.report.workbook.look import FAINT_INK, FONT, INK, LINE

LATER: Final = "B8492F"
EARLIER: Final = "2B8270"
OPEN: Final = "1F3A5F"
SHOULD: Final = "C58A1B"
PROMISED: Final = "8A97A6"


def draw_bars(sheet: Any, title: str, *, labels: tuple[int, int, int], series: dict[int, str]) -> BarChart:
    """Upright bars. `labels` are column, first and last row of what stands below them; the names of the series stand
    one row above the first; `series` is column -> colour.
    """

    chart = BarChart()
    chart.type, chart.grouping, chart.gapWidth, chart.overlap = "col", "clustered", 60, 0
    column, first, last = labels
    for each, colour in series.items():
        cells = Reference(sheet, min_col=each, min_row=first - 1, max_row=last)
        bars = Series(cells, title_from_data=True)
        bars.graphicalProperties.solidFill = colour
        bars.graphicalProperties.line.solidFill = colour
        chart.series.append(bars)
    chart.set_categories(Reference(sheet, min_col=column, min_row=first, max_row=last))
    _dress(chart, title)
    chart.dataLabels = _labels()
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    return chart


def draw_burn_down(
    sheet: Any,
    title: str,
    *,
    head: int,
    actual: tuple[int, int],
    planned: tuple[int, int] | None,
) -> ScatterChart:
    """Milestones left over time. Below row `head`: columns A to C day, left, should be left; E, F what is promised."""

    chart = ScatterChart()
    chart.style, chart.scatterStyle = 13, "lineMarker"
    lines: list[Any] = [(1, 3, actual, SHOULD, "dash", "diamond"), (1, 2, actual, OPEN, "solid", "circle")]
    if planned is not None:
        lines.append((5, 6, planned, PROMISED, "sysDash", "none"))
    for day, value, (first, last), colour, dash, mark in lines:
        days = Reference(sheet, min_col=day, min_row=first, max_row=last)
        line = Series(Reference(sheet, min_col=value, min_row=first, max_row=last), days)
        line.tx = _title_from(sheet, value, head)
        line.graphicalProperties.line.solidFill = colour
        line.graphicalProperties.line.width = 22_000
        line.graphicalProperties.line.dashStyle = dash
        line.smooth = False
        line.marker = Marker(mark, size=6)
        if mark != "none":
            line.marker.graphicalProperties.solidFill = colour
            line.marker.graphicalProperties.line.solidFill = colour
        chart.series.append(line)
    _dress(chart, title)
    chart.x_axis.number_format = "yyyy-mm"
    chart.x_axis.majorGridlines = None
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.scaling.min = 0
    chart.y_axis.majorGridlines = ChartLines(spPr=_line(LINE))
    chart.display_blanks = "gap"
    return chart


def size(chart: Any, *, wide_cm: float, high_cm: float) -> None:
    """How large a chart is drawn."""
    chart.width, chart.height = wide_cm, high_cm


def _title_from(sheet: Any, column: int, row: int) -> Any:

    return SeriesLabel(strRef=StrRef(f"{quote_sheetname(sheet.title)}!${get_column_letter(column)}${row}"))


def _dress(chart: Any, title: str) -> None:

    chart.title = Title(tx=Text(rich=_rich(title, 1000, bold=True)), overlay=False)
    chart.legend.position = "b"
    chart.legend.txPr = _rich(None, 800)
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.txPr = _rich(None, 800)
        axis.title = None
        axis.graphicalProperties = _line(LINE)
        axis.majorTickMark = "none"
    chart.graphical_properties = _line(LINE)
    chart.roundedCorners = False


def _line(colour: str) -> Any:

    return GraphicalProperties(ln=LineProperties(solidFill=colour, w=9_525))


def _labels() -> Any:

    labels = DataLabelList()
    labels.showVal = True
    labels.showSerName = labels.showCatName = labels.showLegendKey = labels.showPercent = False
    labels.txPr = _rich(None, 800)
    return labels


def _rich(text: str | None, hundredths: int, *, bold: bool = False) -> RichText:
    """Text of a chart in the workbook's font; None for the look alone."""

    letters = CharacterProperties(
        latin=Font(typeface=FONT), sz=hundredths, b=bold, solidFill=INK if bold else FAINT_INK
    )
    runs = [RegularTextRun(rPr=letters, t=text)] if text else None
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=letters), r=runs, endParaRPr=letters)
    return RichText(bodyPr=RichTextProperties(), p=[paragraph])
