"""A plan for a person at a terminal: limits first, then what waits, then what would be written, largest first."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from syncsvc.model import Change, DriftKind, Field, Hold, Plan, Side, Snapshot
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, wrap
from syncsvc.report.words import amount, counted, day, moved, title
from syncsvc.workdays import working_days

#: What the drifts that are neither changes nor holds are called in one line.
_CALM: Final = {
    DriftKind.IN_SYNC: "in sync",
    DriftKind.UNLINKED: "unlinked",
    DriftKind.UNSEEN: "unseen",
    DriftKind.GONE: "gone",
    DriftKind.REPORTED: "reported by Jira",
}

_PURPOSES: Final = {"sync": "of what differs", "adopt": "to adopt dates of PMCS", "undo": "to take writes back"}
#: Holds that their three dates explain; any other says why below its row.
_SAID_BY_THE_DATES: Final = {
    DriftKind.HISTORY_REWRITTEN,
    DriftKind.BOTH_MOVED,
    DriftKind.FOLLOWER_EDITED,
    DriftKind.OWNER_BLANK,
    DriftKind.FIRST_CONTACT,
}


def plan_text(plan: Plan, page: Page, snapshots: Mapping[str, Snapshot], holidays: Sequence[date] = ()) -> str:
    """The whole plan; every change and every hold stands in it."""
    sections = [
        _front(plan, page, snapshots),
        violation_lines(plan, page),
        *_body(plan, page, holidays),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _body(plan: Plan, page: Page, holidays: Sequence[date]) -> list[list[str]]:
    """What waits and what would be written; of a plan a person asked for, what it writes comes first."""
    waits, written = hold_lines(plan.holds, page), change_lines(plan.changes, page, holidays)
    if plan.purpose != "sync":
        return [written or [f"There is nothing to {plan.purpose}."], waits]
    return [waits, written] if waits or written else [["Nothing to write, and nothing waits."]]


def _front(plan: Plan, page: Page, snapshots: Mapping[str, Snapshot]) -> list[str]:
    lines = [
        page.heading(f"Plan {plan.id}"),
        *wrap(
            f"{_PURPOSES.get(plan.purpose, plan.purpose)}, mode {plan.mode}; "
            f"made {plan.created_at:%Y-%m-%d %H:%M}, ends {plan.expires_at:%Y-%m-%d %H:%M} UTC",
            page.columns,
            rest="  ",
        ),
    ]
    lines += [
        clean(f"from {title(s)}, data date {day(s.data_date, 'not known')}: {s.source}") for s in snapshots.values()
    ]
    lines += [
        f"from {clean(name)} s{number}, which was pruned since"
        for name, number in plan.snapshots.items()
        if name not in snapshots
    ]
    what = f"{counted(len(plan.changes), 'change')}, {counted(len(plan.holds), 'hold')}; {drift_words(plan.drifts)}"
    return [*lines, *wrap(what, page.columns, rest="  "), *warning_lines(plan, page)]


def warning_lines(plan: Plan, page: Page) -> list[str]:
    """What would have broken a limit if there were anything to write."""
    return [line for warning in plan.warnings for line in wrap(f"note: {warning}", page.columns, rest="      ")]


def drift_words(drifts: Mapping[str, int]) -> str:
    """ "268 in sync, 21 unlinked": the drifts that are neither written nor held."""
    parts = [f"{drifts[kind]:,} {words}" for kind, words in _CALM.items() if drifts.get(kind)]
    return ", ".join(parts) or ("none in sync" if any(drifts.values()) else "no link was seen")


def violation_lines(plan: Plan, page: Page, *, passed: bool = False) -> list[str]:
    """Every limit that is broken, with what would let it pass; `passed`: it did, or the plan was not applied."""
    if not plan.violations:
        return []
    count = len(plan.violations)
    lines = [
        page.heading(f"Safety limits that the plan broke ({count}), waived or no longer broken")
        if passed
        else page.tint(f"Safety limits broken ({count}): nothing is written", Tone.ALERT)
    ]
    for violation in plan.violations:
        what = f"{violation.limit} {amount(violation.value)}, allowed {amount(violation.allowed)}: {violation.why}"
        lines += wrap(what, page.columns, "  ", "      ")
    if passed:
        return lines
    lines += ["  If it is meant, once for each:", f"      syncsvc approve {plan.id} --waive LIMIT --reason TEXT"]
    return lines


def hold_lines(holds: Sequence[Hold], page: Page) -> list[str]:
    """What waits for a person, by kind, each kind with what it means and what to do."""
    if not holds:
        return []
    lines = [page.heading(f"Waiting for a decision ({len(holds)})")]
    for kind, meaning in HOLDS.items():
        of_kind = [hold for hold in holds if hold.kind is kind]
        if not of_kind:
            continue
        lines += ["", *wrap(f"{kind} ({len(of_kind)}): {meaning.means}.", page.columns, "  ", "      ")]
        lines += wrap(f"{meaning.to_do}.", page.columns, "      ", "      ")
        columns = [Column("code"), Column("issue"), Column("field"), Column("PMCS"), Column("Jira"), Column("agreed")]
        table = page.table(
            columns,
            [[h.code, h.key, h.field, day(h.owner_value), day(h.follower_value), _agreed(h)] for h in of_kind],
            indent=6,
        )
        if kind in _SAID_BY_THE_DATES:
            lines += table
            continue
        lines.append(table[0])
        for hold, line in zip(of_kind, table[1:], strict=True):
            lines += [line, *wrap(hold.why, page.columns, "          ", "          ")]
    return lines


def change_lines(changes: Sequence[Change], page: Page, holidays: Sequence[date] = ()) -> list[str]:
    """What would be written, largest move first; then what would be handed to PMCS."""
    lines: list[str] = []
    rows: list[list[str | Cell]]
    for target, words in ((Side.JIRA, "To be written to Jira"), (Side.PMCS, "To be handed to PMCS")):
        of_target = [change for change in changes if change.target is target]
        if not of_target:
            continue
        of_target.sort(key=lambda c: (-abs(c.calendar_days or 0), c.code, c.key, c.field))
        lines += ["", page.heading(f"{words} ({len(of_target)})")]
        columns = [
            Column("code"),
            Column("issue"),
            Column("field"),
            Column("now"),
            Column("then"),
            Column("why", drops=2),
            Column("move"),
        ]
        rows = [[c.code, c.key, c.field, day(c.before), day(c.after), c.kind, _move(c, holidays)] for c in of_target]
        lines += page.table(columns, rows)
    return lines[1:]


def _move(change: Change, holidays: Sequence[date]) -> Cell:
    days = change.calendar_days
    if days is None or change.seen is None or change.after is None:
        return Cell("first date" if change.field is Field.DUE else "completed")
    words = moved(days, working_days(change.seen, change.after, holidays))
    return Cell(words, Tone.LATE if days > 0 else Tone.EARLY)


def _agreed(hold: Hold) -> str:
    return day(hold.baseline, "no date") if hold.baseline_known else "never"
