"""The P6 XML connector, and the one that tells each file's format by its content, keep the contract of such that only
hand over."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.p6 import P6
from connectors.p6_format import FORMATS
from connectors.p6_pmxml import P6Pmxml
from connectors.p6_workbook import read_import_workbook
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone
from tests import p6_files, pmxml_files, xer_files
from tests.contract.connector_contract import HandOverContract, MakeConnector


class Folder:
    """A folder of P6 XML exports, and an outbox."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.outbox = folder / "outbox"
        self.exports.mkdir()

    def go_away(self) -> None:
        self.exports.rename(self.exports.with_name("gone"))

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> Path:
        activities = [
            pmxml_files.completed(number, m.code, f"{m.completed}T08:00:00", f"{m.due}T17:00:00")
            if m.completed
            else pmxml_files.activity(number, m.code, f"{m.due}T17:00:00")
            for number, m in enumerate(milestones, start=1)
        ]
        named = pmxml_files.project(*activities, name=f"LSST ME {period[2:]}", DataDate=f"{period}-28T17:00:00")
        return pmxml_files.write_pmxml(self.exports / f"{period}.xml", named)

    def add_unreadable_export(self, period: str) -> None:
        (self.exports / f"{period}-ME.xml").write_bytes(b"%PDF-1.7")

    def handed_over(self) -> Sequence[Sequence[tuple[str, date | None]]]:
        return [[*read_import_workbook(path).items()] for path in sorted(self.outbox.glob("*"))]


class MixedFolder(Folder):
    """One whose exports are of the three formats in turn, under names that say nothing of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._added = 0

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> Path:
        self._added += 1
        if self._added % 3 == 0:
            written = super().add_export(period, milestones)
        elif self._added % 3 == 1:
            tasks = [
                xer_files.completed(number, m.code, f"{m.completed} 08:00", f"{m.due} 17:00")
                if m.completed
                else xer_files.task(number, m.code, f"{m.due} 17:00")
                for number, m in enumerate(milestones, start=1)
            ]
            named = xer_files.project(name=f"LSST ME {period[2:]}", last_recalc_date=f"{period}-28 17:00")
            written = xer_files.write_xer(self.exports / "a.xer", xer_files.schedule(*tasks, PROJECT=[named]))
        else:
            rows = [
                p6_files.activity(
                    m.code,
                    status_code="Completed" if m.completed else "Not Started",
                    base_end_date=f"{m.due} 17:00",
                    act_end_date=f"{m.completed} 08:00" if m.completed else "",
                )
                for m in milestones
            ]
            written = p6_files.write_csv(self.exports / "a.csv", *rows)
        return written.replace(self.exports / f"{period}-ME.csv")


class TestP6Pmxml(HandOverContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)

    @pytest.fixture
    def make_connector(self, far_side: Folder) -> MakeConnector:
        return lambda: P6Pmxml(
            "pmcs",
            load_mapping("p6_pmxml"),
            far_side.exports,
            outbox=far_side.outbox,
            now=lambda: datetime.now(UTC),
        )


class TestP6(HandOverContract):
    @pytest.fixture
    def far_side(self, tmp_path: Path) -> MixedFolder:
        return MixedFolder(tmp_path)

    @pytest.fixture
    def make_connector(self, far_side: MixedFolder) -> MakeConnector:
        return lambda: P6(
            "pmcs",
            {name: load_mapping(name) for name in FORMATS},
            far_side.exports,
            outbox=far_side.outbox,
            now=lambda: datetime.now(UTC),
        )
