"""What pages show, looked up as soon as anything has changed, so that nobody who opens one waits for it."""

import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from syncsvc.errors import SyncsvcError
from syncsvc.persons import Person, Role
from syncsvc.web.asking import Ask
from syncsvc.web.desk import Desk, Mark, Rounds
from syncsvc.web.pages import PAGES

LOOK_SECONDS: Final = 1.0
#: A run changes something all the time. While one is at work, looking takes at most one part in so many of the time.
_SPARING: Final = 10

#: For so long the interpreter leaves a processor to who looks everything up while a page wants to go on. A page waits
#: again for each row that it reads from SQLite, and with the usual 5 ms a hundred rows would take half a second.
_SWITCH_SECONDS: Final = 0.0005

_log = logging.getLogger("syncsvc.web")


@contextmanager
def kept_ready(desk: Desk, stop: threading.Event) -> Iterator[None]:
    """Look every second, or at once for who waits, whether something has changed; then look everything up."""
    patience = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    desk.rounds.hold(True)
    thread = threading.Thread(target=_keep, args=(desk, stop), name="ready", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        desk.rounds.hold(False)
        thread.join()
        sys.setswitchinterval(patience)
        gc.unfreeze()


def make_ready(desk: Desk, mark: Mark) -> None:
    """Look up what pages share, unless it was already. SyncsvcError where it cannot be."""
    ask = Ask(desk, Person("syncsvc", Role.VIEWER, False, desk.now(), "syncsvc"), at=mark)
    for page in PAGES:
        if page.prepare is not None:
            page.prepare(ask)


def _keep(desk: Desk, stop: threading.Event) -> None:
    rounds, ended, took = desk.rounds, 0.0, 0.0
    try:
        while not stop.is_set():
            begun = time.monotonic()
            with suppress(SyncsvcError):  # whoever asks is told
                if rounds.are_awaited or begun - ended > _SPARING * took or not desk.store.is_at_work():
                    if _look(desk, rounds):
                        took = time.monotonic() - begun
                        _set_aside()
                    ended = time.monotonic()
            rounds.pause(LOOK_SECONDS)
    except Exception:
        _log.exception("a bug in syncsvc; the pages go on")
    finally:
        rounds.hold(False)


def _set_aside() -> None:
    """Let no collection of garbage look at what there is now: it has no cycles, and lives until the next change.

    A collection that looks at all of it keeps every page waiting, for half a second with ten thousand milestones.
    """
    gc.collect()
    gc.freeze()


def _look(desk: Desk, rounds: Rounds) -> bool:
    """One round; whether there was anything new."""
    rounds.begin()
    mark = None
    try:
        mark = desk.mark()
        if mark == rounds.ready:
            return False
        make_ready(desk, mark)
        return True
    finally:
        rounds.end(mark)
