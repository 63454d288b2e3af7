"""`syncsvc show`: what was read."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import resolve_snapshot


@click.command("show")
@click.argument("snapshot")
@click.option("--mapping", metavar="NAME", help="What the columns of the file mean; guessed where that is clear.")
@click.option("--all", "all_rows", is_flag=True, help="Rows that are no milestones too.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context, snapshot: str, mapping: str | None, all_rows: bool, form: str, output: Path | None
) -> None:
    """Show what was read from a file or is stored: milestones, and what could not be used.

    SNAPSHOT is a file, or the name of a stored snapshot: pmcs:latest, pmcs:2019-04, pmcs:2019-04@2 (edition 2),
    pmcs:2018-03:BL@1 (another kind), jira:latest, published:latest, or s12.
    """
    read = resolve_snapshot(context, snapshot, mapping=mapping)
    if form == "json":
        from syncsvc.report.as_json import as_json, snapshot_shape

        print_result(as_json(snapshot_shape(read, all_rows=all_rows)), output)
    else:
        from syncsvc.report.snapshot_text import snapshot_text

        print_result(snapshot_text(read, find_page(context, output), all_rows=all_rows), output)
