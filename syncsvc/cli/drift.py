"""`syncsvc drift`: what differs between two snapshots."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.snapshot_argument import find_aliases, find_settings, resolve_with_renumberings
from syncsvc.errors import ExitCode


@click.command("drift")
@click.argument("before")
@click.argument("after")
@click.option("--mapping-before", metavar="NAME", help="What the columns of the file BEFORE mean; else guessed.")
@click.option("--mapping-after", metavar="NAME", help="What the columns of the file AFTER mean; else guessed.")
@click.option("--links", type=click.Path(path_type=Path), metavar="FILE", help="Links file whose `aka` codes count.")
@click.option("--exit-code", "tell", is_flag=True, help="Exit with 4 when something differs.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context,
    before: str,
    after: str,
    mapping_before: str | None,
    mapping_after: str | None,
    links: Path | None,
    tell: bool,
    form: str,
    output: Path | None,
) -> ExitCode:
    """Compare two snapshots: what slipped, what was pulled in, added, removed, renamed, recoded and completed.

    BEFORE and AFTER are files, or names of stored snapshots: pmcs:latest, pmcs:2019-04, pmcs:2019-04@2 (edition 2),
    pmcs:2018-03:BL@1 (another kind), jira:latest, published:latest, or s12. Files need no configuration.
    """
    from syncsvc.compare import compare

    settings = find_settings(context)
    earlier, renumbered_before = resolve_with_renumberings(context, before, mapping=mapping_before)
    later, renumbered_after = resolve_with_renumberings(context, after, mapping=mapping_after)
    aliases = {**renumbered_before, **renumbered_after, **find_aliases(settings, links)}
    holidays = settings.site.holidays if settings is not None else ()
    report = compare(earlier, later, aliases=aliases, holidays=holidays)
    if form == "json":
        from syncsvc.report.as_json import as_json, drift_shape

        print_result(as_json(drift_shape(report)), output)
    else:
        from syncsvc.report.as_text import drift_text

        print_result(drift_text(report, find_page(context, output)), output)
    return ExitCode.WAITING if tell and report.something_differs else ExitCode.DONE
