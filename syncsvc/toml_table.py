"""TOML files into typed, frozen structs: every problem of a file at once, in plain words, with its path.

A struct says which keys there are, of which kind, with which bounds and defaults. What a value means beyond
that (a path, a time zone, an address) is told by a converter for its type.
"""

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
from msgspec import inspect as types

from syncsvc.errors import ConfigError, Problem

T = TypeVar("T", bound=msgspec.Struct)

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SECRET_KEY: Final = re.compile(
    r"(^|[_-])(token|pat|password|passwd|passphrase|pwd|secret|credentials?|(api|access|private)[_-]?key|apikey)([_-]|$)",
    re.IGNORECASE,
)


class Unfit(Exception):
    """A converter's answer to a value that cannot be used: what is wrong, and what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


#: How a text becomes a value of a type that TOML does not have.
Converters = Mapping[type, Callable[[str], object]]


def parse_toml(path: Path) -> dict[str, object]:
    """The tables of a TOML file; a ConfigError with line and column where it is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist.", "Name an existing file.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {reason}.", "Save it as UTF-8 text that this user may read."
        ) from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{path} is not valid TOML: it is nested too deeply.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except ValueError:  # the one other: Python's bound on the digits of a number
        raise ConfigError(f"{path} is not valid TOML: it holds a number of thousands of digits.") from None


def raise_problems(path: Path, problems: Collection[Problem]) -> None:
    """Raise all problems of a file as one ConfigError; nothing where there is none."""
    if problems:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigError(f"{path} has {count}:", problems=tuple(problems))


def join_key(where: str, key: str) -> str:
    """`fields.due`, `milestones."A.1"`: the path of a key as TOML would write it."""
    shown = key if _BARE_KEY.fullmatch(key) else '"' + _CONTROL.sub("?", key)[:60] + '"'
    return f"{where}.{shown}" if where else shown


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of the known words, or all of them."""
    words = list(known)
    near = difflib.get_close_matches(word[:100], words, n=1) or difflib.get_close_matches(
        word[:100].casefold(), words, n=1
    )
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known here: {', '.join(words)}." if words else ""


def is_secret_key(key: str) -> bool:
    """True for keys under which people keep secrets: token, password, api_key and the like."""
    return _SECRET_KEY.search(key) is not None


class TableReader:
    """Reads the tables of one file and collects what is wrong with them."""

    def __init__(self, file_name: str, converters: Converters | None = None) -> None:
        self.file_name = file_name
        self.problems: list[Problem] = []
        self._converters = converters or {}

    def report(self, where: str, problem: str, hint: str = "") -> None:
        """Note one problem; `where` is the path of the key."""
        self.problems.append(Problem(f"{self.file_name}: {where}" if where else self.file_name, problem, hint))

    def read_struct(
        self, table: object, kind: type[T], where: str, *, given: Mapping[str, object] | None = None
    ) -> T | None:
        """The table as a struct, or None when something in it is wrong; `given` fields are no keys of the table."""
        if not isinstance(table, dict):
            self.report(where, f"must be a table, not {_words_for_value(table)}")
            return None
        values = dict(given or {})
        fields = {field.name: field for field in msgspec.structs.fields(kind) if field.name not in values}
        problems_before = len(self.problems)
        self.refuse_unknown(table, fields, where)
        for key, field in fields.items():
            if key in table:
                values[key] = self.read_value(table[key], field.type, join_key(where, key))
            elif field.required:
                self.report(join_key(where, key), "is missing", f"It must be {words_for(field.type)}.")
            elif isinstance(field.default, Path):
                values[key] = self._converters[Path](str(field.default))
        return kind(**values) if len(self.problems) == problems_before else None

    def refuse_unknown(self, table: Mapping[str, object], known: Collection[str], where: str) -> None:
        """Report each key that means nothing here; a secret is told where it belongs and never shown."""
        for key in table:
            if key in known:
                continue
            if is_secret_key(key):
                instead = [name for name in known if name.endswith(("_env", "_file"))]
                hint = f"Take it out, and say where it is with {' or '.join(instead)}." if instead else "Take it out."
                self.report(join_key(where, key), "a secret must not stand in this file", hint)
            else:
                self.report(join_key(where, key), "is not a known key", did_you_mean(key, known))

    def read_value(self, value: object, annotation: Any, where: str) -> object:
        """One value of a declared type; what is wrong is noted, and None comes back."""
        if get_origin(annotation) is tuple:
            if not isinstance(value, list):
                self.report(where, f"must be {words_for(annotation)}, not {_words_for_value(value)}")
                return None
            each_type = get_args(annotation)[0]
            return tuple(self.read_value(each, each_type, f"{where}[{at}]") for at, each in enumerate(value))
        if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
            return self.read_struct(value, annotation, where)
        try:
            return self._convert(value, annotation)
        except Unfit as unfit:
            self.report(where, unfit.problem, unfit.hint)
            return None

    def _convert(self, value: object, annotation: Any) -> object:
        if isinstance(value, str) and _CONTROL.search(value):
            raise Unfit("holds a line break or another control character")
        kinds = _kinds_of(annotation)
        full = f"{value}:00" if types.TimeType() in kinds and _is_hour_and_minute(value) else value
        # a datetime passes for a date, a zoned time for a time of day, nan for a limit that is never reached
        misleading = (
            isinstance(value, datetime)
            or (isinstance(value, time) and value.tzinfo is not None)
            or (isinstance(value, float) and not math.isfinite(value))
        )
        if not misleading:
            try:
                return msgspec.convert(full, annotation, dec_hook=self._convert_custom)
            except msgspec.ValidationError:
                pass
        words = [word for kind in kinds for word in _choices(kind)]
        if isinstance(value, str) and words:
            near = did_you_mean(value, words)
            hint = near if near.startswith("Did") else ""
            raise Unfit(f'must be {words_for(annotation)}, not "{value[:40]}"', hint)
        hidden = any(isinstance(kind, types.Metadata) and (kind.extra or {}).get("hidden") for kind in kinds)
        shown = "this text" if hidden and isinstance(value, str) else _words_for_value(value)
        raise Unfit(f"must be {words_for(annotation)}, not {shown}")

    def _convert_custom(self, kind: type, value: object) -> object:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("not a text")
        return self._converters[kind](value)


def words_for(annotation: Any) -> str:
    """What a value of this type looks like: "a whole number from 1 to 8", "hold", "fill" or "owner"."""
    if get_origin(annotation) is tuple:
        each_type = get_args(annotation)[0]
        if isinstance(each_type, type) and issubclass(each_type, msgspec.Struct):
            return "a list of tables, each under a head in double brackets"
        return f"a list, each of it {words_for(each_type)}"
    return " or ".join(_words_for_kind(kind) for kind in _kinds_of(annotation))


def _kinds_of(annotation: Any) -> list[types.Type]:
    """The types a value may have; None is left out, for TOML has no null."""
    kind = types.type_info(annotation)
    kinds = list(kind.types) if isinstance(kind, types.UnionType) else [kind]
    return [each for each in kinds if not isinstance(each, types.NoneType)]


def _choices(kind: types.Type) -> list[str]:
    if isinstance(kind, types.EnumType):
        return [str(word.value) for word in kind.cls]
    return [str(word) for word in kind.values] if isinstance(kind, types.LiteralType) else []


def _words_for_kind(kind: types.Type) -> str:
    if isinstance(kind, types.Metadata) and kind.extra is not None:
        return str(kind.extra["words"])
    if isinstance(kind, types.IntType | types.FloatType):
        number = "a whole number" if isinstance(kind, types.IntType) else "a number"
        if kind.ge is not None and kind.le is not None:
            return f"{number} from {kind.ge} to {kind.le}"
        return number
    if isinstance(kind, types.CustomType):
        return str(getattr(kind.cls, "words", _PLAIN_WORDS.get(kind.cls, "a text")))
    choices = [f'"{word}"' for word in _choices(kind)]
    if choices:
        return " or ".join([", ".join(choices[:-1]), choices[-1]] if len(choices) > 1 else choices)
    return _PLAIN_WORDS[type(kind)]


_PLAIN_WORDS: Final[dict[type, str]] = {
    types.BoolType: "true or false",
    types.StrType: "a text in quotes",
    types.DateType: 'a date such as "2019-05-27"',
    types.TimeType: 'a time of day such as "04:30"',
    Path: "a path in quotes",
    ZoneInfo: 'a time zone such as "America/Los_Angeles"',
}


def _words_for_value(value: object) -> str:
    """A value as a message shows it: what it is and, where that is short, the value itself."""
    match value:
        case bool():
            return str(value).lower()
        case int() if abs(value) > 10**18:  # Python refuses to print some integers that TOML can say
            return "a number that large"
        case int() | float():
            return str(value)
        case str() if not value.strip():
            return "an empty text"
        case str():
            return f'"{value[:40]}"' if "://" not in value else "this address"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime():
            return f"the instant {value.isoformat()}"
        case date() | time():
            return value.isoformat()
        case _:
            return "this"


def _is_hour_and_minute(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value, re.ASCII) is not None
