"""The simulated Jira's HTTP side: connections, credentials, the request log, and the faults on the wire."""

import base64
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self

from connectors.jira_simulator import routes
from connectors.jira_simulator.faults import Fault
from connectors.jira_simulator.site import Site
from connectors.jira_simulator.wire import Answer, Call, Request, read_call


class JiraSimulator(Site):
    """A small Jira on a port of this machine, Cloud or Data Center, that can fail as real ones do.

    Start it with `start` or `with`, point a client at `url`, fill it with `add_issue`, look at `requests`.

    `permissions["DM"]["SCHEDULE_ISSUES"] = False` takes a permission away; all but the administrator's are there.
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
        - lie: the next PUT is answered 204, nothing done
        - html: 200 with a login page, nothing done
        - redirect: 302 to a login page, nothing done
        - slow (seconds=1.0, late=False): it is done and the answer waits; `late` does it only after the wait
        - endless (seconds=60.0, head=False): an answer whose body, or head, never ends, nothing done
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

    def find_fault(self, call: Call) -> Fault | None:
        """The first fault that strikes this request; those that let some pass count it."""
        with self.lock:
            names = {call.issue_name, self._key_of(call)}
            struck: Fault | None = None
            for fault in self._faults:
                if fault.fits(call.method, call.path, names):
                    if fault.after > 0:
                        fault.after -= 1
                    elif struck is None:
                        struck = fault
                        fault.times -= 1
            return struck

    def answer(self, call: Call) -> Answer:
        """Do what was asked and say so."""
        with self.lock:
            self.blind = call.authorization != self._authorization
            try:
                answer = routes.answer(self, call)
            finally:
                self.blind = False
        return Answer(answer.status, answer.body, self._ordinary_headers | dict(answer.headers))

    def log(self, call: Call, status: int | None) -> None:
        """Note a request; before its answer goes out, so that whoever has the answer finds it noted."""
        with self.lock:
            request = Request(call.method, call.path, call.query, call.body, status, self._key_of(call))
            self.requests.append(request)

    @property
    def _authorization(self) -> str:
        if self.is_cloud:
            return "Basic " + base64.b64encode(f"{self.user}:{self._token}".encode()).decode()
        return f"Bearer {self._token}"

    @property
    def _ordinary_headers(self) -> dict[str, str]:
        headers = {"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "349"}
        if not self.is_cloud:
            headers |= {"X-RateLimit-Interval-Seconds": "60", "X-RateLimit-FillRate": "10", "retry-after": "0"}
        return headers

    def _key_of(self, call: Call) -> str | None:
        issue = self.find(call.issue_name) if call.issue_name else None
        return issue.key if issue else call.issue_name


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
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    server_version, sys_version = "AtlassianEdge", ""
    server: _Server

    def _handle(self) -> None:
        simulator = self.server.simulator
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = read_call(self.command, self.path, content, self.headers)
        self._wait(simulator.latency_seconds)
        fault = simulator.find_fault(call)
        kind = fault.kind if fault else None
        if kind == "drop_before":
            self.close_connection = True
            simulator.log(call, None)
        elif kind == "drop_after":
            self.close_connection = True
            simulator.answer(call)
            simulator.log(call, None)
        elif fault and kind == "endless":
            simulator.log(call, 200)
            self._send_endless(fault.seconds, in_head=bool(fault.details["head"]))
        else:
            if fault and fault.details.get("late"):
                self._wait(fault.seconds)
            answer = (fault and fault.answer(cloud=simulator.is_cloud)) or simulator.answer(call)
            simulator.log(call, answer.status)
            if fault and kind == "slow" and not fault.details["late"]:
                self._wait(fault.seconds)
            self._send(answer, cut=kind == "cut")

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _wait(self, seconds: float) -> None:
        """Wait; where the simulator stops meanwhile, nothing more is done or said."""
        if seconds and self.server.simulator.stopping.wait(seconds):
            raise ConnectionAbortedError("the simulator stopped")

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
        self.wfile.write(content)

    def _send_endless(self, seconds: float, *, in_head: bool) -> None:
        """Bytes now and then, until the client has enough, the simulator stops or the time is over."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        self.wfile.write(b"X-Padding: " if in_head else b"\r\n")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.wfile.write(b"." * 64 if in_head else b" " * 64)
            self.wfile.flush()
            self._wait(0.05)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer, by the clock that the simulator's own instants come from."""
        return format_datetime(self.server.simulator.now().astimezone(UTC), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `requests` is the log."""
