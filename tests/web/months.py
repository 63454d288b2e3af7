"""Months of a site over connectors in memory, as many as wanted: pages over them ask nobody but the store."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker
from syncsvc.model import Basis, Field, Limits, Mode, Narrative, Policy
from syncsvc.persons import Role, fingerprint, new_token
from syncsvc.service import Service, Setup
from syncsvc.store import Store
from syncsvc.web import Desk, make_app
from syncsvc.web.desk import Configured
from syncsvc.wiring import wire
from tests.builders import link, milestone
from tests.web.browser import Browser

BEGIN = datetime(2018, 5, 2, tzinfo=UTC)
DUE = date(2019, 6, 3)
WIDE = Limits(10**6, 100, 10**6, 0, 100, 0)
_CONFIG = """
[site]
name = "Months"
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


class MonthsDesk(Desk):
    """A desk whose both sides are in memory. In each month a tenth of the milestones moves by a week.

    Teams move their issues along, but in the last two months: of these the first is written, and the second waits for
    decisions, together with edits of a fourth of the issues.
    """

    def __init__(self, folder: Path, milestones: int, months: int) -> None:
        self.written = f"M-{months - 2}"  # a milestone whose issue was written
        (folder / "exports").mkdir(parents=True)
        (folder / "config.toml").write_text(_CONFIG)
        self.clock = BEGIN
        super().__init__(
            lambda: wire(folder / "config.toml", now=self._at, env={"TOKEN": "months-of-a-token"}), self._at
        )
        self.schedule, self.tracker = FarSchedule(), FarTracker()
        links = tuple(link(f"M-{n}", f"DM-{n}") for n in range(milestones))
        self.setup = Setup.of(
            MemorySchedule(self.schedule), MemoryTracker(self.tracker), store=self.store, make_links=lambda _: links,
            policy=Policy(frozenset({"DM"}), writable=frozenset(Field), write_basis=frozenset({Basis.BASELINE})),
            limits=WIDE, mode=Mode.AUTO, time_zone=UTC, now=self._at,
        )  # fmt: skip
        self._dues = [DUE] * milestones
        for n in range(milestones):
            self.tracker.add(f"DM-{n}", due=DUE)
        for month in range(months):
            self._live(month, months)

    def configured(self) -> Configured:
        found = super().configured()
        return Configured(found.files, found.wiring, found.links, self.setup)

    def sync(self, mode: Mode) -> None:
        Service(self.setup, "nightly").sync(mode)

    def narrate(self, code: str) -> None:
        Service(self.setup, "anna").narrate([Narrative(code, "2018-05", f"{code} waits for a chiller.", "")])

    def change(self) -> None:
        """A run begins and ends: whatever was looked up has to be looked up again."""
        run = self.store.begin_run(trigger="plan", mode=None, actor="nightly")
        self.store.finish_run(run, exit_code=0, body={})

    def sign_in(self, name: str = "root", role: Role = Role.ADMIN) -> Browser:
        token = new_token()
        self.store.add_person(name, role, fingerprint(token), actor="shell")
        browser = Browser(make_app(self))
        assert browser.sign_in(token).status_code == 200
        return browser

    def _at(self) -> datetime:
        return self.clock

    def _live(self, month: int, months: int) -> None:
        is_last, is_moved_along = month == months - 1, month < months - 2
        for n in range(month % 10, len(self._dues), 10):
            self._dues[n] += timedelta(days=7)
            if is_moved_along:
                self.tracker.edit(f"DM-{n}", due=self._dues[n])
        if is_last:
            for n in range(0, len(self._dues), 4):
                self.tracker.edit(f"DM-{n}", due=DUE + timedelta(days=400 + n % 300))
        self.clock = BEGIN + timedelta(days=30 * month)
        self.schedule.add_export(
            f"{2018 + (4 + month) // 12}-{(4 + month) % 12 + 1:02}",
            [milestone(f"M-{n}", due) for n, due in enumerate(self._dues)],
        )
        self.sync(Mode.REVIEW if is_last else Mode.AUTO)


def count_queries(store: Store, counts: Callable[[], bool] = lambda: True) -> Callable[[], int]:
    """How many statements were sent since it was asked last; beginnings of transactions are none.

    `counts` says in the thread that sends one whether it counts.
    """
    sent = [0]

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent[0] += not statement.startswith("BEGIN") and counts()

    event.listen(store._engine, "before_cursor_execute", note)

    def take() -> int:
        found, sent[0] = sent[0], 0
        return found

    return take
