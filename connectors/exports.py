"""Finding exports and reading their bytes whole: size, age, sha256. What is in them is not looked at here."""

import hashlib
from pathlib import Path
from typing import Final

from syncsvc.errors import BadExport, SourceError

MAX_EXPORT_BYTES: Final = 300_000_000


def read_whole(path: Path) -> tuple[bytes, str]:
    """The bytes of a file and their sha256. Raises BadExport for a file that changes while it is read."""
    try:
        before = path.stat()
        if before.st_size > MAX_EXPORT_BYTES:
            raise BadExport(f"{path}: the file has {before.st_size // 10**6} MB, far more than an export.")
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise SourceError(f"{path}: the file cannot be read: {error.strerror or error}.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise BadExport(f"{path}: the file is still being written.", "Wait until it is complete and run again.")
    return content, hashlib.sha256(content).hexdigest()
