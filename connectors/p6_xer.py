"""P6 XER exports as a side."""

from collections.abc import Collection
from functools import partial
from typing import ClassVar, Final

from connectors.p6_schedule_export import P6Projects, ScheduleFormat, read_projects
from connectors.p6_xer_reading import read_baseline, read_schedule

XER_ENDINGS: Final = (".xer",)
XER: Final = ScheduleFormat("p6_xer", read_schedule, read_baseline)

read_export = partial(read_projects, form=XER)


class P6Xer(P6Projects):
    """A folder of P6 XER exports (or one file), and an outbox for import workbooks."""

    endings: ClassVar[Collection[str]] = XER_ENDINGS
    form: ClassVar[ScheduleFormat] = XER
