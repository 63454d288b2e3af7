"""`syncsvc document`: the release list of a snapshot."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import find_annotations, resolve_snapshot
from syncsvc.release_list import CHILD, TOP, make_release_list


@click.command("document")
@click.argument("snapshot", default="pmcs:latest")
@click.option("--mapping", metavar="NAME", help="What the columns of the file mean; guessed where that is clear.")
@click.option(
    "--annotations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Names printed instead of the schedule's: JSON by code, or a links file; else the configured links files.",
)
@click.option("--top", default=TOP, show_default=True, help="Codes of test milestones begin with this.")
@click.option("--child", default=CHILD, show_default=True, help="Codes of the milestones below them begin with this.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context,
    snapshot: str,
    mapping: str | None,
    annotations: Path | None,
    top: str,
    child: str,
    form: str,
    output: Path | None,
) -> None:
    """The release list: test milestones and, below each, the milestones that lead to it, with their dates.

    SNAPSHOT is a file, or the name of a stored snapshot; the newest one of PMCS unless named.
    """
    kept_by_hand = find_annotations(context, annotations)
    read = resolve_snapshot(context, snapshot, mapping=mapping)
    release_list = make_release_list(read, annotations=kept_by_hand, top=top, child=child)
    if form == "json":
        from syncsvc.report.as_json import as_json, release_list_shape

        print_result(as_json(release_list_shape(release_list)), output)
    else:
        from syncsvc.report.snapshot_text import release_list_text

        print_result(release_list_text(release_list, find_page(context, output)), output)
