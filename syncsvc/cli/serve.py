"""`syncsvc serve`: runs every night and offers the review pages, until it is told to stop."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.nights import open_nights
from syncsvc.errors import ExitCode


@click.command("serve")
@click.pass_obj
def command(context: Context) -> ExitCode:
    """Run the sync of each night at [nightly] at, and serve the review pages of [web], until SIGTERM or SIGINT.

    A night that was missed, failed to read a source, or whose process was killed is caught up. Told to stop, it begins
    no further batch of writes, finishes and records the one it is in, and exits with 0; the rest of that night is done
    after the next start. Any number may run on one store, and `syncsvc sync --nightly` beside them.
    """
    from syncsvc.schedule import keep_nights

    if context.verbosity == 0:
        context.verbosity = 1
        context.start_logging()
    log, stop = logging.getLogger("syncsvc.serve"), threading.Event()
    # Set before anything is begun, so that there is no moment in which a signal would cut through a write.
    # A handler runs in the main thread only, which a signal that reaches another thread does not wake: the number is
    # written by the interpreter itself, whichever thread that is.
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        number = os.read(told, 1)[0]
        log.info("%s: no further batch of writes is begun", signal.Signals(number).name)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # who asks twice does not want to wait

    with open_nights(context, stop.is_set) as nights, _pages(context, stop):
        following = nights.rules.timetable.next(context.now())
        log.info("serving; the next night is %s, due %s", following.day, f"{following.due_at:%Y-%m-%d %H:%M} UTC")
        ended = keep_nights(nights, wait, stop)
    if not ended:
        log.error("stopped in the middle of a run that did not end in time; the next one settles what it began")
        return ExitCode.WRITES
    log.info("stopped")
    return ExitCode.DONE


@contextmanager
def _pages(context: Context, stop: threading.Event) -> Iterator[None]:
    """The review pages while the nights are kept, unless [web] says there are none."""
    rules = context.settings().web
    if not rules.enabled:
        yield
        return
    from syncsvc.cli.running import wire_context
    from syncsvc.web import Desk, make_app
    from syncsvc.web.ready import kept_ready
    from syncsvc.web.serving import serving

    desk = Desk(lambda: wire_context(context), context.now, stopping=stop.is_set)
    with closing(desk), kept_ready(desk, stop), serving(make_app(desk), rules, stop):
        yield
