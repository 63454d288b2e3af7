"""Searching, page by page: by token on Cloud, by offset on Data Center."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.jira.answers import read_refusal
from connectors.jira.transport import Transport
from syncsvc.errors import SourceError


class SearchRefused(Exception):
    """Jira does not accept the query (400); its words."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the issues that a search finds. `total` is None where the server does not tell it."""

    issues: tuple[dict[str, Any], ...]
    last: bool
    total: int | None = None


def search_pages(
    transport: Transport, jql: str, fields: Sequence[str], *, cloud: bool, page_issues: int
) -> Iterator[Page]:
    """The pages of a search; the server may make them smaller than `page_issues`.

    Raises SearchRefused; SourceError for an answer that is not understood, or a search that does not come to an end.
    """
    body: dict[str, Any] = {"jql": jql, "maxResults": page_issues, "fields": list(fields)}
    known = 0
    while True:
        answer = transport.ask("POST", "search/jql" if cloud else "search", body=body)
        if answer.status == 400:
            raise SearchRefused(transport.without_secrets(str(read_refusal(answer))))
        told = answer.json() if answer.accepted else None
        if not isinstance(told, dict) or not isinstance(told.get("issues"), list):
            words = transport.words(answer)
            raise SourceError(f"{transport.place} does not answer a search ({answer.status}: {words})")
        known += len(told["issues"])
        total = None
        if cloud:
            token = told.get("nextPageToken")
            last, stuck = not token, token == body.get("nextPageToken")
            body["nextPageToken"] = token
        else:
            total = told["total"] if isinstance(told.get("total"), int) else 0
            last, stuck = known >= total, not told["issues"]
            body["startAt"] = known
        yield Page(tuple(issue for issue in told["issues"] if isinstance(issue, dict)), last, total)
        if last:
            return
        if stuck:
            raise SourceError(f"{transport.place}: the search came to a stop after {known} issues")


def quoted(text: str) -> str:
    """A text as a query takes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
