"""A links file from what a site kept by hand: JSON or YAML by code, with `jira`, `jira_testplan`, `aka` and `name`.

Everything that is not taken is said, with the reason; what is taken loads as a links file without a problem.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from syncsvc.errors import UsageError
from syncsvc.model import is_jira_key, project_of

MAX_BYTES: Final = 8 * 1024 * 1024
_HINT: Final = (
    'It is an object of milestones by code: {"LDM-503-06": {"jira": "DM-17119", "jira_testplan": "DM-16074"}}.'
)
#: how the file calls a link -> how a links file does
_LINKS: Final = {"jira": "jira", "jira_testplan": "test_plan"}
_CODE: Final = re.compile(r"\S(.*\S)?")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was not taken: of which milestone, which of its keys, its value, and why."""

    code: str
    what: str
    value: str
    why: str


@dataclass(slots=True)
class Taken:
    """What one milestone declares, ready to be written."""

    jira: str | None = None
    test_plan: str | None = None
    aka: list[str] = field(default_factory=list)
    name: str | None = None

    @property
    def something(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.jira or self.test_plan or self.aka or self.name)


@dataclass(frozen=True, slots=True)
class Import:
    """What a file gave: milestones by code, what was left out, and keys of the file that no links file has."""

    source: Path
    milestones: Mapping[str, Taken]
    left_out: tuple[LeftOut, ...]
    other_keys: Mapping[str, int]

    def count(self, what: str) -> int:
        """How many of jira, test_plan, aka or name were taken."""
        values = [getattr(taken, what) for taken in self.milestones.values()]
        return sum(len(value) if isinstance(value, list) else value is not None for value in values)


def read_import(path: Path, projects: Collection[str] | None = None) -> Import:
    """What the file gives. `projects`: keys of other projects are left out; None takes all.

    UsageError for a file that cannot be read or is not such an object as a whole.
    """
    pairs = _read_pairs(path)
    left_out: list[LeftOut] = []
    other_keys: Counter[str] = Counter()
    milestones: dict[str, Taken] = {}
    times = Counter(code for code, _ in pairs if isinstance(code, str))
    told: dict[str, object] = {}
    for code, told_of in pairs:
        if not isinstance(code, str) or not _CODE.fullmatch(code) or not code.isprintable():
            left_out.append(LeftOut(_show(code), "", "", "it is no milestone code (a text without blanks around it)"))
        elif code not in told:
            told[code] = told_of
            if times[code] > 1 and any(other != told_of for same, other in pairs if same == code):
                left_out.append(LeftOut(code, "", "", "the code stands there several times, and not with the same"))
            else:
                milestones[code] = _read_milestone(code, told_of, projects, left_out, other_keys)
    _drop_bad_aliases(milestones, left_out)
    kept = {code: taken for code, taken in milestones.items() if taken.something}
    return Import(path, kept, tuple(left_out), dict(sorted(other_keys.items())))


def as_links_toml(imported: Import) -> str:
    """The text of a links file (contract.md), in the order of the file it came from."""
    lines = [f"# Links taken over from {_printable(imported.source.name)} by `syncsvc links import`."]
    for code, taken in imported.milestones.items():
        lines += ["", f"[milestones.{_quoted(code)}]"]
        if taken.jira:
            lines.append(f"jira = {_quoted(taken.jira)}")
        if taken.test_plan:
            lines.append(f"test_plan = {_quoted(taken.test_plan)}")
        if taken.aka:
            lines.append(f"aka = [{', '.join(map(_quoted, taken.aka))}]")
        if taken.name:
            lines.append(f"name = {_quoted(taken.name)}")
    return "\n".join(lines) + "\n"


def _read_milestone(
    code: str,
    told: object,
    projects: Collection[str] | None,
    left_out: list[LeftOut],
    other_keys: Counter[str],
) -> Taken:
    taken = Taken()
    if told is None:
        return taken
    if not isinstance(told, _Pairs):
        left_out.append(LeftOut(code, "", _show(told), "it is no object"))
        return taken
    for key, value in told:
        name = str(key)
        if value is None or value in ("", []):
            continue
        if name in _LINKS:
            why = _why_no_link(value, projects)
            if not why and value in (taken.jira, taken.test_plan):
                why = "the milestone is linked to this issue already"
            if not why and getattr(taken, _LINKS[name]) is not None:
                why = f"{name} stands there twice"
            if why:
                left_out.append(LeftOut(code, name, _show(value), why))
            else:
                setattr(taken, _LINKS[name], value)
        elif name == "aka":
            for alias in value if isinstance(value, list) else [value]:
                if isinstance(alias, str) and _CODE.fullmatch(alias) and alias.isprintable():
                    taken.aka += [alias] if alias not in taken.aka else []
                else:
                    left_out.append(LeftOut(code, name, _show(alias), "it is no milestone code"))
        elif name == "name":
            cleaned = " ".join(_printable(value).split()) if isinstance(value, str) else ""
            if cleaned:
                taken.name = cleaned
            else:
                left_out.append(LeftOut(code, name, _show(value), "it is no text"))
        else:
            other_keys[_show(name)] += 1
    return taken


def _why_no_link(value: object, projects: Collection[str] | None) -> str:
    if not isinstance(value, str) or not is_jira_key(value):
        return "it is no Jira key such as DM-17119"
    if projects is not None and project_of(value) not in projects:
        return f"project {project_of(value)} is not configured: `projects` has {', '.join(sorted(projects)) or 'none'}"
    return ""


def _drop_bad_aliases(milestones: Mapping[str, Taken], left_out: list[LeftOut]) -> None:
    """Another code leads to one milestone, and is not one itself."""
    times = Counter(alias for taken in milestones.values() for alias in taken.aka)
    for code, taken in milestones.items():
        for alias in list(taken.aka):
            why = ""
            if alias == code:
                why = "it is the milestone's own code"
            elif alias in milestones and milestones[alias].something:
                why = "it is a milestone itself"
            elif times[alias] > 1:
                why = "several milestones have it"
            if why:
                taken.aka.remove(alias)
                left_out.append(LeftOut(code, "aka", alias, why))


class _Pairs(list[tuple[Any, Any]]):
    """An object with its keys as they stand there, so that one that stands there twice is seen."""


class _PairLoader(yaml.SafeLoader):
    """YAML without tags that make objects, and without aliases, by which a few lines can mean gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not taken", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_pairs_of(self, node: yaml.MappingNode) -> _Pairs:
        return _Pairs(
            (self.construct_object(key, True), self.construct_object(value, True)) for key, value in node.value
        )


_PairLoader.add_constructor("tag:yaml.org,2002:map", _PairLoader.construct_pairs_of)


def _read_pairs(path: Path) -> _Pairs:
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes: it holds something else.", _HINT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    is_json = path.suffix.lower() == ".json" or (
        path.suffix.lower() not in (".yaml", ".yml") and text.lstrip().startswith("{")
    )
    try:
        read = json.loads(text, object_pairs_hook=_Pairs) if is_json else yaml.load(text, _PairLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not usable YAML: {' '.join(str(error).split())}.", _HINT) from None
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "YAML"
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise UsageError(f"{path} is not usable {kind}: {why}.", _HINT) from None
    if not isinstance(read, _Pairs):
        raise UsageError(f"{path} is no object of milestones by code.", _HINT)
    return read


def _show(value: object) -> str:
    """A value in a message: short, on one line."""
    if isinstance(value, _Pairs):
        return "an object"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    text = " ".join(_printable(str(value)).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _printable(text: str) -> str:
    """The text with a blank for each character that is none to be seen; no lone surrogates."""
    return "".join(character if character.isprintable() else " " for character in text)


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, once nothing unprintable is left."""
    return json.dumps(_printable(text), ensure_ascii=False)


def left_out_lines(left_out: Iterable[LeftOut]) -> list[str]:
    """One line for each thing that was left out."""
    return [f"{' '.join(filter(None, (one.code, one.what, one.value)))}: {one.why}" for one in left_out]
