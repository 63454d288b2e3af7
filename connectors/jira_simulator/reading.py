"""How issues are found and shown: search, bulkfetch and GET issue."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from connectors.jira_simulator.issue import Issue, Json
from connectors.jira_simulator.jql import JqlError, Query, parse
from connectors.jira_simulator.site import Site
from connectors.jira_simulator.wire import Answer, Call, Refused

_BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."
_UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
_SEARCH_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guide "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_NO_ISSUE = "Issue does not exist or you do not have permission to see it."
_MOST_CHANGELOG_ENTRIES = 100  # what expand=changelog shows on Cloud; Data Center shows all


def get_issue(site: Site, call: Call, name: str) -> Answer:
    """GET /issue/{key}: always fresh, whatever the index says."""
    issue = find_issue(site, name)
    return Answer(200, show_issue(site, issue, _words(call.query.get("fields")), _words(call.query.get("expand"))))


def find_issue(site: Site, name: str) -> Issue:
    """The issue, or a 404 that does not say whether it is missing or hidden."""
    issue = site.find(name)
    if issue is None:
        raise Refused(404, _NO_ISSUE)
    return issue


def bulkfetch(site: Site, call: Call) -> Answer:
    """Cloud's /issue/bulkfetch: up to 100 ids and keys; what is missing or hidden is left out in silence."""
    kinds = {"issueIdsOrKeys": list, "fields": list, "expand": list, "fieldsByKeys": bool, "properties": list}
    body = _checked_body(call.body, kinds)
    asked = _strings(body.get("issueIdsOrKeys", []))
    if not asked or len(asked) > 100:
        raise Refused(400, "Between 1 and 100 issue ids or keys can be fetched at once.")
    indexed = site.indexed(bulkfetch=True)
    fields = _strings(body.get("fields", ["*navigable"]))
    expand = _strings(body.get("expand", []))
    issues: list[Json] = []
    errors: list[Json] = []
    for issue in _find_all(site, asked):
        if issue.bulk_error:
            errors.append({"id": str(issue.id), "errorMessage": issue.bulk_error})
        elif issue.id in indexed:
            issues.append(show_issue(site, indexed[issue.id], fields, expand))
    return Answer(200, {"issues": issues, "issueErrors": errors})


def search_removed(site: Site, call: Call) -> Answer:
    """Cloud's old /search."""
    raise Refused(410, _SEARCH_REMOVED)


def search_by_token(site: Site, call: Call) -> Answer:
    """Cloud's /search/jql: bounded queries, pages by token, no total."""
    if call.method == "GET":
        body: Json = dict(call.query) | {"fields": _words(call.query.get("fields"))}
        body["maxResults"] = _number(call.query, "maxResults", 50)
    else:
        kinds = {"jql": str, "fields": list, "expand": str, "maxResults": int, "nextPageToken": str}
        body = _checked_body(call.body, kinds | {"fieldsByKeys": bool, "properties": list, "reconcileIssues": list})
    jql = str(body.get("jql") or "")
    query = _parse(site, jql)
    if not query.bounded:
        raise Refused(400, _UNBOUNDED)
    fields = _strings(body.get("fields") or ["id"])
    expand = _words(body.get("expand"))
    most = 5000 if set(fields) <= {"id", "key"} else site.page_cap
    size = max(1, min(int(body.get("maxResults") or 50), most))
    start = _read_token(body.get("nextPageToken"), jql)
    matches = _matches(site, query, strict=True)
    page = matches[start : start + size]
    shown = [{"id": str(i.id)} if fields == ["id"] else show_issue(site, i, fields, expand) for i in page]
    if start + size >= len(matches):
        return Answer(200, {"issues": shown, "isLast": True})
    return Answer(200, {"issues": shown, "isLast": False, "nextPageToken": _write_token(start + size, jql)})


def search_by_offset(site: Site, call: Call) -> Answer:
    """Data Center's /search: startAt, maxResults, total."""
    if call.method == "GET":
        body: Json = dict(call.query)
        fields, expand = _words(call.query.get("fields")), _words(call.query.get("expand"))
    else:
        kinds = {"jql": str, "startAt": int, "maxResults": int, "fields": list, "expand": list, "validateQuery": object}
        body = _checked_body(call.body, kinds)
        fields, expand = _strings(body.get("fields", [])), _strings(body.get("expand", []))
    start = _number(body, "startAt", 0)
    size = min(_number(body, "maxResults", 50), site.page_cap)
    strict = str(body.get("validateQuery", "strict")).lower() in ("strict", "true")
    matches = _matches(site, _parse(site, str(body.get("jql") or "")), strict=strict)
    shown = [show_issue(site, issue, fields or ["*navigable"], expand) for issue in matches[start : start + size]]
    return Answer(
        200,
        {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(matches), "issues": shown},
    )


def show_issue(site: Site, issue: Issue, fields: Sequence[str], expand: Iterable[str] = ()) -> Json:
    """An issue with the fields asked for; unknown field ids are passed over, as Jira does."""
    shown: Json = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog",
        "id": str(issue.id),
        "self": f"{site.url}/rest/api/2/issue/{issue.id}",
        "key": issue.key,
        "fields": site.show_fields(issue, _chosen(site, fields)),
    }
    if "changelog" in expand:
        newest_first = issue.changelog[::-1]
        histories = newest_first[:_MOST_CHANGELOG_ENTRIES] if site.is_cloud else newest_first
        shown["changelog"] = {
            "startAt": 0,
            "maxResults": len(histories),
            "total": len(newest_first),
            "histories": [site.show_entry(entry) for entry in histories],
        }
    return shown


def bulk_changelog(site: Site, call: Call) -> Answer:
    """Cloud's /changelog/bulkfetch: histories by issue id, oldest first, of some fields only."""
    body = _checked_body(call.body, {"issueIdsOrKeys": list, "fieldIds": list, "maxResults": int, "nextPageToken": str})
    asked = _strings(body.get("issueIdsOrKeys", []))
    field_ids = frozenset(_strings(body.get("fieldIds", [])))
    if not 1 <= len(asked) <= 1000 or len(field_ids) > 10:
        raise Refused(400, "Between 1 and 1000 issue ids or keys and at most 10 field ids can be asked for at once.")
    size = max(1, min(int(body.get("maxResults") or 1000), 10000))
    start = _read_token(body.get("nextPageToken"), "changelog")
    entries = [
        (issue, shown)
        for issue in _find_all(site, asked)
        for entry in issue.changelog
        if (shown := site.show_entry(entry, field_ids=field_ids, epoch=site.epoch_changelog))["items"]
    ]
    logs: dict[str, list[Json]] = {}
    for issue, shown in entries[start : start + size]:
        logs.setdefault(str(issue.id), []).append(shown)
    answer: Json = {"issueChangeLogs": [{"issueId": number, "changeHistories": log} for number, log in logs.items()]}
    if start + size < len(entries):
        answer["nextPageToken"] = _write_token(start + size, "changelog")
    return Answer(200, answer)


def _chosen(site: Site, fields: Sequence[str]) -> list[str]:
    """The ids that a list such as ["*all", "-summary"] means."""
    dropped = {name[1:] for name in fields if name.startswith("-")}
    named = [name for name in fields if not name.startswith("-")]
    if not named or "*all" in named or "*navigable" in named:
        named = list(site.fields())
    return [name for name in named if name not in dropped]


def _find_all(site: Site, names: Iterable[str]) -> list[Issue]:
    """The issues of these ids and keys that the account sees, each once, by ascending id."""
    found = {issue.id: issue for name in names if (issue := site.find(name))}
    return [found[number] for number in sorted(found)]


def _parse(site: Site, jql: str) -> Query:
    try:
        return parse(jql, site.now().astimezone(ZoneInfo(site.time_zone)))
    except JqlError as error:
        raise Refused(400, *error.messages) from error


def _matches(site: Site, query: Query, *, strict: bool) -> list[Issue]:
    """The issues that a query finds, in its order; a key that finds nothing spoils the whole of a strict query."""
    indexed = site.indexed()
    unknown = {value for values in query.projects for value in values} - (site.projects() if query.projects else set())
    messages = [f"The value '{value}' does not exist for the field 'project'." for value in sorted(unknown)]
    types = {name.casefold() for name in site.issue_types()}
    messages += [
        f"The value '{value}' does not exist for the field 'issuetype'."
        for values in query.types
        for value in values
        if value.casefold() not in types
    ]
    messages += [
        f"Field 'cf[{field_id.rpartition('_')[2]}]' does not exist or you do not have permission to view it."
        for field_id in query.filled
        if field_id not in site.fields()
    ]
    ids: set[int] | None = None
    for name, values in query.names:
        found = {value: site.find(value) for value in values}
        missing = [value for value, issue in found.items() if issue is None]
        messages += [_missing_text(value, name) for value in missing]
        here = {issue.id for issue in found.values() if issue}
        ids = here if ids is None else ids & here
    if messages and strict:
        raise Refused(400, *messages)
    candidates = indexed.values() if ids is None else [indexed[number] for number in ids if number in indexed]
    matches = [i for i in candidates if site.sees(i) and query.holds(i.project, i.fields)]
    matches.sort(key=lambda issue: issue.id, reverse=True)  # without an order Jira promises none
    for name, descending in reversed(query.order):
        matches.sort(key=lambda issue: _sort_key(issue, name), reverse=descending)
    return matches


def _missing_text(value: str, name: str) -> str:
    if value.isdecimal():
        return f"A value with ID '{value}' does not exist for the field '{name}'."
    return f"An issue with key '{value}' does not exist for field '{name}'."


def _sort_key(issue: Issue, name: str) -> tuple[object, ...]:
    if name in ("updated", "created"):
        return (issue.fields[name],)
    return (issue.id,) if name == "id" else (issue.project, issue.number)


def _write_token(start: int, about: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, about]).encode()).decode()


def _read_token(token: object, about: str) -> int:
    if not token:
        return 0
    try:
        start, made_for = json.loads(base64.urlsafe_b64decode(str(token)))
    except (ValueError, binascii.Error):
        start, made_for = 0, None
    if made_for != about:
        raise Refused(400, "The nextPageToken is not valid for this request.")
    return int(start)


def _checked_body(body: object, kinds: Mapping[str, type]) -> Json:
    """The body if it has only the members that Jira knows, of its types; else the 400 it gives without saying why."""
    if not isinstance(body, dict):
        raise Refused(400, _BAD_PAYLOAD)
    for name, value in body.items():
        if name not in kinds or (value is not None and not isinstance(value, kinds[name])):
            raise Refused(400, _BAD_PAYLOAD)
        if value and name in ("fieldsByKeys", "properties", "reconcileIssues"):
            raise Refused(400, f"The simulator knows no {name}.")
    return body


def _strings(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _number(source: Mapping[str, object], name: str, default: int) -> int:
    value = source.get(name)
    try:
        return default if value is None else int(str(value))
    except ValueError:
        raise Refused(400, f"{name} must be a number") from None
