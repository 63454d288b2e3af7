"""What pages share is looked up after each change by one who does nothing else, and nobody waits for it in vain."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncsvc.model import Mode
from syncsvc.persons import Role
from syncsvc.web import ready
from syncsvc.web.desk import Desk, Kept
from tests.web.browser import words_of
from tests.web.conftest import JULY, Pages, put_month
from tests.web.test_today import number_of

BEHIND = "this page shows what stood before it"


@dataclass
class Keeper:
    """How often everything was looked up, and a gate before it."""

    gate: threading.Event = field(default_factory=threading.Event)
    rounds: int = 0


@pytest.fixture
def kept(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """A keeper over the pages that goes on only while its gate is open, and by itself never looks."""
    make_ready = ready.make_ready

    @contextmanager
    def keep(look_seconds: float = 60) -> Iterator[Keeper]:
        keeper, stop = Keeper(), threading.Event()

        def gated(desk: Desk, mark: Any) -> None:
            assert keeper.gate.wait(20)
            make_ready(desk, mark)
            keeper.rounds += 1

        monkeypatch.setattr(ready, "make_ready", gated)
        monkeypatch.setattr(ready, "LOOK_SECONDS", look_seconds)
        keeper.gate.set()
        with ready.kept_ready(pages.desk, stop):
            pages.desk.rounds.wait(20)
            yield keeper
            keeper.gate.set()

    return keep


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_a_run_changed_is_ready_before_anybody_asks(pages: Pages, kept: Any) -> None:
    with kept(look_seconds=0.02):
        pages.site.sync(Mode.REVIEW)
        until(lambda: pages.desk.rounds.ready == pages.desk.mark())


def test_who_comes_meanwhile_is_shown_what_stood_before_and_told_so(pages: Pages, kept: Any) -> None:
    anna = pages.browser("anna")
    with kept() as keeper:
        before = words_of(anna.get("/"))
        assert "4 wait for a decision" in before
        assert BEHIND not in before
        keeper.gate.clear()
        put_month(pages.site, 5, {2: JULY, 3: JULY, 4: JULY, 5: JULY, 8: JULY})
        pages.site.sync(Mode.REVIEW)
        meanwhile = words_of(anna.get("/"))
        assert meanwhile.count(BEHIND) == 1
        assert "2019-04 ME" in meanwhile
        assert BEHIND in words_of(anna.get("/milestones/M-2")), "a story that nobody looked up yet"
        assert BEHIND not in words_of(anna.get("/runs")), "nothing of it is looked up beforehand"
        keeper.gate.set()
        pages.desk.rounds.wait(20)
        after = words_of(anna.get("/"))
        assert BEHIND not in after
        assert "2019-05 ME" in after


def test_a_run_that_has_just_ended_is_not_taken_for_one_that_was_killed(pages: Pages, kept: Any) -> None:
    anna, store, plan = pages.browser("anna"), pages.desk.store, pages.desk.store.newest_plan()
    with kept() as keeper:
        lease = store.take_lease("another machine")
        run = store.begin_run(trigger="apply", mode=Mode.REVIEW, actor="bob")
        store.begin_applying(lease, run, plan.making, to_write=3)
        pages.desk.rounds.wait(20)
        assert "being applied" in words_of(anna.get(f"/plans/{plan.plan.id}"))
        keeper.gate.clear()
        store.finish_applying(lease, run, plan.making)
        store.finish_run(run, exit_code=0, body={})
        store.release_lease(lease)
        meanwhile = words_of(anna.get(f"/plans/{plan.plan.id}"))
        assert BEHIND in meanwhile
        assert "its run did not end" not in meanwhile
        keeper.gate.set()
        pages.desk.rounds.wait(20)
        assert "its run did not end" not in words_of(anna.get(f"/plans/{plan.plan.id}"))


def test_who_comes_before_anything_was_looked_up_waits(pages: Pages, kept: Any) -> None:
    anna = pages.browser("anna")
    with kept() as keeper:
        pages.desk.rounds.ready = None
        page = words_of(anna.get("/"))
        assert "4 wait for a decision" in page
        assert BEHIND not in page
        assert keeper.rounds == 2


def test_who_decides_sees_it_on_the_next_page(pages: Pages, kept: Any) -> None:
    anna = pages.browser("anna")
    with kept() as keeper:
        page = anna.get("/")
        filled = {f"verdict.{number_of(page.text, 'M-2')}": "approve"}
        decided = words_of(anna.send(page, "/decide", **filled))
        assert "Kept: 1 approved" in decided
        assert "3 wait for a decision 3 to be written 1 decided" in decided
        assert BEHIND not in decided
        assert keeper.rounds == 2


def test_another_configuration_is_waited_for(pages: Pages, kept: Any) -> None:
    anna = pages.browser("anna")
    with kept():
        anna.get("/")
        file = pages.site.folder / "links.toml"
        file.write_text(file.read_text().replace("DM-8", "DM-88"))
        links = words_of(anna.get("/links"))
        assert BEHIND not in links
        assert "DM-88" in links


def test_a_keeper_that_fails_leaves_every_page_to_itself(pages: Pages, kept: Any, monkeypatch: pytest.MonkeyPatch,
                                                         caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    anna = pages.browser("anna")

    def fail(desk: Desk, mark: Any) -> None:
        raise RuntimeError("a bug")

    with kept():
        monkeypatch.setattr(ready, "make_ready", fail)
        begun = time.monotonic()
        page = anna.get("/")
        answer = anna.send(page, "/decide", **{f"verdict.{number_of(page.text, 'M-2')}": "approve"})
        assert "Kept: 1 approved" in words_of(answer)
        assert BEHIND not in words_of(answer)
        assert time.monotonic() - begun < 15, "nobody waits for who is gone"
    assert "a bug in syncsvc; the pages go on" in caplog.text


def test_a_run_that_is_at_work_is_looked_at_sparingly(pages: Pages, kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "_SPARING", 10**6)
    store = pages.desk.store
    with kept(look_seconds=0.01) as keeper:
        lease = store.take_lease("a long run")
        for _ in range(3):
            store.finish_run(store.begin_run(trigger="apply", mode=None, actor="nightly"), exit_code=0, body={})
            time.sleep(0.05)
        assert keeper.rounds == 1
        pages.desk.rounds.wait(20)
        assert keeper.rounds == 2, "who waits is served"
        store.finish_run(store.begin_run(trigger="apply", mode=None, actor="nightly"), exit_code=0, body={})
        store.release_lease(lease)
        until(lambda: keeper.rounds == 3)


def test_who_signs_in_or_is_let_in_changes_nothing_that_was_looked_up(pages: Pages) -> None:
    mark = pages.desk.mark()
    pages.browser("bob")
    pages.desk.store.add_person("carl", Role.VIEWER, None, actor="shell")
    assert pages.desk.mark() == mark
    pages.site.sync(Mode.REPORT)
    assert pages.desk.mark() != mark


def test_what_all_pages_share_stays_however_many_stories_are_read() -> None:
    kept, made = Kept(), []
    for number in range(1_000):
        kept.once("rows", lambda: made.append("rows"))
        kept.once(("story", f"M-{number}"), lambda: made.append("story"))
    assert made.count("rows") == 1
    kept.once(("story", "M-0"), lambda: made.append("again"))
    assert made.count("again") == 1, "it was let go"
