"""What every test shares: where the real exports are, a network that ends at loopback, hypothesis profiles."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import make_url

import syncsvc.store
from tests.new_stores import copied_from_the_first
from tests.postgresql import Databases, find_programs, running_server

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("dev", max_examples=60, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # a failure is to be told at once: making it small takes minutes
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


def absent(message: str) -> NoReturn:
    """Skipped, and in CI failed."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _outside(path: Path, variable: str) -> Path:
    if not path.exists():
        absent(f"{path} is absent; {variable} names it")
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real exports; never needed at run time, never skipped in CI."""
    folder = Path(os.environ.get("SYNCSVC_REAL_DATA", ROOT.parent / "shared" / "data" / "lsst"))
    return _outside(folder, "SYNCSVC_REAL_DATA")


@pytest.fixture(scope="session")
def jira_openapi() -> Path:
    """Atlassian's description of Jira Cloud, which the simulator's answers are held against."""
    default = ROOT.parent / "shared" / "data" / "jira" / "openapi-cloud-v3-2025-12.json"
    return _outside(Path(os.environ.get("SYNCSVC_JIRA_OPENAPI", default)), "SYNCSVC_JIRA_OPENAPI")


@pytest.fixture(scope="session")
def latex() -> None:
    """LuaLaTeX, pdfLaTeX and what reads their PDFs; never needed at run time."""
    for program, package in (
        ("lualatex", "texlive-luatex"),
        ("pdflatex", "texlive-latex-base and lmodern"),
        ("pdftotext", "poppler-utils"),
    ):
        if shutil.which(program) is None:
            absent(f"{program} is absent; Debian has it in {package}")


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice; never needed at run time."""
    found = shutil.which("soffice")
    if found is None:
        absent("soffice is absent; Debian has it in libreoffice-calc-nogui")
    return found


@pytest.fixture(scope="session")
def mpxj() -> None:
    """MPXJ and the Java it runs on: the independent reader of P6's files; never needed at run time."""
    if find_spec("mpxj") is None or find_spec("jpype") is None:
        absent("mpxj or jpype1 is absent; pip has them")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        absent("java is absent; Debian has it in default-jre-headless")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """Databases on the server SYNCSVC_TEST_PG names, else on one of Debian's started for this session."""
    named, programs = os.environ.get("SYNCSVC_TEST_PG"), find_programs()
    if named:
        with closing(Databases(make_url(named))) as databases:
            yield databases
    elif programs is not None:
        with running_server(programs) as url, closing(Databases(url)) as databases:
            yield databases
    else:
        absent("PostgreSQL is absent; Debian has it in postgresql, or SYNCSVC_TEST_PG names a server")


@pytest.fixture(autouse=True, scope="session")
def _new_stores_are_copied() -> Iterator[None]:
    """A new SQLite store that is opened in this process is a copy of one that was migrated: see tests/new_stores.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncsvc.store, "require_head", copied_from_the_first(syncsvc.store.require_head))
        yield


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches beyond loopback fails instead of reaching it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests must not reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that was skipped is a test that did not hold."""
    if os.environ.get("CI") != "true" or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("CI runs every test, and some were skipped:", red=True)
        for report in reporter.stats["skipped"]:
            reporter.write_line(f"  {report.nodeid}: {report.longrepr}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
