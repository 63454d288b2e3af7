"""The one place that builds store, connectors and service from the configuration."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from syncsvc import HOME
from syncsvc.config import check_secrets, load_config, resolve_secret, resolve_store_url
from syncsvc.connector import Connector, Reader, ReadOnly
from syncsvc.errors import ConfigError, ExitCode, MappingError, Problem, SyncsvcError, UsageError
from syncsvc.links import LinksFile, load_links, make_links
from syncsvc.log import hide
from syncsvc.mapping import load_mapping
from syncsvc.model import LinkWord, Side, Snapshot
from syncsvc.service import Setup
from syncsvc.settings import JiraSettings, ListSettings, P6Settings, Settings
from syncsvc.store import Run, Store

if TYPE_CHECKING:
    from connectors.jira import JiraConnector
    from connectors.p6_spreadsheet import P6Spreadsheet

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Wiring:
    """Builds things from one configuration; building connects to nothing."""

    settings: Settings
    now: Clock
    env: Mapping[str, str]

    def open_store(self) -> Store:
        """The store; a SQLite file that is not there yet is made, another schema is SchemaBehind."""
        url = resolve_store_url(self.settings, self.env).reveal()
        if password := urlsplit(url).password:
            hide(unquote(password))
        return Store.open(url, now=self.now)

    def setup(self, store: Store | None = None) -> Setup:
        """Everything a run needs, over a store that is open or one that is opened for it.

        ConfigError where a side, a token or a links file is missing.
        """
        from syncsvc.reporting import Reporting

        links = self.links()
        owner, follower = self.pmcs(), self.jira()
        others = tuple(ReadOnly(self.published(each)) for each in self._published_settings())
        store = self.open_store() if store is None else store
        reporting = Reporting(self.settings, store, links)
        return Setup.of(
            owner,
            follower,
            store=store,
            make_links=reporting.links_of,
            aliases=links.aliases,
            policy=self.settings.policy(),
            limits=self.settings.limits(),
            mode=self.settings.nightly.mode,
            time_zone=self.settings.site.timezone,
            now=self.now,
            others=others,
            find_candidates=follower.find_candidates,
            plan_from=self._pmcs_settings().plan_from,
            plan_hours=self.settings.review.plan_hours,
            write_report=reporting.write,
        )

    def links(self) -> LinksFile:
        """The links files, read."""
        return load_links(self.settings.links.files, test_plan_offset_days=self.settings.links.test_plan_offset_days)

    def read_export(self, path: Path, period: str | None = None, kind: str | None = None) -> Snapshot:
        """One P6 export, in the folder or not, as the configured connector reads it."""
        return self.pmcs().read_file(path, period, kind)

    def pmcs(self) -> "P6Spreadsheet":
        """The connector that reads P6."""
        from connectors.p6_spreadsheet import P6Spreadsheet

        settings = self._pmcs_settings()
        if settings.kind != "p6_spreadsheet":
            raise ConfigError(
                f"connectors.{settings.name}.kind: {settings.kind} cannot be read by this version",
                'Export a spreadsheet (XLS, XLSX or CSV) and set kind = "p6_spreadsheet".',
            )
        if settings.exports.is_url:
            raise ConfigError(
                f"connectors.{settings.name}.exports: an address cannot be read by this version",
                "Name a file or a folder.",
            )
        return P6Spreadsheet(
            settings.name,
            load_mapping(settings.mapping or "p6_spreadsheet", self.settings.path.parent),
            Path(settings.exports),
            plan_from=settings.plan_from,
            data_day=settings.data_day,
            outbox=settings.outbox,
            now=self.now,
        )

    def jira(self) -> "JiraConnector":
        """The connector that reads and writes Jira."""
        from connectors.jira import JiraConnector
        from connectors.jira import JiraSettings as ConnectorSettings

        settings = self._jira_settings()
        reference = self.settings.token()
        if reference is None:
            raise ConfigError(
                f"connectors.{settings.name}: no token is named",
                "Set token_env or token_file.",
            )
        token = resolve_secret(reference, self.env)
        hide(token.reveal(), user=settings.user)
        return JiraConnector(
            settings.name,
            ConnectorSettings(
                url=settings.url,
                flavour=settings.flavour,
                user=settings.user,
                token=token.reveal(),
                projects=frozenset(settings.projects),
                completed_field=settings.completed_field,
                not_completed_resolutions=frozenset(settings.not_completed_resolutions),
                comment=settings.comment,
                notify=settings.notify,
                workers=settings.workers,
                code_field=self.settings.links.code_field,
                candidate_types=self.settings.links.suggest_types,
                time_zone=self.settings.site.timezone,
            ),
            now=self.now,
        )

    def published(self, settings: ListSettings) -> Connector:
        """The connector that reads one published document or list."""
        from connectors.published import Published
        from connectors.table import Table

        kind = Published if settings.kind == "published" else Table
        try:
            mapping = load_mapping(settings.mapping, self.settings.path.parent)
            return kind(settings.name, mapping, settings.path, now=self.now)
        except MappingError as error:
            problem = Problem(
                f"{self.settings.path.name}: connectors.{settings.name}.mapping", error.message, error.hint
            )
            raise ConfigError("a published side cannot be read:", problems=[problem]) from None

    def find_problems(self) -> list[Problem]:
        """Everything wrong at once: secrets, links, store, sources, Jira's identity, fields and permissions."""
        problems = check_secrets(self.settings, self.env)
        builds: list[Callable[[], Reader | Store | LinksFile]] = [self.links, self.pmcs]
        builds += [partial(self.published, settings) for settings in self._published_settings()]
        builds += [self.jira, self.open_store]
        for build in builds:
            problems += _problems_of(build)
        problems += self._linked_foreign_projects()
        return list(dict.fromkeys(problems))

    def _linked_foreign_projects(self) -> list[Problem]:
        """Of the links files and of what was accepted while the project was still configured."""
        try:
            links = make_links(self.links(), (), (), self._link_words())
            allowed = set(self._jira_settings().projects)
        except SyncsvcError:
            return []  # said already
        foreign = sorted({link.declared for link in links if link.key.rpartition("-")[0] not in allowed})
        hint = "Add the project to `projects`, or correct the link; until then it is held."
        return [Problem(place, "links to an issue outside `projects`", hint, ExitCode.WAITING) for place in foreign]

    def _link_words(self) -> list[LinkWord]:
        try:
            store = self.open_store()
        except SyncsvcError:
            return []  # said already
        try:
            return store.link_words()
        finally:
            store.close()

    def _pmcs_settings(self) -> P6Settings:
        settings = self.settings.pmcs
        if isinstance(settings, ListSettings):
            raise ConfigError(
                f"connectors.{settings.name}.side: a list cannot take the place of P6 in a run of this version",
                "Take `side` out, and add a connector that reads P6; `syncsvc drift` compares such a list by itself.",
            )
        if settings is None:
            raise ConfigError("no connector reads P6", 'Add [connectors.pmcs] with kind = "p6_spreadsheet".')
        return settings

    def _published_settings(self) -> list[ListSettings]:
        return [
            each for each in self.settings.connectors if isinstance(each, ListSettings) and each.side is Side.PUBLISHED
        ]

    def _jira_settings(self) -> JiraSettings:
        settings = self.settings.jira
        if settings is None:
            raise ConfigError("no connector reaches Jira", 'Add [connectors.jira] with kind = "jira".')
        return settings


def wire(config_path: Path | None, *, now: Clock, env: Mapping[str, str] | None = None) -> Wiring:
    """Wiring for a configuration; a foreign package in the way of ours is named."""
    require_own_connectors()
    env = os.environ if env is None else env
    return Wiring(load_config(config_path, env=env), now, env)


def require_own_connectors() -> None:
    """`connectors` is a common name: refuse to run with somebody else's package of that name."""
    import connectors

    place = Path(connectors.__file__ or "").resolve().parent.parent
    if place != HOME:
        raise ConfigError(
            f"another package called `connectors` is in the way: {place / 'connectors'}",
            "Install syncsvc into an environment of its own, and run it from another folder.",
        )


def open_stored_snapshot(wiring: Wiring, name: str) -> Snapshot:
    """A stored snapshot by name: `pmcs:latest`, `pmcs:2019-04`, `pmcs:2019-04@2`, `pmcs:2018-03:BL@1`, `s12`."""
    return open_snapshot_as_of(wiring, name, None)[0]


def open_snapshot_as_of(wiring: Wiring, name: str, as_of: date | None) -> tuple[Snapshot, Run | None]:
    """What a name meant at the end of a day at the site, of what had been taken by then; and which run took it.

    UsageError where nothing of that name had arrived by then, or (without a day) where there is none.
    """
    before = None if as_of is None else end_of_day(as_of, wiring.settings.site.timezone)
    store = wiring.open_store()
    try:
        snapshot = _find_stored(store, wiring.settings, name, before)
        if snapshot is None and as_of is not None and (later := _find_stored(store, wiring.settings, name, None)):
            raise UsageError(
                f"nothing that is called {name} had arrived by the end of {as_of} ({wiring.settings.site.timezone})",
                f"The first of it came later: {_first_taken(store, wiring.settings, name, later)}.",
            )
        run = store.run(store.run_of(snapshot.id) or 0) if snapshot is not None and snapshot.id is not None else None
    finally:
        store.close()
    if snapshot is None:
        raise UsageError(
            f"no snapshot is called {name}",
            "Names are a file, pmcs:latest, pmcs:2019-04, pmcs:2019-04@2, pmcs:2018-03:BL@1, jira:latest,"
            " published:latest or s12.",
        )
    return snapshot, run


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day is over at the site: the midnight after it by the clock there."""
    try:
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{day} is no day that can be looked at", "Name one such as 2018-06-18.") from None


def _first_taken(store: Store, settings: Settings, name: str, later: Snapshot) -> str:
    """When the first snapshot of this name was taken, by the clock of the site."""
    heads = [head for head in store.snapshot_heads(later.connector) if head.kind == later.kind]
    if not name.endswith(":latest"):
        heads = [head for head in heads if (head.period, head.edition) == (later.period, later.edition)]
    first = heads[0]
    return f"s{first.id}, taken {first.taken_at.astimezone(settings.site.timezone):%Y-%m-%d %H:%M}"


def _find_stored(store: Store, settings: Settings, name: str, before: datetime | None) -> Snapshot | None:
    if name[:1] == "s" and name[1:].isdecimal():
        found = store.snapshot(int(name[1:]))
        return None if found is None or (before is not None and found.taken_at >= before) else found
    connector, _, rest = name.partition(":")
    names = {settings.name for settings in settings.connectors}
    if connector not in names:
        raise UsageError(f"{name}: no connector is called {connector}", f"There are: {', '.join(sorted(names))}.")
    plan_from = settings.pmcs.plan_from if isinstance(settings.pmcs, P6Settings) else None
    is_pmcs = settings.pmcs is not None and settings.pmcs.name == connector
    if rest in ("latest", ""):
        return store.newest_snapshot(connector, kind=plan_from if is_pmcs else None, before=before)
    place, _, edition = rest.partition("@")
    period, _, kind = place.partition(":")
    if edition and not edition.isdecimal():
        raise UsageError(f"{name}: {edition} is not the number of an edition", "Write pmcs:2019-04@2.")
    of_kind = kind or (plan_from or "" if is_pmcs else None)
    return store.find_snapshot(connector, period, of_kind, int(edition) if edition else None, before=before)


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
