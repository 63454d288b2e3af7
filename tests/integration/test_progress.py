"""Bars at a terminal while something long goes on, and none of it where a program reads."""

import io
import os
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.cli.frame import run
from syncsvc.demo.story import Fact, write_export
from syncsvc.log import current_run
from syncsvc.service import Service
from tests.site import Site


class Terminal(io.StringIO):
    """Standard error as a person has it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose next sync writes twelve dates."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, tables="[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n")
        for number in range(12):
            jira.add_issue(f"DM-{number + 1}", duedate="2019-06-03")
        site.link({f"M-{number:02}": {"jira": f"DM-{number + 1}"} for number in range(12)})
        for month, due in ((3, date(2019, 6, 3)), (4, date(2019, 6, 10))):
            facts = [Fact(f"M-{number:02}", "x", due, None, ()) for number in range(12)]
            write_export(tmp_path / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)
            if month == 3:
                assert site.sync().exit_code == 0
        yield site


def shown(site: Site, *options: str, stream: io.StringIO | None = None) -> str:
    """What a sync shows on standard error."""
    error = stream or Terminal()
    env = {**os.environ, **site.env, "SYNCSVC_CONFIG": str(site.config)}
    with redirect_stdout(io.StringIO()), redirect_stderr(error), chdir(site.folder):
        assert run([*options, "sync"], env=env) == 0
    return error.getvalue()


def test_a_terminal_sees_how_far_it_is(site: Site) -> None:
    text = shown(site)
    assert "reading sources" in text
    assert "writing" in text
    assert "12/12" in text
    assert text.endswith("\n")


def test_what_is_logged_within_a_run_belongs_to_it(site: Site) -> None:
    seen: list[tuple[str, int | None]] = []
    setup = replace(site.wiring().setup(), progress=lambda what, done, of: seen.append((what, current_run())))
    try:
        result = Service(setup, "tester").sync()
    finally:
        setup.close()
    assert {run for _, run in seen} == {result.run}
    assert [what for what, _ in seen][-1] == "writing"
    assert current_run() is None


@pytest.mark.parametrize("option", ["-v", "-q"])
def test_a_log_has_no_bar_in_it(site: Site, option: str) -> None:
    assert "reading sources" not in shown(site, option)


def test_a_pipe_has_none(site: Site) -> None:
    assert shown(site, stream=io.StringIO()) == ""
