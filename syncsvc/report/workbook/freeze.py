"""A finished workbook made the same for the same report, and readable where nobody computes.

openpyxl stamps the time of saving and its own name into the file and leaves a formula without a value; both are mended
in the parts it wrote.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_CORE: Final = "docProps/core.xml"
_APP: Final = "docProps/app.xml"
_PROGRAM: Final = re.compile(rb"(<Application>)[^<]*(</Application>)")
_VERSION: Final = re.compile(rb"<AppVersion>[^<]*</AppVersion>")
_STAMP: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
#: A formula as openpyxl writes it, with the empty place for its value.
_FORMULA: Final = re.compile(rb'(<c r="([A-Z]+[0-9]+)"[^>]*><f>[^<]*</f>)<v ?/?>(?:</v>)?')


def freeze(content: bytes, *, at: datetime, kept: Mapping[str, Mapping[str, int]]) -> bytes:
    """The workbook with every time pinned to `at` and values beside its formulas: sheet part -> cell -> value."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    frozen = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(frozen, "w") as kept_parts:
        for name in made.namelist():
            part = made.read(name)
            if name == _CORE:
                part = _STAMP.sub(rb"\g<1>" + stamp, part)
            elif name == _APP:
                part = _VERSION.sub(b"", _PROGRAM.sub(rb"\g<1>syncsvc\g<2>", part))
            elif name in kept:
                part = keep_values(part, kept[name])
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            kept_parts.writestr(entry, part, compresslevel=6)
    return frozen.getvalue()


def keep_values(part: bytes, values: Mapping[str, int]) -> bytes:
    """A sheet in which every formula stands with its value. Raises ValueError where one of them is not found."""
    left = dict(values)

    def fill(found: re.Match[bytes]) -> bytes:
        value = left.pop(found[2].decode())
        return found[1] + b"<v>" + escape(str(value)).encode() + b"</v>"

    filled = _FORMULA.sub(fill, part)
    if left:
        raise ValueError(f"no formula stands in {', '.join(sorted(left))}")
    return filled
