"""The demo as a newcomer runs it: three nights, and a folder to look at afterwards."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.site import run_command


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SYNCSVC_")}
    return run_command(arguments, env=env, folder=folder)


def test_three_nights(tmp_path: Path) -> None:
    played = run(tmp_path, "demo")
    assert played.returncode == 0, played.stderr
    assert played.stderr == ""
    summary = played.stdout[played.stdout.index("What happened") :]
    assert [" ".join(line.split()) for line in summary.splitlines()[1:5]] == [
        "Night 1 nothing written; 3 held",
        "Adoption 3 written; 0 held",
        "Night 2 13 written, 1 handed to PMCS; 1 held",
        "Night 3 nothing written; 1 held",
    ]
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_can_be_looked_at(tmp_path: Path) -> None:
    played = run(tmp_path, "demo", "--keep", "kept")
    assert played.returncode == 0, played.stderr
    kept = tmp_path / "kept"
    names = sorted(path.name.rpartition("-")[0] for path in (kept / "outbox").glob("*.xlsx"))
    assert [name.removeprefix("syncsvc-").split("-")[0] for name in names] == ["change", "completions", "review"]
    assert {path.suffix for path in (kept / "reports").iterdir()} == {".txt", ".json", ".html", ".xlsx"}
    for arguments, words in [
        (("log", "LDM-503-08"), "Held for a person: due of DM-17121"),
        (("drift", "pmcs:2019-03", "pmcs:2019-04"), "398 days late"),
        (("document", "pmcs:latest"), "Final operations rehearsal: LDM-503-17"),
        (("report",), "DM-DAX-8"),
    ]:
        shown = run(tmp_path, *arguments, "--config", "kept/config.toml")
        assert shown.returncode == 0, shown.stderr
        assert words in shown.stdout


@pytest.mark.parametrize("name", ["a file", "a folder"])
def test_nothing_that_is_there_is_written_over(tmp_path: Path, name: str) -> None:
    place = tmp_path / "kept"
    if name == "a file":
        place.touch()
    else:
        (place / "mine").mkdir(parents=True)
    played = run(tmp_path, "demo", "--keep", "kept")
    assert played.returncode == 2
    assert "not an empty folder" in played.stderr
    assert "Traceback" not in played.stderr
