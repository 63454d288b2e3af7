"""Mappings read from their files and checked: what cannot be meant is refused, naming file and key."""

import re
import tomllib
from datetime import time
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from syncsvc import HOME
from syncsvc.errors import MappingError
from syncsvc.mapping.dates import DATE_FORMATS
from syncsvc.mapping.mapping import Mapping
from syncsvc.mapping.shape import Columns, MappingFile

MAPPINGS: Final = HOME / "mappings"
FORMATS: Final = ("p6_spreadsheet", "p6_xer", "p6_pmxml", "table", "release_plan")


def builtin_mappings() -> list[str]:
    """The names of the mappings that come with syncsvc."""
    return sorted(path.stem for path in MAPPINGS.glob("*.toml"))


def load_mapping(name_or_path: str, base: Path | None = None) -> Mapping:
    """A built-in mapping by its name, or a file relative to `base`.

    Raises MappingError, naming file and key, for a file that is absent, is no TOML or has a wrong or unknown key.
    """
    if re.fullmatch(r"[A-Za-z0-9_-]+", name_or_path) and (MAPPINGS / f"{name_or_path}.toml").is_file():
        path = MAPPINGS / f"{name_or_path}.toml"
    else:
        path = (base or Path()) / Path(name_or_path).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(
            f"There is no mapping {name_or_path}: it is neither built in nor a file ({error.strerror or error}).",
            f"Built in are {', '.join(builtin_mappings())}; or name a TOML file.",
        ) from None
    return parse_mapping(path, content)


def parse_mapping(path: Path, content: bytes) -> Mapping:
    """The mapping in the bytes of a file. Raises MappingError, naming file and key, for what is none."""
    try:
        text = content.decode("utf-8")
        loaded = msgspec.convert(tomllib.loads(text), MappingFile)
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path}: is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise MappingError(f"{path}: {_in_words(str(error))}") from None
    _check(path, loaded)
    return Mapping(
        name=path.stem,
        path=path.resolve(),
        sha256=sha256(content).hexdigest(),
        description=loaded.description,
        format=loaded.format,
        side=loaded.side,
        sheet=loaded.sheet,
        captions=loaded.captions,
        caption_mark=loaded.caption_mark,
        columns=loaded.columns,
        relations=loaded.relations,
        untyped=loaded.untyped,
        working_day=loaded.working_day,
        release_plan=loaded.release_plan,
        baseline=loaded.baseline,
        encoding=loaded.encoding,
        date_formats=loaded.dates.formats,
        text=text,
        _file=loaded,
        _screen={caption.casefold(): column for caption, column in loaded.screen.items()},
        _status={word.casefold(): status for word, status in loaded.status.items()},
        _kinds={word.casefold(): kind for word, kind in loaded.kinds.items()},
    )


def _in_words(problem: str) -> str:
    """msgspec's "Object … - at `$.dates.due[0]`" as "dates.due[0]: …"."""
    what, _, where = problem.partition(" - at `")
    key = where.rstrip("`").removeprefix("$").removeprefix(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", what)
    if unknown:
        return f"{key + '.' if key else ''}{unknown[1]}: unknown key"
    missing = re.fullmatch(r"Object missing required field `(.+)`", what)
    if missing:
        return f"{key + '.' if key else ''}{missing[1]}: this key is missing"
    return f"{key}: {what}" if key else what


def _check(path: Path, loaded: MappingFile) -> None:
    """Refuse what the types cannot: unknown formats, patterns that do not compile, empty promises."""

    def refuse(key: str, problem: str) -> MappingError:
        return MappingError(f"{path}: {key}: {problem}")

    if loaded.format not in FORMATS:
        raise refuse("format", f"{loaded.format!r} is none of {', '.join(FORMATS)}")
    for number, format_name in enumerate(loaded.dates.formats):
        if format_name not in DATE_FORMATS:
            raise refuse(f"dates.formats[{number}]", f"{format_name!r} is none of {', '.join(DATE_FORMATS)}")
    if loaded.encoding is not None and not _is_encoding(loaded.encoding):
        raise refuse("encoding", f"{loaded.encoding!r} is no encoding of text; write one such as cp1252 or cp1251")
    plan = loaded.release_plan
    if (plan is None) is (loaded.format == "release_plan"):
        raise refuse("release_plan", "this table is missing" if plan is None else "is for the format release_plan only")
    patterns = {
        "project.pattern": loaded.project and loaded.project.pattern,
        "file_name.pattern": loaded.file_name and loaded.file_name.pattern,
        "predecessors.pattern": loaded.predecessors and loaded.predecessors.pattern,
        **{f"renumber[{number}].pattern": rule.pattern for number, rule in enumerate(loaded.renumber)},
    }
    if plan is not None:
        patterns |= {f"release_plan.{key}": getattr(plan, key) for key in ("heading", "entry", "section", "revision")}
        patterns |= {f"release_plan.page_lines[{number}]": line for number, line in enumerate(plan.page_lines)}
        if not loaded.dates.due or not loaded.dates.completed:
            raise refuse("dates", "due and completed must name the words that stand before these dates")
    for key, pattern in patterns.items():
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise refuse(key, f"is no regular expression: {error}") from None
    for number, rule in enumerate(loaded.renumber):
        try:
            re.compile(rule.pattern).sub(rule.replacement, "")
        except (re.error, IndexError) as error:
            raise refuse(f"renumber[{number}].replacement", f"does not fit its pattern: {error}") from None
    known = {*Columns.__struct_fields__, "due", "forecast", "completed"}
    promises = {"required": loaded.required}
    promises |= {f"exports.{kind}.required": rules.required or () for kind, rules in loaded.exports.items()}
    for key, names in promises.items():
        for name in names:
            if name not in known:
                raise refuse(key, f"{name!r} is none of {', '.join(sorted(known))}")
            if name in Columns.__struct_fields__ and getattr(loaded.columns, name) is None:
                raise refuse(key, f"{name} is required, but columns.{name} names no column")
    for key in ("start", "finish"):
        try:
            time.fromisoformat(getattr(loaded.working_day, key))
        except ValueError:
            raise refuse(f"working_day.{key}", "write a time of day as HH:MM") from None


def _is_encoding(name: str) -> bool:
    """Whether bytes become text under this name; of some names they become other bytes."""
    try:
        b"<".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True
