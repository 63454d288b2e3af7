"""Who asks: by a visit that began with a personal token, or by the word of a trusted proxy; and whose form it is.

A visit's cookie is a random secret and its signature. What is forged is turned away by the signature, what was ended,
revoked or has run out by the store, which knows each visit by the hash of its secret only.
"""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from syncsvc.errors import AccessRefused
from syncsvc.persons import Person, fingerprint
from syncsvc.settings import WebSettings
from syncsvc.web.desk import Desk

ATTEMPTS: Final = 10
ATTEMPTS_WITHIN: Final = timedelta(minutes=10)
_MOST_ADDRESSES: Final = 10_000
#: The names of this machine that need not be configured.
_OWN_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True)
class Caller:
    """Who asks, and the token that their forms carry. `visit` is the hash of a visit; "" by the word of a proxy."""

    person: Person
    form_token: str
    visit: str


class Access:
    """The rules of [web] over one store."""

    def __init__(self, desk: Desk, rules: WebSettings) -> None:
        self._store = desk.store
        self._now = desk.now
        self.rules = rules
        self._key = desk.store.page_key()
        self._attempts = Attempts(desk.now)

    def find_caller(self, request: Request) -> Caller | None:
        """Who asks, or None for somebody who has to sign in. AccessRefused for whom a proxy names in vain."""
        if (name := self._named_by_proxy(request)) is not None:
            person = self._store.person(name)
            if person is None:
                raise AccessRefused(
                    f"The proxy says that you are {name[:80]}, who may not use these pages.",
                    f"Somebody with a shell lets you in: syncsvc user add {name[:80]} --role viewer --no-token",
                )
            return Caller(person, self.sign(f"form of {name} by proxy"), "")
        secret = self._unsigned(request.cookies.get(self.cookie_name(request), ""))
        if secret is None:
            return None
        visit = fingerprint(secret)
        person = self._store.visitor(visit)
        return None if person is None else Caller(person, self.sign(f"form of {secret}"), visit)

    def sign_in(self, request: Request, token: str) -> str | None:
        """The cookie of a new visit; None for a token nobody has. TooMany where there were too many of those."""
        address = self._address(request)
        self._attempts.require_room(address)
        person = self._store.person_of_token(fingerprint(token.strip()))
        if person is None:
            self._attempts.count(address)
            return None
        secret = secrets.token_urlsafe(32)
        until = self._now() + timedelta(hours=self.rules.session_hours)
        self._store.begin_visit(person.name, fingerprint(secret), until)
        return f"{secret}.{self.sign(f'visit {secret}')}"

    def is_form_of(self, caller: Caller, token: str) -> bool:
        """Whether a form was given out to this caller, on this visit."""
        return hmac.compare_digest(token.encode(), caller.form_token.encode())

    def sign(self, text: str) -> str:
        """A signature that only this store's pages can make."""
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()

    def is_own_host(self, host: str) -> bool:
        """Whether a Host header, port aside, names these pages: else a name that points here by trickery."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.casefold().rstrip(".")
        return name in _OWN_HOSTS or name in {each.casefold() for each in self.rules.allowed_hosts}

    def is_cross_site(self, request: Request) -> bool:
        """Whether a browser says that another site's page sends this form."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = request.headers.get("origin")
        if origin is None:
            return False
        try:
            host = urlsplit(origin).netloc
        except ValueError:
            return True
        return not host or not self.is_own_host(host)

    def is_secure(self, request: Request) -> bool:
        """Whether it came by https, to us or to a trusted proxy."""
        if request.url.scheme == "https":
            return True
        return self._is_proxy(request) and request.headers.get("x-forwarded-proto") == "https"

    def cookie_name(self, request: Request) -> str:
        """Of the visit; one that other hosts cannot set where the browser can hold to that."""
        return "__Host-syncsvc" if self.is_secure(request) else "syncsvc"

    def _unsigned(self, cookie: str) -> str | None:
        secret, _, signature = cookie.rpartition(".")
        right = self.sign(f"visit {secret}")
        return secret if secret and hmac.compare_digest(signature.encode(), right.encode()) else None

    def _named_by_proxy(self, request: Request) -> str | None:
        """Whom a trusted proxy names; what anybody else writes into that header is nothing."""
        if not self._is_proxy(request):
            return None
        named = request.headers.getlist(self.rules.user_header)
        if len(named) > 1:
            raise AccessRefused(
                f"The proxy sent {self.rules.user_header} {len(named)} times.",
                "It has to set the header itself and drop one that a browser sent.",
            )
        return named[0].strip() or None if named else None

    def _is_proxy(self, request: Request) -> bool:
        peer = _ip(request.client.host) if request.client else None
        return peer is not None and any(peer in network for network in self.rules.proxies)

    def _address(self, request: Request) -> str:
        """Whose attempts are counted together: an address, of IPv6 a household; behind a proxy what that one saw."""
        host = request.client.host if request.client else ""
        if self._is_proxy(request):
            host = request.headers.get("x-forwarded-for", host).rpartition(",")[2].strip()
        found = _ip(host)
        if isinstance(found, IPv6Address):
            return str(ip_network((found, 64), strict=False))
        return host[:64]


class TooMany(AccessRefused):
    """Too many attempts to sign in; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        minutes = max(1, round(seconds / 60))
        super().__init__(
            "Too many attempts to sign in came from your address.",
            f"Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again with the right token.",
        )
        self.seconds = seconds


class Attempts:
    """Failed attempts to sign in, by address; the addresses longest unheard of are forgotten first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def require_room(self, address: str) -> None:
        """TooMany where this address has used up its attempts."""
        with self._lock:
            recent = self._recent(address)
            if len(recent) >= ATTEMPTS:
                raise TooMany(int((recent[0] + ATTEMPTS_WITHIN - self._now()).total_seconds()) + 1)

    def count(self, address: str) -> None:
        """Note one that failed."""
        with self._lock:
            self._failed[address] = [*self._recent(address), self._now()]
            self._failed.move_to_end(address)
            while len(self._failed) > _MOST_ADDRESSES:
                self._failed.popitem(last=False)

    def _recent(self, address: str) -> list[datetime]:
        since = self._now() - ATTEMPTS_WITHIN
        return [at for at in self._failed.get(address, ()) if at > since]


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
