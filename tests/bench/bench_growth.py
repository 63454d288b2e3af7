"""How a store grows over a year of nights: rows, and kilobytes, beside the rows of the changes themselves.

Run by hand: python tests/bench/bench_growth.py [LINKS [NIGHTS]]. Every night is a whole one of the service, over the
connectors in memory; each month 1 % of the milestones move, as the month's export shows, and are written to Jira. The
rows of a change are four: a version of the milestone on each side, the intent to write it, and what became of that.
"""

import sys
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import func, select

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker, Issue
from syncsvc.connector import Known, Pulled, Seen
from syncsvc.model import Limits, Milestone, Mode, Policy, ReportBasis, RunResult
from syncsvc.service import Service, Setup
from syncsvc.slots import Slot, SlotState
from syncsvc.store import Store, tables
from tests.builders import link, milestone

ROWS_OF_A_CHANGE, TARGET = 4, 3.0
WIDE = Limits(max_changes=10**6, max_change_percent=100, max_export_age_days=0)
BEGIN = datetime(2027, 1, 1, 12, 30, tzinfo=UTC)


class Tracker(FarTracker):
    """Finds an issue by its key without looking through all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.by_key: dict[str, Issue] = {}

    def find(self, key: str) -> Issue | None:
        if len(self.by_key) != len(self.issues):
            self.by_key = {issue.key: issue for issue in self.issues.values()}
        return self.by_key.get(key)


class ClockedTracker(MemoryTracker):
    """Stamps what it shows by the clock of the bench: which nights are first and last of a month goes by that."""

    def __init__(self, far: FarTracker, now: Callable[[], datetime]) -> None:
        super().__init__(far)
        self.now = now

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        pulled = super().pull(keys, seen, known)
        return Pulled(tuple(replace(each, taken_at=self.now()) for each in pulled.snapshots), pulled.problems)


@dataclass
class Site:
    """A site whose clock stands until a night is played."""

    folder: Path
    links: int
    at: datetime = BEGIN
    changes: int = 0
    schedule: FarSchedule = field(default_factory=FarSchedule)
    tracker: Tracker = field(default_factory=Tracker)

    def __post_init__(self) -> None:
        self.random = Random(1)
        self.shown = {f"M-{n:05}": milestone(f"M-{n:05}", date(2028, 1, 1) + timedelta(days=n % 400)) for n in
                      range(self.links)}  # fmt: skip
        keys = {code: f"DM-{at}" for at, code in enumerate(self.shown, 1)}
        for code, key in keys.items():
            self.tracker.add(key, due=self.shown[code].due)
        self.made = tuple(link(code, key) for code, key in keys.items())
        self.store = Store.open(f"sqlite:///{self.folder}/store.db", now=lambda: self.at)
        self.setup = Setup.of(
            MemorySchedule(self.schedule),
            ClockedTracker(self.tracker, lambda: self.at),
            store=self.store,
            make_links=lambda _: self.made,
            policy=Policy(projects=frozenset({"DM"})),
            limits=WIDE,
            mode=Mode.AUTO,
            time_zone=UTC,
            now=lambda: self.at,
            write_report=self.keep_report,
        )

    def keep_report(self, result: RunResult) -> dict[str, str]:
        """What every sync leaves in the store for its report."""
        after = result.pulled["pmcs"]
        before = self.store.newest_before(after) or after
        basis = ReportBasis(
            before=before.id or 0,
            after=after.id or 0,
            until=self.store.newest_id(),
            prepared_at=result.finished_at,
            jira=result.pulled["jira"].id,
            links=self.made,
        )
        self.store.keep_result(result, basis)
        return {}

    def night(self) -> None:
        """One night; the first of a month brings its export, in which one of a hundred has moved."""
        if self.at.day == 1:
            if self.at != BEGIN:
                for code in self.random.sample(sorted(self.shown), self.links // 100):
                    self.shown[code] = self._moved(self.shown[code])
                    self.changes += 1
            self.schedule.add_export(f"{self.at:%Y-%m}", list(self.shown.values()))
        claim = self.store.claim_slot(Slot(self.at.date(), self.at), "bench", seconds=60)
        assert claim is not None
        result = Service(self.setup, "scheduler", trigger="nightly").sync(slot=claim)
        assert result.exit_code == 0, result
        self.store.finish_slot(claim, SlotState.DONE, run=result.run, exit_code=0)
        self.at += timedelta(days=1)

    def _moved(self, before: Milestone) -> Milestone:
        assert before.due is not None
        return replace(before, due=before.due + timedelta(days=self.random.randint(1, 90)))

    def prune(self) -> dict[str, int]:
        """What goes when all these nights are older than the reports that are kept."""
        before, self.at = self.rows(), self.at + timedelta(days=500)
        self.store.prune(self.store.take_lease("bench"), self.store.begin_run(trigger="b", mode=None, actor="b"), 13)
        return grown(self.rows(), before)

    def rows(self) -> dict[str, int]:
        """Rows by table."""
        with self.store._engine.connect() as connection:
            return {
                table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for table in tables.metadata.sorted_tables
            }

    def kilobytes(self) -> float:
        with self.store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return float(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one() / 1000)


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def main(links: int, nights: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), links)
        site.night()
        quiet = []
        changed_yesterday = False
        before, size = site.rows(), site.kilobytes()
        for _ in range(nights):
            rows, changes = site.rows(), site.changes
            site.night()
            changed = site.changes != changes
            if not changed and not changed_yesterday:  # the night after reads from Jira what was written
                quiet.append(grown(rows, site.rows()))
            changed_yesterday = changed
        whole, kilobytes = grown(before, site.rows()), site.kilobytes() - size
        freed = site.prune()
        site.setup.close()
    total, of_changes = sum(whole.values()), ROWS_OF_A_CHANGE * site.changes
    print(f"{nights} nights of {links} links, {site.changes} changes of {ROWS_OF_A_CHANGE} rows each:")
    print(f"  {total} rows: {total / of_changes:.1f}x the rows of the changes (target {TARGET}x)")
    print(f"  {', '.join(f'{name} {count}' for name, count in sorted(whole.items()))}")
    counts = sorted({sum(each.values()) for each in quiet})
    print(f"  {len(quiet)} quiet nights added {' or '.join(map(str, counts))} rows each: {quiet[-1]}")
    print(f"  {kilobytes:,.0f} kB: {kilobytes / nights:.1f} kB a night")
    print(
        f"  pruned when all of it is old: {', '.join(f'{name} {count}' for name, count in freed.items() if count > 0)}"
    )


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*(arguments + [2_000, 365][len(arguments) :]))
