"""Deciding in a workbook: write it, and take back what was filled in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncsvc.cli.frame import Context, say
from syncsvc.cli.output import write_output
from syncsvc.cli.review_answer import answer
from syncsvc.cli.running import open_service, wire_context
from syncsvc.errors import ExitCode, SyncsvcError, UsageError
from syncsvc.review_answers import RowRefusal

if TYPE_CHECKING:
    from syncsvc.decisions import Refusal
    from syncsvc.model import Decision, Plan


def export_workbook(context: Context, output: Path | None) -> None:
    """Write the workbook and print where it is."""
    from syncsvc.reporting import Reporting

    wiring = wire_context(context)
    with open_service(context) as service:
        name, content = Reporting(wiring.settings, service.setup.store, wiring.links()).review_workbook(
            rows=service.rows(), names=service.names(), today=service.setup.today(), prepared_at=context.now()
        )
    if output is not None:
        write_output(content, output)
        place = output
    else:
        place = _write_new(content, wiring.settings.report.folder, name)
    click.echo(f"{place.absolute()}")


def import_workbook(context: Context, file: Path, form: str, output: Path | None) -> ExitCode:
    """Take what was filled in, and print what was taken and what follows; 4 where something was refused."""
    from syncsvc.files import read_review

    taken: list[Decision] = []
    refused: list[Refusal | RowRefusal] = []
    plan: Plan | None = None
    trouble: SyncsvcError | None = None
    warnings: list[str] = []
    with open_service(context) as service:
        store = service.setup.store
        answers = read_review(file, store.identity(), store.narratives(), service.setup.today())
        refused += answers.refused
        if answers.asked:
            taken, stale, stored = service.decide(answers.asked)
            refused += stale
            plan = stored.plan
        kept = answers.narratives
        try:
            warnings = service.narrate(kept) if kept else []
        except SyncsvcError as error:  # what was decided stays decided, and is to be told
            kept, trouble = [], error
    refused.sort(key=_row_number)
    code = answer(context, taken, refused, plan, form, output, kept)
    for words in (*answers.notes, *warnings):
        say(f"note: {words}")
    if trouble is not None:
        raise trouble
    return code


def _row_number(refusal: "Refusal | RowRefusal") -> int:
    where = refusal.where if isinstance(refusal, RowRefusal) else refusal.asked.where
    return int(where.rpartition(" ")[2])


def _write_new(content: bytes, folder: Path, name: str) -> Path:
    """A new file in a folder, whole or not there: one of that name may hold what somebody is filling in."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while (place := folder / (f"{name}.xlsx" if number == 1 else f"{name}-{number}.xlsx")).exists():
            number += 1
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}.", "Name a file with -o FILE.") from None
    write_output(content, place)
    return place
