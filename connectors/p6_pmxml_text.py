"""The bytes of an XML file made fit for a parser: as UTF-8, without what no XML may hold, and without a DTD.

P6 writes control characters into its XML, as they are and as references (`&#0;` behind every notebook), and a parser
that keeps the rules stops there. A DTD is refused before a parser sees it: P6 writes none, and entities in one can be
made to fill the memory or to read other files.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final

from connectors.text import FOREIGN
from syncsvc.errors import BadExport

EXPORT_AS: Final = "Export the project from P6 as XML (Primavera P6 XML, not Microsoft Project)."

_CHUNK_BYTES: Final = 1 << 18
_HEAD_BYTES: Final = 1 << 16
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_FOREIGN: Final = {
    **FOREIGN,
    b"pk\x03\x04": "a workbook or another zip file",
    b"\xd0\xcf\x11\xe0": "a workbook or another office document",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
}
_DECLARED: Final = re.compile(r"""^<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BEFORE_ROOT: Final = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
_P6_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?(?:API)?BusinessObjects[\s/>]")
_ROOTS: Final = ("APIBusinessObjects", "BusinessObjects")

_CONTROLS: Final = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_REFERENCE: Final = re.compile(rb"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
_REFERENCE_BYTES: Final = 12  # the longest that says a character


def is_pmxml(content: bytes) -> bool:
    """Whether bytes begin as a P6 XML file does, in any encoding."""
    text = _decode_head(content[:_HEAD_BYTES]).lstrip("\ufeff \t\r\n")
    return text.startswith("<") and _P6_ROOT.search(text) is not None


def read_chunks(file: BinaryIO, source: str) -> Iterator[bytes]:
    """The file as UTF-8, piece by piece, for a parser that is told so and does not look at what the file says.

    Raises BadExport for a file that is no P6 XML, has a DTD or is not text in its encoding; `source` names it there.
    """
    head = file.read(_HEAD_BYTES)
    _refuse_foreign(head, source)
    file.seek(0)
    encoding = _encoding_of(head)
    chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
    if encoding is not None:
        chunks = _recode(chunks, encoding, source)
    cleaned = _clean(chunks)
    first = next(cleaned)
    _check_root(first.decode("utf-8", "replace"), source)  # only now: what was taken out may have hidden a DTD
    return chain([first], cleaned)


def _refuse_foreign(head: bytes, source: str) -> None:
    folded = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if not folded.strip(b"\x00"):
        raise BadExport(f"{source}: the file is empty.", EXPORT_AS)
    what = next((what for mark, what in _FOREIGN.items() if folded.startswith(mark)), None)
    if what is not None:
        raise BadExport(f"{source}: the file is {what}, not a P6 XML file.", EXPORT_AS)


def _check_root(text: str, source: str) -> None:
    """Refuse what does not begin with P6's root, whatever may stand before it."""
    if not text.lstrip().startswith("<"):
        raise BadExport(f"{source}: the file is no P6 XML file: it does not begin as XML.", EXPORT_AS)
    begin = _BEFORE_ROOT.match(text)
    rest = text[begin.end() if begin else 0 :]
    if rest[:9].upper() == "<!DOCTYPE":
        raise BadExport(
            f"{source}: the file has a document type (DOCTYPE), which P6 never writes and which can hide an attack;"
            " it was not read.",
            EXPORT_AS,
        )
    root = _ROOT.match(rest)
    if root is None or root[1] not in _ROOTS:
        said = f"its root is {root[1][:60]}" if root else "it does not begin with APIBusinessObjects"
        raise BadExport(f"{source}: the file is XML, but no P6 XML file: {said}.", EXPORT_AS)


def _decode_head(head: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    return head.decode("latin-1")


def _encoding_of(head: bytes) -> str | None:
    """The encoding of a file that is not UTF-8: by its first bytes, else as it says."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    declared = _DECLARED.match(_decode_head(head))
    if declared is None:
        return None
    name = declared[1].casefold()
    if name.startswith(("utf-16", "utf16", "ucs-2", "utf-8", "utf8")) or name in ("ascii", "us-ascii"):
        return None  # what says UTF-16 and has single bytes was saved again by a program that left the words alone
    return name


def _recode(chunks: Iterable[bytes], encoding: str, source: str) -> Iterator[bytes]:
    if not _is_of_text(encoding):
        raise BadExport(
            f"{source}: the file says that its encoding is {encoding}, which is no encoding of text.", EXPORT_AS
        )
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise BadExport(f"{source}: the file is damaged or cut off: not all of it is {encoding} text.") from None


def _is_of_text(encoding: str) -> bool:
    """Whether bytes become text under this name, and not other bytes, of which there may be many times as many."""
    try:
        b"<".decode(encoding, "replace")
    except (LookupError, ValueError):
        return False
    return True


def _clean(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks without control characters; none ends within a reference."""
    held = b""
    for chunk in chunks:
        chunk = held + chunk if held else chunk
        cut = chunk.rfind(b"&", max(0, len(chunk) - _REFERENCE_BYTES))
        held = chunk[cut:] if cut >= 0 and b";" not in chunk[cut:] else b""
        chunk = chunk[: len(chunk) - len(held)].translate(None, _CONTROLS)
        yield _REFERENCE.sub(_keep_legal, chunk) if b"#" in chunk else chunk  # one byte is found ten times as fast
    yield held


def _keep_legal(reference: re.Match[bytes]) -> bytes:
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    code = int(digits, base) if len(digits) <= _REFERENCE_BYTES else -1
    is_legal = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return reference[0] if is_legal or 0x10000 <= code <= 0x10FFFF else b""
