"""Results go to standard output, or whole into a file; colour only at a terminal that may have it."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from syncsvc.cli.frame import Context, say
from syncsvc.cli.output import write_output
from syncsvc.report.layout import NARROWEST_COLUMNS, Page

_PIPED_COLUMNS: Final = 120

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, as the argument `form`; the first one is the default."""
    return click.option(
        "--format", "form", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print it."
    )


def output_option(command: F) -> F:
    """`-o FILE`, as the argument `output`."""
    words = "Write to this file: all of it, or nothing."
    return click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=words)(command)


def find_page(context: Context, output: Path | None) -> Page:
    """How wide text may be, and whether in colour: as the terminal is, else 120 columns without."""
    columns = _PIPED_COLUMNS
    if context.env.get("COLUMNS", "").isdecimal():
        columns = int(context.env["COLUMNS"])
    elif output is None and sys.stdout.isatty():
        columns = shutil.get_terminal_size((_PIPED_COLUMNS, 24)).columns
    colour = (
        output is None and sys.stdout.isatty() and not context.env.get("NO_COLOR") and context.env.get("TERM") != "dumb"
    )
    return Page(max(columns, NARROWEST_COLUMNS), colour)


def print_result(content: str | bytes, output: Path | None) -> None:
    """To standard output, or to a file, whose place is then said on standard error."""
    write_output(content, output)
    if output is not None and str(output) != "-":
        say(f"Written: {output.absolute()}")
