"""What became of decisions, printed: those that were given in a command, and those of a workbook."""

import json
from pathlib import Path
from typing import Any

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, print_result
from syncsvc.errors import ExitCode


def answer(
    context: Context, taken: Any, refused: Any, plan: Any, form: str, output: Path | None, narratives: Any = ()
) -> ExitCode:
    """Print what was taken and what not, and what follows; 4 where something was not taken.

    `plan` is None where nothing was asked.
    """
    from syncsvc.report.review_text import narratives_text, taken_shape, taken_text

    if form == "json":
        shape = taken_shape(taken, refused, plan and plan.id, narratives)
        print_result(json.dumps(shape, indent=1) + "\n", output)
    else:
        page = find_page(context, output)
        told = [taken_text(taken, refused, page)] if taken or refused else []
        told += [narratives_text(narratives, page)] if narratives else []
        text = "\n".join(told) or "Nothing was asked.\n"
        if plan is not None and plan.changes:
            text += f"Plan {plan.id} has {len(plan.changes):,} changes now. Write them with: syncsvc apply {plan.id}\n"
        print_result(text, output)
    return ExitCode.WAITING if refused else ExitCode.DONE
