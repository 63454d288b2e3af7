"""`syncsvc health`: whether the nights are run and end well."""

import json
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode


@click.command("health")
@format_option("text", "json", "prometheus")
@output_option
@click.pass_obj
def command(context: Context, form: str, output: Path | None) -> ExitCode:
    """Say whether the nights are run and end well, from the store alone: nothing else is asked, nothing is written.

    Exits with 0 where nobody need look, 4 where somebody should, 3 where the store cannot be used, and 8 where
    there is none or its schema is not that of this version.
    """
    from syncsvc.report.health_text import health_shape, health_text, prometheus_text

    wiring = wire_context(context)
    health, code = wiring.health()
    if form == "json":
        print_result(json.dumps(health_shape(health), indent=1) + "\n", output)
    elif form == "prometheus":
        print_result(prometheus_text(health), output)
    else:
        print_result(health_text(health, wiring.settings.site.timezone), output)
    return code
