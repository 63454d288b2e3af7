"""Text that Markdown shows as it stands."""

import re
from typing import Final

from syncsvc.report.layout import clean

#: What begins a link, emphasis, code, HTML, a table cell, an entity, mathematics or an attribute in some Markdown.
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>{}|~$&#^@]|(?<=\w):(?=//)|(?<=\b[Ww][Ww][Ww])\.|!(?=\[)")
#: Before what begins a list, or underlines a heading, at the start of a line.
_AT_START: Final = re.compile(r"\A(?:(?=[-+=])|(\d{1,9})(?=[.)]))")


def escape(text: str) -> str:
    """One line of plain text that Markdown shows as it stands."""
    words = _SPECIAL.sub(r"\\\g<0>", " ".join(clean(text).split()))
    return _AT_START.sub(r"\1\\", words)
