"""Everything that would keep a run from working, found at once."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from syncsvc.config import check_secrets
from syncsvc.connector import Reader
from syncsvc.errors import ExitCode, Problem, SyncsvcError
from syncsvc.links import LinksFile, make_links
from syncsvc.model import LinkWord
from syncsvc.store import Store
from syncsvc.wiring.connectors import jira_settings
from syncsvc.wiring.wiring import Wiring


def find_problems(wiring: Wiring) -> list[Problem]:
    """Everything wrong at once: secrets, links, store, sources, Jira's identity, fields and permissions."""
    problems = check_secrets(wiring.settings, wiring.env)
    builds: list[Callable[[], Reader | Store | LinksFile]] = [wiring.links, wiring.pmcs]
    builds += [partial(wiring.published, settings) for settings in wiring.settings.published]
    builds += [wiring.jira, wiring.open_store]
    for build in builds:
        problems += _problems_of(build)
    problems += _linked_foreign_projects(wiring)
    problems += _unwritable_reports(wiring.settings.report.folder)
    return list(dict.fromkeys(problems))


def _unwritable_reports(folder: Path) -> list[Problem]:
    """Of the folder, or of the nearest one above it, since the first run makes it."""
    nearest = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    why = "cannot be written to" if nearest.is_dir() else "is not a folder"
    return [Problem("report.folder", f"{nearest} {why}", "The reports of the runs go there.")]


def _linked_foreign_projects(wiring: Wiring) -> list[Problem]:
    """Of the links files and of what was accepted while the project was still configured."""
    try:
        links = make_links(wiring.links(), (), (), _link_words(wiring))
        allowed = set(jira_settings(wiring.settings).projects)
    except SyncsvcError:
        return []  # said already
    foreign = sorted({link.declared for link in links if link.key.rpartition("-")[0] not in allowed})
    hint = "Add the project to `projects`, or correct the link; until then it is held."
    return [Problem(place, "links to an issue outside `projects`", hint, ExitCode.WAITING) for place in foreign]


def _link_words(wiring: Wiring) -> list[LinkWord]:
    try:
        store = wiring.open_store()
    except SyncsvcError:
        return []  # said already
    try:
        return store.link_words()
    finally:
        store.close()


def _problems_of(build: Callable[[], Reader | Store | LinksFile]) -> list[Problem]:
    """What keeps one part from being built or from working."""
    try:
        built = build()
    except SyncsvcError as error:
        if error.problems:
            return list(error.problems)
        return [Problem("", error.message, error.hint, error.exit_code)]
    if isinstance(built, LinksFile):
        return []
    try:
        return [] if isinstance(built, Store) else built.check()
    except SyncsvcError as error:
        return [Problem("", error.message, error.hint, error.exit_code)]
    finally:
        built.close()
