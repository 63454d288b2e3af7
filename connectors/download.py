"""The bytes behind an https address: verified, within a time and a size, and never named with a secret."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
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
_NO_LOGIN: Final = "Name an address that needs no login, or fetch the file by other means."

MakeClient = Callable[[], httpx.Client]


@dataclass(frozen=True, slots=True)
class SecretHeader:
    """A header that says who asks. It goes to the host of the address and to no other."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of the content it gave last, word for word: it tells whether that has changed."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers that ask for the content only where it has changed."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": None if self.etag else self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: `unchanged` where the server said so and gave nothing, `name` where it has one for the file."""

    unchanged: bool
    validators: Validators
    name: str | None = None


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
    """What the address gives, whole; errors as of `fetch`."""
    pieces: list[bytes] = []
    fetch(url, client, pieces.append, max_bytes=max_bytes, clock=clock)
    return b"".join(pieces)


def fetch(
    url: str,
    client: httpx.Client,
    take: Callable[[bytes], object],
    *,
    known: Validators | None = None,
    secret: SecretHeader | None = None,
    max_bytes: int = MAX_DOWNLOAD_BYTES,
    deadline_seconds: float = DEADLINE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Give what the address has to `take`, piece by piece, unless it still is what `known` says.

    http is followed only where the address itself is one of this machine; a redirect to another host is followed
    without the secret. Raises Unreachable where nobody answers in time or the answer breaks off, AccessRefused for 401,
    403 and a redirect away from https, SourceError for any other answer, BadExport for one that is far too large.
    """
    deadline = clock() + deadline_seconds
    asked = url
    conditions = known.headers() if known is not None else {}
    for _ in range(MAX_REDIRECTS + 1):
        headers = {"Accept-Encoding": "identity", **conditions}
        if secret is not None:
            headers[secret.name] = secret.value
        try:
            with client.stream("GET", asked, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and conditions and known is not None:
                    return Fetched(True, known)
                if not answer.has_redirect_location:
                    _check_status(answer, url, secret is not None)
                    _read(answer, url, take, max_bytes, deadline, clock, deadline_seconds)
                    validators = Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
                    return Fetched(False, validators, _name_in(answer))
                target = urljoin(asked, answer.headers["location"])
        except httpx.InvalidURL:
            raise SourceError(f"{shown(url)}: is no address that can be asked.", "Correct the address.") from None
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
        if not _is_same_host(asked, target):
            secret = None  # for good: a way back may have been laid by the other host
        asked = target
    raise SourceError(f"{shown(url)}: answers with more than {MAX_REDIRECTS} redirects.", "Name its last address.")


def shown(url: str) -> str:
    """An address without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _check_status(answer: httpx.Response, url: str, with_secret: bool) -> None:
    if answer.status_code == httpx.codes.OK:
        return
    said = f"{shown(url)}: answers {answer.status_code} {answer.reason_phrase}".rstrip()
    if answer.status_code in (401, 403, 407):
        hint = "It refuses the header that was sent: see whether its secret still holds." if with_secret else _NO_LOGIN
        raise AccessRefused(f"{said}.", hint)
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unreachable(f"{said}.")
    raise SourceError(f"{said}.", "See whether the address is right.")


def _read(
    answer: httpx.Response,
    url: str,
    take: Callable[[bytes], object],
    max_bytes: int,
    deadline: float,
    clock: Callable[[], float],
    deadline_seconds: float,
) -> None:
    size = 0
    for piece in answer.iter_bytes(65_536):
        size += len(piece)
        if size > max_bytes:
            raise BadExport(f"{shown(url)}: the file has more than {max_bytes // 10**6} MB, far more than any list.")
        if clock() > deadline:
            raise Unreachable(f"{shown(url)}: the answer did not end within {deadline_seconds:.0f} seconds.")
        take(piece)


def _name_in(answer: httpx.Response) -> str | None:
    """What the server calls the file."""
    disposition = answer.headers.get("Content-Disposition")
    if not disposition:
        return None
    message = Message()
    message["Content-Disposition"] = disposition
    return message.get_filename()


def _may_follow(url: str, target: str) -> bool:
    try:
        first, then = urlsplit(url), urlsplit(target)
    except ValueError:
        return False
    if then.scheme == "https":
        return "@" not in then.netloc and bool(then.hostname)
    return then.scheme == first.scheme == "http" and {first.hostname, then.hostname} <= set(_LOOPBACK)


def _is_same_host(first: str, then: str) -> bool:
    """Whether a secret meant for one address may go to the other: same scheme, host and port."""
    ours, theirs = httpx.URL(first), httpx.URL(then)
    return (ours.scheme, ours.host, _port(ours)) == (theirs.scheme, theirs.host, _port(theirs))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"https": 443, "http": 80}.get(url.scheme)


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"cannot be reached ({error})"
    return f"the answer broke off ({error})" if isinstance(error, httpx.ProtocolError | httpx.ReadError) else str(error)
