"""`syncsvc drift`: what differs between two snapshots, or between the sides."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import (
    find_aliases,
    find_annotations,
    find_settings,
    open_reporting,
    resolve_side,
    resolve_with_renumberings,
)
from syncsvc.errors import ExitCode, UsageError
from syncsvc.report.formats import DRIFT_FORMATS, SIDES_FORMATS

if TYPE_CHECKING:
    from syncsvc.month_report import MonthReport
    from syncsvc.sides import SidesReport


@click.command("drift")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--sides", metavar="A,B[,C]", help="Instead of BEFORE and AFTER: sides, files or snapshots, side by side."
)
@click.option("--mapping-before", metavar="NAME", help="What the columns of the file BEFORE mean; else guessed.")
@click.option("--mapping-after", metavar="NAME", help="What the columns of the file AFTER mean; else guessed.")
@click.option(
    "--links", type=click.Path(path_type=Path), metavar="FILE", help="Links file: its `aka` codes and issues."
)
@click.option(
    "--annotations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Names shown instead of the schedule's, and dates to be shown beside its: JSON by code, or a links file.",
)
@click.option("--exit-code", "tell", is_flag=True, help="Exit with 4 when something differs.")
@format_option(*DRIFT_FORMATS)
@output_option
@click.pass_obj
def command(
    context: Context,
    before: str | None,
    after: str | None,
    sides: str | None,
    mapping_before: str | None,
    mapping_after: str | None,
    links: Path | None,
    annotations: Path | None,
    tell: bool,
    form: str,
    output: Path | None,
) -> ExitCode:
    """Compare two snapshots: what slipped, was pulled in, added, removed, renamed and completed, and why.

    BEFORE and AFTER are files, or names of stored snapshots: pmcs:latest, pmcs:2019-04, pmcs:2019-04@2 (edition 2),
    pmcs:2018-03:BL@1 (another kind), jira:latest, published:latest, or s12. Files need no configuration.

    With --sides pmcs,jira,published the newest of each side stand beside each other, milestone by milestone, and the
    odd one out is named.
    """
    from syncsvc.report.formats import render_drift, render_sides

    if sides is not None:
        if before is not None or after is not None or mapping_before or mapping_after:
            raise UsageError(
                "--sides stands instead of BEFORE and AFTER.", "Name files or snapshots in it: --sides plan.xls,jira"
            )
        if form not in SIDES_FORMATS:
            raise UsageError(
                f"--sides has no format {form}.",
                f"There are: {', '.join(SIDES_FORMATS)}; a drift report shows it in all.",
            )
        beside = _compare_sides(context, sides.split(","), links, annotations)
        print_result(render_sides(beside, form, find_page(context, output)), output)
        return ExitCode.WAITING if tell and beside.differing else ExitCode.DONE
    if before is None or after is None:
        raise UsageError("Two snapshots are compared.", "syncsvc drift BEFORE AFTER, or --sides pmcs,jira,published")
    report = _compare(context, (before, after), (mapping_before, mapping_after), links, annotations)
    print_result(render_drift(report, form, find_page(context, output)), output)
    return ExitCode.WAITING if tell and report.drift.something_differs else ExitCode.DONE


def _compare(
    context: Context,
    names: tuple[str, str],
    mappings: tuple[str | None, str | None],
    links: Path | None,
    annotations: Path | None,
) -> "MonthReport":
    from syncsvc.month_report import Beside, make_month_report

    settings = find_settings(context)
    (earlier, renumbered_before), (later, renumbered_after) = (
        resolve_with_renumberings(context, name, mapping=mapping) for name, mapping in zip(names, mappings, strict=True)
    )
    aliases = {**renumbered_before, **renumbered_after, **find_aliases(settings, links)}
    kept_by_hand = find_annotations(context, annotations)
    if earlier.id is not None or later.id is not None:
        with open_reporting(context, links) as reporting:
            return reporting.compare(
                earlier, later, prepared_at=context.now(), aliases=aliases, annotations=kept_by_hand
            )
    beside = Beside(
        aliases=aliases,
        annotations=kept_by_hand,
        holidays=settings.site.holidays if settings is not None else (),
        project=settings.site.name if settings is not None else "",
    )
    rules = settings.report_rules() if settings is not None else None
    return make_month_report(earlier, later, prepared_at=context.now(), beside=beside, rules=rules)


def _compare_sides(context: Context, names: list[str], links: Path | None, annotations: Path | None) -> "SidesReport":
    from syncsvc.files import read_links
    from syncsvc.sides import compare_sides

    settings = find_settings(context)
    found = [resolve_side(context, name.strip()) for name in names if name.strip()]
    snapshots = [snapshot for snapshot, _ in found]
    shown = {snapshot.side for snapshot in snapshots}
    if len(shown) < 2 or len(shown) < len(snapshots):
        said = ", ".join(f"{snapshot.source} is {snapshot.side}" for snapshot in snapshots)
        raise UsageError(
            f"--sides needs two or three different sides: {said or 'none is named'}.",
            "Two snapshots of one side are compared by: syncsvc drift BEFORE AFTER",
        )
    aliases = {code: now for _, renumbered in found for code, now in renumbered.items()}
    codes = [milestone.code for snapshot in snapshots for milestone in snapshot.milestones]
    if any(snapshot.id is not None for snapshot in snapshots):
        with open_reporting(context, links) as reporting:
            linked = reporting.links_of(codes)
    else:
        linked = read_links(settings, links, codes)
    return compare_sides(
        snapshots,
        links=linked,
        aliases={**aliases, **find_aliases(settings, links)},
        names=find_annotations(context, annotations).names,
        holidays=settings.site.holidays if settings is not None else (),
    )
