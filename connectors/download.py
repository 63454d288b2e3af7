"""The bytes behind an https address: verified, within a time and a size, and never named with a secret."""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from syncsvc.errors import AccessRefused, BadExport, SourceError, Unreachable

MAX_DOWNLOAD_BYTES: Final = 50_000_000
MAX_REDIRECTS: Final = 5
#: For the whole answer, however slowly it comes.
DEADLINE_SECONDS: Final = 120.0
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

MakeClient = Callable[[], httpx.Client]


def make_client() -> httpx.Client:
    """A client that verifies certificates; redirects are followed by us alone."""
    return httpx.Client(timeout=_TIMEOUT, follow_redirects=False, verify=True)


def download(
    url: str,
    client: httpx.Client,
    *,
    max_bytes: int = MAX_DOWNLOAD_BYTES,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """What the address gives. http is followed only where the address itself is one of this machine.

    Raises Unreachable where nobody answers in time or the answer breaks off, AccessRefused for 401, 403 and a
    redirect away from https, SourceError for any other answer, BadExport for one that is far too large.
    """
    deadline = clock() + DEADLINE_SECONDS
    asked = url
    for _ in range(MAX_REDIRECTS + 1):
        try:
            with client.stream("GET", asked, headers={"Accept-Encoding": "identity"}) as answer:
                if not answer.has_redirect_location:
                    _check_status(answer, url)
                    return _read(answer, url, max_bytes, deadline, clock)
                target = urljoin(asked, answer.headers["location"])
        except httpx.InvalidURL:
            raise SourceError(f"{shown(url)}: is no address that can be asked.", "Correct `path`.") from None
        except httpx.TimeoutException:
            raise Unreachable(f"{shown(url)}: no answer in time.") from None
        except httpx.TransportError as error:
            raise Unreachable(f"{shown(url)}: {_words(error)}.") from None
        except httpx.HTTPError as error:
            raise Unreachable(f"{shown(url)}: no usable answer ({type(error).__name__}).") from None
        if not _may_follow(url, target):
            raise AccessRefused(
                f"{shown(url)}: answers with a redirect to {shown(target)}, which is not followed.",
                "Only https is. Is it a login page? Name an address that needs no login.",
            )
        asked = target
    raise SourceError(f"{shown(url)}: answers with more than {MAX_REDIRECTS} redirects.", "Name its last address.")


def shown(url: str) -> str:
    """An address without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _check_status(answer: httpx.Response, url: str) -> None:
    if answer.status_code == httpx.codes.OK:
        return
    said = f"{shown(url)}: answers {answer.status_code} {answer.reason_phrase}".rstrip()
    if answer.status_code in (401, 403, 407):
        raise AccessRefused(f"{said}.", "Name an address that needs no login, or fetch the file by other means.")
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unreachable(f"{said}.")
    raise SourceError(f"{said}.", "See whether the address is right.")


def _read(answer: httpx.Response, url: str, max_bytes: int, deadline: float, clock: Callable[[], float]) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_bytes(65_536):
        size += len(piece)
        if size > max_bytes:
            raise BadExport(f"{shown(url)}: the file has more than {max_bytes // 10**6} MB, far more than any list.")
        if clock() > deadline:
            raise Unreachable(f"{shown(url)}: the answer did not end within {DEADLINE_SECONDS:.0f} seconds.")
        pieces.append(piece)
    return b"".join(pieces)


def _may_follow(url: str, target: str) -> bool:
    try:
        first, then = urlsplit(url), urlsplit(target)
    except ValueError:
        return False
    if then.scheme == "https":
        return "@" not in then.netloc and bool(then.hostname)
    return then.scheme == first.scheme == "http" and {first.hostname, then.hostname} <= set(_LOOPBACK)


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"cannot be reached ({error})"
    return f"the answer broke off ({error})" if isinstance(error, httpx.ProtocolError | httpx.ReadError) else str(error)
