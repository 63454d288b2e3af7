"""`syncsvc show`: what was read."""

from datetime import datetime
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import resolve_as_of, resolve_snapshot
from syncsvc.errors import UsageError
from syncsvc.report.words import Taken


@click.command("show")
@click.argument("snapshot")
@click.option("--mapping", metavar="NAME", help="What the columns of the file mean; guessed where that is clear.")
@click.option("--all", "all_rows", is_flag=True, help="Rows that are no milestones too.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="As it was believed at the end of this day at the site: of what had arrived by then.",
)
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context,
    snapshot: str,
    mapping: str | None,
    all_rows: bool,
    as_of: datetime | None,
    form: str,
    output: Path | None,
) -> None:
    """Show what was read from a file or is stored: milestones, and what could not be used.

    SNAPSHOT is a file, or the name of a stored snapshot: pmcs:latest, pmcs:2019-04, pmcs:2019-04@2 (edition 2),
    pmcs:2018-03:BL@1 (another kind), jira:latest, published:latest, or s12. With --as-of 2018-06-18 it
    is what the name meant at the end of that day.
    """
    taken = None
    if as_of is None:
        read = resolve_snapshot(context, snapshot, mapping=mapping)
    elif mapping is not None:
        raise UsageError("--as-of shows what is stored and was read already: no mapping can be named for it.")
    else:
        read, run = resolve_as_of(context, snapshot, as_of.date())
        taken = Taken(as_of.date(), context.settings().site.timezone, run.id, run.trigger, run.actor) if run else None
    if form == "json":
        from syncsvc.report.as_json import as_json, snapshot_shape

        beside = {} if taken is None else {"as_of": str(taken.as_of), "snapshot": f"s{read.id}", "run": taken.run}
        print_result(as_json({**snapshot_shape(read, all_rows=all_rows), **beside}), output)
    else:
        from syncsvc.report.snapshot_text import snapshot_text

        print_result(snapshot_text(read, find_page(context, output), all_rows=all_rows, taken=taken), output)
