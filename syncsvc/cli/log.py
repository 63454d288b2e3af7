"""`syncsvc log`: what happened to a milestone, or to all."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode, UsageError
from syncsvc.report.layout import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsvc.report.layout import Page
    from syncsvc.store import Event, Run, Store
    from syncsvc.wiring import Wiring

#: So many runs are listed where none is named.
_MOST_RUNS: Final = 30


@click.command("log")
@click.argument("code", required=False)
@click.option("--run", type=int, metavar="N", help="Only what this run did.")
@format_option("text", "json")
@output_option
@click.pass_obj
def command(context: Context, code: str | None, run: int | None, form: str, output: Path | None) -> ExitCode:
    """Tell the story of the milestone CODE, or list what was done to all of them, oldest first.

    The story holds what every export, published document and Jira showed of it, every hold, decision, write and its
    proof, and how it stands now. Without CODE, and with --run, only what was done and decided is listed.
    """
    wiring = wire_context(context)
    store = wiring.open_store()
    try:
        if code is not None and run is None:
            return _tell(context, wiring, store, code, form, output)
        if code is not None:
            code = wiring.links().aliases.get(code, code)
        events = store.events(code, run=run)
        runs = [] if code is not None else _runs(store, run)
    finally:
        store.close()
    if form == "json":
        from syncsvc.report.story_json import event_shape

        shape = {
            "schema": "syncsvc.log/1",
            "events": [event_shape(event) for event in events],
            "runs": [_run_shape(each) for each in runs],
        }
        print_result(json.dumps(shape, indent=1) + "\n", output)
    elif not events and not runs:
        click.echo(f"Nothing is known of {clean(code)}." if code else "Nothing has happened yet.", err=True)
    else:
        print_result(_text(events, runs, find_page(context, output)), output)
    return ExitCode.DONE


def _tell(context: Context, wiring: "Wiring", store: "Store", code: str, form: str, output: Path | None) -> ExitCode:
    """The story of one milestone."""
    from syncsvc.files import make_telling
    from syncsvc.report.story_json import story_shape
    from syncsvc.report.story_text import story_text
    from syncsvc.story import Story

    settings, links = wiring.settings, wiring.links()
    today = context.now().astimezone(settings.site.timezone).date()
    telling, codes = make_telling(settings, store, links, today)
    code = codes.get(code, code)
    story = telling.story(code)
    if form == "json":
        print_result(json.dumps(story_shape(story or Story.empty(code)), indent=1, ensure_ascii=False) + "\n", output)
    elif story is None:
        click.echo(f"Nothing is known of {clean(code)}. `syncsvc show pmcs:latest` lists the codes.", err=True)
    else:
        site = settings.site
        print_result(story_text(story, find_page(context, output), site.timezone, site.holidays), output)
    return ExitCode.DONE


def _runs(store: "Store", run: int | None) -> "list[Run]":
    """The run that is asked for, or the last ones, oldest first."""
    if run is None:
        return store.runs(_MOST_RUNS)[::-1]
    found = store.run(run)
    if found is None:
        raise UsageError(f"There is no run {run}.", "`syncsvc log` lists the last runs.")
    return [found]


def _run_shape(run: "Run") -> dict[str, object]:
    from syncsvc.shapes import instant

    return {
        "run": run.id,
        "trigger": run.trigger,
        "mode": run.mode.value if run.mode else None,
        "actor": run.actor,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at) if run.finished_at else None,
        "exit_code": run.exit_code,
        "plan": run.plan,
    }


def _text(events: "Sequence[Event]", runs: "Sequence[Run]", page: "Page") -> str:
    sections = [_events(events, page)] if events else []
    if runs:
        sections.append(_run_lines(runs, page))
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _run_lines(runs: "Sequence[Run]", page: "Page") -> list[str]:
    from syncsvc.report.layout import Column

    columns = [
        Column("run", right=True), Column("started (UTC)"), Column("what"), Column("mode", drops=2), Column("who"),
        Column("plan", drops=3), Column("exit", right=True), Column("how it ended"),
    ]  # fmt: skip
    rows = [
        [
            str(run.id), f"{run.started_at:%Y-%m-%d %H:%M}", run.trigger, run.mode.value if run.mode else "",
            run.actor, run.plan or "", "" if run.exit_code is None else str(run.exit_code), _how_it_ended(run),
        ]
        for run in runs
    ]  # fmt: skip
    last = f", the last {_MOST_RUNS}" if len(runs) == _MOST_RUNS else ""
    return [page.heading(f"Runs{last}" if len(runs) > 1 else f"Run {runs[0].id}"), *page.table(columns, rows, indent=0)]


def _how_it_ended(run: "Run") -> str:
    from syncsvc.report.words import exit_words

    error = (run.body or {}).get("error")
    return str(error) if error else exit_words(run.exit_code)


def _events(events: "Sequence[Event]", page: "Page") -> list[str]:
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
    return page.table(columns, rows, indent=0)
