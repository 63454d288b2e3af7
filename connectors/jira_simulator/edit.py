"""PUT /issue/{key}: the checks that Jira makes, and then all of the edit or nothing."""

import re
from datetime import date, datetime

from connectors.jira_simulator.issue import Issue, Json
from connectors.jira_simulator.site import Site
from connectors.jira_simulator.wire import Call, Refused

NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
NO_QUIET_EDIT = "To discard the user notification either admin or project admin permissions are required."
_READ_ONLY = ("status", "resolution", "resolutiondate", "statuscategorychangedate", "created", "updated", "project")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")


def edit_issue(site: Site, issue: Issue, call: Call) -> None:
    """Carry out the edit, or raise `Refused` with everything that is wrong and change nothing."""
    if issue.forbidden or not site.permitted("EDIT_ISSUES", issue.project):
        raise Refused(403, "You do not have permission to edit issues in this project.")
    if not isinstance(call.body, dict):
        raise Refused(400, "No content to map to Object due to end of input")
    _check_query(site, issue, call)
    wanted, comments, errors = _read_body(call.body, call.version)
    for field_id, value in wanted.items():
        if field_id not in errors and (problem := _find_problem(site, issue, field_id, value)):
            errors[field_id] = problem
    if comments and not site.permitted("ADD_COMMENTS", issue.project):
        errors["comment"] = "You do not have the permission to comment on this issue."
    if errors:
        raise Refused(400, errors=errors)
    site.write(issue, wanted, site.user, comments)


def _check_query(site: Site, issue: Issue, call: Call) -> None:
    if call.query.get("notifyUsers", "true") != "true" and not any(
        site.permitted(permission, issue.project) for permission in ("ADMINISTER_PROJECTS", "ADMINISTER")
    ):
        raise Refused(403, NO_QUIET_EDIT)
    for override in ("overrideScreenSecurity", "overrideEditableFlag"):
        if call.query.get(override) == "true":
            raise Refused(403, f"Only Connect and Forge apps may use {override}.")


def _read_body(body: Json, version: str | None) -> tuple[Json, list[str], dict[str, str]]:
    """Fields to set, comments to add, and errors by field."""
    fields, updates = body.get("fields", {}), body.get("update", {})
    if not isinstance(fields, dict) or not isinstance(updates, dict) or not (fields or updates):
        raise Refused(400, "Can not deserialize the edit: 'fields' and 'update' are objects, and one is needed.")
    if "properties" in body:
        raise Refused(400, "The simulator keeps no issue properties.")
    wanted: Json = dict(fields)
    comments: list[str] = []
    errors: dict[str, str] = {}
    for field_id, operations in updates.items():
        if field_id in fields:
            errors[field_id] = f"Field '{field_id}' cannot be in both 'fields' and 'update'."
        elif field_id == "comment":
            _read_comments(operations, version, comments, errors)
        elif isinstance(operations, list) and len(operations) == 1 and list(operations[0]) == ["set"]:
            wanted[field_id] = operations[0]["set"]
        else:
            errors[field_id] = f"The simulator knows only one 'set' for field '{field_id}'."
    return wanted, comments, errors


def _read_comments(operations: object, version: str | None, comments: list[str], errors: dict[str, str]) -> None:
    for operation in operations if isinstance(operations, list) else [operations]:
        added = operation.get("add") if isinstance(operation, dict) else None
        text = added.get("body") if isinstance(added, dict) else None
        if version == "3":
            if not isinstance(text, dict) or text.get("type") != "doc":
                errors["comment"] = "Comment body is not valid!"
            else:
                comments.append(_plain_text(text))
        elif not isinstance(text, str):
            errors["comment"] = "Operation value must be a string"
        elif not text.strip():
            errors["comment"] = "Comment body can not be empty!"
        else:
            comments.append(text)


def _plain_text(node: Json) -> str:
    """The words of an Atlassian document."""
    inner = node.get("content", [])
    words = "".join(_plain_text(child) for child in inner) if isinstance(inner, list) else ""
    return str(node.get("text", "")) + words


def _find_problem(site: Site, issue: Issue, field_id: str, value: object) -> str | None:
    kind = site.fields().get(field_id, ("", "", None))[1]
    unscheduled = field_id == "duedate" and not site.permitted("SCHEDULE_ISSUES", issue.project)
    if not kind or field_id in _READ_ONLY or field_id in issue.off_screen or unscheduled:
        return NOT_ON_SCREEN.format(field_id)
    if field_id == "summary" and not (isinstance(value, str) and value.strip()):
        return "You must specify a summary of the issue."
    if value is None:
        return None
    if kind in ("date", "datetime", "string") and not isinstance(value, str):
        return "Operation value must be a string"
    if kind == "date" and not _is_date(str(value)):
        if site.is_cloud and field_id == "duedate":
            return 'The duedate must be of the format "yyyy-MM-dd"'
        return f"Error parsing date string: {value}"
    if kind == "datetime" and not _is_date_time(str(value)):
        return f"Error parsing time: {value}"
    return None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    try:
        return bool(_DATE_TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False
