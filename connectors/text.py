"""Bytes as text: what is none is refused in words."""

from collections.abc import Mapping
from typing import Final

from syncsvc.errors import BadExport

#: How files begin that are no text, or none that says anything by itself.
FOREIGN: Final[Mapping[bytes, str]] = {
    b"%pdf": "a PDF document",
    b"ermhdr\t": "a P6 XER file",
    b"{\\rtf": "a text document (RTF)",
    b"\x1f\x8b": "a compressed file",
}


def decode_text(content: bytes, source: str, wanted: str, hint: str, foreign: Mapping[bytes, str] = FOREIGN) -> str:
    """The text in these bytes: UTF-8, UTF-16 with its mark, Windows-1252, or Mac Roman where lines end as on old Macs.

    `wanted` says in errors what the file should have been ("a spreadsheet"), `hint` what to do. Raises BadExport for
    everything else.
    """
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, what in foreign.items():
        if start.startswith(mark):
            raise BadExport(f"{source}: the file is {what}, not {wanted}.", hint)
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise BadExport(f"{source}: byte {error.start} is no text; the file is damaged or cut off.") from None
    if b"\x00" in content:
        raise BadExport(f"{source}: the file is neither {wanted} nor text.", hint)
    is_from_old_mac = b"\r" in content and b"\n" not in content
    for encoding in ("utf-8", "mac_roman" if is_from_old_mac else "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadExport(f"{source}: the text is neither UTF-8 nor Windows-1252.", "Save it as UTF-8.")
