"""The nights as the ledger knows them, and the ones to come: for a terminal, and as syncsvc.schedule/1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from syncsvc.report.layout import Cell, Column, Page, Tone
from syncsvc.shapes import instant
from syncsvc.slots import Slot, SlotRow, SlotState, Standing

_TONES = {SlotState.FAILED: Tone.ALERT, SlotState.MISSED: Tone.ALERT, SlotState.DUE: Tone.LATE}


@dataclass(frozen=True, slots=True)
class Schedule:
    """What `syncsvc schedule show` says. `last` is the last slot due, `standing` what is to be done about it."""

    at: str
    zone: tzinfo
    mode: str
    now: datetime
    following: Sequence[Slot]
    last: Slot
    standing: Standing
    rows: Sequence[SlotRow]


def schedule_text(schedule: Schedule, page: Page) -> str:
    """For a terminal; times are the site's."""

    def local(at: datetime | None) -> str:
        return "-" if at is None else f"{at.astimezone(schedule.zone):%Y-%m-%d %H:%M %Z}"

    lines = [page.heading(f"Every night at {schedule.at}, {schedule.zone}, in {schedule.mode} mode"), ""]
    lines += ["To come"]
    lines += page.table([Column("night"), Column("due")], [[f"{s.day}", local(s.due_at)] for s in schedule.following])
    lines += ["", f"Last due: the night of {schedule.last.day}, {local(schedule.last.due_at)}"]
    lines += [f"  {_said(schedule)}"]
    if schedule.rows:
        lines += ["", "Nights so far"]
        columns = [
            Column("night"),
            Column("state"),
            Column("run", right=True),
            Column("exit", right=True),
            Column("tries", right=True),
            Column("ended", drops=1),
            Column("by", drops=2),
            Column("why"),
        ]
        lines += page.table(columns, [_cells(row, local(row.finished_at)) for row in schedule.rows])
    return "\n".join(lines) + "\n"


def schedule_shape(schedule: Schedule) -> dict[str, Any]:
    """syncsvc.schedule/1"""
    return {
        "schema": "syncsvc.schedule/1",
        "at": schedule.at,
        "timezone": str(schedule.zone),
        "mode": schedule.mode,
        "now": instant(schedule.now),
        "next": [_slot_shape(slot) for slot in schedule.following],
        "last_due": {**_slot_shape(schedule.last), "standing": schedule.standing.value},
        "nights": [
            {
                "night": row.day.isoformat(),
                "due_at": instant(row.due_at),
                "state": row.state.value,
                "run": row.run,
                "exit_code": row.exit_code,
                "tries": row.attempt,
                "owner": row.owner,
                "started_at": row.started_at and instant(row.started_at),
                "finished_at": row.finished_at and instant(row.finished_at),
                "detail": row.detail,
            }
            for row in schedule.rows
        ],
    }


def _said(schedule: Schedule) -> str:
    row = next((row for row in schedule.rows if row.day == schedule.last.day), None)
    match schedule.standing:
        case Standing.OPEN:
            return "Not done: it is caught up at once where the service runs, or by `syncsvc sync --nightly`."
        case Standing.TOO_LATE:
            return "Not done, and too long ago to be caught up. `syncsvc schedule run-now` runs it all the same."
        case Standing.RUNNING:
            return "At work now."
        case Standing.WAITS:
            until = "" if row is None else f" from {row.until.astimezone(schedule.zone):%H:%M:%S %Z} on"
            return f"It is tried again{until}."
    state = SlotState.DONE if row is None else row.state
    return "Done." if state is SlotState.DONE else f"{state.capitalize()}. `syncsvc schedule run-now` runs it again."


def _cells(row: SlotRow, ended: str) -> list[str | Cell]:
    state = Cell(row.state.value, _TONES.get(row.state))
    run, code = ("-" if value is None else str(value) for value in (row.run, row.exit_code))
    why = " ".join((row.detail or "").split())
    return [f"{row.day}", state, run, code, f"{row.attempt}", ended, row.owner or "-", why]


def _slot_shape(slot: Slot) -> dict[str, Any]:
    return {"night": slot.day.isoformat(), "due_at": instant(slot.due_at)}
