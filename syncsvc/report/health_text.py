"""How the service is doing: for a terminal, as syncsvc.health/1 (also /healthz), and for Prometheus (also /metrics)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from syncsvc.health import Health
from syncsvc.model import Outcome
from syncsvc.report.layout import clean
from syncsvc.report.words import counted, exit_words
from syncsvc.shapes import instant
from syncsvc.slots import SlotRow


def health_text(health: Health, zone: tzinfo) -> str:
    """A few lines, what is wrong first; times are the site's."""
    facts = health.facts
    lines = ["Well." if health.well else "NOT well:", *(f"  {reason}." for reason in health.reasons)]
    good = facts.last_good
    if good is not None:
        at = (good.finished_at or good.due_at).astimezone(zone)
        run = "" if good.run is None else f", run {good.run}"
        lines.append(f"last good night: {good.day}{run}, ended {at:%Y-%m-%d %H:%M %Z}")
    else:
        lines.append("last good night: none yet")
    if facts.last_run is not None:
        lines.append(f"last nightly run: {facts.last_run.run}, {exit_words(facts.last_run.exit_code)}")
    if facts.export is not None:
        age = "" if health.export_age_days is None else f", data date {counted(health.export_age_days, 'day')} ago"
        lines.append(f"newest export: {facts.export[0] or 'of no month'}{age}")
    lines.append(f"holds: {sum(facts.holds.values()):,}")
    if facts.lease is not None:
        lines.append(f"at work: {facts.lease[0]}")
    told = facts.messages
    if any(told.values()):
        words = f"{told['sent']} sent, {told['waiting']} waiting, {told['given_up']} given up"
        lines.append(f"messages of seven days: {words}")
    lines.append(
        f"schema: {health.schema or 'none'}" + ("" if health.schema == health.head else f", not {health.head}")
    )
    return "".join(f"{'  ' if line.startswith('  ') else ''}{clean(line)}\n" for line in lines)


def health_shape(health: Health) -> dict[str, Any]:
    """syncsvc.health/1"""
    facts, last = health.facts, health.facts.last_run
    return {
        "schema": "syncsvc.health/1",
        "well": health.well,
        "reasons": list(health.reasons),
        "at": instant(health.at),
        "store": {"revision": health.schema, "head": health.head},
        "lease": None if facts.lease is None else {"owner": facts.lease[0], "until": instant(facts.lease[1])},
        "last_good_night": _night(facts.last_good),
        "good_age_seconds": None if health.good_age_seconds is None else round(health.good_age_seconds),
        "last_night": _night(next(iter(facts.nights), None)),
        "last_run": None if last is None else {"run": last.run, "exit_code": last.exit_code, "seconds": last.seconds},
        "export": None if facts.export is None else {"period": facts.export[0], "age_days": health.export_age_days},
        "holds": sum(facts.holds.values()),
        "messages": dict(facts.messages),
    }


def _night(row: SlotRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "night": row.day.isoformat(),
        "state": row.state.value,
        "run": row.run,
        "exit_code": row.exit_code,
        "finished_at": row.finished_at and instant(row.finished_at),
    }


def prometheus_text(health: Health) -> str:
    """The text format of Prometheus, version 0.0.4. What is not known has no sample."""
    lines = []
    for name, kind, words, samples in _metrics(health):
        lines += [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
        for labels, value in samples:
            inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
            lines.append(f"{name}{{{inside}}} {value}" if inside else f"{name} {value}")
    return "".join(f"{line}\n" for line in lines)


Samples = Sequence[tuple[Mapping[str, str], float]]


def _metrics(health: Health) -> Iterator[tuple[str, str, str, Samples]]:
    """Name, type, what it means, samples."""
    facts, last, good = health.facts, health.facts.last_run, health.facts.last_good
    well, schema, held = (float(is_so) for is_so in (health.well, health.schema == health.head, bool(facts.lease)))
    yield "syncsvc_up", "gauge", "1 where nobody need look, 0 where something is wrong.", _one(well)
    yield "syncsvc_schema_current", "gauge", "1 where the store has the schema of this version.", _one(schema)
    runs = [({"trigger": each.trigger, "exit_code": _code(each.exit_code)}, each) for each in facts.runs]
    words = "Runs, by what began them and how they ended (empty: not, or killed)."
    yield "syncsvc_runs_total", "counter", words, [(labels, run.number) for labels, run in runs]
    words = "How long these runs took."
    yield "syncsvc_run_seconds_total", "counter", words, [(labels, run.seconds) for labels, run in runs]
    for name, words, value in (
        ("seconds", "How long the last nightly run took.", last.seconds if last else None),
        ("exit_code", "How the last nightly run ended.", last.exit_code if last else None),
        ("rate_limit_waits", "How often Jira made the last nightly run wait.", last.waits if last else None),
        ("rate_limit_seconds", "How long Jira made the last nightly run wait.", last.waited_seconds if last else None),
    ):
        yield f"syncsvc_last_run_{name}", "gauge", words, _one(value)
    ended = None if good is None else (good.finished_at or good.due_at).timestamp()
    words = "When the last night ended with exit 0 or 4."
    yield "syncsvc_last_good_night_timestamp_seconds", "gauge", words, _one(ended)
    changes = [({"outcome": each.value}, facts.outcomes.get(each.value, 0)) for each in Outcome]
    yield "syncsvc_changes_total", "counter", "Writes there ever were, by outcome.", changes
    kinds = [({"kind": kind}, number) for kind, number in sorted(facts.holds.items())]
    yield "syncsvc_holds", "gauge", "What waits for a person, by kind.", kinds
    yield "syncsvc_lease_held", "gauge", "1 while a run is at work.", _one(held)
    words = "Days since the data date of the newest export."
    yield "syncsvc_export_age_days", "gauge", words, _one(health.export_age_days)
    messages = [({"state": state}, number) for state, number in facts.messages.items()]
    yield "syncsvc_messages", "gauge", "Messages of the last seven days, by state.", messages


def _one(value: float | None) -> Samples:
    return [] if value is None else [({}, int(value) if value == int(value) else value)]


def _code(exit_code: int | None) -> str:
    return "" if exit_code is None else str(exit_code)


def _escape(text: str) -> str:
    return clean(text).replace("\\", "\\\\").replace('"', '\\"')
