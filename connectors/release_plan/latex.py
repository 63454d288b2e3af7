"""A release plan as LaTeX: sections, items and paragraphs, and names as they are printed."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from connectors.release_plan.block import MAX_CHARACTERS, Block, BlockKind, Document

#: A line that begins with one of these makes a document LaTeX.
LATEX: Final = re.compile(r"^[ \t]*\\(?:documentclass|chapter|(?:sub){0,2}section|begin|item)\b", re.MULTILINE)

_COMMENT: Final = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_STRUCTURE: Final = re.compile(r"\\(chapter|(?:sub){0,2}section|item|begin|end)\b\*?")
_LEVELS: Final = {"chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4}
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n")
_STYLED: Final = re.compile(r"\\(?:textit|emph|textbf|textsl|itshape)\s{0,9}\{")
_DROPPED: Final = re.compile(
    r"\\(?:label|footnote|cite[a-z]*|index|href)\s{0,9}(?:\[[^\[\]\n]{0,200}\])?\{[^{}]{0,500}\}"
)
_TEX: Final = re.compile(
    r"\\(?P<word>[A-Za-z]+)\*?(?:\s*\{\s*\}|[ \t]+)?"
    r"|\\(?P<accent>['`\"^~=.])\s?\{?(?P<letter>[A-Za-z])\}?"
    r"|\\(?P<sign>.)|(?P<quotes>``|'')|(?P<dashes>---?)|(?P<blank>~)|[{}$]",
    re.DOTALL,
)
_WORDS: Final = {
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textunderscore": "_",
    "ldots": "\u2026",
    "dots": "\u2026",
    "times": "\u00d7",
    "ss": "\u00df",
    "o": "\u00f8",
    "O": "\u00d8",
    "ae": "\u00e6",
    "AE": "\u00c6",
    "quad": " ",
    "newline": " ",
}
_ACCENTS: Final = {
    "'": "\u0301",
    "`": "\u0300",
    '"': "\u0308",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
}


def read_latex(text: str, due_words: Sequence[str]) -> Document:
    """LaTeX as blocks, their text already as it is printed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = _Reader(_COMMENT.sub(r"\1", text), due_words)
    blocks = tuple(reader.read())
    return Document(blocks, str.strip, unclosed=reader.begun[-1] if reader.begun else None)


def print_latex(tex: str) -> str:
    """What a person reads: commands, groups and escapes resolved; labels, footnotes and targets of links left out."""
    return " ".join(_TEX.sub(_resolve, _DROPPED.sub("", tex)).split())


def _resolve(match: re.Match[str]) -> str:
    if word := match["word"]:
        return _WORDS.get(word, "")
    if accent := match["accent"]:
        return unicodedata.normalize("NFC", match["letter"] + _ACCENTS[accent])
    if sign := match["sign"]:
        return " " if sign in "\\,;: \n" else "" if sign in "/-!" else sign
    if match["quotes"]:
        return '"'
    if dashes := match["dashes"]:
        return "\u2013" if len(dashes) == 2 else "\u2014"
    return " " if match["blank"] else ""


class _Reader:
    def __init__(self, text: str, due_words: Sequence[str]) -> None:
        self._text = text
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        words = "|".join(re.escape(word) for word in due_words)
        self._dates = re.compile(rf"(?:{words})\b\s*:", re.IGNORECASE)
        self.begun: list[str] = []  # environments that are open

    def read(self) -> Iterator[Block]:
        """The blocks, in order."""
        found = list(_STRUCTURE.finditer(self._text))
        begins = [match.start() for match in found]
        yield from self._paragraphs(0, begins[0] if begins else len(self._text))
        for at, match in enumerate(found):
            end = begins[at + 1] if at + 1 < len(found) else len(self._text)
            name = match[1]
            if name == "item":
                yield self._item(match, end)
                continue
            opening = self._skip_blanks(match.end(), end)
            if name in _LEVELS and self._text[opening : opening + 1] == "[":  # the short title of the contents
                short = self._text.find("]", opening, opening + 1_000)
                opening = self._skip_blanks(short + 1, end) if short != -1 else opening
            closing = self._find_closing(opening, end)
            argument = self._text[opening + 1 : min(closing, opening + 1 + MAX_CHARACTERS)]
            if name in _LEVELS:
                line, is_cut = self._line_of(match.start()), closing == len(self._text)
                yield Block(BlockKind.HEADING, line, print_latex(argument), _LEVELS[name], is_cut=is_cut)
            elif name == "begin":
                self.begun.append(argument)
            elif self.begun and self.begun[-1] == argument:
                self.begun.pop()
            yield from self._paragraphs(closing + 1, end)

    def _item(self, match: re.Match[str], end: int) -> Block:
        """What stands between this item and what comes next; in braces only what is in them."""
        line = self._line_of(match.start())
        tex = self._text[match.end() : end]
        if len(tex.strip()) > MAX_CHARACTERS:
            return Block(BlockKind.ENTRY, line, print_latex(tex[:MAX_CHARACTERS]), is_too_long=True)
        opened = _count(tex, "{") > _count(tex, "}")
        return Block(BlockKind.ENTRY, line, print_latex(tex), is_cut=opened and end == len(self._text))

    def _paragraphs(self, begin: int, end: int) -> Iterator[Block]:
        at = begin
        for piece in _BLANK_LINES.split(self._text[begin:end]):
            place = at + len(piece) - len(piece.lstrip())
            at += len(piece)
            at = self._skip_blanks(at, end)
            if piece.strip():
                yield from self._paragraph(piece.strip(), place)

    def _paragraph(self, tex: str, place: int) -> Iterator[Block]:
        """Dates in italics are a block of their own, whatever stands after them."""
        tex = _DROPPED.sub("", tex[: MAX_CHARACTERS + 1]).strip()
        styled = _STYLED.match(tex)
        rest = ""
        if styled:
            closing = _find_closing(tex, styled.end() - 1)
            tex, rest = tex[styled.end() : closing], tex[closing + 1 :]
        printed = print_latex(tex)
        is_dates = self._dates.match(printed) is not None
        if is_dates:
            yield Block(BlockKind.DATES, self._line_of(place), printed)
            printed = print_latex(rest).lstrip(". ")
        elif rest:
            printed = f"{printed} {print_latex(rest)}"
        if printed:
            yield Block(BlockKind.PARAGRAPH, self._line_of(place), printed)

    def _line_of(self, place: int) -> int:
        return bisect_right(self._line_ends, place - 1) + 1

    def _skip_blanks(self, place: int, end: int) -> int:
        while place < end and self._text[place].isspace():
            place += 1
        return place

    def _find_closing(self, opening: int, end: int) -> int:
        """Where the group that opens here closes; `end` where it does not before that, `opening` for no group."""
        if self._text[opening : opening + 1] != "{":
            return opening
        return opening + _find_closing(self._text[opening:end], 0)


def _find_closing(tex: str, opening: int) -> int:
    depth = 0
    at = opening
    while at < len(tex):
        if tex[at] == "\\":
            at += 1
        elif tex[at] == "{":
            depth += 1
        elif tex[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(tex)


def _count(tex: str, brace: str) -> int:
    return tex.count(brace) - tex.count(f"\\{brace}")
