"""P6 exports of any format as a side: each file is read as what it is, by its content."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Unpack

from connectors.exports import SPREADSHEET_ENDINGS, ExportFile, find_exports, in_order
from connectors.p6_format import PMXML, SPREADSHEET, XER, find_format, find_own_format, read_head
from connectors.p6_pmxml import PMXML_ENDINGS, P6Pmxml
from connectors.p6_schedule_export import ProjectChoice
from connectors.p6_spreadsheet import ExportOptions, P6Exports, P6Spreadsheet
from connectors.p6_xer import XER_ENDINGS, P6Xer
from connectors.web_exports import WebExports
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import Snapshot


class P6(P6Exports):
    """A folder of P6 exports of several formats (or one file), and an outbox for import workbooks.

    `mappings` has one for each format, `choice` says which projects of a file count that may hold several.
    """

    endings: ClassVar[Collection[str]] = (*SPREADSHEET_ENDINGS, *XER_ENDINGS, *PMXML_ENDINGS)

    def __init__(
        self,
        name: str,
        mappings: Mapping[str, SourceMapping],
        exports: Path | WebExports,
        *,
        choice: ProjectChoice | None = None,
        **options: Unpack[ExportOptions],
    ) -> None:
        super().__init__(name, mappings[SPREADSHEET], exports, **options)
        project = choice.project if choice else None
        self._formats: Mapping[str, P6Exports] = {
            SPREADSHEET: P6Spreadsheet(name, mappings[SPREADSHEET], exports, project=project, **options),
            XER: P6Xer(name, mappings[XER], exports, choice=choice, **options),
            PMXML: P6Pmxml(name, mappings[PMXML], exports, choice=choice, **options),
        }

    def _find_files(self) -> list[ExportFile]:
        """A file of another ending is one of them where it can be nothing but an export."""
        found = find_exports(self._exports, self._mapping, self.endings, lambda path: bool(_own_format(path)))
        return in_order(
            replace(file, named=self._reader_of(file.path)._mapping.read_file_name(file.path.stem)) for file in found
        )

    def _reader_of(self, export: Path) -> P6Exports:
        return self._formats[find_format(read_head(export))]

    def _read(self, path: Path, period: str | None, kind: str | None) -> Snapshot:
        return self._reader_of(path)._read(path, period, kind)


def _own_format(path: Path) -> str | None:
    return find_own_format(read_head(path))
