"""What a night is told as: exceptions first, a bounded length, and nothing that a name could do to a mail program."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from syncsvc.model import DriftKind, Field, Hold, Mode, Outcome, Plan, Receipt, RunResult, Violation
from syncsvc.notice import Message, Occasion, Trouble
from syncsvc.notify.mail import Mail
from syncsvc.notify.web import SLACK_BLOCK, SLACK_BLOCKS, json_shape, slack_shape, teams_shape
from syncsvc.notify_settings import MailSettings
from syncsvc.report.digest import MOST_ROWS, Told, digest, probe
from syncsvc.slots import Slot, SlotState
from tests.builders import NOON, change

FEB, MARCH = date(2019, 2, 1), date(2019, 3, 4)
HOSTILE = 'x\r\nBcc: all@example.org\r\n\r\n<img src=x onerror="alert(1)"> <!channel> [a](http://evil)\x1b[2J\u202e=cmd'
SLOT = Slot(date(2019, 5, 1), NOON)
MAIL = Mail(MailSettings(host="localhost", sender="syncsvc@example.org", recipients=("a@example.org", "b@example.org")))


def result(changes: int = 2, holds: int = 1, code: str = "M", **rest: object) -> RunResult:
    moved = [change(f"DM-{n}", Field.DUE, FEB, MARCH, code=f"{code}-{n}") for n in range(changes)]
    held = tuple(
        Hold(f"{code}-H{n}", f"DM-{900 + n}", Field.DUE, DriftKind.BOTH_MOVED, MARCH, FEB, None, "why", "id", False)
        for n in range(holds)
    )
    plan = Plan(
        id="p-0123456789ab", mode=Mode.AUTO, changes=tuple(moved), holds=held, drifts={"in_sync": 5}, violations=(),
        warnings=(), snapshots={}, created_at=NOON, expires_at=NOON + timedelta(hours=72),
    )  # fmt: skip
    receipts = tuple(Receipt(each, Outcome.APPLIED) for each in moved)
    values = {"plan": plan, "receipts": receipts, "report": {"html": "/srv/s/reports/run-00012.html"}, **rest}
    return RunResult(12, "nightly", Mode.AUTO, NOON, NOON, 4, **values)  # type: ignore[arg-type]


def told(of: RunResult | None, **rest: object) -> Told:
    held = {(hold.code, hold.key, hold.field.value) for hold in of.plan.holds} if of and of.plan else set()
    values = {"held_anew": held, **rest}
    return Told("LSST", Occasion.NEWS, SLOT, SlotState.DONE, 4, 12, of, **values)  # type: ignore[arg-type]


def test_a_plain_night() -> None:
    message = digest(told(result()))
    assert message.subject == "syncsvc LSST: 2 written, 1 held anew - night of 2019-05-01"
    assert (
        message.text
        == """\
Run 12, mode auto: done; something waits for a person.
2 written; 1 hold in all.

Held anew: both_moved (1)
  Since the two last agreed, both PMCS and Jira were changed, to different dates. Decide which is
    right. PMCS: `syncsvc review approve CODE`; Jira: `syncsvc review reject CODE --reason TEXT`,
    and have the schedule changed.
  code  issue   field  PMCS        Jira
  M-H0  DM-900  due    2019-03-04  2019-02-01

Written (2)
  code  issue  field  before      now         move
  M-0   DM-0   due    2019-02-01  2019-03-04  31 days late (21)
  M-1   DM-1   due    2019-02-01  2019-03-04  31 days late (21)

report: /srv/s/reports/run-00012.html
again: syncsvc report 12; every step: syncsvc log --run 12
"""
    )


def test_exceptions_come_first() -> None:
    plain = result()
    assert plain.plan is not None
    plan = replace(plain.plan, violations=(Violation("max_shift_days", 707, 400, "M-2 would move"),))
    wrong = Receipt(change("DM-50", Field.DUE, FEB, MARCH), Outcome.REFUSED, "not on the screen")
    message = digest(told(replace(plain, plan=plan, receipts=(wrong, *plain.receipts), problems=("it is not there",))))
    headings = re.findall(r"^(\S.*?)(?: \(\d+\)|:|$)", message.text, flags=re.MULTILINE)
    shown = [
        each
        for each in headings
        if each in ("Safety limits broken", "Not written", "Could not be read or written", "Written")
    ]
    assert shown == ["Safety limits broken", "Not written", "Could not be read or written", "Written"]
    assert "DM-50 due 2019-02-01 -> 2019-03-04: refused. not on the screen" in message.text


@pytest.mark.parametrize(
    ("occasion", "rest", "subject"),
    [
        (Occasion.TROUBLE, {}, "FAILED: Jira is away"),
        (Occasion.STILL, {"since": FEB}, "STILL FAILING since 2019-02-01: Jira is away"),
    ],
)
def test_a_failure_is_in_the_subject(occasion: Occasion, rest: dict[str, date], subject: str) -> None:
    trouble = Trouble("a", "Jira is away", "See whether it is up.")
    message = digest(replace(told(None), occasion=occasion, trouble=trouble, **rest))  # type: ignore[arg-type]
    assert message.subject == f"syncsvc LSST: {subject} - night of 2019-05-01"
    assert "Jira is away.\nSee whether it is up.\n" in message.text


def test_the_report_is_a_link_where_people_can_open_it() -> None:
    linked = digest(told(result(), report_url="https://h/reports/"))
    assert '<a href="https://h/reports/run-00012.html">https://h/reports/run-00012.html</a>' in linked.html
    assert "report: https://h/reports/run-00012.html" in linked.text
    assert "<a" not in digest(told(result())).html


def test_what_is_long_is_cut_and_counted() -> None:
    message = digest(told(result(changes=500, holds=300)))
    assert message.text.count("31 days late") == MOST_ROWS
    assert f"The first {MOST_ROWS}; the others stand in the report." in message.text
    assert "500 written, 300 held anew" in message.subject
    assert len(message.text) < 12_000


class _Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


class TestHostileNames:
    @pytest.fixture
    def message(self) -> Message:
        plain = result(code=HOSTILE, problems=(HOSTILE,), report={"html": f"/srv/{HOSTILE}/run.html"})
        return digest(
            replace(
                told(plain, restated=[HOSTILE], warnings=[HOSTILE]),
                site=HOSTILE,
                occasion=Occasion.TROUBLE,
                trouble=Trouble("a", HOSTILE, HOSTILE),
            )
        )

    def test_begin_no_header(self, message: Message) -> None:
        sent = MAIL.compose(message, number="1.2", at=NOON).as_bytes()
        read = message_from_bytes(sent, policy=policy.default)
        assert isinstance(read, EmailMessage)
        assert {name.lower() for name in read} == {
            "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-type",
        }  # fmt: skip
        assert read["To"] == "a@example.org, b@example.org"
        assert "\n" not in str(read["Subject"])
        assert str(read["Subject"]).endswith("- night of 2019-05-01")

    def test_steer_no_terminal_and_no_direction_of_text(self, message: Message) -> None:
        for text in (message.subject, message.text, message.html):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)

    def test_become_no_markup(self, message: Message) -> None:
        page = _Tags()
        page.feed(message.html)
        allowed = "html head meta title body p b br h3 ul li table tr th td"
        assert page.tags <= set(allowed.split())
        assert page.attributes <= {"lang", "charset", "style"}

    def test_mention_nobody_in_slack(self, message: Message) -> None:
        shape = slack_shape(message, "1", NOON)
        assert "<" not in shape["text"]
        kinds = [block["text"]["type"] for block in shape["blocks"]]
        assert set(kinds) == {"plain_text"}

    def test_are_plain_runs_in_teams(self, message: Message) -> None:
        (attachment,) = teams_shape(message, "1", NOON)["attachments"]
        body = attachment["content"]["body"]
        assert {block["type"] for block in body} == {"RichTextBlock"}
        assert {run["type"] for block in body for run in block["inlines"]} == {"TextRun"}


def test_what_chat_takes_is_bounded() -> None:
    message = replace(probe("LSST", "x"), text="".join(f"{'y' * 4_000}\n{n}\n" for n in range(200)))
    blocks = slack_shape(message, "1", NOON)["blocks"]
    assert len(blocks) == SLACK_BLOCKS + 1
    assert max(len(block["text"]["text"]) for block in blocks) <= SLACK_BLOCK
    assert len(json.dumps(teams_shape(message, "1", NOON))) < 28_000


def test_programs_get_facts() -> None:
    shape = json_shape(digest(told(result(), missed=[date(2019, 4, 30)])), "7", datetime(2019, 5, 1, tzinfo=UTC))
    assert json.loads(json.dumps(shape)) == shape
    expected = {
        "schema": "syncsvc.notice/1", "event": "news", "night": "2019-05-01", "run": 12, "exit_code": 4,
        "outcomes": {"applied": 2}, "held_anew": 1, "missed": ["2019-04-30"],
    }  # fmt: skip
    assert {key: shape[key] for key in expected} == expected
