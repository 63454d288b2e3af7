"""The example configuration cannot lie: it loads, names every option, and its defaults are the real ones."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncsvc.config import read_settings
from syncsvc.notify_settings import MailSettings, NotifySettings, PingSettings, WebhookSettings
from syncsvc.settings import (
    FieldSettings,
    JiraSettings,
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

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")

OPTIONS: dict[str, set[str]] = {
    "site": set(Site.__struct_fields__),
    "store": set(StoreSettings.__struct_fields__),
    "connectors.pmcs": set(P6Settings.__struct_fields__) - {"name"},
    "connectors.jira": set(JiraSettings.__struct_fields__) - {"name"},
    "connectors.published": set(ListSettings.__struct_fields__) - {"name"},
    "links": set(LinkSettings.__struct_fields__),
    **{
        f"fields.{field.name}": set(type(field.default).__struct_fields__)
        for field in msgspec.structs.fields(FieldSettings)
    },
    "limits": set(LimitSettings.__struct_fields__),
    "review": set(ReviewSettings.__struct_fields__),
    "nightly": set(NightlySettings.__struct_fields__),
    "report": set(ReportSettings.__struct_fields__),
    "log": set(LogSettings.__struct_fields__),
    "notify": set(NotifySettings.__struct_fields__) - {"mail", "webhooks", "ping"},
    "notify.mail": set(MailSettings.__struct_fields__),
    "notify.webhooks": set(WebhookSettings.__struct_fields__),
    "notify.ping": set(PingSettings.__struct_fields__),
    "web": set(WebSettings.__struct_fields__),
}


def _tables(text: str) -> dict[str, dict[str, Any]]:
    found = tomllib.loads(text)
    nested = {f"{name}.{key}": table for name in ("connectors", "fields") for key, table in found.pop(name).items()}
    for key in ("mail", "webhooks", "ping"):
        if table := found["notify"].pop(key, None):
            nested[f"notify.{key}"] = table[0] if isinstance(table, list) else table
    return {**found, **nested}


def _with_every_option() -> str:
    """The example with the options that it only shows in comments, and without the prose."""
    return re.sub(r"^# (?=\[|[a-z_]+ = )", "", TEXT, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "links.toml").touch()
    return tmp_path


def test_the_example_loads(folder: Path) -> None:
    settings = read_settings(tomllib.loads(TEXT), folder / "config.toml")
    assert settings.jira is not None
    assert settings.jira.token_env == "SYNCSVC_JIRA_TOKEN"
    assert settings.pmcs is not None


def test_the_example_names_every_option_and_no_other() -> None:
    shown = {name: set(table) for name, table in _tables(_with_every_option()).items()}
    assert shown == OPTIONS


def test_every_option_says_what_it_is_for() -> None:
    lines = TEXT.splitlines()
    for above, line in pairwise(lines):
        option = re.fullmatch(r"(?:# )?[a-z_]+ = (?P<value_and_words>.*)", line)
        if option:
            words_above = above.startswith("# ") and " = " not in above
            assert words_above or re.search(r"  # \S", option["value_and_words"]), line


def test_what_it_shows_as_default_is_the_default(folder: Path) -> None:
    """Where an option has a default, the example shows it; the others say something of this site."""
    of_the_site = {"site", "connectors.published"}
    differing = {
        ("connectors.pmcs", "mapping"),
        ("connectors.jira", "flavour"),
        ("connectors.jira", "user"),
        ("connectors.jira", "token_env"),
        ("links", "files"),
    }
    shown = _tables(TEXT)
    bare = {"site": shown["site"], "connectors": {}}
    for name, required in (("pmcs", ("kind", "exports")), ("jira", ("kind", "url", "projects", "token_env"))):
        bare["connectors"][name] = {key: shown[f"connectors.{name}"][key] for key in required}
    plain = _by_table(read_settings(bare, folder / "config.toml"))
    example = _by_table(read_settings(tomllib.loads(TEXT), folder / "config.toml"))
    for name, table in shown.items():
        for key in table:
            if name not in of_the_site and (name, key) not in differing:
                assert example[name][key] == plain[name][key], f"{name}.{key}"


def _by_table(settings: Settings) -> dict[str, dict[str, Any]]:
    tables: dict[str, Any] = {
        **{f"connectors.{each.name}": each for each in settings.connectors},
        **{f"fields.{name}": getattr(settings.fields, name) for name in FieldSettings.__struct_fields__},
        "limits": settings.limit,
        **{
            name: getattr(settings, name)
            for name in ("site", "store", "links", "review", "nightly", "report", "log", "web")
        },
        "notify": settings.notify,
    }
    return {name: msgspec.structs.asdict(table) for name, table in tables.items()}


def test_the_ways_to_tell_load_as_they_are_shown(folder: Path) -> None:
    (folder / "links.toml").touch()
    shown = tomllib.loads(_with_every_option())
    settings = read_settings({"site": shown["site"], "notify": shown["notify"]}, folder / "config.toml")
    assert settings.notify.channels == ("mail", "webhook controllers")
    assert settings.notify.ping == PingSettings(url_env="SYNCSVC_PING", url_file=folder / "ping.url")
    assert len(settings.secrets()) == 3
