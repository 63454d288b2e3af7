"""A browser without a screen: it keeps cookies, follows redirects, and fills in the forms that pages show."""

import asyncio
import re
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette

T = TypeVar("T")
HOST = "http://localhost"


class Browser:
    """Asks an application in this process. `address` is where it comes from."""

    def __init__(
        self,
        app: Starlette,
        *,
        address: str = "127.0.0.1",
        headers: Mapping[str, str | bytes] | None = None,
        base: str = HOST,
    ) -> None:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        self._client = httpx.AsyncClient(
            transport=transport, base_url=base, follow_redirects=True, headers=dict(headers or {})
        )

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return apart(self._client.get(path, **rest))

    def post(self, path: str, **rest: Any) -> httpx.Response:
        return apart(self._client.post(path, **rest))

    def sign_in(self, token: str, there: str = "/") -> httpx.Response:
        return self.post("/sign-in", data={"token": token, "next": there})

    def send(self, page: httpx.Response, there: str, /, **filled: str) -> httpx.Response:
        """Fill in the form of a page that goes `there`, and send it."""
        return self.post(there, data=form_of(page.text, there) | filled)

    @property
    def form_token(self) -> str:
        """What the forms given out to this browser carry."""
        return form_of(self.get("/").text, "/sign-out")["form_token"]


def apart(answer: Coroutine[Any, Any, T]) -> T:
    """The answer, awaited in a thread of its own: this one may have a loop, where another test drives a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer).result()


class _Forms(HTMLParser):
    """Every form with its fields, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        if tag == "input" and given.get("name") and given.get("type") not in ("file", "submit"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select is not None:
            if self._select not in fields or "selected" in given:
                fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            fields[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1][1][self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def form_of(text: str, action: str) -> dict[str, str]:
    """The fields of the form that goes to `action`."""
    forms = _Forms()
    forms.feed(text)
    found = [fields for there, fields in forms.forms if there == action]
    assert found, f"no form goes to {action}; there are: {[there for there, _ in forms.forms]}"
    return found[0]


def words_of(page: httpx.Response) -> str:
    """The text of a page, without markup."""
    import html

    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
