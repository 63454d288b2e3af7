"""P6 XML exports (PMXML) as a side."""

from collections.abc import Collection
from functools import partial
from typing import ClassVar, Final

from connectors.p6_format import PMXML
from connectors.p6_schedule_export import P6Projects, read_projects

PMXML_ENDINGS: Final = (".xml",)

read_export = partial(read_projects, format_name=PMXML)


class P6Pmxml(P6Projects):
    """A folder of P6 XML exports (or one file), and an outbox for import workbooks."""

    endings: ClassVar[Collection[str]] = PMXML_ENDINGS
    format_name: ClassVar[str] = PMXML
