"""Any milestone list - CSV, XLS or XLSX - that a mapping describes, as the published side."""

from datetime import datetime
from pathlib import Path

from connectors.exports import read_whole
from connectors.row import RowReader, add_predecessors, open_sheet, settle
from connectors.sheet import Wanted, open_workbook
from syncsvc.mapping import Mapping
from syncsvc.model import Side, Snapshot


def read_table(path: Path, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
    """A milestone list as a snapshot. Its period is in its file name; codes stay as the list has them.

    Raises BadExport for a file that is no readable table, MappingError for one the mapping cannot be applied to.
    """
    mapping.require_format("table")
    content, digest = read_whole(path)
    workbook = open_workbook(content, path.name, [Wanted(mapping.sheet)])
    header, rows, sheet = open_sheet(workbook, mapping, path.name)
    reader = RowReader(header, mapping, sheet, None)
    milestones, rejects = settle(reader.read(number, cells) for number, cells in rows)
    return Snapshot(
        side=Side.PUBLISHED,
        source=str(path.resolve()),
        taken_at=taken_at,
        milestones=tuple(add_predecessors(milestones, {})),
        sha256=digest,
        mapping_sha256=mapping.sha256,
        period=mapping.read_file_name(path.stem).period,
        typed=reader.typed,
        rejects=rejects,
    )
