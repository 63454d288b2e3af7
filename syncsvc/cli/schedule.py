"""`syncsvc schedule`: the nights to come and the last ones, and running one now."""

import json
from itertools import islice
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.nights import open_nights, run_night
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.errors import ExitCode


@click.group("schedule")
def command() -> None:
    """Show the nights, or run the last one now."""


@command.command("show")
@click.option(
    "--nights",
    "count",
    type=click.IntRange(1, 366),
    default=7,
    show_default=True,
    help="How many of the last nights, and half as many to come.",
)
@format_option("text", "json")
@output_option
@click.pass_obj
def show(context: Context, count: int, form: str, output: Path | None) -> None:
    """Show when the next nights are due, how the last ones ended, and what would be caught up."""
    from syncsvc.report.schedule_text import Schedule, schedule_shape, schedule_text

    with open_nights(context) as nights:
        slot, _, standing = nights.standing()
        timetable, now = nights.rules.timetable, context.now()
        schedule = Schedule(
            f"{timetable.at:%H:%M}",
            timetable.zone,
            context.settings().nightly.mode.value,
            now,
            list(islice(timetable.following(now), -(-count // 2))),
            slot,
            standing,
            nights.store.slots(count),
        )
    if form == "json":
        print_result(json.dumps(schedule_shape(schedule), indent=1) + "\n", output)
    else:
        print_result(schedule_text(schedule, find_page(context, output)), output)


@command.command("run-now")
@format_option("text", "json")
@output_option
@click.pass_obj
def run_now(context: Context, form: str, output: Path | None) -> ExitCode:
    """Run the last night that was due, also one that failed, was missed, is long ago or waits for its next try.

    One that was done is never run again. Exits as `syncsvc sync` does; with 7 while another process runs it.
    """
    return run_night(context, form, output, again=True)
