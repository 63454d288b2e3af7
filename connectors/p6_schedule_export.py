"""Exports that hold whole projects, XER and PMXML, as a side."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, TypeVar, Unpack

from connectors.exports import absolute, check_period, data_date_of, read_whole
from connectors.p6_schedule_reading import MappingText, ScheduleQuestion, read_baseline, read_schedule
from connectors.p6_spreadsheet import ExportOptions, P6Exports
from connectors.remark import say
from connectors.row import without_collector
from connectors.web_exports import WebExports
from connectors.worker import ReadingLimits, read_apart
from syncsvc.mapping import Mapping
from syncsvc.model import Side, Snapshot

#: Several times what 100,000 activities with 300,000 relations take.
LIMITS: Final = ReadingLimits(
    memory_bytes=3_000_000_000, seconds=300, hint="Export fewer projects into one file, or export it again."
)


#: What can neither fill the memory nor take long: starting a worker takes longer than reading it.
_SMALL_BYTES: Final = 1_000_000

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class ProjectChoice:
    """Which projects of a file are read, and which one is their baseline, as the configuration says.

    `project` and `baseline_project` are names or patterns (`LSST ME *`), `baseline` is another file of the same format.
    """

    project: str | None = None
    baseline: Path | None = None
    baseline_project: str | None = None

    def fingerprint(self, mapping: Mapping) -> str:
        """What a reading depends on besides the bytes of the export.

        Raises SourceError where the baseline cannot be read.
        """
        if self == ProjectChoice():
            return mapping.sha256
        baseline = read_whole(self.baseline)[1] if self.baseline else None
        told = repr((mapping.sha256, self.project, self.baseline_project, baseline))
        return hashlib.sha256(told.encode()).hexdigest()


@without_collector()
def read_projects(
    path: Path,
    mapping: Mapping,
    *,
    format_name: str,
    taken_at: datetime,
    data_day: str | int = "month_end",
    period: str | None = None,
    kind: str | None = None,
    unnamed_kind: str | None = None,
    choice: ProjectChoice | None = None,
) -> Snapshot:
    """The projects of one export of a format as a snapshot: every readable activity, milestone or not.

    Without a choice these are the projects that were exported, not those that only lend an end to a relation, and not
    one that is the baseline of another. `period`, `kind`, `unnamed_kind` and `data_day` are as for a spreadsheet, but
    the data date is the project's own where it has one, and tells the period where no name does.

    Raises BadExport for a file that is no readable export, MappingError for one that the mapping cannot be applied
    to, UsageError where file, file name and caller disagree.
    """
    mapping.require_format(format_name)
    choice = choice or ProjectChoice()
    told = MappingText(str(mapping.path), mapping.text)
    baseline = None
    if choice.baseline is not None:
        content, _ = read_whole(choice.baseline)
        baseline = read_safely(read_baseline, content, choice.baseline.name, told)
    question = ScheduleQuestion(
        mapping=told,
        stem=path.stem,
        period=check_period(period),
        kind=kind,
        unnamed_kind=unnamed_kind,
        project=choice.project,
        baseline_project=choice.baseline_project,
        baseline=baseline,
    )
    content, digest = read_whole(path)
    read = read_safely(read_schedule, content, path.name, question)
    say(path.name, read.remarks)
    return Snapshot(
        side=Side.PMCS,
        source=str(absolute(path)),
        taken_at=taken_at,
        milestones=read.milestones,
        sha256=digest,
        mapping_sha256=choice.fingerprint(mapping),
        period=read.period,
        kind=read.kind,
        data_date=read.data_date or data_date_of(read.period, data_day),
        typed=read.typed,
        rejects=read.rejects,
    )


def read_safely(reader: Callable[[BinaryIO, str, Q], A], content: bytes, source: str, question: Q) -> A:
    """What a reader makes of a file: in a worker, unless the file is too small to need one."""
    if len(content) <= _SMALL_BYTES:
        return reader(io.BytesIO(content), source, question)
    return read_apart(reader, content, source, LIMITS, question)


class P6Projects(P6Exports):
    """A folder of exports of one such format (or one file), and an outbox for import workbooks."""

    format_name: ClassVar[str]

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        exports: Path | WebExports,
        *,
        choice: ProjectChoice | None = None,
        **options: Unpack[ExportOptions],
    ) -> None:
        super().__init__(name, mapping, exports, **options)
        self._choice = choice or ProjectChoice()
        self._read_export = partial(read_projects, format_name=self.format_name, choice=self._choice)

    def _fingerprint(self) -> str:
        return self._choice.fingerprint(self._mapping)
