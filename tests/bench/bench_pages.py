"""Server time and queries of every page with 10,000 milestones and 12 months, beside an empty page.

Run by hand: python tests/bench/bench_pages.py [MILESTONES]. The floor is the first page of a store in which nothing
waits, asked in the same run; only the ratio says something. "after a change" is the first request after a run,
which looks at both sides anew; everybody after it gets what was made then.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import event

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker
from syncsvc.model import Basis, Candidate, Candidates, Field, Limits, Mode, Policy
from syncsvc.persons import Role, fingerprint, new_token
from syncsvc.service import Service, Setup, Suggestions
from syncsvc.store import Store
from syncsvc.suggestions import Suggested, Suggestion
from syncsvc.web import Desk, make_app
from syncsvc.web.desk import Configured
from syncsvc.web.search import Found
from syncsvc.wiring import wire
from tests.builders import link, milestone
from tests.web.browser import Browser

MONTHS, TIMES = 12, 15
MOST_QUERIES, MOST_RATIO = 12, 10.0
DUE = date(2019, 6, 3)
WIDE = Limits(10**6, 100, 10**6, 0, 100, 0)
CONFIG = """
[site]
name = "Ten thousand"
timezone = "UTC"
[store]
url = "sqlite:///store.db"
[connectors.pmcs]
kind = "p6_spreadsheet"
exports = "exports"
[connectors.jira]
kind = "jira"
url = "http://127.0.0.1:9"
token_env = "TOKEN"
projects = ["DM"]
[web]
enabled = true
"""


class BenchDesk(Desk):
    """A desk over memory connectors: pages ask nobody but the store."""

    setup: Setup

    def configured(self) -> Configured:
        found = super().configured()
        return Configured(found.files, found.wiring, found.links, self.setup)


def fill(desk: BenchDesk, clock: list[datetime], milestones: int) -> None:
    """Twelve months in each of which a tenth moved, and edits of teams in the last one."""
    schedule, tracker = FarSchedule(), FarTracker()
    links = tuple(link(f"M-{n}", f"DM-{n}") for n in range(milestones))
    for n in range(milestones):
        tracker.add(f"DM-{n}", due=DUE)
    at = clock[0]
    desk.setup = Setup.of(
        MemorySchedule(schedule), MemoryTracker(tracker), store=desk.store, make_links=lambda _: links,
        policy=Policy(projects=frozenset({"DM"}), writable=frozenset(Field), write_basis=frozenset({Basis.BASELINE})),
        limits=WIDE, mode=Mode.AUTO, time_zone=UTC, now=lambda: clock[0],
    )  # fmt: skip
    dues = [DUE] * milestones
    for month in range(MONTHS):
        for n in range(month % 10, milestones, 10):
            dues[n] += timedelta(days=7)
        clock[0] = at + timedelta(days=30 * month)
        schedule.add_export(f"{2018 + (4 + month) // 12}-{(4 + month) % 12 + 1:02}", [
            milestone(f"M-{n}", due) for n, due in enumerate(dues)
        ])  # fmt: skip
        if month == MONTHS - 1:
            for n in range(0, milestones, 4):
                tracker.edit(f"DM-{n}", due=DUE + timedelta(days=400 + n % 300))
        mode = Mode.REVIEW if month == MONTHS - 1 else Mode.AUTO
        Service(desk.setup, "nightly").sync(mode)


def main() -> int:
    milestones = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "exports").mkdir()
        (folder / "config.toml").write_text(CONFIG)
        clock = [datetime(2018, 5, 2, tzinfo=UTC)]

        def now() -> datetime:
            return clock[0]

        desk = BenchDesk(lambda: wire(folder / "config.toml", now=now, env={"TOKEN": "t"}), now)
        begun = time.perf_counter()
        fill(desk, clock, milestones)
        print(f"{milestones:,} milestones, {MONTHS} months, made in {time.perf_counter() - begun:.0f} s")
        (folder / "config.toml").write_text(CONFIG.replace("store.db", "empty.db"))
        empty = BenchDesk(lambda: wire(folder / "config.toml", now=now, env={"TOKEN": "t"}), now)
        fill(empty, [clock[0]], 1)
        return measure(desk, empty)


def measure(desk: BenchDesk, empty: BenchDesk) -> int:
    browser, asked_of = sign_in(desk), count_queries(desk.store)
    floor, _, _ = ask(sign_in(empty), "/", lambda: 0)
    plan = desk.store.newest_plan()
    assert plan is not None
    paths = {
        "today": "/",
        "today, all": "/?state=all&page=3",
        "today, filtered": "/?text=m-99",
        "decide all": "/decide-all?state=all&text=99",
        "plan": f"/plans/{plan.plan.id}",
        "workbook": "/workbook",
        "narrative": "/milestones/M-7/narrative",
        "persons": "/persons",
        "milestones": "/milestones?page=3",
        "milestone": "/milestones/M-7",
        "links": "/links?page=2",
        "suggestions": "/links/suggestions?page=3",
        "checks": "/checks",
        "sources": "/sources",
        "runs": "/runs",
        "run": "/runs/1",
        "reports": "/reports",
        "no such page": "/none",
    }
    suggest(desk)
    run = desk.store.begin_run(trigger="bench", mode=None, actor="bench")
    desk.store.finish_run(run, exit_code=0, body={})
    asked_of()
    begun = time.perf_counter()
    browser.get("/")
    print(f"today, after a change: {(time.perf_counter() - begun) * 1000:.0f} ms, {asked_of()} queries")
    print(f"{'page':<24} {'ms':>8} {'x empty':>8} {'queries':>8} {'kB':>7}")
    print(f"{'empty':<24} {floor * 1000:8.1f} {1:8.1f}")
    failed = 0
    for name, path in paths.items():
        median, queries, size = ask(browser, path, asked_of)
        wrong = queries > MOST_QUERIES or median / floor > MOST_RATIO
        failed += wrong
        said = f"{name:<24} {median * 1000:8.1f} {median / floor:8.1f} {queries:8.1f} {size / 1000:7.0f}"
        print(f"{said}  too much" if wrong else said)
    return 1 if failed else 0


def suggest(desk: BenchDesk) -> None:
    """As many suggestions as a look into Jira finds at most, for milestones without a link."""
    issues = [Candidate(milestone(f"DM-{n + 10**6}", DUE)) for n in range(3)]
    suggested = tuple(
        Suggested(milestone(f"U-{n}", DUE), tuple(Suggestion(issue, 0.9, "name", "alike") for issue in issues))
        for n in range(5_000)
    )
    export = desk.store.newest_snapshot("pmcs", kind="ME")
    found = Suggestions(suggested, Candidates(tuple(issues), "DM"))
    desk.search.found = Found(found, export.id if export else None, "root", desk.now())


def ask(browser: Browser, path: str, asked_of: Callable[[], int]) -> tuple[float, float, int]:
    """Median seconds, queries and bytes of a page that somebody has looked at before."""
    browser.get(path)
    asked_of()
    seconds, size = [], 0
    for _ in range(TIMES):
        begun = time.perf_counter()
        size = len(browser.get(path).content)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds), asked_of() / TIMES, size


def sign_in(desk: BenchDesk) -> Browser:
    token = new_token()
    desk.store.add_person("root", Role.ADMIN, fingerprint(token), actor="bench")
    browser = Browser(make_app(desk))
    browser.sign_in(token)
    return browser


def count_queries(store: Store) -> Callable[[], int]:
    """How many statements were sent since it was asked last; beginnings of transactions are none."""
    sent = [0]

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent[0] += not statement.startswith("BEGIN")

    event.listen(store._engine, "before_cursor_execute", note)

    def take() -> int:
        found, sent[0] = sent[0], 0
        return found

    return take


if __name__ == "__main__":
    sys.exit(main())
