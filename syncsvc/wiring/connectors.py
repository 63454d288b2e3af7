"""The connectors that a configuration names. Making one connects to nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from syncsvc.connector import Connector
from syncsvc.errors import ConfigError, MappingError, Problem
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping import load_mapping
from syncsvc.settings import JiraSettings, ListSettings, P6Settings, Settings
from syncsvc.wiring.secrets import reveal_header, reveal_token

if TYPE_CHECKING:
    from connectors.jira import JiraConnector
    from connectors.p6_outbox import WhoResolved
    from connectors.p6_spreadsheet import P6Exports
    from connectors.web_exports import WebExports

Clock = Callable[[], datetime]
Environment = Mapping[str, str]


def make_pmcs(
    settings: Settings,
    env: Environment,
    now: Clock,
    *,
    who_resolved: "WhoResolved | None" = None,
    aliases: Mapping[str, str] | None = None,
) -> "P6Exports":
    """The connector that reads P6."""
    from connectors.p6 import P6
    from connectors.p6_outbox import Outbox
    from connectors.p6_pmxml import P6Pmxml
    from connectors.p6_schedule_export import ProjectChoice
    from connectors.p6_spreadsheet import P6Spreadsheet
    from connectors.p6_xer import P6Xer
    from connectors.still import Stillness
    from syncsvc.reporting import review_hand_over

    own = pmcs_settings(settings)
    choice = ProjectChoice(own.project, own.baseline, own.baseline_project)
    connector: Callable[..., P6Exports] = P6Spreadsheet
    if own.kind != "p6_spreadsheet":
        kinds: dict[str, Callable[..., P6Exports]] = {"p6_xer": P6Xer, "p6_pmxml": P6Pmxml, "p6": P6}
        connector = partial(kinds[own.kind], choice=choice)
    elif choice != ProjectChoice():
        raise ConfigError(
            f"connectors.{own.name}: project, baseline and baseline_project choose among the projects of a"
            f" file, and a file of kind {own.kind} has no such choice",
            'Take them out, or set kind = "p6_xer", "p6_pmxml" or "p6".',
        )
    outbox = Outbox(
        own.outbox,
        now=now,
        who_resolved=who_resolved,
        aliases=aliases,
        make_review=partial(review_hand_over, settings),
    )
    made = connector(
        own.name,
        _load_p6_mappings(settings, own),
        _make_web_exports(settings, own, env) if own.exports.is_url else Path(own.exports),
        plan_from=own.plan_from,
        data_day=own.data_day,
        outbox=outbox,
        now=now,
    )
    made.stillness = Stillness(own.still_seconds)
    return made


def _make_web_exports(settings: Settings, own: P6Settings, env: Environment) -> "WebExports":
    """The address that exports come from, with its header; no request is made."""
    from connectors.download import SecretHeader
    from connectors.web_exports import WebExports

    secret = None
    if (reference := settings.export_header()) is not None:
        secret = SecretHeader(own.header, reveal_header(reference, env))
    max_bytes = own.max_download_mb * 10**6
    return WebExports(own.exports, own.downloads, secret=secret, max_bytes=max_bytes)


def _load_p6_mappings(settings: Settings, own: P6Settings) -> SourceMapping | dict[str, SourceMapping]:
    """The mapping of the format that is configured, or for each format one."""
    from connectors.p6_format import FORMATS

    folder = settings.path.parent
    if own.kind != "p6":
        if own.mappings:
            raise ConfigError(
                f"connectors.{own.name}.mappings: is for kind p6, which reads several formats",
                "Name one with `mapping`.",
            )
        return load_mapping(own.mapping or own.kind, folder)
    named = [load_mapping(name, folder) for name in (own.mapping, *own.mappings) if name is not None]
    mappings = {name: load_mapping(name) for name in FORMATS}
    for mapping in named:
        if mapping.format not in FORMATS:
            raise ConfigError(
                f"connectors.{own.name}: mapping {mapping.name} is for the format {mapping.format}",
                f"Name one for {', '.join(FORMATS)}.",
            )
        if mappings[mapping.format] in named and mappings[mapping.format].path != mapping.path:
            raise ConfigError(
                f"connectors.{own.name}: mappings {mappings[mapping.format].name} and {mapping.name} are both"
                f" for the format {mapping.format}",
                "Name one for each format.",
            )
        mappings[mapping.format] = mapping
    return mappings


def make_jira(settings: Settings, env: Environment, now: Clock) -> "JiraConnector":
    """The connector that reads and writes Jira."""
    from connectors.jira import JiraConnector
    from connectors.jira import JiraSettings as ConnectorSettings

    own = jira_settings(settings)
    reference = settings.token()
    if reference is None:
        raise ConfigError(
            f"connectors.{own.name}: no token is named",
            "Set token_env or token_file.",
        )
    return JiraConnector(
        own.name,
        ConnectorSettings(
            url=own.url,
            flavour=own.flavour,
            user=own.user,
            token=reveal_token(reference, env, own.user),
            projects=frozenset(own.projects),
            completed_field=own.completed_field,
            not_completed_resolutions=frozenset(own.not_completed_resolutions),
            comment=own.comment,
            notify=own.notify,
            workers=own.workers,
            census_days=own.census_days,
            code_field=settings.links.code_field,
            candidate_types=settings.links.suggest_types,
            time_zone=settings.site.timezone,
        ),
        now=now,
    )


def make_published(settings: Settings, own: ListSettings, now: Clock) -> Connector:
    """The connector that reads one published document or list."""
    from connectors.published import Published
    from connectors.table import Table

    kind = Published if own.kind == "published" else Table
    try:
        mapping = load_mapping(own.mapping, settings.path.parent)
        return kind(own.name, mapping, own.path, now=now)
    except MappingError as error:
        problem = Problem(f"{settings.path.name}: connectors.{own.name}.mapping", error.message, error.hint)
        raise ConfigError("a published side cannot be read:", problems=[problem]) from None


def pmcs_settings(settings: Settings) -> P6Settings:
    """Those of P6. ConfigError where there are none."""
    own = settings.pmcs
    if isinstance(own, ListSettings):
        raise ConfigError(
            f"connectors.{own.name}.side: a list cannot take the place of P6 in a run of this version",
            "Take `side` out, and add a connector that reads P6; `syncsvc drift` compares such a list by itself.",
        )
    if own is None:
        raise ConfigError("no connector reads P6", 'Add [connectors.pmcs] with kind = "p6_spreadsheet".')
    return own


def jira_settings(settings: Settings) -> JiraSettings:
    """Those of Jira. ConfigError where there are none."""
    own = settings.jira
    if own is None:
        raise ConfigError("no connector reaches Jira", 'Add [connectors.jira] with kind = "jira".')
    return own
