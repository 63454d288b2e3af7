"""`syncsvc db`: the schema of the store."""

from urllib.parse import unquote, urlsplit

import click

from syncsvc.cli.frame import Context
from syncsvc.config import Settings, resolve_store_url
from syncsvc.errors import ExitCode
from syncsvc.log import hide, redact


@click.group("db")
def command() -> None:
    """Bring the store to the schema of this version, or say where it is."""


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
    click.echo(f"{shown} {at}; this version needs {needed}. Run `syncsvc db upgrade`.")
    return ExitCode.SCHEMA


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
