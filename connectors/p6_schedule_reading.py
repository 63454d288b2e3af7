"""The projects of a P6 file as milestones. This runs in a worker: what goes in and what comes out are plain values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from connectors.exports import agree
from connectors.header import Header
from connectors.p6_format import XER
from connectors.p6_schedule import Activity, Project, Schedule
from connectors.remark import Remark
from connectors.row import ReadRow, RowReader
from connectors.settling import settle
from syncsvc.errors import BadExport, UsageError
from syncsvc.mapping import Dates, Named, parse_mapping
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import MILESTONE_KINDS, Basis, Field, Milestone, Reject, RejectCause


@dataclass(frozen=True, slots=True)
class MappingText:
    """A mapping as it crosses into the worker."""

    path: str
    text: str

    def load(self) -> SourceMapping:
        """The mapping itself."""
        return parse_mapping(Path(self.path), self.text.encode())


@dataclass(frozen=True, slots=True)
class BaselineFile:
    """The projects of a file that is configured as baseline, each with its dates by activity id."""

    source: str
    projects: list[Project]
    dates: list[dict[str, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ScheduleQuestion:
    """What a file is called, what its caller says of it, and which of its projects count, as names or patterns."""

    mapping: MappingText
    stem: str
    period: str | None = None
    kind: str | None = None
    unnamed_kind: str | None = None
    project: str | None = None
    baseline_project: str | None = None
    baseline: BaselineFile | None = None


@dataclass(frozen=True, slots=True)
class ScheduleAnswer:
    """What was read of a file."""

    period: str | None
    kind: str | None
    data_date: date | None
    typed: bool
    milestones: tuple[Milestone, ...]
    rejects: tuple[Reject, ...]
    remarks: list[Remark]


def open_schedule(file: BinaryIO, source: str, mapping: SourceMapping) -> Schedule:
    """What a file of the mapping's format holds of its projects. Raises BadExport for one that is no such file."""
    if mapping.format == XER:
        from connectors.p6_xer_schedule import open_xer

        return open_xer(file, source, mapping)
    from connectors.p6_pmxml_schedule import open_pmxml

    return open_pmxml(file, source, mapping)


def read_schedule(file: BinaryIO, source: str, question: ScheduleQuestion) -> ScheduleAnswer:
    """The activities of the projects that are asked for; see `p6_schedule_export.read_projects`."""
    mapping = question.mapping.load()
    schedule = open_schedule(file, source, mapping)
    file_named = mapping.read_file_name(question.stem)
    projects = choose_projects(schedule, question, mapping, question.kind or file_named.kind, source)
    named = agree(
        source,
        [
            *((f"the name of the project in {each.place}", mapping.read_project(each.name)) for each in projects),
            ("its file name", file_named),
            ("the command", Named(question.period, question.kind)),
        ],
    )
    kind = named.kind or question.unnamed_kind
    data_date, unreadable = _read_data_date(projects, schedule, mapping)
    # A baseline keeps the data date at which it was made, whatever month it is the baseline of.
    is_baseline = not mapping.dates(kind).forecast
    period = named.period
    if not (named.period and is_baseline):
        period = _agree_on_period(source, named.period, data_date, [each.name for each in projects])
    predecessors, remarks = schedule.relations(projects)
    baselines = {each.id: find_baseline(each, schedule, question, mapping, source) for each in projects}
    rows = _Rows(schedule, mapping, kind, source, baselines, predecessors)
    milestones, rejects = settle(rows.read(schedule.activities(projects)))
    if not milestones and not rejects:
        whose = _say(projects) if any(each.name for each in projects) else "the file"
        raise BadExport(f"{source}: there are no activities in {whose}, so there is nothing to read.")
    if len(projects) > 1 and any(each.cause in (RejectCause.DUPLICATE, RejectCause.REPEATED) for each in rejects):
        said = "share ids of activities; `project` in the configuration says which are read"
        remarks.append(Remark(f"the projects {_say(projects)}", said))
    rejects = (*unreadable, *rejects)
    return ScheduleAnswer(period, kind, data_date, rows.typed, milestones, rejects, [*rows.remarks, *remarks])


def read_baseline(file: BinaryIO, source: str, mapping_text: MappingText) -> BaselineFile:
    """The projects of a file, each of which may be the baseline of a project in another."""
    mapping = mapping_text.load()
    schedule = open_schedule(file, source, mapping)
    columns = mapping.baseline
    dates = [schedule.baseline_dates(each, columns) if columns else {} for each in schedule.projects]
    return BaselineFile(source, schedule.projects, dates)


def choose_projects(
    schedule: Schedule, question: ScheduleQuestion, mapping: SourceMapping, kind: str | None, source: str
) -> list[Project]:
    """The projects that are configured, else the exported ones; of one kind where their names tell several."""
    if question.project is not None:
        chosen = [each for each in schedule.projects if each.is_called(question.project)]
        if not chosen:
            raise BadExport(
                f"{source}: no project in it is called {question.project}; there are {_say(schedule.projects)}.",
                "See `project` in the configuration.",
            )
        return chosen
    exported = [each for each in schedule.projects if each.is_exported] or schedule.projects
    ids = {each.id for each in exported}
    baselines = {each.baseline for each in exported if each.baseline}
    baselines |= {each.id for each in exported if each.original and each.original in ids}
    if question.baseline_project is not None and question.baseline is None:
        baselines |= {each.id for each in exported if each.is_called(question.baseline_project)}
    chosen = [each for each in exported if each.id not in baselines]
    if not chosen:
        raise BadExport(
            f"{source}: each project in it is the baseline of another: {_say(exported)}.",
            "Say which one is to be read: `project` in the configuration.",
        )
    kinds = {each.id: mapping.read_project(each.name).kind for each in chosen}
    if kind is None or len(set(kinds.values())) == 1:
        return chosen
    return [each for each in chosen if kinds[each.id] == kind.upper()] or chosen


def _read_data_date(
    projects: Iterable[Project], schedule: Schedule, mapping: SourceMapping
) -> tuple[date | None, list[Reject]]:
    """The latest data date of the projects, and those that cannot be read."""
    found: list[date] = []
    rejects: list[Reject] = []
    for each in projects:
        try:
            data_date = mapping.parse_date(each.data_date)
        except ValueError as error:
            why = f"data date: {schedule.words.data_date} {each.data_date[:60]!r} {error}"
            rejects.append(Reject(each.place, None, why, field="data_date"))
        else:
            found += [data_date] if data_date else []
    return max(found, default=None), rejects


def _agree_on_period(source: str, named: str | None, data_date: date | None, projects: Sequence[str]) -> str | None:
    """The period that names tell, else the month of the data date.

    A data date on the first of a month closes the month before it, too. Raises UsageError where they disagree.
    """
    if data_date is None:
        return named
    month = f"{data_date:%Y-%m}"
    closed = f"{data_date.year - (data_date.month == 1):04}-{(data_date.month - 2) % 12 + 1:02}"
    if named is None or named == month or (data_date.day == 1 and named == closed):
        return named or month
    hint = "Rename the file, or give another --period, so that both say the same month."
    if len(projects) > 1:
        hint = f"{len(projects)} projects are read together; to read some, name them: `project` in the configuration."
    raise UsageError(f"{source}: its names say that its period is {named}, but its data date is {data_date}.", hint)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The baseline of one project: its dates by activity id, or None where only P6 has it, and why."""

    dates: Mapping[str, tuple[str, str]] | None
    absent: str = ""


def find_baseline(
    project: Project, schedule: Schedule, question: ScheduleQuestion, mapping: SourceMapping, source: str
) -> Baseline | None:
    """The baseline of a project, in the file that was named or in its own; None where it has none.

    Raises BadExport where the configuration names a baseline that is not there.
    """
    columns, own = mapping.baseline, question.baseline is None
    if columns is None:
        return None
    others = [each for each in schedule.projects if each.id != project.id]
    if question.baseline is not None:
        source, others = question.baseline.source, question.baseline.projects
    if question.baseline_project is not None:
        found = [each for each in others if each.is_called(question.baseline_project)]
        wanted = f"is called {question.baseline_project}"
    else:
        found = [each for each in others if project.baseline and each.id == project.baseline]
        if not own and not found:
            found = [each for each in others if each.is_exported] or others
        wanted = f"can be the baseline of {project.name or 'the schedule'}"
    if len(found) == 1:
        if question.baseline is None:
            return Baseline(schedule.baseline_dates(found[0], columns))
        return Baseline(question.baseline.dates[others.index(found[0])])
    if not own or question.baseline_project is not None:
        many = "more than one" if found else "no"
        raise BadExport(
            f"{source}: {many} project in it {wanted}; there are {_say(found or others)}.",
            "See `baseline` and `baseline_project` in the configuration.",
        )
    if not project.baseline:
        return None
    told = f"{schedule.words.baseline} {project.baseline}"
    return Baseline(None, f"the baseline of {project.name} ({told}) is not in the file")


class _Rows:
    """Makes milestones of activities, each project by its own rules: one may have a baseline and another not."""

    def __init__(
        self,
        schedule: Schedule,
        mapping: SourceMapping,
        kind: str | None,
        source: str,
        baselines: Mapping[str, Baseline | None],
        predecessors: Mapping[str, list[str]],
    ) -> None:
        """Raises MappingError where a required column is absent."""
        self._baselines = baselines
        words = schedule.words
        place = f"{source}: {words.activities}"
        dates = mapping.dates(kind)
        due = tuple(entry for entry in dates.due if entry.basis is Basis.BASELINE)
        self._has_other_due = len(due) < len(dates.due)
        self._without = RowReader(
            Header(schedule.columns, place, mapping), mapping, words.activity, kind, (), predecessors, unit="line"
        )
        self._with = RowReader(
            Header([*schedule.columns, *words.baseline_columns], place, mapping),
            mapping,
            words.activity,
            kind,
            (),
            predecessors,
            unit="line",
            dates=Dates(dates.formats, due, dates.forecast, dates.completed),
        )

    @property
    def typed(self) -> bool:
        """True where a column says what kind of activity each row is."""
        return self._without.typed

    @property
    def remarks(self) -> list[Remark]:
        """What is odd about the rows."""
        return [*self._without.remarks, *self._with.remarks]

    def read(self, activities: Iterable[Activity | Reject]) -> Iterator[ReadRow | Reject]:
        """A milestone for each activity, or why there is none."""
        for activity in activities:
            if isinstance(activity, Reject):
                yield activity
                continue
            baseline = self._baselines[activity.project]
            if baseline is None:
                yield self._without.read(activity.line, activity.cells)
                continue
            dates = baseline.dates.get(activity.code, ("", "")) if baseline.dates is not None else ("", "")
            read = self._with.read(activity.line, [*activity.cells, *dates])
            if baseline.absent and self._has_other_due and isinstance(read, ReadRow):
                read = _without_due(read, baseline.absent)
            yield read


def _without_due(read: ReadRow, why: str) -> ReadRow:
    """A milestone whose due date P6 knows and the file does not hold: it is unseen, and not blank."""
    milestone = read.milestone
    if milestone.kind not in MILESTONE_KINDS or milestone.due is not None:
        return read
    reject = Reject(milestone.where, milestone.code, f"due: {why}", kind=milestone.kind, field=Field.DUE.value)
    return ReadRow(milestone, (*read.rejects, reject))


def _say(projects: Iterable[Project]) -> str:
    """The names of projects as a message lists them."""
    names = [each.name for each in projects]
    return f"{', '.join(names[:10])} and {len(names) - 10} more" if len(names) > 10 else ", ".join(names) or "none"
