"""The narrative of a milestone and a month: why it stands where it does, and what is done about it."""

import re
from typing import Any, Final
from urllib.parse import quote

from syncsvc.errors import UsageError
from syncsvc.model import Narrative
from syncsvc.persons import Role
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Page, Shown
from syncsvc.web.sights import names, newest_export

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LONGEST: Final = 4_000
_PATH: Final = "/milestones/{code:path}/narrative"


def show(ask: Ask) -> Shown:
    """What was written of the month, to be written anew, and what was written of the months before."""
    return _shown(ask)


def write(ask: Ask) -> Answer:
    """Keep what was written; reports carry it."""
    code, period = _code(ask), ask.form.get("period", "")
    why, action = ask.form.get("why", "").strip(), ask.form.get("action", "").strip()
    if not why:
        return _shown(ask, "Say why the milestone stands where it does: that is missing.")
    if not _MONTH.fullmatch(period):
        return _shown(ask, f"{period[:20]!r} is no month; write it as 2019-04.")
    if len(why) > _LONGEST or len(action) > _LONGEST:
        return _shown(ask, f"That is longer than {_LONGEST:,} characters.")
    warnings = ask.act(lambda service: service.narrate([Narrative(code, period, why, action)]))
    place = f"/milestones/{quote(code, safe='')}/narrative?period={period}"
    return Elsewhere(place, [f"Kept: the narrative of {code} for {period}.", *warnings])


def _code(ask: Ask) -> str:
    code = ask.configured.setup.aliases.get(ask.path["code"], ask.path["code"])
    if code not in names(ask):
        raise UsageError(
            f"No milestone is called {code[:60]} in the newest export.", "Look at how its code is written."
        )
    return code


def _shown(ask: Ask, refused: str = "") -> Shown:
    code = _code(ask)
    values = {"code": code, "name": names(ask)[code], "refused": refused, **values_of(ask, code)}
    return Shown("narrative", values, 409 if refused else 200)


def values_of(ask: Ask, code: str) -> dict[str, Any]:
    """What the form is given, on whichever page it stands, and what was written of other months."""
    told = [each for each in ask.desk.store.narratives() if each.code == code]
    period = ask.form.get("period") or ask.query.get("period") or newest_export(ask).period or ""
    kept = next((each for each in told if each.period == period), None)
    return {
        "period": period,
        "why": ask.form.get("why", kept.why if kept else ""),
        "action": ask.form.get("action", kept.action if kept else ""),
        "kept": kept,
        "earlier": [each for each in reversed(told) if each.period != period],
        "is_known": code in names(ask),
    }


PAGE = Page(_PATH, show)
DEED = Deed(_PATH, write, role=Role.CONTROLLER)
