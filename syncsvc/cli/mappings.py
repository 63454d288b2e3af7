"""`syncsvc mappings`: what the columns of a source mean."""

import tomllib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from syncsvc.cli.output import write_output

if TYPE_CHECKING:
    from syncsvc.mapping import DateColumn, Dates, Mapping, ReleasePlan


@click.group("mappings")
def command() -> None:
    """List the mappings, or show what one declares: columns, fallbacks and bases."""


@command.command("list")
def list_mappings() -> None:
    """List the built-in mappings."""
    from syncsvc.mapping import builtin_mappings, load_mapping

    mappings = [load_mapping(name) for name in builtin_mappings()]
    rows = [(mapping.name, mapping.side, mapping.description) for mapping in mappings]
    write_output("\n".join(_align(rows)), None)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Show what a mapping declares. NAME is built in, or the path of a file."""
    from syncsvc.mapping import load_mapping

    write_output("\n".join(_describe(load_mapping(name))), None)


def _describe(mapping: "Mapping") -> Iterator[str]:
    """What a person asks of a mapping: which column gives what, in which order, and with which basis."""
    yield f"{mapping.name}: {mapping.description}"
    yield f"  file    {mapping.path}"
    yield f"  format  {mapping.format}, side {mapping.side}" + (f", sheet {mapping.sheet}" if mapping.sheet else "")
    if mapping.encoding is not None:
        yield f"  text    UTF-8, else {mapping.encoding}"
    yield f"  needs   {', '.join(mapping.required())}"
    yield ""
    yield "Columns" if mapping.release_plan is None else "Columns, of a table in a web page"
    columns = mapping.columns
    named = [(name, column) for name in columns.__struct_fields__ if (column := getattr(columns, name)) is not None]
    yield from (f"  {line}" for line in _align(named))
    if mapping.relations:
        relations = mapping.relations
        yield f"  relations: sheet {relations.sheet}, {relations.code} after {relations.predecessor}"
    yield ""
    yield f"Dates, written {' or '.join(mapping.date_formats)}; a fallback is for blank cells only"
    yield from _describe_dates(mapping.dates())
    if mapping.release_plan is not None:
        yield ""
        yield "In text, Markdown and LaTeX the same words stand before the dates"
        yield from (f"  {line}" for line in _align(_describe_plan(mapping.release_plan)))
    if mapping.baseline is not None:
        yield ""
        yield "Dates of a baseline project"
        pairs = (("start", mapping.baseline.start), ("finish", mapping.baseline.finish))
        yield from (f"  {line}" for line in _align((name, " else ".join(columns)) for name, columns in pairs))
    # The text and not the checked mapping: it alone tells what a kind of export declares from what it leaves alone.
    declared = tomllib.loads(mapping.text)
    for kind, rules in declared.get("exports", {}).items():
        yield ""
        yield f"In exports of kind {kind}, needing {', '.join(mapping.required(kind))}"
        yield from _describe_dates(mapping.dates(kind), only=rules)
    for title, words in (
        ("Words for a status", "status"),
        ("Words for a kind of activity", "kinds"),
        ("Captions in a copy of P6's screen", "screen"),
    ):
        if declared.get(words):
            yield ""
            yield title
            yield from (f"  {line}" for line in _align(declared[words].items()))
    if declared.get("renumber"):
        yield ""
        yield "Codes that are others now"
        yield from (f"  {rule['pattern']}  becomes  {rule['replacement']}" for rule in declared["renumber"])


def _describe_plan(plan: "ReleasePlan") -> Iterator[tuple[str, str]]:
    yield "section", plan.section or "the whole document"
    yield "heading", f"NAME: {plan.heading}"
    yield "entry", f"{plan.entry}: NAME (dates)"
    if plan.incomplete:
        yield "not completed", " or ".join(plan.incomplete)


def _describe_dates(dates: "Dates", only: Iterable[str] | None = None) -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for name in ("due", "forecast", "completed"):
        if only is not None and name not in only:
            continue
        columns: tuple[DateColumn, ...] = getattr(dates, name)
        if not columns:
            rows.append((name, "from no column"))
        for at, column in enumerate(columns):
            basis = f"({column.basis})" if column.basis else ""
            limits = [f"only {' and '.join(words)} rows" for words in (column.rows, column.status) if words]
            limits += ["only where P6's screen marks it as actual (A)"] * column.actual
            rows.append(("" if at else name, f"{'else ' if at else ''}{column.column}", basis, ", ".join(limits)))
    yield from (f"  {line}" for line in _align(rows))


def _align(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows of words as lines, each column as wide as its widest word."""
    rows = list(rows)
    widths = [max(len(row[at]) for row in rows if len(row) > at) for at in range(max(map(len, rows), default=0))]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=False)).rstrip() for row in rows]
