"""What passes between the HTTP server and the routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    """A request for a route: its path without /rest/api/N, and who asked."""

    method: str
    path: str
    query: Mapping[str, str]
    body: object
    version: str = "2"
    anonymous: bool = False


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
