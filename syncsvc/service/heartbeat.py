"""Renewing a lease from a thread while something long goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncsvc.errors import LeaseLost


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
