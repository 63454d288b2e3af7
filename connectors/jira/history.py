"""Who set a date of an issue last, as Jira's changelog tells it. It explains a refusal, and no run depends on it.

Cloud: POST changelog/bulkfetch, up to 1000 issues and one field in a request. Data Center: GET issue/ID with
expand=changelog, which brings the whole history of one issue.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from connectors.jira.answers import shorten
from connectors.jira.issues import DUE_FIELD, Terms
from connectors.jira.reading import ask_each
from connectors.jira.settings import JiraSettings
from connectors.jira.transport import Transport
from syncsvc.errors import SourceError, Unreachable
from syncsvc.model import Field, FieldChange

BULK_ISSUES: Final = 1000  # Jira's limit
BULK_ENTRIES: Final = 10_000  # of one page, Jira's limit
#: No request is begun after this; a person waits for the words.
TIME_SECONDS: Final = 20.0
_PATIENCE: Final = {"deadline_seconds": 10.0, "retry_budget_seconds": 5.0, "attempts": 2}
_RESOLUTION: Final = "resolution"
_UNNAMED: Final = "somebody whom Jira does not name"

_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00(?:\.0)?)?", re.ASCII)
_MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds that is the year 5138, as milliseconds 1973


class HistoryReader:
    """Reads changelogs with little patience, over connections of its own. Constructing does no I/O."""

    def __init__(
        self,
        settings: JiraSettings,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        hurried = replace(settings, **{name: min(getattr(settings, name), most) for name, most in _PATIENCE.items()})
        self._transport = Transport(hurried, now=now, sleep=sleep, clock=clock)
        self._workers = settings.workers
        self._clock = clock

    def last_changes(
        self, issues: Collection[str], name: Field, terms: Terms, keys: Mapping[str, str], *, cloud: bool
    ) -> dict[str, FieldChange]:
        """Issue id -> the newest change of this field. `keys`: id -> key, as far as they are known.

        Left out are issues that are not there, that nobody changed so, or whose newest change cannot be read. Raises
        SourceError where Jira gives no usable answer, or not all of it in time: an older change is never the newest.
        """
        if name is Field.COMPLETED and terms.completed_field is None:
            return {}
        wanted = sorted({issue for issue in issues if _ID.fullmatch(issue)}, key=int)
        until = self._clock() + TIME_SECONDS
        logs = self._bulk(wanted, terms.field_id(name), until) if cloud else self._one_by_one(wanted, until)
        changes: dict[str, FieldChange] = {}
        for issue, histories in logs:
            change = find_last_change(histories, name, terms)
            if change is not None and issue in wanted:
                changes[issue] = replace(change, key=keys.get(issue, issue))
        return changes

    def who_resolved(self, issues: Collection[str], keys: Mapping[str, str], *, cloud: bool) -> dict[str, FieldChange]:
        """Issue id -> who set its resolution last, and when, without dates; of issues that are resolved still.

        Left out and raised is what it is for `last_changes`.
        """
        wanted = sorted({issue for issue in issues if _ID.fullmatch(issue)}, key=int)
        until = self._clock() + TIME_SECONDS
        logs = self._bulk(wanted, _RESOLUTION, until) if cloud else self._one_by_one(wanted, until)
        changes: dict[str, FieldChange] = {}
        for issue, histories in logs:
            newest = _find_newest(histories, lambda item: _RESOLUTION in (item.get("fieldId"), item.get("field")))
            if newest is not None and issue in wanted and newest.item.get("to") not in (None, ""):
                changes[issue] = FieldChange(
                    keys.get(issue, issue), Field.COMPLETED, newest.actor, newest.at, None, None
                )
        return changes

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _bulk(self, wanted: Sequence[str], field_id: str, until: float) -> Iterable[tuple[str, list[Any]]]:
        """Histories by issue, gathered over all pages: a page may end in the middle of an issue, or be empty."""
        logs: dict[str, list[Any]] = {}
        for start in range(0, len(wanted), BULK_ISSUES):
            body: dict[str, Any] = {
                "issueIdsOrKeys": list(wanted[start : start + BULK_ISSUES]),
                "fieldIds": [field_id],
                "maxResults": BULK_ENTRIES,
            }
            while True:
                page = self._ask("POST", "changelog/bulkfetch", until, body=body)
                for log in _listed(page, "issueChangeLogs"):
                    logs.setdefault(str(log.get("issueId")), []).extend(_listed(log, "changeHistories"))
                token = page.get("nextPageToken")
                if not token:
                    break
                if token == body.get("nextPageToken"):
                    raise SourceError(f"{self._transport.place}: the changelog came to a stop")
                body["nextPageToken"] = token
        return logs.items()

    def _one_by_one(self, wanted: Sequence[str], until: float) -> Iterable[tuple[str, list[Any]]]:
        def ask(issue: str) -> tuple[str, list[Any]]:
            shown = self._ask("GET", f"issue/{issue}", until, {"fields": DUE_FIELD, "expand": "changelog"})
            log = shown.get("changelog")
            return issue, list(_listed(log, "histories")) if isinstance(log, dict) else []

        return ask_each(ask, wanted, self._workers)

    def _ask(
        self, method: str, path: str, until: float, params: Mapping[str, str] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """The object that the answer is; an empty one for an issue that is not there or not visible."""
        if self._clock() >= until:
            raise Unreachable(f"{self._transport.place} did not tell its changelog within {TIME_SECONDS:g} seconds")
        answer = self._transport.ask(method, path, params, body)
        if method == "GET" and answer.status in (403, 404, 410):
            return {}
        told = answer.json() if answer.accepted else None
        if not isinstance(told, dict):
            words = self._transport.words(answer)
            raise SourceError(f"{self._transport.place} does not tell its changelog ({answer.status}: {words})")
        return told


def find_last_change(histories: Iterable[Any], name: Field, terms: Terms) -> FieldChange | None:
    """The newest change of a field in the histories of one issue, in whatever order they stand; its key is blank.

    None where there is none, or where the newest one cannot be read.
    """
    newest = _find_newest(histories, lambda item: _is_of(item, name, terms))
    if newest is None:
        return None
    try:
        before, after = (_read_day(newest.item, side, terms.time_zone) for side in ("from", "to"))
    except ValueError:
        return None
    return FieldChange("", name, newest.actor, newest.at, before, after)


class _Entry(NamedTuple):
    """One entry of a history: when, by whom, and what it says of the field."""

    at: datetime
    actor: str
    item: Mapping[str, Any]


def _find_newest(histories: Iterable[Any], is_wanted: Callable[[Mapping[str, Any]], bool]) -> _Entry | None:
    """The newest wanted entry, in whatever order the histories stand; None where that cannot be told."""
    newest: tuple[tuple[datetime, int], Mapping[str, Any], Mapping[str, Any]] | None = None
    for history in histories:
        if not isinstance(history, dict):
            continue
        items = [item for item in _listed(history, "items") if is_wanted(item)]
        if not items:
            continue
        at = read_instant(history.get("created"))
        if at is None:
            return None  # it may be the newest
        number = str(history.get("id", ""))
        place = (at, int(number) if _ID.fullmatch(number) else 0)
        if newest is None or place >= newest[0]:
            newest = place, history, items[-1]
    if newest is None:
        return None
    (at, _), history, item = newest
    author = history.get("author")
    actor = author.get("displayName") if isinstance(author, dict) else None
    return _Entry(at, shorten(str(actor or "")) or _UNNAMED, item)


def read_instant(value: object) -> datetime | None:
    """An instant that is an ISO text, or a number of seconds or milliseconds since 1970; None where it is neither."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            instant = datetime.fromisoformat(value)
            return instant.astimezone(UTC) if instant.tzinfo else None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            number = float(value)
            return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _is_of(item: Mapping[str, Any], name: Field, terms: Terms) -> bool:
    """Whether an entry is about the field. Data Center names no ids: system fields by theirs, custom ones by name."""
    field_id = terms.field_id(name)
    if isinstance(item.get("fieldId"), str):
        return bool(item["fieldId"] == field_id)
    if name is Field.DUE or terms.completed_field is None:
        return bool(item.get("field") == field_id)
    return bool(item.get("field") == terms.completed_field.name and item.get("fieldtype") == "custom")


def _read_day(item: Mapping[str, Any], side: str, time_zone: ZoneInfo) -> date | None:
    """The civil date before or after a change: `from` and `to` hold it, else their words do. ValueError for no date."""
    texts = [text for text in (item.get(side), item.get(f"{side}String")) if text not in (None, "")]
    if not texts:
        return None
    for text in texts:
        if isinstance(text, str) and (day := _DAY.fullmatch(text)):
            return date.fromisoformat(day[1])
    for text in texts:
        if isinstance(text, str) and "T" in text and (instant := read_instant(text)):
            return instant.astimezone(time_zone).date()
    raise ValueError(texts[0])


def _listed(holder: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The objects of a list in an answer."""
    listed = holder.get(name)
    return (entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else iter(())
