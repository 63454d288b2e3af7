"""Where results go: standard output, or a file that is whole or not there."""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from syncsvc.errors import UsageError


def write_output(content: str | bytes, path: Path | None) -> None:
    """Write a result to standard output, or to `path`: the whole of it or, when that fails, nothing.

    Text is UTF-8 and ends with a line break. UsageError where the file cannot be written, or where bytes would go
    to a terminal.
    """
    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    if path is not None and str(path) != "-":
        _write_file(content.encode(errors="backslashreplace") if isinstance(content, str) else content, path)
    elif isinstance(content, str):
        sys.stdout.write(content)
        sys.stdout.flush()
    elif sys.stdout.isatty():
        raise UsageError("This format is not for a terminal.", "Name a file with -o FILE.")
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _write_file(content: bytes, path: Path) -> None:
    target = path.resolve()  # a symbolic link stays one
    try:
        if target.exists() and not target.is_file():  # /dev/null, a pipe: nothing to replace
            target.write_bytes(content)
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            temporary.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Name another file with -o FILE.") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
