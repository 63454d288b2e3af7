"""Any milestone list - CSV, XLS or XLSX - that a mapping describes, as the published side."""

from datetime import datetime
from pathlib import Path

from connectors.header import open_sheet
from connectors.publication import Content, Publication, read_content
from connectors.remark import say
from connectors.row import RowReader
from connectors.settling import settle
from connectors.sheet import open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.mapping import Mapping
from syncsvc.model import Side, Snapshot


def read_table(path: Path, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
    """A milestone list in a file as a snapshot; see `read_table_content`."""
    mapping.require_format("table")
    return read_table_content(read_content(path), mapping, taken_at=taken_at)


def read_table_content(content: Content, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
    """A milestone list as a snapshot. Its period is in its file name; codes stay as the list has them.

    Raises BadExport for a file that is no readable table, MappingError for one the mapping cannot be applied to.
    """
    workbook = open_workbook(content.content, content.name, [Wanted(mapping.sheet)])
    header, rows, sheet = open_sheet(workbook, mapping, content.name)
    reader = RowReader(header, mapping, sheet, None, rows)
    milestones, rejects = settle(reader.read(number, cells) for number, cells in rows)
    say(content.name, reader.remarks)
    return Snapshot(
        side=Side.PUBLISHED,
        source=content.source,
        taken_at=taken_at,
        milestones=milestones,
        sha256=content.sha256,
        mapping_sha256=mapping.sha256,
        period=mapping.read_file_name(content.stem).period,
        typed=reader.typed,
        rejects=rejects,
    )


class Table(Publication):
    """A milestone list at a path or an https address."""

    format = "table"
    read_as = staticmethod(read_table_content)
