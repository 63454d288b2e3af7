"""P6 XER exports as a side."""

from collections.abc import Collection
from functools import partial
from typing import ClassVar, Final

from connectors.p6_format import XER
from connectors.p6_schedule_export import P6Projects, read_projects

XER_ENDINGS: Final = (".xer",)

read_export = partial(read_projects, format_name=XER)


class P6Xer(P6Projects):
    """A folder of P6 XER exports (or one file), and an outbox for import workbooks."""

    endings: ClassVar[Collection[str]] = XER_ENDINGS
    format_name: ClassVar[str] = XER
