"""The P6 spreadsheet connector keeps the contract of a connector that can only hand over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.p6_spreadsheet import P6Spreadsheet
from connectors.p6_workbook import read_import_workbook
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone
from tests.contract.connector_contract import HandOverContract, MakeConnector
from tests.p6_files import activity, write_csv


class Folder:
    """A folder of exports, and an outbox."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.outbox = folder / "outbox"
        self.exports.mkdir()

    def go_away(self) -> None:
        self.exports.rename(self.exports.with_name("gone"))

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> Path:
        rows = [
            activity(
                m.code,
                status_code="Completed" if m.completed else "Not Started",
                base_end_date=f"{m.due:%m/%d/%Y} 5:00:00 PM" if m.due else "",
                act_end_date=f"{m.completed:%m/%d/%Y} 8:00:00 AM" if m.completed else "",
            )
            for m in milestones
        ]
        return write_csv(self.exports / f"{period}-ME.csv", *rows)

    def add_unreadable_export(self, period: str) -> None:
        (self.exports / f"{period}-ME.xls").write_bytes(b"%PDF-1.7")

    def handed_over(self) -> Sequence[Sequence[tuple[str, date | None]]]:
        return [[*read_import_workbook(path).items()] for path in sorted(self.outbox.glob("*"))]


class TestP6Spreadsheet(HandOverContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)

    @pytest.fixture
    def make_connector(self, far_side: Folder) -> MakeConnector:
        return lambda: P6Spreadsheet(
            "pmcs",
            load_mapping("p6_spreadsheet"),
            far_side.exports,
            outbox=far_side.outbox,
            now=lambda: datetime.now(UTC),
        )
