"""What no request gets past, whoever sends it: foreign host names, bodies without end; and what every answer says."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Of a form; an upload may have as much as a review workbook, and the form around it.
MOST_BYTES: Final = 1_000_000
MOST_UPLOAD_BYTES: Final = 41_000_000

#: What a page may do: show our style, run our script, send forms to us. No other place is ever asked for anything.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class TooLarge(Exception):
    """More came than is taken."""

    hint = "Nothing of it was kept. A review workbook of 10,000 rows has about 2 MB."

    def __init__(self, most: int) -> None:
        super().__init__(f"That is more than is taken here: at most {most / 1e6:,.0f} MB.")


class Guard:
    """Around the application. `refuse` makes the page for what is refused here."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        is_own_host: Callable[[str], bool],
        most_bytes: Callable[[str], int],
        refuse: Callable[[int, str, str], Response],
    ) -> None:
        self._app = app
        self._is_own_host = is_own_host
        self._most_bytes = most_bytes
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most_bytes(scope["path"])

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), is_https=scope["scheme"] == "https")
            await send(message)

        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own_host(hosts[0]):
            words = "These pages are not known by the name that your browser asked for."
            hint = "Use the address you were given. An operator adds names with [web] allowed_hosts."
            await self._refuse(400, words, hint)(scope, receive, say)
            return
        if headers.get("content-length", "0").isdecimal() and int(headers.get("content-length", "0")) > most:
            too_large = TooLarge(most)
            await self._refuse(413, str(too_large), too_large.hint)(scope, receive, say)
            return
        await self._app(scope, _counted(receive, most), say)


def _counted(receive: Receive, most: int) -> Receive:
    """The body as it comes, until it is too much."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise TooLarge(most)
        return message

    return receive_some


def _add_headers(headers: MutableHeaders, *, is_https: bool) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if is_https:
        headers.setdefault("strict-transport-security", "max-age=31536000")
