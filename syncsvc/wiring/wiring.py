"""What one configuration wires together: store, connectors, a run's setup, health and the ways to tell."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from syncsvc import HOME
from syncsvc.config import load_config
from syncsvc.connector import Connector, ReadOnly
from syncsvc.errors import ConfigError, ExitCode, SchemaBehind, SyncsvcError
from syncsvc.health import Health, find_health, unusable
from syncsvc.links import LinksFile, load_links
from syncsvc.model import Snapshot
from syncsvc.run_mark import RunMarks
from syncsvc.service import Setup
from syncsvc.settings import ListSettings, P6Settings, Settings
from syncsvc.store import Store
from syncsvc.wiring.channels import make_notifier
from syncsvc.wiring.connectors import Clock, make_jira, make_pmcs, make_published, pmcs_settings
from syncsvc.wiring.secrets import reveal_store_url

if TYPE_CHECKING:
    from connectors.jira import JiraConnector
    from connectors.p6_outbox import WhoResolved
    from connectors.p6_spreadsheet import P6Exports
    from syncsvc.notify import Notifier


@dataclass(frozen=True, slots=True)
class Wiring:
    """Builds things from one configuration; building connects to nothing."""

    settings: Settings
    now: Clock
    env: Mapping[str, str]

    def open_store(self) -> Store:
        """The store; a SQLite file that is not there yet is made, another schema is SchemaBehind."""
        return Store.open(reveal_store_url(self.settings, self.env), now=self.now)

    def setup(self, store: Store | None = None) -> Setup:
        """Everything a run needs, over a store that is open or one that is opened for it.

        ConfigError where a side, a token or a links file is missing.
        """
        from syncsvc.reporting import Reporting, list_requests

        links = self.links()
        follower = self.jira()
        owner = self.pmcs(who_resolved=follower.who_resolved, aliases=links.aliases)
        others = tuple(ReadOnly(self.published(each)) for each in self.settings.published)
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
            plan_from=pmcs_settings(self.settings).plan_from,
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
        return make_pmcs(self.settings, self.env, self.now, who_resolved=who_resolved, aliases=aliases)

    def jira(self) -> "JiraConnector":
        """The connector that reads and writes Jira."""
        return make_jira(self.settings, self.env, self.now)

    def published(self, settings: ListSettings) -> Connector:
        """The connector that reads one published document or list."""
        return make_published(self.settings, settings, self.now)

    def notifier(self) -> "Notifier":
        """Every way to tell of the nights. One whose secret is not there says so when it is to be used."""
        return make_notifier(self.settings, self.env)

    def health(self, store: Store | None = None) -> tuple[Health, ExitCode]:
        """How the service is doing, and how `syncsvc health` exits; from a store that is open already where one is.

        Never raises for a store that cannot be used: that is what is to be told.
        """
        from syncsvc.store import current, head

        now, settings, opened, schema = self.now(), self.settings, None, None
        try:
            if store is None:
                schema = current(reveal_store_url(settings, self.env))
                if schema is None:
                    raise SchemaBehind("there is no store yet")  # opening it would make one
                store = opened = self.open_store()
            pmcs = settings.pmcs
            kind = pmcs.plan_from if isinstance(pmcs, P6Settings) else None
            facts = store.health_facts(pmcs.name if pmcs else None, kind)
        except SyncsvcError as error:
            return unusable(error.in_one_line, now=now, schema=schema, head=head()), error.exit_code
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
