"""A week of mixed nights, heard by a real mail server, a webhook receiver and a monitor: who is told what, and when.

Every secret in it is a marker that must turn up nowhere.
"""

import io
import logging
import shutil
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc import log
from syncsvc.announcing import RETRY_MINUTES, Announcer
from syncsvc.demo.story import Fact, write_export
from syncsvc.errors import ConfigError, SourceError
from syncsvc.notify import Notifier
from syncsvc.service import Service
from syncsvc.service.nights import NightRules, Nights
from syncsvc.settings import Settings
from syncsvc.slots import Slot, SlotState, Timetable
from tests.far_ends import Certificates, MailServer, WebServer, mail_server, make_certificates, web_server
from tests.integration.test_store_slots import end_leases
from tests.site import TOKEN, Site

ZONE = ZoneInfo("America/Los_Angeles")
PASSWORD, HOOK, PING = "marker-password-1f0c", "marker-hook-5d2a7b9e", "marker-ping-8c3e6a41"
#: Also as SMTP and the log of a library would show them.
MARKERS = (
    *(PASSWORD, HOOK, PING, TOKEN, "wrong-marker-token"),
    b64encode(PASSWORD.encode()).decode(),
    b64encode(f"\0syncsvc-bot\0{PASSWORD}".encode()).decode(),
    b64encode(f"bot@example.org:{TOKEN}".encode()).decode(),
)
LINKS = 8
DUE = date(2019, 9, 2)
FIRST = date(2019, 5, 2)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@dataclass
class Week:
    """The nights of one site, played one after the other, and everybody who hears of them."""

    site: Site
    mails: MailServer
    web: WebServer
    log: io.StringIO
    day: date = FIRST - timedelta(days=1)
    at: datetime = field(default_factory=lambda: datetime(2019, 5, 1, 12, tzinfo=UTC))
    dues: dict[int, date] = field(default_factory=lambda: dict.fromkeys(range(LINKS), DUE))

    def __post_init__(self) -> None:
        self.site.now = lambda: self.at
        self.url = f"sqlite:///{self.site.folder / 'syncsvc.db'}"
        self.store = self.site.wiring().open_store()
        self.timetable = Timetable(time(4, 30), ZONE)
        announcer = Announcer(self.store, lambda: self.at, self._read, sleep=lambda _: None)
        rules = NightRules(self.timetable, timedelta(hours=12), 900, attempts=3)
        self.nights = Nights(self.store, rules, lambda: self.at, self._open_service, listener=announcer)

    def _read(self) -> tuple[Settings, Notifier]:
        wiring = self.site.wiring()
        return wiring.settings, wiring.notifier()

    @contextmanager
    def _open_service(self) -> Iterator[Service]:
        setup = self.site.wiring().setup()
        try:
            yield Service(setup, "scheduler", trigger="nightly")
        finally:
            setup.close()

    def night(self, skip_days: int = 0) -> "Heard":
        """The next night (so many are missed before it), with all its tries; what was heard of it."""
        self.day += timedelta(days=1 + skip_days)
        slot = self.timetable.slot(self.day)
        assert slot is not None
        self.at = slot.due_at + timedelta(seconds=5)
        before = (len(self.mails.mails), len(self.web.posted(f"/{HOOK}")), len(self.web.pinged))
        self.nights.run_due()
        while (row := self.store.slot(self.day)) is not None and row.state is SlotState.DUE:
            self.passes(minutes=15)
        mails, posts, pings = before
        return Heard(
            [str(mail["Subject"]) for mail in self.mails.mails[mails:]],
            self.web.posted(f"/{HOOK}")[posts:],
            [path.removeprefix(f"/{PING}") for path in self.web.pinged[pings:]],
        )

    def passes(self, **time: float) -> None:
        """The heartbeat after some time."""
        self.at += timedelta(**time)
        end_leases(self.url)
        self.nights.run_due()

    def export(self, month: int, days: int, *numbers: int) -> None:
        """An export of a month (again: its next edition) in which these milestones moved by some days."""
        for number in numbers:
            self.dues[number] += timedelta(days=days)
        facts = [Fact(f"M-{n:02}", f"Name {n} <b>", due, None, ()) for n, due in self.dues.items()]
        write_export(self.site.folder / "exports" / f"2019{month:02}-ME.csv", f"LSST ME 19-{month:02}", facts)

    @property
    def deliveries(self) -> dict[str, int]:
        return self.store.deliveries()


@dataclass
class Heard:
    """What was heard of one night."""

    mails: list[str]
    posts: list[dict[str, Any]]
    pings: list[str]

    @property
    def events(self) -> list[str]:
        return [post["event"] for post in self.posts]


CONFIG = """
[limits]
max_export_age_days = 0
max_change_percent = 40
[notify]
ca_file = "{ca_file}"
report_url = "https://reports.example.org/drift"
{lines}
[notify.mail]
host = "localhost"
port = {port}
user = "syncsvc-bot"
password_env = "MAIL_PASSWORD"
sender = "syncsvc@example.org"
recipients = ["controllers@example.org", "planner@example.org"]
[[notify.webhooks]]
name = "board"
kind = "json"
url_env = "HOOK_URL"
[notify.ping]
url_file = "ping.url"
"""


@pytest.fixture
def make_week(tmp_path: Path, certificates: Certificates, migrated_file: Path) -> Iterator[Callable[..., Week]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with ExitStack() as stack:
        jira = stack.enter_context(JiraSimulator("cloud"))
        mails = stack.enter_context(mail_server(certificates, password=PASSWORD))
        web = stack.enter_context(web_server(certificates))

        def make(mode: str = "auto", jira_lines: str = "", notify_lines: str = "") -> Week:
            shutil.copyfile(migrated_file, tmp_path / "syncsvc.db")
            stream = io.StringIO()
            log.set_up_logging(logging.DEBUG, "json", stream)
            tables = CONFIG.format(ca_file=certificates.ca_file, port=mails.port, lines=notify_lines)
            site = Site(tmp_path, jira, mode=mode, tables=tables, jira_lines=jira_lines)
            site.env |= {"MAIL_PASSWORD": PASSWORD, "HOOK_URL": f"{web.url}/{HOOK}"}
            (tmp_path / "ping.url").write_text(f"{web.url}/{PING}\n")
            (tmp_path / "ping.url").chmod(0o600)
            for number in range(LINKS):
                jira.add_issue(f"DM-{number + 1}", duedate=DUE.isoformat())
            site.link({f"M-{number:02}": {"jira": f"DM-{number + 1}"} for number in range(LINKS)})
            week = Week(site, mails, web, stream)
            week.export(3, 0)
            stack.callback(week.store.close)
            return week

        yield make
    root.handlers[:], root.level = handlers, level


def assert_no_secret(week: Week) -> None:
    """Not in the log, a mail, a post, a report or a row, the packed ones unpacked."""
    store = sqlite3.connect(week.site.folder / "syncsvc.db")
    told = list(store.iterdump())
    store.close()
    said = [message for number in range(1, 99) if (message := _kept(week, number))]
    reports = [path.read_bytes().decode(errors="replace") for path in (week.site.folder / "reports").iterdir()]
    mails = [part.get_content() for mail in week.mails.mails for part in mail.walk() if not part.is_multipart()]
    heads = [str(mail.items()) for mail in week.mails.mails]
    posts = [repr(body) for _, _, body in week.web.requests]
    everything = "\n".join([week.log.getvalue(), *told, *said, *reports, *mails, *heads, *posts])
    assert [marker for marker in MARKERS if marker in everything] == []
    assert len(everything) > 10_000


def _kept(week: Week, number: int) -> str | None:
    from syncsvc.store.codec import unpack

    connection = sqlite3.connect(week.site.folder / "syncsvc.db")
    row = connection.execute("SELECT body FROM notice WHERE id = ?", (number,)).fetchone()
    connection.close()
    return None if row is None else repr(unpack(row[0]))


def test_a_week_of_mixed_nights_is_heard_as_it_should_be(make_week: Callable[..., Week]) -> None:
    week = make_week()
    jira = week.site.jira

    quiet = week.night()
    assert (quiet.mails, quiet.posts, quiet.pings) == ([], [], ["/start", ""])

    week.export(4, 14, 0, 1)
    heard = week.night()
    assert heard.mails == ["syncsvc Test site: 2 written - night of 2019-05-03"]
    assert (heard.events, heard.pings) == (["news"], ["/start", ""])
    assert heard.posts[0]["outcomes"] == {"applied": 2}
    mail = week.mails.mails[-1]
    assert week.mails.sent_to[-1] == ["controllers@example.org", "planner@example.org"]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "M-00  DM-1   due    2019-09-02  2019-09-16  14 days late (10)" in text
    assert "report: https://reports.example.org/drift/run-00002.txt" in text

    week.site.env["SYNCSVC_JIRA_TOKEN"] = "wrong-marker-token"
    refused = week.night()
    assert len(refused.mails) == 1
    assert refused.mails[0].startswith("syncsvc Test site: FAILED: Jira does not accept the token")
    assert refused.pings == ["/start", "/start", "/start", "/fail"]
    (post,) = refused.posts
    assert (post["event"], post["exit_code"], post["state"]) == ("trouble", 3, "failed")
    assert "put it into SYNCSVC_JIRA_TOKEN" in post["text"]
    for _ in range(2):
        silent = week.night()
        assert (silent.mails, silent.posts, silent.pings[-1]) == ([], [], "/fail")

    week.site.env["SYNCSVC_JIRA_TOKEN"] = TOKEN
    jira.edit("DM-5", duedate="2019-12-24")
    over = week.night()
    assert over.mails == ["syncsvc Test site: works again: 1 held anew - night of 2019-05-07"]
    assert (over.events, over.pings) == (["over"], ["/start", ""])
    assert over.posts[0]["since"] == "2019-05-04"
    assert "Held anew: follower_edited (1)" in over.posts[0]["text"]
    held_still = week.night()
    assert (held_still.mails, held_still.posts) == ([], [])

    week.export(4, 7, *range(LINKS))
    limits = week.night()
    assert limits.mails == [
        "syncsvc Test site: FAILED: stopped by the safety limits; nothing was written: max_change_percent"
        " - night of 2019-05-09"
    ]
    assert limits.events == ["trouble"]
    assert limits.posts[0]["restated"] == ["2019-04 ME edition 2"]
    assert week.night().mails == []

    missed = week.night(skip_days=2)
    assert missed.posts[0]["missed"] == ["2019-05-11", "2019-05-12"]
    assert missed.events == ["still"]
    assert week.mails.logins == len(week.mails.mails) == 5
    assert week.mails.encrypted == [True] * 5
    assert len({mail["Message-ID"] for mail in week.mails.mails}) == 5
    assert_no_secret(week)


def test_a_failure_that_lasts_is_told_again_after_some_days(make_week: Callable[..., Week]) -> None:
    week = make_week(notify_lines="reminder_days = 2")
    week.site.env["SYNCSVC_JIRA_TOKEN"] = "wrong-marker-token"
    heard = [week.night().events for _ in range(4)]
    assert heard == [["trouble"], [], ["still"], []]
    assert "STILL FAILING since 2019-05-02" in str(week.mails.mails[-1]["Subject"])


def test_in_review_mode_what_is_new_to_approve_is_told_once(make_week: Callable[..., Week]) -> None:
    week = make_week("review")
    assert week.night().mails == []
    week.export(4, 14, 0, 1)
    heard = week.night()
    assert heard.mails == ["syncsvc Test site: 2 to be approved - night of 2019-05-03"]
    assert "syncsvc approve p-" in heard.posts[0]["text"]
    assert week.night().mails == []


def test_a_token_about_to_end_is_said_once_a_while(make_week: Callable[..., Week]) -> None:
    ends = FIRST + timedelta(days=4)
    week = make_week(jira_lines=f"token_expires = {ends}")
    first, second, third = (week.night() for _ in range(3))  # 4, 3 and 2 days before
    assert first.mails[0].startswith(f"syncsvc Test site: warning: Jira's token ends in 4 days, on {ends}")
    assert (first.events, second.events, third.events) == (["warning"], ["warning"], [])


class TestNobodyListens:
    """A message that cannot be sent breaks no night, waits in the store, and is given up after a while."""

    @pytest.fixture
    def week(self, make_week: Callable[..., Week]) -> Week:
        week = make_week()
        assert week.night().mails == []
        week.export(4, 14, 0)
        return week

    def test_a_mail_server_that_is_away_for_an_hour(self, week: Week) -> None:
        week.mails.answer = "451 try later"
        heard = week.night()
        row = week.store.slot(week.day)
        assert row is not None
        assert (row.state, row.exit_code) == (SlotState.DONE, 0)
        assert (heard.mails, heard.events, heard.pings[-1]) == ([], ["news"], "")
        assert week.deliveries == {"waiting": 1, "sent": 1, "given_up": 0}
        assert "message 1 to mail: not sent, tried again from" in week.log.getvalue()
        week.mails.answer = None
        week.passes(seconds=30)
        assert week.mails.mails == []  # not before its time
        week.passes(minutes=1)
        assert len(week.mails.mails) == 1
        assert week.deliveries == {"waiting": 0, "sent": 2, "given_up": 0}
        week.passes(minutes=60)
        assert len(week.mails.mails) == 1
        assert_no_secret(week)

    def test_it_is_tried_a_number_of_times_and_then_given_up(self, week: Week) -> None:
        week.web.answers[f"/{HOOK}"] = 500
        week.night()
        for minutes in RETRY_MINUTES:
            assert week.deliveries["waiting"] == 1
            week.passes(minutes=minutes)
        assert week.deliveries == {"waiting": 0, "sent": 1, "given_up": 1}
        assert "message 1 to webhook board: not sent, given up: it answers 500" in week.log.getvalue()
        assert len(week.web.posted(f"/{HOOK}")) == 3 * (1 + len(RETRY_MINUTES))

    def test_what_can_never_be_taken_is_given_up_at_once(self, week: Week) -> None:
        week.web.answers[f"/{HOOK}"] = 400
        week.night()
        assert week.deliveries == {"waiting": 0, "sent": 1, "given_up": 1}
        assert len(week.web.posted(f"/{HOOK}")) == 1

    def test_a_refused_login_is_said_without_the_password(self, week: Week) -> None:
        week.site.env["MAIL_PASSWORD"] = "wrong-marker-token"
        week.night()
        assert "refuses the login of syncsvc-bot (535)" in week.log.getvalue()
        assert week.deliveries["waiting"] == 1
        week.site.env["MAIL_PASSWORD"] = PASSWORD
        week.night()  # reads the configuration afresh
        assert len(week.mails.mails) == 1
        assert_no_secret(week)

    def test_a_secret_that_is_not_there_waits_to_be_mended(self, week: Week) -> None:
        del week.site.env["HOOK_URL"]
        week.night()
        assert "the environment variable HOOK_URL is not set" in week.log.getvalue()
        assert week.deliveries["waiting"] == 1

    def test_a_monitor_that_answers_nothing_is_logged_and_no_more(self, week: Week) -> None:
        week.web.answers |= {f"/{PING}{ending}": 503 for ending in ("", "/start")}
        heard = week.night()
        assert heard.pings == ["/start", "", "", ""]
        assert "the monitor could not be told of success: it answers 503" in week.log.getvalue()
        assert heard.events == ["news"]
        assert_no_secret(week)

    def test_a_bug_in_telling_ends_no_night(self, week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("no template " + PASSWORD)

        monkeypatch.setattr(Announcer, "compose", broken)
        week.night()
        row = week.store.slot(week.day)
        assert row is not None
        assert (row.state, row.exit_code) == (SlotState.DONE, 0)
        assert "nobody could be told of the nights: a bug in syncsvc" in week.log.getvalue()
        assert_no_secret(week)

    def test_a_configuration_that_cannot_be_read_is_heard_by_the_one_before(self, week: Week) -> None:
        week.site.config.write_text("[site]\ntimezone = 1\n")
        with pytest.raises(ConfigError):
            week.site.wiring()
        heard = week.night()
        assert heard.events == ["trouble"]
        assert heard.posts[0]["exit_code"] == 2


def test_a_secret_that_an_error_repeats_goes_no_further(
    make_week: Callable[..., Week], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server that answers with what it was sent."""
    week = make_week()
    words = f"it said {PASSWORD}, {HOOK} and {b64encode(PASSWORD.encode()).decode()}\nIs {TOKEN} right?"
    for end in (SourceError(words, f"See {PING}."), RuntimeError(words)):

        def fail(*_: object, end: Exception = end) -> None:
            raise end

        monkeypatch.setattr("syncsvc.service.pull_all", fail)
        heard = week.night()
        assert heard.events == ["trouble"]
        assert "it said ***, *** and ***" in heard.posts[0]["text"]
    assert_no_secret(week)


def test_two_services_send_a_message_once(make_week: Callable[..., Week]) -> None:
    week = make_week()
    week.night()
    week.export(4, 14, 0)
    week.mails.answer = week.mails.answer or "451 try later"
    week.night()
    week.mails.answer = None
    week.at += timedelta(minutes=1)
    first, second = week.store.take_delivery(), week.store.take_delivery()
    assert first is not None
    assert (first.channel, first.tries, second) == ("mail", 2, None)
    week.at += timedelta(minutes=6)  # its sender was killed
    again = week.store.take_delivery()
    assert again is not None
    assert again.tries == 3
    week.store.end_delivery(first, "late", sent=True)  # and says so when another has it
    assert week.deliveries["sent"] == 1


class Killed(BaseException):
    """What no handler of an error sees, as nothing in a process sees that it is killed."""


@pytest.mark.parametrize("place", ["before the end is noted", "before the message is sent"])
def test_a_kill_at_the_end_of_a_night_loses_no_message_and_repeats_none(
    make_week: Callable[..., Week], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    week = make_week()
    week.night()
    week.export(4, 14, 0)

    def kill(*_: object) -> None:
        raise Killed

    owner, name = (Nights, "_keep") if place == "before the end is noted" else (Announcer, "ended")
    with monkeypatch.context() as dying:
        dying.setattr(owner, name, kill)
        with pytest.raises(Killed):
            week.night()
    assert (week.mails.mails, week.web.posted(f"/{HOOK}")) == ([], [])
    for _ in range(3):
        week.passes(seconds=30)
        (post,) = week.web.posted(f"/{HOOK}")
        assert (post["event"], len(week.mails.mails)) == ("news", 1)
    assert week.night().events == []


def test_nights_that_were_missed_are_told_though_the_next_one_is_killed(
    make_week: Callable[..., Week], monkeypatch: pytest.MonkeyPatch
) -> None:
    week = make_week()
    week.night()

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("syncsvc.service.pull_all", kill)
        with pytest.raises(Killed):
            week.night(skip_days=2)
    assert week.web.posted(f"/{HOOK}") == []
    week.passes(seconds=30)
    (post,) = week.web.posted(f"/{HOOK}")
    assert post["missed"] == ["2019-05-03", "2019-05-04"]
    assert week.night().events == []


def test_missed_nights_alone_are_told(make_week: Callable[..., Week]) -> None:
    week = make_week()
    week.night()
    week.day += timedelta(days=3)
    slot = week.timetable.slot(week.day)
    assert isinstance(slot, Slot)
    week.at = slot.due_at + timedelta(hours=13)  # too late for the last one, too
    week.nights.run_due()
    (post,) = week.web.posted(f"/{HOOK}")
    assert (post["event"], len(post["missed"])) == ("trouble", 3)
    assert week.web.pinged[-1] == f"/{PING}/fail"
    assert week.night().events == ["over"]
