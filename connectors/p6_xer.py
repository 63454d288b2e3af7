"""P6 XER exports as a side."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Final

from connectors.exports import absolute, agree, check_period, data_date_of, read_whole
from connectors.p6_spreadsheet import P6Exports
from connectors.p6_xer_schedule import BASELINE_COLUMNS, Activity, Project, Schedule, wanted_tables
from connectors.p6_xer_tables import read_tables
from connectors.row import Header, ReadRow, RowReader, add_predecessors, settle
from connectors.worker import ReadingLimits, read_apart
from syncsvc.errors import BadExport, UsageError
from syncsvc.mapping import Dates, Mapping, Named
from syncsvc.model import MILESTONE_KINDS, Basis, Field, Reject, Side, Snapshot

XER_ENDINGS: Final = (".xer",)

#: Several times what 100,000 activities with 300,000 relations take.
LIMITS: Final = ReadingLimits(
    memory_bytes=3_000_000_000, seconds=300, hint="Export fewer projects into one file, or export it again."
)
_ENCODING: Final = "cp1252"


@dataclass(frozen=True, slots=True)
class XerChoice:
    """Which projects of a file are read, and which one is their baseline, as the configuration says.

    `project` and `baseline_project` are names or patterns (`LSST ME *`), `baseline` is another XER file.
    """

    project: str | None = None
    baseline: Path | None = None
    baseline_project: str | None = None

    def fingerprint(self, mapping: Mapping) -> str:
        """What a reading depends on besides the bytes of the export. Raises SourceError for a baseline that is gone."""
        if self == XerChoice():
            return mapping.sha256
        baseline = read_whole(self.baseline)[1] if self.baseline else None
        told = repr((mapping.sha256, self.project, self.baseline_project, baseline))
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Baseline:
    """The baseline of one project: its dates by activity id, or that it is not in the file (None)."""

    dates: dict[str, tuple[str, str]] | None
    why_absent: str = ""


def read_export(
    path: Path,
    mapping: Mapping,
    *,
    taken_at: datetime,
    data_day: str | int = "month_end",
    period: str | None = None,
    kind: str | None = None,
    unnamed_kind: str | None = None,
    choice: XerChoice | None = None,
) -> Snapshot:
    """The projects of one XER export as a snapshot: every readable activity, milestone or not.

    Without a choice these are the projects that were exported, not those that only lend an end to a relation, and not
    one that is the baseline of another. `period`, `kind`, `unnamed_kind` and `data_day` are as for a spreadsheet, but
    the data date is the project's own where it has one, and tells the period where no name does.
    Raises BadExport for a file that is no readable export, MappingError for one that the mapping cannot be applied
    to, UsageError where file, file name and caller disagree.
    """
    mapping.require_format("p6_xer")
    choice = choice or XerChoice()
    content, digest = read_whole(path)
    schedule = _open(content, path.name, mapping)
    file_named = mapping.read_file_name(path.stem)
    projects = _choose(schedule, choice, mapping, kind or file_named.kind, path.name)
    named = agree(
        path.name,
        [
            *((f"the name of the project in {each.place}", mapping.read_project(each.name)) for each in projects),
            ("its file name", file_named),
            ("the command", Named(check_period(period), kind)),
        ],
    )
    kind = named.kind or unnamed_kind
    data_date, unreadable = _read_data_date(projects, mapping)
    forecasts = bool(mapping.dates(kind).forecast)
    period = _read_period(path.name, named.period, data_date if forecasts or not named.period else None)
    baselines = {each.id: _find_baseline(each, schedule, choice, mapping, path.name) for each in projects}
    rows = _Rows(schedule, mapping, kind, path.name, baselines)
    milestones, rejects = settle(rows.read(schedule.activities(projects)))
    relations, unusable = schedule.relations(projects)
    return Snapshot(
        side=Side.PMCS,
        source=str(absolute(path)),
        taken_at=taken_at,
        milestones=tuple(add_predecessors(milestones, relations)),
        sha256=digest,
        mapping_sha256=choice.fingerprint(mapping),
        period=period,
        kind=kind,
        data_date=data_date or data_date_of(period, data_day),
        typed=rows.typed,
        rejects=(*unreadable, *rejects, *unusable),
    )


class P6Xer(P6Exports):
    """A folder of P6 XER exports (or one file), and an outbox for import workbooks."""

    endings: ClassVar[Collection[str]] = XER_ENDINGS

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
        choice: XerChoice | None = None,
    ) -> None:
        super().__init__(name, mapping, exports, plan_from=plan_from, data_day=data_day, outbox=outbox, now=now)
        self._choice = choice or XerChoice()

    def _read(self, path: Path, period: str | None, kind: str | None) -> Snapshot:
        return read_export(
            path,
            self._mapping,
            taken_at=self._now(),
            data_day=self._data_day,
            period=period,
            kind=kind,
            unnamed_kind=self._plan_from,
            choice=self._choice,
        )

    def _fingerprint(self) -> str:
        return self._choice.fingerprint(self._mapping)


def _open(content: bytes, source: str, mapping: Mapping) -> Schedule:
    encoding = mapping.encoding or _ENCODING
    file = read_apart(read_tables, content, source, LIMITS, encoding, wanted_tables(mapping))
    return Schedule(file, source, mapping)


def _choose(
    schedule: Schedule, choice: XerChoice, mapping: Mapping, kind: str | None, source: str
) -> list[Project]:
    """The projects to read: those of the configuration, else the exported ones; of one kind where names tell kinds."""
    if choice.project is not None:
        chosen = [each for each in schedule.projects if each.is_called(choice.project)]
        if not chosen:
            raise BadExport(
                f"{source}: no project in it is called {choice.project}; its projects are {schedule.say_projects()}.",
                "See `project` in the configuration.",
            )
        return chosen
    exported = [each for each in schedule.projects if each.is_exported] or schedule.projects
    ids = {each.id for each in exported}
    baselines = {each.baseline for each in exported} | {each.id for each in exported if each.original in ids}
    if choice.baseline_project is not None and choice.baseline is None:
        baselines |= {each.id for each in exported if each.is_called(choice.baseline_project)}
    chosen = [each for each in exported if each.id not in baselines]
    kinds = {each.id: mapping.read_project(each.name).kind for each in chosen}
    if kind is not None and len(set(kinds.values())) > 1:
        chosen = [each for each in chosen if kinds[each.id] == kind.upper()] or chosen
    if not chosen:
        raise BadExport(
            f"{source}: each of its projects is the baseline of another: {schedule.say_projects()}.",
            "Say which one is to be read: `project` in the configuration.",
        )
    return chosen


def _read_data_date(projects: Iterable[Project], mapping: Mapping) -> tuple[date | None, list[Reject]]:
    """The latest data date of the projects, and those that cannot be read."""
    found: list[date] = []
    rejects: list[Reject] = []
    for each in projects:
        try:
            data_date = mapping.parse_date(each.data_date)
        except ValueError as error:
            why = f"data date: last_recalc_date {each.data_date[:60]!r} {error}"
            rejects.append(Reject(each.place, None, why, field="data_date"))
        else:
            found += [data_date] if data_date else []
    return max(found, default=None), rejects


def _read_period(source: str, named: str | None, data_date: date | None) -> str | None:
    """The period that names tell, else the month of the data date.

    A data date on the first of a month closes the month before it, too. Raises UsageError where they disagree.
    """
    if data_date is None:
        return named
    month = f"{data_date:%Y-%m}"
    closed = f"{data_date.year - (data_date.month == 1)}-{(data_date.month - 2) % 12 + 1:02}"
    if named is None or named == month or (data_date.day == 1 and named == closed):
        return named or month
    raise UsageError(
        f"{source}: its name says that its period is {named}, its data date is {data_date}.",
        "Rename the file, or give another --period, so that both say the same.",
    )


def _find_baseline(
    project: Project, schedule: Schedule, choice: XerChoice, mapping: Mapping, source: str
) -> _Baseline | None:
    """The baseline of a project, in the file that was named or in its own; None where it has none.

    Raises SourceError where the configuration names a baseline that is not there.
    """
    if mapping.baseline is None:
        return None
    place = source
    if choice.baseline is not None:
        content, _ = read_whole(choice.baseline)
        place = choice.baseline.name
        schedule = _open(content, place, mapping)
    others = [each for each in schedule.projects if choice.baseline is not None or each.id != project.id]
    if choice.baseline_project is not None:
        found = [each for each in others if each.is_called(choice.baseline_project)]
        wanted = f"is called {choice.baseline_project}"
    else:
        found = [each for each in others if project.baseline and each.id == project.baseline]
        if not found and choice.baseline is not None:
            found = [each for each in others if each.is_exported] or others
        wanted = f"can be the baseline of {project.name}"
    if len(found) == 1:
        return _Baseline(schedule.baseline_dates(found[0], mapping.baseline))
    if choice.baseline is not None or choice.baseline_project is not None:
        which = schedule.say_projects(found or others)
        raise BadExport(
            f"{place}: {'more than one' if found else 'no'} project in it {wanted}: {which}.",
            "See `baseline` and `baseline_project` in the configuration.",
        )
    if project.baseline:
        return _Baseline(None, f"the baseline of {project.name} (sum_base_proj_id {project.baseline}) is not in the file")
    return None


class _Rows:
    """Makes milestones of activities: each project by its own rules, since one may have a baseline and another not."""

    def __init__(
        self, schedule: Schedule, mapping: Mapping, kind: str | None, source: str, baselines: dict[str, _Baseline | None]
    ) -> None:
        place = f"{source}: table TASK"
        dates = mapping.dates(kind)
        due = tuple(entry for entry in dates.due if entry.basis is Basis.BASELINE)
        self._has_other_due = len(due) < len(dates.due)
        self._baselines = baselines
        self._plain = RowReader(Header(schedule.columns, place, mapping), mapping, "TASK", kind, unit="line")
        only_baseline = Dates(dates.formats, due, dates.forecast, dates.completed)
        header = Header([*schedule.columns, *BASELINE_COLUMNS], place, mapping)
        self._with_baseline = RowReader(header, mapping, "TASK", kind, unit="line", dates=only_baseline)
        self.typed = self._plain.typed

    def read(self, activities: Iterable[Activity | Reject]) -> Iterator[ReadRow | Reject]:
        """A milestone for each activity, or why there is none."""
        for activity in activities:
            if isinstance(activity, Reject):
                yield activity
                continue
            baseline = self._baselines[activity.project]
            if baseline is None:
                yield self._plain.read(activity.line, activity.cells)
                continue
            dates = (baseline.dates or {}).get(activity.code, ("", ""))
            read = self._with_baseline.read(activity.line, [*activity.cells, *dates])
            if baseline.dates is None and self._has_other_due and isinstance(read, ReadRow):
                read = _without_due(read, baseline.why_absent)
            yield read


def _without_due(read: ReadRow, why: str) -> ReadRow:
    """A milestone whose due date P6 knows and the file does not: it is unseen, not blank."""
    milestone = read.milestone
    if milestone.kind not in MILESTONE_KINDS or milestone.due is not None:
        return read
    reject = Reject(milestone.where, milestone.code, f"due: {why}", kind=milestone.kind, field=Field.DUE.value)
    return ReadRow(milestone, (*read.rejects, reject))
