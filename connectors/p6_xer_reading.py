"""An XER file as milestones, in a worker."""

from typing import BinaryIO, Final

from connectors.p6_schedule_reading import (
    BaselineFile,
    MappingText,
    ScheduleAnswer,
    ScheduleQuestion,
    answer,
    answer_baseline,
)
from connectors.p6_xer_schedule import XerSchedule, wanted_tables
from connectors.p6_xer_tables import read_tables
from syncsvc.mapping import Mapping

_ENCODING: Final = "cp1252"


def read_schedule(file: BinaryIO, source: str, question: ScheduleQuestion) -> ScheduleAnswer:
    """The activities of the projects that are asked for."""
    mapping = question.mapping.load()
    return answer(_open(file, source, mapping), source, mapping, question)


def read_baseline(file: BinaryIO, source: str, mapping: MappingText) -> BaselineFile:
    """The projects of a file, each of which may be the baseline of a project in another."""
    loaded = mapping.load()
    return answer_baseline(_open(file, source, loaded), source, loaded)


def _open(file: BinaryIO, source: str, mapping: Mapping) -> XerSchedule:
    read = read_tables(file, source, mapping.encoding or _ENCODING, wanted_tables(mapping))
    return XerSchedule(read, source, mapping)
