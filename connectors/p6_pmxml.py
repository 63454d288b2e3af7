"""P6 XML exports (PMXML) as a side."""

from collections.abc import Collection
from functools import partial
from typing import ClassVar, Final

from connectors.p6_pmxml_reading import read_baseline, read_schedule
from connectors.p6_schedule_export import P6Projects, ScheduleFormat, read_projects

PMXML_ENDINGS: Final = (".xml",)
PMXML: Final = ScheduleFormat("p6_pmxml", read_schedule, read_baseline)

read_export = partial(read_projects, form=PMXML)


class P6Pmxml(P6Projects):
    """A folder of P6 XML exports (or one file), and an outbox for import workbooks."""

    endings: ClassVar[Collection[str]] = PMXML_ENDINGS
    form: ClassVar[ScheduleFormat] = PMXML
