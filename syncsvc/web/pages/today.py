"""Today: what needs a decision, the largest and oldest first; decide some rows, or all that a filter shows."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from syncsvc.model import Field
from syncsvc.report.holds import HOLDS
from syncsvc.web.asking import Ask, Page, Shown
from syncsvc.web.sights import Row, addresses, newest_export, rows

ROWS_AT_ONCE: Final = 50
STATES: Final = {"waits": "waits for a decision", "planned": "to be written", "decided": "decided", "all": "all of it"}


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
        state, field = given.get("state", ""), given.get("field", "")
        page = given.get("page", "")
        return cls(
            state if state in STATES else "waits",
            given.get("kind", "")[:40],
            field if field in list(Field) else "",
            given.get("text", "").strip()[:200],
            int(page) if page.isdecimal() and len(page) < 7 else 1,
        )

    @property
    def query(self) -> str:
        """For an address, without the page."""
        return urlencode({"state": self.state, "kind": self.kind, "field": self.field, "text": self.text})

    def takes(self, row: Row) -> bool:
        """Whether a row is meant."""
        if (
            self.state not in ("all", row.state)
            or self.kind not in ("", row.kind)
            or self.field not in ("", row.drift.field)
        ):
            return False
        text = self.text.casefold()
        return not text or any(text in each.casefold() for each in (row.drift.code, row.name, row.drift.key or ""))


def show(ask: Ask) -> Shown:
    """The rows of one page of the filter."""
    return Shown("today", shown(ask, Filter.of(ask)))


def shown(ask: Ask, wanted: Filter) -> dict[str, object]:
    """What the template is given."""
    every = rows(ask)
    chosen = [row for row in every if wanted.takes(row)]
    pages = max(1, -(-len(chosen) // ROWS_AT_ONCE))
    page = min(max(1, wanted.page), pages)
    return {
        "filter": wanted,
        "states": STATES,
        "counts": {state: sum(row.state == state for row in every) for state in ("waits", "planned", "decided")},
        "kinds": sorted({row.kind for row in every}),
        "chosen": len(chosen),
        "rows": chosen[(page - 1) * ROWS_AT_ONCE : page * ROWS_AT_ONCE],
        "page": page,
        "pages": pages,
        "holds": HOLDS,
        "export": newest_export(ask),
        "addresses": addresses(ask),
    }


PAGE = Page("/", show, nav="Today")
