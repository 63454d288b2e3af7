"""Links files: which Jira issues a milestone drives, its other codes, and the name shown for it.

A site's own TOML, as many files as it likes; contract.md has the shape. Links come from these files, from
persons who accepted a suggestion, and from codes that are themselves Jira keys; `make_links` puts them together.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from syncsvc.errors import ConfigError, Problem
from syncsvc.model import ACCEPTED_BY, JIRA_KEY, Field, Link, LinkWord, is_jira_key, project_of
from syncsvc.toml_table import TableReader, join_key, parse_toml

MAX_OFFSET_DAYS: Final = 3_650
_KEY_PATTERN: Final = f"^{JIRA_KEY}$"

Code = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", extra={"words": 'a milestone code such as "LDM-503-06"'})]
JiraKey = Annotated[str, Meta(pattern=_KEY_PATTERN, extra={"words": 'a Jira key such as "DM-17119"'})]


class _Also(Struct, frozen=True):
    jira: JiraKey
    fields: tuple[Field, ...] = tuple(Field)
    offset_days: Annotated[int, Meta(ge=-MAX_OFFSET_DAYS, le=MAX_OFFSET_DAYS)] = 0


class _Milestone(Struct, frozen=True):
    jira: JiraKey | None = None
    test_plan: JiraKey | None = None
    aka: tuple[Code, ...] = ()
    name: Annotated[str, Meta(min_length=1, extra={"words": "a text in quotes"})] | None = None
    also: tuple[_Also, ...] = ()


@dataclass(frozen=True, slots=True)
class LinksFile:
    """What all links files together declare."""

    links: tuple[Link, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)  # another code -> the milestone's code
    names: Mapping[str, str] = field(default_factory=dict)  # code -> the name shown instead of P6's


def load_links(paths: Sequence[Path], *, test_plan_offset_days: int = -45) -> LinksFile:
    """What the files declare, links in the order in which they stand there.

    ConfigError with every problem of every file at once, by file and key.
    """
    milestones: dict[str, tuple[str, _Milestone]] = {}  # code -> the place that declares it, and what
    declared_in: dict[str, str] = {}  # code -> file, of unreadable ones too
    problems: list[Problem] = []
    for path, file_name in _named(paths):
        try:
            tables = parse_toml(path)
        except ConfigError as error:
            problems.append(Problem("", error.message.rstrip(".")))
            continue
        reader = TableReader(file_name)
        reader.refuse_unknown(tables, ["milestones"], "")
        for code, milestone in _read_milestones(reader, tables.get("milestones", {})):
            where = join_key("milestones", code)
            if code in declared_in:
                reader.report(where, f"stands in {declared_in[code]} too", "Keep it in one file.")
            elif milestone is not None:
                milestones[code] = (f"{file_name}: {where}", milestone)
            declared_in.setdefault(code, file_name)
        problems.extend(reader.problems)
    links = [
        link for code, (where, m) in milestones.items() for link in _links_of(code, where, m, test_plan_offset_days)
    ]
    problems.extend(_find_repeated_links(links))
    problems.extend(_find_alias_problems(milestones))
    if problems:
        raise ConfigError("The links cannot be used:", problems=problems)
    return LinksFile(
        links=tuple(links),
        aliases={alias: code for code, (_, milestone) in milestones.items() for alias in milestone.aka},
        names={code: milestone.name for code, (_, milestone) in milestones.items() if milestone.name is not None},
    )


def make_links(
    file: LinksFile,
    codes: Iterable[str],
    code_is_key: Collection[str],
    words: Iterable[LinkWord] = (),
    *,
    test_plan_offset_days: int = -45,
    time_zone: tzinfo = UTC,
) -> tuple[Link, ...]:
    """Every link there is: declared, accepted by a person, and of codes that are Jira keys of `code_is_key` projects.

    What a file says about a pair of code and key stands, whatever was said elsewhere, and no pair is linked twice.
    `time_zone` is where the instant of an acceptance becomes a day. In order of code, then key.
    """
    links: dict[tuple[str, str], list[Link]] = {}
    for declared in file.links:
        links.setdefault((declared.code, declared.key), []).append(declared)
    for word in words:
        if word.accepted:
            link = _accepted(word, file.aliases, test_plan_offset_days, time_zone)
            links.setdefault((link.code, link.key), [link])
    for code in codes:
        if is_jira_key(code) and project_of(code) in code_is_key:
            link = Link(code, code, role="code_is_key", declared="config: links.code_is_key")
            links.setdefault((code, code), [link])
    return tuple(link for pair in sorted(links) for link in links[pair])


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file once, with its name as messages show it: the whole path only where two have one name."""
    different = list(dict.fromkeys(paths))
    names = [path.name for path in different]
    return [(path, path.name if names.count(path.name) == 1 else str(path)) for path in different]


def _read_milestones(reader: TableReader, tables: object) -> Iterable[tuple[str, _Milestone | None]]:
    if not isinstance(tables, dict):
        reader.report("milestones", 'must hold one table for each milestone, such as [milestones."LDM-503-06"]')
        return
    for code, table in tables.items():
        where = join_key("milestones", code)
        if re.fullmatch(r"\S(.*\S)?", code) is None or not code.isprintable():
            reader.report(where, "is not a milestone code: it is empty, or has blanks around it")
            continue
        milestone = reader.read_struct(table, _Milestone, where)
        for at, also in enumerate(milestone.also if milestone else ()):
            if not also.fields:
                reader.report(f"{where}.also[{at}].fields", "is empty", 'Name "due", "completed" or both.')
        yield code, milestone


def _links_of(code: str, where: str, milestone: _Milestone, test_plan_offset_days: int) -> Iterable[Link]:
    if milestone.jira is not None:
        yield Link(code, milestone.jira, declared=f"{where}.jira")
    if milestone.test_plan is not None:
        due = frozenset({Field.DUE})
        yield Link(code, milestone.test_plan, due, test_plan_offset_days, "test_plan", f"{where}.test_plan")
    for at, also in enumerate(milestone.also):
        yield Link(code, also.jira, frozenset(also.fields), also.offset_days, "also", f"{where}.also[{at}].jira")


def _accepted(word: LinkWord, aliases: Mapping[str, str], test_plan_offset_days: int, time_zone: tzinfo) -> Link:
    code, on = aliases.get(word.code, word.code), f" on {word.at.astimezone(time_zone):%Y-%m-%d}" if word.at else ""
    declared = f"{ACCEPTED_BY}{word.actor}{on}"
    if word.role == "test_plan":
        return Link(code, word.key, frozenset({Field.DUE}), test_plan_offset_days, word.role, declared)
    return Link(code, word.key, role=word.role, declared=declared)


def _find_repeated_links(links: Iterable[Link]) -> list[Problem]:
    """One milestone cannot give one field of one issue twice."""
    places: dict[tuple[str, str, Field], str] = {}
    problems: list[Problem] = []
    for link in links:
        earlier = [
            places[at] for name in Field if (at := (link.code, link.key, name)) in places and name in link.fields
        ]
        if earlier:
            other = earlier[0].partition(": ")[2]
            problems.append(Problem(link.declared, f"{link.key} is linked by {other} already", "Take one of them out."))
        places.update({(link.code, link.key, name): link.declared for name in link.fields})
    return problems


def _find_alias_problems(milestones: Mapping[str, tuple[str, _Milestone]]) -> list[Problem]:
    """Another code must lead to one milestone, and must not be one itself."""
    codes_by_alias: dict[str, str] = {}
    problems: list[Problem] = []
    for code, (where, milestone) in milestones.items():
        for at, alias in enumerate(milestone.aka):
            place = f"{where}.aka[{at}]"
            if alias == code:
                problems.append(Problem(place, f"{alias} is the milestone's own code", "Take it out."))
            elif alias in milestones:
                declared = milestones[alias][0]
                problems.append(Problem(place, f"{alias} is a milestone itself: {declared}", "Take one of them out."))
            elif codes_by_alias.setdefault(alias, code) != code:
                hint = "One code can lead to one milestone only."
                problems.append(Problem(place, f"{alias} is an aka of {codes_by_alias[alias]} already", hint))
    return problems
