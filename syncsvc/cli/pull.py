"""`syncsvc pull`: read the sources and keep what they show."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option
from syncsvc.cli.running import open_service, print_run, wire_context
from syncsvc.errors import ExitCode, UsageError


@click.command("pull")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--file", "export", type=click.Path(path_type=Path), metavar="FILE", help="Read this one P6 export.")
@click.option("--period", metavar="YYYY-MM", help="Its month, where neither its content nor its name tells.")
@click.option("--kind", metavar="KIND", help="Its kind, such as ME or BL, where nothing tells.")
@click.option("--census", is_flag=True, help="Read every linked issue of Jira, not only what can have changed.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(
    context: Context,
    names: tuple[str, ...],
    export: Path | None,
    period: str | None,
    kind: str | None,
    census: bool,
    form: str,
    output: Path | None,
) -> ExitCode:
    """Read the sources, all or those named, and keep what they show.

    An export that was read before and has not changed is not read again. Nothing is compared and nothing written.
    """
    if export is None and (period or kind):
        raise UsageError("--period and --kind say something about one file.", "Name it with --file FILE.")
    if export is not None and census:
        raise UsageError("A census reads Jira, not a file.", "Leave out --file or --census.")
    if export is not None and names:
        raise UsageError("Either a file or connectors can be read, not both.", "Leave out --file or the names.")
    with open_service(context) as service:
        if export is None:
            result = service.pull(names, census=census)
        else:
            result = service.keep(wire_context(context).read_export(export, period, kind))
    print_run(context, result, form, output)
    return ExitCode(result.exit_code)
