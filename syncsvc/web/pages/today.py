"""Today: what needs a decision, the largest and oldest first, with what each side says and who moved when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from syncsvc.model import Field, Plan, Verdict
from syncsvc.report.holds import HOLDS
from syncsvc.report.review_text import VERDICTS
from syncsvc.review_sheet import seal
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.sights import Row, addresses, identity, moves, newest_export, newest_plan, rows

ROWS_AT_ONCE: Final = 50
STATES: Final = {"waits": "wait for a decision", "planned": "to be written", "decided": "decided", "all": "all of them"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are meant. Words of it that mean nothing are left out."""

    state: str = "waits"
    kind: str = ""
    field: str = ""
    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, ask: Ask) -> "Filter":
        """The filter of a request, from its address or its form."""
        given = {**ask.query, **ask.form}
        state, name, page = given.get("state", ""), given.get("field", ""), given.get("page", "")
        return cls(
            state if state in STATES else "waits",
            given.get("kind", "")[:40],
            name if name in list(Field) else "",
            given.get("text", "").strip()[:200],
            int(page) if page.isdecimal() and len(page) < 7 else 1,
        )

    @property
    def query(self) -> str:
        """For an address, without the page."""
        return urlencode({"state": self.state, "kind": self.kind, "field": self.field, "text": self.text})

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out rows of its state."""
        return bool(self.kind or self.field or self.text)

    def takes(self, row: Row) -> bool:
        """Whether a row is meant."""
        if self.state not in ("all", row.state):
            return False
        if self.kind not in ("", row.kind) or self.field not in ("", row.drift.field):
            return False
        text = self.text.casefold()
        return not text or any(text in each.casefold() for each in (row.drift.code, row.name, row.drift.key or ""))

    def choose(self, every: Sequence[Row]) -> list[Row]:
        """The rows that are meant."""
        return [row for row in every if self.takes(row)]


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody filled into a row that was not taken, and why not."""

    verdict: str = ""
    reason: str = ""
    until: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing that was not taken, for the list on top."""

    code: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Everything that was not taken; `given` by code, key and field, to show it again in its row."""

    refused: Sequence[Refused] = ()
    given: Mapping[tuple[str, str, str], Given] = field(default_factory=dict)


def show(ask: Ask) -> Shown:
    """The rows of one page of the filter."""
    return Shown("today", shown(ask, Filter.of(ask)))


def shown(ask: Ask, wanted: Filter, not_taken: NotTaken = NotTaken(), told: Sequence[str] = ()) -> dict[str, Any]:
    """What the template is given; `told` is what was taken beside what was not."""
    every, stored = rows(ask), newest_plan(ask)
    chosen = wanted.choose(every)
    pages = max(1, -(-len(chosen) // ROWS_AT_ONCE))
    page = min(max(1, wanted.page), pages)
    here = chosen[(page - 1) * ROWS_AT_ONCE : page * ROWS_AT_ONCE]
    return {
        "filter": wanted,
        "states": STATES,
        "counts": {state: sum(row.state == state for row in every) for state in ("waits", "planned", "decided")},
        "kinds": sorted({row.kind for row in every}),
        "chosen": len(chosen),
        "page": page,
        "pages": pages,
        "export": newest_export(ask),
        "plan": stored.plan if stored is not None and stored.state == "open" else None,
        "decided_changes": _decided_changes(every, stored.plan) if stored is not None else 0,
        "refused": not_taken.refused,
        "given": not_taken.given,
        "nothing_given": Given(),
        "taken": told,
        **values_of_rows(ask, here),
    }


def _decided_changes(every: Sequence[Row], plan: Plan) -> int:
    """How many of the changes of a plan are of decided rows, and so are not among those to be written."""
    decided = {row.drift.link_key for row in every if row.state == "decided"}
    return sum(change.link_key in decided for change in plan.changes)


def values_of_rows(ask: Ask, here: Collection[Row]) -> dict[str, Any]:
    """What the table of rows is given, on whichever page it stands."""
    return {
        "rows": here,
        "holds": HOLDS,
        "verdicts": VERDICTS,
        "all_verdicts": list(Verdict),
        "addresses": addresses(ask),
        "moves": moves(ask, here),
        "edits": _edits(ask, here),
        "seals": [seal(row.drift, identity(ask)) for row in here],
    }


def _edits(ask: Ask, here: Collection[Row]) -> Mapping[tuple[str, Field, date | None], str]:
    """Who set a date in Jira, and when, as the run that held it was told."""
    codes = frozenset(row.drift.code for row in here)
    return ask.once(("edits", codes), lambda: ask.desk.store.edits(codes))


def _prepare(ask: Ask) -> None:
    rows(ask)
    newest_plan(ask)
    identity(ask)
    addresses(ask)


PAGE = Page("/", show, nav="Today", prepare=_prepare)
