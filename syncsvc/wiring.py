"""The one place that builds store, connectors and service from the configuration."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from syncsvc import HOME
from syncsvc.config import check_secrets, load_config, resolve_secret, resolve_secret_url, resolve_store_url
from syncsvc.connector import Connector, Reader, ReadOnly
from syncsvc.errors import ConfigError, ExitCode, MappingError, Problem, SchemaBehind, SyncsvcError, UsageError
from syncsvc.health import Health, find_health, unusable
from syncsvc.links import LinksFile, load_links, make_links
from syncsvc.log import hide
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping import load_mapping
from syncsvc.model import LinkWord, Side, Snapshot
from syncsvc.run_mark import RunMarks
from syncsvc.secret import Secret, SecretReference
from syncsvc.service import Setup
from syncsvc.settings import JiraSettings, ListSettings, P6Settings, Settings
from syncsvc.store import Run, Store

if TYPE_CHECKING:
    from connectors.jira import JiraConnector
    from connectors.p6_outbox import WhoResolved
    from connectors.p6_spreadsheet import P6Exports
    from connectors.web_exports import WebExports
    from syncsvc.notify import Channel, Notifier

Clock = Callable[[], datetime]
#: A part of a secret address that is as long as this may be what makes it one.
_SECRET_PART = 12


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
        from syncsvc.reporting import Reporting, list_requests

        links = self.links()
        follower = self.jira()
        owner = self.pmcs(who_resolved=follower.who_resolved, aliases=links.aliases)
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
            waits=follower.waits,
            plan_from=self._pmcs_settings().plan_from,
            plan_hours=self.settings.review.plan_hours,
            list_requests=partial(list_requests, self.settings, self.now),
            write_report=reporting.write,
            run_marks=RunMarks(self.settings.report.folder),
        )

    def links(self) -> LinksFile:
        """The links files, read."""
        return load_links(self.settings.links.files, test_plan_offset_days=self.settings.links.test_plan_offset_days)

    def read_export(self, path: Path, period: str | None = None, kind: str | None = None) -> Snapshot:
        """One P6 export, in the folder or not, as the configured connector reads it."""
        return self.pmcs().read_file(path, period, kind)

    def pmcs(
        self, *, who_resolved: "WhoResolved | None" = None, aliases: Mapping[str, str] | None = None
    ) -> "P6Exports":
        """The connector that reads P6. To hand over it has to know `aliases` (P6's id -> code), and its review sheets
        ask `who_resolved` an issue."""
        from connectors.p6 import P6
        from connectors.p6_outbox import Outbox
        from connectors.p6_pmxml import P6Pmxml
        from connectors.p6_schedule_export import ProjectChoice
        from connectors.p6_spreadsheet import P6Spreadsheet
        from connectors.p6_xer import P6Xer
        from connectors.still import Stillness
        from syncsvc.reporting import review_hand_over

        settings = self._pmcs_settings()
        choice = ProjectChoice(settings.project, settings.baseline, settings.baseline_project)
        connector: Callable[..., P6Exports] = P6Spreadsheet
        if settings.kind != "p6_spreadsheet":
            kinds: dict[str, Callable[..., P6Exports]] = {"p6_xer": P6Xer, "p6_pmxml": P6Pmxml, "p6": P6}
            connector = partial(kinds[settings.kind], choice=choice)
        elif settings.project is not None:
            connector = partial(P6Spreadsheet, project=settings.project)
        if settings.kind == "p6_spreadsheet" and (settings.baseline or settings.baseline_project):
            raise ConfigError(
                f"connectors.{settings.name}: baseline and baseline_project choose among the projects of a file, and a"
                f" file of kind {settings.kind} has no such choice",
                'Take them out, or set kind = "p6_xer", "p6_pmxml" or "p6".',
            )
        outbox = Outbox(
            settings.outbox,
            now=self.now,
            who_resolved=who_resolved,
            aliases=aliases,
            make_review=partial(review_hand_over, self.settings),
        )
        made = connector(
            settings.name,
            self._p6_mappings(settings),
            self._web_exports(settings) if settings.exports.is_url else Path(settings.exports),
            plan_from=settings.plan_from,
            data_day=settings.data_day,
            outbox=outbox,
            now=self.now,
        )
        made.stillness = Stillness(settings.still_seconds)
        return made

    def _web_exports(self, settings: P6Settings) -> "WebExports":
        """The address that exports come from, with its header; no request is made."""
        from connectors.download import SecretHeader
        from connectors.web_exports import WebExports

        secret = None
        if (reference := self.settings.export_header()) is not None:
            value = resolve_secret(reference, self.env).reveal()
            hide(value)
            for part in value.split():  # "Bearer ..." may be logged without its first word
                if len(part) >= _SECRET_PART:
                    hide(part)
            secret = SecretHeader(settings.header, value)
        max_bytes = settings.max_download_mb * 10**6
        return WebExports(settings.exports, settings.downloads, secret=secret, max_bytes=max_bytes)

    def _p6_mappings(self, settings: P6Settings) -> SourceMapping | dict[str, SourceMapping]:
        """The mapping of the format that is configured, or for each format one."""
        from connectors.p6_format import FORMATS

        folder = self.settings.path.parent
        if settings.kind != "p6":
            if settings.mappings:
                raise ConfigError(
                    f"connectors.{settings.name}.mappings: is for kind p6, which reads several formats",
                    "Name one with `mapping`.",
                )
            return load_mapping(settings.mapping or settings.kind, folder)
        own = [load_mapping(name, folder) for name in (settings.mapping, *settings.mappings) if name is not None]
        mappings = {name: load_mapping(name) for name in FORMATS}
        for mapping in own:
            if mapping.format not in FORMATS:
                raise ConfigError(
                    f"connectors.{settings.name}: mapping {mapping.name} is for the format {mapping.format}",
                    f"Name one for {', '.join(FORMATS)}.",
                )
            if mappings[mapping.format] in own and mappings[mapping.format].path != mapping.path:
                raise ConfigError(
                    f"connectors.{settings.name}: mappings {mappings[mapping.format].name} and {mapping.name} are both"
                    f" for the format {mapping.format}",
                    "Name one for each format.",
                )
            mappings[mapping.format] = mapping
        return mappings

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
                census_days=settings.census_days,
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

    def health(self, store: Store | None = None) -> tuple[Health, ExitCode]:
        """How the service is doing, and how `syncsvc health` exits; from a store that is open already where one is.

        Never raises for a store that cannot be used: that is what is to be told.
        """
        from syncsvc.store import current, head

        now, settings, opened, schema = self.now(), self.settings, None, None
        try:
            if store is None:
                schema = current(resolve_store_url(settings, self.env).reveal())
                if schema is None:
                    raise SchemaBehind("there is no store yet")  # opening it would make one
                store = opened = self.open_store()
            pmcs = settings.pmcs
            kind = pmcs.plan_from if isinstance(pmcs, P6Settings) else None
            facts = store.health_facts(pmcs.name if pmcs else None, kind)
        except SyncsvcError as error:
            words = " ".join(str(error).split())
            return unusable(words, now=now, schema=schema, head=head()), error.exit_code
        finally:
            if opened is not None:
                opened.close()
        health = find_health(
            facts,
            now=now,
            today=now.astimezone(settings.site.timezone).date(),
            catch_up=timedelta(hours=settings.nightly.catch_up_hours),
            schema=schema or head(),  # an open store is at head
            head=head(),
        )
        return health, ExitCode.DONE if health.well else ExitCode.WAITING

    def notifier(self) -> "Notifier":
        """Every way to tell of the nights. One whose secret is not there says so when it is to be used."""
        from syncsvc.notify import Notifier, Trust, Unusable
        from syncsvc.notify.mail import Mail
        from syncsvc.notify.web import Ping, Webhook

        notify, file = self.settings.notify, self.settings.path.name
        trust = Trust(notify.ca_file)
        channels: list[Channel] = []
        if notify.mail is not None:
            try:
                channels.append(Mail(notify.mail, self._mail_password(), trust))
            except ConfigError as error:
                channels.append(Unusable("mail", _in_one_line(error)))
        for at, name in enumerate(notify.channels[len(channels) :]):
            try:
                url = self._secret_url(notify.webhook_url(file, at))
                channels.append(Webhook(name, notify.webhooks[at].kind, url, trust))
            except ConfigError as error:
                channels.append(Unusable(name, _in_one_line(error)))
        reference = notify.ping_url(file)
        if notify.ping is None or reference is None:
            return Notifier(tuple(channels))
        try:
            return Notifier(tuple(channels), Ping(notify.ping, self._secret_url(reference), trust))
        except ConfigError as error:
            return Notifier(tuple(channels), Unusable("ping", _in_one_line(error)))

    def _mail_password(self) -> Secret | None:
        reference, mail = self.settings.notify.password(self.settings.path.name), self.settings.notify.mail
        if reference is None or mail is None:
            return None
        password = resolve_secret(reference, self.env)
        hide(password.reveal())
        for login in (password.reveal(), f"\0{mail.user}\0{password.reveal()}"):
            hide(b64encode(login.encode()).decode())  # as SMTP sends it
        return password

    def _secret_url(self, reference: SecretReference) -> Secret:
        url = resolve_secret_url(reference, self.env)
        hide(url.reveal())
        parts = urlsplit(url.reveal())
        for part in (*parts.path.split("/"), parts.query):
            if len(part) >= _SECRET_PART:
                hide(part)
        return url

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
        if found is None and store.was_pruned(int(name[1:])):
            raise UsageError(
                f"snapshot {name} was pruned: it was old, and neither the first nor the last of its month",
                "`syncsvc log` says when. What is left of that month: pmcs:2019-04, or `syncsvc show jira:latest "
                "--as-of 2019-04-30`.",
            )
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


def _in_one_line(error: ConfigError) -> str:
    return " ".join(str(error).split())
