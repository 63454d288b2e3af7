"""Which path of the simulated Jira is answered by what."""

import re
from collections.abc import Callable

from connectors.jira_simulator import reading
from connectors.jira_simulator.edit import edit_issue
from connectors.jira_simulator.faults import LOGIN_PAGE
from connectors.jira_simulator.issue import Json
from connectors.jira_simulator.site import PERMISSIONS, Site
from connectors.jira_simulator.wire import Answer, Call, Refused

Route = Callable[..., Answer]  # (site, call, *names in the path)


def answer(site: Site, call: Call) -> Answer:
    """Do what is asked and say so; a caller can do nothing that raises."""
    if call.version is None:
        return Answer(200, LOGIN_PAGE)
    if not site.is_cloud and call.authorization.startswith("Basic "):
        return _tell(403, "Basic Authentication has been disabled on this instance.")
    public = call.resource == "/serverInfo" or (site.admits_bad_tokens and call.resource != "/myself")
    if site.blind and not public:
        refused = _tell(401, "Client must be authenticated to access this resource.")
        login = {"WWW-Authenticate": f'OAuth realm="{site.url}"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
        return Answer(refused.status, refused.body, login)
    try:
        return _follow_route(site, call)
    except Refused as refused_call:
        return refused_call.answer


def _tell(status: int, message: str) -> Answer:
    """How Jira words what its REST layer refuses, before any resource is asked."""
    return Answer(status, {"message": message, "status-code": status})


def _follow_route(site: Site, call: Call) -> Answer:
    known = False
    for methods, flavours, pattern, route in ROUTES:
        match = pattern.fullmatch(call.resource)
        if match and site.flavour in flavours and (site.is_cloud or call.version != "3"):
            known = True
            if call.method in methods:
                if call.method != "GET" and not call.content_type.startswith("application/json"):
                    return _tell(415, "Unsupported Media Type")
                return route(site, call, *match.groups())
    return _tell(405, "Method Not Allowed") if known else _tell(404, f"null for uri: {site.url}{call.path}")


def _server_info(site: Site, call: Call) -> Answer:
    version = [1001, 0, 0] if site.is_cloud else [10, 3, 4]
    info: Json = {
        "baseUrl": site.url,
        "version": "1001.0.0-SNAPSHOT" if site.is_cloud else "10.3.4",
        "versionNumbers": version,
        "deploymentType": "Cloud" if site.is_cloud else "Server",
        "buildNumber": 100287,
        "buildDate": "2025-12-01T00:00:00.000+0000",
        "serverTime": site.show_time(site.now()),
        "scmInfo": "0" * 40,
        "serverTitle": "Jira",
    }
    if site.is_cloud:
        info |= {"displayUrl": site.url, "serverTimeZone": site.time_zone}
    return Answer(200, info)


def _myself(site: Site, call: Call) -> Answer:
    person = site.show_person(site.user) | {"locale": "en_US", "expand": "groups,applicationRoles"}
    return Answer(200, person | {name: {"size": 0, "items": []} for name in ("groups", "applicationRoles")})


def _fields(site: Site, call: Call) -> Answer:
    return Answer(200, [_show_field(field_id, *about) for field_id, about in site.fields().items()])


def _show_field(field_id: str, name: str, kind: str, custom: str | None) -> Json:
    schema: Json = {"type": kind, "system": field_id}
    clauses = [field_id]
    if custom:
        number = field_id.rpartition("_")[2]
        schema = {"type": kind, "custom": custom} | ({"customId": int(number)} if number.isdecimal() else {})
        clauses = [f"cf[{number}]", name]
    return {
        "id": field_id,
        "key": field_id,
        "name": name,
        "custom": bool(custom),
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": clauses,
        "schema": schema,
    }


def _my_permissions(site: Site, call: Call) -> Answer:
    asked = [word for word in call.query.get("permissions", "").split(",") if word]
    if not asked:
        if site.is_cloud:
            raise Refused(400, "The 'permissions' query parameter is required.")
        asked = list(PERMISSIONS)
    unknown = [word for word in asked if word not in PERMISSIONS]
    if unknown:
        raise Refused(400, f"Unrecognized permission keys: {', '.join(unknown)}")
    project = call.query.get("projectKey")
    if "issueKey" in call.query:
        project = reading.find_issue(site, call.query["issueKey"]).project
    elif project is not None and project not in site.projects():
        raise Refused(404, f"No project could be found with key '{project}'.")
    projects = site.projects() if project is None else {project}
    return Answer(
        200,
        {
            "permissions": {
                word: {
                    "id": str(list(PERMISSIONS).index(word)),
                    "key": word,
                    "name": word.replace("_", " ").title(),
                    "type": "GLOBAL" if word == "ADMINISTER" else "PROJECT",
                    "description": "",
                    "havePermission": any(site.permitted(word, project) for project in projects),
                }
                for word in asked
            }
        },
    )


def _put_issue(site: Site, call: Call, name: str) -> Answer:
    issue = reading.find_issue(site, name)
    edit_issue(site, issue, call)
    if site.is_cloud and call.query.get("returnIssue") == "true":
        return Answer(200, reading.show_issue(site, issue, ["*all"]))
    return Answer(204)


_BOTH = ("cloud", "data-center")
ROUTES: list[tuple[tuple[str, ...], tuple[str, ...], re.Pattern[str], Route]] = [
    (methods, flavours, re.compile(pattern), route)
    for methods, flavours, pattern, route in (
        (("GET",), _BOTH, "/serverInfo", _server_info),
        (("GET",), _BOTH, "/myself", _myself),
        (("GET",), _BOTH, "/field", _fields),
        (("GET",), _BOTH, "/mypermissions", _my_permissions),
        (("GET", "POST"), ("cloud",), "/search", reading.search_removed),
        (("GET", "POST"), ("cloud",), "/search/jql", reading.search_by_token),
        (("GET", "POST"), ("data-center",), "/search", reading.search_by_offset),
        (("POST",), ("cloud",), "/issue/bulkfetch", reading.bulkfetch),
        (("POST",), ("cloud",), "/changelog/bulkfetch", reading.bulk_changelog),
        (("GET",), _BOTH, "/issue/(?!bulkfetch)([^/]+)", reading.get_issue),
        (("PUT",), _BOTH, "/issue/(?!bulkfetch)([^/]+)", _put_issue),
    )
]
