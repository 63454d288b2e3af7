"""The simulated Jira's HTTP side: connections, credentials, the request log, and the faults on the wire."""

import base64
import json
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.jira_simulator import routes
from connectors.jira_simulator.faults import LOGIN_PAGE, Fault
from connectors.jira_simulator.site import Site
from connectors.jira_simulator.wire import Answer, Call, Request

_API = re.compile(r"/rest/api/(2|3|latest)(/.*)")
_NO_BASIC = "Basic Authentication has been disabled on this instance."


class JiraSimulator(Site):
    """A small Jira on a port of this machine, Cloud or Data Center, that can fail as real ones do.

    Start it with `start` or `with`, point a client at `url`, fill it with `add_issue`, look at `requests`.

    `page_cap` is the largest page of a search (Cloud: of one that asks for more than ids and keys).
    `admits_bad_tokens`: wrong credentials are anonymous, who sees nothing and is refused nothing but `myself`.
    `epoch_changelog`: /changelog/bulkfetch tells times as milliseconds, as some sites do.
    """

    def __init__(
        self,
        flavour: str = "cloud",
        *,
        latency_seconds: float = 0.0,
        token: str = "simulator-token",  # noqa: S107 - opens nothing but this simulator
        user: str = "bot@example.org",
        time_zone: str = "America/Los_Angeles",
        now: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(flavour, user, time_zone, now)
        self.latency_seconds = latency_seconds
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self._token = token
        self._faults: list[Fault] = []
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self.stopping.clear()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection, also those that are waiting, and the port."""
        self.stopping.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def count(self, method: str | None = None) -> int:
        """How many requests were made, or how many with this method."""
        with self.lock:
            return sum(method in (None, request.method) for request in self.requests)

    def forget_requests(self) -> None:
        """Empty the request log."""
        with self.lock:
            self.requests.clear()

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        key: str | None = None,
        times: int = 1,
        after: int = 0,
        **details: object,
    ) -> None:
        """Let the next `times` fitting requests fail, after `after` of them were let pass.

        `path` is a regular expression searched for in the path, `key` the issue named in the path. Kinds:

        - status (status=500, body=None, headers=None): that answer, nothing done
        - rate_limit (retry_after="1", a date, "1.5" or None; reason="jira-burst-based" or None): 429, nothing done
        - drop_before: the connection is closed, nothing done
        - drop_after: it is done, and the connection closed without an answer
        - cut: it is done, and the connection closed in the middle of the answer
        - lie: 204, nothing done
        - html: 200 with a login page, nothing done
        - redirect: 302 to a login page, nothing done
        - slow (seconds=1.0, late=False): it is done and the answer waits; `late` does it only after the wait
        - endless (seconds=60.0): an answer that never ends, nothing done
        - huge (bytes=50_000_000): that much JSON, nothing done
        """
        pattern = re.compile(path) if path is not None else None
        with self.lock:
            self._faults.append(Fault(kind, method, pattern, key, times, after, details))

    def forget_faults(self) -> None:
        """No more faults."""
        with self.lock:
            self._faults.clear()

    # ---- for the server ----------------------------------------------------------------------------------------

    def find_fault(self, method: str, path: str) -> Fault | None:
        """The first fault that strikes this request."""
        with self.lock:
            key = self._key_in(path)
            names = frozenset(name for name in (key, self._name_in(path)) if name)
            struck = [fault for fault in self._faults if fault.meets(method, path, names)]
            return struck[0] if struck else None

    def answer(self, method: str, target: str, body: bytes, authorization: str) -> Answer:
        """Do what was asked and say so."""
        parts = urlsplit(target)
        match = _API.fullmatch(unquote(parts.path))
        if match is None:
            return Answer(200, LOGIN_PAGE)
        if not self.is_cloud and match[1] == "3":
            return Answer(404, {"message": f"null for uri: {self.url}{parts.path}", "status-code": 404})
        if not self.is_cloud and authorization.startswith("Basic "):
            return Answer(403, {"message": _NO_BASIC, "status-code": 403})
        anonymous = authorization != self._authorization()
        call = Call(method, match[2], dict(parse_qsl(parts.query)), _parsed(body), match[1], anonymous)
        with self.lock:
            answer = routes.answer(self, call)
        return Answer(answer.status, answer.body, self._ordinary_headers() | dict(answer.headers))

    def log(self, method: str, target: str, body: bytes, status: int | None) -> None:
        """Note a request; before its answer goes out, so that whoever has the answer finds it noted."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        with self.lock:
            key = self._key_in(path)
            self.requests.append(Request(method, path, dict(parse_qsl(parts.query)), _parsed(body), status, key))

    def _authorization(self) -> str:
        if self.is_cloud:
            return "Basic " + base64.b64encode(f"{self.user}:{self._token}".encode()).decode()
        return f"Bearer {self._token}"

    def _ordinary_headers(self) -> dict[str, str]:
        headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "349"}
        if not self.is_cloud:
            headers |= {"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "10", "retry-after": "0"}
        return headers

    @staticmethod
    def _name_in(path: str) -> str | None:
        match = re.search(r"/issue/([^/]+)", path)
        return match[1] if match and match[1] != "bulkfetch" else None

    def _key_in(self, path: str) -> str | None:
        name = self._name_in(path)
        issue = self.find(name) if name else None
        return issue.key if issue else name


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, simulator: JiraSimulator) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours; the rest is printed."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    server: _Server

    def _handle(self) -> None:
        simulator = self.server.simulator
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.path
        if simulator.latency_seconds:
            simulator.stopping.wait(simulator.latency_seconds)
        fault = simulator.find_fault(self.command, urlsplit(target).path)
        kind = fault.kind if fault else ""
        seconds = float(str(fault.details["seconds"])) if fault and "seconds" in fault.details else 0.0
        if kind == "drop_before":
            simulator.log(self.command, target, body, None)
            self.close_connection = True
            return
        if kind == "endless":
            simulator.log(self.command, target, body, 200)
            self._send_endless(seconds)
            return
        if fault and fault.kind == "slow" and fault.details["late"]:
            simulator.stopping.wait(seconds)
        reset_at = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = fault.answer(cloud=simulator.is_cloud, reset_at=reset_at) if fault else None
        if answer is None:
            answer = simulator.answer(self.command, target, body, self.headers.get("Authorization") or "")
        simulator.log(self.command, target, body, None if kind == "drop_after" else answer.status)
        if kind == "drop_after":
            self.close_connection = True
            return
        if fault and fault.kind == "slow" and not fault.details["late"]:
            simulator.stopping.wait(seconds)
        self._send(answer, cut=kind == "cut")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        page = isinstance(answer.body, str)
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        content = b"" if answer.body is None else text.encode()
        self.send_response(answer.status)
        if content:
            self.send_header("Content-Type", "text/html;charset=UTF-8" if page else "application/json;charset=UTF-8")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            self.close_connection = True
            content = content[: len(content) // 2]
        if self.command != "HEAD":
            self.wfile.write(content)

    def _send_endless(self, seconds: float) -> None:
        """Bytes now and then, until the client has enough, the simulator stops or the time is over."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.end_headers()
        for _ in range(int(seconds / 0.05)):
            self.wfile.write(b" " * 64)
            self.wfile.flush()
            if self.server.simulator.stopping.wait(0.05):
                return

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `requests` is the log."""
