"""`syncsvc plan`: say what would be written, and what waits."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option
from syncsvc.cli.running import open_service, planned_from, print_plan
from syncsvc.errors import ExitCode


@click.command("plan")
@click.option("--exit-code", "tell", is_flag=True, help="Exit with 4 when there is something to write or to decide.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, tell: bool, form: str, output: Path | None) -> ExitCode:
    """Say what would be written and what waits for a person, as both sides stand now; and keep it as a plan.

    The plan's id comes from its content. `approve` and `apply` take it; nothing is written here.
    """
    with open_service(context) as service:
        _, stored = service.plan()
        snapshots = planned_from(service, stored.plan)
    print_plan(context, stored.plan, snapshots, form, output)
    return ExitCode.WAITING if tell and (stored.plan.changes or stored.plan.holds) else ExitCode.DONE
