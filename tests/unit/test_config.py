"""The configuration file: what is read, what is refused, and in which words."""

import tomllib
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncsvc.config import load_config, read_settings, resolve_store_url
from syncsvc.errors import ConfigError, ExitCode, Problem
from syncsvc.model import Basis, Field, FirstContact, FollowerEdit, Limits, Mode, Policy, Side
from syncsvc.settings import JiraSettings, ListSettings, P6Settings, Settings

SITE = '[site]\ntimezone = "America/Los_Angeles"\n'
PMCS = '[connectors.pmcs]\nkind = "p6_spreadsheet"\nexports = "exports"\n'
JIRA = """[connectors.jira]
kind = "jira"
url = "https://example.atlassian.net"
token_env = "SYNCSVC_JIRA_TOKEN"
projects = ["DM", "DLP"]
"""

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a configuration given as text; it stands in tmp_path."""

    def load_text(text: str) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, env={})

    return load_text


@pytest.fixture
def find_problems(load: Load) -> Callable[[str], dict[str, Problem]]:
    """The problems of a configuration by the path of their key."""

    def find(text: str) -> dict[str, Problem]:
        with pytest.raises(ConfigError) as caught:
            load(text)
        assert caught.value.exit_code is ExitCode.USAGE
        return {problem.where.removeprefix("config.toml: "): problem for problem in caught.value.problems}

    return find


Find = Callable[[str], dict[str, Problem]]


def test_defaults_are_those_of_the_contract(load: Load, tmp_path: Path) -> None:
    settings = load(SITE + PMCS + JIRA)
    assert settings.limits() == Limits()
    assert settings.policy() == Policy(projects=frozenset({"DM", "DLP"}))
    assert settings.review.plan_hours == 72
    assert (settings.nightly.at, settings.nightly.mode) == (time(4, 30), Mode.REVIEW)
    assert settings.report.folder == tmp_path / "reports"
    assert settings.links.files == ()
    assert settings.links.test_plan_offset_days == -45
    jira = settings.jira
    assert jira is not None
    assert (jira.flavour, jira.comment, jira.notify, jira.workers) == ("auto", False, True, 4)
    assert "Won't Do" in jira.not_completed_resolutions
    pmcs = settings.pmcs
    assert isinstance(pmcs, P6Settings)
    assert (pmcs.plan_from, pmcs.data_day, pmcs.mapping) == ("ME", "month_end", None)
    assert pmcs.outbox == tmp_path / "outbox"


def test_everything_can_be_said(load: Load, tmp_path: Path) -> None:
    (tmp_path / "links.toml").touch()
    (tmp_path / "own.toml").touch()
    settings = load(
        """
[site]
name = "A site"
timezone = "Europe/Berlin"
holidays = ["2019-12-25", 2020-01-01]
[store]
url = "postgresql+psycopg://me@host:5433/milestones"
[connectors.p6]
kind = "p6"
exports = "https://example.org/exports/201904-ME.xls"
plan_from = "BL"
data_day = 25
mapping = "own.toml"
outbox = "/srv/outbox"
[connectors.jira]
kind = "jira"
url = "https://example.org/jira/"
flavour = "data-center"
token_file = "jira.token"
projects = ["DM"]
completed_field = "Actual end"
not_completed_resolutions = []
comment = true
notify = false
workers = 8
[connectors.plan]
kind = "published"
path = "plan.txt"
mapping = "own.toml"
[links]
files = ["links.toml"]
code_is_key = ["DLP"]
test_plan_offset_days = -30
[fields.due]
owner = "pmcs"
write_basis = ["baseline", "forecast"]
first_contact = "fill"
follower_edit = "restore"
[fields.completed]
report_to_owner = false
[limits]
max_changes = 5
max_change_percent = 12.5
max_shift_days = 30
max_export_age_days = 0
max_row_drop_percent = 5
min_rows = 300
[review]
plan_hours = 24
[nightly]
at = 23:15:00
mode = "auto"
[report]
folder = "../reports"
"""
    )
    assert settings.site.holidays == (date(2019, 12, 25), date(2020, 1, 1))
    assert settings.site.timezone == ZoneInfo("Europe/Berlin")
    assert isinstance(settings.pmcs, P6Settings)
    assert settings.pmcs.name == "p6"
    assert settings.pmcs.exports.is_url
    assert settings.pmcs.mapping == str(tmp_path / "own.toml")
    assert settings.pmcs.outbox == Path("/srv/outbox")
    assert settings.jira is not None
    assert settings.jira.url == "https://example.org/jira"
    assert settings.jira.token_file == tmp_path / "jira.token"
    assert settings.policy() == Policy(
        projects=frozenset({"DM"}),
        writable=frozenset(Field),
        write_basis=frozenset({Basis.BASELINE, Basis.FORECAST}),
        first_contact=FirstContact.FILL,
        follower_edit=FollowerEdit.RESTORE,
        report_to_owner=False,
    )
    assert settings.limits() == Limits(5, 12.5, 30, 0, 5, 300)
    assert settings.nightly.at == time(23, 15)
    assert settings.report.folder == tmp_path.parent / "reports"
    assert [each.side for each in settings.connectors] == [Side.PMCS, Side.JIRA, Side.PUBLISHED]


def test_completed_is_writable_only_with_a_field_for_it(load: Load) -> None:
    assert load(SITE + PMCS + JIRA).policy().writable == {Field.DUE}
    assert load(SITE + PMCS + JIRA + 'completed_field = "x"\n').policy().writable == {Field.DUE, Field.COMPLETED}


def test_without_jira_no_project_may_be_written(load: Load) -> None:
    assert load(SITE + PMCS).policy().projects == frozenset()


def test_a_list_can_take_the_place_of_p6(load: Load) -> None:
    table = '[connectors.list]\nkind = "table"\npath = "a.csv"\nmapping = "p6_spreadsheet"\nside = "pmcs"\n'
    assert isinstance(load(SITE + table + JIRA).pmcs, ListSettings)


def test_all_problems_come_at_once(find_problems: Find) -> None:
    problems = find_problems(
        """
colour = 1
[site]
timezone = "America/Los_Angelos"
holidays = ["2024-13-01", 5]
[connectors.pmcs]
kind = "p6_spredsheet"
[connectors.jira]
kind = "jira"
url = "example.org"
flavour = "cloud"
projects = []
[links]
files = ["links.toml"]
[fields.due]
write_basis = ["base"]
first_contact = "fil"
[limits]
max_changes = -1
max_change_percent = nan
max_shift = 3
[nightly]
at = "25:00"
"""
    )
    assert set(problems) == {
        "colour",
        "site.timezone",
        "site.holidays[0]",
        "site.holidays[1]",
        "connectors.pmcs.kind",
        "connectors.jira.url",
        "connectors.jira.user",
        "connectors.jira.token_env",
        "connectors.jira.projects",
        "links.files[0]",
        "fields.due.write_basis[0]",
        "fields.due.first_contact",
        "limits.max_changes",
        "limits.max_change_percent",
        "limits.max_shift",
        "nightly.at",
    }
    assert 'Did you mean "fill"?' in problems["fields.due.first_contact"].hint
    assert 'Did you mean "max_shift_days"?' in problems["limits.max_shift"].hint
    assert 'Did you mean "America/Los_Angeles"?' in problems["site.timezone"].hint
    assert 'Did you mean "p6_spreadsheet"?' in problems["connectors.pmcs.kind"].hint


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("limits.max_changes", "[limits]\nmax_changes = true"),
        ("limits.max_changes", "[limits]\nmax_changes = 1.5"),
        ("limits.max_changes", f"[limits]\nmax_changes = 0x{'f' * 6000}"),
        ("limits.max_change_percent", "[limits]\nmax_change_percent = inf"),
        ("limits.max_change_percent", '[limits]\nmax_change_percent = "25"'),
        ("limits.max_row_drop_percent", "[limits]\nmax_row_drop_percent = 101"),
        ("review.plan_hours", "[review]\nplan_hours = 0"),
        ("nightly.at", "[nightly]\nat = 2020-01-01T04:30:00"),
        ("nightly.at", '[nightly]\nat = "4:30"'),
        ("nightly.mode", '[nightly]\nmode = "dry-run"'),
        ("site.holidays[0]", '[site]\ntimezone = "UTC"\nholidays = [2019-12-25T00:00:00]'),
        ("site.holidays[0]", '[site]\ntimezone = "UTC"\nholidays = ["20191225"]'),
        ("links.test_plan_offset_days", "[links]\ntest_plan_offset_days = -40000"),
        ("links.code_is_key[0]", '[links]\ncode_is_key = ["DLP-1"]'),
        ("fields.due.owner", '[fields.due]\nowner = "jira"'),
        ("fields.completed.owner", '[fields.completed]\nowner = "jira"'),
        ("fields.dew", "[fields.dew]"),
        ("report.folder", '[report]\nfolder = ""'),
        ("report.folder", '[report]\nfolder = "a\\nb"'),
        ("connectors", "connectors = 3"),
        ("connectors.x", "[connectors]\nx = 3"),
        ("connectors.x.kind", "[connectors.x]"),
        ('connectors."a:b"', '[connectors."a:b"]'),
        ("store", '[store]\nurl = "sqlite:///a.db"\nurl_env = "URL"'),
        ("limits", "limits = 3"),
    ],
)
def test_what_is_refused_names_its_key(find_problems: Find, key: str, line: str) -> None:
    site = "" if "[site]" in line else SITE
    problems = find_problems(f"{line}\n{site}")
    assert list(problems) == [key]
    assert problems[key].problem


@pytest.mark.parametrize("value", ["ME 19", "", "a/b"])
def test_a_kind_of_export_is_one_word(find_problems: Find, value: str) -> None:
    assert "connectors.pmcs.plan_from" in find_problems(f'{SITE}{PMCS}plan_from = "{value}"\n')


@pytest.mark.parametrize("value", ["0", "32", '"end"', "true"])
def test_a_data_day_is_a_day_of_a_month(find_problems: Find, value: str) -> None:
    assert "connectors.pmcs.data_day" in find_problems(f"{SITE}{PMCS}data_day = {value}\n")


class TestSecretsInTheFile:
    @pytest.mark.parametrize(
        "key", ["token", "password", "secret", "api_key", "apikey", "Api-Key", "jira_token", "pat"]
    )
    def test_are_refused_and_not_shown(self, load: Load, key: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load(f'{SITE}{JIRA}{key} = "hunter2"\n')
        assert f"connectors.jira.{key}: a secret must not stand in this file" in str(caught.value)
        assert "token_env or token_file" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("store.url", '[store]\nurl = "postgresql://me:hunter2@host/db"'),
            ("store.url", '[store]\nurl = "postgresql://me:hun/ter2@host/db"'),
            ("store.url", '[store]\nurl = "postgresql://host/db?password=hunter2"'),
            ("store.url", '[store]\nurl = "mysql://me:hunter2@host/db"'),
            ("connectors.jira.url", JIRA.replace("https://", "https://me:hunter2@")),
            ("connectors.jira.url", JIRA.replace("https://", "https://hunter2@")),
            ("connectors.pmcs.exports", PMCS.replace('"exports"', '"https://me:hunter2@host/x.xls"')),
            ("connectors.pmcs.exports", PMCS.replace('"exports"', '"https://host/x.xls?sig=hunter2"')),
            ("connectors.pmcs.exports", PMCS.replace('"exports"', '"https://host/x.xls?access_token=hunter2"')),
            ("connectors.jira.token_env", JIRA.replace("SYNCSVC_JIRA_TOKEN", "ATATT3xFfGF0hunter2")),
        ],
    )
    def test_are_refused_in_addresses_too(self, load: Load, key: str, text: str) -> None:
        with pytest.raises(ConfigError) as caught:
            load(f"{SITE}{text}\n")
        assert [problem.where for problem in caught.value.problems] == [f"config.toml: {key}"]
        assert "hunter2" not in str(caught.value)


class TestConnectors:
    @pytest.mark.parametrize("second", [PMCS.replace(".pmcs", ".other"), JIRA.replace(".jira", ".other")])
    def test_only_one_of_each_side(self, find_problems: Find, second: str) -> None:
        problem = find_problems(SITE + PMCS + JIRA + second)["connectors.other"]
        assert "One pmcs side and one Jira" in problem.hint

    def test_cloud_needs_a_user(self, find_problems: Find) -> None:
        assert "connectors.jira.user" in find_problems(f'{SITE}{JIRA}flavour = "cloud"\n')

    def test_a_jira_needs_a_token(self, find_problems: Find) -> None:
        text = SITE + JIRA.replace('token_env = "SYNCSVC_JIRA_TOKEN"\n', "")
        assert "token_file" in find_problems(text)["connectors.jira.token_env"].hint

    @pytest.mark.parametrize(("kind", "side"), [("published", "pmcs"), ("published", "jira"), ("table", "jira")])
    def test_a_side_that_a_list_cannot_be(self, find_problems: Find, kind: str, side: str) -> None:
        text = f'[connectors.x]\nkind = "{kind}"\npath = "a"\nmapping = "p6_spreadsheet"\nside = "{side}"\n'
        assert "connectors.x.side" in find_problems(SITE + text)

    @pytest.mark.parametrize("mapping", ["p6_spredsheet", "site/p6.toml", "nothing.toml"])
    def test_a_mapping_must_be_there(self, find_problems: Find, mapping: str) -> None:
        assert "connectors.pmcs.mapping" in find_problems(f'{SITE}{PMCS}mapping = "{mapping}"\n')

    @pytest.mark.parametrize(
        "exports", ["http://example.org/x", "ftp://example.org/x", "https://", "https://h:99999/x"]
    )
    def test_exports_come_over_https(self, find_problems: Find, exports: str) -> None:
        assert "connectors.pmcs.exports" in find_problems(SITE + PMCS.replace('"exports"', f'"{exports}"'))

    def test_a_simulator_on_this_machine_may_be_http(self, load: Load) -> None:
        settings = load(SITE + JIRA.replace("https://example.atlassian.net", "http://127.0.0.1:8080"))
        assert isinstance(settings.jira, JiraSettings)
        assert settings.jira.url == "http://127.0.0.1:8080"


class TestStore:
    @pytest.mark.parametrize(
        "url",
        [
            "sqlite://a.db",
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite:///file:x?uri=true",
            "mysql://h/d",
            "a.db",
        ],
    )
    def test_addresses_that_keep_nothing(self, find_problems: Find, url: str) -> None:
        assert "store.url" in find_problems(f'{SITE}[store]\nurl = "{url}"\n')

    def test_a_sqlite_file_is_beside_the_configuration(self, load: Load, tmp_path: Path) -> None:
        settings = load(SITE)
        assert resolve_store_url(settings, {}).reveal() == f"sqlite:///{tmp_path}/syncsvc.db"

    def test_a_folder_with_odd_characters_is_read_back_by_the_store(self, tmp_path: Path) -> None:
        from sqlalchemy import make_url

        folder = tmp_path / "50% of?us #1"
        folder.mkdir()
        settings = read_settings({"site": {"timezone": "UTC"}}, folder / "config.toml")
        url = resolve_store_url(settings, {}).reveal()
        assert make_url(url).database == str(folder / "syncsvc.db")

    def test_a_variable_may_hold_a_password(self, load: Load) -> None:
        settings = load(f'{SITE}[store]\nurl_env = "STORE"\n')
        url = resolve_store_url(settings, {"STORE": "postgresql://me:hunter2@host/db"})
        assert url.reveal() == "postgresql://me:hunter2@host/db"
        assert "hunter2" not in repr(url)

    @pytest.mark.parametrize("env", [{}, {"STORE": ""}, {"STORE": "mysql://me:hunter2@host/db"}])
    def test_a_variable_without_a_store(self, load: Load, env: dict[str, str]) -> None:
        settings = load(f'{SITE}[store]\nurl_env = "STORE"\n')
        with pytest.raises(ConfigError, match="STORE") as caught:
            resolve_store_url(settings, env)
        assert "hunter2" not in str(caught.value)


class TestWhereToLook:
    def test_the_option_comes_first_then_the_variable_then_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("option", "variable", "config"):
            (tmp_path / f"{name}.toml").write_text(f'{SITE}name = "{name}"\n')
        monkeypatch.chdir(tmp_path)
        env = {"SYNCSVC_CONFIG": str(tmp_path / "variable.toml")}
        assert load_config(tmp_path / "option.toml", env=env).site.name == "option"
        assert load_config(None, env=env).site.name == "variable"
        assert load_config(None, env={}).site.name == "config"
        assert load_config(Path("config.toml"), env={}).path == tmp_path / "config.toml"

    def test_nothing_found_names_the_places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ConfigError) as caught:
            load_config(None, env={})
        message = str(caught.value)
        for expected in ("--config", "SYNCSVC_CONFIG", str(tmp_path / "config.toml"), "syncsvc init"):
            assert expected in message

    @pytest.mark.parametrize("said_by", ["--config", "SYNCSVC_CONFIG"])
    def test_a_named_file_that_is_absent(self, tmp_path: Path, said_by: str) -> None:
        absent = tmp_path / "absent.toml"
        path, env = (absent, {}) if said_by == "--config" else (None, {"SYNCSVC_CONFIG": str(absent)})
        with pytest.raises(ConfigError, match=f"{said_by}: .*absent.toml does not exist"):
            load_config(path, env=env)


class TestNotToml:
    def test_says_line_and_column(self, load: Load) -> None:
        with pytest.raises(ConfigError, match=r"config.toml is not valid TOML: .*line 2, column 5"):
            load("[site]\na = = 2\n")

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"a = " + b"[" * 50_000, b"a = " + b"9" * 5_000, b"a = 1\na = 2"])
    def test_whatever_it_is(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"config\.toml"):
            load_config(path, env={})

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(tmp_path, env={})

    def test_a_mark_of_an_editor_at_the_start_does_no_harm(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_bytes(b"\xef\xbb\xbf" + SITE.encode())
        assert load_config(path, env={}).site.timezone.key == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('exports = "exports"\nheader_env = "P6_HEADER"', "header_env is for exports behind an address"),
        ('exports = "https://p6.example/x.xls"\nheader = "X-Token"', "header_env is missing"),
        ('exports = "https://p6.example/x.xls"\nheader = "X Token"\nheader_env = "A"', "header"),
        ('exports = "https://p6.example/x.xls"\nmax_download_mb = 0', "max_download_mb"),
    ],
)
def test_a_header_is_for_an_address_and_needs_a_secret(tmp_path: Path, lines: str, said: str) -> None:
    tables = tomllib.loads(f'[site]\ntimezone = "UTC"\n[connectors.pmcs]\nkind = "p6_spreadsheet"\n{lines}\n')
    with pytest.raises(ConfigError) as caught:
        read_settings(tables, tmp_path / "config.toml")
    assert said in " ".join(f"{each.where} {each.problem}" for each in caught.value.problems)


@pytest.mark.parametrize(
    ("lines", "where", "says"),
    [
        ('listen = "0.0.0.0"\nallowed_hosts = ["a.org"]', "web.listen", "is reached from other machines"),
        ('listen = "::"\nallowed_hosts = ["a.org"]', "web.listen", "is reached from other machines"),
        ('listen = "0.0.0.0"\ntrusted_proxies = ["10.0.0.5"]', "web.allowed_hosts", "is empty"),
        ('listen = "example.org"', "web.listen", "is not an address to listen at"),
        ('trusted_proxies = ["10.0.0.5/24"]', "web.trusted_proxies[0]", "is neither an address nor a network"),
        ('trusted_proxies = ["proxy"]', "web.trusted_proxies[0]", "is neither an address nor a network"),
        ('tls_key = "key.pem"', "web.tls_certificate", "is missing beside tls_key"),
        ('user_header = "X Forwarded: User"', "web.user_header", "must be the name of a header"),
    ],
)
def test_pages_that_the_wrong_ones_could_reach_are_refused(
    find_problems: Find, lines: str, where: str, says: str
) -> None:
    problems = find_problems(SITE + "[web]\n" + lines)
    assert says in problems[where].problem


@pytest.mark.parametrize(
    "lines",
    [
        "",
        'listen = "::1"',
        'listen = "localhost"',
        'listen = "0.0.0.0"\nenabled = false',
        'listen = "0.0.0.0"\nallowed_hosts = ["a.org"]\ntrusted_proxies = ["10.0.0.0/28", "::1"]',
        'listen = "0.0.0.0"\nallowed_hosts = ["a.org"]\ntls_certificate = "c.pem"\ntls_key = "k.pem"',
    ],
)
def test_pages_that_only_the_right_ones_reach_are_taken(load: Load, lines: str) -> None:
    assert load(SITE + "[web]\n" + lines).web.port == 8018
