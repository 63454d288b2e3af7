"""What the runs did, and the reports they left: to read here, to keep, and to take a run back."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from syncsvc.errors import UsageError
from syncsvc.model import Outcome
from syncsvc.persons import Role
from syncsvc.report.words import OUTCOMES, TROUBLE, exit_words
from syncsvc.store import Run
from syncsvc.web.asking import Ask, Handed, Page, Shown
from syncsvc.web.sights import addresses, names

_MOST_RUNS: Final = 200
_MOST_ROWS: Final = 500
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


def show_all(ask: Ask) -> Shown:
    """The last runs, newest first."""
    return Shown("runs", {"runs": ask.desk.store.runs(_MOST_RUNS), "ends": exit_words, "reports": reports_of})


def show(ask: Ask) -> Shown:
    """One run: how it ended, what it wrote and did not, what it held, and its reports."""
    run = _find(ask)
    body: Mapping[str, Any] = run.body or {}
    receipts: Sequence[Mapping[str, Any]] = sorted(
        body.get("receipts", ()), key=lambda each: (Outcome(each["outcome"]) not in TROUBLE, each["code"])
    )
    values = {
        "run": run,
        "end": exit_words(run.exit_code),
        "error": body.get("error", ""),
        "problems": body.get("problems", ()),
        "violations": body.get("violations", ()),
        "receipts": receipts[:_MOST_ROWS],
        "count": len(receipts),
        "outcomes": {outcome.value: words for outcome, words in OUTCOMES.items()},
        "trouble": {outcome.value for outcome in TROUBLE},
        "holds": body.get("holds", 0),
        "pulled": body.get("pulled", {}),
        "reports": reports_of(run),
        "undoable": ask.may(Role.CONTROLLER) and any(each["outcome"] in _TAKEN_BACK for each in receipts),
        "names": names(ask),
        "addresses": addresses(ask),
    }
    return Shown("run", values)


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


def show_reports(ask: Ask) -> Shown:
    """The reports of the last runs that left any."""
    runs = [run for run in ask.desk.store.runs(_MOST_RUNS) if reports_of(run)]
    return Shown("reports", {"runs": runs, "ends": exit_words, "reports": reports_of})


def reports_of(run: Run) -> Sequence[tuple[str, str]]:
    """(format, where it is handed out) of each report that a run left."""
    named = (run.body or {}).get("report", {})
    return [(form, f"/runs/{run.id}/report/{quote(form, safe='')}") for form in _MEDIA if form in named]


def _find(ask: Ask) -> Run:
    number = ask.path["run"]
    run = ask.desk.store.run(int(number)) if number.isdecimal() and len(number) < 10 else None
    if run is None:
        raise UsageError("There is no such run.", "The list of runs shows what there is.")
    return run


PAGES = (
    Page("/runs", show_all, nav="Runs"),
    Page("/runs/{run}", show),
    Page("/runs/{run}/report/{form}", hand_out),
    Page("/reports", show_reports, nav="Reports"),
)
