"""Exports behind an address: what of them is kept, under which name, and when they are asked for again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from connectors.download import SecretHeader
from connectors.p6_spreadsheet import P6Spreadsheet
from connectors.web_exports import WebExports
from syncsvc.errors import BadExport, SourceError, Unreachable
from syncsvc.mapping import load_mapping
from tests.p6_files import activity, write_csv

URL = "https://p6.example/exports/201904-ME.csv?project=7"
ENDINGS = (".xls", ".xlsx", ".csv")
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Gives one content under one ETag, and counts what it is asked."""

    def __init__(self, content: bytes = b"a,b\n", **headers: str) -> None:
        self.content = content
        self.headers = {"ETag": '"1"', **headers}
        self.answers: list[int] = []
        self.secrets: list[str | None] = []
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        self.secrets.append(request.headers.get("Authorization"))
        unchanged = request.headers.get("If-None-Match") == self.headers.get("ETag")
        self.answers.append(304 if unchanged else 200)
        return httpx.Response(304) if unchanged else httpx.Response(200, content=self.content, headers=self.headers)


def exports_of(folder: Path, answer: Answer, url: str = URL, **rest: object) -> WebExports:
    return WebExports(
        url,
        folder,
        make_client=lambda: httpx.Client(transport=httpx.MockTransport(answer)),
        **rest,  # type: ignore[arg-type]
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_what_has_not_changed_is_fetched_once(tmp_path: Path) -> None:
    server = Server(b"first")
    exports = exports_of(tmp_path / "downloads", server, secret=SecretHeader("Authorization", "Bearer MARKER"))
    exports.fetch(ENDINGS)
    exports.fetch(ENDINGS)
    place = tmp_path / "downloads" / "201904-ME.csv"
    assert (server.answers, place.read_bytes()) == ([200, 304], b"first")
    assert server.secrets == ["Bearer MARKER"] * 2
    assert "MARKER" not in "".join(path.read_text() for path in (tmp_path / "downloads").iterdir())
    server.content, server.headers["ETag"] = b"second", '"2"'
    exports.fetch(ENDINGS)
    assert place.read_bytes() == b"second"


def test_a_file_that_somebody_changed_is_fetched_whole(tmp_path: Path) -> None:
    server = Server(b"first")
    exports = exports_of(tmp_path, server)
    exports.fetch(ENDINGS)
    (tmp_path / "201904-ME.csv").write_bytes(b"changed")
    exports.fetch(ENDINGS)
    exports_of(tmp_path, server, url="https://p6.example/other/201904-ME.csv").fetch(ENDINGS)
    assert (server.answers, (tmp_path / "201904-ME.csv").read_bytes()) == ([200, 200, 200], b"first")


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", BadExport, "answers with a web page, not with an export"),
        (b"\xef\xbb\xbf\n<HTML>", BadExport, "answers with a web page"),
        (b"", BadExport, "answers with an empty file"),
        (b"x" * 2_000_000, BadExport, "more than 1 MB"),
    ],
)
def test_what_is_no_export_leaves_the_last_one_standing(
    tmp_path: Path, content: bytes, error: type[SourceError], said: str
) -> None:
    server = Server(b"good")
    exports = exports_of(tmp_path, server, max_bytes=1_000_000)
    exports.fetch(ENDINGS)
    server.content, server.headers["ETag"] = content, '"2"'
    with pytest.raises(error, match=said) as caught:
        exports.fetch(ENDINGS)
    assert (tmp_path / "201904-ME.csv").read_bytes() == b"good"
    assert names_in(tmp_path) == ["201904-ME.csv"]
    assert not list(tmp_path.glob("*.part"))
    assert "project=7" not in str(caught.value)


def test_an_answer_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def breaks_off(request: httpx.Request) -> httpx.Response:
        def pieces():  # type: ignore[no-untyped-def]
            yield b"half"
            raise httpx.ReadError("reset")

        return httpx.Response(200, content=pieces())

    with pytest.raises(Unreachable, match="the answer broke off"):
        exports_of(tmp_path, breaks_off).fetch(ENDINGS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("disposition", "url", "content", "name"),
    [
        ('attachment; filename="201905-ME.xls"', URL, b"x", "201905-ME.xls"),
        ("attachment; filename*=UTF-8''2019-05%20ME.xlsx", URL, b"x", "2019-05 ME.xlsx"),
        ('attachment; filename="../../etc/passwd"', URL, b"x", "passwd.csv"),
        ('attachment; filename="..\\\\..\\\\.hidden.xls"', URL, b"x", "hidden.xls"),
        ('attachment; filename="syncsvc-x.xls"', URL, b"x", "export-syncsvc-x.xls"),
        ("", "https://p6.example/", b"PK\x03\x04", "export.xlsx"),
        ("", "https://p6.example/latest", b"\xd0\xcf\x11\xe0", "latest.xls"),
        ("", "https://p6.example/201905-ME.aspx", b"task_code", "201905-ME.aspx.csv"),
    ],
)
def test_a_file_is_called_as_the_server_calls_it_and_stays_in_the_folder(
    tmp_path: Path, disposition: str, url: str, content: bytes, name: str
) -> None:
    folder = tmp_path / "downloads"
    server = Server(content, **({"Content-Disposition": disposition} if disposition else {}))
    exports_of(folder, server, url).fetch(ENDINGS)
    assert (names_in(folder), names_in(tmp_path)) == ([name], ["downloads"])


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "downloads").touch()
    with pytest.raises(SourceError, match="cannot be kept"):
        exports_of(tmp_path / "downloads", Server()).fetch(ENDINGS)


def test_the_connector_reads_what_the_address_has_now(tmp_path: Path) -> None:
    april = write_csv(tmp_path / "a.csv", activity("A-1", end_date="5/15/2019")).read_bytes()
    may = write_csv(tmp_path / "b.csv", activity("A-1", end_date="6/15/2019")).read_bytes()
    server = Server(april)
    connector = P6Spreadsheet(
        "pmcs",
        load_mapping("p6_spreadsheet"),
        exports_of(tmp_path / "downloads", server),
        outbox=tmp_path / "outbox",
        now=lambda: datetime.now(UTC),
    )
    (first,) = connector.pull((), {}).snapshots
    seen = {first.source: f"{first.sha256}:{first.mapping_sha256}"}
    assert (first.period, connector.pull((), seen).snapshots) == ("2019-04", ())
    server.content, server.headers = may, {"ETag": '"2"', "Content-Disposition": 'attachment; filename="201905-ME.csv"'}
    (second,) = connector.pull((), seen).snapshots
    assert (second.period, str(second.milestones[0].due)) == ("2019-05", "2019-06-15")
    server.down = True
    with pytest.raises(Unreachable, match="cannot be reached"):
        connector.pull((), seen)
    assert connector.check()[0].where == "connectors.pmcs.exports"
