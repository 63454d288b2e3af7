"""The units of systemd: the README shows the ones that `syncsvc init --systemd` prints, and systemd accepts them."""

import os
import re
import shutil
import subprocess
from datetime import time
from pathlib import Path, PurePosixPath

import pytest

from syncsvc.units import NIGHT, SERVE, TIMER, Place, unit_files
from tests.conftest import absent
from tests.site import run_command

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
USUAL = Place(
    PurePosixPath("/srv/syncsvc/config.toml"),
    PurePosixPath("/opt/syncsvc/bin/syncsvc"),
    [PurePosixPath("/srv/syncsvc")],
    time(4, 30),
    "America/Los_Angeles",
)


@pytest.fixture(scope="module")
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        absent("systemd-analyze is absent; Debian has it in systemd")
    return found


def test_the_readme_shows_what_init_prints() -> None:
    shown = dict(re.findall(r"<!-- unit: (\S+) -->\n```ini\n(.*?)```\n", README, flags=re.DOTALL))
    assert shown == dict(unit_files(USUAL))


def site_in(folder: Path, name: str = "site") -> Path:
    """A site made by init, with a store and an outbox elsewhere."""
    site = folder / name
    env = {**os.environ, "TZ": "UTC"}
    assert run_command(["init", "--folder", str(site)], env=env, folder=folder).returncode == 0
    config = site / "config.toml"
    text = config.read_text().replace('outbox = "outbox"  ', f'outbox = "{folder}/elsewhere"')
    config.write_text(text.replace('at = "04:30"', 'at = "23:05"'))
    return site


def printed(folder: Path, site: Path) -> dict[str, str]:
    """The files that `init --systemd` prints, by name."""
    done = run_command(["init", "--systemd", "--folder", str(site)], env=os.environ, folder=folder)
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^# /etc/systemd/system/(\S+)\n", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_systemd_accepts_the_printed_units(tmp_path: Path, systemd_analyze: str) -> None:
    """In a folder whose name has in it what systemd would read as something else."""
    site = site_in(tmp_path, "a site of 50%n")
    files = printed(tmp_path, site / ".." / site.name)  # systemd refuses `..`
    assert list(files) == [SERVE, TIMER, NIGHT]
    place = f"{tmp_path}/a site of 50%%n"
    assert f"WorkingDirectory={place}\n" in files[SERVE]
    assert f'ReadWritePaths="{place}" {tmp_path}/elsewhere\n' in files[NIGHT]
    for name, text in files.items():
        # The program must be there, and is not where the tests run from a checkout.
        (tmp_path / name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    places = [str(tmp_path / name) for name in files]
    verified = subprocess.run(
        [systemd_analyze, "verify", "--man=no", *places], capture_output=True, text=True, check=False
    )
    ours = [line for line in verified.stderr.splitlines() if "syncsvc" in line]
    assert (ours, verified.returncode) == ([], 0), verified.stderr


def test_a_wrong_unit_would_be_found(tmp_path: Path, systemd_analyze: str) -> None:
    wrong = tmp_path / "syncsvc.service"
    text = unit_files(USUAL)[SERVE].replace("/opt/syncsvc/bin/syncsvc", "/bin/true")
    wrong.write_text(text.replace("ProtectSystem=strict", "ProtectSystems=strict"))
    command = [systemd_analyze, "verify", "--man=no", str(wrong)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ProtectSystems" in verified.stderr


def test_systemd_finds_little_to_attack(tmp_path: Path, systemd_analyze: str) -> None:
    """Its own measure: 10 is a service that may do anything; above 3 it would fail here."""
    for name in (SERVE, NIGHT):
        (tmp_path / name).write_text(unit_files(USUAL)[name].replace("/opt/syncsvc/bin/syncsvc", "/bin/true"))
        command = [systemd_analyze, "security", "--offline=true", "--threshold=30", "--no-pager", str(tmp_path / name)]
        measured = subprocess.run(command, capture_output=True, text=True, check=False)
        assert measured.returncode == 0, measured.stdout[-400:] + measured.stderr


def test_they_name_the_site_its_time_and_every_folder_it_writes(tmp_path: Path) -> None:
    files = printed(tmp_path, site_in(tmp_path))
    assert f"ReadWritePaths={tmp_path}/elsewhere {tmp_path}/site\n" in files[SERVE]
    assert f"Environment=SYNCSVC_CONFIG={tmp_path}/site/config.toml\n" in files[NIGHT]
    assert re.search(r"^OnCalendar=\*-\*-\* 23:05:00 (Etc/)?UTC$", files[TIMER], flags=re.MULTILINE)


def test_a_home_folder_can_be_read() -> None:
    home = Place(PurePosixPath("/home/me/s/config.toml"), USUAL.program, [PurePosixPath("/home/me/s")], USUAL.at, "UTC")
    assert "ProtectHome=read-only" in unit_files(home)[SERVE]
    assert "ProtectHome=yes" in unit_files(USUAL)[SERVE]
