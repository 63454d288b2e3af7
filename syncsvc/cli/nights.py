"""What the commands of the nightly service share: the nights of the configuration, and what one try came to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syncsvc.cli.frame import Context, say
from syncsvc.cli.running import print_run, wire_context
from syncsvc.errors import ExitCode
from syncsvc.slots import Slot, SlotRow, SlotState, Standing, Timetable

if TYPE_CHECKING:
    from syncsvc.announcing import Announcer
    from syncsvc.notify import Notifier
    from syncsvc.service import Service
    from syncsvc.service.nights import NightEnd, Nights
    from syncsvc.settings import Settings
    from syncsvc.store import Store

ACTOR = "scheduler"


@contextmanager
def open_nights(context: Context, stopping: Callable[[], bool] = lambda: False) -> Iterator["Nights"]:
    """The nights of the configuration over its store. Every run reads configuration, links and token afresh."""
    from syncsvc.service import Service
    from syncsvc.service.nights import NightRules, Nights

    actor = context.env.get("SYNCSVC_ACTOR") or ACTOR

    @contextmanager
    def open_service() -> Iterator["Service"]:
        setup = wire_context(context).setup()
        try:
            yield Service(replace(setup, stopping=stopping), actor, trigger="nightly")
        finally:
            setup.close()

    wiring = wire_context(context)
    nightly = wiring.settings.nightly
    rules = NightRules(
        Timetable(nightly.at, wiring.settings.site.timezone),
        timedelta(hours=nightly.catch_up_hours),
        nightly.retry_minutes * 60,
        nightly.attempts,
    )
    store = wiring.open_store()
    try:
        yield Nights(store, rules, context.now, open_service, stopping, make_announcer(context, store, stopping))
    finally:
        store.close()


def make_announcer(context: Context, store: "Store", stopping: Callable[[], bool] = lambda: False) -> "Announcer":
    """Tells of the nights as [notify] says when they end."""
    from syncsvc.announcing import Announcer

    def read() -> tuple["Settings", "Notifier"]:
        wiring = wire_context(context)
        return wiring.settings, wiring.notifier()

    return Announcer(store, context.now, read, stopping=stopping)


def run_night(context: Context, form: str, output: Path | None, *, again: bool) -> ExitCode:
    """Run the last night that is due, and print its run; where there is nothing to run, say why."""
    with open_nights(context) as nights:
        end = nights.run_due(again=again)
        if end is None:
            return _say_why_not(nights)
    if end.result is not None:
        print_run(context, end.result, form, output)
    elif end.detail:
        say(f"syncsvc: {end.detail}")
    if end.state is SlotState.DUE:
        say(f"The night of {end.slot.day} is to be tried again; so far {_tries(end)}.")
    return ExitCode.BUG if end.exit_code is None else end.exit_code


def _tries(end: "NightEnd") -> str:
    return "1 try" if end.attempt == 1 else f"{end.attempt} tries"


def _say_why_not(nights: "Nights") -> ExitCode:
    slot, row, standing = nights.standing()
    if row is not None and row.state is SlotState.DONE:
        run = "" if row.run is None else f" by run {row.run}"
        code = "" if row.exit_code is None else f", which ended with {row.exit_code}"
        say(f"The night of {slot.day} was done{run}{code}. There is nothing to do.")
        return ExitCode.DONE
    say(f"The night of {slot.day} {explain(slot, row, standing)}")
    return ExitCode.LEASE if standing in (Standing.RUNNING, Standing.WAITS) else ExitCode.WAITING


def explain(slot: Slot, row: SlotRow | None, standing: Standing) -> str:
    """What is to be said of a night that is not run now."""
    if standing is Standing.TOO_LATE:
        return (
            f"was due at {slot.due_at:%Y-%m-%d %H:%M} UTC, longer ago than [nightly] catch_up_hours; a timer fires at "
            "[nightly] at or soon after. `syncsvc schedule run-now` runs it all the same."
        )
    if row is None:
        return "can be run now."
    if standing is Standing.RUNNING:
        return f"is being run by {row.owner}."
    if standing is Standing.WAITS:
        return f"is tried again from {row.until:%Y-%m-%d %H:%M:%S} UTC on; `syncsvc schedule show` says why."
    return f"{row.state}; mend what `syncsvc schedule show` says, then `syncsvc schedule run-now` runs it again."
