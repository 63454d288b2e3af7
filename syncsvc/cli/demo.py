"""`syncsvc demo`: all of it at work, with no configuration and no network."""

from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page


@click.command("demo")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep everything in this new folder.")
@click.pass_obj
def command(context: Context, keep: Path | None) -> None:
    """Play three nights of a small project against a simulated Jira, and say what happened and why.

    Two P6 exports, a Jira on this machine, a store: first contact and adoption; a new month with moves, a hand edit
    and a completion that Jira reports; a quiet night. Needs no configuration and no network, and ends by itself.
    """
    from syncsvc.demo import play_demo

    play_demo(lambda text: click.echo(text, nl=False), find_page(context, None), keep)
