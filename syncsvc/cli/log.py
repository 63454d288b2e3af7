"""`syncsvc log`: what happened to a milestone, or to all."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsvc.report.layout import Page
    from syncsvc.store import Event


@click.command("log")
@click.argument("code", required=False)
@click.option("--run", type=int, metavar="N", help="Only what this run did.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, code: str | None, run: int | None, form: str, output: Path | None) -> ExitCode:
    """Tell what happened to the milestone CODE, or to all: every hold, decision, write and its proof, oldest first."""
    wiring = wire_context(context)
    if code is not None:
        code = wiring.links().aliases.get(code, code)
    store = wiring.open_store()
    try:
        events = store.events(code, run=run)
    finally:
        store.close()
    if form == "json":
        print_result(json.dumps(_shape(events), indent=1) + "\n", output)
    elif not events:
        click.echo(f"Nothing is known of {code}." if code else "Nothing has happened yet.", err=True)
    else:
        print_result(_text(events, find_page(context, output)), output)
    return ExitCode.DONE


def _shape(events: "Sequence[Event]") -> dict[str, object]:
    from syncsvc.shapes import instant

    return {
        "schema": "syncsvc.log/1",
        "events": [
            {
                "at": instant(event.at),
                "run": event.run,
                "actor": event.actor,
                "event": event.event,
                "code": event.code,
                "key": event.key,
                "field": event.field.value if event.field else None,
                "before": event.before.isoformat() if event.before else None,
                "after": event.after.isoformat() if event.after else None,
                "detail": event.detail,
            }
            for event in events
        ],
    }


def _text(events: "Sequence[Event]", page: "Page") -> str:
    from syncsvc.report.layout import Column
    from syncsvc.report.words import day

    columns = [
        Column("when (UTC)"), Column("run", right=True), Column("who", drops=3), Column("code"), Column("issue"),
        Column("event"), Column("field"), Column("before"), Column("after"), Column("detail"),
    ]  # fmt: skip
    rows = [
        [
            f"{e.at:%Y-%m-%d %H:%M}", str(e.run or ""), e.actor, e.code or "", e.key or "",
            e.event.replace("_", " "), e.field.value if e.field else "",
            day(e.before) if e.field else "", day(e.after) if e.field else "", e.detail or "",
        ]
        for e in events
    ]  # fmt: skip
    return "\n".join(page.table(columns, rows, indent=0)) + "\n"
