"""What the first pages show, looked up as soon as a run has ended, so that nobody who opens one waits for it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from syncsvc.errors import SyncsvcError
from syncsvc.persons import Person, Role
from syncsvc.web.asking import Ask
from syncsvc.web.desk import Desk
from syncsvc.web.sights import identity, newest_plan, rows

LOOK_SECONDS: Final = 2.0

_log = logging.getLogger("syncsvc.web")


@contextmanager
def kept_ready(desk: Desk, stop: threading.Event) -> Iterator[None]:
    """Look every two seconds whether something has changed and nobody is changing it further; then look it up."""
    thread = threading.Thread(target=_look, args=(desk, stop), name="ready", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def make_ready(desk: Desk) -> None:
    """Look up what the first pages show, unless it was already. SyncsvcError where it cannot be."""
    ask = Ask(desk, Person("syncsvc", Role.VIEWER, False, desk.now(), "syncsvc"))
    rows(ask)
    newest_plan(ask)
    identity(ask)


def _look(desk: Desk, stop: threading.Event) -> None:
    seen: object = None
    while not stop.wait(LOOK_SECONDS):
        try:
            mark = desk.mark()
            if mark == seen or desk.store.is_at_work():
                continue
            make_ready(desk)
            seen = mark
        except SyncsvcError:
            continue  # whoever asks is told
        except Exception:
            _log.exception("a bug in syncsvc; the pages go on")
            return
