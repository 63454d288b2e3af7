"""What text and LaTeX have in common: a document as a row of blocks, each with the line where it begins."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

#: No heading and no entry is as long; what is longer has lost its line breaks. It also bounds what reading one takes.
MAX_CHARACTERS: Final = 4_000


class BlockKind(Enum):
    """What a block looks like."""

    HEADING = auto()
    ENTRY = auto()
    DATES = auto()  # a paragraph that begins with the word for a due date
    PARAGRAPH = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, an entry or a paragraph.

    `number` ("3.12") and `level` (1 is highest, 0 where only the number shows that it is one) are those of a heading.
    `is_cut` where the document ends before the block does, as far as its form tells.
    """

    kind: BlockKind
    line: int
    text: str
    level: int = 0
    number: str | None = None
    is_cut: bool = False
    is_too_long: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A document as blocks. `as_name` makes of a piece of their text what a person reads."""

    blocks: tuple[Block, ...]
    as_name: Callable[[str], str]
    contents: tuple[tuple[int, str], ...] = ()  # line and code of each milestone that a list of contents names
    unclosed: str | None = None  # what was begun and never ends: "itemize"


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks below one heading, or those of a whole document. `title` is None for a whole one."""

    title: Block | None
    blocks: tuple[Block, ...]
    has_end: bool = False  # another section follows


def select_section(document: Document, is_title: Callable[[str], bool], has_code: Callable[[str], bool]) -> Section:
    """The section with this title, or the whole document where it has none.

    A list of contents repeats the title, and has no dates: the section begins at the last such heading before the
    first dates.
    """
    blocks = document.blocks
    begin: int | None = None
    for index, block in enumerate(blocks):
        if block.kind is BlockKind.HEADING and is_title(block.text):
            begin = index
        elif begin is not None and block.kind is BlockKind.DATES:
            break
    if begin is None:
        return Section(None, blocks)
    title = blocks[begin]
    inside: list[Block] = []
    for block in blocks[begin + 1 :]:
        if block.kind is not BlockKind.HEADING or has_code(block.text):
            inside.append(block)
        elif _is_repeated(block, title) or _is_no_heading(block, title):
            inside.append(replace(block, kind=BlockKind.PARAGRAPH))
        elif _is_below(block, title):
            inside.append(block)
        else:
            return Section(title, tuple(inside), has_end=True)
    return Section(title, tuple(inside))


def _is_below(heading: Block, title: Block) -> bool:
    if heading.number and title.number:
        return heading.number.startswith(f"{title.number}.")
    return heading.level > title.level


def _is_repeated(heading: Block, title: Block) -> bool:
    """Whether it is the title once more, in the head of a page."""
    return (heading.number, heading.text) == (title.number, title.text)


def _is_no_heading(block: Block, title: Block) -> bool:
    """Whether a line only looks like a heading by its number: that of no section here or right after."""
    if block.level or block.number is None or title.number is None or _is_below(block, title):
        return False
    return int(block.number.partition(".")[0]) != int(title.number.partition(".")[0]) + 1
