"""What BEFORE, AFTER and SNAPSHOT may be: a file, or the name of a stored snapshot; and what goes with it."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncsvc.cli.frame import Context, say
from syncsvc.errors import ConfigError, SourceError, UsageError
from syncsvc.model import Snapshot
from syncsvc.release_list import Annotations

if TYPE_CHECKING:
    from syncsvc.reporting import Reporting
    from syncsvc.settings import Settings
    from syncsvc.store import Run

_STORED: Final = re.compile(r"[A-Za-z][\w-]*:(latest|\d{4}-\d{2}(:\w+)?(@\d+)?)|s?\d+", re.ASCII)
_HINT: Final = (
    "Name a file, or a stored snapshot: pmcs:latest, pmcs:2019-04, pmcs:2019-04@2, pmcs:2018-03:BL@1, "
    "jira:latest, published:latest or s12."
)


def resolve_snapshot(context: Context, name: str, *, mapping: str | None = None) -> Snapshot:
    """The snapshot that an argument names; a file is read now, anything else comes from the store.

    Raises SourceError for a file that is not there or cannot be read, UsageError for what names neither.
    """
    return resolve_with_renumberings(context, name, mapping=mapping)[0]


def resolve_as_of(context: Context, name: str, as_of: date) -> "tuple[Snapshot, Run | None]":
    """The stored snapshot that a name meant at the end of a day at the site, and the run that took it."""
    if Path(name).exists() or not _STORED.fullmatch(name):
        raise UsageError(f"--as-of is for what is stored, and {name} is not the name of a stored snapshot.", _HINT)
    from syncsvc.wiring import open_snapshot_as_of, wire

    wiring = wire(context.config_path, now=context.now, env=context.env)
    return open_snapshot_as_of(wiring, f"s{name}" if name.isdecimal() else name, as_of)


def resolve_with_renumberings(
    context: Context, name: str, *, mapping: str | None = None
) -> tuple[Snapshot, Mapping[str, str]]:
    """The snapshot, and which of its codes its mapping declares to be others now."""
    path = Path(name)
    if path.is_file():
        from syncsvc.files import read_file_and_renumberings

        return read_file_and_renumberings(path, now=context.now(), mapping=mapping)
    if path.is_dir():
        raise UsageError(f"{path.absolute()} is a folder.", "Name one of the files in it.")
    if not _STORED.fullmatch(name):
        if os.sep in name or path.suffix:
            raise SourceError(f"{path.absolute()} does not exist.", _HINT)
        raise UsageError(f"{name} is neither a file nor the name of a snapshot.", _HINT)
    if mapping is not None:
        raise UsageError(f"{name} is stored and was read already: no mapping can be named for it.")
    from syncsvc.files import find_stored_renumberings
    from syncsvc.wiring import open_stored_snapshot, wire

    wiring = wire(context.config_path, now=context.now, env=context.env)
    snapshot = open_stored_snapshot(wiring, f"s{name}" if name.isdecimal() else name)
    return snapshot, find_stored_renumberings(snapshot, wiring.settings)


def resolve_side(context: Context, name: str) -> tuple[Snapshot, Mapping[str, str]]:
    """One of `--sides`: a file, a stored snapshot, or a side or a connector, meaning its newest snapshot."""
    if Path(name).exists() or ":" in name or not name.isidentifier():
        return resolve_with_renumberings(context, name)
    settings = context.settings()
    of_side = [each.name for each in settings.connectors if each.side == name]
    named = [each.name for each in settings.connectors if each.name == name]
    if not (named or of_side):
        raise UsageError(
            f"{name} is neither a side that is configured, nor a connector, a file or a snapshot.",
            f"Configured are: {', '.join(f'{each.name} ({each.side})' for each in settings.connectors)}.",
        )
    return resolve_with_renumberings(context, f"{(named or of_side)[0]}:latest")


@contextmanager
def open_reporting(context: Context, links: Path | None = None) -> "Iterator[Reporting]":
    """What makes reports from the store, with the links file that was named or those of the configuration."""
    from syncsvc.links import load_links
    from syncsvc.reporting import Reporting
    from syncsvc.wiring import wire

    wiring = wire(context.config_path, now=context.now, env=context.env)
    store = wiring.open_store()
    try:
        yield Reporting(wiring.settings, store, wiring.links() if links is None else load_links([links]))
    finally:
        store.close()


def find_settings(context: Context) -> "Settings | None":
    """The configuration, or None where none was named and the folder has no usable one: files need none."""
    if context.config_path is not None or context.env.get("SYNCSVC_CONFIG"):
        return context.settings()
    if not Path("config.toml").is_file():
        return None
    try:
        return context.settings()
    except ConfigError as error:
        say(f"syncsvc: config.toml is not used, nor its holidays and links. {error}")
        return None


def find_aliases(settings: "Settings | None", links: Path | None) -> Mapping[str, str]:
    """Other codes of milestones: from the links file that was named, else from those of the configuration."""
    files = [links] if links is not None else settings.links.files if settings is not None else ()
    if not files:
        return {}
    from syncsvc.files import read_aliases

    return read_aliases(files)


def find_annotations(context: Context, annotations: Path | None) -> Annotations:
    """What is kept by hand: in the file that was named, else the names in the links files of the configuration."""
    from syncsvc.files import read_annotations, read_names

    if annotations is not None:
        return read_annotations(annotations)
    settings = find_settings(context)
    return Annotations() if settings is None else Annotations(names=read_names(settings.links.files))
