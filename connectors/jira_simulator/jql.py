"""The part of JQL that a milestone sync needs, with Jira's own words where it refuses the rest."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(>=|<=|!=|!~|[=<>~(),])|([^\s"'=<>!~(),]+))""")
_RELATIVE = re.compile(r"-(\d+)([mhdw])")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_DATE_HELP = (
    "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', "
    "or a period format e.g. '-5d', '4w 2d'."
)
_CUSTOM = re.compile(r"cf\[([0-9]+)\]")
_KEY_FIELDS = ("key", "issuekey", "issue", "id")
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
}


class JqlError(ValueError):
    """A query that Jira answers with 400; the messages are its."""

    def __init__(self, *messages: str) -> None:
        super().__init__(" ".join(messages))
        self.messages = list(messages)


@dataclass(slots=True)
class Query:
    """A parsed query: every condition must hold; without any it is unbounded."""

    names: list[tuple[str, list[str]]] = field(default_factory=list)  # field as written, ids or keys; each must hold
    projects: list[list[str]] = field(default_factory=list)
    updated: list[tuple[str, datetime]] = field(default_factory=list)
    types: list[list[str]] = field(default_factory=list)  # names of issue types, as written
    filled: list[str] = field(default_factory=list)  # ids of custom fields that must not be empty
    no_subtasks: bool = False
    order: list[tuple[str, bool]] = field(default_factory=list)  # field, descending

    @property
    def bounded(self) -> bool:
        return bool(self.names or self.projects or self.updated or self.types or self.filled or self.no_subtasks)

    def holds(self, project: str, fields: Mapping[str, Any]) -> bool:
        """Whether an issue meets the conditions other than those on its id or key."""
        of_type = fields["issuetype"]
        return (
            all(project in wanted for wanted in self.projects)
            and all(_COMPARE[operator](fields["updated"], moment) for operator, moment in self.updated)
            and all(of_type["name"].casefold() in (name.casefold() for name in wanted) for wanted in self.types)
            and not (self.no_subtasks and of_type["subtask"])
            and all(fields.get(field_id) not in (None, "") for field_id in self.filled)
        )


def parse(jql: str, now: datetime) -> Query:
    """Read a query. `now` is in the account's zone, in which Jira reads every date of a query."""
    tokens = _Tokens(jql)
    query = Query()
    if not tokens.at_end and not tokens.next_is("order"):
        _read_condition(tokens, query, now)
        while tokens.take("and"):
            _read_condition(tokens, query, now)
    if tokens.take("order"):
        tokens.expect("by")
        _read_order(tokens, query)
        while tokens.take(","):
            _read_order(tokens, query)
    if not tokens.at_end:
        if tokens.next_is("or") or tokens.next_is("not"):
            raise JqlError(f"The simulator knows no {tokens.text().upper()} in JQL.")
        raise JqlError(f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{tokens.text()}'.")
    return query


class _Tokens:
    def __init__(self, jql: str) -> None:
        self._tokens: list[tuple[str, bool]] = []  # text, quoted
        place = 0
        while jql[place:].strip():
            match = _TOKEN.match(jql, place)
            if match is None:
                raise JqlError(f"Error in the JQL Query: The character '{jql[place:].strip()[0]}' is reserved.")
            quoted = match[1] if match[1] is not None else match[2]
            self._tokens.append((match[3] or match[4], False) if quoted is None else (quoted, True))
            place = match.end()
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def next_is(self, word: str) -> bool:
        return not self.at_end and not self._tokens[self._at][1] and self.text().lower() == word

    def text(self) -> str:
        return self._tokens[self._at][0]

    def take(self, word: str) -> bool:
        found = self.next_is(word)
        self._at += found
        return found

    def expect(self, word: str) -> None:
        if not self.take(word):
            got = "before the end of the query" if self.at_end else f"but got '{self.text()}'"
            raise JqlError(f"Error in the JQL Query: Expecting '{word}' {got}.")

    def value(self, what: str) -> str:
        if self.at_end:
            raise JqlError(f"Error in the JQL Query: Expecting {what} before the end of the query.")
        text, quoted = self._tokens[self._at]
        if not quoted and text in "()=,<>~":
            raise JqlError(f"Error in the JQL Query: Expecting {what} but got '{text}'.")
        self._at += 1
        return text


def _read_condition(tokens: _Tokens, query: Query, now: datetime) -> None:
    if tokens.next_is("("):
        raise JqlError("The simulator knows no parentheses around conditions in JQL.")
    name = tokens.value("a field name")
    operator = _read_operator(tokens)
    field_name = name.lower()
    if custom := _CUSTOM.fullmatch(field_name):
        if operator != "is not" or not (tokens.take("empty") or tokens.take("null")):
            raise JqlError(f"The simulator knows only IS NOT EMPTY of '{name}'.")
        query.filled.append(f"customfield_{custom[1]}")
        return
    if field_name in ("issuetype", "type") and operator == "not in":
        for word in ("subtaskissuetypes", "(", ")"):
            tokens.expect(word)
        query.no_subtasks = True
        return
    if field_name not in (*_KEY_FIELDS, "project", "updated", "updateddate", "issuetype", "type"):
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    if operator == "in":
        tokens.expect("(")
        values = [tokens.value("either a value, list or function")]
        while tokens.take(","):
            values.append(tokens.value("either a value, list or function"))
        tokens.expect(")")
    else:
        values = [tokens.value("either a value, list or function")]
    is_date = field_name in ("updated", "updateddate")
    if operator not in (_COMPARE if is_date else ("=", "in")):
        raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
    if is_date:
        query.updated.append((operator, _read_date(values[0], name, now)))
    elif field_name == "project":
        query.projects.append([value.upper() for value in values])
    elif field_name in ("issuetype", "type"):
        query.types.append(values)
    else:
        malformed = [value for value in values if not value.isdecimal() and not _KEY.fullmatch(value)]
        if malformed:
            raise JqlError(*(f"The issue key '{value}' for field '{name}' is invalid." for value in malformed))
        query.names.append((name, values))


def _read_operator(tokens: _Tokens) -> str:
    for operator in ("in", "=", ">=", "<=", ">", "<", "!=", "~", "!~", "is", "was", "not"):
        if tokens.take(operator):
            if operator == "is" and tokens.take("not"):
                return "is not"
            return "not in" if operator == "not" and tokens.take("in") else operator
    got = "before the end of the query" if tokens.at_end else f"but got '{tokens.text()}'"
    raise JqlError(
        f"Error in the JQL Query: Expecting operator {got}. The valid operators are '=', '!=', '<', '>', '<=', '>=', "
        "'~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
    )


def _read_date(text: str, name: str, now: datetime) -> datetime:
    if relative := _RELATIVE.fullmatch(text):
        return now - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
    raise JqlError(f"Date value '{text}' for field '{name}' is invalid. {_DATE_HELP}")


def _read_order(tokens: _Tokens, query: Query) -> None:
    name = tokens.value("a field name")
    if name.lower() not in (*_KEY_FIELDS, "updated", "created"):
        raise JqlError(f"Not able to sort using field '{name}'.")
    descending = tokens.take("desc")
    if not descending:
        tokens.take("asc")
    query.order.append((name.lower(), descending))
    if len(query.order) > 7:
        raise JqlError("The ORDER BY clause can contain a maximum of 7 fields.")
