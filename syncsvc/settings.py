"""What can be configured: frozen settings with their kinds, bounds and defaults. config.py reads them.

contract.md fixes the names; config.example.toml says what each is for.
"""

from datetime import date, time
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import asdict

from syncsvc.address import Location, MappingName, StoreAddress, WebAddress
from syncsvc.model import Basis, Field, FirstContact, FollowerEdit, Limits, Mode, Policy, ReportRules, Side
from syncsvc.notify_settings import NotifySettings
from syncsvc.secret import SecretReference

MAX_OFFSET_DAYS: Final = 3_650

Text = Annotated[str, Meta(min_length=1, extra={"words": "a text in quotes"})]
ProjectKey = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]*$", extra={"words": 'a Jira project key such as "DM"'})]
#: All capitals or none: a token pasted where the name of its variable belongs is refused, and not shown.
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^([A-Z_][A-Z0-9_]{0,63}|[a-z_][a-z0-9_]{0,63})$",
        extra={"words": 'the name of an environment variable such as "SYNCSVC_JIRA_TOKEN"', "hidden": True},
    ),
]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
OffsetDays = Annotated[int, Meta(ge=-MAX_OFFSET_DAYS, le=MAX_OFFSET_DAYS)]
HeaderName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$", extra={"words": 'the name of a header such as "X-Token"'})
]
ExportKind = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$", extra={"words": 'a kind of export such as "ME"'})]

HostName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.:-]+$", extra={"words": 'the name of a host such as "sync.example.org"'})
]


class Site(Struct, frozen=True):
    """[site]"""

    timezone: ZoneInfo
    name: str = ""
    holidays: tuple[date, ...] = ()


class StoreSettings(Struct, frozen=True):
    """[store]: the URL, or the variable that holds one with a password."""

    url: StoreAddress | None = None
    url_env: VariableName | None = None


class P6Settings(Struct, frozen=True, kw_only=True):
    """[connectors.NAME] of kind p6_spreadsheet, p6_xer, p6_pmxml or p6: the pmcs side."""

    name: str
    kind: Literal["p6_spreadsheet", "p6_xer", "p6_pmxml", "p6"]
    exports: Location
    plan_from: ExportKind = "ME"
    data_day: Annotated[int, Meta(ge=1, le=31)] | Literal["month_end"] = "month_end"
    mapping: MappingName | None = None  # None: the one of the format that the export has
    mappings: tuple[MappingName, ...] = ()  # of kind p6: instead of the built-in ones of their formats
    outbox: Path = Path("outbox")
    header: HeaderName = "Authorization"
    header_env: VariableName | None = None
    header_file: Path | None = None
    downloads: Path = Path("downloads")
    max_download_mb: Annotated[int, Meta(ge=1, le=2_000)] = 300
    still_seconds: Annotated[float, Meta(ge=0, le=60)] = 2
    project: Text | None = None
    baseline: Path | None = None
    baseline_project: Text | None = None

    @property
    def side(self) -> Side:
        """Always pmcs."""
        return Side.PMCS


class JiraSettings(Struct, frozen=True, kw_only=True):
    """[connectors.NAME] of kind jira. `flavour` auto asks the server."""

    name: str
    kind: Literal["jira"]
    url: WebAddress
    projects: tuple[ProjectKey, ...]
    flavour: Literal["cloud", "data-center", "auto"] = "auto"
    user: Text | None = None
    token_env: VariableName | None = None
    token_file: Path | None = None
    token_expires: date | None = None  # the day after which the token is refused, as far as its owner knows
    completed_field: Text | None = None
    not_completed_resolutions: tuple[Text, ...] = (
        "Won't Do",
        "Won't Fix",
        "Duplicate",
        "Cannot Reproduce",
        "Invalid",
        "Cancelled",
    )
    comment: bool = False
    notify: bool = True
    workers: Annotated[int, Meta(ge=1, le=8)] = 4
    census_days: Annotated[int, Meta(ge=0, le=366)] = 7

    @property
    def side(self) -> Side:
        """Always jira."""
        return Side.JIRA


class ListSettings(Struct, frozen=True, kw_only=True):
    """[connectors.NAME] of kind published or table: a document or a list of milestones that is only read."""

    name: str
    kind: Literal["published", "table"]
    path: Location
    mapping: MappingName
    side: Side = Side.PUBLISHED


ConnectorSettings = P6Settings | JiraSettings | ListSettings

KINDS: Final[dict[str, type[P6Settings] | type[JiraSettings] | type[ListSettings]]] = {
    "p6_spreadsheet": P6Settings,
    "p6_xer": P6Settings,
    "p6_pmxml": P6Settings,
    "p6": P6Settings,
    "jira": JiraSettings,
    "published": ListSettings,
    "table": ListSettings,
}


class LinkSettings(Struct, frozen=True):
    """[links]"""

    files: tuple[Path, ...] = ()
    code_is_key: tuple[ProjectKey, ...] = ()
    test_plan_offset_days: OffsetDays = -45
    code_field: Text | None = None
    suggest_types: tuple[Text, ...] = ()


class DueSettings(Struct, frozen=True):
    """[fields.due]"""

    owner: Literal["pmcs"] = "pmcs"
    write_basis: tuple[Basis, ...] = (Basis.BASELINE,)
    first_contact: FirstContact = FirstContact.HOLD
    follower_edit: FollowerEdit = FollowerEdit.HOLD


class CompletedSettings(Struct, frozen=True):
    """[fields.completed]"""

    owner: Literal["pmcs"] = "pmcs"
    report_to_owner: bool = True


class FieldSettings(Struct, frozen=True):
    """[fields]"""

    due: DueSettings = DueSettings()
    completed: CompletedSettings = CompletedSettings()


class LimitSettings(Struct, frozen=True):
    """[limits], over one plan."""

    max_changes: Count = 200
    max_change_percent: Percent = 25
    max_shift_days: Count = 400
    max_export_age_days: Count = 100
    max_row_drop_percent: Percent = 10
    min_rows: Count = 1


class ReviewSettings(Struct, frozen=True):
    """[review]"""

    plan_hours: Annotated[int, Meta(ge=1, le=8_784)] = 72
    approver_is_not_author: bool = False


class NightlySettings(Struct, frozen=True):
    """[nightly]: `at` is local to the site's time zone."""

    at: time = time(4, 30)
    mode: Mode = Mode.REVIEW
    catch_up_hours: Annotated[int, Meta(ge=0, le=24)] = 12
    retry_minutes: Annotated[int, Meta(ge=1, le=720)] = 15
    attempts: Annotated[int, Meta(ge=1, le=50)] = 5


class ReportSettings(Struct, frozen=True):
    """[report]"""

    folder: Path = Path("reports")
    formats: tuple[Literal["text", "json", "html", "xlsx", "md", "tex"], ...] = ("text", "json", "html", "xlsx")
    first_table_days: Count = 3
    on_time_days: Count = 5
    narrative_days: Count = 30


class LogSettings(Struct, frozen=True):
    """[log]: how the log is written where the command line does not say it."""

    format: Literal["plain", "json"] = "plain"


class WebSettings(Struct, frozen=True):
    """[web]: the review pages that `serve` offers, and who may reach them."""

    enabled: bool = True
    listen: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8018
    allowed_hosts: tuple[HostName, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[Text, ...] = ()
    user_header: HeaderName = "X-Forwarded-User"
    session_hours: Annotated[int, Meta(ge=1, le=24)] = 8

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach the pages."""
        return self.listen == "localhost" or ip_address(self.listen).is_loopback

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word about who asks is taken."""
        return tuple(ip_network(each) for each in self.trusted_proxies)


class Settings(Struct, frozen=True, kw_only=True):
    """A whole configuration file."""

    path: Path
    site: Site
    store: StoreSettings
    connectors: tuple[ConnectorSettings, ...] = ()
    links: LinkSettings = LinkSettings()
    fields: FieldSettings = FieldSettings()
    limit: LimitSettings = LimitSettings()
    review: ReviewSettings = ReviewSettings()
    nightly: NightlySettings = NightlySettings()
    report: ReportSettings
    log: LogSettings = LogSettings()
    notify: NotifySettings = NotifySettings()

    web: WebSettings = WebSettings()

    @property
    def pmcs(self) -> P6Settings | ListSettings | None:
        """The one connector of the pmcs side, if one is configured."""
        for each in self.connectors:
            if not isinstance(each, JiraSettings) and each.side is Side.PMCS:
                return each
        return None

    @property
    def jira(self) -> JiraSettings | None:
        """The one connector of Jira, if one is configured."""
        return next((each for each in self.connectors if isinstance(each, JiraSettings)), None)

    @property
    def published(self) -> list[ListSettings]:
        """The connectors of the published side."""
        return [each for each in self.connectors if isinstance(each, ListSettings) and each.side is Side.PUBLISHED]

    def policy(self) -> Policy:
        """What reconciling needs to know; without a Jira connector nothing may be written."""
        jira, due = self.jira, self.fields.due
        return Policy(
            projects=frozenset(jira.projects if jira else ()),
            writable=frozenset(Field) if jira and jira.completed_field else frozenset({Field.DUE}),
            write_basis=frozenset(due.write_basis),
            first_contact=due.first_contact,
            follower_edit=due.follower_edit,
            report_to_owner=self.fields.completed.report_to_owner,
            four_eyes=self.review.approver_is_not_author,
        )

    def report_rules(self) -> ReportRules:
        """What decides where a row of a drift report stands."""
        return ReportRules(
            first_table_days=self.report.first_table_days,
            on_time_days=self.report.on_time_days,
            narrative_days=self.report.narrative_days,
        )

    def limits(self) -> Limits:
        """The safety limits over one plan."""
        return Limits(**asdict(self.limit))

    def token(self) -> SecretReference | None:
        """Where Jira's token is."""
        if self.jira is None:
            return None
        where = f"{self.path.name}: connectors.{self.jira.name}"
        return SecretReference(where, "token", self.jira.token_env, self.jira.token_file)

    def export_header(self) -> SecretReference | None:
        """Where the header is that an address of exports asks for."""
        pmcs = self.pmcs
        if not isinstance(pmcs, P6Settings) or (pmcs.header_env is None and pmcs.header_file is None):
            return None
        return SecretReference(f"{self.path.name}: connectors.{pmcs.name}", "header", pmcs.header_env, pmcs.header_file)

    def secrets(self) -> tuple[SecretReference, ...]:
        """Every secret this configuration refers to."""
        url = SecretReference(f"{self.path.name}: store", "url", self.store.url_env) if self.store.url_env else None
        notify = (self.notify.password(self.path.name), *self.notify.urls(self.path.name))
        return tuple(each for each in (self.token(), self.export_header(), url, *notify) if each is not None)
