"""What the commands that run something share: a service over the configuration, and printing what it did."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, print_result
from syncsvc.cli.progress import shown_progress

if TYPE_CHECKING:
    from syncsvc.model import Plan, RunResult, Snapshot
    from syncsvc.service import Service
    from syncsvc.wiring import Wiring


def wire_context(context: Context) -> "Wiring":
    """The wiring of the configuration that the command line names."""
    from syncsvc.wiring import wire

    wiring = wire(context.config_path, now=context.now, env=context.env)
    context.log_as(wiring.settings)
    return wiring


@contextmanager
def open_service(context: Context) -> Iterator["Service"]:
    """A service over the configuration, closed whatever happens."""
    from syncsvc.service import Service

    setup = wire_context(context).setup()
    try:
        with shown_progress(context) as progress:
            yield Service(replace(setup, progress=progress), context.actor)
    finally:
        setup.close()


def print_run(context: Context, result: "RunResult", form: str, output: Path | None) -> None:
    """What a run did, as text or as syncsvc.run/1."""
    if form == "json":
        from syncsvc.shapes import run_shape

        print_result(json.dumps(run_shape(result), indent=1) + "\n", output)
        return
    from syncsvc.report.run_text import run_text

    holidays = context.settings().site.holidays
    print_result(run_text(result, find_page(context, output), holidays), output)


def print_plan(
    context: Context, plan: "Plan", snapshots: Mapping[str, "Snapshot"], form: str, output: Path | None
) -> None:
    """A plan, as text or as syncsvc.plan/1."""
    if form == "json":
        from syncsvc.shapes import plan_shape

        print_result(json.dumps(plan_shape(plan), indent=1) + "\n", output)
        return
    from syncsvc.report.plan_text import plan_text

    holidays = context.settings().site.holidays
    print_result(plan_text(plan, find_page(context, output), snapshots, holidays), output)


def planned_from(service: "Service", plan: "Plan") -> Mapping[str, "Snapshot"]:
    """The snapshots a plan was made from."""
    found = {name: service.setup.store.snapshot(number) for name, number in sorted(plan.snapshots.items())}
    return {name: snapshot for name, snapshot in found.items() if snapshot is not None}
