"""[notify] on the command line: what `check` finds, whether test messages arrive, and a night of a timer."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from tests.far_ends import USER, Certificates, MailServer, WebServer, mail_server, make_certificates, web_server
from tests.site import Site

PASSWORD, HOOK = "marker-password-1f0c", "/marker-hook-5d2a7b9e"
LIMITS = "[limits]\nmax_export_age_days = 0\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mails(certificates: Certificates) -> Iterator[MailServer]:
    with mail_server(certificates, password=PASSWORD) as server:
        yield server


@pytest.fixture
def web(certificates: Certificates) -> Iterator[WebServer]:
    with web_server(certificates) as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, certificates: Certificates, mails: MailServer, web: WebServer) -> Iterator[Site]:
    """A site on the morning after a night that is due, whose [notify] is right."""
    with JiraSimulator("cloud") as jira:
        jira.add_issue("DM-1", duedate="2019-09-02")
        notify = f"""
[notify]
ca_file = "{certificates.ca_file}"
[notify.mail]
host = "localhost"
port = {mails.port}
user = "{USER}"
password_file = "mail.password"
sender = "syncsvc@example.org"
recipients = ["a@example.org"]
[[notify.webhooks]]
name = "board"
kind = "slack"
url_env = "HOOK_URL"
[notify.ping]
url_env = "PING_URL"
"""
        site = Site(tmp_path, jira, tables=LIMITS + notify, now=lambda: datetime(2019, 5, 2, 11, 31, tzinfo=UTC))
        (tmp_path / "mail.password").write_text(f"{PASSWORD}\n")
        (tmp_path / "mail.password").chmod(0o600)
        site.env |= {"HOOK_URL": web.url + HOOK, "PING_URL": f"{web.url}/ping"}
        export_due(site, date(2019, 9, 2))
        site.link({"M-1": {"jira": "DM-1"}})
        yield site


def export_due(site: Site, due: date) -> None:
    write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", [Fact("M-1", "One", due, None, ())])


def problems(site: Site, code: int) -> dict[str, str]:
    shown = json.loads(site.run("check", "--format", "json", check=code).stdout)
    return {each["where"]: each["problem"] for each in shown["problems"]}


class TestCheck:
    def test_all_is_well(self, site: Site) -> None:
        assert problems(site, 0) == {}

    def test_every_secret_that_cannot_be_used_is_said_at_once(self, site: Site) -> None:
        (site.folder / "mail.password").chmod(0o644)
        site.env |= {"HOOK_URL": "http://example.org/marker-hook", "PING_URL": ""}
        site.tables = site.tables.replace("ca_file = ", 'ca_file = "gone.pem" #')
        site.write_config()
        found = problems(site, 2)
        assert found == {
            "config.toml: notify.mail.password_file": f"{site.folder}/mail.password can be read by others (mode 0644)",
            "config.toml: notify.webhooks[0].url_env": "what it names holds no https address",
            "config.toml: notify.ping.url_env": "the environment variable PING_URL is not set",
            "config.toml: notify.ca_file": f"{site.folder}/gone.pem does not exist or is not a file",
        }

    def test_every_setting_that_is_wrong_is_said_at_once(self, site: Site) -> None:
        site.tables = f"""{LIMITS}
[notify]
reminder_days = 0
report_url = "https://h/r?token=x"
surprise = 1
[notify.mail]
host = "mail.example.org\\u0020x"
security = "none"
password = "marker-password-1f0c"
password_env = "P"
sender = "syncsvc@example.org\\nBcc: all@example.org"
recipients = []
[[notify.webhooks]]
name = "a"
kind = "teams"
[[notify.webhooks]]
name = "a"
kind = "irc"
url = "https://hooks.example.org/marker-hook"
url_env = "U"
[notify.ping]
start_ending = "/a b"
"""
        site.write_config()
        found = problems(site, 2)
        assert sorted(where.removeprefix("config.toml: ") for where in found) == [
            "notify.mail.host",
            "notify.mail.password",
            "notify.mail.recipients",
            "notify.mail.security",
            "notify.mail.sender",
            "notify.mail.user",
            "notify.ping.start_ending",
            "notify.ping.url_env",
            "notify.reminder_days",
            "notify.report_url",
            "notify.surprise",
            "notify.webhooks[0].url_env",
            "notify.webhooks[1].kind",
            "notify.webhooks[1].name",
            "notify.webhooks[1].url",
        ]
        shown = site.run("check", check=2)
        assert "marker" not in shown.stdout + shown.stderr


class TestMessages:
    def test_arrive_on_every_way(self, site: Site, mails: MailServer, web: WebServer) -> None:
        done = site.run("notify", "test", check=0)
        assert done.stdout == (
            f"mail: sent, taken by localhost:{mails.port}\nwebhook board: sent, answered 200\nping: sent, answered\n"
        )
        assert [str(mail["Subject"]) for mail in mails.mails] == ["syncsvc Test site: a test message"]
        assert [post["text"] for post in web.posted(HOOK)] == ["syncsvc Test site: a test message"]
        assert web.pinged == ["/ping"]
        assert not (site.folder / "syncsvc.db").exists()

    def test_that_do_not_arrive_are_3_and_say_why(self, site: Site, web: WebServer) -> None:
        (site.folder / "mail.password").write_text("marker-wrong")
        web.answers[HOOK] = 404
        done = site.run("notify", "test", "--format", "json", check=3)
        answers = {each["channel"]: (each["sent"], each["detail"]) for each in json.loads(done.stdout)["channels"]}
        assert answers["mail"][0] is False
        assert "refuses the login" in answers["mail"][1]
        assert answers["webhook board"] == (False, "it answers 404, so its address is not known there any more")
        assert answers["ping"] == (True, "answered")
        assert "marker" not in done.stdout + done.stderr

    def test_to_nobody_are_refused_with_what_to_add(self, site: Site) -> None:
        site.tables = LIMITS
        site.write_config()
        assert "[notify.mail]" in site.run("notify", "test", check=2).stderr


def test_the_night_of_a_timer_is_told_and_its_exit_code_stays(site: Site, mails: MailServer, web: WebServer) -> None:
    """Also where nobody takes the message: here the webhook says 400, for which nobody waits."""
    site.jira.edit("DM-1", duedate="2019-09-09")
    web.answers[HOOK] = 400
    site.tables += '[log]\nformat = "json"\n'
    site.write_config()
    done = site.run("-v", "sync", "--nightly", check=4)
    assert [str(mail["Subject"]) for mail in mails.mails] == [
        "syncsvc Test site: 1 held anew - night of 2019-05-02",
    ]
    assert web.pinged == ["/ping/start", "/ping"]
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["run"] for line in lines if line["logger"] == "syncsvc.notify"} == {1}
    told = [(line["level"], line["message"]) for line in lines if line["logger"] == "syncsvc.notify"]
    assert told == [
        ("info", f"message 1 to mail: sent, taken by localhost:{mails.port}"),
        ("error", "message 1 to webhook board: not sent, given up: it answers 400"),
    ]
    assert "marker" not in done.stdout + done.stderr
    assert site.run("sync", "--nightly", check=0).stdout == ""
    assert len(mails.mails) == 1
    health = json.loads(site.run("health", "--format", "json", check=4).stdout)
    assert health["reasons"] == ["1 message of the last seven days could not be delivered"]
    plain = site.run("-v", "--log-format", "plain", "sync", check=4)
    assert not plain.stderr.startswith("{")
