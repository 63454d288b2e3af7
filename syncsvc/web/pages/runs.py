"""What the runs did, and the reports they left: to read here, to keep, and to take a run back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from syncsvc.errors import ExitCode, UsageError
from syncsvc.model import Hold, Outcome
from syncsvc.names import order_of_code
from syncsvc.persons import Role
from syncsvc.report.holds import HOLDS
from syncsvc.report.words import OUTCOMES, TROUBLE, exit_words
from syncsvc.store import Run, StoredPlan
from syncsvc.web.asking import Answer, Ask, Handed, Page, Shown
from syncsvc.web.sights import addresses, find_plan, names, newest_plan

RUNS_AT_ONCE: Final = 100
EVENTS_AT_ONCE: Final = 100
_MOST_ROWS: Final = 250
#: How a run ends that nobody has to look after; what waits for a person stands under Today.
_FINE: Final = (ExitCode.DONE, ExitCode.WAITING)
#: A report brings its own script and style; it is shown apart from these pages, and can ask nobody for anything.
_REPORT_POLICY: Final = (
    "sandbox allow-scripts allow-popups; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MEDIA: Final = {
    "html": "text/html",
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "tex": "text/plain; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is that has not ended. `to_write` is None while nothing is written yet."""

    is_at_work: bool  # else its process was killed
    to_write: int | None
    begun: int  # being written now; all of a batch are read back together
    written: int
    not_written: int


def show_all(ask: Ask) -> Shown:
    """The runs, newest first."""
    return Shown("runs", _some(ask))


def show_reports(ask: Ask) -> Shown:
    """The same runs, those that left reports."""
    values = _some(ask)
    return Shown("reports", {**values, "runs": [run for run in values["runs"] if reports_of(run)]})


def _some(ask: Ask) -> dict[str, Any]:
    """The runs of one page; `further` is the run before which the next page begins."""
    before = _number(ask.query.get("before", ""))
    found = ask.desk.store.runs(RUNS_AT_ONCE + 1, before=before)
    runs = found[:RUNS_AT_ONCE]
    return {
        "runs": runs,
        "further": runs[-1].id if len(found) > RUNS_AT_ONCE else None,
        "is_first": before is None,
        "ends": exit_words,
        "reports": reports_of,
        "trouble": {run.id for run in runs if run.exit_code not in _FINE},
    }


def show(ask: Ask) -> Answer:
    """One run: how far it is, or how it ended, what it wrote and did not, what it held, and its reports.

    Who began it by a button is given the answer to that here, once; a script that only looks (`?look=1`) is not.
    """
    run = _find(ask)
    if run.finished_at is not None and "look" not in ask.query:
        piece = ask.desk.work.pick_up(ask.who.name, run=run.id)
        if piece is not None:
            answer: Answer = piece.take()
            return answer
    progress = None if run.finished_at is not None else _progress(ask, run)
    if progress is not None and progress.is_at_work:  # both sides are not looked at anew for each look at it
        return Shown("running", {"run": run, "progress": progress})
    if progress is not None and (run := _find(ask)).finished_at is not None:
        progress = None  # it ended between the two looks, and was not killed
    body: Mapping[str, Any] = run.body or {}
    receipts: Sequence[Mapping[str, Any]] = sorted(
        body.get("receipts", ()), key=lambda each: order_of_code(str(each["code"]))
    )
    not_written = [each for each in receipts if Outcome(each["outcome"]) in TROUBLE]
    written = [each for each in receipts if Outcome(each["outcome"]) not in TROUBLE]
    stored = find_plan(ask, run.plan) if progress is None and run.plan is not None else None
    holds = _holds(ask, stored) if stored is not None else ()
    after = _number(ask.query.get("after", ""))
    events = ask.desk.store.events(run=run.id, after_id=after or 0, limit=EVENTS_AT_ONCE + 1)
    values = {
        "run": run,
        "end": exit_words(run.exit_code),
        "error": body.get("error", ""),
        "problems": body.get("problems", ()),
        "violations": body.get("violations", ()),
        "not_written": not_written[:_MOST_ROWS],
        "not_written_count": len(not_written),
        "written": written[:_MOST_ROWS],
        "written_count": len(written),
        "planned": len(stored.plan.changes) if stored is not None else None,
        "outcomes": {outcome.value: words for outcome, words in OUTCOMES.items()},
        "holds": holds[:_MOST_ROWS],
        "held": body.get("holds", 0),
        "means": HOLDS,
        "events": events[:EVENTS_AT_ONCE],
        "further": events[EVENTS_AT_ONCE - 1].id if len(events) > EVENTS_AT_ONCE else None,
        "is_first": after is None,
        "pulled": body.get("pulled", {}),
        "reports": reports_of(run),
        "progress": progress,
        "undoable": ask.may(Role.CONTROLLER) and any(each["outcome"] in _TAKEN_BACK for each in receipts),
        "names": names(ask),
        "addresses": addresses(ask),
    }
    return Shown("run", values)


def _progress(ask: Ask, run: Run) -> Progress:
    """From the store, whichever process the run is in."""
    at_work, so_far = ask.desk.run_at_work(), ask.desk.store.written_so_far(run.id)
    written = sum(count for outcome, count in so_far.outcomes.items() if outcome not in TROUBLE)
    to_write = (run.body or {}).get("to_write")
    return Progress(
        is_at_work=at_work is not None and at_work.id == run.id,
        to_write=to_write if isinstance(to_write, int) else None,
        begun=so_far.begun,
        written=written,
        not_written=sum(so_far.outcomes.values()) - written,
    )


def _prepare(ask: Ask) -> None:
    """The last run is the one that is looked at most."""
    if (stored := newest_plan(ask)) is not None:
        _holds(ask, stored)


def _holds(ask: Ask, stored: StoredPlan) -> Sequence[Hold]:
    """What a plan held, by kind in the order in which kinds deserve attention, of each the widest apart first."""
    order = {kind: place for place, kind in enumerate(HOLDS)}

    def place(hold: Hold) -> tuple[int, int, str]:
        dates = hold.owner_value, hold.follower_value
        days = (dates[0] - dates[1]).days if dates[0] is not None and dates[1] is not None else 0
        return order.get(hold.kind, len(order)), -abs(days), hold.code

    return ask.once(("holds", stored.making), lambda: sorted(stored.plan.holds, key=place))


_TAKEN_BACK: Final = frozenset({Outcome.APPLIED.value, Outcome.HANDED_OVER.value})


def hand_out(ask: Ask) -> Handed:
    """A report that the record of a run names, and no other file. With ?keep=1 it is kept, else shown."""
    run, form = _find(ask), ask.path["form"]
    place = (run.body or {}).get("report", {}).get(form)
    if form not in _MEDIA or not isinstance(place, str):
        raise UsageError(f"Run {run.id} left no such report.", "Its page lists those that it left.")
    path, folder = Path(place), ask.configured.settings.report.folder
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"The report of run {run.id} lies outside [report] folder.", "Render it again: syncsvc report."
        )
    try:
        content = path.read_bytes()
    except OSError:
        hint = f"`syncsvc report {run.id}` renders it again."
        raise UsageError(f"The report of run {run.id} is not there any more.", hint) from None
    policy = None if ask.query.get("keep") or form == "xlsx" else _REPORT_POLICY
    return Handed(content, _MEDIA[form], path.name, policy)


def reports_of(run: Run) -> Sequence[tuple[str, str]]:
    """(format, where it is handed out) of each report that a run left."""
    named = (run.body or {}).get("report", {})
    return [(form, f"/runs/{run.id}/report/{quote(form, safe='')}") for form in _MEDIA if form in named]


def _find(ask: Ask) -> Run:
    number = _number(ask.path["run"])
    run = ask.desk.store.run(number) if number is not None else None
    if run is None:
        raise UsageError("There is no such run.", "The list of runs shows what there is.")
    return run


def _number(text: str) -> int | None:
    """An id from an address; what can be none is None."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


PAGES = (
    Page("/runs", show_all, nav="Runs"),
    Page("/runs/{run}", show, prepare=_prepare),
    Page("/runs/{run}/report/{form}", hand_out),
    Page("/reports", show_reports, nav="Reports"),
)
