"""The pages on a socket beside the nights: they answer while a run writes, wait for a port, end with the service."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from syncsvc.errors import ConfigError
from syncsvc.settings import WebSettings
from syncsvc.web import serving as module
from syncsvc.web.serving import address_of, serving
from tests.web.conftest import Pages


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def in_use(port: int) -> Iterator[None]:
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield


def wait_for(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_it_answers_while_a_run_writes(pages: Pages, port: int) -> None:
    rules = WebSettings(port=port)
    with serving(pages.app, rules, threading.Event()):
        wait_for(lambda: answers(f"{address_of(rules)}healthz"))
        run = threading.Thread(target=pages.site.sync)
        lease = pages.desk.store.take_lease("a long night")
        health = httpx.get(f"{address_of(rules)}healthz").json()
        assert (health["schema"], health["well"], list(health["lease"])) == ("syncsvc.health/1", True, ["until"])
        assert "syncsvc_holds" in httpx.get(f"{address_of(rules)}metrics").text
        assert httpx.get(f"{address_of(rules)}sign-in").status_code == 200
        pages.desk.store.release_lease(lease)
        run.start()
        while run.is_alive():
            assert httpx.get(f"{address_of(rules)}healthz", timeout=5).status_code == 200
        run.join()
    assert not answers(f"{address_of(rules)}healthz")


def test_a_port_that_is_in_use_is_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "TRY_AGAIN_SECONDS", 0.05)
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("here"))])
    rules = WebSettings(port=port)
    with in_use(port):
        service = serving(app, rules, threading.Event())
        service.__enter__()
        wait_for(lambda: "no pages yet" in caplog.text)
    wait_for(lambda: answers(address_of(rules)))
    service.__exit__(None, None, None)
    stop = threading.Event()
    with in_use(port), serving(app, rules, stop):
        begun = time.monotonic()
    assert time.monotonic() - begun < 5


def test_what_is_at_work_as_it_is_told_to_stop_is_finished(port: int) -> None:
    begun, told = threading.Event(), threading.Event()

    def slow(request: Request) -> PlainTextResponse:
        begun.set()
        assert told.wait(20)
        return PlainTextResponse("finished")

    said: list[str] = []
    rules = WebSettings(port=port)
    with serving(Starlette(routes=[Route("/", slow)]), rules, threading.Event()):
        wait_for(lambda: _accepts(port))
        asking = threading.Thread(target=lambda: said.append(httpx.get(address_of(rules), timeout=20).text))
        asking.start()
        assert begun.wait(20)
        threading.Timer(0.3, told.set).start()
    asking.join()
    assert said == ["finished"]


def _accepts(port: int) -> bool:
    with closing(socket.socket()) as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_files_that_are_no_tls_are_said_before_anything_begins(tmp_path: Path) -> None:
    for name in ("chain.pem", "key.pem"):
        (tmp_path / name).write_text("nothing")
    rules = WebSettings(tls_certificate=tmp_path / "chain.pem", tls_key=tmp_path / "key.pem")
    with pytest.raises(ConfigError, match=r"web\.tls_certificate"), serving(Starlette(), rules, threading.Event()):
        pass
    assert address_of(rules) == "https://127.0.0.1:8018/"
