"""`syncsvc links`: which issues the milestones drive; suggestions, a person's yes or no, and taking over a list."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncsvc.cli.frame import Context, say
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.running import open_service
from syncsvc.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from syncsvc.links_import import Import
    from syncsvc.service import LinkTaken
    from syncsvc.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


@click.group("links")
def command() -> None:
    """List, suggest, accept, refuse and import links between milestones and Jira issues.

    Links come from the links files, from codes that are themselves Jira keys (code_is_key), and from suggestions that
    a person accepted. What a links file says about a pair stands.
    """


def _answering(function: F) -> F:
    return format_option("text", "json")(output_option(function))


@command.command("list")
@click.option("--unlinked", is_flag=True, help="List the milestones without a link too, instead of counting them.")
@_answering
@click.pass_obj
def list_links(context: Context, unlinked: bool, form: str, output: Path | None) -> None:
    """List every link: where it is declared, what it carries, and what the newest snapshots show of both ends."""
    from syncsvc.report.as_json import as_json
    from syncsvc.report.links_text import links_shape, links_text

    with open_service(context) as service:
        listed = service.links()
    if form == "json":
        print_result(as_json(links_shape(listed, show_unlinked=unlinked)), output)
    else:
        print_result(links_text(listed, find_page(context, output), show_unlinked=unlinked), output)


@command.command("suggest")
@click.option("--code", "prefixes", multiple=True, metavar="PREFIX", help="Only milestones whose code begins so.")
@_answering
@click.pass_obj
def suggest(context: Context, prefixes: tuple[str, ...], form: str, output: Path | None) -> None:
    """Suggest issues for the milestones of the newest export that have no link; nothing is linked by it.

    An issue is suggested because its field for codes ([links] code_field) or its name holds the milestone's code, or
    because the two names are alike: at most three for each milestone, with a score up to 1 and the reason.
    """
    from syncsvc.report.as_json import as_json
    from syncsvc.report.links_text import suggestions_shape, suggestions_text

    with open_service(context) as service:
        found = service.suggest_links(prefixes)
    if form == "json":
        print_result(as_json(suggestions_shape(found.milestones, found.searched)), output)
    else:
        print_result(suggestions_text(found.milestones, found.searched, find_page(context, output)), output)


@command.command("accept")
@click.argument("code")
@click.argument("key")
@click.option(
    "--role",
    type=click.Choice(["completion", "test_plan"]),
    default="completion",
    show_default=True,
    help="The issue that is due with the milestone and completed by it, or its test plan (due only, earlier).",
)
@_answering
@click.pass_obj
def accept(context: Context, code: str, key: str, role: str, form: str, output: Path | None) -> None:
    """Link the milestone CODE to the Jira issue KEY, in your name.

    The milestone must be in the newest export, and the issue in one of the configured projects and visible now.
    Nothing is written: the next run reads both ends and holds what differs as a first contact.
    """
    with open_service(context) as service:
        taken = service.accept_link(code, key, role)
    _print_taken(context, taken, form, output)


@command.command("refuse")
@click.argument("code")
@click.argument("key")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with your name.")
@_answering
@click.pass_obj
def refuse(context: Context, code: str, key: str, reason: str, form: str, output: Path | None) -> None:
    """Say that the milestone CODE and the issue KEY do not belong together: the pair is not suggested again.

    A link that was accepted ends; one that a links file declares is taken out there.
    """
    with open_service(context) as service:
        taken = service.refuse_link(code, key, reason)
    _print_taken(context, taken, form, output)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over the file that -o names, if it is there.")
@_answering
@click.pass_obj
def import_links(context: Context, file: Path, force: bool, form: str, output: Path | None) -> None:
    """Make a links file of FILE: JSON or YAML by milestone code, with jira, jira_testplan, aka and name.

    The links file goes to -o FILE or to standard output, and what was left out is said with the reason. Where there
    is a configuration, keys of projects that it does not name are left out. With --format json the account of it is
    printed instead, with the links file as `toml` where no -o is given.
    """
    from syncsvc.cli.output import write_output
    from syncsvc.cli.snapshot_argument import find_settings
    from syncsvc.links_import import as_links_toml, read_import
    from syncsvc.report.as_json import as_json

    into_file = output is not None and str(output) != "-"
    if into_file and output is not None and output.exists() and output.is_file() and not force:
        raise UsageError(f"{output.absolute()} is there already.", "Name another file, or write over it with --force.")
    settings = find_settings(context)
    jira = settings.jira if settings is not None else None
    imported = read_import(file, jira.projects if jira is not None else None)
    doubled = _codes_elsewhere(settings, imported, output)
    toml = as_links_toml(imported)
    if into_file:
        write_output(toml, output)
    if form == "json":
        written = str(output.absolute()) if into_file and output is not None else None
        print_result(as_json(_import_shape(imported, written, None if into_file else toml, doubled)), None)
        return
    if not into_file:
        print_result(toml, None)
    for line in _import_lines(imported, doubled, has_projects=jira is not None):
        say(line)
    if into_file and output is not None:
        say(f"Written: {output.absolute()}")


def _print_taken(context: Context, taken: "LinkTaken", form: str, output: Path | None) -> None:
    from syncsvc.report.as_json import as_json
    from syncsvc.report.links_text import taken_shape, taken_text

    what = (taken.word, taken.milestone, taken.issue, taken.warnings)
    if form == "json":
        print_result(as_json(taken_shape(*what)), output)
    else:
        print_result(taken_text(*what, find_page(context, output)), output)


def _codes_elsewhere(settings: "Settings | None", imported: "Import", output: Path | None) -> list[str]:
    """Codes of the import that stand in a configured links file already, other than the one that is written."""
    from syncsvc.links import load_links

    written = output.absolute() if output is not None else None
    files = [path for path in settings.links.files if path != written] if settings is not None else []
    try:
        declared = load_links(files)
    except ConfigError:
        return []  # `syncsvc check` says what is wrong with them
    codes = {link.code for link in declared.links} | set(declared.aliases.values()) | set(declared.names)
    return sorted(codes & imported.milestones.keys())


def _import_lines(imported: "Import", doubled: list[str], *, has_projects: bool) -> list[str]:
    from syncsvc.links_import import left_out_lines

    lines = [
        f"{imported.source}: {imported.count('jira')} completion links, {imported.count('test_plan')} test-plan links, "
        f"{imported.count('aka')} other codes and {imported.count('name')} names of "
        f"{len(imported.milestones)} milestones."
    ]
    if not has_projects:
        lines.append("Keys of all projects were taken, since no configuration says which there are.")
    if imported.other_keys:
        named = ", ".join(f"{key} ({times})" for key, times in imported.other_keys.items())
        lines.append(f"A links file has no place for: {named}.")
    if doubled:
        named = ", ".join(doubled[:10]) + (" ..." if len(doubled) > 10 else "")
        lines.append(
            f"In a configured links file already ({len(doubled)}): {named}. A code may stand in one file only."
        )
    if imported.left_out:
        lines += [f"Left out ({len(imported.left_out)}):", *(f"  {line}" for line in left_out_lines(imported.left_out))]
    return lines


def _import_shape(imported: "Import", written: str | None, toml: str | None, doubled: list[str]) -> dict[str, Any]:
    """syncsvc.links_import/1"""
    return {
        "schema": "syncsvc.links_import/1",
        "source": str(imported.source.absolute()),
        "written": written,
        "taken": {
            "milestones": len(imported.milestones),
            **{what: imported.count(what) for what in ("jira", "test_plan", "aka", "name")},
        },
        "left_out": [
            {"code": one.code, "what": one.what or None, "value": one.value or None, "why": one.why}
            for one in imported.left_out
        ],
        "no_place_for": dict(imported.other_keys),
        "in_other_links_files": doubled,
        "toml": toml,
    }
