"""What a run did, for a person: how it ended, what went wrong, what waits, what was written, from which sources."""

from collections.abc import Sequence
from datetime import date

from syncsvc.hand_over import review_beside
from syncsvc.model import Drift, DriftKind, Field, Receipt, RunResult, Side, Snapshot
from syncsvc.report.change_requests import HEADING as REQUESTS
from syncsvc.report.hand_overs import HEADING, STATES, in_order, summary
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, wrap
from syncsvc.report.plan_text import change_lines, drift_words, hold_lines, violation_lines, warning_lines
from syncsvc.report.words import OUTCOMES, TROUBLE, counted, day, ended, moved, receipt_words, title
from syncsvc.workdays import working_days


def run_text(result: RunResult, page: Page, holidays: Sequence[date] = ()) -> str:
    """The whole run: exceptions first, then what was written."""
    plan = result.plan
    written = {receipt.change for receipt in result.receipts}
    sections = [
        _front(result, page),
        violation_lines(plan, page, passed=result.trigger == "apply") if plan else [],
        _receipts(result, page, trouble=True, holidays=holidays),
        _settled(result, page),
        _hand_overs(result, page),
        hold_lines(plan.holds, page) if plan else [],
        _requests(result),
        _unseen_and_gone(result.drifts, page),
        _reported(result, page),
        _receipts(result, page, trouble=False, holidays=holidays),
        change_lines([c for c in plan.changes if c not in written], page, holidays) if plan else [],
        _problems(result, page),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _front(result: RunResult, page: Page) -> list[str]:
    lines = [
        page.heading(f"Run {result.run}: {ended(result)}"),
        f"{result.trigger}, mode {result.mode}, {result.finished_at:%Y-%m-%d %H:%M} UTC"
        + (f", plan {result.plan.id}" if result.plan else ""),
    ]
    lines += [line for name, snapshot in sorted(result.pulled.items()) for line in _source(name, snapshot, page)]
    if result.plan:
        what = receipt_words(result.receipts) or "nothing written"
        what = f"{what}; {counted(len(result.plan.holds), 'hold')}; {drift_words(result.plan.drifts)}"
        lines += [*wrap(what, page.columns, rest="  "), *warning_lines(result.plan, page)]
    return lines


def _source(name: str, snapshot: Snapshot, page: Page) -> list[str]:
    """One line where it fits; the path or address stays whole whatever its length."""
    seen = counted(len(snapshot.taking_part()), "milestone" if snapshot.side is not Side.JIRA else "issue")
    parts = [f"{name}: {title(snapshot)}, {seen}"]
    if snapshot.data_date:
        parts.append(f"data date {day(snapshot.data_date)}")
    if snapshot.rejects:
        parts.append(f"{len(snapshot.rejects)} not used")
    if snapshot.missing:
        parts.append(f"{len(snapshot.missing)} not found")
    parts.append(clean(snapshot.how_read))
    *lines, last = wrap(", ".join(parts), page.columns, rest="  ")
    return [*lines, f"{last} ({clean(snapshot.source)})"]


def _receipts(result: RunResult, page: Page, *, trouble: bool, holidays: Sequence[date]) -> list[str]:
    chosen = [r for r in result.receipts if (r.outcome in TROUBLE) is trouble]
    if not chosen:
        return []
    chosen.sort(key=lambda r: (r.outcome, -abs(r.change.calendar_days or 0), r.change.code, r.change.key))
    if trouble:
        columns = [Column("code"), Column("issue"), Column("field"), Column("now"), Column("then"), Column("outcome")]
        lines = [page.tint(f"Not written ({len(chosen)})", Tone.ALERT)]
        rows: list[list[str | Cell]] = [[*_what(r), Cell(OUTCOMES[r.outcome], Tone.ALERT)] for r in chosen]
        table = page.table(columns, rows)
        lines.append(table[0])
        for receipt, line in zip(chosen, table[1:], strict=True):
            lines.append(line)
            if receipt.detail:
                lines += wrap(receipt.detail, page.columns, "      ", "      ")
        return lines
    columns = [
        Column("code"), Column("issue"), Column("field"), Column("before"), Column("now"),
        Column("outcome", drops=2), Column("move"),
    ]  # fmt: skip
    rows = [[*_what(r), OUTCOMES[r.outcome], _move(r, holidays)] for r in chosen]
    lines = [page.heading(f"Written ({len(chosen)})"), *page.table(columns, rows)]
    for path in result.outbox:
        lines.append(f"  import workbook for P6: {clean(path)}")
        lines.append(f"    to look at before: {clean(review_beside(path))}")
    return lines


def _what(receipt: Receipt) -> list[str | Cell]:
    change = receipt.change
    return [change.code, change.key, change.field, day(change.before), day(change.after)]


def _move(receipt: Receipt, holidays: Sequence[date]) -> Cell:
    change = receipt.change
    if change.calendar_days is None or change.seen is None or change.after is None:
        return Cell("first date" if change.field is Field.DUE else "completed")
    words = moved(change.calendar_days, working_days(change.seen, change.after, holidays))
    return Cell(words, Tone.LATE if change.calendar_days > 0 else Tone.EARLY)


def _settled(result: RunResult, page: Page) -> list[str]:
    if not result.settled:
        return []
    lines = [page.heading(f"Settled from an earlier run ({len(result.settled)})")]
    for settled in result.settled:
        change = settled.change
        what = f"{change.code} {change.key} {change.field} -> {day(change.after)}: {OUTCOMES[settled.outcome]}"
        lines += wrap(f"{what}; {settled.detail}", page.columns, "  ", "      ")
    return lines


def _hand_overs(result: RunResult, page: Page) -> list[str]:
    if not result.hand_overs:
        return []
    lines = [
        page.heading(f"{HEADING} ({len(result.hand_overs)})"),
        *wrap(f"{summary(result.hand_overs)}.", page.columns, "  ", "  "),
    ]
    for judged in in_order(result.hand_overs):
        proposal = judged.proposal
        what = f"{proposal.code} {proposal.key}: {STATES[proposal.state]}: {judged.words}"
        lines += wrap(what, page.columns, "  ", "      ")
    return lines


def _requests(result: RunResult) -> list[str]:
    """Where the list lies; the dates themselves stand among the holds."""
    if not result.request_files:
        return []
    lines = [f"{REQUESTS} ({len(result.requests)}), as a list for change control"]
    return [*lines, *(f"  {clean(path)}" for path in result.request_files.values())]


def _unseen_and_gone(drifts: Sequence[Drift], page: Page) -> list[str]:
    lines: list[str] = []
    for kind, words in ((DriftKind.GONE, "Gone"), (DriftKind.UNSEEN, "Unseen")):
        of_kind = {(d.code, d.key, d.why): d for d in drifts if d.kind is kind}
        if of_kind:
            lines.append(page.heading(f"{words} ({len(of_kind)})"))
        for code, key, why in sorted(of_kind, key=str):
            lines += wrap(f"{code} {key}: {why}", page.columns, "  ", "      ")
    return lines


def _reported(result: RunResult, page: Page) -> list[str]:
    """What Jira reported first and what is not on its way to PMCS yet: that stands among the hand-overs."""
    pending = {(each.proposal.code, each.proposal.issue_id) for each in result.hand_overs if each.is_pending}
    waiting = [
        drift
        for drift in result.drifts
        if drift.kind is DriftKind.REPORTED and drift.waits and (drift.code, drift.issue_id) not in pending
    ]
    if not waiting:
        return []
    lines = [page.heading(f"Completions reported by Jira that PMCS does not show yet ({len(waiting)})")]
    for drift in waiting:
        lines += wrap(
            f"{drift.code} {drift.key} {day(drift.follower_value)}: {drift.why}", page.columns, "  ", "      "
        )
    return lines


def _problems(result: RunResult, page: Page) -> list[str]:
    if not result.problems:
        return []
    lines = [page.heading("Could not be read or written")]
    for line in (line for problem in result.problems for line in problem.splitlines()):
        indent = " " * (len(line) - len(line.lstrip()))  # a hint stands below its problem
        lines += wrap(line, page.columns, indent, f"{indent}  ")
    return lines
