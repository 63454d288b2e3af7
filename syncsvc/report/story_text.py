"""A milestone's story in sentences, for somebody who knows nothing of it yet."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, tzinfo
from itertools import groupby
from pathlib import PurePosixPath
from typing import Final

from syncsvc.model import Drift, DriftKind, Event, Field, Link, Outcome, Side, Sighting
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Page, Tone, clean, wrap
from syncsvc.report.story_seen import dates_of, far, observed
from syncsvc.report.words import counted, day, title
from syncsvc.story import Now, Observation, Story, Told, ToldRun, Write, state_of
from syncsvc.workdays import working_days

_INDENT: Final = "  "
_DEEPER: Final = "      "


def story_text(story: Story, page: Page, zone: tzinfo, holidays: Sequence[date] = ()) -> str:
    """The story, oldest first, and how the milestone stands now; times are local to `zone`."""
    sections = story_sections(story, page, zone, holidays)
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def story_sections(story: Story, page: Page, zone: tzinfo, holidays: Sequence[date] = ()) -> list[list[str]]:
    """The same as lines: what it is about, each run with what it showed, the oldest first, and how it stands now."""
    runs = groupby(story.told, key=lambda each: each.run)
    told = [_run(story, run, list(each), page, zone, holidays) for run, each in runs]
    return [_front(story, page, zone, holidays), *told, _now(story, page, holidays)]


def _front(story: Story, page: Page, zone: tzinfo, holidays: Sequence[date]) -> list[str]:
    lines = [page.heading(f"{story.code}: {story.name}" if story.name else story.code)]
    if story.aliases:
        lines += wrap(f"Other codes: {', '.join(story.aliases)}", page.columns, "", _INDENT)
    for issue in story.now.issues:
        where = f", {issue.url}" if issue.url else ""
        lines += wrap(f"{_linked(issue.link)}{where}", page.columns, "", _INDENT)
    if not story.now.issues:
        lines.append("No Jira issue is linked to it.")
    off = f"minus {counted(len(holidays), 'holiday')}" if holidays else "no holidays taken off"
    lines.append("")
    for note in (
        "PMCS is the schedule, and decides. Due is the date promised, forecast where the schedule thinks it will end. "
        "What waits for a person is held.",
        f"Times are local to {zone}. Working days are Monday to Friday, {off}.",
    ):
        lines += [page.tint(line, Tone.FAINT) for line in wrap(note, page.columns)]
    return lines


def _name(field: Field | None) -> str:
    """What a sentence calls the date."""
    return "date" if field is None else "completion" if field is Field.COMPLETED else field.value


def _linked(link: Link) -> str:
    carries = " and ".join(_name(field) for field in Field if field in link.fields)
    role = {"test_plan": "test plan, ", "also": "also linked, "}.get(link.role, "")
    offset = ""
    if link.offset_days:
        offset = f", {counted(abs(link.offset_days), 'day')} {'before' if link.offset_days < 0 else 'after'} it"
    return f"Jira issue {link.key} ({role}{carries}{offset})"


def _run(
    story: Story, run: int | None, told: Sequence[Told], page: Page, zone: tzinfo, holidays: Sequence[date]
) -> list[str]:
    when = told[0].at.astimezone(zone)
    lines = [page.heading(f"{when:%Y-%m-%d %H:%M}, {_run_words(run, story.runs, told)}")]
    agreed = [each for each in told if isinstance(each, Event) and each.event == "baseline"]
    shown = [each for each in told if each not in agreed[1:]]  # what was agreed in one run stands in one sentence
    for each in shown:
        paragraphs = [_agreed(agreed, story)] if each in agreed else list(_paragraphs(each, story, holidays))
        lines += wrap(paragraphs[0], page.columns, _INDENT, _INDENT * 2)
        for further in paragraphs[1:]:
            lines += wrap(further, page.columns, _DEEPER, _DEEPER + _INDENT)
    return lines


#: What a run of each trigger is for.
_TRIGGERS: Final = {
    "pull": "sources were read",
    "plan": "a plan was made",
    "adopt": "a plan was made to give PMCS's dates to Jira",
    "approve": "a plan was looked at",
    "apply": "a plan was applied",
    "decide": "a decision was taken",
    "undo": "a plan was made to take a run back",
    "narrate": "a narrative was written",
}


def _run_words(run: int | None, runs: Mapping[int, ToldRun], told: Sequence[Told]) -> str:
    if run is None:
        return next((each.actor for each in told if isinstance(each, Event)), "")
    if run not in runs:
        return f"run {run}"
    known = runs[run]
    words = _TRIGGERS.get(known.trigger, "sources were read and compared")
    return f"{words} (run {run}, {known.trigger}, by {known.actor})"


def _paragraphs(told: Told, story: Story, holidays: Sequence[date]) -> Iterator[str]:
    if isinstance(told, Observation):
        yield from observed(told)
    elif isinstance(told, Write):
        yield from _written(told, holidays)
    else:
        yield from _happened(told, story)


# -- what was written


_OUTCOME_WORDS: Final = {
    Outcome.APPLIED: "Written to Jira, and read back from there",
    Outcome.ALREADY: "Nothing to write, Jira had it already",
    Outcome.HANDED_OVER: "Handed to PMCS",
    Outcome.STALE: "Not written, since it had changed meanwhile",
    Outcome.REFUSED: "Not written, since it was refused",
    Outcome.FAILED: "Not written, the write failed",
    Outcome.UNKNOWN: "Written perhaps, nobody could tell; a later run finds out",
    Outcome.NOT_TRIED: "Not written, and not tried",
}
_REASONS: Final = {
    DriftKind.OWNER_MOVED: "PMCS moved",
    DriftKind.ADOPTED: "a person asked for the date of PMCS",
    DriftKind.REPORTED: "Jira reports it and PMCS does not show it",
    DriftKind.FIRST_CONTACT: "the two met for the first time",
    DriftKind.FOLLOWER_EDITED: "Jira was edited, and the configuration restores it",
}


def _written(told: Write, holidays: Sequence[date]) -> Iterator[str]:
    intent, outcome = told.intent, told.outcome
    name = _name(intent.field)
    why = _reason(told)
    if outcome is not None and outcome.event == Outcome.HANDED_OVER:
        yield (
            f"Handed to PMCS: the completion of {day(intent.after)} that {intent.key} shows, because {why}. "
            f"Import workbook {_file(outcome.detail)}."
        )
        yield "It is pending until an export whose data date is that day or later shows what became of it."
        return
    lead = "Meant to be written, and the run ended before it noted what became of it"
    if outcome is not None:
        lead = _OUTCOME_WORDS[Outcome(outcome.event)]
    yield f"{lead}: {name} of {intent.key}, {_from_to(intent.before, intent.after, holidays)}, because {why}."
    if outcome is not None and outcome.detail:
        yield _sentence(outcome.detail)


def _reason(told: Write) -> str:
    kind, _, column = (told.intent.detail or "").partition(", from ")
    if told.takes_back is not None:
        return f"what run {told.takes_back} wrote was taken back"
    if kind == DriftKind.UNDONE:
        return "a write was taken back"
    words = _REASONS.get(DriftKind(kind), kind) if kind in set(DriftKind) else kind or "a plan said so"
    return f"{words} (column {column})" if column else words


def _from_to(before: date | None, after: date | None, holidays: Sequence[date]) -> str:
    words = f"{day(before, 'no date')} -> {day(after, 'no date')}"
    if before is None or after is None or before == after:
        return words
    return f"{words}, {far((after - before).days, working_days(before, after, holidays))}"


def _file(path: str | None) -> str:
    return PurePosixPath(path or "").name or "not named"


# -- what was agreed, held and decided


def _happened(event: Event, story: Story) -> Iterator[str]:
    key = event.key or story.keys.get(event.issue_id or "", "")
    name = _name(event.field) if event.field else ""
    of_key = f"{name} of {key}" if name and key else name or key
    if event.event == "hold":
        yield from _held(event, of_key)
    elif event.event == "hold_ended":
        yield f"No longer held: {of_key} ({(event.detail or '').replace('_', ' ')})."
    elif event.event == "edited":
        yield f"Set in Jira: {of_key} to {day(event.after, 'no date')}, by {event.detail}."
    elif event.event in _DECIDED and event.code is not None:
        yield (
            f"{event.actor} {_DECIDED[event.event]} {of_key} (Jira {day(event.before, 'no date')}, "
            f"PMCS {day(event.after, 'no date')})" + (f": {event.detail}" if event.detail else "") + "."
        )
    elif event.event in _SETTLED and event.intent is None and event.field is Field.COMPLETED:
        yield f"Hand-over of the completion of {day(event.after)}: {_SETTLED[event.event]}. {_sentence(event.detail)}"
    elif event.intent is not None:
        lead = _OUTCOME_WORDS[Outcome(event.event)] if event.event in set(Outcome) else event.event
        values = f"{day(event.before, 'no date')} -> {day(event.after, 'no date')}"
        yield f"{lead}: {of_key}, {values}. {_sentence(event.detail)}"
    elif event.event == "narrative":
        period, _, why = (event.detail or "").partition(": ")
        yield f"{event.actor} wrote the narrative of {period}: {_full_stop(why)}"
    else:
        said = _OTHERS.get(event.event, f"{event.actor}: {event.event.replace('_', ' ')} {of_key}".strip())
        detail = f": {event.detail}" if event.detail else ""
        yield _full_stop(f"{said.replace('WHO', event.actor).replace('WHAT', of_key)}{detail}")


_DECIDED: Final = {"approved": "approved", "rejected": "rejected", "postponed": "put off"}
_SETTLED: Final = {
    "landed": "landed, PMCS shows it",
    "overwritten": "PMCS shows another date",
    "not_landed": "not landed, PMCS does not show it",
    "withdrawn": "withdrawn",
}
#: What else a person or a run did; WHAT is the field and the issue.
_OTHERS: Final = {
    "approved": "WHO approved the plan that holds a write of it",
    "waived": "WHO let a limit pass for that plan",
    "link_accepted": "WHO accepted the suggested link to WHAT",
    "link_refused": "WHO said that WHAT is not its issue",
    "decision_ended": "The decision about WHAT ended",
}


def _agreed(events: Sequence[Event], story: Story) -> str:
    """Dates that both sides were seen to share, of one run."""
    said = [
        f"{_name(event.field)} of {event.key or story.keys.get(event.issue_id or '', 'Jira')}"
        f" ({day(event.after, 'no date')})"
        for event in events
    ]
    whole = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"PMCS and Jira agree on {whole}. From now on it can be told which of them moves."


def _to_do(words: str, code: str) -> str:
    """What to do about a hold, with the code where the words have a place for it."""
    return words.replace(" CODE", f" {code}") if re.fullmatch(r"[\w.-]+", code) else words


def _held(event: Event, of_key: str) -> Iterator[str]:
    kind, _, why = (event.detail or "").partition(": ")
    yield (
        f"Held for a person: {of_key}, Jira {day(event.before, 'no date')}, PMCS {day(event.after, 'no date')}. "
        f"{_sentence(why)}"
    )
    if kind in set(DriftKind) and (meaning := HOLDS.get(DriftKind(kind))):
        to_do = _to_do(meaning.to_do, event.code or "")
        yield f"{kind.replace('_', ' ').capitalize()} means: {meaning.means}. {to_do}."


def _sentence(words: str | None) -> str:
    if not words:
        return ""
    return _full_stop(f"{words[0].upper()}{words[1:]}")


def _full_stop(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


# -- how it stands


def _now(story: Story, page: Page, holidays: Sequence[date]) -> list[str]:
    now = story.now
    lines = [page.heading("Now")]
    for each in (now.pmcs, now.published):
        if each is not None:
            lines += wrap(f"{title(each.snapshot)} says: {_says(each)}.", page.columns, _INDENT, _INDENT * 2)
    for issue in now.issues:
        said = _says(issue.sighting) if issue.sighting is not None else "nothing was ever read of it"
        url = f" {issue.url}" if issue.url else ""
        lines += wrap(f"Jira {issue.link.key} says: {said}.{url}", page.columns, _INDENT, _INDENT * 2)
    for write in story.unread:
        words = (
            f"Since Jira was read last, run {write.run} has written {_name(write.intent.field)} of {write.intent.key}: "
            f"{day(write.intent.after, 'no date')}."
        )
        lines += wrap(words, page.columns, _INDENT, _INDENT * 2)
    if len(lines) == 1:
        lines.append(f"{_INDENT}No side shows it.")
    for words in _verdicts(now, story.unread, holidays):
        lines += wrap(words, page.columns, _INDENT, _INDENT * 2)
    if now.plan is not None:
        words = (
            f"Plan {now.plan} would write it and is not applied yet: `syncsvc approve {now.plan}`, or `syncsvc apply`."
        )
        lines += wrap(words, page.columns, _INDENT, _INDENT * 2)
    return lines


def _says(sighting: Sighting) -> str:
    milestone = sighting.milestone
    if milestone is None:
        return "it is not shown there any more"
    state = f', "{clean(state_of(milestone))}"' if sighting.snapshot.side is Side.JIRA and milestone.state else ""
    return f"{dates_of(milestone)}{state}"


def _verdicts(now: Now, unread: Sequence[Write], holidays: Sequence[date]) -> Iterator[str]:
    written = {(write.intent.issue_id, write.intent.field, write.intent.after) for write in unread}
    links = {issue.link.key: issue.link for issue in now.issues}
    agreeing: dict[str, list[str]] = {}
    differing: list[Drift] = []
    for drift in now.drifts:
        is_written = (drift.issue_id, drift.field, drift.owner_value) in written
        if drift.field is not None and (drift.kind is DriftKind.IN_SYNC or is_written):
            agreeing.setdefault(drift.key or "", []).append(_name(drift.field))
        elif drift.kind is not DriftKind.UNLINKED:
            differing.append(drift)
    for key, names in agreeing.items():
        link = links.get(key)
        offset = (
            f", {counted(abs(link.offset_days), 'day')} apart as the link says" if link and link.offset_days else ""
        )
        yield f"PMCS and {key} agree on {' and '.join(names)}{offset}."
    for drift in differing:
        yield _differ(drift, holidays)


def _differ(drift: Drift, holidays: Sequence[date]) -> str:
    name = _name(drift.field)
    values = ""
    if drift.owner_value is not None and drift.follower_value is not None and drift.owner_value != drift.follower_value:
        days = (drift.follower_value - drift.owner_value).days
        apart = far(days, working_days(drift.owner_value, drift.follower_value, holidays))
        values = f": Jira says {day(drift.follower_value)}, {apart} than {day(drift.owner_value)}, as PMCS says"
    elif drift.owner_value != drift.follower_value:
        owner, follower = day(drift.owner_value, "no date"), day(drift.follower_value, "no date")
        values = f": Jira says {follower}, PMCS says {owner}"
    words = f"PMCS and {drift.key} differ about {name}{values}. {_sentence(drift.why)}"
    kind = drift.hold_kind or drift.kind
    if drift.action == "hold" and drift.decision is None and kind in HOLDS:
        words += f" It waits for a person. {_to_do(HOLDS[kind].to_do, drift.code)}."
    return words
