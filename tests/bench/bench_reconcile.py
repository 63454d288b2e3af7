"""What deciding costs for 100,000 linked milestones beside joining both sides by hand: a quiet night, and a busy one.

Run by hand: python tests/bench/bench_reconcile.py. The floor is a plain join of two dictionaries in the same run on the
same machine: of each link and field the dates of both sides, and whether they differ. Only the ratio says something.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from syncsvc.model import Field, Limits, Link, LinkKey, Memory, Mode, Plan, Snapshot
from syncsvc.plan import Setting, make_plan
from syncsvc.reconcile import reconcile
from syncsvc.safety import ExportFacts
from tests.builders import MONTH_END, NOON, export, issue, link, memory, milestone, policy, tracked

COUNT, TIMES, TARGET = 100_000, 5, 25
DUE = date(2019, 5, 31)
LIMITS = Limits()


def seconds_of(work: Callable[..., Any], *given: Any) -> float:
    begun = time.perf_counter()
    work(*given)
    return time.perf_counter() - begun


def sides(moved: int) -> tuple[Snapshot, Snapshot, list[Link], Memory]:
    """Both sides agreed on every due date and every second completion; since then the owner moved some dates."""
    dues = [DUE + timedelta(days=number % 500) for number in range(COUNT)]
    completed = [MONTH_END if number % 2 else None for number in range(COUNT)]
    milestones = [milestone(f"M-{at:06}", dues[at], completed[at]) for at in range(COUNT)]
    issues = [issue(f"DM-{at + 1}", dues[at], completed[at], held=completed[at]) for at in range(COUNT)]
    baselines: dict[LinkKey, date | None] = {}
    for each, there in zip(milestones, issues, strict=True):
        for name in Field:
            baselines[each.code, there.issue_id or "", name] = each.value(name)
    for at in range(0, moved * 100, 100):
        milestones[at] = replace(milestones[at], due=dues[at] + timedelta(days=7))
    links = [link(each.code, there.code) for each, there in zip(milestones, issues, strict=True)]
    return export(*milestones), tracked(*issues), links, memory(baselines)


def join_by_hand(owner: Snapshot, follower: Snapshot, links: list[Link]) -> dict[tuple[str, str], Any]:
    """What anybody would write first: both sides by their names, each link's dates side by side."""
    owners = {each.code: each for each in owner.milestones}
    issues = {each.code: each for each in follower.milestones}
    joined = {}
    for each in links:
        ours, theirs = owners[each.code], issues[each.key]
        joined[each.code, "due"] = (ours.due, theirs.due, ours.due != theirs.due)
        joined[each.code, "completed"] = (ours.completed, theirs.completed, ours.completed != theirs.completed)
    return joined


def decide(owner: Snapshot, follower: Snapshot, links: list[Link], remembered: Memory) -> Plan:
    """What a night does between reading and writing."""
    drifts = reconcile(owner, follower, links, remembered, policy("DM"))
    facts = ExportFacts(owner.rows, owner.rows, owner.data_date)
    setting = Setting(tuple(links), LIMITS, Mode.AUTO, facts, {}, MONTH_END, NOON, NOON)
    return make_plan(drifts, setting)


def main() -> None:
    for name, moved in (("quiet", 0), ("1 % moved", COUNT // 100)):
        owner, follower, links, remembered = sides(moved)
        assert len(decide(owner, follower, links, remembered).changes) == moved
        taken = [
            (seconds_of(join_by_hand, owner, follower, links), seconds_of(decide, owner, follower, links, remembered))
            for _ in range(TIMES)
        ]
        floor, decided = (statistics.median(each) for each in zip(*taken, strict=True))
        print(f"{COUNT} milestones, {name}: {decided:.2f} s, joined by hand {floor:.3f} s: "
              f"{decided / floor:.1f}x (target {TARGET}x)")  # fmt: skip


if __name__ == "__main__":
    main()
