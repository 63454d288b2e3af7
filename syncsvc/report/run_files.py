"""The files a run leaves in `[report] folder`."""

import os
from pathlib import Path


def write_report_file(path: Path, content: str | bytes) -> None:
    """Write one report; the folder is made where it is not there. A reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content if isinstance(content, bytes) else content.encode(errors="backslashreplace"))
    half.replace(path)
