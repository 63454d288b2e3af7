"""Results go to standard output, or whole into a file; colour only at a terminal that may have it."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from syncsvc.cli.frame import Context
from syncsvc.errors import UsageError
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
    columns = shutil.get_terminal_size((_PIPED_COLUMNS, 24)).columns if output is None else _PIPED_COLUMNS
    colour = (
        output is None and sys.stdout.isatty() and not context.env.get("NO_COLOR") and context.env.get("TERM") != "dumb"
    )
    return Page(max(columns, NARROWEST_COLUMNS), colour)


def print_result(text: str, output: Path | None) -> None:
    """To standard output, or to a file that is then written completely or left as it was."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        _replace_file(output.resolve(), text)
    except OSError as error:
        hint = "Name a file in a folder that exists and that you may write to."
        raise UsageError(f"-o: {output.absolute()} cannot be written: {error.strerror or error}.", hint) from None
    click.echo(f"Written: {output.absolute()}", err=True)


def _replace_file(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():  # a device such as /dev/stdout, a pipe; a folder says so itself
        path.write_text(text, encoding="utf-8")
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
