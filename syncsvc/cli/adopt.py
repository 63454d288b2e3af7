"""`syncsvc adopt`: plan to give the owner's values to the follower."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option
from syncsvc.cli.running import open_service, planned_from, print_plan
from syncsvc.errors import ExitCode, UsageError


@click.command("adopt")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--field", type=click.Choice(["due", "completed"]), help="Only this field; else both.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, codes: tuple[str, ...], field: str | None, form: str, output: Path | None) -> ExitCode:
    """Plan to write PMCS's dates into Jira where they wait for a decision.

    Without codes: wherever the two met for the first time. With codes: every hold of these milestones for which
    PMCS has a date. The plan is printed and kept; `syncsvc apply` writes it.
    """
    from syncsvc.model import Field

    with open_service(context) as service:
        _, stored, refused = service.adopt(codes, Field(field) if field else None)
        snapshots = planned_from(service, stored.plan)
    for reason in refused:
        click.echo(f"not adopted: {reason}", err=True)
    if codes and not stored.plan.changes:
        raise UsageError("Nothing can be adopted of what was named.", "`syncsvc plan` lists what waits, and why.")
    print_plan(context, stored.plan, snapshots, form, output)
    return ExitCode.DONE
