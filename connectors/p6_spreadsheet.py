"""P6 spreadsheet exports as a side, and completions handed back to P6 as import workbooks."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import ClassVar, Final

from connectors.exports import (
    OWN_PREFIX,
    SPREADSHEET_ENDINGS,
    ExportFile,
    absolute,
    agree,
    check_period,
    data_date_of,
    find_exports,
    read_whole,
)
from connectors.header import open_sheet
from connectors.p6_workbook import Actual, read_import_workbook, write_import_workbook
from connectors.relations import read_relations, wanted_columns
from connectors.remark import say
from connectors.row import RowReader, settle, text_of, without_collector
from connectors.sheet import Row, open_workbook
from connectors.sheet_reader import Wanted
from syncsvc.connector import LEASE_ENDED, Known, Pulled, Seen, always
from syncsvc.errors import ExitCode, MappingError, Problem, SourceError, SyncsvcError, UsageError
from syncsvc.mapping import Mapping, Named
from syncsvc.model import (
    Change,
    Field,
    FieldChange,
    Milestone,
    MilestoneKind,
    Outcome,
    Receipt,
    RejectCause,
    Side,
    Snapshot,
    Status,
    by_code,
)

#: What P6 wants beside TASK in a workbook it imports: how durations and dates were shown in the export.
_USER_SETTINGS_SHEET: Final = "USERDATA"

_WORKBOOK_PREFIX: Final = f"{OWN_PREFIX}completions-"
_LATEST_WORKBOOKS: Final = 20  # a batch that is asked for was handed over by the run before, or not at all

_ACTUALS: Final = {
    MilestoneKind.FINISH_MILESTONE: Actual.FINISH,
    MilestoneKind.START_MILESTONE: Actual.START,
}


@without_collector()
def read_export(
    path: Path,
    mapping: Mapping,
    *,
    taken_at: datetime,
    data_day: str | int = "month_end",
    period: str | None = None,
    kind: str | None = None,
    unnamed_kind: str | None = None,
) -> Snapshot:
    """One P6 spreadsheet export as a snapshot: every readable row, milestone or not.

    `period` ("2019-04") and `kind` are what the caller says of a file that may not tell them itself, `unnamed_kind`
    what an export counts as that names no kind; `data_day` is the day of the period that the schedule describes.
    Raises BadExport for a file that is no readable export, MappingError for one that the mapping cannot be applied
    to, UsageError where file, file name and caller disagree.
    """
    mapping.require_format("p6_spreadsheet")
    content, digest = read_whole(path)
    related = mapping.relations
    wanted = [Wanted(related.sheet, wanted_columns(related))] if related else []
    workbook = open_workbook(content, path.name, [Wanted(mapping.sheet, or_first=True), *wanted])
    header, rows, sheet = open_sheet(workbook, mapping, path.name)
    named = agree(
        path.name,
        [
            *_read_projects(rows, header.find(mapping.columns.wbs), mapping, sheet),
            ("its file name", mapping.read_file_name(path.stem)),
            ("the command", Named(check_period(period), kind)),
        ],
    )
    kind = named.kind or unnamed_kind
    predecessors, remarks = read_relations(workbook, mapping, path.name)
    reader = RowReader(header, mapping, sheet, kind, rows, predecessors)
    milestones, rejects = settle(reader.read(number, cells) for number, cells in rows if not reader.is_band(cells))
    say(path.name, [*reader.remarks, *remarks])
    return Snapshot(
        side=Side.PMCS,
        source=str(absolute(path)),
        taken_at=taken_at,
        milestones=milestones,
        sha256=digest,
        mapping_sha256=mapping.sha256,
        period=named.period,
        kind=kind,
        data_date=data_date_of(named.period, data_day),
        typed=reader.typed,
        rejects=rejects,
    )


def _read_projects(rows: Sequence[Row], wbs: int | None, mapping: Mapping, sheet: str) -> list[tuple[str, Named]]:
    """What each different project name tells, with the row where it stands first."""
    if wbs is None:
        return []
    found: dict[tuple[str | None, str | None], tuple[str, Named]] = {}
    for number, cells in rows:
        named = mapping.read_project(text_of(cells[wbs])) if wbs < len(cells) else Named()
        if (named.period or named.kind) and (named.period, named.kind) not in found:
            found[named.period, named.kind] = (f"the project name in {sheet} row {number}", named)
    return list(found.values())


class P6Exports:
    """A folder of P6 exports of one format (or one file), and an outbox for import workbooks."""

    side = Side.PMCS
    endings: ClassVar[Collection[str]]  # how the names of exports end in a folder
    writes = frozenset({Field.COMPLETED})
    confirms = False

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        exports: Path,
        *,
        plan_from: str = "ME",
        data_day: str | int = "month_end",
        outbox: Path,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._mapping = mapping
        self._exports = absolute(exports)
        self._plan_from = plan_from
        self._data_day = data_day
        self._outbox = absolute(outbox)
        self._now = now
        self._last_read: Snapshot | None = None  # the newest export, for as long as its bytes stay the same

    def check(self) -> list[Problem]:
        """Whether the newest export can be read, and workbooks can be written."""
        where = f"connectors.{self.name}"
        problems: list[Problem] = []
        try:
            self._read_newest()
        except SyncsvcError as error:
            problems.append(Problem(f"{where}.exports", error.message, error.hint, error.exit_code))
        if problem := _say_unwritable(self._outbox):
            problems.append(Problem(f"{where}.outbox", problem, "Workbooks for P6 go there.", ExitCode.USAGE))
        return problems

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """Every export that differs from what was last seen of it, in order of period.

        Raises SourceError or MappingError where the newest export cannot be read, UsageError where its period
        cannot be told; the same about an older one is a problem.
        """
        files = self._find_files()
        newest = self._find_newest(files)
        fingerprints: dict[P6Exports, str] = {}
        snapshots: list[Snapshot] = []
        problems: list[Problem] = []
        for file in files:
            reader = self._reader_of(file.path)
            if reader not in fingerprints:
                fingerprints[reader] = reader._fingerprint()
            if file.sha256 and seen.get(str(file.path)) == f"{file.sha256}:{fingerprints[reader]}":
                continue
            try:
                snapshots.append(self.read_file(file.path))
            except (SourceError, MappingError, UsageError) as error:
                if file in newest:
                    raise
                problems.append(Problem(str(file.path), error.message, error.hint, error.exit_code))
        snapshots.sort(key=lambda snapshot: snapshot.period or "")
        return Pulled(tuple(snapshots), tuple(problems))

    def read_file(self, path: Path, period: str | None = None, kind: str | None = None) -> Snapshot:
        """One export, in the folder or not, as a snapshot of this connector. Raises UsageError without a period."""
        snapshot = self._read(path, period, kind)
        if snapshot.period is None:
            raise UsageError(
                f"{path}: which month this export is of cannot be told: neither its project names nor its file name"
                " say it.",
                f"Rename it to begin with year and month, as in 2019-04-{self._plan_from}{path.suffix}, or use"
                f" `syncsvc pull --file {path.name} --period 2019-04 --kind {self._plan_from}`.",
            )
        return replace(snapshot, connector=self.name)

    def read(self, keys: Collection[str]) -> Snapshot:
        """The newest export of the kind that plans are made from, with only these codes of it."""
        snapshot = self._read_newest()
        return replace(snapshot, milestones=tuple(m for m in snapshot.milestones if m.code in keys))

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Compare with the newest export, and hand over what still holds: one workbook per kind of milestone."""
        snapshot = self._read_newest()
        accepted, answered = self._sort_out(changes, snapshot)
        yield from answered
        for actual in Actual:
            handed = [change for change, column in accepted if column is actual]
            completions = {change.code: change.after for change in handed if change.after}
            if not completions:
                continue
            if not may_write():
                yield from (Receipt(change, Outcome.NOT_TRIED, LEASE_ENDED) for change in handed)
                continue
            path = self._place_of(completions, actual)
            try:
                self._hand_over(path, actual, completions, Path(snapshot.source))
            except (OSError, SyncsvcError) as error:
                what = error.message if isinstance(error, SyncsvcError) else f"{path}: {error.strerror or error}"
                yield from (Receipt(change, Outcome.FAILED, what) for change in handed)
            else:
                yield from (Receipt(change, Outcome.HANDED_OVER, str(path)) for change in handed)

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Where this batch lies in the outbox: the path of its workbook, or of both with "; " between them.

        A process that died may have left some receipts of a workbook behind and others not: so what counts is that
        each of these changes is a row of one of the latest workbooks, whatever else is in them.
        """
        missing = {(change.code, change.after) for change in changes}
        paths: list[str] = []
        for path in self._list_workbooks()[:_LATEST_WORKBOOKS]:
            try:
                held = missing & read_import_workbook(path).items()
            except SourceError:
                continue  # damaged since: what is in it was not delivered
            if held:
                paths.append(str(path))
                missing -= held
            if not missing:
                return "; ".join(sorted(paths)) or None
        return None

    def last_changes(self, issues: Collection[str], field: Field) -> dict[str, FieldChange]:
        """An export does not say who changed what."""
        return {}

    def close(self) -> None:
        """There is nothing to give back."""

    def _find_files(self) -> list[ExportFile]:
        """The exports, by the periods in their names."""
        return find_exports(self._exports, self._mapping, self.endings)

    def _reader_of(self, export: Path) -> "P6Exports":
        """What reads an export: of one format always this."""
        return self

    def _read(self, path: Path, period: str | None, kind: str | None) -> Snapshot:
        """One export as a snapshot, whether or not its period can be told."""
        raise NotImplementedError

    def _fingerprint(self) -> str:
        """What a reading depends on besides the bytes of an export."""
        return self._mapping.sha256

    def _read_user_settings(self, export: Path) -> list[str]:
        """What an export says of the units and formats that it was written with, for the workbook that goes back."""
        return []

    def _find_newest(self, files: Sequence[ExportFile]) -> list[ExportFile]:
        """The files any of which may be the newest export to plan from, by their names; the likeliest last."""
        candidates = [file for file in files if file.kind in (self._plan_from, None)]
        unnamed = [file for file in candidates if file.period is None]
        return [*[file for file in candidates if file.period][-1:], *unnamed]

    def _read_newest(self) -> Snapshot:
        files = self._find_files()
        newest: Snapshot | None = None
        candidates = [file for file in files if file.kind in (self._plan_from, None)]
        for file in reversed(candidates):
            if file.period and newest and newest.period and file.period <= newest.period:
                break
            snapshot = self._read_again(file)
            if snapshot.kind != self._plan_from:
                continue
            if newest is None or (snapshot.period or "") > (newest.period or ""):
                newest = snapshot
        if newest is None:
            raise SourceError(
                f"{self._exports}: there is no export of kind {self._plan_from}, which plans are made from.",
                "Put one there, or set plan_from in the configuration to the kind that is there.",
            )
        self._last_read = newest
        return newest

    def _read_again(self, file: ExportFile) -> Snapshot:
        last = self._last_read
        known = (str(file.path), file.sha256, self._reader_of(file.path)._fingerprint())
        if last and (last.source, last.sha256, last.mapping_sha256) == known:
            return replace(last, taken_at=self._now())
        return self.read_file(file.path)

    def _sort_out(
        self, changes: Sequence[Change], snapshot: Snapshot
    ) -> tuple[list[tuple[Change, Actual]], list[Receipt]]:
        """The changes that may go to P6, with the column for each, and the receipts of all others."""
        shown = by_code(snapshot.milestones)
        unreadable = {
            reject.code: reject
            for reject in snapshot.rejects
            if reject.field in (None, Field.COMPLETED) and reject.cause is not RejectCause.REPEATED
        }
        dates: dict[str, set[date | None]] = {}
        for change in changes:
            if change.field is Field.COMPLETED:
                dates.setdefault(change.code, set()).add(change.after)
        accepted: list[tuple[Change, Actual]] = []
        answered: list[Receipt] = []
        for change in changes:
            if change.field is not Field.COMPLETED:
                why = f"P6 imports no {change.field.value} date from a workbook: it is calculated there"
            elif change.code in unreadable:
                why = f"{Path(snapshot.source).name}: {unreadable[change.code].reason}"
            elif len(dates[change.code]) > 1:
                why = f"{change.code} has two dates in one batch"
            else:
                judged = _judge(change, shown.get(change.code), snapshot)
                if isinstance(judged, Actual):
                    accepted.append((change, judged))
                else:
                    answered.append(judged)
                continue
            answered.append(Receipt(change, Outcome.REFUSED, why))
        return accepted, answered

    def _place_of(self, completions: dict[str, date], actual: Actual) -> Path:
        """Where a workbook goes: the same rows always to the same name."""
        rows = [(code, Field.COMPLETED.value, completed.isoformat()) for code, completed in sorted(completions.items())]
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
        return self._outbox / f"{_WORKBOOK_PREFIX}{digest}-{actual.name.lower()}.xlsx"

    def _list_workbooks(self) -> list[Path]:
        """Our workbooks in the outbox, the latest first."""
        workbooks = self._outbox.glob(f"{_WORKBOOK_PREFIX}*.xlsx")
        return sorted(workbooks, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)

    def _hand_over(self, path: Path, actual: Actual, completions: dict[str, date], export: Path) -> None:
        """Leave the workbook in the outbox; one that is there already only becomes the latest again."""
        try:
            if path.is_file() and read_import_workbook(path) == completions:
                os.utime(path)
                return
        except SourceError:
            pass  # damaged since it was written: the batch is known, so it is written again
        reader = self._reader_of(export)
        working_day = reader._mapping.working_day
        write_import_workbook(
            path,
            completions,
            actual=actual,
            completed_word=reader._mapping.word_for(Status.COMPLETED),
            time_of_day=time.fromisoformat(working_day.finish if actual is Actual.FINISH else working_day.start),
            user_settings=reader._read_user_settings(export),
        )


class P6Spreadsheet(P6Exports):
    """A folder of P6 spreadsheet exports."""

    endings: ClassVar[Collection[str]] = SPREADSHEET_ENDINGS

    def _read(self, path: Path, period: str | None, kind: str | None) -> Snapshot:
        return read_export(
            path,
            self._mapping,
            taken_at=self._now(),
            data_day=self._data_day,
            period=period,
            kind=kind,
            unnamed_kind=self._plan_from,
        )

    def _read_user_settings(self, export: Path) -> list[str]:
        """The cells of its sheet USERDATA; none of a CSV file."""
        content, _ = read_whole(export)
        workbook = open_workbook(content, export.name, [Wanted(_USER_SETTINGS_SHEET)])
        sheet = workbook.find(_USER_SETTINGS_SHEET)
        return [str(cells[0]) for _, cells in workbook.rows(sheet) if cells] if sheet else []


def _judge(change: Change, shown: Milestone | None, snapshot: Snapshot) -> Actual | Receipt:
    """The column a change goes to, or the receipt that says why it goes nowhere."""

    def refuse(why: str) -> Receipt:
        return Receipt(change, Outcome.REFUSED, why)

    export = Path(snapshot.source).name
    if change.after is None:
        return refuse("a completion cannot be taken out of P6 by an import workbook")
    if shown is None:
        return refuse(f"{change.code} is not in {export}; importing it would make a new activity")
    if shown.completed == change.after:
        return Receipt(change, Outcome.ALREADY, f"{export} shows it", confirmed=True)
    if shown.completed != change.before:
        return Receipt(change, Outcome.STALE, f"{export} shows {shown.completed or 'no completion'}")
    actual = _ACTUALS.get(shown.kind)
    if actual is None:
        what = shown.kind.value.replace("_", " ")
        return refuse(f"{change.code} is no milestone in {export}, as far as that can be told: {what}")
    if snapshot.data_date and change.after > snapshot.data_date:
        return refuse(f"{change.after} is later than the data date of {export}, {snapshot.data_date}")
    return actual


def _say_unwritable(folder: Path) -> str | None:
    """Why nothing can be written into a folder that may have to be made first, or None."""
    nearest = next((parent for parent in (folder, *folder.parents) if parent.exists()), Path("/"))
    if not nearest.is_dir():
        return f"{nearest} is not a folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} cannot be written to"
    return None
