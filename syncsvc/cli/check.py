"""`syncsvc check`: everything that would keep a run from working, at once."""

import json
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode, SyncsvcError, worst


@click.command("check")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, form: str, output: Path | None) -> ExitCode:
    """Look at configuration, store, exports and Jira - identity, fields, permissions - and say all that is wrong."""
    from syncsvc.errors import Problem
    from syncsvc.shapes import check_shape
    from syncsvc.wiring import find_problems

    try:
        problems = find_problems(wire_context(context))
    except SyncsvcError as error:
        problems = list(error.problems) or [Problem("", error.message, error.hint, error.exit_code)]
    if form == "json":
        print_result(json.dumps(check_shape(problems), indent=1) + "\n", output)
    elif problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        print_result("\n".join([*(str(problem) for problem in problems), "", f"{count} found."]) + "\n", output)
    else:
        print_result("Everything is in order.\n", output)
    return worst([problem.exit_code for problem in problems]) if problems else ExitCode.DONE
