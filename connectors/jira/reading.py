"""Which requests find issues by key, and which answer belongs to which key asked for.

Cloud: POST issue/bulkfetch, which needs no index. Data Center: POST search, whose index may lag, and which refuses
a whole list for one dead key. GET issue/KEY is the freshest path on both: it settles what the others leave open.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from connectors.jira.answers import Refusal, read_refusal
from connectors.jira.issues import Shown, Terms, read_issue
from connectors.jira.transport import Transport
from syncsvc.errors import AccessRefused, SourceError, Unreachable
from syncsvc.model import Milestone, Reject

BULKFETCH_KEYS: Final = 100  # Jira's limit
SEARCH_KEYS: Final = 200  # a request URL and a JQL parser have limits that nobody documents; this is below them
#: Up to here a few keys are asked for one by one, each by the freshest path.
ALONE_KEYS: Final = 10

_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*", re.ASCII)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Found:
    """What is known of the keys asked for. A key without an issue is missing: not there, or not visible."""

    issues: dict[str, Shown] = field(default_factory=dict)  # by the key as it was asked for
    unread: dict[str, str] = field(default_factory=dict)  # key as it was asked for -> why Jira could not show it

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """Each issue once, in order of its key: two keys asked for may lead to the same one by now."""
        unique = {shown.key: shown.milestone for shown in self.issues.values() if shown.milestone}
        return tuple(unique[key] for key in sorted(unique, key=_in_order))

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """What could not be read of them."""
        unique = {shown.key: shown.rejects for shown in self.issues.values()}
        return tuple(reject for key in sorted(unique, key=_in_order) for reject in unique[key])

    @property
    def moved(self) -> dict[str, str]:
        """Keys that lead to an issue under another key, and that key."""
        return {asked: shown.key for asked, shown in sorted(self.issues.items()) if shown.key != asked}


class IssueReader:
    """Finds issues by key. `in_bulk` is for many, `alone` is fresh, `before_a_write` is as many as fresh can be."""

    def __init__(self, transport: Transport, terms: Terms, *, cloud: bool, workers: int) -> None:
        self._transport = transport
        self._terms = terms
        self._cloud = cloud
        self._workers = max(workers, 1)

    def requests_for(self, count: int) -> int:
        """How many requests so many issues take in bulk."""
        return -(-count // (BULKFETCH_KEYS if self._cloud else SEARCH_KEYS))

    def in_bulk(
        self, keys: Collection[str], *, missing_before: Collection[str] = (), spare_unread: bool = False
    ) -> Found:
        """Many issues in few requests; what these leave open is asked for alone.

        An answer under a key that nobody asked for is an issue that moved: each key without an answer is then asked
        for alone, and so is one without any, as long as they are few and were there before. Bulk answers may lag, and
        "not there" is a grave thing to say. `spare_unread`: an issue that Jira fails to show is left unread, as long as
        these are few; else that is an error.
        """
        by_key = _well_formed(keys)
        fetch, size = (self._bulkfetch, BULKFETCH_KEYS) if self._cloud else (self._search, SEARCH_KEYS)
        wanted = sorted(by_key, key=_in_order)
        answers: dict[str, Shown] = {}
        doubtful: set[str] = set()
        for issues, open_keys in self._each(fetch, [wanted[i : i + size] for i in range(0, len(wanted), size)]):
            answers |= {shown.key: shown for shown in self._show(issues)}
            doubtful |= open_keys
        unanswered = by_key.keys() - answers.keys()
        if answers.keys() - by_key.keys():
            doubtful |= unanswered
        elif len(newly := unanswered - {key.upper() for key in missing_before}) <= ALONE_KEYS:
            doubtful |= newly
        unread: dict[str, str] = {}
        settled = self._alone(sorted(doubtful - answers.keys(), key=_in_order), unread if spare_unread else None)
        found = _tie(by_key, answers | settled)
        found.unread = {asked: why for key, why in unread.items() for asked in by_key[key]}
        return found

    def before_a_write(self, keys: Collection[str]) -> Found:
        """Issues as they stand now. Data Center has no bulk answer that does not come from its index, and an index that
        lags would hide an edit of this minute, which the write would then take back in silence."""
        return self.in_bulk(keys) if self._cloud else self.alone(keys)

    def alone(self, keys: Collection[str]) -> Found:
        """Each issue by a request of its own."""
        by_key = _well_formed(keys)
        return _tie(by_key, self._alone(sorted(by_key, key=_in_order)))

    def _alone(self, keys: Sequence[str], unread: dict[str, str] | None = None) -> dict[str, Shown]:
        """The issues that are there. Why Jira failed to show one goes into `unread`, of up to ALONE_KEYS of them."""

        def get(key: str) -> Shown | None:
            try:
                return self._get(key)
            except Unreachable as error:
                if unread is None or len(unread) >= ALONE_KEYS:
                    raise
                unread[key] = error.message
                return None

        return {key: shown for key, shown in zip(keys, self._each(get, keys), strict=True) if shown}

    def _get(self, key: str) -> Shown | None:
        """None: not there, or not visible."""
        answer = self._transport.ask("GET", f"issue/{key}", {"fields": ",".join(self._terms.asked_fields)})
        if answer.status in (403, 404, 410):
            return None
        if not answer.accepted or (shown := read_issue(answer.json(), self._terms)) is None:
            raise self._not_understood(f"GET issue/{key}", answer.status, self._transport.words(answer))
        return shown

    def _bulkfetch(self, keys: Sequence[str]) -> tuple[list[Any], set[str]]:
        body = {"issueIdsOrKeys": list(keys), "fields": list(self._terms.asked_fields)}
        answer = self._transport.ask("POST", "issue/bulkfetch", body=body)
        page = answer.json() if answer.accepted else None
        if not isinstance(page, dict) or not isinstance(page.get("issues"), list):
            raise self._not_understood("issue/bulkfetch", answer.status, self._transport.words(answer))
        # issueErrors names issues that are there and did not come, by id or by key: nobody can say which are which
        incomplete = bool(page.get("issueErrors"))
        came = {issue.get("key") for issue in page["issues"] if isinstance(issue, dict)}
        return page["issues"], set(keys) - came if incomplete else set()

    def _search(self, keys: Sequence[str]) -> tuple[list[Any], set[str]]:
        """One dead key makes Jira refuse the list: leave out those it names, or halve the list where it names none."""
        alive = list(keys)
        while alive:
            issues, refusal = self._search_pages(alive)
            if refusal is None:
                return issues, set()
            dead = set(_KEY.findall(str(refusal).upper())) & set(alive)
            if not dead:
                if len(alive) == 1:
                    return [], set(alive)
                half = len(alive) // 2
                first, first_open = self._search(alive[:half])
                second, second_open = self._search(alive[half:])
                return first + second, first_open | second_open
            alive = [key for key in alive if key not in dead]
        return [], set()

    def _search_pages(self, keys: Sequence[str]) -> tuple[list[Any], Refusal | None]:
        """All pages, or Jira's words where it refuses the query. The server may make pages smaller than asked for."""
        issues: dict[str, Any] = {}
        total = 1
        while len(issues) < total:
            body = {
                "jql": f"key in ({', '.join(keys)}) ORDER BY key",  # only well-formed keys come this far
                "startAt": len(issues),
                "maxResults": len(keys),
                "fields": list(self._terms.asked_fields),
            }
            answer = self._transport.ask("POST", "search", body=body)
            if answer.status == 400:
                return [], read_refusal(answer)
            page = answer.json() if answer.accepted else None
            if not isinstance(page, dict) or not isinstance(page.get("issues"), list):
                raise self._not_understood("search", answer.status, self._transport.words(answer))
            known = len(issues)
            issues |= {str(issue.get("key")): issue for issue in page["issues"] if isinstance(issue, dict)}
            total = page["total"] if isinstance(page.get("total"), int) else 0
            if len(issues) == known and known < total:
                raise SourceError(
                    f"{self._transport.place}: the search came to a stop after {known} of {total} issues",
                    "Nothing of it was used. Run again; if it stays so, Jira's index needs care.",
                )
        return list(issues.values()), None

    def _show(self, issues: Iterable[Any]) -> Iterator[Shown]:
        for issue in issues:
            shown = read_issue(issue, self._terms)
            if shown is None:
                raise self._not_understood("the list of issues", 200, "an entry without a key")
            yield shown

    def _each(self, request: Callable[[T], R], parts: Sequence[T]) -> list[R]:
        return ask_each(request, parts, self._workers)

    def _not_understood(self, what: str, status: int, words: str) -> SourceError:
        said = f": {words}" if words else ""
        if status == 403:
            return AccessRefused(f"{self._transport.place} refuses {what} (403){said}")
        return SourceError(
            f"{self._transport.place} answers {what} with {status} and something that is not understood{said}",
            "Nothing of it was used. See whether `url` and `flavour` are right.",
        )


def ask_each(request: Callable[[T], R], parts: Sequence[T], workers: int) -> list[R]:
    """The answers to several requests, in order, some at a time; the first failure ends them all."""
    if len(parts) <= 1 or workers <= 1:
        return [request(part) for part in parts]
    with ThreadPoolExecutor(min(workers, len(parts)), "jira-read") as pool:
        return list(pool.map(request, parts))


def _well_formed(keys: Collection[str]) -> dict[str, list[str]]:
    """Keys in Jira's own spelling -> as they were asked for. What cannot be a key is never sent, and so is missing."""
    by_key: dict[str, list[str]] = {}
    for asked in sorted(keys):
        if _KEY.fullmatch(asked.upper()):
            by_key.setdefault(asked.upper(), []).append(asked)
    return by_key


def _tie(by_key: dict[str, list[str]], answers: dict[str, Shown]) -> Found:
    return Found({asked: answers[key] for key, spellings in by_key.items() if key in answers for asked in spellings})


def _in_order(key: str) -> tuple[str, int]:
    project, _, number = key.rpartition("-")
    return (project, int(number)) if number.isdecimal() else (key, 0)
