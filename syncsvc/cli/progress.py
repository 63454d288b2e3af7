"""A bar at a terminal while something long goes on; nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Progress = Callable[[str, int, int], None]


@contextmanager
def shown_progress(context: Context) -> Iterator[Progress]:
    """Give what draws a bar on standard error: called with what is done, how many of it are, and of how many.

    No bar where standard error is no terminal, or is asked to be quiet or to hold a log.
    """
    if context.verbosity != 0 or not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    bars: list[ProgressBar[int]] = []

    def show(what: str, done: int, of: int) -> None:
        if not bars or bars[-1].label != what:
            _end(bars)
            bars.append(click.progressbar(length=of, label=what, file=sys.stderr, show_pos=True))
            bars[-1].__enter__()
        bars[-1].update(done - bars[-1].pos)
        if done >= of:
            _end(bars)  # what is printed next begins a line of its own

    try:
        yield show
    finally:
        _end(bars)


def _end(bars: "list[ProgressBar[int]]") -> None:
    """Leave the bar as it stands and go to the next line."""
    if bars:
        bars.pop().__exit__(None, None, None)
