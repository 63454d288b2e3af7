"""The reports a run leaves in `[report] folder`."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from syncsvc.model import RunResult
from syncsvc.report.layout import Page
from syncsvc.report.run_text import run_text
from syncsvc.shapes import run_shape

_PAGE = Page(columns=160)


def write_run_report(result: RunResult, folder: Path, holidays: Sequence[date] = ()) -> Mapping[str, str]:
    """Write what the run did as text and JSON; format -> absolute path. A reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"run-{result.run:05d}"
    paths = {"text": str(folder / f"{stem}.txt"), "json": str(folder / f"{stem}.json")}
    named = replace(result, report=paths)
    _write(Path(paths["text"]), run_text(named, _PAGE, holidays))
    _write(Path(paths["json"]), json.dumps(run_shape(named), indent=1) + "\n")
    return paths


def _write(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
