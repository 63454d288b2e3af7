"""`syncsvc mappings`: what the columns of a source mean."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.output import write_output
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.errors import ExitCode

if TYPE_CHECKING:
    from syncsvc.mapping import DateColumn, Dates, Mapping, ReleasePlan


@click.group("mappings")
def command() -> None:
    """List the mappings, show what one declares, or check what it makes of a file."""


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


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--mapping", metavar="NAME", help="Built in, or the path of a file; guessed where that is clear.")
@click.option("--period", metavar="YYYY-MM", help="Its month, where neither its content nor its name tells.")
@click.option("--kind", metavar="KIND", help="Its kind, such as ME or BL, where nothing tells.")
@format_option("text", "json")
@output_option
@click.pass_obj
def check(
    context: Context,
    file: Path,
    mapping: str | None,
    period: str | None,
    kind: str | None,
    form: str,
    output: Path | None,
) -> ExitCode:
    """Show what a mapping makes of a file: columns used, not used and missing, kinds and dates found.

    Exit code 2 where the mapping cannot be applied to the file.
    """
    from syncsvc.files import check_mapping
    from syncsvc.report.mapping_check_text import mapping_check_shape, mapping_check_text

    checked = check_mapping(file, now=context.now(), mapping=mapping, period=period, kind=kind)
    if form == "json":
        from syncsvc.report.as_json import as_json

        print_result(as_json(mapping_check_shape(checked)), output)
    else:
        print_result(mapping_check_text(checked, find_page(context, output)), output)
    return ExitCode.USAGE if checked.problem else ExitCode.DONE


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
