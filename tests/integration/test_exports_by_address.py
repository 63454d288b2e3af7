"""A site whose exports come from an address that asks for a header."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from tests.p6_files import activity, write_csv
from tests.site import Site

SECRET = "Bearer MARKER-secret"


class ExportServer(ThreadingHTTPServer):
    """Gives the month's export to those who know the header, once for each ETag."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/p6/201904-ME.csv"


class _Handler(BaseHTTPRequestHandler):
    server: ExportServer

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == '"1"'
        status = 401 if self.headers.get("X-P6-Token") != SECRET else 304 if known else 200
        self.server.answers.append(status)
        self.send_response(status)
        if status == 200:
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        if status == 200:
            self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ExportServer]:
    export = write_csv(tmp_path / "export.csv", activity("DM-A-1", base_end_date="5/15/2019 5:00:00 PM"))
    with ExportServer(export.read_bytes()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def site(tmp_path: Path, server: ExportServer) -> Iterator[Site]:
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path / "site", jira, env={"SYNCSVC_JIRA_TOKEN": "simulator-token", "P6_HEADER": SECRET})
        jira.add_issue("DM-1", duedate="2019-05-15")
        site.link({"DM-A-1": {"jira": "DM-1"}})
        lines = f'exports = "{server.url}"\nheader = "X-P6-Token"\nheader_env = "P6_HEADER"\n'
        site.config.write_text(site.config.read_text().replace('exports = "exports"\n', lines))
        yield site


def test_an_export_is_fetched_read_and_not_fetched_again(site: Site, server: ExportServer) -> None:
    first = site.sync()
    assert (first.exit_code, first.pulled["pmcs"].period) == (0, "2019-04")
    assert Path(first.pulled["pmcs"].source) == site.folder / "downloads" / "201904-ME.csv"
    site.sync()
    assert server.answers[0] == 200
    assert set(server.answers[1:]) == {304}


def test_a_secret_that_is_refused_or_missing_is_said_and_not_shown(site: Site) -> None:
    site.env["P6_HEADER"] = "Bearer MARKER-old"
    done = site.run("sync", check=3)
    assert "answers 401" in done.stderr
    assert "see whether its secret still holds" in done.stderr
    assert "MARKER" not in done.stdout + done.stderr
    del site.env["P6_HEADER"]
    checked = site.run("check", check=2)
    assert "header_env: the environment variable P6_HEADER is not set" in checked.stdout + checked.stderr
