"""Server time and queries of every page with 10,000 milestones and 12 months, beside an empty page.

Run by hand: python tests/bench/bench_pages.py [MILESTONES]. The floor is the first page of a store in which nothing
waits, asked just before; only the ratio says something. Times are of the processor, so that it does not count who else
is on the machine, but for a page that shares the interpreter with the keeper. Three moments of each page, with a
keeper as `serve` has one:

- at once: the first request after a run, before the keeper has looked up what pages share;
- first: the first one when it is done, for a milestone its first story;
- warm: who comes after that.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.model import Candidate, Candidates
from syncsvc.service import Suggestions
from syncsvc.suggestions import Suggested, Suggestion
from syncsvc.web.ready import kept_ready
from syncsvc.web.search import Found
from tests.builders import milestone
from tests.web.browser import Browser
from tests.web.months import DUE, MonthsDesk, count_queries

MONTHS, TIMES, CHANGES = 12, 15, 3
MOST_QUERIES, MOST_RATIO = 12, 10.0


@dataclass(frozen=True)
class Asked:
    """Seconds, queries and bytes of one request, or of many."""

    seconds: float
    queries: int
    size: int = 0


def main() -> int:
    milestones = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        begun = time.perf_counter()
        desk = MonthsDesk(Path(name) / "full", milestones, MONTHS)
        print(f"{milestones:,} milestones, {MONTHS} months, made in {time.perf_counter() - begun:.0f} s")
        suggest(desk)
        empty = MonthsDesk(Path(name) / "empty", 1, 1)
        return measure(desk, empty)


def measure(desk: MonthsDesk, empty: MonthsDesk) -> int:
    browser, beside = desk.sign_in(), empty.sign_in()
    asked = count_queries(desk.store, lambda: threading.current_thread().name != "ready")
    by_keeper = count_queries(desk.store, lambda: threading.current_thread().name == "ready")
    desk.change()
    alone = ask(browser, "/", asked)
    print(f"today, where nobody looked anything up before: {alone.seconds * 1000:.0f} ms, {alone.queries:.0f} queries")
    print(f"{'page':<18} {'empty':>7} {'at once':>22} {'first':>22} {'warm':>22}")
    print(f"{'':<18} {'ms':>7}" + f" {'ms':>7} {'x empty':>8} {'q':>5}" * 3 + f" {'kB':>5}")
    failed, shared, stop = 0, [], threading.Event()
    with kept_ready(desk, stop):
        desk.rounds.wait(60)
        for name, path in paths_of(desk).items():
            floor = median_of([ask(beside, "/", lambda: 0) for _ in range(TIMES)]).seconds
            at_once, first = [], []
            for _ in range(CHANGES):
                desk.change()
                by_keeper()
                begun = time.process_time()
                at_once.append(ask(browser, path, asked))
                desk.rounds.wait(60)
                shared.append(Asked(time.process_time() - begun, by_keeper()))
                first.append(ask(browser, path, asked))
            warm = [ask(browser, path, asked) for _ in range(TIMES)]
            moments = [median_of(at_once), median_of(first), median_of(warm)]
            wrong = any(each.queries > MOST_QUERIES or each.seconds / floor > MOST_RATIO for each in moments)
            failed += wrong
            said = "".join(f" {e.seconds * 1000:7.1f} {e.seconds / floor:8.1f} {e.queries:5.1f}" for e in moments)
            size = moments[-1].size / 1000
            print(f"{name:<18} {floor * 1000:7.1f}{said} {size:5.0f}{'  too much' if wrong else ''}", flush=True)
        floor = median_of([ask(beside, "/", lambda: 0) for _ in range(TIMES)]).seconds
        beside_it = [ask_beside_the_keeper(desk, browser) for _ in range(CHANGES)]
    made, took = median_of(shared), median_of(beside_it).seconds
    print(f"what pages share, by the keeper: {made.seconds * 1000:.0f} ms, {made.queries:.0f} queries")
    print(f"today, in the moment in which the keeper is at it: {took * 1000:.0f} ms, {took / floor:.1f} x empty")
    return 1 if failed else 0


def paths_of(desk: MonthsDesk) -> dict[str, str]:
    stored = desk.store.newest_plan()
    assert stored is not None
    return {
        "today": "/",
        "today, all": "/?state=all&page=3",
        "today, filtered": "/?text=m-99",
        "decide all": "/decide-all?state=all&text=99",
        "plan": f"/plans/{stored.plan.id}",
        "workbook": "/workbook",
        "narrative": "/milestones/M-7/narrative",
        "persons": "/persons",
        "milestones": "/milestones?page=3",
        "milestone": f"/milestones/{desk.written}",
        "milestone, moved": "/milestones/M-7",
        "links": "/links?page=2",
        "suggestions": "/links/suggestions?page=3",
        "checks": "/checks",
        "sources": "/sources",
        "runs": "/runs",
        "run": "/runs/12",
        "run, an old one": "/runs/1",
        "reports": "/reports",
        "no such page": "/none",
    }


def suggest(desk: MonthsDesk) -> None:
    """As many suggestions as a look into Jira finds at most, for milestones without a link."""
    issues = [Candidate(milestone(f"DM-{n + 10**6}", DUE)) for n in range(3)]
    suggested = tuple(
        Suggested(milestone(f"U-{n}", DUE), tuple(Suggestion(issue, 0.9, "name", "alike") for issue in issues))
        for n in range(5_000)
    )
    export = desk.store.newest_snapshot("pmcs", kind="ME")
    found = Suggestions(suggested, Candidates(tuple(issues), "DM"))
    desk.search.found = Found(found, export.id if export else None, "root", desk.now())


def ask(browser: Browser, path: str, asked: Callable[[], int]) -> Asked:
    """One request: processor time of all threads."""
    asked()
    begun = time.process_time()
    size = len(browser.get(path).content)
    return Asked(time.process_time() - begun, asked(), size)


def ask_beside_the_keeper(desk: MonthsDesk, browser: Browser) -> Asked:
    """The first page, asked a moment after the keeper began: both want the interpreter."""
    desk.change()
    waiting = threading.Thread(target=desk.rounds.wait, args=(60,))
    waiting.start()
    time.sleep(0.1)
    begun = time.perf_counter()
    browser.get("/")
    took = time.perf_counter() - begun
    waiting.join()
    return Asked(took, 0)


def median_of(requests: Sequence[Asked]) -> Asked:
    """The median of the seconds, the most queries."""
    seconds = statistics.median(each.seconds for each in requests)
    return Asked(seconds, max(each.queries for each in requests), requests[-1].size)


if __name__ == "__main__":
    sys.exit(main())
