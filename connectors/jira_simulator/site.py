"""What the simulated Jira holds: issues, fields, permissions, and what people do to them behind our back."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.jira_simulator.issue import (
    ISSUE_TYPES,
    SYSTEM_FIELDS,
    Entry,
    Issue,
    Json,
    make_issue_type,
    make_project,
    make_resolution,
    make_status,
)

PERMISSIONS = {
    "BROWSE_PROJECTS": True,
    "EDIT_ISSUES": True,
    "SCHEDULE_ISSUES": True,
    "ADD_COMMENTS": True,
    "TRANSITION_ISSUES": True,
    "ADMINISTER_PROJECTS": False,
    "ADMINISTER": False,
}
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")


@dataclass(slots=True)
class Stale:
    """An index that lags: the issues as they were, and for how long it still answers with them."""

    issues: dict[int, Issue]
    searches: int | None
    until: float | None
    bulkfetch: bool


class Site:
    """The state of one Jira. Every method may be called from any thread."""

    def __init__(self, flavour: str, user: str, time_zone: str, now: Callable[[], datetime] | None) -> None:
        if flavour not in ("cloud", "data-center"):
            raise ValueError(f"flavour is 'cloud' or 'data-center', not {flavour!r}")
        self.flavour = flavour
        self.user = user
        self.time_zone = time_zone
        self.now = now or (lambda: datetime.now(UTC))
        self.url = ""
        self.page_cap = 100 if flavour == "cloud" else 1000
        self.epoch_changelog = False
        self.admits_bad_tokens = False
        self.blind = False  # while a caller with wrong credentials is answered: it sees nothing
        self.permissions: dict[str, dict[str, bool]] = defaultdict(lambda: dict(PERMISSIONS))
        self.lock = threading.RLock()
        self._zone = ZoneInfo(time_zone)
        self._issues: dict[int, Issue] = {}
        self._ids: dict[str, int] = {}  # every key an issue ever had
        self._stale: Stale | None = None
        self._entries = 0
        self._fields: dict[str, tuple[str, str, str | None]] = {
            field_id: (name, kind, None)
            for field_id, (name, kind) in SYSTEM_FIELDS.items()
            if self.is_cloud or field_id != "statuscategorychangedate"
        }

    @property
    def is_cloud(self) -> bool:
        return self.flavour == "cloud"

    # ---- content -----------------------------------------------------------------------------------------------

    def add_field(self, field_id: str, name: str, *, type: str = "date", custom: str | None = None) -> None:
        """A custom field such as ("customfield_10100", "Actual end"); several fields may share a name.

        `type` is the schema type, `custom` the type's URI (schema.custom), by default Jira's own picker.
        """
        kinds = {"date": "datepicker", "datetime": "datetime", "string": "textfield", "number": "float"}
        uri = custom or f"com.atlassian.jira.plugin.system.customfieldtypes:{kinds.get(type, type)}"
        with self.lock:
            self._fields[field_id] = (name, type, uri)

    def add_issue(
        self,
        key: str,
        *,
        summary: str = "",
        duedate: str | None = None,
        done: bool = False,
        resolution: str | None = None,
        resolutiondate: str | None = None,
        fields: Mapping[str, object] | None = None,
        issue_type: str = "Milestone",
    ) -> str:
        """Make an issue and return its id.

        Done gives the resolution "Done", now, unless told otherwise; `resolution=""` is done without any, as some
        workflows leave it, and a resolution without done is what reopening may leave behind. Instants without a
        zone are in the account's. `fields` may set any field by id, custom ones after `add_field`.
        """
        with self.lock:
            if not _KEY.fullmatch(key) or key in self._ids:
                raise ValueError(f"{key} is no issue key, or taken")
            now = self.now()
            issue = Issue(id=10001 + len(self._ids), key=key)
            if resolution is None and done:
                resolution = "Done"
            resolved = (self._instant(resolutiondate) or now) if resolution else None
            category = "done" if done else ("new", "indeterminate")[issue.id % 2]
            issue.fields = {
                "summary": summary or key,
                "duedate": duedate,
                "status": make_status(category, issue.id),
                "resolution": make_resolution(resolution),
                "resolutiondate": resolved,
                "statuscategorychangedate": resolved or now,
                "created": now,
                "updated": now,
                "project": make_project(issue.project),
                "issuetype": make_issue_type(issue_type),
            }
            issue.fields |= self._given(fields or {})
            self._issues[issue.id] = issue
            self._ids[key] = issue.id
            return str(issue.id)

    def issue(self, key: str) -> Json:
        """All fields of an issue as a caller would be shown them."""
        with self.lock:
            return self.show_fields(self._known(key), None)

    def due(self, key: str) -> str | None:
        """The due date as it is stored now."""
        due = self.issue(key)["duedate"]
        return due if isinstance(due, str) else None

    def comments(self, key: str) -> list[str]:
        """The texts of an issue's comments, oldest first."""
        with self.lock:
            return list(self._known(key).comments)

    def changelog(self, key: str) -> list[Json]:
        """An issue's history as a caller would be shown it, oldest first."""
        with self.lock:
            return [self.show_entry(entry) for entry in self._known(key).changelog]

    # ---- behind our back ---------------------------------------------------------------------------------------

    def edit(self, key: str, *, author: str = "A. Person", **fields: object) -> None:
        """Somebody changes fields, with an entry in the history."""
        with self.lock:
            self.write(self._known(key), fields, author)

    def resolve(self, key: str, resolution: str = "Done", at: str | None = None) -> None:
        """Somebody closes an issue; `resolution=""` is a workflow that sets none."""
        with self.lock:
            issue = self._known(key)
            moment = self._instant(at) or self.now()
            closed: Json = {"status": make_status("done", issue.id), "resolution": make_resolution(resolution)}
            self.write(issue, closed, "A. Person")
            issue.fields["resolutiondate"] = moment if resolution else None
            issue.fields["statuscategorychangedate"] = moment

    def reopen(self, key: str, *, keep_resolution: bool = False) -> None:
        """Somebody opens an issue again; some workflows forget to clear the resolution."""
        with self.lock:
            issue = self._known(key)
            opened: Json = {"status": make_status("indeterminate", issue.id)}
            if not keep_resolution:
                opened["resolution"] = None
                issue.fields["resolutiondate"] = None
            self.write(issue, opened, "A. Person")
            issue.fields["statuscategorychangedate"] = self.now()

    def move(self, key: str, new_key: str) -> None:
        """The issue gets another key; the id stays and the old key still finds it."""
        with self.lock:
            issue = self._known(key)
            if not _KEY.fullmatch(new_key) or new_key in self._ids:
                raise ValueError(f"{new_key} is no issue key, or taken")
            issue.key = new_key
            self._ids[new_key] = issue.id
            self.write(issue, {"project": make_project(issue.project)}, "A. Person")

    def delete(self, key: str) -> None:
        """The issue is gone."""
        with self.lock:
            del self._issues[self._known(key).id]

    def hide(self, key: str) -> None:
        """The account may not see the issue any more: to it, it is gone."""
        with self.lock:
            self._known(key).hidden = True

    def not_on_screen(self, key: str, field_id: str) -> None:
        """Writing this field of this issue is refused from now on."""
        with self.lock:
            self._known(key).off_screen.add(field_id)

    def forbid(self, key: str) -> None:
        """Writing this issue is answered with 403 from now on."""
        with self.lock:
            self._known(key).forbidden = True

    def bulk_error(self, key: str, message: str = "The issue could not be loaded. Try again later.") -> None:
        """bulkfetch lists this issue under `issueErrors` from now on."""
        with self.lock:
            self._known(key).bulk_error = message

    def stale_search(
        self, seconds: float | None = None, *, searches: int | None = None, bulkfetch: bool = True
    ) -> None:
        """Let the search index lag: searches, and bulkfetch too, go on answering with what is true now.

        For that many seconds or that many such requests, whatever is written meanwhile. GET issue is always fresh.
        """
        if seconds is None and searches is None:
            raise ValueError("say for how many seconds or searches")
        with self.lock:
            until = None if seconds is None else time.monotonic() + seconds
            frozen = {number: replace(issue, fields=dict(issue.fields)) for number, issue in self._issues.items()}
            self._stale = Stale(frozen, searches, until, bulkfetch)

    # ---- for the routes ----------------------------------------------------------------------------------------

    def find(self, name: str) -> Issue | None:
        """The issue of this id or key, in any case, present or past; None if missing or not to be seen."""
        number = int(name) if name.isdecimal() else self._ids.get(name.upper())
        issue = self._issues.get(number) if number is not None else None
        return issue if issue is not None and self.sees(issue) else None

    def sees(self, issue: Issue) -> bool:
        """Whether the account may browse the issue."""
        return not issue.hidden and self.permitted("BROWSE_PROJECTS", issue.project)

    def permitted(self, permission: str, project: str) -> bool:
        """Whether the account has the permission in the project."""
        if self.blind:
            return False
        granted = self.permissions.get(project, {})
        return granted.get(permission, PERMISSIONS.get(permission, False))

    def projects(self) -> set[str]:
        """Keys of the projects that the account can browse."""
        known = {issue.project for issue in self._issues.values()} | set(self.permissions)
        return {project for project in known if self.permitted("BROWSE_PROJECTS", project)}

    def issue_types(self) -> set[str]:
        """Names of the issue types that there are: some always, and those of the issues."""
        return {*ISSUE_TYPES, *(issue.fields["issuetype"]["name"] for issue in self._issues.values())}

    def indexed(self, *, bulkfetch: bool = False) -> Mapping[int, Issue]:
        """The issues as the index has them, which may lag behind; counts as one search."""
        stale = self._stale
        if stale is None or (bulkfetch and not stale.bulkfetch):
            return self._issues
        if (stale.until is not None and time.monotonic() >= stale.until) or stale.searches == 0:
            self._stale = None
            return self._issues
        if stale.searches is not None:
            stale.searches -= 1
        return stale.issues

    def fields(self) -> Mapping[str, tuple[str, str, str | None]]:
        """Id -> (name, schema type, schema.custom or None) of every field."""
        return self._fields

    def write(self, issue: Issue, values: Mapping[str, object], author: str, comments: Iterable[str] = ()) -> None:
        """Set fields and add comments at one moment, with one entry in the history for what really changed."""
        given = self._given(values)
        changes = [
            self._change(field_id, issue.fields.get(field_id), value)
            for field_id, value in given.items()
            if issue.fields.get(field_id) != value
        ]
        added = list(comments)
        if not changes and not added:
            return
        now = self.now()
        issue.fields |= {**given, "updated": now}
        issue.comments.extend(added)
        if changes:
            self._entries += 1
            issue.changelog.append(Entry(20000 + self._entries, author, now, changes))

    def show_time(self, moment: datetime) -> str:
        """An instant as Jira prints it: milliseconds, and the account's offset without a colon."""
        local = moment.astimezone(self._zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def show_fields(self, issue: Issue, asked: Iterable[str] | None) -> Json:
        """The fields asked for (None: all) that exist; unset ones are null."""
        names = self._fields if asked is None else [name for name in asked if name in self._fields]
        return {name: self._show(issue.fields.get(name)) for name in names}

    def show_entry(self, entry: Entry, *, field_ids: frozenset[str] = frozenset(), epoch: bool = False) -> Json:
        """A changelog entry, of these fields only if any are named."""
        shown = [c for c in entry.changes if not field_ids or c["fieldId"] in field_ids]
        if not self.is_cloud:
            shown = [{name: value for name, value in c.items() if name != "fieldId"} for c in shown]
        created: object = int(entry.at.timestamp() * 1000) if epoch else self.show_time(entry.at)
        return {"id": str(entry.id), "author": self.show_person(entry.author), "created": created, "items": shown}

    def show_person(self, name: str) -> Json:
        """A user: ours by its address, any other by a display name."""
        ours = name == self.user
        handle = re.sub(r"\W+", "-", name.lower()).strip("-")
        shown: Json = {
            "displayName": "Sync Bot" if ours else name,
            "active": True,
            "timeZone": self.time_zone,
            "avatarUrls": {"48x48": f"{self.url}/avatar/{handle}.png"},
        }
        if ours:
            shown["emailAddress"] = name
        if self.is_cloud:
            account = f"712020:{handle}"
            return shown | {
                "self": f"{self.url}/rest/api/3/user?accountId={account}",
                "accountId": account,
                "accountType": "atlassian",
            }
        return shown | {
            "self": f"{self.url}/rest/api/2/user?username={handle}",
            "name": handle,
            "key": f"JIRAUSER-{handle}",
        }

    # ---- inside ------------------------------------------------------------------------------------------------

    def _known(self, key: str) -> Issue:
        number = self._ids.get(key)
        if number is None or number not in self._issues:
            raise KeyError(f"there is no issue {key}")
        return self._issues[number]

    def _given(self, fields: Mapping[str, object]) -> Json:
        """Fields as they are stored: text in a datetime field becomes an instant."""
        given: Json = {}
        for field_id, value in fields.items():
            kind = self._fields.get(field_id, SYSTEM_FIELDS.get(field_id, (None, None)))[1]
            if kind is None:
                raise KeyError(f"there is no field {field_id}; add_field makes one")
            given[field_id] = self._instant(value) if kind == "datetime" and isinstance(value, str) else value
        return given

    def _instant(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _show(self, value: object) -> object:
        return self.show_time(value) if isinstance(value, datetime) else value

    def _change(self, field_id: str, before: object, after: object) -> Json:
        name, kind, custom = self._fields.get(field_id, (field_id, "string", None))
        change: Json = {
            "field": name if custom else field_id,
            "fieldtype": "custom" if custom else "jira",
            "fieldId": field_id,
        }
        for side, value in (("from", before), ("to", after)):
            if isinstance(value, dict):
                change[side], change[f"{side}String"] = value["id"], value["name"]
            elif value is not None:
                midnight = " 00:00:00.0" if kind == "date" and not custom else ""
                change[side], change[f"{side}String"] = str(self._show(value)), f"{self._show(value)}{midnight}"
        return change
