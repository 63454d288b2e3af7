"""`syncsvc prune`: let old snapshots go that nothing needs any more."""

import sys
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command("prune")
@click.option(
    "--keep-months",
    type=click.IntRange(1, 1200),
    default=13,
    show_default=True,
    metavar="N",
    help="Keep everything that was read in the last N months.",
)
@click.option("--show", is_flag=True, help="Say what would go, and let nothing go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(context: Context, keep_months: int, show: bool, yes: bool) -> ExitCode:
    """Drop snapshots older than N months that nothing needs.

    The first and last edition of each month stay, of Jira the first and last night of each month, and whatever a plan
    that can be applied, a pending hand-over or the report of a run of the last 13 months needs. Baselines, decisions
    and the audit always stay; what mentions a snapshot that went says that it was pruned.
    """
    store = wire_context(context).open_store()
    try:
        going = store.find_prunable(keep_months).snapshots
        if not going:
            click.echo("Nothing to drop.")
            return ExitCode.DONE
        if show:
            click.echo(f"Would drop {_words(going)}.")
            return ExitCode.DONE
        if not yes:
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise UsageError(f"This would drop {_words(going)}", "Say --yes to drop them, or --show to only look.")
            if not click.confirm(f"Drop {_words(going)}?", err=True):
                click.echo("Nothing was dropped.", err=True)
                return ExitCode.WAITING
        lease = store.take_lease("prune")
        try:
            run = store.begin_run(trigger="prune", mode=None, actor=context.actor)
            pruned = store.prune(lease, run, keep_months)
            store.finish_run(run, exit_code=0, body={})
        finally:
            store.release_lease(lease)
        click.echo(f"Dropped {_words(pruned.snapshots)}: {pruned.versions} versions, {pruned.parts} parts.")
    finally:
        store.close()
    return ExitCode.DONE


def _words(going: "Mapping[str, int]") -> str:
    count = sum(going.values())
    named = ", ".join(f"{number} of {name}" for name, number in going.items())
    return f"{count} snapshot{'' if count == 1 else 's'} ({named})"
