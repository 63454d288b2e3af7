"""The last run of a store, noted beside its reports: a store that was put back to a backup knows fewer runs than that.

Such a store does not know what was written, taken back and decided since, and a value that a person set back in the
meantime looks to it as if nobody had touched it. Until a person has looked, nothing is to be written by itself.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunMark:
    """The last run there was, and of a store that was put back what it lacks until a person has looked."""

    last_run: int
    lost_until: int | None = None  # the last run that the store does not know
    known_until: int = 0  # the last one that it knew when it was put back

    @property
    def why(self) -> str:
        """What is to be said of a store that was put back."""
        return (
            f"there were runs up to {self.lost_until}, and the store knew those up to {self.known_until} alone: it was"
            " put back to a backup, or a copy of it is in use. What was written, taken back or decided since is unknown"
            " to it: reject (syncsvc review reject CODE --reason TEXT) what somebody has put back in Jira"
        )


@dataclass(frozen=True, slots=True)
class RunMarks:
    """The marks of the stores that leave their reports in a folder."""

    folder: Path

    def next(self, store: str, run: int) -> RunMark:
        """The mark of this store from now on, since this run of it begins; keeps nothing yet."""
        known = self._read(store)
        if known is None:
            return RunMark(run)
        if known.last_run < run:
            return RunMark(run, known.lost_until, known.known_until)
        known_until = run - 1 if known.lost_until is None else min(run - 1, known.known_until)
        return RunMark(run, max(known.last_run, known.lost_until or 0), known_until)

    def keep(self, store: str, mark: RunMark) -> None:
        """Keep the mark of a store. OSError where it cannot be written."""
        path = self._path(store)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{path.name}.{os.getpid()}")
        said = {"last_run": mark.last_run, "lost_until": mark.lost_until, "known_until": mark.known_until}
        half.write_text(json.dumps(said) + "\n", encoding="utf-8")
        half.replace(path)

    def _path(self, store: str) -> Path:
        return self.folder / f".syncsvc-{store}.json"

    def _read(self, store: str) -> RunMark | None:
        """None where there is none, or nothing that can be read: a mark can only warn."""
        try:
            said = json.loads(self._path(store).read_text(encoding="utf-8"))
            lost_until = said["lost_until"]
            return RunMark(int(said["last_run"]), lost_until and int(lost_until), int(said["known_until"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
