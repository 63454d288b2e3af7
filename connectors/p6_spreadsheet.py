"""P6 spreadsheet exports as a side, and completions handed back to P6 as import workbooks."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import ClassVar, Required, TypedDict, Unpack

from connectors.cell import text_of
from connectors.exports import (
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
from connectors.p6_outbox import Outbox
from connectors.p6_workbook import SETTINGS_SHEET, UserSettings, as_they_stand
from connectors.relations import check_listed, read_relations, wanted_columns
from connectors.remark import say
from connectors.row import RowReader, without_collector
from connectors.settling import settle
from connectors.sheet import Row, open_workbook
from connectors.sheet_reader import Wanted
from connectors.still import Stillness
from connectors.web_exports import WebExports
from syncsvc.connector import Known, Pulled, Seen, always
from syncsvc.errors import BadExport, ExitCode, MappingError, Problem, SourceError, SyncsvcError, UsageError
from syncsvc.mapping import Cell, Mapping, Named
from syncsvc.model import (
    Change,
    Field,
    FieldChange,
    Receipt,
    Side,
    Snapshot,
)


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
    project: str | None = None,
) -> Snapshot:
    """One P6 spreadsheet export as a snapshot: every readable row, milestone or not.

    `period` ("2019-04") and `kind` are what the caller says of a file that may not tell them itself, `unnamed_kind`
    what an export counts as that names no kind; `data_day` is the day of the period that the schedule describes.
    `project` is the name that every WBS id must begin with, or a pattern of names: another project is BadExport.
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
    if project is not None:
        named_rows = ((number, cells) for number, cells in rows if not reader.is_band(cells))
        _require_project(named_rows, header.find(mapping.columns.wbs), project, f"{path.name}: {sheet}")
    milestones, rejects = settle(reader.read(number, cells) for number, cells in rows if not reader.is_band(cells))
    if not milestones and not rejects:
        place = f"sheet {sheet}" if sheet else "the file"
        raise BadExport(f"{path.name}: there are no activities in {place}, so there is nothing to read.")
    if not predecessors:
        milestones, remarks = check_listed(milestones)
    say(path.name, [*reader.remarks, *remarks])
    return Snapshot(
        side=Side.PMCS,
        source=str(absolute(path)),
        taken_at=taken_at,
        milestones=milestones,
        sha256=digest,
        mapping_sha256=_fingerprint(mapping, project),
        period=named.period,
        kind=kind,
        data_date=data_date_of(named.period, data_day),
        typed=reader.typed,
        rejects=rejects,
    )


def _fingerprint(mapping: Mapping, project: str | None) -> str:
    """What a reading depends on besides the bytes of the export: with another project it is to be looked at again."""
    return mapping.sha256 if project is None else hashlib.sha256(f"{mapping.sha256} {project}".encode()).hexdigest()


def _read_projects(rows: Sequence[Row], wbs: int | None, mapping: Mapping, sheet: str) -> list[tuple[str, Named]]:
    """What each different project name tells, with the row where it stands first."""
    if wbs is None:
        return []
    found: dict[tuple[str | None, str | None], tuple[str, Named]] = {}
    seen: set[Cell] = set()
    for number, cells in rows:
        if wbs >= len(cells) or cells[wbs] in seen:
            continue
        seen.add(cells[wbs])
        named = mapping.read_project(text_of(cells[wbs]))
        if (named.period or named.kind) and (named.period, named.kind) not in found:
            found[named.period, named.kind] = (f"the project name in {sheet} row {number}", named)
    return list(found.values())


def _require_project(rows: Iterable[Row], wbs: int | None, project: str, where: str) -> None:
    """Raises BadExport where a row is of another project: a copy of a project has the same activity ids."""
    hint = f"It is of another project than {project}, or `project` of the configuration is to be corrected."
    if wbs is None:
        raise BadExport(f"{where} has no column that says which project its rows are of.", hint)
    pattern = project.casefold()
    for number, cells in rows:
        text = text_of(cells[wbs]).casefold() if wbs < len(cells) else ""
        if text and not (fnmatchcase(text, pattern) or fnmatchcase(text, f"{pattern}.*")):
            raise BadExport(f"{where} row {number}: the WBS id is {text_of(cells[wbs])!r:.80}.", hint)


class ExportOptions(TypedDict, total=False):
    """What every connector of P6's exports is told besides its name, its mapping and where they are."""

    plan_from: str
    data_day: str | int
    outbox: Required[Path | Outbox]
    now: Required[Callable[[], datetime]]


class P6Exports:
    """A folder of P6 exports of one format (or one file), and an outbox for import workbooks."""

    side = Side.PMCS
    endings: ClassVar[Collection[str]]  # how the names of exports end in a folder
    _read_export: Callable[..., Snapshot]  # one file as a snapshot, whether or not its period can be told
    writes = frozenset({Field.COMPLETED})
    confirms = False

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        exports: Path | WebExports,
        *,
        plan_from: str = "ME",
        data_day: str | int = "month_end",
        outbox: Path | Outbox,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._mapping = mapping
        self._web = exports if isinstance(exports, WebExports) else None
        self._exports = exports.folder if isinstance(exports, WebExports) else absolute(exports)
        self._plan_from = plan_from
        self._data_day = data_day
        self._outbox = outbox if isinstance(outbox, Outbox) else Outbox(outbox, now=now)
        self._now = now
        self.stillness = Stillness(0)  # whoever watches a folder that people copy into sets another
        self._last_read: Snapshot | None = None  # the newest export, for as long as its bytes stay the same

    def check(self) -> list[Problem]:
        """Whether the newest export can be read, and workbooks can be written."""
        where = f"connectors.{self.name}"
        problems: list[Problem] = []
        try:
            self._read_newest()
        except SyncsvcError as error:
            problems.append(Problem(f"{where}.exports", error.message, error.hint, error.exit_code))
        if problem := self._outbox.say_unwritable():
            problems.append(Problem(f"{where}.outbox", problem, "Workbooks for P6 go there.", ExitCode.USAGE))
        return problems

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """Every export that differs from what was last seen of it, in order of period.

        Raises SourceError or MappingError where the newest export cannot be read, UsageError where its period
        cannot be told; the same about an older one is a problem.
        """
        files = self._find_exports()
        newest = self._find_newest(files)
        fingerprints: dict[P6Exports, str] = {}
        snapshots: list[Snapshot] = []
        problems: list[Problem] = []
        unseen: list[ExportFile] = []
        for file in files:
            reader = self._reader_of(file.path)
            if reader not in fingerprints:
                fingerprints[reader] = reader._fingerprint()
            if not file.sha256 or seen.get(str(file.path)) != f"{file.sha256}:{fingerprints[reader]}":
                unseen.append(file)
        moving = self.stillness.find_moving(file.path for file in unseen)
        for file in unseen:
            try:
                if file.path in moving:
                    raise _still_moving(file.path)
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
        export = self._read_newest()
        path = Path(export.source)
        reader = self._reader_of(path)
        yield from self._outbox.hand_over(
            changes, export, reader._mapping, lambda: reader._read_user_settings(path), may_write
        )

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Where this batch lies in the outbox: the path of its workbook, or of both with "; " between them."""
        return self._outbox.delivered(changes)

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
        return self._read_export(
            path,
            self._mapping,
            taken_at=self._now(),
            data_day=self._data_day,
            period=period,
            kind=kind,
            unnamed_kind=self._plan_from,
        )

    def _fingerprint(self) -> str:
        """What a reading depends on besides the bytes of an export."""
        return self._mapping.sha256

    def _read_user_settings(self, export: Path) -> UserSettings:
        """What an export says of the units and formats that it was written with, for the workbook that goes back."""
        return ()

    def _find_newest(self, files: Sequence[ExportFile]) -> list[ExportFile]:
        """The files any of which may be the newest export to plan from, by their names; the likeliest last."""
        candidates = [file for file in files if file.kind in (self._plan_from, None)]
        unnamed = [file for file in candidates if file.period is None]
        return [*[file for file in candidates if file.period][-1:], *unnamed]

    def _find_exports(self) -> list[ExportFile]:
        """What is there to read, after what an address has now was brought."""
        if self._web is not None:
            self._web.fetch(self.endings)
        return self._find_files()

    def _read_newest(self) -> Snapshot:
        files = self._find_exports()
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
        if self.stillness.find_moving([file.path]):
            raise _still_moving(file.path)
        return self.read_file(file.path)


def _still_moving(path: Path) -> SourceError:
    return SourceError(
        f"{path}: the file is still being written, so it is left alone until it lies still.",
        "Nothing of it was read. Run again when it is there whole.",
    )


class P6Spreadsheet(P6Exports):
    """A folder of P6 spreadsheet exports. `project`: the name of the one they must be of, or a pattern of names."""

    endings: ClassVar[Collection[str]] = SPREADSHEET_ENDINGS

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        exports: Path | WebExports,
        *,
        project: str | None = None,
        **options: Unpack[ExportOptions],
    ) -> None:
        super().__init__(name, mapping, exports, **options)
        self._project = project
        self._read_export = partial(read_export, project=project)

    def _fingerprint(self) -> str:
        return _fingerprint(self._mapping, self._project)

    def _read_user_settings(self, export: Path) -> UserSettings:
        """The cells of its sheet USERDATA; none of a CSV file."""
        content, _ = read_whole(export)
        workbook = open_workbook(content, export.name, [Wanted(SETTINGS_SHEET)])
        sheet = workbook.find(SETTINGS_SHEET)
        return [as_they_stand(cells) for _, cells in workbook.rows(sheet)] if sheet else ()
