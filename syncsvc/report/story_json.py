"""A milestone's story and the audit as syncsvc.log/1."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from syncsvc.model import Event
from syncsvc.shapes import instant
from syncsvc.story import Observation, Shift, Story, Told, Trait, Write


def story_shape(story: Story) -> dict[str, Any]:
    """syncsvc.log/1: one event for each thing that was seen, meant, done or decided."""
    return {"schema": "syncsvc.log/1", "events": [shape for told in story.told for shape in _shapes(told, story)]}


def event_shape(event: Event) -> dict[str, Any]:
    """One event of the audit, as in syncsvc.log/1."""
    return {
        "at": instant(event.at),
        "run": event.run,
        "actor": event.actor,
        "event": event.event,
        "code": event.code,
        "key": event.key,
        "field": event.field.value if event.field else None,
        "before": _iso(event.before),
        "after": _iso(event.after),
        "detail": event.detail,
    }


def _shapes(told: Told, story: Story) -> Iterator[dict[str, Any]]:
    if isinstance(told, Write):
        yield event_shape(told.intent)
        if told.outcome is not None:
            yield event_shape(told.outcome)
    elif isinstance(told, Event):
        yield event_shape(told)
    else:
        yield from _observation_shapes(told, story)


def _observation_shapes(told: Observation, story: Story) -> Iterator[dict[str, Any]]:
    snapshot, milestone = told.sighting.snapshot, told.sighting.milestone
    run = story.runs.get(told.run)
    common = {
        "at": instant(told.at),
        "run": told.run,
        "actor": run.actor if run else "",
        "event": told.seen.value,
        "code": story.code,
        "key": told.key,
        "field": None,
        "before": None,
        "after": None,
        "detail": told.why or None,
        "side": snapshot.side.value,
        "snapshot": f"s{snapshot.id}",
        "source": snapshot.source,
        "period": snapshot.period,
        "kind": snapshot.kind,
        "edition": snapshot.edition,
        "where": milestone.where or None if milestone else None,
        "url": milestone.url if milestone else None,
    }
    dates = [
        Shift(trait, None, value)
        for trait in (Trait.DUE, Trait.FORECAST, Trait.COMPLETED)
        if milestone is not None and (value := getattr(milestone, trait.value)) is not None
    ]
    shifts = told.shifts if told.before is not None else tuple(dates)
    if not shifts:
        yield common
    for shift in shifts:
        words = shift.unread
        if not isinstance(shift.before, date) and not isinstance(shift.after, date) and not words:
            words = f"{shift.before} -> {shift.after}"
        elif shift.trait in told.wrote:
            words = f"as run {told.wrote[shift.trait]} wrote it"
        yield common | {
            "field": shift.trait.value,
            "before": _iso(shift.before),
            "after": _iso(shift.after),
            "detail": words or None,
            "column": milestone.due_column if milestone and shift.trait is Trait.DUE else None,
        }


def _iso(value: date | str | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else None
