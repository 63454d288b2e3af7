"""`syncsvc report`: what a run did."""

import json
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode, UsageError


@click.command("report")
@click.argument("run", type=int, required=False)
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, run: int | None, form: str, output: Path | None) -> ExitCode:
    """Show the report of a run, or of the last one that left a report."""
    store = wire_context(context).open_store()
    try:
        if run is None:
            known = next((r for r in store.runs(1000) if r.body and r.body.get("report")), None)
        else:
            known = store.run(run)
    finally:
        store.close()
    if known is None or known.body is None:
        which = "No run has left a report yet." if run is None else f"Run {run} is not there, or did not end."
        raise UsageError(which, "`syncsvc sync` makes one; `syncsvc log` tells what happened.")
    if form == "json":
        print_result(json.dumps(known.body, indent=1) + "\n", output)
        return ExitCode.DONE
    paths = known.body.get("report")
    text = Path(str(paths["text"])) if isinstance(paths, dict) and "text" in paths else None
    if text is None or not text.is_file():
        raise UsageError(
            f"Run {known.id} left no text report, or it was removed.", "Its values are kept: --format json."
        )
    print_result(text.read_text(encoding="utf-8"), output)
    return ExitCode.DONE
