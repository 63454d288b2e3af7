"""LibreOffice converts files. Its profile is made once in each process: that takes a second."""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path


def convert(soffice: str, form: str, folder: Path, *paths: Path) -> None:
    """Write files in another form ("xls:MS Excel 97") into a folder, under their own names and the form's ending."""
    subprocess.run(
        [soffice, f"-env:UserInstallation={_profile().as_uri()}", "--headless", "--convert-to", form,
         "--outdir", str(folder), *map(str, paths)],
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip


@cache
def _profile() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="syncsvc-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
