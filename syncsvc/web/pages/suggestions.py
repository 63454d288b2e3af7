"""Issues that may belong to milestones without a link: looked for on a press, accepted or refused row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from syncsvc.errors import SyncsvcError, UsageError
from syncsvc.model import Milestone
from syncsvc.names import order_of_code
from syncsvc.service import LinkTaken
from syncsvc.suggestions import Suggestion
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Page, Shown
from syncsvc.web.search import Found, Looking
from syncsvc.web.sights import names, newest_export, page_of, picture

PATH: Final = "/links/suggestions"
_LOOK: Final = f"{PATH}/look"
ROWS_AT_ONCE: Final = 50
_LONGEST_REASON: Final = 2_000
ROLES: Final = {
    "completion": "due and completed",
    "test_plan": "test plan: due only, earlier",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One suggestion for one milestone."""

    milestone: Milestone
    name: str
    suggestion: Suggestion

    @property
    def issue(self) -> Milestone:
        """The issue as Jira showed it when it was looked for."""
        return self.suggestion.candidate.issue


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody filled into a row that was not taken, and why not."""

    role: str = "completion"
    reason: str = ""
    why: str = ""
    hint: str = ""


def show(ask: Ask) -> Answer:
    """What was found last, the best first, and the way to look anew. Who left a look is told how it ended."""
    if "look" not in ask.query:
        piece = ask.desk.work.pick_up(ask.who.name, what=_LOOK)
        if piece is not None:
            answer: Answer = piece.take()
            return answer
    return Shown("suggestions", _values(ask))


def look(ask: Ask) -> Answer:
    """Look through the issues of the projects; nothing is linked by it."""
    who = Looking(ask.who.name, ask.desk.now())

    def find() -> Found:
        with ask.desk.service(ask.who.name) as service:
            export = service.setup.store.newest_snapshot(service.setup.owner.name, kind=service.setup.plan_from)
            suggestions = service.suggest_links()
        return Found(suggestions, None if export is None else export.id, who.actor, who.at)

    try:
        other = ask.desk.search.look(who, find)
    except SyncsvcError as error:
        said = {"problem": error.message, "hint": error.hint, "problems": [str(each) for each in error.problems]}
        return Shown("suggestions", {**_values(ask.again()), **said}, 409)
    if other is not None:
        return Elsewhere(PATH, [f"{other.actor} has Jira looked through already, since {other.at:%H:%M} UTC."])
    return Elsewhere(PATH)


def accept(ask: Ask) -> Answer:
    """Link the milestone of a row to its issue, which Jira has to show now."""
    code, key, role = (ask.form.get(name, "") for name in ("code", "key", "role"))
    if role not in ROLES:
        return _not_taken(ask, UsageError("Choose what the issue is for the milestone.", "Nothing was linked."))
    try:
        taken = ask.act(lambda service: service.accept_link(code, key, role))
    except SyncsvcError as error:
        return _not_taken(ask, error)
    told = f"Accepted: {taken.word.code} and {taken.word.key}, {ROLES[role]}. The next run or plan reads the issue; "
    return _taken(ask, taken, told + "dates that differ then wait for a decision as a first contact.")


def refuse(ask: Ask) -> Answer:
    """Say that the two do not belong together, and why: they are not suggested again."""
    code, key, reason = (ask.form.get(name, "") for name in ("code", "key", "reason"))
    if len(reason) > _LONGEST_REASON:
        error = UsageError(f"The reason is longer than {_LONGEST_REASON:,} characters.", "Nothing was refused.")
        return _not_taken(ask, error)
    try:
        taken = ask.act(lambda service: service.refuse_link(code, key, reason))
    except SyncsvcError as error:
        return _not_taken(ask, error)
    return _taken(ask, taken, f"Refused: {taken.word.code} and {taken.word.key} are not suggested again.")


def standing(ask: Ask) -> list[Row] | None:
    """What stands of the last look; None where there was none for the newest export."""
    found = ask.desk.search.found
    if found is None or found.export != newest_export(ask).id:
        return None
    return ask.once(("suggestions", found.at), lambda: _rows(ask, found))


def _taken(ask: Ask, taken: LinkTaken, words: str) -> Elsewhere:
    query = urlencode({"text": ask.form.get("text", ""), "page": ask.form.get("page", "1")})
    return Elsewhere(f"{PATH}?{query}", [words, *(f"{each[0].upper()}{each[1:]}." for each in taken.warnings)])


def _not_taken(ask: Ask, error: SyncsvcError) -> Shown:
    """The same page with the reason at the row, or on top where the row is not there any more."""
    place = ask.form.get("code", ""), ask.form.get("key", "")
    given = Given(ask.form.get("role", ""), ask.form.get("reason", ""), error.message, error.hint)
    where = {"text": ask.form.get("text", ""), "page": ask.form.get("page", "")}
    return Shown("suggestions", _values(replace(ask, query=where), {place: given}), 409)


def _values(ask: Ask, given: Mapping[tuple[str, str], Given] | None = None) -> dict[str, Any]:
    text = ask.query.get("text", "").strip()[:200]
    found, export = ask.desk.search.found, newest_export(ask)
    rows = standing(ask)
    is_old, rows = found is not None and rows is None, rows or []
    wanted = text.casefold()
    chosen = [
        row
        for row in rows
        if not wanted
        or any(wanted in each.casefold() for each in (row.milestone.code, row.name, row.issue.code, row.issue.name))
    ]
    page, pages = page_of(ask, len(chosen), ROWS_AT_ONCE)
    shown = chosen[(page - 1) * ROWS_AT_ONCE : page * ROWS_AT_ONCE]
    linked = {link.code for link in picture(ask).links}
    places = {(row.milestone.code, row.issue.code) for row in shown}
    given = given or {}
    return {
        "found": found,
        "is_old": is_old,
        "looking": ask.desk.search.looking,
        "rows": shown,
        "count": len(chosen),
        "all": len(rows),
        "milestones": len({row.milestone.code for row in rows}),
        "unlinked": sum(each.code not in linked for each in export.taking_part()),
        "roles": ROLES,
        "given": given,
        "elsewhere": [(*place, each) for place, each in given.items() if place not in places],
        "nothing_given": Given(),
        "text": text,
        "page": page,
        "pages": pages,
        "query": urlencode({"text": text}),
        "problem": "",
        "hint": "",
        "problems": (),
    }


def _rows(ask: Ask, found: Found) -> list[Row]:
    """What stands of it: not what was linked or refused since. The milestone with the best suggestion first."""
    links, known = picture(ask).links, names(ask)
    codes, keys = {link.code for link in links}, {link.key for link in links}
    refused = {(word.code, word.key) for word in ask.desk.store.link_words() if not word.accepted}
    kept = []
    for each in found.suggestions.milestones:
        code = each.milestone.code
        left = [
            one
            for one in each.suggestions
            if code not in codes and one.candidate.issue.code not in keys
            if (code, one.candidate.issue.code) not in refused
        ]
        if left:
            kept.append((each.milestone, left))
    kept.sort(key=lambda each: (-each[1][0].score, order_of_code(each[0].code)))
    return [Row(milestone, known.get(milestone.code, milestone.name), one) for milestone, left in kept for one in left]


PAGE = Page(PATH, show, prepare=standing)
DEEDS = (
    Deed(_LOOK, look, is_long=True, meanwhile=PATH),
    Deed(f"{PATH}/accept", accept, is_long=True, is_awaited=True),
    Deed(f"{PATH}/refuse", refuse),
)
