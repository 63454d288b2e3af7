"""Finding exports, reading their bytes whole, and what their names say of them. No parsing is done here."""

import calendar
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from syncsvc.errors import BadExport, NothingThere, SourceError, UsageError
from syncsvc.mapping import Mapping, Named

MAX_EXPORT_BYTES: Final = 300_000_000

#: What a spreadsheet may be called in a folder of exports. What it is, is told from its content.
SPREADSHEET_ENDINGS: Final = (".xls", ".xlsx", ".xlsm", ".csv")

#: How the names of the files begin that we write ourselves.
OWN_PREFIX: Final = "syncsvc-"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file in a folder of exports, and what its name tells. `sha256` is None where it cannot be read."""

    path: Path  # absolute
    named: Named
    size_bytes: int
    sha256: str | None

    @property
    def period(self) -> str | None:
        """The period its name tells."""
        return self.named.period

    @property
    def kind(self) -> str | None:
        """The kind its name tells."""
        return self.named.kind


def find_exports(
    exports: Path,
    mapping: Mapping,
    endings: Collection[str] = SPREADSHEET_ENDINGS,
    is_export: Callable[[Path], bool] | None = None,
) -> list[ExportFile]:
    """The exports in a folder, or the one file; by the period in their names, then as people count.

    A file whose name tells no period comes last. Passed over are folders, dotfiles, lock files of office programs,
    what we wrote ourselves, and files with other endings unless `is_export` says of one that it is an export. Raises
    SourceError where the folder cannot be read, NothingThere where it has none.
    """
    try:
        paths = [exports] if exports.is_file() else sorted(exports.iterdir())
    except FileNotFoundError:
        raise SourceError(
            f"{exports}: there is no such folder or file.", "See `exports` in the configuration."
        ) from None
    except OSError as error:
        raise SourceError(f"{exports}: the folder cannot be read: {error.strerror or error}.") from None
    candidates = [path for path in paths if path == exports or _looks_like_export(path, endings, is_export)]
    if not candidates:
        passed_over = f" (of {len(paths)} there none is named like one)" if paths else ""
        raise NothingThere(
            f"{exports}: the folder has no export in it{passed_over}.",
            f"Put the exports there; their names end in {', '.join(endings)}.",
        )
    found = [
        ExportFile(absolute(path), mapping.read_file_name(path.stem), path.stat().st_size, _digest(path))
        for path in candidates
    ]
    return in_order(found)


def in_order(files: Iterable[ExportFile]) -> list[ExportFile]:
    """By the period in their names, then as people count; a file whose name tells no period comes last."""
    return sorted(files, key=lambda file: (file.period is None, file.period or "", natural_order(file.path.stem)))


def _looks_like_export(path: Path, endings: Collection[str], is_export: Callable[[Path], bool] | None) -> bool:
    if path.name.startswith((".", "~$", OWN_PREFIX)) or not path.is_file():
        return False
    return path.suffix.lower() in endings or (is_export is not None and is_export(path))


def absolute(path: Path) -> Path:
    """The path from the root, without dots; a link stays the name that it has."""
    return Path(os.path.abspath(path))


def natural_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts as people count: v2 before v10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def read_whole(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their sha256.

    Raises SourceError where it cannot be read, BadExport where it changes while it is read or is far too large.
    """
    try:
        before = path.stat()
        if before.st_size > MAX_EXPORT_BYTES:
            raise BadExport(f"{path.name}: the file has {before.st_size // 10**6} MB, far more than any export.")
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise SourceError(f"{path}: the file cannot be read: {error.strerror or error}.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise BadExport(f"{path.name}: the file is still being written.", "Wait until it is complete and run again.")
    return content, hashlib.sha256(content).hexdigest()


def agree(source: str, tellers: Iterable[tuple[str, Named]]) -> Named:
    """The period and kind that all who tell one agree on. Raises UsageError, naming both, where two disagree."""
    told: dict[str, tuple[str, str]] = {}
    for teller, named in tellers:
        for what, value in (("period", named.period), ("kind", named.kind)):
            if value is None:
                continue
            first, first_value = told.setdefault(what, (teller, value))
            if value != first_value:
                raise UsageError(
                    f"{source}: {first} says that its {what} is {first_value}, {teller} says {value}.",
                    "Rename the file, or give another --period or --kind, so that all say the same.",
                )
    return Named(*(told[what][1] if what in told else None for what in ("period", "kind")))


def check_period(period: str | None) -> str | None:
    """The period as it came. Raises UsageError unless it is a month such as 2019-04."""
    if period is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UsageError(f"{period!r} is no period.", "Write year and month, as in --period 2019-04.")
    return period


def data_date_of(period: str | None, data_day: str | int) -> date | None:
    """The day of a period that a schedule describes: its last, or the given one; None where no period is known."""
    if period is None:
        return None
    year, month = (int(part) for part in period.split("-"))
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if data_day == "month_end" else min(int(data_day), last))
