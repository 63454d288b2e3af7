"""The XER connector keeps the contract of a connector that can only hand over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.p6_workbook import read_import_workbook
from connectors.p6_xer import P6Xer
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone
from tests.contract.connector_contract import HandOverContract, MakeConnector
from tests.xer_files import completed, project, schedule, task, write_xer


class Folder:
    """A folder of exports, and an outbox."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.outbox = folder / "outbox"
        self.exports.mkdir()

    def go_away(self) -> None:
        self.exports.rename(self.exports.with_name("gone"))

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> Path:
        tasks = [
            completed(number, m.code, f"{m.completed} 08:00", f"{m.due} 17:00")
            if m.completed
            else task(number, m.code, f"{m.due} 17:00")
            for number, m in enumerate(milestones, start=1)
        ]
        named = project(name=f"LSST ME {period[2:]}", last_recalc_date=f"{period}-28 17:00")
        return write_xer(self.exports / f"{period}.xer", schedule(*tasks, PROJECT=[named]))

    def add_unreadable_export(self, period: str) -> None:
        (self.exports / f"{period}-ME.xer").write_bytes(b"%PDF-1.7")

    def handed_over(self) -> Sequence[Sequence[tuple[str, date | None]]]:
        return [[*read_import_workbook(path).items()] for path in sorted(self.outbox.glob("*"))]


class TestP6Xer(HandOverContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)

    @pytest.fixture
    def make_connector(self, far_side: Folder) -> MakeConnector:
        return lambda: P6Xer(
            "pmcs",
            load_mapping("p6_xer"),
            far_side.exports,
            outbox=far_side.outbox,
            now=lambda: datetime.now(UTC),
        )
