"""Whether files lie still: one that is being copied into a folder is left alone until it is whole."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

#: How often files that moved are looked at again before they are given up for now.
_LOOKS: Final = 3

_Stand = tuple[int, int]  # size in bytes, time of the last change in nanoseconds


class Stillness:
    """Remembers which files were found to lie still: neither size nor time of change moved for `seconds`."""

    def __init__(
        self,
        seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._clock = clock
        self._still: dict[Path, _Stand] = {}

    def find_moving(self, paths: Iterable[Path]) -> set[Path]:
        """Those of the files that are being written. All are watched together, for as long as one needs.

        A file that was changed long enough ago is not waited for. The clock of a file server may go wrong by any time,
        so a change in the future is looked at like one of just now.
        """
        if self._seconds <= 0:
            return set()
        stands = {path: stand for path in paths if (stand := _look(path)) != self._still.get(path) or stand is None}
        fresh = {path: stand for path, stand in stands.items() if stand is None or not self._is_old(stand)}
        for _ in range(_LOOKS):
            if not fresh:
                break
            self._sleep(self._seconds)
            now = {path: _look(path) for path in fresh}
            fresh = {path: stand for path, stand in now.items() if stand is None or stand != fresh[path]}
            stands |= now
        self._still |= {path: stand for path, stand in stands.items() if stand is not None and path not in fresh}
        return set(fresh)

    def _is_old(self, stand: _Stand) -> bool:
        age = self._clock() - stand[1] / 1e9
        return age > self._seconds


def _look(path: Path) -> _Stand | None:
    """How the file stands now; None where it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
