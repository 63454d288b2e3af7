"""`syncsvc undo`: plan to take back what a run wrote."""

import json
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.running import open_service, planned_from
from syncsvc.errors import ExitCode


@click.command("undo")
@click.argument("run", type=int)
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, run: int, form: str, output: Path | None) -> ExitCode:
    """Plan to take back what RUN wrote into Jira, wherever its dates still stand.

    Nothing is written here: `syncsvc apply PLAN` does that. What was changed since is listed and left alone.
    Completions handed to PMCS that are not in the schedule yet are withdrawn with it; those that are, have to be
    taken back there by hand. The night after sees what was taken back as held, and writes nothing again.
    """
    with open_service(context) as service:
        undo = service.undo(run)
        snapshots = planned_from(service, undo.plan)
    if form == "json":
        from syncsvc.report.undo_text import undo_shape

        print_result(json.dumps(undo_shape(undo), indent=1) + "\n", output)
    else:
        from syncsvc.report.plan_text import plan_text
        from syncsvc.report.undo_text import undo_text

        page = find_page(context, output)
        plan = plan_text(undo.plan, page, snapshots, context.settings().site.holidays)
        print_result(undo_text(undo, page) + "\n" + plan, output)
    return ExitCode.DONE
