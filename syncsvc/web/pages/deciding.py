"""Deciding rows: those that were marked, or all that a filter shows. Each is bound to what was seen as it was shown."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

from syncsvc.decisions import Asked, Refusal
from syncsvc.model import Decision, Plan, Verdict
from syncsvc.persons import Role
from syncsvc.report.review_text import VERDICTS
from syncsvc.report.words import counted
from syncsvc.review_sheet import Sealed, seal, unseal
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Page, Shown
from syncsvc.web.pages.today import Filter, Given, NotTaken, Refused, shown, values_of_rows
from syncsvc.web.sights import Row, identity, rows

#: So many rows are decided at once at most: all of them are shown before, and somebody has to look at them.
MOST_AT_ONCE: Final = 200
_LONGEST_REASON: Final = 2_000


def decide(ask: Ask) -> Answer:
    """Take the rows that were marked; where one is refused, say so at its row and keep what was filled in."""
    wanted = Filter.of(ask)
    asked, given, refused = _read_marks(ask)
    if not asked and not refused:
        return Elsewhere(_back(wanted), ["No row was marked, so nothing was decided."])
    told: list[str] = []
    if asked:
        taken, stale, stored = ask.act(lambda service: service.decide(asked))
        told = tell(taken, stored.plan)
        refused += [_refused(each) for each in stale]
        for each in stale:
            place = (each.asked.code, each.asked.key, each.asked.field.value)
            given[place] = _with_why(given[place], each.why)
        for decision in taken:
            given.pop((decision.code, decision.key, decision.field.value), None)
    if not refused:
        return Elsewhere(_back(wanted), told)
    again = ask.again()  # the store is another one now
    return Shown("today", shown(again, wanted, NotTaken(refused, given), told), 409)


def show_all(ask: Ask) -> Answer:
    """Every row of a filter, to be decided in one go."""
    return _show_all(ask)


def decide_all(ask: Ask) -> Answer:
    """Take all rows of a filter with one verdict, if they are the ones that were shown."""
    wanted = Filter.of(ask)
    chosen = wanted.choose(rows(ask))
    if ask.form.get("set") != _fingerprint(ask, chosen):
        return _show_all(ask, "The rows are others now than those you saw. Nothing was decided: look at them again.")
    given = Given(ask.form.get("verdict", ""), ask.form.get("reason", ""), ask.form.get("until", ""))
    reason = given.reason.strip()
    until, why = _read_given(given)
    if why or len(chosen) > MOST_AT_ONCE:
        return _show_all(ask, why or "These are too many to decide at once.")
    asked = [
        Asked(
            d.code, d.key, d.field, d.owner_value, d.follower_value, Verdict(given.verdict), reason, until,
            instead_of=(d.decision.id if d.decision else 0) or 0,
        )
        for d in (row.drift for row in chosen)
        if d.key is not None and d.field is not None
    ]  # fmt: skip
    taken, stale, stored = ask.act(lambda service: service.decide(asked))
    told = tell(taken, stored.plan)
    if not stale:
        return Elsewhere(_back(wanted), told)
    again = ask.again()
    return Shown("today", shown(again, wanted, NotTaken([_refused(each) for each in stale]), told), 409)


def tell(taken: Sequence[Decision], plan: Plan | None) -> list[str]:
    """What was taken, and what follows."""
    counts = Counter(decision.verdict for decision in taken)
    words = ", ".join(f"{counts[verdict]:,} {word}" for verdict, word in VERDICTS.items() if counts[verdict])
    told = [f"Kept: {words}."] if words else []
    if plan is not None and plan.changes:
        told.append(
            f"Plan {plan.id} has {counted(len(plan.changes), 'change')} now; nothing is written before it is applied."
        )
    return told


def _show_all(ask: Ask, refused: str = "") -> Shown:
    wanted = Filter.of(ask)
    chosen = wanted.choose(rows(ask))
    values = {
        "filter": wanted,
        "chosen": len(chosen),
        "most": MOST_AT_ONCE,
        "set": _fingerprint(ask, chosen),
        "given": Given(ask.form.get("verdict", ""), ask.form.get("reason", ""), ask.form.get("until", "")),
        "why": refused,
        **values_of_rows(ask, chosen[:MOST_AT_ONCE]),
    }
    return Shown("decide_all", values, 409 if refused else 200)


def _read_marks(ask: Ask) -> tuple[list[Asked], dict[tuple[str, str, str], Given], list[Refused]]:
    """What the form asks for: rows by number, each with its seal; what cannot be understood is refused by itself."""
    asked: list[Asked] = []
    given: dict[tuple[str, str, str], Given] = {}
    refused: list[Refused] = []
    for name, text in ask.form.items():
        start, _, number = name.partition(".")
        if start != "row" or not (verdict := ask.form.get(f"verdict.{number}", "")):
            continue
        sealed = unseal(text, identity(ask))
        if sealed is None:
            refused.append(Refused("", "a row", "it is none of this store's rows; load the page again"))
            continue
        said = Given(verdict, ask.form.get(f"reason.{number}", ""), ask.form.get(f"until.{number}", ""))
        place = (sealed.code, sealed.key, sealed.field.value)
        until, why = _read_given(said)
        given[place] = _with_why(said, why)
        before = ask.form.get(f"before.{number}", "")
        if why or not before.isdecimal():
            refused.append(_of_sealed(sealed, why or "the form is not whole; load the page again"))
            continue
        asked.append(
            Asked(
                sealed.code, sealed.key, sealed.field, sealed.owner_value, sealed.follower_value, Verdict(verdict),
                said.reason.strip(), until, instead_of=int(before),
            )
        )  # fmt: skip
    return asked, given, refused


def _read_given(given: Given) -> tuple[date | None, str]:
    """The day that was given, and what is wrong with what was filled in. What the service checks is left to it."""
    if given.verdict not in list(Verdict):
        return None, "choose approve, reject or hold"
    if len(given.reason) > _LONGEST_REASON:
        return None, f"the reason is longer than {_LONGEST_REASON:,} characters"
    if given.verdict != Verdict.HOLD or not given.until.strip():
        return None, ""
    try:
        return date.fromisoformat(given.until.strip()), ""
    except ValueError:
        return None, f"{given.until[:20]!r} is no day; write it as 2019-06-28"


def _with_why(given: Given, why: str) -> Given:
    return Given(given.verdict, given.reason, given.until, why)


def _refused(refusal: Refusal) -> Refused:
    asked = refusal.asked
    return Refused(asked.code, f"{asked.key}, {asked.field.value}", refusal.why)


def _of_sealed(sealed: Sealed, why: str) -> Refused:
    return Refused(sealed.code, f"{sealed.key}, {sealed.field.value}", why)


def _fingerprint(ask: Ask, chosen: Sequence[Row]) -> str:
    """Of exactly these rows with their values and decisions: what was seen is what is decided."""
    seen = [f"{seal(row.drift, identity(ask))} {row.drift.decision.id if row.drift.decision else 0}" for row in chosen]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def _back(wanted: Filter) -> str:
    return f"/?{wanted.query}&page={wanted.page}"


PAGE = Page("/decide-all", show_all, role=Role.CONTROLLER)
DEEDS = (
    Deed("/decide", decide, is_long=True, is_awaited=True),
    Deed("/decide-all", decide_all, is_long=True, is_awaited=True),
)
