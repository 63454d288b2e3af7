"""A release plan as a table in a web page."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connectors.cell import is_blank, kinds_of_texts, shorten
from connectors.header import Header
from connectors.release_plan.reading import ENTRY_LEVEL, HEADING_LEVEL, ReadPlan
from connectors.row import ReadRow, RowReader
from syncsvc.errors import BadExport
from syncsvc.mapping import Mapping, ReleasePlan
from syncsvc.mapping_check import SeenColumn, SeenSheet
from syncsvc.model import Reject

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_WIDEST: Final = 200
_HINT: Final = "Is it a login page, or another one? Name the page that holds the table."

Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Table:
    number: int  # in the page, from 1
    rows: tuple[Row, ...]  # those that are not blank, each with its number in the table, from 1


def has_table(text: str, mapping: Mapping) -> bool:
    """Whether a page has a table with the columns of the mapping."""
    return any(_fits(_header(table, "", mapping), mapping) for table in _find_tables(text, ""))


def read_page(text: str, source: str, mapping: Mapping, rules: ReleasePlan) -> ReadPlan:
    """The rows of every table in a page that has the mapping's columns.

    Raises BadExport for a page without one, MappingError for a table that lacks a required column.
    """
    tables = list(_find_tables(text, source))
    rows: list[ReadRow | Reject] = []
    fitting = [table for table in tables if _header(table, source, mapping).find(mapping.columns.code) is not None]
    if not fitting:
        what = f"none of its {len(tables)} tables has a column {mapping.columns.code}" if tables else "it has no table"
        raise BadExport(f"{source}: the page is no release plan: {what}.", _HINT)
    is_cut = text.casefold().rfind("<table") > text.casefold().rfind("</table")
    for table in fitting:
        header = _header(table, source, mapping)
        reader = RowReader(header, mapping, f"table {table.number}", None)
        columns = [entry.column for entry in mapping.dates().completed]
        places = {place for column in columns if (place := header.find(column)) is not None}
        has_level = header.find(mapping.columns.level) is not None
        for number, cells in table.rows[1:]:
            row = _check_code(reader.read(number, _without(cells, places, rules.incomplete)), rules)
            rows.append(row if has_level else _with_level(row, rules))
        if is_cut and table is tables[-1] and rows:
            last = rows.pop()
            where, code = (last.where, last.code) if isinstance(last, Reject) else _name(last)
            rows.append(Reject(where, code, "the page ends in the middle of the table: was it cut off?"))
    return ReadPlan(tuple(rows), complete=not is_cut)


def see_tables(text: str, source: str, mapping: Mapping) -> tuple[SeenSheet, ...]:
    """Every table of a page with its columns; of one without the mapping's column of codes the place alone."""
    seen: list[SeenSheet] = []
    for table in _find_tables(text, source):
        if _header(table, source, mapping).find(mapping.columns.code) is None:
            seen.append(SeenSheet(str(table.number)))
            continue
        (header_row, titles), *rows = table.rows
        kinds = [kinds_of_texts(cells[at] for _, cells in rows if at < len(cells)) for at in range(len(titles))]
        columns = tuple(
            SeenColumn(title, sum(found.values()), found) for title, found in zip(titles, kinds, strict=True)
        )
        seen.append(SeenSheet(str(table.number), header_row, len(rows), columns, has_milestones=True))
    return tuple(seen)


def _header(table: _Table, source: str, mapping: Mapping) -> Header:
    return Header(table.rows[0][1] if table.rows else (), f"{source}: table {table.number}", mapping)


def _fits(header: Header, mapping: Mapping) -> bool:
    due = any(header.find(entry.column) is not None for entry in mapping.dates().due)
    return due and header.find(mapping.columns.code) is not None


def _name(row: ReadRow) -> tuple[str, str]:
    return row.milestone.where, row.milestone.code


def _without(cells: Sequence[str], places: Iterable[int], words: Iterable[str]) -> list[str]:
    """The cells, those blank that only say that there is no date."""
    known = {word.casefold() for word in words}
    return ["" if at in places and cell.casefold() in known else cell for at, cell in enumerate(cells)]


def _check_code(row: ReadRow | Reject, rules: ReleasePlan) -> ReadRow | Reject:
    """A row across the table is a title, and no milestone."""
    code = row.code if isinstance(row, Reject) else row.milestone.code
    if code is None or any(re.fullmatch(pattern, code, re.ASCII) for pattern in (rules.heading, rules.entry)):
        return row
    where = row.where if isinstance(row, Reject) else row.milestone.where
    return Reject(where, None, f"{shorten(code)!r} is not the code of a milestone")


def _with_level(row: ReadRow | Reject, rules: ReleasePlan) -> ReadRow | Reject:
    if isinstance(row, Reject):
        return row
    is_heading = re.fullmatch(rules.heading, row.milestone.code, re.ASCII) is not None
    return replace(row, milestone=replace(row.milestone, level=HEADING_LEVEL if is_heading else ENTRY_LEVEL))


def _find_tables(text: str, source: str) -> Iterator[_Table]:
    from lxml import etree, html

    # No network, no entities of its own; bytes, since a declared encoding is refused in text.
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise BadExport(f"{source}: the file cannot be read as a web page: {error}.", _HINT) from None
    if limits := parser.error_log.filter_from_fatals():  # what lies behind was not read, and nothing else says so
        raise BadExport(f"{source}: the page is nested too deeply or too large: {limits[0].message}.", _HINT)
    etree.strip_elements(page, "script", "style", "template", with_tail=False)
    for line_break in page.iter("br", "p", "div", "li"):
        line_break.tail = f" {line_break.tail or ''}"
    for number, table in enumerate(page.iter("table"), start=1):
        yield _Table(number, tuple(_rows(table)))


def _rows(table: "HtmlElement") -> Iterator[Row]:
    """The rows of a table itself, not of one within it; a cell that spans several is in each of them."""
    spanning: dict[int, tuple[int, str]] = {}  # column -> rows left, text
    for number, row in enumerate(table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr"), start=1):
        cells: list[str] = []
        for cell in row.xpath("./th | ./td"):
            _fill(cells, spanning)
            text = " ".join(str(cell.text_content()).split())
            rows = _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if rows > 1:
                    spanning[len(cells)] = (rows - 1, text)
                cells.append(text)
        _fill(cells, spanning)
        if not is_blank(cells):
            yield number, cells


def _fill(cells: list[str], spanning: dict[int, tuple[int, str]]) -> None:
    """Put in what cells of the rows above span here."""
    while (spanned := spanning.get(len(cells))) is not None:
        rows, text = spanned
        if rows > 1:
            spanning[len(cells)] = rows - 1, text
        else:
            del spanning[len(cells)]
        cells.append(text)


def _span(cell: "HtmlElement", name: str) -> int:
    number = cell.get(name, "1").strip()
    return min(max(int(number), 1), _WIDEST) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
