"""`syncsvc db`: the schema of the store, whether it is whole, and a copy of it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

from syncsvc.cli.frame import Context
from syncsvc.config import Settings, resolve_store_url
from syncsvc.errors import ExitCode, worst
from syncsvc.log import hide, printable, redact


@click.group("db")
def command() -> None:
    """Bring the store to the schema of this version, say where it is, look whether it is whole, or back it up."""


@command.command("upgrade")
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the store to the schema of this version; a store that is not there yet is made."""
    before, after, shown = upgrade_store(context.settings(), context)
    if before == after:
        click.echo(f"{shown} is at schema {after} already.")
    else:
        click.echo(f"{shown} is at schema {after} now{f', was at {before}' if before else ''}.")


@command.command("current")
@click.pass_obj
def current(context: Context) -> ExitCode:
    """Say which schema the store has; exit 8 unless it is the one of this version."""
    from syncsvc.store import migrate

    url, shown = _find_store(context.settings(), context)
    found, needed = migrate.current(url), migrate.head()
    if found == needed:
        click.echo(f"{shown} is at schema {found}, as this version needs.")
        return ExitCode.DONE
    at = f"is at schema {found}" if found else "has no schema yet"
    newer = found is not None and found.isdigit() and found > needed
    to_do = "A newer syncsvc made it: install that one." if newer else "Run `syncsvc db upgrade`."
    click.echo(f"{shown} {at}; this version needs {needed}. {to_do}")
    return ExitCode.SCHEMA


@command.command("check")
@click.pass_obj
def check(context: Context) -> ExitCode:
    """Look whether the store is whole: schema, file, guards of the audit, references; say all that is wrong.

    Exits 0, 8 when the schema is not the one of this version, or 3 when something is damaged.
    """
    from syncsvc.store.upkeep import find_damage

    url, shown = _find_store(context.settings(), context)
    problems = find_damage(url)
    for problem in problems:
        click.echo(printable(str(problem)))
    if not problems:
        click.echo(f"{shown} is whole.")
    return worst([problem.exit_code for problem in problems])


@command.command("backup")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to; a name with the time in it, beside the store, unless said.",
)
@click.pass_obj
def backup(context: Context, output: Path | None) -> None:
    """Copy the store as it is now into a file that is not there yet; runs may go on meanwhile.

    For PostgreSQL it says which command makes a backup.
    """
    from syncsvc.store.upkeep import back_up

    url, shown = _find_store(context.settings(), context)
    stamp = f"{context.now():%Y%m%dT%H%M%SZ}"
    if output is None:
        is_file = urlsplit(url).scheme.startswith("sqlite")
        output = Path(f"{shown}.{stamp}.backup") if is_file else Path(f"syncsvc-{stamp}.dump")
    back_up(url, output.absolute())
    click.echo(f"{shown} was copied to {output.absolute()}.")


def upgrade_store(settings: Settings, context: Context) -> tuple[str | None, str, str]:
    """Upgrade the store of a configuration: the schema before and after, and the store as it may be shown."""
    from syncsvc.store import migrate

    url, shown = _find_store(settings, context)
    before = migrate.current(url)
    migrate.upgrade(url)
    return before, migrate.head(), shown


def _find_store(settings: Settings, context: Context) -> tuple[str, str]:
    """The URL of the store, and the same as it may be shown."""
    url = resolve_store_url(settings, context.env).reveal()
    parts = urlsplit(url)
    hide(unquote(parts.password or ""))
    hide(parts.password or "")
    if parts.scheme.startswith("sqlite"):
        return url, unquote(parts.path.removeprefix("/"))
    return url, redact(url.partition("?")[0])
