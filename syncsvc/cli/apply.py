"""`syncsvc apply`: write what a plan says."""

import sys
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option
from syncsvc.cli.running import open_service, planned_from, print_run
from syncsvc.errors import ExitCode


@click.command("apply")
@click.argument("plan")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, plan: str, yes: bool, form: str, output: Path | None) -> ExitCode:
    """Write what PLAN says: each change once, each with a receipt.

    Every target is read again right before; a row that changed meanwhile is left alone and said to be stale.
    """
    with open_service(context) as service:
        if not yes and sys.stdin.isatty() and sys.stderr.isatty():
            from syncsvc.report.plan_text import plan_text

            shown = service.stored_plan(plan).plan
            page = find_page(context, None)
            click.echo(plan_text(shown, page, planned_from(service, shown), context.settings().site.holidays), err=True)
            if not click.confirm(f"Write these {len(shown.changes)} changes?", err=True):
                click.echo("Nothing was written.", err=True)
                return ExitCode.WAITING
        result = service.apply(plan)
    print_run(context, result, form, output)
    return ExitCode(result.exit_code)
