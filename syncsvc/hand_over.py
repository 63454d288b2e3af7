"""Completions on their way into P6, as values: what an import workbook is to change, for the person who imports it.

Pure. The workbook itself is for P6 and says no more than P6 needs; a review sheet beside it says the rest.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Final

from syncsvc.model import FieldChange, Milestone, Receipt, Snapshot

WORKBOOK_PREFIX: Final = "syncsvc-completions-"
REVIEW_PREFIX: Final = "syncsvc-review-"


@dataclass(frozen=True, slots=True)
class HandedRow:
    """One completion that one issue reported: the activity as the export shows it, and what it is to be."""

    activity: Milestone
    column: str  # of P6: act_end_date or act_start_date
    status_after: str  # P6's word
    completed_after: date
    key: str
    resolved: FieldChange | None = None  # who resolved the issue, and when; None where that is not known


@dataclass(frozen=True, slots=True)
class HandOver:
    """One import workbook: its rows, and what of the same batch went into none, with the reasons."""

    workbook: str  # file name
    export: Snapshot  # what the ids were looked up in
    rows: tuple[HandedRow, ...]
    refused: tuple[Receipt, ...]
    settings_copied: bool  # the workbook has the export's sheet USERDATA
    made_at: datetime
    nobody_named: str = ""  # why it is not known who resolved the issues


def review_beside(workbook: str) -> str:
    """The path of the review sheet that lies beside an import workbook."""
    path = PurePath(workbook)
    return str(path.with_name(REVIEW_PREFIX + path.name.removeprefix(WORKBOOK_PREFIX)))
