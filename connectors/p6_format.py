"""Which of P6's formats a file has, by its content and never by its name."""

from pathlib import Path
from typing import Final

from connectors.p6_pmxml_text import is_pmxml
from connectors.p6_xer_tables import is_xer

SPREADSHEET: Final = "p6_spreadsheet"
XER: Final = "p6_xer"
PMXML: Final = "p6_pmxml"

#: Of each format the name of its mappings, which is that of its built-in mapping, too.
FORMATS: Final = (SPREADSHEET, XER, PMXML)

_HEAD_BYTES: Final = 1 << 16


def find_own_format(content: bytes) -> str | None:
    """The format that the first bytes of a file say it has: XER or PMXML, which nothing else looks like."""
    if is_xer(content):
        return XER
    return PMXML if is_pmxml(content) else None


def find_format(content: bytes) -> str:
    """The format of which a file is read; what is neither XER nor XML is a spreadsheet, or said not to be one there."""
    is_xml = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:5].lower() == b"<?xml"
    return find_own_format(content) or (PMXML if is_xml else SPREADSHEET)


def read_head(path: Path) -> bytes:
    """As much of a file as says what it is; nothing of one that cannot be read, which is said when it is read whole."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""
