"""What outlasts a request: it goes on, says how far it is, and its answer waits for who asked, and for nobody else."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from connectors.jira.connector import JiraConnector
from syncsvc.web import Desk
from syncsvc.web import work as module
from tests.web.browser import words_of
from tests.web.conftest import DUE, JULY, Pages


@dataclass
class Gate:
    """Keeps writes to Jira waiting: the connector comes to it once it may write, and again after its receipts."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Right before the first write of a batch, once its intents are committed."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    gate, apply = Gate(), JiraConnector.apply

    def waiting(self: JiraConnector, *asked: Any) -> Any:
        gate.reached.set()
        assert gate.opened.wait(20)
        return apply(self, *asked)

    monkeypatch.setattr(JiraConnector, "apply", waiting)
    yield gate
    gate.opened.set()


def wait_for(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)


def run_of(page: httpx.Response) -> int:
    """The run whose page it is."""
    path = urlsplit(str(page.url)).path
    assert path.startswith("/runs/"), path
    return int(path.removeprefix("/runs/"))


def has_ended(pages: Pages, number: int) -> bool:
    run = pages.desk.store.run(number)
    return run is not None and run.finished_at is not None


def due(pages: Pages, number: int) -> str:
    return str(pages.site.jira.issue(f"DM-{number}")["duedate"])


def test_an_apply_says_how_far_it_is_and_then_how_it_ended(pages: Pages, gate: Gate) -> None:
    anna, bob = pages.browser("anna"), pages.browser("bob")
    plan = anna.get("/plan")
    running = anna.send(plan, f"{plan.url.path}/apply")
    assert running.status_code == 200
    number = run_of(running)
    assert "Running: it reads what it needs" in words_of(running) or "0 of 3 written" in words_of(running)
    assert gate.reached.wait(20)
    looked = bob.get(f"/runs/{number}")
    assert "Running: 0 of 3 written. 3 more are being written now" in words_of(looked)
    assert f'data-look-again="/runs/{number}?look=1"' in looked.text
    assert "Look again" in looked.text  # without script
    assert "Begun by run" in words_of(bob.get(str(plan.url.path)))
    assert bob.get("/runs").status_code == bob.get("/healthz").status_code == 200
    gate.opened.set()
    wait_for(lambda: has_ended(pages, number))
    # whoever only looks, or is somebody else, does not take the answer that waits for anna
    for page in (anna.get(f"/runs/{number}?look=1"), bob.get(f"/runs/{number}")):
        assert "data-look-again" not in page.text
        assert "Done; something waits for a person. Plan" in words_of(page)
        assert f"Run {number}: 3 written" not in words_of(page)
    assert f"Run {number}: 3 written" in words_of(anna.get(f"/runs/{number}"))
    assert f"Run {number}: 3 written" not in words_of(anna.get(f"/runs/{number}"))  # told once
    assert [due(pages, n) for n in (3, 4, 5)] == [str(JULY), str(JULY), "2019-08-01"]


def test_of_two_who_apply_at_once_one_writes_and_the_other_is_told_who(
    pages: Pages, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncsvc.web.desk.PATIENCE_SECONDS", 0.2)
    anna, bob = pages.browser("anna"), pages.browser("bob")
    plan, rows = anna.get("/plan"), bob.get("/")
    number = run_of(anna.send(plan, f"{plan.url.path}/apply"))
    assert gate.reached.wait(20)
    second = bob.send(plan, f"{plan.url.path}/apply", form_token=bob.form_token)
    assert second.status_code == 409
    assert f"Not done: Run {number} of anna is at work: apply, since" in words_of(second)
    decided = bob.send(rows, "/decide", **{"verdict.1": "approve"})
    assert decided.status_code == 503
    assert f"Run {number} of anna is at work" in words_of(decided)
    gate.opened.set()
    wait_for(lambda: has_ended(pages, number))
    assert f"Run {number}: 3 written" in words_of(anna.get(f"/runs/{number}"))
    assert len(pages.events("intent")) == 3
    assert {actor for _, actor, _ in pages.events("intent")} == {"anna"}


def test_another_process_that_has_the_lease_is_named_by_its_run(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncsvc.web.desk.PATIENCE_SECONDS", 0.2)
    anna, store = pages.browser("anna"), pages.desk.store
    plan = anna.get("/plan")
    lease = store.take_lease("another machine")
    number = store.begin_run(trigger="nightly", mode=None, actor="nightly")
    answer = anna.send(plan, f"{plan.url.path}/apply")
    assert answer.status_code == 409
    assert f"Run {number} of nightly is at work: nightly, since" in words_of(answer)
    assert f'href="/runs/{number}"' in answer.text
    assert "Running: it reads what it needs; nothing is written yet." in words_of(anna.get(f"/runs/{number}"))
    store.release_lease(lease)  # as it is once the time of a process that was killed is over
    dead = words_of(anna.get(f"/runs/{number}"))
    assert "It did not end: it was killed, or its machine stopped." in dead
    assert "Running" not in dead


def test_what_is_refused_late_is_told_where_the_person_is_and_stands_in_the_run(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token was refused while both sides were read; the page of the run is open by then."""
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    anna, bob = pages.browser("anna"), pages.browser("bob")
    page = anna.get("/plan")
    pages.site.jira.fault("slow", seconds=0.5)
    pages.site.jira.fault("status", status=401, after=1, times=100)
    running = anna.send(page, "/plan")
    number = run_of(running)
    wait_for(lambda: has_ended(pages, number))
    for browser in (anna, bob):  # as an answer to what was asked, and as how the run ended
        said = words_of(browser.get(f"/runs/{number}"))
        assert "Has the token expired" in said
    assert pages.desk.work.pick_up("anna", run=number) is None


def test_what_a_form_was_refused_late_is_told_in_that_form(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FORM_SECONDS", 0.05)
    anna = pages.browser("anna")
    page = anna.get("/?text=M-1")
    pages.site.jira.edit("DM-1", author="B. Other", duedate=JULY.isoformat())
    pages.site.jira.fault("slow", seconds=0.5)
    number = run_of(anna.send(page, "/decide", **{"verdict.1": "reject", "reason.1": "The team is right"}))
    wait_for(lambda: has_ended(pages, number))
    answer = anna.get(f"/runs/{number}")
    assert answer.status_code == 409
    assert "DM-1 was set to 2019-07-01 in Jira" in words_of(answer)
    assert 'value="The team is right"' in answer.text


def test_a_service_that_is_told_to_stop_ends_the_batch_that_is_at_work(
    pages: Pages, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncsvc.service.applying.BATCH_WRITES", 2)
    stop = threading.Event()
    monkeypatch.setattr(pages.desk, "_stopping", stop.is_set)
    anna = pages.browser("anna")
    plan = anna.get("/plan")
    number = run_of(anna.send(plan, f"{plan.url.path}/apply"))
    assert gate.reached.wait(20)
    stop.set()
    closing = threading.Thread(target=pages.desk.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    gate.opened.set()
    closing.join(20)
    assert not closing.is_alive()
    desk = Desk(pages.site.wiring, pages.site.now)
    try:
        run = desk.store.run(number)
        assert run is not None
        assert run.body is not None
        outcomes = sorted(receipt["outcome"] for receipt in run.body["receipts"])
        assert (outcomes, run.exit_code) == (["applied", "applied", "not_tried"], 6)
        assert desk.store.open_intents() == []
    finally:
        desk.close()
    assert sorted(due(pages, n) for n in (3, 4, 5)) == [str(DUE), str(JULY), str(JULY)]
