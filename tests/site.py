"""A whole site in a folder: configuration, exports, links, a store, and a simulated Jira on loopback."""

import json
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

from connectors.jira_simulator import JiraSimulator
from syncsvc.cli.frame import run
from syncsvc.model import Mode, RunResult
from syncsvc.service import Service
from syncsvc.wiring import Wiring, wire

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "simulator-token"
COMPLETED_FIELD = "customfield_10100"


def system_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Site:
    """One site. `tables` are further TOML tables, `pmcs_lines` and `jira_lines` lines of the connectors' tables."""

    folder: Path
    jira: JiraSimulator
    completed_field: bool = False
    mode: str = "auto"
    pmcs_lines: str = 'kind = "p6_spreadsheet"'
    jira_lines: str = ""
    nightly_lines: str = ""
    web_lines: str = "enabled = false"  # what `serve` would listen at is one port for all tests
    tables: str = "[limits]\nmax_export_age_days = 0\n"
    projects: tuple[str, ...] = ("DM",)
    formats: tuple[str, ...] = ("text", "json")  # pages and workbooks take their time
    now: Callable[[], datetime] = system_now
    env: dict[str, str] = field(default_factory=lambda: {"SYNCSVC_JIRA_TOKEN": TOKEN})

    def __post_init__(self) -> None:
        for name in ("exports", "outbox", "reports"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "links.toml").touch()
        if self.completed_field:
            self.jira.add_field(COMPLETED_FIELD, "Actual end")
        self.write_config()

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def write_config(self) -> None:
        """Write the configuration as the fields of this site say it now."""
        cloud = self.jira.flavour == "cloud"
        lines = [
            "[site]",
            'name = "Test site"',
            'timezone = "America/Los_Angeles"',
            "[connectors.pmcs]",
            self.pmcs_lines,
            'exports = "exports"',
            'outbox = "outbox"',
            "still_seconds = 0",
            "[connectors.jira]",
            'kind = "jira"',
            f'url = "{self.jira.url}"',
            f'flavour = "{self.jira.flavour}"',
            'user = "bot@example.org"' if cloud else "",
            'token_env = "SYNCSVC_JIRA_TOKEN"',
            f"projects = {json.dumps(list(self.projects))}",
            'completed_field = "Actual end"' if self.completed_field else "",
            self.jira_lines,
            "[links]",
            'files = ["links.toml"]',
            "[nightly]",
            f'mode = "{self.mode}"',
            self.nightly_lines,
            "[web]",
            self.web_lines,
            "[report]",
            'folder = "reports"',
            f"formats = {json.dumps(list(self.formats))}",
            self.tables,
        ]
        self.config.write_text("\n".join(lines) + "\n")

    def put_export(self, export: Path, name: str | None = None) -> Path:
        """Lay an export into the folder that is read."""
        place = self.folder / "exports" / (name or export.name)
        shutil.copyfile(export, place)
        return place

    def link(self, links: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the links file: code -> its table."""
        lines = []
        for code, table in links.items():
            lines.append(f"[milestones.{json.dumps(code)}]")
            lines += [f"{name} = {json.dumps(value)}" for name, value in table.items()]
        (self.folder / "links.toml").write_text("\n".join(lines) + "\n")

    def wiring(self) -> Wiring:
        return wire(self.config, now=self.now, env=self.env)

    def service(self, actor: str = "tester") -> Service:
        """A service over this site; close its setup when done."""
        return Service(self.wiring().setup(), actor)

    def sync(self, mode: Mode | None = None) -> RunResult:
        """One night."""
        service = self.service()
        try:
            return service.sync(mode)
        finally:
            service.setup.close()

    def environment(self) -> dict[str, str]:
        """Of a process that runs the code of this checkout, whatever is installed."""
        return {**os.environ, **self.env, "SYNCSVC_CONFIG": str(self.config), "PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str, check: int | None = None) -> subprocess.CompletedProcess[str]:
        """The command line `syncsvc ARGUMENTS` in the folder of the site, in this process: starting one takes time.

        What needs a process of its own (to be killed, to run beside another) starts one with `environment`.
        """
        done = run_command(arguments, env=self.environment(), now=self.now, folder=self.folder)
        if check is not None:
            assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


def run_command(
    arguments: Sequence[str], *, env: Mapping[str, str], folder: Path, now: Callable[[], datetime] = system_now
) -> subprocess.CompletedProcess[str]:
    """One command line with its exit code and what it printed, as if to two pipes; what it set here is put back."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", *root.manager.loggerDict)}
    handlers = root.handlers[:]
    try:
        with redirect_stdout(out), redirect_stderr(err), chdir(folder):
            code = run(arguments, env=env, now=now)
    finally:
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    printed = []
    for stream in (out, err):
        stream.flush()
        printed.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(list(arguments), code, *printed)
