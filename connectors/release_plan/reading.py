"""Blocks as milestones: headings with their dates, and the entries that lead to them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from connectors.cell import shorten
from connectors.release_plan.block import Block, BlockKind, Document, Section, select_section
from connectors.row import ReadRow
from syncsvc.mapping import DateColumn, Mapping, ReleasePlan
from syncsvc.mapping_check import SeenColumn, SeenSheet, Use
from syncsvc.model import Field, Milestone, Reject, Status

HEADING_LEVEL: Final = 2
ENTRY_LEVEL: Final = 3

_BRACKETS: Final = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The rows of a release plan, and whether all that it names was found."""

    rows: tuple[ReadRow | Reject, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Dates:
    """What a clause such as "Due: 2017-11-30; completed 2018-05-30" says."""

    due: date | None = None
    due_column: DateColumn | None = None
    completed: date | None = None
    completed_column: DateColumn | None = None
    unread: tuple[tuple[Field, str], ...] = ()


@dataclass(slots=True)
class _Heading:
    """A heading whose dates and entries are still to come."""

    block: Block
    name: str
    code: str | None  # None: it names no milestone, and says so already
    dates: _Dates | None = None
    entries: list[str] = field(default_factory=list)


class _Unusable(Exception):
    """Why a piece of text is no heading, no entry or no dates."""


def due_words(mapping: Mapping) -> tuple[str, ...]:
    """The words that stand before a due date."""
    return tuple(entry.column for entry in mapping.dates().due)


def read_plan(document: Document, mapping: Mapping, rules: ReleasePlan) -> ReadPlan:
    """The milestones of a release plan, each row in its place; what cannot be used is a Reject with its line."""
    reader = _PlanReader(mapping, rules, document)
    section = reader.find_section()
    rows = list(reader.read(section))
    lacking = list(reader.find_lacking())
    return ReadPlan((*rows, *lacking), not (lacking or reader.ends_early or document.unclosed))


def see_fields(document: Document, mapping: Mapping, rules: ReleasePlan) -> SeenSheet:
    """What the mapping looks for in the text, and how often it was found; the rows are headings and entries."""
    reader = _PlanReader(mapping, rules, document)
    section = reader.find_section()
    read = [row.milestone for row in reader.read(section) if isinstance(row, ReadRow)]
    dates = mapping.dates()
    looked_for: list[tuple[str, Use]] = []
    found: list[tuple[str, int, str]] = []

    def look_for(key: str, words: str, what: str, number: int, unit: str) -> None:
        use = Use(f"release_plan.{key}", f"{what}: {words}", mapping.line_of(f"release_plan.{key}", words))
        looked_for.append((key, use))
        found.append((key, number, unit))

    if rules.section is not None:
        look_for("section", rules.section, "title of what is read", int(section.title is not None), "headings")
    levels = Counter(milestone.level for milestone in read)
    look_for("heading", rules.heading, "code behind a heading", levels[HEADING_LEVEL], "headings")
    look_for("entry", rules.entry, "code before an entry", levels[ENTRY_LEVEL], "entries")
    for name, columns, given in (
        ("due", dates.due, Counter(milestone.due_column for milestone in read)),
        ("completed", dates.completed, Counter(milestone.completed_column for milestone in read)),
    ):
        for column in columns:
            words = f"{name}, {column.basis}" if column.basis else name
            line = mapping.line_of(f"dates.{name}", column.column)
            looked_for.append((column.column, Use(f"dates.{name}", words, line, required=True)))
            found.append((column.column, given[column.column], "dates"))
    texts = [block.text.casefold() for block in section.blocks]
    for words in rules.incomplete:
        number = sum(1 for text in texts if words.casefold() in text)
        line = mapping.line_of("release_plan.incomplete", words)
        looked_for.append((words, Use("release_plan.incomplete", "in the place of a completion", line)))
        found.append((words, number, "texts"))
    seen = tuple(SeenColumn(name, number, {unit: number}) for name, number, unit in found if number)
    line = section.title.line if section.title else None
    return SeenSheet("", line, len(read), seen, tuple(looked_for))


class _PlanReader:
    def __init__(self, mapping: Mapping, rules: ReleasePlan, document: Document) -> None:
        self._mapping = mapping
        self._rules = rules
        self._document = document
        self._dates = mapping.dates()
        words = "|".join(re.escape(word) for word in due_words(mapping))
        self._dates_begin = re.compile(rf"[*_]{{0,3}}(?P<bracket>[(\[])[*_ ]{{0,4}}(?=(?:{words})\b)", re.IGNORECASE)
        self._incomplete = {words.casefold() for words in rules.incomplete}
        self._headings: set[str] = set()  # the codes that have one
        self._last: Block | None = None  # the last block, where no other section follows: it may have been cut
        self.ends_early = False  # in the middle of something

    def find_section(self) -> Section:
        """The section that lists the milestones, or the whole document."""
        title = self._rules.section
        return select_section(
            self._document,
            lambda text: title is not None and re.fullmatch(title, self._plain(text), re.IGNORECASE) is not None,
            lambda text: self._split_heading(text)[1] is not None,
        )

    def read(self, section: Section) -> Iterator[ReadRow | Reject]:
        """Rows in the order of the document; a heading comes before its entries."""
        strict = section.title is not None
        self._last = section.blocks[-1] if section.blocks and not section.has_end else None
        heading: _Heading | None = None
        below: list[ReadRow | Reject] = []
        for block in section.blocks:
            if block.kind is BlockKind.HEADING:
                yield from self._finish(heading)
                yield from below
                heading, below = self._begin(block, strict=strict), []
                if heading is not None and heading.code is None:
                    below.append(self._reject(block, None, self._say_no_code(block)))
            elif block.kind is BlockKind.DATES and heading is not None and heading.dates is None:
                heading.dates = self._heading_dates(heading, block, below)
            elif block.kind is BlockKind.ENTRY:
                row = self._entry(block, strict=strict)
                if row is not None:
                    below.append(row)
                    code = row.milestone.code if isinstance(row, ReadRow) else row.code
                    if heading is not None and code is not None:
                        heading.entries.append(code)
            elif block.kind is BlockKind.DATES or self._dates_begin.search(block.text):
                below.append(self._reject(block, None, f"dates that belong to no milestone: {shorten(block.text)!r}"))
            elif block.is_too_long and (strict or heading is not None):
                below.append(self._reject(block, None, "the text is too long to be read: has it lost its line breaks?"))
        yield from self._finish(heading)
        yield from below

    def find_lacking(self) -> Iterator[Reject]:
        """What the document's own contents list and its section does not have."""
        for line, code in self._document.contents:
            if code not in self._headings:
                self._headings.add(code)
                why = f"the contents list {code}, and no heading below has it: was the document cut off?"
                yield Reject(f"line {line}", code, why)

    def _begin(self, block: Block, *, strict: bool) -> _Heading | None:
        name, code = self._split_heading(block.text)
        if code is not None:
            self._headings.add(code)
        return _Heading(block, name, code) if code is not None or strict else None

    def _split_heading(self, text: str) -> tuple[str, str | None]:
        """The name and the code of a heading "NAME: CODE"; without a code all of it is its name."""
        plain = self._plain(text)
        name, colon, code = plain.rpartition(":")
        if colon and re.fullmatch(self._rules.heading, code.strip(), re.ASCII):
            return name.strip(), code.strip()
        return plain, None

    def _say_no_code(self, block: Block) -> str:
        if block.is_too_long:
            return "the heading is too long to be read: has the text lost its line breaks?"
        return f"the heading {shorten(self._plain(block.text))!r} ends with the code of no milestone"

    def _finish(self, heading: _Heading | None) -> Iterator[ReadRow | Reject]:
        if heading is None or heading.code is None:
            return
        if heading.dates is None:
            why = "no line with its dates stands below the heading"
            yield self._reject(heading.block, heading.code, why)
            return
        yield self._row(heading.block, heading.code, heading.name, HEADING_LEVEL, heading.dates, heading.entries)

    def _heading_dates(self, heading: _Heading, block: Block, below: list[ReadRow | Reject]) -> _Dates:
        text = block.text.strip("*_ ").removesuffix(".").strip("*_ ")
        try:
            dates = self._read_dates(text)
        except _Unusable as unusable:
            below.append(self._reject(block, heading.code, str(unusable)))
            heading.code = None
            return _Dates()
        unread = tuple((name, self._say_cut(reason, block)) for name, reason in dates.unread)
        return replace(dates, unread=unread)

    def _entry(self, block: Block, *, strict: bool) -> ReadRow | Reject | None:
        code, colon, rest = block.text.partition(":")
        marks = code[: len(code) - len(code.lstrip("*_"))]  # "**DM-DRP-4:** Calibration"
        code, rest = self._plain(code.strip("*_ ")), rest.strip().removeprefix(marks)
        if not colon or not re.fullmatch(self._rules.entry, code, re.ASCII):
            if not strict and not self._dates_begin.search(block.text):
                return None
            return self._reject(block, None, f"the entry {shorten(self._plain(block.text))!r} begins with no code")
        try:
            if block.is_too_long:
                raise _Unusable("the entry is too long to be read: has the text lost its line breaks?")
            name, dates = self._split_entry(rest.strip())
            return self._row(block, code, self._plain(name), ENTRY_LEVEL, self._read_dates(dates), ())
        except _Unusable as unusable:
            return self._reject(block, code, str(unusable))

    def _split_entry(self, text: str) -> tuple[str, str]:
        """The name of an entry "NAME (Due: …; …)" and what its bracket says."""
        begins = list(self._dates_begin.finditer(text))
        if not begins:
            raise _Unusable(f"the entry has no dates in brackets: {shorten(self._plain(text))!r}")
        if len(begins) > 1:
            raise _Unusable(f"the entry has dates {len(begins)} times; each entry stands on a line of its own")
        begin = begins[0]
        dates = text[begin.end() :]
        inside, bracket, after = dates.partition(_BRACKETS[begin["bracket"]])
        if not bracket:
            raise _Unusable(f"the bracket with its dates is not closed: {shorten(dates)!r}")
        if after.strip("*_. "):
            raise _Unusable(f"something stands after its dates: {shorten(self._plain(after))!r}")
        return text[: begin.start()], inside.strip("*_ ")

    def _read_dates(self, text: str) -> _Dates:
        """Due and completion of a clause; raises _Unusable where it says anything else."""
        found: dict[Field, tuple[date | None, DateColumn]] = {}
        unread: dict[Field, str] = {}
        is_incomplete = False
        for clause in (part.strip("*_ ") for part in text.split(";")):
            if clause.casefold() in self._incomplete:
                is_incomplete = True
                continue
            name, column = self._column_of(clause)
            if name in found or name in unread:
                raise _Unusable(f"its {name.value} is there twice: {shorten(text)!r}")
            value = clause[len(column.column) :].strip().removeprefix(":").strip() if column else clause
            try:
                if column is None:
                    raise ValueError(f"is neither a date nor {' or '.join(map(repr, self._rules.incomplete))}")
                if not value:
                    raise ValueError("is blank")
                found[name] = self._mapping.parse_date(value), column
            except ValueError as error:
                shown = f"{column.column} {shorten(value)!r}" if column else repr(shorten(clause))
                unread[name] = f"{name.value}: {shown} {error}; see {self._declared_in(name, column)}"
        if Field.DUE not in found and Field.DUE not in unread:
            unread[Field.DUE] = f"due: {shorten(text)!r} says none"
        if Field.COMPLETED not in found and Field.COMPLETED not in unread and not is_incomplete:
            unread[Field.COMPLETED] = f"completed: {shorten(text)!r} does not say whether it is"
        if Field.COMPLETED in found and is_incomplete:
            del found[Field.COMPLETED]
            unread[Field.COMPLETED] = f"completed: {shorten(text)!r} says both that it is and that it is not"
        due, due_column = found.get(Field.DUE, (None, None))
        completed, completed_column = found.get(Field.COMPLETED, (None, None))
        return _Dates(due, due_column, completed, completed_column, tuple(sorted(unread.items())))

    def _declared_in(self, name: Field, column: DateColumn | None) -> str:
        """Which line of the mapping has the words before a date, or those in the place of a completion."""
        if column is not None:
            return self._mapping.place_of(f"dates.{name.value}", column.column)
        words = self._rules.incomplete
        return self._mapping.place_of("release_plan.incomplete", words[0] if words else "")

    def _column_of(self, clause: str) -> tuple[Field, DateColumn | None]:
        """Which date a clause gives, by its first word; one that begins with none is about the completion."""
        for name, columns in ((Field.DUE, self._dates.due), (Field.COMPLETED, self._dates.completed)):
            for column in columns:
                if re.match(rf"{re.escape(column.column)}(?![\w-])", clause, re.IGNORECASE):
                    return name, column
        return Field.COMPLETED, None

    def _row(self, block: Block, code: str, name: str, level: int, dates: _Dates, entries: Sequence[str]) -> ReadRow:
        where = self._place(block)
        milestone = Milestone(
            code=code,
            name=name,
            level=level,
            status=Status.COMPLETED if dates.completed else Status.UNKNOWN,
            due=dates.due,
            due_column=dates.due_column.column if dates.due_column else None,
            due_basis=dates.due_column.basis if dates.due_column else None,
            completed=dates.completed,
            completed_column=dates.completed_column.column if dates.completed_column else None,
            predecessors=tuple(entries),
            where=where,
        )
        return ReadRow(milestone, tuple(Reject(where, code, reason, field=name.value) for name, reason in dates.unread))

    def _reject(self, block: Block, code: str | None, reason: str) -> Reject:
        return Reject(self._place(block), code, self._say_cut(reason, block))

    def _say_cut(self, reason: str, block: Block) -> str:
        if block is not self._last and not block.is_cut:
            return reason
        self.ends_early = True
        return f"{reason}; the document ends here: was it cut off?"

    def _place(self, block: Block) -> str:
        return f"line {block.line}"

    def _plain(self, text: str) -> str:
        return self._document.as_name(text)
