"""One request and one answer, over the session of the `jira` client. Nothing is repeated here.

The client brings authentication, headers and addresses. Its own retries (of every verb, comments included) and its
reading of errors (which raises TypeError on bodies it does not expect) are left out by calling `Session.request`
below them. What it lacks is mounted under it: an adapter that reads each answer under a deadline and a size cap.
"""

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests
import urllib3
from jira import JIRA
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connectors.jira.answers import Answer, NoAnswer, NotSent
from connectors.jira.settings import DATA_CENTER, JiraSettings

CONNECT_SECONDS: Final = 10
_CHUNK_BYTES: Final = 65536


class Wire:
    """Sends one request at a time per thread; any number of threads may share it. Constructing does no I/O."""

    def __init__(self, settings: JiraSettings) -> None:
        bearer = not settings.user or settings.flavour == DATA_CENTER
        self._deadline_seconds = settings.deadline_seconds
        self._timeout = (min(CONNECT_SECONDS, settings.deadline_seconds), settings.deadline_seconds)
        self._jira = JIRA(
            server=settings.place,
            options={"rest_api_version": "2", "headers": {"User-Agent": "syncsvc"}},  # v2: plain text comments on both
            basic_auth=None if bearer else (settings.user or "", settings.token),
            token_auth=settings.token if bearer else None,
            get_server_info=False,
            max_retries=0,
            timeout=self._timeout,
            logging=False,
        )
        self._session: requests.Session = self._jira._session
        adapter = BoundedAdapter(settings.deadline_seconds, settings.answer_cap_bytes, max(settings.workers, 1))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """The answer to one request below /rest/api/2; redirects are answers too and never followed.

        Raises NotSent where the server was certainly not reached, NoAnswer for everything else that brings no answer.
        """
        _of_thread.sent = False
        try:
            # not self._session.request, which repeats and which fails on errors of an unexpected shape
            response = requests.Session.request(
                self._session,
                method,
                self._jira._get_url(path),
                params=params,
                data=None if body is None else json.dumps(body).encode(),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # `from None`: the exceptions below carry the request, and with it the token
            raise self._explain(error, sent=_of_thread.sent) from None
        return Answer(response.status_code, response.headers, response.content)

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def _explain(self, error: Exception, *, sent: bool) -> NotSent | NoAnswer:
        words, hopeless = self._put_in_words(error)
        # only what was never handed to the network certainly took no effect, whatever the exception is called
        if not sent:
            return NotSent(words, permanent=hopeless)
        timed_out = any(isinstance(cause, TooLate | requests.exceptions.Timeout) for cause in _causes_of(error))
        return NoAnswer(words, under_way=timed_out)

    def _put_in_words(self, error: Exception) -> tuple[str, bool]:
        """What went wrong, and whether trying again cannot help."""
        causes = list(_causes_of(error))
        for cause in causes:
            if isinstance(cause, TooLarge | TooLate):
                return str(cause), False
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"its certificate cannot be verified ({cause.verify_message})", True
        system = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
        if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):
            return f"no connection ({system or 'nobody answered in time'})", False
        if isinstance(error, ValueError):
            if isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
                return "this is not an address that can be asked", True
            return "user or token contain characters that cannot be sent", True
        if isinstance(error, requests.exceptions.Timeout):
            return f"no answer within {self._deadline_seconds:g} seconds", False
        return f"the connection ended before an answer came{f' ({system})' if system else ''}", False


class TooLate(OSError):
    """The answer had not ended by its deadline."""


class TooLarge(OSError):
    """The answer is larger than we are willing to hold."""


class BoundedAdapter(HTTPAdapter):
    """Reads every answer to its end here, under one deadline for all of it and a cap on its size.

    `timeout` of requests bounds each single read: an answer that trickles, in its head or in its body, would keep
    a run for ever.
    """

    def __init__(self, deadline_seconds: float, cap_bytes: int, connections: int) -> None:
        self._deadline_seconds = deadline_seconds
        self._cap_bytes = cap_bytes
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """The pools of requests, with connections that a watch can end."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _WATCHED_POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _WATCHED_POOLS
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """One exchange; raises TooLate or TooLarge, or what requests and urllib3 raise."""
        with _Watch(self._deadline_seconds) as watch:
            try:
                response = super().send(request, True, timeout, verify, cert, proxies)
                response._content = self._read(response)
                response._content_consumed = True  # type: ignore[attr-defined]  # requests sets it in .content
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
                if watch.expired:
                    raise TooLate(f"no whole answer within {self._deadline_seconds:g} seconds") from None
                raise
        if watch.expired:  # a connection that was cut can look like an answer that ended
            raise TooLate(f"no whole answer within {self._deadline_seconds:g} seconds")
        return response

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        while chunk := response.raw.read(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._cap_bytes:
                response.close()
                raise TooLarge(f"the answer is larger than {self._cap_bytes:,} bytes")
        return bytes(body)


class _Watch:
    """Ends the connection of this thread's exchange when its deadline has passed."""

    def __init__(self, deadline_seconds: float) -> None:
        self.expired = False
        self._socket: Any = None
        self._timer = threading.Timer(deadline_seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        _of_thread.watch = self
        self._timer.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._timer.cancel()
        _of_thread.watch = None

    def over(self, sock: Any) -> None:
        """Watch this socket from now on."""
        self._socket = sock
        if self.expired:
            self._expire()

    def _expire(self) -> None:
        self.expired = True
        sock = getattr(self._socket, "socket", self._socket)  # TLS inside TLS wraps the socket once more
        if isinstance(sock, socket.socket):
            try:
                # below TLS: ssl.SSLSocket.shutdown would pull its state away under the thread that reads
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself


class _OfThread(threading.local):
    watch: _Watch | None = None
    sent = False  # a byte of the request at hand was given to the network


_of_thread = _OfThread()


class _Watched(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self._be_watched()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._be_watched()  # a connection that is used again does not connect
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        _of_thread.sent = True
        super().send(data)

    def _be_watched(self) -> None:
        if self.sock is not None and _of_thread.watch is not None:
            _of_thread.watch.over(self.sock)


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolHTTPS(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


_WATCHED_POOLS: Final[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _PoolHTTPS}


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it was made from: requests and urllib3 wrap in three different ways."""
    waiting, met = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in met:
            continue
        met.add(id(cause))
        yield cause
        wrapped = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
