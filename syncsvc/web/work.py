"""What takes longer than a browser should wait: it goes on in a thread of its own, and its answer waits for who asked.

Whoever presses a button waits a moment, since most of it is done by then. After that they are sent to the page of the
run, which says from the store how far it has come. Nothing here decides whether a run may begin: the lease in the store
does. What is kept here are words; a process that is killed loses them and no more.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from syncsvc.errors import SyncsvcError
from syncsvc.wiring import Clock

#: How long who pressed a button waits for the end, before they are shown how far it has come.
WAIT_SECONDS: Final = 2.0
#: The same for who filled in a form: most of what they are told belongs into it, at its rows.
FORM_SECONDS: Final = 10.0
#: What begins no run by then stands behind others; the list of runs shows it once it begins.
BEGIN_SECONDS: Final = 30.0
#: What may be at work as the service ends finishes its batch of writes by then.
DRAIN_SECONDS: Final = 240.0
_MOST_KEPT: Final = 100

_log = logging.getLogger("syncsvc.web")


@dataclass(eq=False, slots=True)
class Piece:
    """One press of a button: what was asked, by whom, and what has become of it."""

    what: str
    actor: str
    at: datetime
    run: int | None = None  # the first one it began
    answer: Any = None
    error: BaseException | None = None
    is_left: bool = False  # who asked was sent to look on, and the answer waits for them
    met: threading.Event = field(default_factory=threading.Event)  # a run began, or it ended
    ended: threading.Event = field(default_factory=threading.Event)

    def begin(self, run: int) -> None:
        """A run of it has begun."""
        if self.run is None:
            self.run = run
            self.met.set()

    def take(self) -> Any:
        """The answer of what has ended, or its error raised again."""
        if self.error is not None:
            raise self.error
        return self.answer


class Work:
    """What is going on in this process for those who pressed buttons, and answers that nobody has taken yet."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._pieces: dict[Piece, threading.Thread] = {}

    def do(
        self,
        actor: str,
        what: str,
        make: Callable[[Piece], Any],
        *,
        has_run: bool = True,
        is_awaited: bool = False,
    ) -> Piece:
        """Begin what `make` does, and wait a moment. What has not ended then is left, to be picked up by its actor.

        With `has_run` it is also waited until a run of it has begun, so that there is something to look at; what
        `is_awaited` is given the time of a form.
        """
        seconds = FORM_SECONDS if is_awaited else WAIT_SECONDS
        piece = Piece(what, actor, self._now())
        thread = threading.Thread(target=_make, args=(piece, make), name=f"work {what}", daemon=True)
        with self._lock:
            self._pieces[piece] = thread
            self._forget()
        thread.start()
        if not piece.ended.wait(seconds) and has_run and not piece.met.is_set():
            piece.met.wait(BEGIN_SECONDS)
            piece.ended.wait(seconds)
        with self._lock:
            piece.is_left = not piece.ended.is_set()
            if not piece.is_left:
                del self._pieces[piece]
        return piece

    def pick_up(self, actor: str, *, run: int | None = None, what: str = "") -> Piece | None:
        """What this person left, by its run or its kind, once it has ended; None where there is no such (yet)."""
        with self._lock:
            left = [each for each in self._pieces if each.is_left and each.actor == actor]
        for piece in left:
            if (piece.run != run) if run is not None else (piece.what != what):
                continue
            # The store knows the end of a run a moment before its answer is made.
            if piece.ended.wait(WAIT_SECONDS if run is not None else 0):
                with self._lock:
                    if self._pieces.pop(piece, None) is not None:
                        return piece
        return None

    def finish(self) -> None:
        """Wait until everything has ended that was begun, as the service ends."""
        until = time.monotonic() + DRAIN_SECONDS
        with self._lock:
            threads = list(self._pieces.values())
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            _log.error("what was begun on the pages did not end in time; the next run settles what is open")

    def _forget(self) -> None:
        """Answers that nobody came back for."""
        done = [each for each in self._pieces if each.is_left and each.ended.is_set()]
        for piece in done[: max(0, len(self._pieces) - _MOST_KEPT)]:
            del self._pieces[piece]


def _make(piece: Piece, make: Callable[[Piece], Any]) -> None:
    try:
        piece.answer = make(piece)
    except BaseException as error:
        piece.error = error
        if not isinstance(error, SyncsvcError) and piece.is_left:
            _log.exception("a bug in syncsvc, in what was asked at %s", piece.what)
    finally:
        piece.ended.set()
        piece.met.set()
