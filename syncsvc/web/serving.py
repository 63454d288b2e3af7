"""The pages on a socket, in a thread beside the nights. uvicorn speaks HTTP; what it may assume is said here."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from syncsvc.errors import ConfigError, Problem
from syncsvc.settings import WebSettings

#: An address that another program still has, perhaps the one before us that is finishing, is tried again after.
TRY_AGAIN_SECONDS: Final = 5.0
#: What a request may take to end once the service was told to stop: an apply finishes its batch.
DRAIN_SECONDS: Final = 240
_BACKLOG: Final = 128

_log = logging.getLogger("syncsvc.web")


@contextmanager
def serving(app: ASGIApp, rules: WebSettings, stop: threading.Event) -> Iterator[None]:
    """Answer requests until the end, which waits for those that are at work. ConfigError for files that are no TLS.

    An address in use is waited for: the nights need no pages, and go on.
    """
    server = uvicorn.Server(_config(app, rules))
    thread = threading.Thread(target=_serve, args=(server, rules, stop), name="pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        server.should_exit = True
        thread.join(DRAIN_SECONDS)


def address_of(rules: WebSettings) -> str:
    """Where a browser on this machine finds the pages."""
    scheme = "http" if rules.tls_certificate is None else "https"
    host = f"[{rules.listen}]" if ":" in rules.listen else rules.listen
    return f"{scheme}://{host}:{rules.port}/"


def _config(app: ASGIApp, rules: WebSettings) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        ssl_certfile=rules.tls_certificate,
        ssl_keyfile=rules.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whose word counts is access's to say, by the address that asks
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        problem = Problem("config.toml: web.tls_certificate, web.tls_key", f"cannot be used: {error}")
        raise ConfigError("The pages cannot be served:", problems=[problem]) from None
    return config


def _serve(server: uvicorn.Server, rules: WebSettings, stop: threading.Event) -> None:
    listening = _listen(rules, stop.is_set)
    if listening is None:
        return
    with listening:
        _log.info("the review pages are at %s", address_of(rules))
        try:
            server.run(sockets=[listening])
        except Exception:
            _log.exception("the pages ended by a bug; the nights go on")


def _listen(rules: WebSettings, stopping: Callable[[], bool]) -> socket.socket | None:
    """A socket at the configured address, once it is free; None where it is time to stop."""
    said = False
    while not stopping():
        try:
            return _open_socket(rules)
        except OSError as error:
            if not said:
                _log.error("no pages yet: %s port %s: %s; tried again", rules.listen, rules.port, error.strerror)
            said = True
        until = time.monotonic() + TRY_AGAIN_SECONDS
        while time.monotonic() < until and not stopping():
            time.sleep(0.1)
    return None


def _open_socket(rules: WebSettings) -> socket.socket:
    host = "127.0.0.1" if rules.listen == "localhost" else rules.listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, rules.port))
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened
