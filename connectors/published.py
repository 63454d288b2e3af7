"""A published release plan - text, Markdown, LaTeX, or a table in a web page - as a side."""

from datetime import datetime
from pathlib import Path
from typing import Final

from connectors.publication import Content, Publication, read_content
from connectors.release_plan.block import Document
from connectors.release_plan.latex import LATEX, read_latex
from connectors.release_plan.plain_text import read_text
from connectors.release_plan.reading import ReadPlan, due_words, read_plan, see_fields
from connectors.row import add_predecessors
from connectors.settling import settle
from connectors.text import FOREIGN, decode_text
from syncsvc.errors import BadExport, MappingError
from syncsvc.mapping import Mapping, ReleasePlan
from syncsvc.mapping_check import SeenFile
from syncsvc.model import Reject, Side, Snapshot

MAX_PLAN_BYTES: Final = 50_000_000

_WANTED: Final = "a release plan"
_SAVE_AS: Final = "Save the document as text, Markdown, LaTeX or a web page."
_FOREIGN: Final = {
    **FOREIGN,
    b"pk\x03\x04": "a zip file or an office document",
    b"\xd0\xcf\x11\xe0": "an office document",
}
_PAGE_BEGINS: Final = ("<!doctype html", "<html", "<head", "<body", "<table", "<?xml")


def read_release_plan(path: Path, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
    """A release plan in a file as a snapshot; see `read_plan_content`."""
    mapping.require_format("release_plan")
    return read_plan_content(read_content(path), mapping, taken_at=taken_at)


def read_plan_content(content: Content, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
    """A release plan as a snapshot. Its period is the month of the date in its text, else in its file name, else none.

    A document that was cut off is not `complete`. Raises BadExport for one that is no release plan, MappingError for
    one the mapping cannot be applied to.
    """
    text, rules = _decode(content), _rules_of(mapping)
    plan = _read(text, content.name, mapping, rules)
    milestones, rejects = settle(plan.rows)
    if not milestones:
        raise BadExport(f"{content.name}: {_say_nothing(rejects, rules)}", "Is it the right document?")
    return Snapshot(
        side=Side.PUBLISHED,
        source=content.source,
        taken_at=taken_at,
        milestones=tuple(add_predecessors(milestones, {})),
        sha256=content.sha256,
        mapping_sha256=mapping.sha256,
        period=mapping.find_revision(text) or mapping.read_file_name(content.stem).period,
        complete=plan.complete,
        why_incomplete="" if plan.complete else "it ends too early",
        typed=False,
        rejects=rejects,
    )


def see_plan(path: Path, mapping: Mapping) -> SeenFile:
    """What a release plan has of what the mapping looks for. Raises BadExport for a file that is none."""
    content = read_content(path)
    text, rules = _decode(content), _rules_of(mapping)
    if _is_page(text) or _has_table(text, mapping):
        from connectors.release_plan.web_table import see_tables

        return SeenFile(see_tables(text, content.name, mapping), "table of the page", "web page")
    form = "LaTeX" if LATEX.search(text) else "text or Markdown"
    return SeenFile((see_fields(_blocks(text, mapping, rules), mapping, rules),), "document", form)


def is_release_plan(content: bytes, source: str, mapping: Mapping) -> bool:
    """Whether the mapping finds a milestone in these bytes."""
    try:
        text = _decode(Content(content, "", source, source))
        if _is_page(text):
            return _has_table(text, mapping)
        return bool(settle(_read(text, source, mapping, _rules_of(mapping)).rows)[0])
    except (BadExport, MappingError):
        return False


class Published(Publication):
    """A published release plan at a path or an https address."""

    format = "release_plan"
    read_as = staticmethod(read_plan_content)


def _rules_of(mapping: Mapping) -> ReleasePlan:
    mapping.require_format("release_plan")
    if mapping.release_plan is None:  # the mapping was checked for it
        raise MappingError(f"Mapping {mapping.name} has no table [release_plan].")
    return mapping.release_plan


def _decode(content: Content) -> str:
    if len(content.content) > MAX_PLAN_BYTES:
        size = len(content.content) // 10**6
        raise BadExport(f"{content.name}: the file has {size} MB, far more than any document.", _SAVE_AS)
    text = decode_text(content.content, content.name, _WANTED, _SAVE_AS, _FOREIGN)
    if not text.strip():
        raise BadExport(f"{content.name}: the file is empty.", _SAVE_AS)
    return text.translate(_CONTROLS)


#: Control characters say nothing to a reader, and steer terminals; line breaks, tabs and page breaks part words.
_CONTROLS: Final = {
    code: " " if chr(code).isspace() else None
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\r\t"
}


def _read(text: str, name: str, mapping: Mapping, rules: ReleasePlan) -> ReadPlan:
    if _is_page(text) or _has_table(text, mapping):
        from connectors.release_plan.web_table import read_page

        return read_page(text, name, mapping, rules)
    return read_plan(_blocks(text, mapping, rules), mapping, rules)


def _has_table(text: str, mapping: Mapping) -> bool:
    """Whether it has the table of a web page, perhaps one without the page around it."""
    if "<table" not in text and "<TABLE" not in text:
        return False
    from connectors.release_plan.web_table import has_table

    return has_table(text, mapping)


def _blocks(text: str, mapping: Mapping, rules: ReleasePlan) -> Document:
    words = due_words(mapping)
    if LATEX.search(text):
        return read_latex(text, words)
    return read_text(text, due_words=words, entry=rules.entry, heading=rules.heading, page_lines=rules.page_lines)


def _is_page(text: str) -> bool:
    """Whether it begins as a web page does, perhaps after comments."""
    at = _skip_blanks(text, 0)
    while text.startswith("<!--", at):
        end = text.find("-->", at)
        if end == -1:
            return False
        at = _skip_blanks(text, end + 3)
    return text[at : at + 20].casefold().startswith(_PAGE_BEGINS)


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _say_nothing(rejects: tuple[Reject, ...], rules: ReleasePlan) -> str:
    """Why a document without a milestone is none that can be used."""
    if rejects:
        first = rejects[0]
        said = f"none of its {len(rejects)} headings and entries can be read; {first.where}: {first.reason}"
        return said if said.endswith("?") else f"{said}."
    named = f" the section {rules.section!r}, or anywhere else," if rules.section else ""
    return f"there is no milestone in{named or ' it:'} no heading that ends with the code of one, no entry with dates."
