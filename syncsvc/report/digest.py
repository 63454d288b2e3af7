"""What a night is told as: subject, plain text and a simple page, exceptions first, in the words of the reports.

Whatever stands in names, codes and errors, it is one line of text here: it can begin no header and no markup.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any, Final

from syncsvc.model import Change, Field, Hold, Receipt, RunResult
from syncsvc.notice import Message, Occasion, Trouble
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Column, Page, clean, cut, wrap
from syncsvc.report.section import Section, text_of
from syncsvc.report.words import OUTCOMES, TROUBLE, amount, counted, day, exit_words, moved, receipt_words
from syncsvc.slots import Slot, SlotState
from syncsvc.workdays import working_days

#: Of a longer list these are shown and the others counted: a message is to be read, the report to be looked into.
MOST_ROWS: Final = 20
_SUBJECT_COLUMNS: Final = 120
_PAGE: Final = Page(columns=100)
_BEGINNINGS: Final = {
    Occasion.TROUBLE: "FAILED",
    Occasion.STILL: "STILL FAILING",
    Occasion.OVER: "works again",
    Occasion.WARNING: "warning",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of a night. `since`: the night the trouble that stands, or has just ended, began with."""

    site: str
    occasion: Occasion
    slot: Slot
    state: SlotState
    exit_code: int | None = None
    run: int | None = None
    result: RunResult | None = None
    trouble: Trouble | None = None
    since: date | None = None
    held_anew: Collection[tuple[str, str, str]] = ()  # code, key, field
    to_approve: Sequence[Change] = ()
    restated: Sequence[str] = ()
    missed: Sequence[date] = ()
    warnings: Sequence[str] = ()
    report_url: str | None = None
    holidays: Sequence[date] = ()


def digest(told: Told) -> Message:
    """The message of a night."""
    subject = _subject(told)
    head, sections = _head(told), [section for section in _sections(told) if section]
    reports = _reports(told)
    text = "\n\n".join([_lines(head), *map(_text, sections), _lines(reports)]).strip() + "\n"
    return Message(subject, text, _html(subject, head, sections, reports), _facts(told))


def probe(site: str, words: str) -> Message:
    """A message that only shows that messages arrive."""
    subject = cut(clean(f"syncsvc {site}: a test message"), _SUBJECT_COLUMNS)
    return Message(subject, f"{words}\n", _html(subject, [words], [], []), {"site": site, "event": Occasion.TEST.value})


def _subject(told: Told) -> str:
    """ "syncsvc LSST: FAILED: a source could not be read - night of 2019-05-01"."""
    parts = []
    beginning = _BEGINNINGS.get(told.occasion)
    if beginning and told.occasion is Occasion.STILL and told.since:
        beginning = f"{beginning} since {told.since}"
    if told.occasion in (Occasion.TROUBLE, Occasion.STILL) and told.trouble:
        parts.append(told.trouble.words)
    else:
        parts += [words for words in (_written(told), _waiting(told), *_restated(told)) if words]
        if told.missed:
            parts.append(f"{counted(len(told.missed), 'night')} missed")
        parts = parts or list(told.warnings[:1])
    words = ": ".join(filter(None, (beginning, ", ".join(parts))))
    night = f" - night of {told.slot.day}"
    return cut(clean(f"syncsvc {told.site}: {words}"), _SUBJECT_COLUMNS - len(night)) + night


def _head(told: Told) -> list[str]:
    lines = []
    if told.occasion is Occasion.OVER and told.since:
        lines.append(f"What had failed since the night of {told.since} works again.")
    if told.trouble and told.occasion is Occasion.STILL and told.since:
        lines.append(f"This has been so since the night of {told.since}; it is told again now and then until it ends.")
    if told.trouble:
        lines += [_sentence(told.trouble.words), told.trouble.hint]
    if told.missed:
        nights = ", ".join(map(str, told.missed[:7])) + (" ..." if len(told.missed) > 7 else "")
        lines.append(
            f"Missed, since nobody was there to run it in time: {counted(len(told.missed), 'night')}: {nights}."
        )
    lines += told.warnings
    lines += [f"{words}." for words in _restated(told)]
    if told.result is not None:
        result = told.result
        plan = result.plan
        waiting = f"; {counted(len(plan.holds), 'hold')} in all" if plan and plan.holds else ""
        lines.append(f"Run {result.run}, mode {result.mode}: {exit_words(result.exit_code)}.")
        lines.append(f"{receipt_words(result.receipts) or 'Nothing written'}{waiting}.")
        if plan and told.to_approve:
            lines.append(
                f"{counted(len(plan.changes), 'change')} can be approved until {plan.expires_at:%Y-%m-%d %H:%M} UTC: "
                f"syncsvc approve {plan.id}, then syncsvc apply {plan.id}"
            )
    elif told.exit_code is not None and not told.trouble:
        lines.append(f"{exit_words(told.exit_code)}.")
    return [clean(line) for line in lines if line]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _sections(told: Told) -> Iterator[Section | None]:
    """Exceptions first."""
    result = told.result
    if result is None:
        return
    plan = result.plan
    if plan and plan.violations:
        points = tuple(
            f"{each.limit} {amount(each.value)}, allowed {amount(each.allowed)}: {each.why}" for each in plan.violations
        )
        yield Section("Safety limits broken: nothing is written", points=points, alert=True)
    wrong = [each for each in result.receipts if each.outcome in TROUBLE]
    yield _not_written(wrong)
    if result.problems:
        yield Section("Could not be read or written", points=result.problems, alert=True)
    anew = [hold for hold in (plan.holds if plan else ()) if (hold.code, hold.key, hold.field.value) in told.held_anew]
    for kind, meaning in HOLDS.items():
        of_kind = [hold for hold in anew if hold.kind is kind]
        if of_kind:
            yield _holds(f"Held anew: {kind} ({len(of_kind)})", of_kind, f"{meaning.means}. {meaning.to_do}.")
    yield _changes(told)
    yield _written_section([each for each in result.receipts if each.outcome not in TROUBLE], told)


def _not_written(receipts: Sequence[Receipt]) -> Section | None:
    """One point each, since why is told in sentences."""
    if not receipts:
        return None
    ordered = sorted(receipts, key=lambda each: (each.change.code, each.change.key, each.change.field))
    points = []
    for each in ordered[:MOST_ROWS]:
        change = each.change
        what = f"{change.code} {change.key} {change.field} {day(change.before)} -> {day(change.after)}"
        points.append(f"{what}: {OUTCOMES[each.outcome]}" + (f". {each.detail}" if each.detail else ""))
    return Section(f"Not written ({len(ordered):,})", notes=_more(ordered), points=tuple(points), alert=True)


def _written_section(receipts: Sequence[Receipt], told: Told) -> Section | None:
    if not receipts:
        return None
    ordered = sorted(receipts, key=lambda each: (-abs(each.change.calendar_days or 0), each.change.code))
    columns = tuple(Column(name) for name in ("code", "issue", "field", "before", "now", "move"))
    rows = tuple(_change_row(each.change, told) for each in ordered[:MOST_ROWS])
    return Section(f"Written ({len(ordered):,})", columns, rows, _more(ordered))


def _changes(told: Told) -> Section | None:
    if not told.to_approve:
        return None
    ordered = sorted(told.to_approve, key=lambda each: (-abs(each.calendar_days or 0), each.code))
    columns = tuple(Column(name) for name in ("code", "issue", "field", "now", "then", "move"))
    rows = tuple(_change_row(each, told) for each in ordered[:MOST_ROWS])
    return Section(f"To be approved, new ({len(ordered):,})", columns, rows, _more(ordered))


def _change_row(change: Change, told: Told) -> tuple[str, ...]:
    dates = (day(change.before), day(change.after))
    return (change.code, change.key, change.field.value, *dates, _move(change, told))


def _move(change: Change, told: Told) -> str:
    if change.calendar_days is None or change.seen is None or change.after is None:
        return "first date" if change.field is Field.DUE else "completed"
    return moved(change.calendar_days, working_days(change.seen, change.after, told.holidays))


def _holds(heading: str, holds: Sequence[Hold], words: str) -> Section:
    columns = tuple(Column(name) for name in ("code", "issue", "field", "PMCS", "Jira"))
    rows = tuple(
        (each.code, each.key, each.field.value, day(each.owner_value), day(each.follower_value))
        for each in holds[:MOST_ROWS]
    )
    return Section(heading, columns, rows, (words, *_more(holds)))


def _more(rows: Sequence[object]) -> tuple[str, ...]:
    return (f"The first {MOST_ROWS}; the others stand in the report.",) if len(rows) > MOST_ROWS else ()


def _reports(told: Told) -> list[str]:
    """Where the whole report is: its address where the configuration knows one, and its files."""
    paths = list(told.result.report.values()) if told.result else []
    lines = [f"import workbook for P6: {path}" for path in (told.result.outbox if told.result else ())]
    best = next((path for path in paths if path.endswith(".html")), paths[0] if paths else None)
    if told.report_url and best:
        lines.append(f"report: {told.report_url.rstrip('/')}/{best.rpartition('/')[2]}")
    elif best:
        lines.append(f"report: {best}")
    if told.run is not None:
        lines.append(f"again: syncsvc report {told.run}; every step: syncsvc log --run {told.run}")
    return [clean(line) for line in lines]


def _written(told: Told) -> str:
    return receipt_words(told.result.receipts) if told.result else ""


def _waiting(told: Told) -> str:
    anew = [f"{len(told.held_anew):,} held anew"] if told.held_anew else []
    anew += [f"{len(told.to_approve):,} to be approved"] if told.to_approve else []
    return ", ".join(anew)


def _restated(told: Told) -> list[str]:
    return [f"{words} restates that month" for words in told.restated]


def _facts(told: Told) -> dict[str, Any]:
    """For programs: of syncsvc.notice/1."""
    result = told.result
    outcomes = [receipt.outcome for receipt in result.receipts] if result else []
    return {
        "site": told.site,
        "event": told.occasion.value,
        "night": told.slot.day.isoformat(),
        "state": told.state.value,
        "run": told.run,
        "exit_code": None if told.exit_code is None else int(told.exit_code),
        "trouble": told.trouble.words if told.trouble else None,
        "since": told.since.isoformat() if told.since else None,
        "outcomes": {outcome.value: outcomes.count(outcome) for outcome in OUTCOMES if outcome in outcomes},
        "held_anew": len(told.held_anew),
        "to_approve": len(told.to_approve),
        "holds": len(result.plan.holds) if result and result.plan else 0,
        "restated": list(told.restated),
        "missed": [night.isoformat() for night in told.missed],
        "warnings": list(told.warnings),
        "report": dict(result.report) if result else {},
    }


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(each for line in lines for each in wrap(line, _PAGE.columns, rest="  "))


def _text(section: Section) -> str:
    lines = [clean(section.heading)]
    for words in (*section.notes, *section.points):
        for line in words.splitlines():
            lines += wrap(line, _PAGE.columns, "  ", "    ")
    if section.rows:
        lines += _PAGE.table(section.columns, section.rows)
    return "\n".join(lines)


def _html(subject: str, head: Sequence[str], sections: Sequence[Section], reports: Sequence[str]) -> str:
    """Tables and paragraphs as every mail program shows them: no style sheet, no picture, nothing loaded."""
    first, *rest = map(_safe, head or [subject])
    parts = [f"<p>{'<br>'.join([f'<b>{first}</b>', *rest])}</p>"]
    for section in sections:
        colour = ' style="color:#b3261e"' if section.alert else ""
        parts.append(f"<h3{colour}>{_safe(section.heading)}</h3>")
        parts += [f"<p>{_safe(words)}</p>" for words in section.notes]
        if section.points:
            parts.append("<ul>" + "".join(f"<li>{_safe(words)}</li>" for words in section.points) + "</ul>")
        if section.rows:
            parts.append(_html_table(section))
    parts.append(f"<p>{'<br>'.join(map(_with_link, reports))}</p>" if reports else "")
    body = "\n".join(part for part in parts if part)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_safe(subject)}</title></head>\n'
        f'<body style="font-family:sans-serif;font-size:14px;line-height:1.4">\n{body}\n</body></html>\n'
    )


def _html_table(section: Section) -> str:
    style = ' style="text-align:left;white-space:nowrap;padding:2px 12px 2px 0;border-bottom:1px solid #d3dae3"'
    head = "".join(f"<th{style}>{_safe(column.heading)}</th>" for column in section.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td{style}>{_safe(text_of(cell))}</td>" for cell in row) + "</tr>" for row in section.rows
    )
    return f'<table style="border-collapse:collapse;font-size:14px"><tr>{head}</tr>{rows}</table>'


def _with_link(line: str) -> str:
    """A line, which at its end may have the address of the report: of [notify] report_url, so by http or https."""
    words, _, address = line.partition(" ")
    if words != "report:" or not address.startswith(("https://", "http://")):
        return _safe(line)
    return f'{words} <a href="{_safe(address)}">{_safe(address)}</a>'


def _safe(text: str) -> str:
    return escape(" ".join(clean(line) for line in text.splitlines()))
