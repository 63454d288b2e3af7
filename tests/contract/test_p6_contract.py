"""The connectors of P6's formats, and the one that tells each file's format by its content, keep the contract of such
that can only hand over."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.p6 import P6
from connectors.p6_format import FORMATS, PMXML, SPREADSHEET, XER
from connectors.p6_pmxml import P6Pmxml
from connectors.p6_spreadsheet import P6Exports, P6Spreadsheet
from connectors.p6_workbook import read_import_workbook
from connectors.p6_xer import P6Xer
from syncsvc.mapping import load_mapping
from syncsvc.model import Milestone
from tests import p6_files, pmxml_files, xer_files
from tests.contract.connector_contract import HandOverContract, MakeConnector

#: Writes the finish milestones of a month (period) into a file.
Write = Callable[[Path, str, Sequence[Milestone]], Path]


def write_spreadsheet(path: Path, _period: str, milestones: Sequence[Milestone]) -> Path:
    """The month is in the file's name only."""
    rows = [
        p6_files.activity(
            m.code,
            status_code="Completed" if m.completed else "Not Started",
            base_end_date=f"{m.due:%m/%d/%Y} 5:00:00 PM" if m.due else "",
            act_end_date=f"{m.completed:%m/%d/%Y} 8:00:00 AM" if m.completed else "",
        )
        for m in milestones
    ]
    return p6_files.write_csv(path, *rows)


def write_xer(path: Path, period: str, milestones: Sequence[Milestone]) -> Path:
    tasks = [
        xer_files.completed(number, m.code, f"{m.completed} 08:00", f"{m.due} 17:00")
        if m.completed
        else xer_files.task(number, m.code, f"{m.due} 17:00")
        for number, m in enumerate(milestones, start=1)
    ]
    named = xer_files.project(name=f"LSST ME {period[2:]}", last_recalc_date=f"{period}-28 17:00")
    return xer_files.write_xer(path, xer_files.schedule(*tasks, PROJECT=[named]))


def write_pmxml(path: Path, period: str, milestones: Sequence[Milestone]) -> Path:
    activities = [
        pmxml_files.completed(number, m.code, f"{m.completed}T08:00:00", f"{m.due}T17:00:00")
        if m.completed
        else pmxml_files.activity(number, m.code, f"{m.due}T17:00:00")
        for number, m in enumerate(milestones, start=1)
    ]
    named = pmxml_files.project(*activities, name=f"LSST ME {period[2:]}", DataDate=f"{period}-28T17:00:00")
    return pmxml_files.write_pmxml(path, named)


class Folder:
    """A folder of exports, each next one written by the next of some writers under a name that tells its month."""

    def __init__(self, folder: Path, ending: str, *writers: Write) -> None:
        self.exports = folder / "exports"
        self.outbox = folder / "outbox"
        self.exports.mkdir()
        self._ending = ending
        self._writers = cycle(writers)

    def go_away(self) -> None:
        self.exports.rename(self.exports.with_name("gone"))

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> Path:
        return next(self._writers)(self.exports / f"{period}-ME{self._ending}", period, milestones)

    def add_unreadable_export(self, period: str) -> None:
        (self.exports / f"{period}-ME{self._ending}").write_bytes(b"%PDF-1.7")

    def handed_over(self) -> Sequence[Sequence[tuple[str, date | None]]]:
        return [[*read_import_workbook(path).items()] for path in sorted(self.outbox.glob("*"))]


def now() -> datetime:
    return datetime.now(UTC)


class P6Contract(HandOverContract):
    """What differs: how the names of exports end, what writes them in turn, and how the connector is made."""

    ending: ClassVar[str]
    writers: ClassVar[Sequence[Write]]
    connect: ClassVar[Callable[[Folder], P6Exports]]

    @pytest.fixture
    def far_side(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path, self.ending, *self.writers)

    @pytest.fixture
    def make_connector(self, far_side: Folder) -> MakeConnector:
        return lambda: type(self).connect(far_side)


class TestP6Spreadsheet(P6Contract):
    ending, writers = ".csv", [write_spreadsheet]

    @staticmethod
    def connect(folder: Folder) -> P6Exports:
        return P6Spreadsheet("pmcs", load_mapping(SPREADSHEET), folder.exports, outbox=folder.outbox, now=now)


class TestP6Xer(P6Contract):
    ending, writers = ".xer", [write_xer]

    @staticmethod
    def connect(folder: Folder) -> P6Exports:
        return P6Xer("pmcs", load_mapping(XER), folder.exports, outbox=folder.outbox, now=now)


class TestP6Pmxml(P6Contract):
    ending, writers = ".xml", [write_pmxml]

    @staticmethod
    def connect(folder: Folder) -> P6Exports:
        return P6Pmxml("pmcs", load_mapping(PMXML), folder.exports, outbox=folder.outbox, now=now)


class TestP6(P6Contract):
    """Names that say nothing of the format: all of them end alike."""

    ending, writers = ".csv", [write_xer, write_spreadsheet, write_pmxml]

    @staticmethod
    def connect(folder: Folder) -> P6Exports:
        mappings = {name: load_mapping(name) for name in FORMATS}
        return P6("pmcs", mappings, folder.exports, outbox=folder.outbox, now=now)
