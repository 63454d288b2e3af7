"""The review pages in a browser: a controller's morning until a run is taken back, with and without script."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from syncsvc.settings import WebSettings
from syncsvc.web.serving import address_of, serving
from tests.review_workbooks import fill
from tests.web.conftest import AUGUST, DUE, JULY, Pages, make_pages, nights
from tests.web.test_at_work import Gate, gate, has_ended, wait_for

EVERY_PAGE = (
    *("/", "/?state=all", "/decide-all", "/plan", "/workbook", "/milestones/M-1/narrative", "/persons", "/milestones"),
    *("/milestones/M-2", "/runs", "/runs/2", "/reports", "/links", "/links/suggestions", "/checks", "/sources"),
)
__all__ = ["gate", "make_pages", "nights"]  # fixtures


@dataclass
class Desk:
    """The pages on a socket, and browsers that look at them. What a console says, or is asked elsewhere, is kept."""

    pages: Pages
    url: str
    chromium: Browser
    contexts: list[BrowserContext]
    messages: list[str]

    def open(self, name: str | None, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Page:
        context = self.chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            java_script_enabled=script,
            accept_downloads=True,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto("/")
        if name is not None:
            page.get_by_label("Your personal token").fill(self.pages.tokens[name])
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", level=1)).to_have_text("Today")
        return page

    def _note(self, url: str) -> None:
        if not url.startswith((self.url, "blob:", "data:")):
            self.messages.append(f"asked for {url}")


@pytest.fixture
def desk(chromium: Browser, make_pages: Callable[..., Pages]) -> Iterator[Desk]:
    pages = make_pages(mode="auto")
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rules = WebSettings(port=port)
    with serving(pages.app, rules, threading.Event()):
        desk = Desk(pages, address_of(rules).rstrip("/"), chromium, [], [])
        yield desk
        for context in desk.contexts:
            context.close()
    unexpected = [message for message in desk.messages if "status of 4" not in message]  # a refusal is a 403 or a 409
    assert unexpected == []


@contextmanager
def as_file(page: Page, folder: Path) -> Iterator[Path]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook").click()
    path = folder / "review.xlsx"
    download.value.save_as(path)
    yield path


def due(desk: Desk, key: str) -> str:
    return str(desk.pages.site.jira.issue(key)["duedate"])


def mark(page: Page, code: str, verdict: str, reason: str = "", until: str = "") -> None:
    line = page.locator("table.asked tbody tr").filter(has=page.get_by_role("link", name=code, exact=True))
    line.get_by_label("Decision for").select_option(verdict)
    if reason:
        line.get_by_label("Reason for").fill(reason)
    if until:
        line.get_by_label("Hold until").fill(until)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_controllers_morning(desk: Desk, tmp_path: Path, script: bool) -> None:
    """Filters, approves three, rejects one, holds one, gives back a workbook with two more, and takes the run back."""
    # In April PMCS moved M-3, M-4 and M-5, teams moved M-1, M-6 and M-7, and both moved M-2.
    for key in ("DM-3", "DM-4", "DM-8"):
        desk.pages.site.jira.edit(key, author="C. Team", duedate="2019-09-02")  # nothing may be written by itself
    desk.pages.site.mode = "review"
    desk.pages.site.write_config()
    desk.pages.site.sync()
    anna = desk.open("anna", script=script)
    expect(anna.locator("a.tile").first).to_contain_text("7")
    anna.get_by_label("Code, name or issue").fill("m-")
    anna.get_by_label("Kind").select_option("follower_edited")
    anna.get_by_role("button", name="Show").click()
    expect(anna.locator("table.asked tbody tr")).to_have_count(4)
    mark(anna, "M-1", "approve")
    mark(anna, "M-8", "approve", "The team agrees")
    mark(anna, "M-6", "reject", "The team is right")
    mark(anna, "M-7", "hold", "Ask the scheduler", "2999-01-31")
    anna.get_by_role("button", name="Decide what is marked").click()
    expect(anna.get_by_role("status").first).to_contain_text("Kept: 2 approved, 1 rejected, 1 put off.")
    anna.get_by_role("link", name="wait for a decision").click()
    mark(anna, "M-2", "approve")
    anna.get_by_role("button", name="Decide what is marked").click()
    expect(anna.get_by_role("status").first).to_contain_text("Kept: 1 approved.")

    # two more in a workbook
    anna.get_by_role("link", name="Workbook").click()
    with as_file(anna, tmp_path) as path:
        fill(path, {"M-3": {"Decision": "approve"}, "M-4": {"Decision": "reject", "Reason": "Not yet"}})
        anna.get_by_label("The workbook you filled in").set_input_files(path)
    anna.get_by_role("button", name="Take the decisions in it").click()
    expect(anna.get_by_role("status").first).to_contain_text("Kept: 1 approved, 1 rejected.")

    # a second controller is told, and a row that changed meanwhile is refused
    bob = desk.open("bob", script=script)
    bob.goto("/?state=all&text=M-1")
    stale = desk.open("bob", script=script)
    stale.goto("/?state=planned&text=M-5")
    anna.goto("/?state=all&text=M-1")
    mark(anna, "M-1", "approve", "once more")
    anna.get_by_role("button", name="Decide what is marked").click()
    mark(bob, "M-1", "reject", "no")
    bob.get_by_role("button", name="Decide what is marked").click()
    expect(bob.get_by_role("alert")).to_contain_text("anna approved it")
    desk.pages.site.jira.edit("DM-5", author="D. Other", duedate=JULY.isoformat())
    mark(stale, "M-5", "approve")
    stale.get_by_role("button", name="Decide what is marked").click()
    expect(stale.get_by_role("alert")).to_contain_text("DM-5 was set to 2019-07-01 in Jira")

    # the plan writes exactly what was approved
    anna.goto("/plan")
    expect(anna.locator("main")).to_contain_text("only the 4 rows that were approved one by one are written")
    anna.get_by_role("button", name="Apply now").click()
    expect(anna.get_by_role("status").first).to_contain_text("4 written")
    written = {f"DM-{n}": due(desk, f"DM-{n}") for n in range(1, 9)}
    assert written == {
        "DM-1": str(DUE), "DM-2": str(JULY), "DM-3": str(JULY), "DM-4": "2019-09-02", "DM-5": str(JULY),
        "DM-6": str(AUGUST), "DM-7": str(AUGUST), "DM-8": str(DUE),
    }  # fmt: skip

    # a milestone's story tells of that run: what was decided and why, and what was written
    number = anna.url.rpartition("/")[2]
    anna.get_by_role("link", name="M-8", exact=True).first.click()
    expect(anna.get_by_role("heading", level=1)).to_have_text("M-8")
    story = anna.get_by_role("region", name="What happened, newest first")
    expect(story.get_by_role("heading", level=3).first).to_contain_text(
        f"a plan was applied (run {number}, apply, by anna)"
    )
    for words in (
        f"Written to Jira, and read back from there: due of DM-8, 2019-09-02 -> {DUE}",
        f"anna approved due of DM-8 (Jira 2019-09-02, PMCS {DUE}): The team agrees.",
        "Set in Jira: due of DM-8 to 2019-09-02, by C. Team at",
    ):
        expect(story).to_contain_text(words)

    # and is taken back
    anna.goto(f"/runs/{number}")
    anna.get_by_role("button", name="Plan to take back what it wrote").click()
    expect(anna.get_by_role("status").first).to_contain_text("4 dates can go back once this is applied")
    anna.get_by_role("button", name="Approve all 4 changes").click()
    anna.get_by_role("button", name="Apply now").click()
    expect(anna.get_by_role("status").first).to_contain_text("4 written")
    assert due(desk, "DM-1") == str(AUGUST)
    assert due(desk, "DM-3") == "2019-09-02"

    # a viewer sees it and cannot decide
    vera = desk.open("vera", script=script)
    expect(vera.get_by_label("Decision for")).to_have_count(0)
    vera.goto("/plan")
    expect(vera.get_by_role("button", name="Apply now")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_run_is_followed_until_it_has_ended(desk: Desk, gate: Gate, script: bool) -> None:
    anna = desk.open("anna", script=script)
    anna.goto("/plan")
    anna.get_by_role("button", name="Apply now").click()
    assert gate.reached.wait(20)
    expect(anna).to_have_url(re.compile(r"/runs/\d+$"))
    if not script:
        anna.get_by_role("link", name="Look again").click()
    expect(anna.get_by_role("status")).to_have_text(
        "Running: 0 of 3 written. 3 more are being written now, and counted once read back."
    )
    if script:
        assert_is_accessible(anna)
        anna.set_viewport_size({"width": 400, "height": 900})
        anna.emulate_media(color_scheme="dark")
        assert_is_accessible(anna)
    gate.opened.set()
    if not script:
        number = int(anna.url.rpartition("/")[2])
        wait_for(lambda: has_ended(desk.pages, number))
        anna.get_by_role("link", name="Look again").click()
    expect(anna.get_by_role("status").first).to_contain_text("3 written", timeout=15_000)
    expect(anna.get_by_role("heading", name="What it wrote 3")).to_be_visible()


def test_suggested_links_are_decided_by_the_keyboard(desk: Desk) -> None:
    desk.pages.site.jira.add_issue("DM-20", summary="M-9 is ready")
    desk.pages.site.jira.add_issue("DM-21", summary="M-10 is ready")
    anna = desk.open("anna", width=400)
    anna.goto("/links")
    anna.get_by_role("link", name="Suggested links").press("Enter")
    anna.get_by_role("button", name="Look for issues now").press("Enter")
    expect(anna.get_by_role("button", name="Accept")).to_have_count(2)
    anna.get_by_role("button", name="Refuse M-9 and DM-20").press("Enter")
    expect(anna.get_by_role("alert")).to_contain_text("Not taken: say why: a reason is missing")
    reason = anna.get_by_label("Reason to refuse M-9 and DM-20")
    reason.fill("another one")
    anna.get_by_role("button", name="Refuse M-9 and DM-20").press("Enter")
    expect(anna.get_by_role("status")).to_contain_text("Refused: M-9 and DM-20")
    anna.get_by_role("button", name="Accept M-10 and DM-21").press("Enter")
    expect(anna.get_by_role("status")).to_contain_text("Accepted: M-10 and DM-21")
    expect(anna.get_by_role("button", name="Accept")).to_have_count(0)


def assert_is_accessible(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], page.url
    spilt = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert spilt <= 0, page.url


def test_the_keyboard_is_enough(desk: Desk) -> None:
    anna = desk.open("anna")
    first = anna.locator("table.asked tbody tr").first
    expect(first.get_by_label("Reason for")).to_be_hidden()
    anna.keyboard.press("j")
    anna.keyboard.press("r")
    expect(first.get_by_label("Decision for")).to_have_value("reject")
    anna.keyboard.type("The team is right: j k a r h")
    anna.keyboard.press("Escape")
    expect(anna.locator("#marked")).to_have_text("1 of 4 marked")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("status").first).to_contain_text("Kept: 1 rejected.")
    anna.keyboard.press("/")
    anna.keyboard.type("M-2")
    anna.keyboard.press("Enter")
    expect(anna).to_have_url(re.compile("text=M-2"))
    anna.get_by_role("button", name="Dark").click()
    anna.goto("/plan")
    assert anna.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_axe_finds_nothing_on_any_page(desk: Desk, width: int, scheme: str) -> None:
    root = desk.open("root", width=width, scheme=scheme)
    desk.pages.site.jira.add_issue("DM-20", summary="M-9 is ready")
    root.goto("/links/suggestions")
    assert_is_accessible(root)
    root.get_by_role("button", name="Look for issues now").click()
    expect(root.get_by_role("button", name="Accept")).to_have_count(1)
    for path in (*EVERY_PAGE, "/none"):
        root.goto(path)
        assert_is_accessible(root)
    out = desk.open(None, width=width, scheme=scheme)
    assert [one["id"] for one in Axe().run(out).response["violations"]] == []
