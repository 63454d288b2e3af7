"""`syncsvc sync`: what the night does."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option
from syncsvc.cli.running import open_service, print_run
from syncsvc.errors import ExitCode, UsageError


@click.command("sync")
@click.option(
    "--mode",
    type=click.Choice(["report", "review", "auto"]),
    help="report: write nothing anywhere; review: leave what would be written for approval; auto: write it. "
    "Else [nightly] mode of the configuration.",
)
@click.option(
    "--nightly",
    is_flag=True,
    help="For cron or a timer: the run of the last night that is due, unless it was done, here or by `syncsvc serve`.",
)
@click.option("--census", is_flag=True, help="Read every linked issue of Jira, not only what can have changed.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context, mode: str | None, nightly: bool, census: bool, form: str, output: Path | None
) -> ExitCode:
    """Pull, plan, apply what may be applied, and report: what the night does.

    Exits with 0 when nothing waits, 4 when holds or changes wait for a person, 5 when the safety limits stopped it,
    6 when a write went wrong, 3 when a source could not be read, 7 when another run is at work. With --nightly: 0 when
    the night was done already, 4 when it failed or was missed, 7 while it waits to be tried again.
    """
    from syncsvc.model import Mode

    if nightly:
        if mode:
            raise UsageError("--nightly runs in [nightly] mode of the configuration", "Leave out --mode.")
        if census:
            raise UsageError("--nightly takes a census as census_days of Jira's connector says", "Leave out --census.")
        from syncsvc.cli.nights import run_night

        return run_night(context, form, output, again=False)
    with open_service(context) as service:
        result = service.sync(Mode(mode) if mode else None, census=census)
    print_run(context, result, form, output)
    return ExitCode(result.exit_code)
