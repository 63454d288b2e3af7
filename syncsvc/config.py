"""Reading the configuration: every problem at once, with its path; secrets only by reference.

Relative paths are relative to the file. What is built from the settings is wiring's.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from syncsvc.address import LOOPBACK, is_file, is_secret_url, place_converters, read_path, read_store_address
from syncsvc.errors import ConfigError, Problem
from syncsvc.model import Side
from syncsvc.notify_settings import MailSettings, NotifySettings, PingSettings, WebhookSettings
from syncsvc.secret import Secret, SecretReference, find_secret_problems, resolve_secret
from syncsvc.settings import (
    KINDS,
    ConnectorSettings,
    FieldSettings,
    LimitSettings,
    LinkSettings,
    ListSettings,
    LogSettings,
    NightlySettings,
    P6Settings,
    ReportSettings,
    ReviewSettings,
    Settings,
    Site,
    StoreSettings,
    WebSettings,
)
from syncsvc.toml_table import TableReader, Unfit, did_you_mean, join_key, parse_toml, raise_problems

__all__ = [
    "Secret",
    "SecretReference",
    "Settings",
    "check_secrets",
    "find_config",
    "load_config",
    "read_settings",
    "resolve_secret",
    "resolve_secret_url",
    "resolve_store_url",
]

CONFIG_VARIABLE: Final = "SYNCSVC_CONFIG"
DEFAULT_NAME: Final = "config.toml"
DEFAULT_STORE: Final = "sqlite:///syncsvc.db"

_CONNECTOR_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_TABLES: Final[dict[str, type[Struct]]] = {
    "site": Site,
    "store": StoreSettings,
    "links": LinkSettings,
    "fields": FieldSettings,
    "limits": LimitSettings,
    "review": ReviewSettings,
    "nightly": NightlySettings,
    "report": ReportSettings,
    "log": LogSettings,
    "web": WebSettings,
}


def load_config(path: Path | None, *, env: Mapping[str, str]) -> Settings:
    """The settings of a configuration file; where to look for it: `find_config`.

    ConfigError with every problem at once: unknown keys, wrong kinds and bounds, secrets in the file, files that
    are named and not there, and what does not go together.
    """
    found = find_config(path, env)
    return read_settings(parse_toml(found), found)


def find_config(path: Path | None, env: Mapping[str, str]) -> Path:
    """The absolute path of the configuration: `path` (from --config), else SYNCSVC_CONFIG, else ./config.toml."""
    hint = "Name one with --config FILE, or make one with `syncsvc init`."
    if path is not None:
        said_by, wanted = "--config", path
    elif env.get(CONFIG_VARIABLE):
        said_by, wanted = CONFIG_VARIABLE, Path(env[CONFIG_VARIABLE])
    else:
        said_by, wanted = "", Path(DEFAULT_NAME)
    wanted = wanted.absolute()
    if is_file(wanted) or wanted.is_dir():  # a folder is refused by its reader, with that reason
        return wanted
    if said_by:
        raise ConfigError(f"{said_by}: {wanted} does not exist.", hint)
    raise ConfigError(
        f"There is no configuration: --config is not given, {CONFIG_VARIABLE} is not set, and {wanted} does not exist.",
        hint,
    )


def read_settings(tables: Mapping[str, object], path: Path) -> Settings:
    """The settings in parsed TOML; `path` is the file they stand in, which need not exist."""
    reader = TableReader(path.name, place_converters(path.parent))
    reader.refuse_unknown(tables, [*_TABLES, "connectors", "notify"], "")
    read = {name: reader.read_struct(tables.get(name, {}), kind, name) for name, kind in _TABLES.items()}
    connectors = _read_connectors(reader, tables.get("connectors", {}))
    notify = _read_notify(reader, tables.get("notify", {}))
    _check_store(reader, tables.get("store"))
    _check_links(reader, tables.get("links"), path.parent)
    if isinstance(web := read["web"], WebSettings):
        _check_web(reader, web)
    raise_problems(path, reader.problems)
    store, limit = read.pop("store"), read.pop("limits")
    if store == StoreSettings():
        store = StoreSettings(url=read_store_address(DEFAULT_STORE, path.parent))
    return Settings(path=path, store=store, limit=limit, connectors=connectors, notify=notify, **read)  # type: ignore[arg-type] # all read


def resolve_store_url(settings: Settings, env: Mapping[str, str]) -> Secret:
    """The URL of the store; secret because one from a variable may carry a password."""
    store, folder = settings.store, settings.path.parent
    if store.url is not None:
        return Secret(str(store.url))
    reference = SecretReference(f"{settings.path.name}: store", "url", store.url_env)
    try:
        return Secret(read_store_address(resolve_secret(reference, env).reveal(), folder, may_hold_password=True))
    except Unfit as unfit:
        where = f"{settings.path.name}: store.url_env"
        problem = Problem(where, f"the URL in {store.url_env} {unfit.problem}", unfit.hint)
        raise ConfigError("The store cannot be used:", problems=[problem]) from None


def resolve_secret_url(reference: SecretReference, env: Mapping[str, str]) -> Secret:
    """A secret that is an https address (http only on this machine); ConfigError, which does not show it."""
    secret = resolve_secret(reference, env)
    if not is_secret_url(secret.reveal()):
        where = f"{reference.where}.{reference.key}_{'env' if reference.variable else 'file'}"
        problem = Problem(
            where, "what it names holds no https address", "Put the whole address there, as it was given."
        )
        raise ConfigError("A secret cannot be used:", problems=[problem])
    return secret


def check_secrets(settings: Settings, env: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the secrets: absent, unusable, in a file that others may read, sent in the clear."""
    problems = [problem for reference in settings.secrets() for problem in find_secret_problems(reference, env)]
    jira = settings.jira
    if jira is not None and urlsplit(jira.url).scheme == "http" and urlsplit(jira.url).hostname not in LOOPBACK:
        where = f"{settings.path.name}: connectors.{jira.name}.url"
        problems.append(Problem(where, "http sends the token in the clear", "Use https."))
    return list(dict.fromkeys([*problems, *_check_notify(settings, env)]))


def _check_notify(settings: Settings, env: Mapping[str, str]) -> list[Problem]:
    """Secret addresses that are none, and a file of certificates that is not there."""
    problems: list[Problem] = []
    for reference in settings.notify.urls(settings.path.name):
        try:
            resolve_secret_url(reference, env)
        except ConfigError as error:
            problems += error.problems
    ca_file = settings.notify.ca_file
    if ca_file is not None and not is_file(ca_file):
        where = f"{settings.path.name}: notify.ca_file"
        problems.append(
            Problem(where, f"{ca_file} does not exist or is not a file", "Name a file of certificates (PEM).")
        )
    return problems


def _read_connectors(reader: TableReader, tables: object) -> tuple[ConnectorSettings, ...]:
    if not isinstance(tables, dict):
        reader.report("connectors", "must hold one table for each connector, such as [connectors.pmcs]")
        return ()
    connectors: list[ConnectorSettings] = []
    places: dict[Side, list[str]] = {Side.PMCS: [], Side.JIRA: []}
    for name, table in tables.items():
        where = join_key("connectors", name)
        if not _CONNECTOR_NAME.fullmatch(name):
            reader.report(where, "is not a name for a connector", "Use letters, digits, - and _; a letter first.")
            continue
        if not isinstance(table, dict):
            reader.report(where, f"must be a table: [connectors.{name}]")
            continue
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            problem = "is missing" if kind is None else "is not a kind of connector"
            reader.report(f"{where}.kind", problem, did_you_mean(str(kind), KINDS))
            continue
        connector = reader.read_struct(table, KINDS[kind], where, given={"name": name})
        _check_connector(reader, table, kind, where)
        if connector is not None:
            connectors.append(connector)
        side = "jira" if kind == "jira" else table.get("side", "published") if KINDS[kind] is ListSettings else "pmcs"
        if side in ("pmcs", "jira"):
            places[Side(side)].append(where)
    for side, wheres in places.items():
        for first, second in pairwise(wheres):
            reader.report(
                second,
                f"is one more connector of the {side} side beside {first}",
                "One pmcs side and one Jira are kept together: take one of them out.",
            )
    return tuple(connectors)


def _check_connector(reader: TableReader, table: Mapping[str, object], kind: str, where: str) -> None:
    """What goes together in one connector; the kinds of the single values are checked elsewhere."""
    side = table.get("side", "published")
    if KINDS[kind] is ListSettings and side in (["jira"] if kind == "table" else ["pmcs", "jira"]):
        fitting = '"published" or "pmcs"' if kind == "table" else '"published"'
        reader.report(f"{where}.side", f"must be {fitting} for a connector of kind {kind}")
    if KINDS[kind] is P6Settings:
        _check_exports(reader, table, where)
    if kind != "jira":
        return
    if table.get("flavour") == "cloud" and "user" not in table:
        reader.report(f"{where}.user", "is missing", "Jira Cloud takes a token only with the address of its user.")
    if "token_env" not in table and "token_file" not in table:
        hint = "Name the environment variable that holds the token, or a file with token_file."
        reader.report(f"{where}.token_env", "is missing", hint)
    if table.get("projects") == []:
        reader.report(f"{where}.projects", "is empty", "Name the projects that may be written; no other ever is.")


def _check_exports(reader: TableReader, table: Mapping[str, object], where: str) -> None:
    """A header is for an address; and of what says how to fetch one, the name alone brings nothing."""
    exports = table.get("exports")
    asked = [key for key in ("header", "header_env", "header_file", "downloads", "max_download_mb") if key in table]
    if isinstance(exports, str) and "://" not in exports and asked:
        problem = f"{' and '.join(asked)} {'is' if len(asked) == 1 else 'are'} for exports behind an address"
        reader.report(where, problem, f"`exports` is a path: take {asked[0]} out, or name an https address.")
    elif "header" in table and not {"header_env", "header_file"} & set(table):
        hint = "Name the environment variable that holds the header's value, or a file with header_file."
        reader.report(f"{where}.header_env", "is missing", hint)


def _read_notify(reader: TableReader, table: object) -> NotifySettings | None:
    """[notify] with the tables in it, each of which may be left out."""
    if not isinstance(table, dict):
        return reader.read_struct(table, NotifySettings, "notify")
    inner: dict[str, object] = {}
    for name, kind in (("mail", MailSettings), ("ping", PingSettings)):
        inner[name] = reader.read_struct(table[name], kind, f"notify.{name}") if name in table else None
    webhooks = table.get("webhooks", [])
    if not isinstance(webhooks, list):
        reader.report("notify.webhooks", "must be a list of tables, each under [[notify.webhooks]]")
        webhooks = []
    inner["webhooks"] = tuple(
        reader.read_struct(each, WebhookSettings, f"notify.webhooks[{at}]") for at, each in enumerate(webhooks)
    )
    _check_mail(reader, table.get("mail"))
    places = {f"notify.webhooks[{at}]": each for at, each in enumerate(webhooks)} | {"notify.ping": table.get("ping")}
    for where, each in places.items():
        if isinstance(each, dict) and not {"url_env", "url_file"} & set(each):
            hint = "Such an address is a secret: name the variable, or with url_file the file, that holds it."
            reader.report(f"{where}.url_env", "is missing", hint)
    names = [each.get("name") for each in webhooks if isinstance(each, dict)]
    for at, each in enumerate(names):
        if each is not None and each in names[:at]:
            reader.report(f"notify.webhooks[{at}].name", "is the name of another webhook, too", "Give each its own.")
    bare = {key: value for key, value in table.items() if key not in inner}
    return reader.read_struct(bare, NotifySettings, "notify", given=inner)


def _check_mail(reader: TableReader, table: object) -> None:
    """What goes together in [notify.mail]."""
    if not isinstance(table, dict):
        return
    has_password = bool({"password_env", "password_file"} & set(table))
    if has_password and "user" not in table:
        reader.report("notify.mail.user", "is missing", "A password is of use only with the user whose it is.")
    if "user" in table and not has_password:
        hint = "Name the environment variable that holds the password, or a file with password_file."
        reader.report("notify.mail.password_env", "is missing", hint)
    if table.get("recipients") == []:
        reader.report("notify.mail.recipients", "is empty", "Name whom to tell, or take [notify.mail] out.")
    if table.get("security") == "none" and has_password and table.get("host") not in LOOPBACK:
        reader.report("notify.mail.security", "would send the password in the clear", 'Use "starttls" or "tls".')


def _check_store(reader: TableReader, table: object) -> None:
    if isinstance(table, dict) and "url" in table and "url_env" in table:
        reader.report("store", "has both url and url_env", "Keep one of them.")


def _check_web(reader: TableReader, web: WebSettings) -> None:
    """What would let others than the right ones reach the pages, or see what is said there."""
    before = len(reader.problems)
    try:
        ip_address("127.0.0.1" if web.listen == "localhost" else web.listen)
    except ValueError:
        reader.report("web.listen", "is not an address to listen at", 'Write "127.0.0.1", "0.0.0.0", "::" or one more.')
    for at, text in enumerate(web.trusted_proxies):
        try:
            ip_network(text)
        except ValueError:
            hint = 'Write "10.0.0.5", or "10.0.0.0/28" with the bits of the hosts zero.'
            reader.report(f"web.trusted_proxies[{at}]", "is neither an address nor a network", hint)
    if (web.tls_certificate is None) != (web.tls_key is None):
        has, lacks = ("tls_certificate", "tls_key") if web.tls_key is None else ("tls_key", "tls_certificate")
        reader.report(f"web.{lacks}", f"is missing beside {has}", "Name both files, or none of them.")
    if len(reader.problems) > before or not web.enabled or web.is_loopback:
        return
    if web.tls_certificate is None and not web.trusted_proxies:
        reader.report(
            "web.listen",
            "is reached from other machines, and what is sent there could be read on the way",
            "Set tls_certificate and tls_key, name the proxy that ends TLS in trusted_proxies, or listen at 127.0.0.1.",
        )
    if not web.allowed_hosts:
        reader.report("web.allowed_hosts", "is empty", "Name the hosts by which browsers reach the pages.")


def _check_links(reader: TableReader, table: object, folder: Path) -> None:
    files = table.get("files") if isinstance(table, dict) else None
    for at, name in enumerate(files if isinstance(files, list) else ()):
        try:
            path = read_path(name, folder) if isinstance(name, str) and name.isprintable() else None
        except Unfit:
            continue  # said where the value was read
        if path is not None and not is_file(path):
            hint = "Make it (an empty file will do), or take it out of the list."
            reader.report(f"links.files[{at}]", f"{path} does not exist or is not a file", hint)
