"""A plan: what would be written and what lets it; approve it, waive a limit with a reason, apply it once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from syncsvc.errors import ExitCode, LeaseHeld, SyncsvcError, UsageError
from syncsvc.model import Change, Mode, Outcome, Plan, RunResult, Side, Verdict
from syncsvc.report.html.terms import Moved, between, moved
from syncsvc.report.words import OUTCOMES, TROUBLE, counted, exit_words, receipt_words
from syncsvc.store import Run, StoredPlan
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Page, Shown
from syncsvc.web.sights import addresses, find_plan, names, newest_plan

ROWS_AT_ONCE: Final = 50
_MOST_TOLD: Final = 10
#: Whoever begins a run beside another one is told whose that is, and waits for no more than decisions being kept.
_PATIENCE_SECONDS: Final = 3.0
_PURPOSES: Final = {"sync": "of what differs", "adopt": "to adopt dates of PMCS", "undo": "to take writes back"}
_STATES: Final = {
    "open": "open",
    "ended": "ended",
    "applying": "being applied",
    "killed": "applied in part: its run did not end",
    "applied in part": "applied in part",
    "applied": "applied",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One change as the page shows it."""

    change: Change
    name: str
    move: Moved
    where: str  # what is written: Jira, or an import workbook for PMCS
    approved_by: str  # who approved the row by itself


def show_newest(ask: Ask) -> Answer:
    """The plan that was made last."""
    stored = newest_plan(ask)
    if stored is None:
        return Shown("no_plan")
    return Elsewhere(f"/plans/{stored.plan.id}")


def show(ask: Ask) -> Shown:
    """A plan by its id."""
    return Shown("plan", _values(ask, ask.path["plan"]))


def make(ask: Ask) -> Answer:
    """Make a plan of what differs now; both sides are read for it."""
    _, stored = ask.act(lambda service: service.plan(), patience_seconds=_PATIENCE_SECONDS)
    count = counted(len(stored.plan.changes), "change")
    return Elsewhere(f"/plans/{stored.plan.id}", [f"Both sides were read. This plan of them has {count}."])


def approve(ask: Ask) -> Answer:
    """Say yes to a plan, and waive the limits that were ticked, each with its reason."""
    plan_id = ask.path["plan"]
    waivers = {
        name.removeprefix("waive."): ask.form.get(f"reason.{name.removeprefix('waive.')}", "").strip()
        for name in ask.form
        if name.startswith("waive.")
    }
    if silent := sorted(limit for limit, reason in waivers.items() if not reason):
        return _refused(ask, UsageError(f"Say why {', '.join(silent)} is waived.", "Nothing was approved."))
    try:
        ask.act(lambda service: service.approve(plan_id, waivers))
    except SyncsvcError as error:
        return _refused(ask, error)
    waived = f" {', '.join(sorted(waivers))} waived." if waivers else ""
    return Elsewhere(_place(plan_id), [f"Approved.{waived} It is written once somebody applies it."])


def apply(ask: Ask) -> Answer:
    """Write what the plan says. The run goes on whether or not somebody waits, and its page says how it ended."""
    plan_id = ask.path["plan"]
    try:
        result = ask.act(lambda service: service.apply(plan_id), patience_seconds=_PATIENCE_SECONDS)
    except SyncsvcError as error:
        return _refused(ask, error)
    return Elsewhere(f"/runs/{result.run}", tell_run(result))


def undo(ask: Ask) -> Answer:
    """Make the plan that takes a run back, and show it: nothing is taken back before it is applied."""
    number = ask.path["run"]
    if not number.isdecimal() or len(number) > 9:
        raise UsageError("There is no such run.", "The list of runs shows what there is.")
    taken = ask.act(lambda service: service.undo(int(number)), patience_seconds=_PATIENCE_SECONDS)
    told = [f"Taking back run {number}: {counted(len(taken.plan.changes), 'date')} can go back once this is applied."]
    told += [f"Left alone: {v.code} {v.key} {v.field.value}: {why}." for v, why in taken.left[:_MOST_TOLD]]
    if len(taken.left) > _MOST_TOLD:
        told.append(f"{len(taken.left) - _MOST_TOLD:,} more are left alone.")
    if taken.pending:
        told.append(f"{counted(len(taken.pending), 'completion')} handed to PMCS will be withdrawn.")
    if taken.landed:
        codes = ", ".join(each.code for each in taken.landed[:_MOST_TOLD])
        told.append(f"In the schedule already, to be taken back there by hand: {codes}.")
    return Elsewhere(_place(taken.plan.id), told)


def tell_run(result: RunResult) -> list[str]:
    """How a run ended, and every write a person has to look at."""
    told = [f"Run {result.run}: {receipt_words(result.receipts) or 'nothing was written'}; {_end(result)}."]
    trouble = [receipt for receipt in result.receipts if receipt.outcome in TROUBLE]
    for receipt in trouble[:_MOST_TOLD]:
        change = receipt.change
        why = f": {receipt.detail}" if receipt.detail else ""
        told.append(f"{change.code} {change.key} {change.field.value}: {OUTCOMES[receipt.outcome]}{why}.")
    if len(trouble) > _MOST_TOLD:
        told.append(f"{len(trouble) - _MOST_TOLD:,} more like that; the report of the run names them all.")
    return [*told, *result.problems]


def _end(result: RunResult) -> str:
    return "see below" if result.exit_code == ExitCode.WRITES else exit_words(result.exit_code)


def _refused(ask: Ask, error: SyncsvcError) -> Shown:
    again = ask.again()
    words = {"refused": error.message, "hint": error.hint, "problems": [str(each) for each in error.problems]}
    busy = error.run if isinstance(error, LeaseHeld) else None
    return Shown("plan", {**_values(again, ask.path["plan"]), **words, "busy": busy, "given": ask.form}, 409)


def _values(ask: Ask, plan_id: str) -> Mapping[str, Any]:
    stored = find_plan(ask, plan_id)
    if stored is None:
        raise UsageError(f"There is no plan {plan_id[:40]}.", "The newest one is under Plan.")
    plan, setup = stored.plan, ask.configured.setup
    lines = _lines(ask, stored)
    page = ask.query.get("page", "")
    pages = max(1, -(-len(lines) // ROWS_AT_ONCE))
    here = min(max(1, int(page) if page.isdecimal() and len(page) < 7 else 1), pages)
    is_over = ask.desk.now() >= plan.expires_at
    state: str = "ended" if stored.state == "open" and is_over else stored.state
    # what is looked at may stand before the end of a run that is over by now
    if state == "applying" and not ask.is_behind and ask.desk.run_at_work() is None:
        state = "killed"
    applied_by = None if stored.state == "open" else ask.desk.store.applied_by(plan.id)
    outcomes = _outcomes(applied_by)
    if state == "applied" and len(outcomes) < len(lines):
        state = "applied in part"
    return {
        "stored": stored,
        "plan": plan,
        "purpose": _PURPOSES.get(plan.purpose.partition(" ")[0], plan.purpose),
        "state": _STATES[state],
        "is_open": stored.state == "open" and not is_over,
        "applied_by": applied_by,
        "outcomes": outcomes,
        "left": len(lines) - len(outcomes),
        "all_approved": setup.mode is not Mode.REVIEW or stored.approved_by is not None,
        "lines": lines[(here - 1) * ROWS_AT_ONCE : here * ROWS_AT_ONCE],
        "count": len(lines),
        "page": here,
        "pages": pages,
        "row_approvals": sum(bool(line.approved_by) for line in lines),
        "waivers": {waiver.limit: waiver for waiver in stored.waivers},
        "needs_approval": setup.mode is Mode.REVIEW and stored.approved_by is None,
        "writes": setup.mode is not Mode.REPORT,
        "addresses": addresses(ask),
        "refused": "",
        "hint": "",
        "problems": (),
        "busy": None,
        "given": {},
    }


def _outcomes(applied_by: Run | None) -> Mapping[tuple[str, str, str, str], str]:
    """(target, code, key, field) -> what became of each change that was tried; nothing while the run is at work."""
    if applied_by is None or applied_by.finished_at is None or applied_by.body is None:
        return {}
    receipts = applied_by.body.get("receipts", ())
    return {
        (each["target"], each["code"], each["key"], each["field"]): OUTCOMES[Outcome(each["outcome"])]
        for each in receipts
    }


def _prepare(ask: Ask) -> None:
    if (stored := newest_plan(ask)) is not None:
        _lines(ask, stored)


def _lines(ask: Ask, stored: StoredPlan) -> tuple[Line, ...]:
    """The changes of a plan, the largest move first."""
    return ask.once(("lines", stored.making), lambda: _make_lines(ask, stored.plan))


def _make_lines(ask: Ask, plan: Plan) -> tuple[Line, ...]:
    known, holidays = names(ask), frozenset(ask.configured.settings.site.holidays)
    standing = ask.desk.store.standing_decisions()
    approved = {each.link_key: each.actor for each in standing if each.verdict is Verdict.APPROVE}
    return tuple(
        Line(
            change,
            known.get(change.code, ""),
            moved(between(change.seen, change.after, holidays)),
            "handed to PMCS" if change.target is Side.PMCS else change.key,
            approved.get(change.link_key, ""),
        )
        for change in sorted(plan.changes, key=lambda each: (-abs(each.calendar_days or 0), each.code))
    )


def _place(plan_id: str) -> str:
    return f"/plans/{quote(plan_id, safe='')}"


PAGES = (Page("/plan", show_newest, nav="Plan", prepare=_prepare), Page("/plans/{plan}", show))
DEEDS = (
    Deed("/plan", make, is_long=True),
    Deed("/plans/{plan}/approve", approve),
    Deed("/plans/{plan}/apply", apply, is_long=True),
    Deed("/runs/{run}/undo", undo, is_long=True),
)
