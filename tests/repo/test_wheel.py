"""The wheel holds everything: installed elsewhere, with the dependencies that are here, it works in an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what belongs to it."""
    built = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("source")
    for name in ("syncsvc", "connectors", "mappings", "migrations"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "config.example.toml"):
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(built), str(source)]
    try:
        import hatchling  # noqa: F401  # else pip fetches it for the build
    except ImportError:
        pass
    else:
        command.insert(4, "--no-build-isolation")
    subprocess.run(command, check=True, capture_output=True, text=True)
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the installed `syncsvc` in an empty folder, or in one that a command before it filled."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, text=True)
    # The dependencies come from the running interpreter, but not syncsvc itself: that one's .pth is not followed.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    folder = tmp_path_factory.mktemp("empty")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SYNCSVC"))}

    def run_syncsvc(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(home / "bin" / "syncsvc"), *arguments]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    origin = [str(python), "-c", "import syncsvc; print(syncsvc.HOME)"]
    assert subprocess.run(origin, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout == f"{site}\n"
    return run_syncsvc


def test_the_wheel_holds_code_mappings_migrations_and_the_example(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for folder in ("syncsvc", "connectors", "mappings", "migrations"):
        suffixes = (".pyc", ".pyo")
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and not path.name.endswith(suffixes)]
        missing = [str(path.relative_to(ROOT)) for path in files if path.relative_to(ROOT).as_posix() not in names]
        assert missing == []
    assert f"syncsvc-{version}.data/data/share/syncsvc/config.example.toml" in names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"syncsvc", "connectors", "mappings", "migrations"} | {
        f"syncsvc-{version}.{kind}" for kind in ("data", "dist-info")
    }


def test_a_newcomer_starts_from_an_empty_folder(run: Run) -> None:
    assert "config.toml" in run("init").stdout
    assert "already" in run("db", "upgrade").stdout
    assert "as this version needs" in run("db", "current").stdout
    assert "p6_spreadsheet" in run("mappings", "list").stdout
    assert "base_end_date" in run("mappings", "show", "p6_spreadsheet").stdout


@pytest.mark.skipif(not (ROOT / "syncsvc" / "cli" / "demo.py").is_file(), reason="there is no demo yet")
def test_the_demo_plays(run: Run) -> None:
    assert run("demo").stdout
