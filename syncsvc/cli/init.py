"""`syncsvc init`: a configuration that works, with its folders, its links file and its store."""

import os
import re
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import click

from syncsvc import HOME
from syncsvc.cli.frame import Context, say
from syncsvc.errors import SourceError, UsageError

EXAMPLE_NAME: Final = "config.example.toml"
FOLDERS: Final = ("exports", "outbox", "reports")

LINKS: Final = """\
# Which Jira issues each milestone drives. Every milestone has a table of its own; all keys may be left out.
#
# [milestones."LDM-503-06"]
# jira = "DM-17119"             # due and completed go to this issue
# test_plan = "DM-16074"        # due only, as many days earlier as [links] test_plan_offset_days says
# aka = ["LDM-503-6"]           # other codes of the same milestone
# name = "DM ComCam interface verification readiness"    # shown instead of P6's name; never written
#
# [[milestones."LDM-503-06".also]]    # further issues
# jira = "DM-1"
# fields = ["due"]
# offset_days = 0
"""


@click.command("init")
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where to make it; this folder unless said.",
)
@click.option("--timezone", metavar="ZONE", help="The site's time zone; this machine's unless said.")
@click.option(
    "--systemd",
    is_flag=True,
    help="Print unit files of systemd for what is there, or was made just now: a service, or a timer instead.",
)
@click.pass_obj
def command(context: Context, folder: Path, timezone: str | None, systemd: bool) -> None:
    """Make a configuration, a links file, the folders they name and the store; see that all of it can be read.

    Nothing that is there already is touched: with a config.toml in the folder nothing is made.
    """
    from syncsvc.config import DEFAULT_NAME

    folder = folder.absolute()
    path = folder / DEFAULT_NAME
    if systemd:
        path = path if context.config_path is None else context.config_path.absolute()
        if not path.exists() and context.config_path is None:
            make_site(context, folder, timezone, say)
        _print_units(context, path)
        return
    make_site(context, folder, timezone, click.echo)


def make_site(context: Context, folder: Path, timezone: str | None, tell: Callable[[str], None]) -> None:
    """Make a site in a folder, and tell what was made and what is to be done next."""
    from syncsvc.cli.db import upgrade_store
    from syncsvc.config import DEFAULT_NAME, read_settings

    path = folder / DEFAULT_NAME
    if path.exists():
        raise UsageError(
            f"{path} is there already; nothing was made.", "Edit it, or name another folder with --folder."
        )
    zone = find_time_zone(context.env) if timezone is None else _checked_zone(timezone)
    text = adapt_example(find_example().read_text(encoding="utf-8"), zone)
    try:
        for each in (folder, *(folder / name for name in FOLDERS)):
            each.mkdir(parents=True, exist_ok=True)
        links = folder / "links.toml"
        if not links.exists():
            links.write_text(LINKS, encoding="utf-8")
        settings = read_settings(tomllib.loads(text), path)
        _, schema, store = upgrade_store(settings, context)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder} cannot be made: {error.strerror}.", "Name a folder with --folder."
        ) from None
    tell(
        f"""Made in {folder}:
  {DEFAULT_NAME:<13}the configuration; the time zone is {zone}
  {"links.toml":<13}which Jira issues each milestone drives; empty so far
  {"exports/":<13}put the P6 exports here
  {"outbox/":<13}import workbooks for P6 will stand here
  {"reports/":<13}drift reports will stand here
  {Path(store).name:<13}the store, at schema {schema}

Next:
  1. Edit {path}: [connectors.jira] url, user and projects.
  2. Set SYNCSVC_JIRA_TOKEN to the token of that user.
  3. Put an export into {folder / "exports"}, and links into {folder / "links.toml"}.
  4. Run `syncsvc check`, then `syncsvc sync --mode report`: it writes nothing to Jira or P6.
  5. `syncsvc init --systemd` prints the units that run it every night; [notify] says who is told how nights end."""
    )


def _print_units(context: Context, path: Path) -> None:
    """The units for a site that is there, on standard output; what to do with them beside it."""
    from syncsvc.config import load_config, resolve_store_url
    from syncsvc.settings import P6Settings
    from syncsvc.units import Place, unit_files

    path = Path(os.path.abspath(path))
    settings = load_config(path, env=context.env)
    folders = {path.parent, settings.report.folder}
    if isinstance(settings.pmcs, P6Settings):
        folders.add(settings.pmcs.outbox)
    if settings.store.url is not None:
        url = resolve_store_url(settings, context.env).reveal()
        if url.startswith("sqlite"):
            folders.add(Path(unquote(url.partition(":///")[2].partition("?")[0])).parent)
    program = Path(sys.argv[0]).absolute()
    if program.name != "syncsvc":
        program = Path(sys.executable).parent / "syncsvc"
    folders = {Path(os.path.abspath(each)) for each in folders}  # systemd refuses a path with `..` in it
    writes = sorted(each for each in folders if not any(other in each.parents for other in folders))
    place = Place(
        config=PurePosixPath(path),
        program=PurePosixPath(program),
        writes=[PurePosixPath(each) for each in writes],
        at=settings.nightly.at,
        zone=settings.site.timezone.key,
    )
    for name, text in unit_files(place).items():
        click.echo(f"# /etc/systemd/system/{name}\n{text}")
    say(
        f"""Use syncsvc.service, or syncsvc-night.timer with syncsvc-night.service; not both are needed. Before:
  1. useradd --system --home-dir {path.parent} {place.user}; it must own {" and ".join(map(str, place.writes))}.
  2. Put the secrets into {place.environment_file}, one NAME=value a line, and chmod 600 it.
  3. systemd-analyze verify /etc/systemd/system/syncsvc*; systemctl daemon-reload
  4. systemctl enable --now syncsvc.service (or syncsvc-night.timer)"""
    )


def find_example() -> Path:
    """The example configuration: beside the packages in a checkout, else where the wheel put it."""
    shared = Path("share", "syncsvc", EXAMPLE_NAME)
    schemes = (sysconfig.get_path("data"), sysconfig.get_path("data", f"{os.name}_user"))
    roots = (*map(Path, schemes), HOME)  # the last: --target
    for path in (HOME / EXAMPLE_NAME, *(root / shared for root in roots)):
        if path.is_file():
            return path
    raise SourceError(f"{EXAMPLE_NAME} is not installed with syncsvc.", "Install syncsvc again.")


def adapt_example(text: str, zone: str) -> str:
    """The example with the time zone of the site instead of its own."""
    return re.sub(r'^timezone = "[^"]*" *', f'timezone = "{zone}"'.ljust(40), text, count=1, flags=re.MULTILINE)


def find_time_zone(env: Mapping[str, str]) -> str:
    """The name of this machine's time zone; UTC where it tells none."""
    linked = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    for name in (env.get("TZ", "").removeprefix(":"), linked):
        try:
            return ZoneInfo(name).key
        except (LookupError, ValueError, OSError):
            continue
    return "UTC"


def _checked_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        raise UsageError(f"{name} is not a time zone.", "Write it as America/Los_Angeles or UTC.") from None
