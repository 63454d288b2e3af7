"""What passes between the HTTP server and the routes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qsl, unquote, urlsplit

_API = re.compile(r"/rest/api/(2|3|latest)(/.*)")
_ISSUE = re.compile(r"/issue/(?!bulkfetch)([^/]+)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; `status` is None where no answer was given, `key` the issue named in the path."""

    method: str
    path: str
    query: Mapping[str, str]
    body: object
    status: int | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the routes see it; `body` is parsed JSON, None where there is none or it cannot be parsed."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    authorization: str = ""
    content_type: str = ""

    @property
    def version(self) -> str | None:
        """The version of the API in the path; None outside of it."""
        match = _API.fullmatch(self.path)
        return match[1] if match else None

    @property
    def resource(self) -> str:
        """The path without /rest/api/N."""
        match = _API.fullmatch(self.path)
        return match[2] if match else ""

    @property
    def issue_name(self) -> str | None:
        """The key or id of the issue in the path."""
        match = _ISSUE.search(self.path)
        return match[1] if match else None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: JSON, or the text of a page, or nothing at all."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An answer with Jira's error body."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *messages)
        self.answer = Answer(status, {"errorMessages": list(messages), "errors": dict(errors or {})})


def read_call(method: str, target: str, content: bytes, headers: Message) -> Call:
    """A call from what came over the wire; a parameter that is repeated is as good as one with commas."""
    parts = urlsplit(target)
    query: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    try:
        body = json.loads(content) if content else None
    except ValueError:
        body = None
    authorization, content_type = headers.get("Authorization") or "", headers.get("Content-Type") or ""
    return Call(method, unquote(parts.path), query, body, authorization, content_type)
