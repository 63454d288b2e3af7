"""A release plan as text or Markdown: lines that may be wrapped, with heads and feet of pages between them."""

import html
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.release_plan.block import MAX_CHARACTERS, Block, BlockKind, Document

#: A line of a list of contents: title, dots, page.
MAX_CONTENTS_LINE: Final = 400

_NUMBER: Final = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4})\.?[ \t]+(?P<title>\S.*)")
_BULLET: Final = re.compile(r"(?P<mark>[-*+\u2022\u00b7\u25e6\u2023\u2013\u2014]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)")
_WRAPPED_HYPHEN: Final = re.compile(r"(?<=[A-Za-z0-9])-\n(?=[A-Za-z0-9])")
_LINK: Final = re.compile(r"\[([^\[\]\n]{1,200})\]\([^()\s]{1,500}\)")
_UNDERLINE: Final = re.compile(r"={3,}|-{3,}")
_ANCHOR: Final = re.compile(r"\s?\{#[^{}]{0,200}\}$")
_OPENING: Final = re.compile(r"(?<![\w*\\])\*{1,3}(?=[^\s*])")
_CLOSING: Final = re.compile(r"(?<=[^\s*\\])\*{1,3}(?![\w*])")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED: Final = re.compile(rf"\\([{re.escape(string.punctuation)}])")


@dataclass(slots=True)
class _Open:
    """A block that may go on in the next line."""

    kind: BlockKind
    line: int
    parts: list[str] = field(default_factory=list)
    level: int = 0
    number: str | None = None
    mark: str = ""  # the bullet of an entry
    size: int = 0

    def add(self, text: str) -> None:
        """One more line; of what is too long for a block only that it is."""
        if self.size <= MAX_CHARACTERS:
            self.parts.append(text)
        self.size += len(text) + 1

    @property
    def text(self) -> str:
        """The lines in one, of links their words. A line that ends in a compound or a date goes on without a blank."""
        lines = _WRAPPED_HYPHEN.sub("-", "\n".join(self.parts))
        return " ".join(_LINK.sub(r"\1", lines).split())

    def close(self) -> Block:
        """The block as it was read."""
        return Block(self.kind, self.line, self.text, self.level, self.number, is_too_long=self.is_too_long)

    @property
    def is_too_long(self) -> bool:
        """True for what can be no heading and no entry."""
        return self.size > MAX_CHARACTERS


def read_text(text: str, *, due_words: Sequence[str], entry: str, heading: str, page_lines: Sequence[str]) -> Document:
    """Text or Markdown as blocks. `entry` and `heading` are the patterns of their codes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = _Reader(due_words, entry, heading, page_lines)
    listed = re.compile(rf":\s*(?P<code>{heading})[\s.\u2026*]+\d{{1,4}}\**$", re.ASCII)
    contents = (
        (number, match["code"])
        for number, line in enumerate(lines, start=1)
        if len(line) <= MAX_CONTENTS_LINE and (match := listed.search(line))
    )
    return Document(tuple(reader.name_headings(reader.read(lines))), plain_name, tuple(contents))


def plain_name(text: str) -> str:
    """What a person reads: without emphasis, escapes and entities of Markdown."""
    text = _ANCHOR.sub("", text)
    if len(_OPENING.findall(text)) == len(_CLOSING.findall(text)):
        text = _CLOSING.sub("", _OPENING.sub("", text))
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return " ".join(_ESCAPED.sub(r"\1", text).split())


class _Reader:
    def __init__(self, due_words: Sequence[str], entry: str, heading: str, page_lines: Sequence[str]) -> None:
        words = "|".join(re.escape(word) for word in due_words)
        self._dates = re.compile(rf"[*_]{{0,3}}(?:{words})\b\s*:", re.IGNORECASE)
        self._closed = re.compile(rf"[(\[][*_ ]{{0,4}}(?:{words})\b[^()\[\]]*[)\]][*_. ]*$", re.IGNORECASE)
        self._entry = re.compile(rf"[*_]{{0,3}}(?:{entry})[*_]{{0,3}}\s?:", re.ASCII)
        self._complete_heading = re.compile(rf":\s*[*_]{{0,3}}(?:{heading})[*_]{{0,3}}$")
        self._page_lines = [re.compile(line) for line in page_lines]
        self._open: _Open | None = None

    def read(self, lines: Sequence[str]) -> Iterator[Block]:
        """The blocks, in order."""
        after_blank = True
        for number, raw in enumerate(lines, start=1):
            whole = raw.strip()
            line = whole[: MAX_CHARACTERS + 1]
            if not line:
                after_blank = True
                if self._open and not self._goes_on_after_blank(self._open):
                    yield from self._close()
                continue
            if self._is_of_page(line) and (after_blank or not line.isdecimal()):
                after_blank = True
                continue
            if _UNDERLINE.fullmatch(line) and not after_blank and self._is_title():
                self._make_heading(1 if line[0] == "=" else 2)
                yield from self._close()
                continue
            begun = self._begin(line, number, after_blank=after_blank)
            after_blank = False
            if begun is not None or (self._open and self._is_at_its_end(self._open)):
                yield from self._close()
            if begun is None and self._open is None:
                begun = _Open(BlockKind.PARAGRAPH, number)
                begun.add(line)
            elif begun is None and self._open is not None:
                self._open.add(line)
            self._open = begun or self._open
            if self._open:
                self._open.size += len(whole) - len(line)
            if self._open and self._is_heading_with_code(self._open):
                yield from self._close()
        yield from self._close()

    def name_headings(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks, a paragraph that ends with a code and has dates below it as the heading that it is."""
        before: Block | None = None
        for block in blocks:
            if before is not None:
                is_heading = (
                    before.kind is BlockKind.PARAGRAPH
                    and block.kind is BlockKind.DATES
                    and self._complete_heading.search(before.text) is not None
                )
                yield replace(before, kind=BlockKind.HEADING) if is_heading else before
            before = block
        if before is not None:
            yield before

    def _close(self) -> Iterator[Block]:
        if self._open is not None:
            yield self._open.close()
        self._open = None

    def _begin(self, line: str, number: int, *, after_blank: bool) -> _Open | None:
        """The block that this line begins; None where it goes on with the one before."""
        marks = len(line) - len(line.lstrip("#"))
        if 1 <= marks <= 6 and line[marks : marks + 1] in (" ", "\t"):
            return self._heading(line.strip("#").strip(), number, marks)
        if bullet := _BULLET.fullmatch(line):
            text, mark = bullet["text"], bullet["mark"]
            if self._entry.match(text) or (mark[0] not in string.digits and not self._is_dash_in_name(mark)):
                begun = self._start(BlockKind.ENTRY, number, text)
                begun.mark = mark
                return begun
        if self._entry.match(line):
            return self._start(BlockKind.ENTRY, number, line)
        if self._dates.match(line) and not self._is_at_bracket():
            return self._start(BlockKind.DATES, number, line)
        unmarked = line.strip("*")
        numbered = _NUMBER.fullmatch(unmarked)
        if numbered and self._is_heading(numbered, after_blank=after_blank):
            return self._heading(unmarked, number, 0)
        return None

    def _start(self, kind: BlockKind, number: int, text: str) -> _Open:
        begun = _Open(kind, number)
        begun.add(text)
        return begun

    def _heading(self, text: str, number: int, level: int) -> _Open:
        numbered = _NUMBER.fullmatch(text.strip("*"))
        begun = self._start(BlockKind.HEADING, number, numbered["title"] if numbered else text)
        begun.number = numbered["number"] if numbered else None
        begun.level = level
        return begun

    def _is_heading(self, line: re.Match[str], *, after_blank: bool) -> bool:
        """Whether a line that begins with a number is a heading. Within a text "2 x 100 Gbps" is none."""
        number, title, block = line["number"], line["title"], self._open
        is_below = "." in number
        if is_below and self._complete_heading.search(title):
            return True
        if title[0].islower():
            return False
        if block is None or self._is_at_its_end(block):
            return after_blank or is_below
        if block.kind is BlockKind.HEADING:
            return after_blank or (block.number is not None and number.startswith(f"{block.number}."))
        ends = block.kind is BlockKind.PARAGRAPH and block.parts[-1].endswith(".")
        return is_below and (after_blank or ends)

    def _is_title(self) -> bool:
        return self._open is not None and self._open.kind is BlockKind.PARAGRAPH and len(self._open.parts) <= 3

    def _make_heading(self, level: int) -> None:
        if self._open is not None:
            self._open = self._heading(self._open.text, self._open.line, level)

    def _goes_on_after_blank(self, block: _Open) -> bool:
        """An entry without its dates is one that a page break divides."""
        return block.kind is BlockKind.ENTRY and not self._is_at_its_end(block)

    def _is_at_its_end(self, block: _Open) -> bool:
        """Whether a block is complete, so that the next line is none of it."""
        if block.is_too_long:
            return block.kind is not BlockKind.PARAGRAPH
        if block.kind is BlockKind.ENTRY:
            return self._closed.search(block.text) is not None
        return block.kind is BlockKind.DATES and block.text.endswith((".", "*", "_"))

    def _is_heading_with_code(self, block: _Open) -> bool:
        if block.kind is not BlockKind.HEADING or block.is_too_long:
            return False
        return self._complete_heading.search(block.text) is not None

    def _is_dash_in_name(self, mark: str) -> bool:
        """Whether a line was only wrapped before a dash: the entry it stands in has another bullet."""
        block = self._open
        if block is None or block.kind is not BlockKind.ENTRY or not block.mark or self._is_at_its_end(block):
            return False
        return block.mark != mark

    def _is_at_bracket(self) -> bool:
        return self._open is not None and self._open.text.rstrip("*_ ").endswith(("(", "["))

    def _is_of_page(self, line: str) -> bool:
        return len(line) <= 200 and any(pattern.fullmatch(line) for pattern in self._page_lines)
