"""`syncsvc review`: decide what waits, row by row."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import find_page, format_option, output_option, print_result
from syncsvc.cli.review_answer import answer
from syncsvc.cli.running import open_service
from syncsvc.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncsvc.model import Drift, Verdict

F = TypeVar("F", bound=Callable[..., Any])


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day; write 2019-06-28", param, ctx)


@click.group("review")
def command() -> None:
    """Decide what is held and what is going to be written: row by row, all of a kind, or in a workbook.

    A decision is bound to the two dates that were shown. It stands, night after night, while both stand; when one of
    them changes, the row is asked about again.
    """


class _Choice(NamedTuple):
    """Which rows are meant."""

    rows: tuple[str, ...]
    kinds: tuple[str, ...]
    field: str | None
    everything: bool


def _choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function is given what names rows as one `choice`."""

    @wraps(function)
    def chosen(
        *given: Any, rows: tuple[str, ...], kinds: tuple[str, ...], field: str | None, everything: bool, **others: Any
    ) -> Any:
        return function(*given, choice=_Choice(rows, kinds, field, everything), **others)

    for option in (
        click.argument("rows", nargs=-1, metavar="[ROW|CODE]..."),
        click.option("--kind", "kinds", multiple=True, metavar="KIND", help="All rows of this kind, as listed."),
        click.option("--field", type=click.Choice(["due", "completed"]), help="Only this field; else both."),
        click.option("--all", "everything", is_flag=True, help="Every row that is listed and not decided."),
    ):
        chosen = option(chosen)
    return chosen


def _answering(function: F) -> F:
    return format_option("text", "json")(output_option(function))


def _deciding(
    reason: str, *, needed: bool = False
) -> Callable[[Callable[..., "tuple[Verdict, date | None]"]], Callable[..., Any]]:
    """The function says which verdict is given, and until when; `reason` is the help of --reason."""

    def decorate(function: Callable[..., "tuple[Verdict, date | None]"]) -> Callable[..., Any]:
        @wraps(function)
        @_choosing
        @click.option("--reason", default=None if needed else "", required=needed, metavar="TEXT", help=reason)
        @_answering
        @click.pass_obj
        def decided(
            context: Context, /, choice: _Choice, reason: str, form: str, output: Path | None, **others: Any
        ) -> ExitCode:
            verdict, until = function(**others)
            return _decide(context, verdict, choice, reason, until, form, output)

        return decided

    return decorate


@command.command("list")
@_choosing
@_answering
@click.pass_obj
def list_rows(context: Context, choice: _Choice, form: str, output: Path | None) -> None:
    """List what waits for a decision, what is going to be written, and what was decided and still stands."""
    from syncsvc.report.review_text import rows_shape, rows_text

    choice = choice._replace(everything=not (choice.rows or choice.kinds))
    with open_service(context) as service:
        chosen = _choose(service.rows(), choice, decided=True)
        names = service.names()
    if form == "json":
        print_result(json.dumps(rows_shape(chosen, names), indent=1) + "\n", output)
    else:
        print_result(rows_text(chosen, names, find_page(context, output)), output)


@command.command("approve")
@_deciding("Why; kept with the decision.")
def approve() -> "tuple[Verdict, date | None]":
    """Say yes to rows: PMCS's date goes to Jira (or a completion to PMCS) with the next apply, or night in auto mode.

    Of what is held this adopts or restores PMCS's date. A row that cannot be written says what to mend instead.
    """
    from syncsvc.model import Verdict

    return Verdict.APPROVE, None


@command.command("reject")
@_deciding("Why; kept with the decision.", needed=True)
def reject() -> "tuple[Verdict, date | None]":
    """Say no to rows: both sides stay as they are, and nobody is asked again until one of the two dates changes."""
    from syncsvc.model import Verdict

    return Verdict.REJECT, None


@command.command("hold")
@click.option("--until", type=_Day(), required=True, metavar="DAY", help="Ask again on this day.")
@_deciding("Why; kept with the decision.", needed=True)
def hold(until: date) -> "tuple[Verdict, date | None]":
    """Put rows off until a day: they are neither written nor waiting until then."""
    from syncsvc.model import Verdict

    return Verdict.HOLD, until


@command.command("narrate")
@click.argument("code")
@click.option("--why", required=True, metavar="TEXT", help="Why the milestone stands where it does.")
@click.option("--action", default="", metavar="TEXT", help="The corrective action.")
@click.option("--period", metavar="YYYY-MM", help="Of this month; else of the newest export.")
@click.pass_obj
def narrate(context: Context, code: str, why: str, action: str, period: str | None) -> None:
    """Write the narrative of milestone CODE for a month; reports carry it."""
    from syncsvc.model import Narrative

    if not why.strip():
        raise UsageError("--why says nothing.", "Say why the milestone stands where it does.")
    with open_service(context) as service:
        month = period or service.newest_period()
        code = service.setup.aliases.get(code, code)
        warnings = service.narrate([Narrative(code, month, why.strip(), action.strip())])
    click.echo(f"Kept: {code}, {month}.")
    for warning in warnings:
        click.echo(f"note: {warning}", err=True)


@command.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it here, over what is there; else a new file in the report folder.",
)
@click.pass_obj
def export(context: Context, output: Path | None) -> None:
    """Write the drift workbook with a sheet Review in front: a row for each thing to decide, and cells to fill in.

    The place of the file is printed. Give it back with `syncsvc review import`.
    """
    from syncsvc.cli.review_workbook import export_workbook

    export_workbook(context, output)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_answering
@click.pass_obj
def import_file(context: Context, file: Path, form: str, output: Path | None) -> ExitCode:
    """Take what was filled into a workbook of `syncsvc review export`: decisions and narratives, in any order of rows.

    A row that was edited, is stale or cannot be understood is refused with its place, and the others are taken. Of a
    file that is not one of this store nothing is taken.
    """
    from syncsvc.cli.review_workbook import import_workbook

    return import_workbook(context, file, form, output)


def _decide(
    context: Context,
    verdict: "Verdict",
    choice: _Choice,
    reason: str,
    until: date | None,
    form: str,
    output: Path | None,
) -> ExitCode:
    from syncsvc.decisions import Asked, row_id

    if not (choice.rows or choice.kinds or choice.everything):
        raise UsageError(
            "No row is named.", "Name rows or codes as `syncsvc review list` shows them, --kind, or --all."
        )
    with open_service(context) as service:
        chosen = _choose(service.rows(), choice, decided=bool(choice.rows))
        if not chosen:
            raise UsageError("Nothing that can be decided is named so.", "`syncsvc review list` shows what there is.")
        asked = [
            Asked(
                row.code, row.key, row.field, row.owner_value, row.follower_value, verdict, reason, until, row_id(row)
            )
            for row in chosen
            if row.key is not None and row.field is not None
        ]
        taken, refused, stored = service.decide(asked)
    return answer(context, taken, refused, stored.plan, form, output)


def _choose(known: "Sequence[Drift]", choice: _Choice, *, decided: bool) -> "list[Drift]":
    """The rows that are meant; UsageError for what is neither a row, a code, an issue nor a kind that is there."""
    from syncsvc.decisions import row_id

    by_name: dict[str, list[Drift]] = {}
    for drift in known:
        for name in {row_id(drift), drift.code, drift.key or ""}:
            by_name.setdefault(name, []).append(drift)
    there = {(drift.hold_kind or drift.kind).value for drift in known}
    unknown = [name for name in choice.rows if name not in by_name] + [
        kind for kind in choice.kinds if kind not in there
    ]
    if unknown:
        raise UsageError(
            f"Nothing that can be decided is called {', '.join(unknown)}.",
            "`syncsvc review list` shows rows, codes and kinds. A row is another one once a date of it has changed.",
        )
    named = {id(drift) for name in choice.rows for drift in by_name[name]}
    return [
        drift
        for drift in known
        if (id(drift) in named or (drift.hold_kind or drift.kind).value in choice.kinds or choice.everything)
        and (choice.field is None or drift.field == choice.field)
        and (decided or drift.decision is None)
    ]
