"""Which built-in mapping a file asks for, by its content."""

from pathlib import Path

from connectors.exports import read_whole
from connectors.header import fits
from connectors.p6_format import PMXML, find_format, find_own_format
from connectors.published import is_release_plan
from connectors.sheet import open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.errors import MappingError
from syncsvc.mapping import builtin_mappings, load_mapping


def guess_mapping(path: Path) -> str:
    """The one built-in mapping whose milestones, or whose sheet and columns, are in the file.

    XER and PMXML files are told from how they begin. Raises BadExport for a file that is neither that nor a release
    plan nor a spreadsheet, MappingError, with the choices, where none or several fit.
    """
    content, _ = read_whole(path)
    choices = [load_mapping(name) for name in builtin_mappings()]
    if (own := find_own_format(content)) is not None:
        fitting = [mapping.name for mapping in choices if mapping.format == own]
    else:
        plans = [mapping for mapping in choices if mapping.format == "release_plan"]
        fitting = [mapping.name for mapping in plans if is_release_plan(content, path.name, mapping)]
    if not fitting and find_format(content) == PMXML:  # XML of another kind, which is said where it is read
        fitting = [mapping.name for mapping in choices if mapping.format == PMXML]
    if not fitting:
        tables = [mapping for mapping in choices if mapping.format in ("p6_spreadsheet", "table")]
        workbook = open_workbook(content, path.name, [Wanted(mapping.sheet, rows=50) for mapping in tables])
        fitting = [mapping.name for mapping in tables if fits(workbook, mapping)]
    if len(fitting) == 1:
        return fitting[0]
    what = f"several mappings fit: {', '.join(fitting)}" if fitting else "no built-in mapping fits its header"
    raise MappingError(
        f"{path.name}: {what}.",
        f"Name a mapping: {', '.join(mapping.name for mapping in choices)}, or a TOML file of your own.",
    )
