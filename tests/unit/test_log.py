"""The log names its run and holds no secret, whichever way one gets into a line."""

import io
import json
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from syncsvc import log

TOKEN = 'hun"ter/2+é\\'


@pytest.fixture
def open_log() -> Iterator[Callable[[log.LogFormat], io.StringIO]]:
    """Set the log up on a stream of its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def set_up(log_format: log.LogFormat) -> io.StringIO:
        stream = io.StringIO()
        log.set_up_logging(logging.DEBUG, log_format, stream)
        return stream

    yield set_up
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def plain(open_log: Callable[[log.LogFormat], io.StringIO]) -> io.StringIO:
    return open_log("plain")


@pytest.fixture
def as_json(open_log: Callable[[log.LogFormat], io.StringIO]) -> io.StringIO:
    return open_log("json")


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_hidden", [])


LOGGER = logging.getLogger("syncsvc.test")


def _line(stream: io.StringIO) -> dict[str, object]:
    found: dict[str, object] = json.loads(stream.getvalue())
    return found


class TestHiddenValues:
    @pytest.mark.parametrize("log_format", ["plain", "json"])
    def test_are_shown_nowhere(
        self, open_log: Callable[[log.LogFormat], io.StringIO], log_format: log.LogFormat
    ) -> None:
        stream = open_log(log_format)
        log.hide(TOKEN, user="bot@example.org")
        basic = b64encode(f"bot@example.org:{TOKEN}".encode()).decode()
        LOGGER.info(f"token {TOKEN}")
        LOGGER.info("token %s and %r", TOKEN, TOKEN)
        LOGGER.info("a table %s", {"token": TOKEN, "list": [TOKEN]})
        LOGGER.info("x %s", "https://host/?t=hun%22ter%2F2%2B%C3%A9%5C")
        LOGGER.info("y %s", basic)
        LOGGER.info("z %s", json.dumps(TOKEN))
        try:
            raise ValueError(f"refused {TOKEN}")
        except ValueError:
            LOGGER.exception("it went wrong")
        text = stream.getvalue()
        assert text.count("***") >= 9
        for part in ("hun", "ter", basic):
            assert part not in text

    def test_the_longer_of_two_is_hidden_whole(self) -> None:
        log.hide("abc")
        log.hide("abcdef")
        assert log.redact("xabcdefx") == "x***x"

    def test_nothing_is_no_secret(self) -> None:
        log.hide("")
        assert log.redact("abc") == "abc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic aHVudGVyMg==", "Authorization: ***"),
        ("Authorization: Bearer hunter2\r\nAccept: */*", "Authorization: ***\r\nAccept: */*"),
        ("{'Authorization': 'Basic aHVudGVyMg==', 'Accept': '*/*'}", "{'Authorization': '***', 'Accept': '*/*'}"),
        ("[(b'Authorization', b'Bearer hunter2')]", "[(b'Authorization', b'***')]"),
        ('{"authorization": "Bearer hun\\"ter2"}', '{"authorization": "***"}'),
        ("Set-Cookie: session=hunter2; Path=/", "Set-Cookie: ***"),
        ("sent Bearer aHVudGVyMg", "sent Bearer ***"),
        ("sent Basic aHVudGVyMg==", "sent Basic ***"),
        ("postgresql://me:hunter2@host/db", "postgresql://***@host/db"),
        ("postgresql://me:hun@ter2@host/db", "postgresql://***@host/db"),
        ("GET https://host/x?a=1&access_token=hunter2&b=2", "GET https://host/x?a=1&access_token=***&b=2"),
        ("https://host/x.xls?sig=hunter2", "https://host/x.xls?sig=***"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, shown: str) -> None:
    assert log.redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Basic Authentication has been disabled on this instance.",
        "the basic calendar of the project",
        "bearer of bad news",
        "LDM-503-06: due 2018-11-30 -> 2019-08-30",
        "https://example.atlassian.net/browse/DM-17119?filter=1",
        "postgresql+psycopg://me@host/db",
        "at 04:30, see a@b.org",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert log.redact(text) == text


class TestRun:
    def test_every_line_inside_belongs_to_it(self, as_json: io.StringIO) -> None:
        with log.in_run(12):
            assert log.current_run() == 12
            LOGGER.info("reading")
        assert log.current_run() is None
        assert _line(as_json)["run"] == 12

    def test_a_thread_with_a_copied_context_belongs_to_it_too(self, plain: io.StringIO) -> None:
        with log.in_run(12), ThreadPoolExecutor(1) as pool:
            pool.submit(copy_context().run, LOGGER.info, "reading").result()
        assert " run 12: syncsvc.test: reading" in plain.getvalue()


class TestLines:
    def test_json_is_one_object_a_line(self, as_json: io.StringIO) -> None:
        LOGGER.warning("two\nlines of %s", "é")
        line = _line(as_json)
        assert as_json.getvalue().count("\n") == 1
        assert line == {
            "at": line["at"],
            "level": "warning",
            "logger": "syncsvc.test",
            "run": None,
            "message": "two\nlines of é",
        }
        assert str(line["at"]).endswith("Z")

    def test_json_keeps_the_trace_apart(self, as_json: io.StringIO) -> None:
        try:
            raise KeyError("x")
        except KeyError:
            LOGGER.exception("it went wrong")
        line = _line(as_json)
        assert line["message"] == "it went wrong"
        assert "KeyError: 'x'" in str(line["trace"])

    def test_a_line_break_in_a_message_cannot_pass_for_a_new_line(self, plain: io.StringIO) -> None:
        LOGGER.info("name %s", "x\n2026-01-01T00:00:00Z ERROR forged\r\x1b[2J")
        first, *rest = plain.getvalue().splitlines()
        assert first.endswith("syncsvc.test: name x")
        assert rest == ["    2026-01-01T00:00:00Z ERROR forged", "    \\x1b[2J"]

    def test_a_wrong_format_loses_neither_line_nor_secret(
        self, plain: io.StringIO, capfd: pytest.CaptureFixture[str]
    ) -> None:
        log.hide("hunter2")
        root = logging.getLogger()
        root.handlers[:] = [ours for ours in root.handlers if getattr(ours, "stream", None) is plain]  # pytest's raise
        LOGGER.info("%d changes", "hunter2")
        assert "%d changes ('***',)" in plain.getvalue()
        assert capfd.readouterr().err == ""

    def test_a_closed_stream_says_nothing(self, plain: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
        plain.close()
        LOGGER.info("hunter2")
        assert capfd.readouterr().err == ""

    def test_set_up_again_writes_once(self, plain: io.StringIO) -> None:
        again = io.StringIO()
        log.set_up_logging(logging.INFO, "plain", again)
        LOGGER.info("once")
        LOGGER.debug("not at all")
        assert plain.getvalue() == ""
        assert again.getvalue().count("\n") == 1


@pytest.mark.parametrize("name", ["jira", "httpx", "httpcore.http11", "urllib3.connectionpool", "sqlalchemy.engine"])
def test_libraries_that_show_headers_are_held_at_warning(plain: io.StringIO, name: str) -> None:
    library = logging.getLogger(name)
    level = library.level
    library.setLevel(logging.DEBUG)  # the jira client does so itself
    try:
        library.info("GET https://host/?x=hunter2")
        assert plain.getvalue() == ""
        library.warning("connection lost")
        assert "connection lost" in plain.getvalue()
    finally:
        library.setLevel(level)


def test_words_for_a_terminal_cannot_steer_it() -> None:
    assert log.printable("a\x1b[31mb\x9bc\td\ne") == "a\\x1b[31mb\\x9bc\td\ne"
