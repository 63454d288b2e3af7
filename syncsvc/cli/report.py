"""`syncsvc report`: what a run did."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context, say
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import open_reporting
from syncsvc.errors import ExitCode, UsageError
from syncsvc.report.formats import DRIFT_FORMATS


@click.command("report")
@click.argument("run", type=int, required=False)
@format_option(*DRIFT_FORMATS)
@output_option
@click.pass_obj
def command(context: Context, run: int | None, form: str, output: Path | None) -> ExitCode:
    """Show the report of a run again, or of the last one that left a report, with the values it had then."""
    from syncsvc.report.formats import render_run

    with open_reporting(context) as reporting:
        if run is None:
            last = next((r for r in reporting.store.runs(1000) if r.body and r.body.get("report")), None)
            if last is None:
                raise UsageError("No run has left a report yet.", "`syncsvc sync` makes one.")
            run = last.id
        elif reporting.store.run(run) is None:
            raise UsageError(f"There is no run {run}.", "`syncsvc log` lists the runs.")
        kept = reporting.again(run)
        read = kept[0].plan.snapshots if kept is not None and kept[0].plan is not None else {}
        pruned = [f"{name} s{number}" for name, number in read.items() if reporting.store.was_pruned(number)]
    if kept is None:
        raise UsageError(
            f"Run {run} left no report: it did not end, or was neither a sync nor an apply.",
            "`syncsvc log` tells what it did.",
        )
    result, report = kept
    if pruned:
        say(f"Of what run {run} was planned from, {' and '.join(pruned)} was pruned since and is not shown.")
    if report is None and form not in ("text", "json"):
        raise UsageError(
            f"Run {run} looked at no export, or it is not kept any more: there is no {form}.",
            "--format text or json shows what it did.",
        )
    print_result(render_run(result, report, form, find_page(context, output)), output)
    return ExitCode.DONE
