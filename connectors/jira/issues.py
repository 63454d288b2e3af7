"""An issue as Jira describes it in JSON -> a milestone. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from syncsvc import __version__
from syncsvc.model import Field, Milestone, Reject, Status

DUE_FIELD: Final = "duedate"
#: Asked for by id. Data Center does not know `statuscategorychangedate` and leaves it out.
_ASKED_FIELDS: Final = (
    "summary", "project", DUE_FIELD, "resolution", "resolutiondate", "status", "statuscategorychangedate",
)  # fmt: skip

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: Category keys are fixed where names are translated and renamed.
_STATUS_OF_CATEGORY: Final = {"new": Status.NOT_STARTED, "indeterminate": Status.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class DateField:
    """A custom date field of this Jira."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How issues of this Jira are to be read."""

    time_zone: ZoneInfo
    browse_url: str
    completed_field: DateField | None = None
    not_completed_resolutions: frozenset[str] = frozenset()  # compared without case

    @property
    def asked_fields(self) -> tuple[str, ...]:
        """The ids of all fields that a milestone is made of."""
        return (*_ASKED_FIELDS, self.completed_field.id) if self.completed_field else _ASKED_FIELDS

    def fingerprint(self, *others: str) -> str:
        """Two readings are comparable where this is the same: same terms, read by the same version of this program."""
        lists = (self.asked_fields, sorted(self.not_completed_resolutions), others)
        return sha256(repr((__version__, self.time_zone.key, self.browse_url, lists)).encode()).hexdigest()

    def field_id(self, name: Field) -> str:
        """Where a date is written to; KeyError for completed without a configured field."""
        if name is Field.DUE:
            return DUE_FIELD
        if self.completed_field is None:
            raise KeyError(name)
        return self.completed_field.id


@dataclass(frozen=True, slots=True)
class Shown:
    """One issue: the key it has now, and what could be read of it."""

    key: str
    milestone: Milestone | None
    rejects: tuple[Reject, ...] = ()

    def rejected(self, name: Field) -> str | None:
        """Why this field cannot be read, if so."""
        return next((reject.reason for reject in self.rejects if reject.field in (name.value, None)), None)


def read_issue(issue: Any, terms: Terms) -> Shown | None:
    """A milestone, with a reject for each date that cannot be read; None for something that is no issue.

    Completed is the configured field if it is filled. Without that it is the day an issue was resolved (else the day
    it entered its status category), for an issue whose category is done and whose resolution counts. An issue
    resolved as Won't Do and the like is not completed; nobody can say how far it is, so its status is unknown.
    """
    if not isinstance(issue, dict) or not isinstance(issue.get("key"), str):
        return None
    key, fields = issue["key"], issue.get("fields")
    category = _inner(_inner(_inner(fields).get("status")).get("statusCategory")).get("key")
    if not isinstance(fields, dict) or not isinstance(category, str):
        return Shown(key, None, (Reject(key, key, "the answer does not say which status the issue has"),))

    rejects: list[Reject] = []

    def read(name: Field, column: str, as_date: Any) -> date | None:
        value = fields.get(column)
        try:
            return None if value is None else as_date(value)
        except (ValueError, TypeError, OverflowError):
            rejects.append(Reject(f"{key} {column}", key, f"{column} of {key} is no date: {value!r:.60}", field=name))
            return None

    resolution = _inner(fields.get("resolution")).get("name")
    counts = not isinstance(resolution, str) or resolution.casefold() not in terms.not_completed_resolutions
    done = category == "done" and counts
    due = read(Field.DUE, DUE_FIELD, _civil_date)

    held, column, completed = None, None, None
    if terms.completed_field is not None:
        held = read(Field.COMPLETED, terms.completed_field.id, _civil_date)
        completed, column = held, terms.completed_field.id if held else None
    if done:
        for instant in ("resolutiondate", "statuscategorychangedate"):
            if completed is None and not any(reject.field == Field.COMPLETED for reject in rejects):
                completed = read(Field.COMPLETED, instant, lambda value: _day_of(value, terms.time_zone))
                column = instant if completed else None

    state = _inner(fields["status"]).get("name")
    return Shown(
        key,
        Milestone(
            code=key,
            name=str(fields.get("summary") or ""),
            status=Status.COMPLETED if done else _STATUS_OF_CATEGORY.get(category, Status.UNKNOWN),
            due=due,
            due_column=DUE_FIELD if due else None,
            completed=completed,
            completed_column=column,
            where=key,
            url=f"{terms.browse_url}/browse/{key}",
            state=f"{state} ({resolution})" if resolution and resolution != state else str(state or category),
            issue_id=str(issue["id"]) if issue.get("id") else None,
            completed_held=held,
        ),
        tuple(rejects),
    )


def _inner(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _civil_date(value: Any) -> date:
    """A bare date; date.fromisoformat alone would also take week dates and 20190430."""
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise ValueError(value)
    return date.fromisoformat(value)


def _day_of(value: Any, time_zone: ZoneInfo) -> date:
    """The civil date of an instant. Jira renders it with the account's offset, so its first ten characters may lie."""
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(value)
    return instant.astimezone(time_zone).date()
