"""A P6 XML file as milestones, in a worker."""

from typing import BinaryIO

from connectors.p6_pmxml_elements import read_elements
from connectors.p6_pmxml_schedule import PmxmlSchedule, wanted_columns, wants_further
from connectors.p6_schedule_reading import (
    BaselineFile,
    MappingText,
    ScheduleAnswer,
    ScheduleQuestion,
    answer,
    answer_baseline,
)
from syncsvc.mapping import Mapping


def read_schedule(file: BinaryIO, source: str, question: ScheduleQuestion) -> ScheduleAnswer:
    """The activities of the projects that are asked for."""
    mapping = question.mapping.load()
    return answer(_open(file, source, mapping), source, mapping, question)


def read_baseline(file: BinaryIO, source: str, mapping: MappingText) -> BaselineFile:
    """The projects of a file, each of which may be the baseline of a project in another."""
    loaded = mapping.load()
    return answer_baseline(_open(file, source, loaded), source, loaded)


def _open(file: BinaryIO, source: str, mapping: Mapping) -> PmxmlSchedule:
    elements = read_elements(file, source, wanted_columns(mapping), wants_further=wants_further(mapping))
    return PmxmlSchedule(elements, source, mapping)
