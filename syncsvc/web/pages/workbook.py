"""The decision workbook: download it, fill it in anywhere, and give it back."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from syncsvc.decisions import Refusal
from syncsvc.errors import SyncsvcError, UsageError
from syncsvc.files import read_review
from syncsvc.report.words import counted
from syncsvc.review_answers import Answers, RowRefusal
from syncsvc.service import Service
from syncsvc.web.asking import Answer, Ask, Deed, Elsewhere, Handed, Page, Shown
from syncsvc.web.pages.deciding import tell

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(ask: Ask) -> Shown:
    """What it is for, the way to get it, and the way to give it back."""
    return _shown()


def download(ask: Ask) -> Handed:
    """The workbook of what waits now."""
    setup = ask.configured.setup
    service = Service(setup, ask.who.name)
    name, content = ask.configured.reporting.review_workbook(
        rows=service.rows(), names=service.names(), today=setup.today(), prepared_at=ask.desk.now()
    )
    return Handed(content, _XLSX, f"{name}.xlsx")


def upload(ask: Ask) -> Answer:
    """Take what was filled in; each row that cannot be taken is told with its place and reason."""
    if not ask.file:
        return _shown("No file was chosen.", "Choose the workbook that you filled in.")
    try:
        answers = _read(ask, ask.file)
    except UsageError as error:
        return _shown(error.message, "Nothing was taken. Download a new one here, and fill that in.")
    told: list[str] = []
    refused: list[RowRefusal | Refusal] = list(answers.refused)
    if answers.asked:
        taken, stale, stored = ask.act(lambda service: service.decide(answers.asked))
        told += tell(taken, stored.plan)
        refused += stale
    if answers.narratives:
        try:
            told += ask.act(lambda service: service.narrate(answers.narratives))
            told.append(f"Kept: {counted(len(answers.narratives), 'narrative')}.")
        except SyncsvcError as error:  # what was decided stays decided, and is told
            return _shown(f"The narratives were not kept: {error.message}", error.hint, told, refused, answers.notes)
    if not (refused or answers.notes):
        return Elsewhere("/workbook", told or ["Nothing was filled in, so nothing was decided."])
    return _shown("", "", told, refused, answers.notes)


def _read(ask: Ask, content: bytes) -> Answers:
    """What was filled in; the file is laid down for its reader, who trusts nothing of it, and taken away."""
    store = ask.desk.store
    with tempfile.TemporaryDirectory(prefix="syncsvc-upload-") as folder:
        path = Path(folder) / "the uploaded file"
        path.write_bytes(content)
        return read_review(path, store.identity(), store.narratives(), ask.configured.setup.today())


def _shown(
    words: str = "",
    hint: str = "",
    told: Sequence[str] = (),
    refused: Sequence[RowRefusal | Refusal] = (),
    notes: Sequence[str] = (),
) -> Shown:
    lines = [_line(each) for each in sorted(refused, key=_row_number)]
    status = 409 if words or refused else 200
    return Shown("workbook", {"problem": words, "hint": hint, "taken": told, "refused": lines, "notes": notes}, status)


def _line(refusal: RowRefusal | Refusal) -> tuple[str, str, str]:
    """Where, what, why."""
    asked = refusal.asked if isinstance(refusal, Refusal) else refusal
    return asked.where, " ".join(filter(None, (asked.code, asked.key, str(asked.field)))), refusal.why


def _row_number(refusal: RowRefusal | Refusal) -> int:
    number = _line(refusal)[0].rpartition(" ")[2]
    return int(number) if number.isdecimal() else 0


PAGES = (Page("/workbook", show, nav="Workbook"), Page("/workbook/download", download))
DEEDS = (Deed("/workbook", upload, takes_file=True, is_long=True, is_awaited=True),)
