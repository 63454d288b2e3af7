"""`syncsvc document`: the release list of a snapshot."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import find_annotations, resolve_snapshot
from syncsvc.errors import UsageError
from syncsvc.release_list import CHILD, TOP, ReleaseList, make_release_list


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
@format_option("text", "json", "md", "tex", "html", "svg")
@click.option("--fragment", is_flag=True, help="With tex: only the subsections, for \\input in a document of your own.")
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
    fragment: bool,
    output: Path | None,
) -> None:
    """The release list: test milestones and, below each, the milestones that lead to it, with their dates.

    SNAPSHOT is a file, or the name of a stored snapshot; the newest one of PMCS unless named. md and tex read like
    section 3 of LDM-564, html is one page with a timeline and no network, svg is the timeline alone.
    """
    if fragment and form != "tex":
        raise UsageError("--fragment is for --format tex only.", "Leave it out, or ask for tex.")
    kept_by_hand = find_annotations(context, annotations)
    read = resolve_snapshot(context, snapshot, mapping=mapping)
    release_list = make_release_list(read, annotations=kept_by_hand, top=top, child=child)
    if form == "text":
        from syncsvc.report.snapshot_text import release_list_text

        print_result(release_list_text(release_list, find_page(context, output)), output)
    else:
        print_result(_render(release_list, form, fragment=fragment), output)


def _render(release_list: ReleaseList, form: str, *, fragment: bool) -> str:
    """The list in a format that is the same for every terminal."""
    if form == "json":
        from syncsvc.report.as_json import as_json, release_list_shape

        return as_json(release_list_shape(release_list))
    if form == "md":
        from syncsvc.report.document_md import release_list_md

        return release_list_md(release_list)
    if form == "tex":
        from syncsvc.report.document_tex import release_list_fragment, release_list_tex

        return release_list_fragment(release_list) if fragment else release_list_tex(release_list)
    if form == "html":
        from syncsvc.report.document_html import release_list_html

        return release_list_html(release_list)
    from syncsvc.report.timeline import timeline_svg

    return timeline_svg(release_list)
