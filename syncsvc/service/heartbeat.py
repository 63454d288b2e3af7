"""Renewing a lease from a thread while something long goes on, and knowing until when it is surely ours."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncsvc.errors import LeaseLost


class Watch:
    """Until when a lease is surely ours, without asking: by a clock that also goes while process or machine sleep."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Around what takes or renews the lease: its time counts from before that was asked."""
        asked = _seconds_since_boot()
        yield
        self._until = asked + self._seconds

    def in_time(self) -> bool:
        """Whether the lease was taken or renewed less than its time ago. A late answer is no."""
        return _seconds_since_boot() < self._until


def _seconds_since_boot() -> float:
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux; elsewhere a machine that slept is not noticed
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@contextmanager
def kept_alive(renew: Callable[[], None], *, every_seconds: float) -> Iterator[None]:
    """Call `renew` again and again until the block ends, or until the lease is another's."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(every_seconds):
            try:
                renew()
            except LeaseLost:
                return
            except Exception:  # noqa: S112  # a busy database: the next beat tries again, well before the end
                continue

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
