"""Which field of this Jira takes a completion, and what the account may do: everything `check` finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.jira.issues import DateField
from connectors.jira.settings import AUTO, CLOUD, DATA_CENTER, FLAVOURS, JiraSettings
from connectors.jira.transport import Transport
from syncsvc.errors import AccessRefused, ConfigError, ExitCode, Problem, SourceError

#: Permission -> what it is for. Notify is apart: either of two permissions will do.
_ALWAYS_NEEDED: Final = {
    "BROWSE_PROJECTS": "to see the issues",
    "EDIT_ISSUES": "to write dates",
    "SCHEDULE_ISSUES": "to write due dates",
}
_FOR_COMMENTS: Final = {"ADD_COMMENTS": "because comment = true"}
CODE_FIELD_SETTING: Final = "links.code_field"
_FOR_QUIET: Final = ("ADMINISTER_PROJECTS", "ADMINISTER")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What kind of custom field is looked for, and the words about it."""

    type: str
    fields: str
    purpose: str
    only: str


_COMPLETION: Final = _Wanted("date", "date fields", "dates", "Only a field of type date can hold a completion")
_CODE: Final = _Wanted("string", "text fields", "texts", "Only a field of type string can hold a code")


@dataclass(frozen=True, slots=True)
class Server:
    """What the server says of itself."""

    cloud: bool
    base_url: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are to this Jira, and the time zone in which it reads the dates of our queries, if it is known."""

    id: str
    zone: ZoneInfo | None


def ask_server(transport: Transport) -> Server:
    """Cloud or not; anything that does not call itself Cloud is Data Center, whose own word is "Server"."""
    answer = transport.ask("GET", "serverInfo")
    said = answer.json() if answer.accepted else None
    if not isinstance(said, dict) or not isinstance(said.get("deploymentType"), str):
        raise SourceError(
            f"{transport.place} does not answer like a Jira ({answer.status} for serverInfo)",
            "See whether `url` is right, with the path Jira runs under, if it has one, and `flavour`.",
        )
    base_url = said.get("baseUrl")
    return Server(said["deploymentType"].lower() == CLOUD, base_url.rstrip("/") if isinstance(base_url, str) else None)


def prove_access(transport: Transport) -> Account:
    """Raises AccessRefused unless Jira knows who we are: with a bad token much of it answers as if to nobody."""
    answer = transport.ask("GET", "myself")
    said = answer.json() if answer.accepted else None
    if not isinstance(said, dict):
        words = transport.words(answer)
        raise AccessRefused(
            f"{transport.place} does not say who we are ({answer.status}{': ' + words if words else ''})"
        )
    return Account(str(said.get("accountId") or said.get("key") or said.get("name") or ""), _zone_of(said))


def _zone_of(said: Mapping[str, Any]) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(said["timeZone"]))
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, a folder of zones an OSError
        return None


def find_completed_field(transport: Transport, wanted: str, where: str) -> DateField:
    """The custom date field of this id or name; ConfigError lists the candidates where that is not exactly one."""
    return choose_completed_field(_list_fields(transport), wanted, f"{where}.completed_field")


def choose_completed_field(fields: Sequence[Mapping[str, Any]], wanted: str, where: str) -> DateField:
    """An id wins over a name; names are compared without case and count only for date fields."""
    return DateField(*_choose(fields, wanted, where, _COMPLETION))


def find_code_field(transport: Transport, wanted: str, where: str) -> str:
    """The id of the custom text field of this id or name that holds milestone codes; ConfigError as above."""
    return _choose(_list_fields(transport), wanted, where, _CODE)[0]


def _list_fields(transport: Transport) -> list[Mapping[str, Any]]:
    answer = transport.ask("GET", "field")
    fields = answer.json() if answer.accepted else None
    if not isinstance(fields, list):
        raise SourceError(f"{transport.place} does not list its fields ({answer.status})")
    return [f for f in fields if isinstance(f, dict)]


def _choose(fields: Sequence[Mapping[str, Any]], wanted: str, where: str, kind: _Wanted) -> tuple[str, str]:
    """Id and name."""
    candidates = {str(f["id"]): str(f.get("name", "")) for f in fields if f.get("id") and _is_custom(f, kind.type)}
    if wanted in candidates:
        return wanted, candidates[wanted]
    named = [field_id for field_id, name in candidates.items() if name.casefold() == wanted.casefold()]
    if len(named) == 1:
        return named[0], candidates[named[0]]
    of_all = _list(candidates, list(candidates)) or "this Jira has none, or none that this account can see"
    listed = f"{kind.fields.capitalize()}: {of_all}."
    if named:
        said, hint = (
            f"{len(named)} {kind.fields} are called {wanted!r}",
            f"Give the id of one: {_list(candidates, named)}.",
        )
    elif other := [f for f in fields if wanted in (f.get("id"), f.get("name"))]:
        type_of_it = _type_of(other[0])
        what = f"of type {type_of_it}" if type_of_it else "something else"
        said = f"{wanted!r} is not a custom field for {kind.purpose}, but {what}"
        hint = f"{kind.only}. {listed}"
    else:
        said, hint = f"there is no field {wanted!r}", listed
    raise ConfigError(f"{where}: {said}", hint, [Problem(where, said, hint)])


def find_problems(transport: Transport, settings: JiraSettings, where: str) -> list[Problem]:
    """Everything that would keep a run from working: address, token, flavour, field, permissions."""
    problems = find_setting_problems(settings, where)
    if problems:
        return problems
    try:
        server = ask_server(transport)
        prove_access(transport)
    except SourceError as error:
        return [Problem(where, error.message, error.hint, error.exit_code)]
    if settings.flavour != AUTO and server.cloud is not (settings.flavour == CLOUD):
        said = CLOUD if server.cloud else DATA_CENTER
        problems.append(
            Problem(
                f"{where}.flavour",
                f'flavour is "{settings.flavour}", but the server is {said}',
                f'Set flavour = "{said}".',
            )
        )
    for part in (_find_field_problems, _find_permission_problems):
        try:
            problems += part(transport, settings, where)
        except SourceError as error:
            problems.append(Problem(where, error.message, error.hint, error.exit_code))
    return problems


def find_setting_problems(settings: JiraSettings, where: str) -> list[Problem]:
    """What can be told without asking anybody."""
    problems = []
    if settings.flavour not in FLAVOURS:
        known = ", ".join(f'"{flavour}"' for flavour in sorted(FLAVOURS))
        problems.append(Problem(f"{where}.flavour", f"{settings.flavour!r} is no flavour of Jira", f"One of {known}."))
    if settings.flavour == CLOUD and not settings.user:
        problems.append(
            Problem(
                f"{where}.user",
                "Jira Cloud wants the user whose token it is",
                "Set user to the account's e-mail address.",
            )
        )
    if not settings.token:
        problems.append(Problem(where, "there is no token", "Set token_env or token_file."))
    return problems


def _find_field_problems(transport: Transport, settings: JiraSettings, where: str) -> list[Problem]:
    problems: list[Problem] = []
    try:
        if settings.completed_field:
            find_completed_field(transport, settings.completed_field, where)
    except ConfigError as error:
        problems += error.problems
    try:
        if settings.code_field:
            find_code_field(transport, settings.code_field, CODE_FIELD_SETTING)
    except ConfigError as error:
        problems += error.problems
    return problems


def _find_permission_problems(transport: Transport, settings: JiraSettings, where: str) -> list[Problem]:
    problems: list[Problem] = []
    needed = _ALWAYS_NEEDED | (_FOR_COMMENTS if settings.comment else {})
    for project in sorted(settings.projects):
        asked = ",".join([*needed, *(_FOR_QUIET if not settings.notify else ())])
        answer = transport.ask("GET", "mypermissions", {"projectKey": project, "permissions": asked})
        held = _held_permissions(answer.json()) if answer.accepted else frozenset()
        if "BROWSE_PROJECTS" not in held:
            hint = "Is the key right, and may the account see the project (Browse projects)?"
            problems.append(Problem(where, f"project {project} is not there or not visible", hint, ExitCode.SOURCE))
            continue
        problems += [
            Problem(
                where,
                f"permission {permission} is missing in project {project}",
                f"It is needed {reason}.",
                ExitCode.SOURCE,
            )
            for permission, reason in needed.items()
            if permission not in held
        ]
        if not settings.notify and not held.intersection(_FOR_QUIET):
            problems.append(
                Problem(
                    where,
                    f"notify = false needs the permission ADMINISTER_PROJECTS in project {project}",
                    "Without it Jira refuses every write. Give the account the permission, or set notify = true.",
                    ExitCode.SOURCE,
                )
            )
    return problems


def _held_permissions(body: Any) -> frozenset[str]:
    listed = body.get("permissions") if isinstance(body, dict) else None
    if not isinstance(listed, dict):
        return frozenset()
    return frozenset(
        name for name, said in listed.items() if isinstance(said, dict) and said.get("havePermission") is True
    )


def _is_custom(described: Mapping[str, Any], kind: str) -> bool:
    """`duedate` is of type date too, and must never take a completion."""
    return _type_of(described) == kind and described.get("custom") is True


def _type_of(described: Mapping[str, Any]) -> str:
    schema = described.get("schema")
    return str(schema.get("type") or "") if isinstance(schema, dict) else ""


def _list(names: Mapping[str, str], ids: Sequence[str]) -> str:
    return ", ".join(f"{field_id} ({names[field_id]})" for field_id in sorted(ids))
