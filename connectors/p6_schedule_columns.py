"""What is in an export that holds whole projects, whether or not a mapping names it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from connectors.exports import read_whole
from connectors.p6_format import XER
from connectors.p6_schedule import Activity, Project, Schedule
from connectors.p6_schedule_export import read_safely
from connectors.p6_schedule_reading import MappingText, ScheduleQuestion, choose_projects, find_baseline
from syncsvc.errors import BadExport
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping_check import SeenColumn, SeenFile, SeenProject


def see_projects(path: Path, mapping: SourceMapping) -> SeenFile:
    """The tables or elements of a file and its projects. Raises BadExport for one that is no export of the format."""
    content, _ = read_whole(path)
    told = MappingText(str(mapping.path), mapping.text)
    return read_safely(look_at_projects, content, path.name, ScheduleQuestion(told, path.stem))


def look_at_projects(file: BinaryIO, source: str, question: ScheduleQuestion) -> SeenFile:
    """The same of an open file; this may run in a worker."""
    mapping = question.mapping.load()
    schedule: Schedule
    if mapping.format == XER:
        from connectors.p6_xer_look import look_at_xer

        schedule, seen = look_at_xer(file, source, mapping)
    else:
        from connectors.p6_pmxml_look import look_at_pmxml

        schedule, seen = look_at_pmxml(file, source, mapping)
    try:
        kind = mapping.read_file_name(question.stem).kind
        chosen = choose_projects(schedule, question, mapping, kind, source)
    except BadExport:  # which is said when the file is read
        chosen = []
    activities = [each for each in schedule.activities(schedule.projects) if isinstance(each, Activity)]
    sheets = list(seen.sheets)
    if mapping.baseline is not None:
        given = _see_baselines(chosen, activities, schedule, question, mapping, source)
        sheets[0] = replace(sheets[0], columns=(*sheets[0].columns, *given))
    return replace(seen, sheets=tuple(sheets), projects=_see_projects(schedule, chosen, activities, mapping))


def _see_projects(
    schedule: Schedule, chosen: Collection[Project], activities: Sequence[Activity], mapping: SourceMapping
) -> tuple[SeenProject, ...]:
    numbers = Counter(each.project for each in activities)
    names = {each.id: each.name for each in schedule.projects if each.id}
    baseline_of = {each.baseline: each.name for each in schedule.projects if each.baseline in names}
    seen: list[SeenProject] = []
    for each in schedule.projects:
        if each.id in baseline_of:
            what = f"the baseline of {baseline_of[each.id]}"
        elif each.original in names:
            what = f"a baseline of {names[each.original]}"
        elif not each.is_exported:
            what = "not exported: only relations lead to it"
        elif not each.baseline:
            what = "without a baseline" + (": its planned dates count" if mapping.baseline else "")
        elif each.baseline in names:
            what = f"its baseline is {names[each.baseline]}"
        else:
            what = f"its baseline ({schedule.words.baseline} {each.baseline}) is not in the file"
        seen.append(SeenProject(each.name, each in chosen, numbers[each.id], each.data_date, what))
    return tuple(seen)


def _see_baselines(
    chosen: Collection[Project],
    activities: Sequence[Activity],
    schedule: Schedule,
    question: ScheduleQuestion,
    mapping: SourceMapping,
    source: str,
) -> Iterator[SeenColumn]:
    """The columns with the dates of the baselines, where there are any."""
    dates: dict[str, Mapping[str, tuple[str, str]]] = {}
    for project in chosen:
        baseline = find_baseline(project, schedule, question, mapping, source)
        if baseline is not None and baseline.dates is not None:
            dates[project.id] = baseline.dates
    if not dates:
        return
    found = [dates[each.project].get(each.code, ("", "")) for each in activities if each.project in dates]
    for at, column in enumerate(schedule.words.baseline_columns):
        filled = sum(1 for pair in found if pair[at])
        yield SeenColumn(column, filled, {"dates": filled})
