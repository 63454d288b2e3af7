"""Handing completions over to P6: which may go, the workbooks they go in, and what lies in the outbox already.

A batch is offered whole or not at all: every workbook is written aside and checked, its review sheet is laid beside
it, and only then do they get their names.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from connectors.exports import absolute
from connectors.p6_preflight import KINDS, check_import_workbook
from connectors.p6_workbook import Actual, ImportSheet, UserSettings, build_import_workbook, read_import_workbook
from syncsvc.connector import LEASE_ENDED, always
from syncsvc.errors import BadExport, SourceError, SyncsvcError
from syncsvc.hand_over import WORKBOOK_PREFIX, HandedRow, HandOver, review_beside
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.model import (
    Change,
    Field,
    FieldChange,
    Milestone,
    Outcome,
    Receipt,
    RejectCause,
    Snapshot,
    Status,
    by_code,
)

#: A batch that is asked for was handed over by the run before, or not at all.
_LATEST_WORKBOOKS: Final = 20
#: What is older is more likely a slip of the pen than a completion.
_FIRST_DAY: Final = date(1990, 1, 1)
_ACTUALS: Final = {kind: actual for actual, kind in KINDS.items()}

#: Issue ids -> who resolved each, and when; raises SourceError where nobody answers.
WhoResolved = Callable[[Collection[str]], Mapping[str, FieldChange]]
#: The review sheet of a hand-over, as the bytes of a workbook.
MakeReview = Callable[[HandOver], bytes]


@dataclass(frozen=True, slots=True)
class Draft:
    """One workbook in the making: where it is going to lie, what it says, and the changes that it carries out."""

    path: Path
    sheet: ImportSheet
    changes: tuple[Change, ...]


class Outbox:
    """A folder of import workbooks. `who_resolved` and `make_review` are for the review sheets beside them.

    `aliases` are ids under which P6 knows activities that have another code here: P6's id -> code.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], datetime],
        who_resolved: WhoResolved | None = None,
        make_review: MakeReview | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = absolute(folder)
        self._now = now
        self._who_resolved = who_resolved
        self._make_review = make_review
        self._aliases = dict(aliases or {})

    def hand_over(
        self,
        changes: Sequence[Change],
        export: Snapshot,
        mapping: SourceMapping,
        read_settings: Callable[[], UserSettings],
        may_write: Callable[[], bool] = always,
    ) -> Iterator[Receipt]:
        """Offer what still holds against the newest export, one workbook for each kind of milestone.

        One receipt for each change. `mapping` is the one that read the export; `read_settings` gives the export's sheet
        USERDATA; `may_write` is asked when everything is ready, and where it says no nothing is offered.
        """
        ids = self._ids_in(export)
        accepted, answered = sort_out(changes, export, ids)
        yield from answered
        if not accepted:
            return
        try:
            drafts = list(self._make_drafts(accepted, mapping, read_settings(), ids))
            offered = self._offer(drafts, export, mapping, answered, ids, may_write)
        except (OSError, SyncsvcError) as error:
            why = error.message if isinstance(error, SyncsvcError) else f"{self.folder}: {error.strerror or error}"
            yield from (Receipt(change, Outcome.FAILED, why) for change, _ in accepted)
            return
        if not offered:
            yield from (Receipt(change, Outcome.NOT_TRIED, LEASE_ENDED) for change, _ in accepted)
            return
        for draft in drafts:
            yield from (Receipt(change, Outcome.HANDED_OVER, str(draft.path)) for change in draft.changes)

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Where this batch lies: the path of its workbook, or of both with "; " between them.

        A process that died may have left some receipts of a workbook behind and others not: so what counts is that
        each of these changes is a row of one of the latest workbooks, whatever else is in them.
        """
        known_as: dict[str, set[str]] = {}
        for own, code in self._aliases.items():
            known_as.setdefault(code, {code}).add(own)
        missing = {(change.code, change.after) for change in changes}
        paths: list[str] = []
        for path in self._list_workbooks()[:_LATEST_WORKBOOKS]:
            try:
                rows = read_import_workbook(path).items()
            except SourceError:
                continue  # damaged since: what is in it was not delivered
            held = {
                (code, day) for code, day in missing if any((own, day) in rows for own in known_as.get(code, {code}))
            }
            if held:
                paths.append(str(path))
                missing -= held
            if not missing:
                return "; ".join(sorted(paths)) or None
        return None

    def say_unwritable(self) -> str | None:
        """Why nothing can be written into the folder, which may have to be made first, or None."""
        nearest = next((parent for parent in (self.folder, *self.folder.parents) if parent.exists()), Path("/"))
        if not nearest.is_dir():
            return f"{nearest} is not a folder"
        if not os.access(nearest, os.W_OK | os.X_OK):
            return f"{nearest} cannot be written to"
        return None

    def _ids_in(self, export: Snapshot) -> dict[str, str]:
        """Code -> the id that the export has for it, of those for which it has another."""
        shown = {*by_code(export.milestones), *(reject.code for reject in export.rejects)}
        return {code: own for own, code in self._aliases.items() if own in shown and code not in shown}

    def _make_drafts(
        self,
        accepted: Sequence[tuple[Change, Actual]],
        mapping: SourceMapping,
        settings: UserSettings,
        ids: Mapping[str, str],
    ) -> Iterator[Draft]:
        working_day = mapping.working_day
        for actual in Actual:
            batch = tuple(change for change, column in accepted if column is actual)
            completions = {ids.get(change.code, change.code): change.after for change in batch if change.after}
            if not completions:
                continue
            sheet = ImportSheet(
                actual=actual,
                completions=completions,
                completed_word=mapping.word_for(Status.COMPLETED),
                time_of_day=time.fromisoformat(working_day.finish if actual is Actual.FINISH else working_day.start),
                user_settings=settings,
            )
            yield Draft(self._place_of(sheet), sheet, batch)

    def _place_of(self, sheet: ImportSheet) -> Path:
        """Where a workbook goes: the same rows always to the same name."""
        completions = sorted(sheet.completions.items())
        rows = [(code, Field.COMPLETED.value, completed.isoformat()) for code, completed in completions]
        digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
        return self.folder / f"{WORKBOOK_PREFIX}{digest}-{sheet.actual.name.lower()}.xlsx"

    def _offer(
        self,
        drafts: Sequence[Draft],
        export: Snapshot,
        mapping: SourceMapping,
        answered: Sequence[Receipt],
        ids: Mapping[str, str],
        may_write: Callable[[], bool],
    ) -> bool:
        """Give every workbook its name after all of them were checked; none where one fails, or that may not be."""
        self.folder.mkdir(parents=True, exist_ok=True)
        staged: list[tuple[Path, Path]] = []  # from, to: review sheets before their workbooks
        try:
            for draft in drafts:
                aside = _stage(draft.path, build_import_workbook(draft.sheet))
                staged.append((aside, draft.path))
                check_import_workbook(aside, draft.path.name, draft.sheet, mapping, export)
            for draft, hand_over in self._describe(drafts, export, answered, ids):
                if self._make_review is not None:
                    place = Path(review_beside(str(draft.path)))
                    staged.insert(0, (_stage(place, self._make_review(hand_over)), place))
            if not may_write():
                return False
            _publish(staged)
            return True
        finally:
            for aside, _ in staged:
                aside.unlink(missing_ok=True)

    def _describe(
        self, drafts: Sequence[Draft], export: Snapshot, answered: Sequence[Receipt], ids: Mapping[str, str]
    ) -> Iterator[tuple[Draft, HandOver]]:
        if self._make_review is None:
            return
        resolved, nobody_named = self._find_resolvers(drafts)
        activities = by_code(export.milestones)
        refused = tuple(receipt for receipt in answered if receipt.outcome is not Outcome.ALREADY)
        for draft in drafts:
            rows = tuple(
                HandedRow(
                    activity=activities[ids.get(change.code, change.code)],
                    column=draft.sheet.actual.value,
                    status_after=draft.sheet.completed_word,
                    completed_after=draft.sheet.completions[ids.get(change.code, change.code)],
                    key=change.key,
                    resolved=resolved.get(change.issue_id),
                )
                for change in sorted(draft.changes, key=lambda change: (change.code, change.key))
            )
            yield (
                draft,
                HandOver(
                    workbook=draft.path.name,
                    export=export,
                    rows=rows,
                    refused=refused,
                    settings_copied=bool(draft.sheet.user_settings),
                    made_at=self._now(),
                    nobody_named=nobody_named,
                ),
            )

    def _find_resolvers(self, drafts: Sequence[Draft]) -> tuple[Mapping[str, FieldChange], str]:
        if self._who_resolved is None:
            return {}, ""
        try:
            return self._who_resolved(sorted({change.issue_id for draft in drafts for change in draft.changes})), ""
        except SyncsvcError as error:  # it explains the rows and decides none
            return {}, error.message

    def _list_workbooks(self) -> list[Path]:
        """Our workbooks in the folder, the latest first."""
        workbooks = self.folder.glob(f"{WORKBOOK_PREFIX}*.xlsx")
        return sorted(workbooks, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _stage(path: Path, content: bytes) -> Path:
    """The content beside its place, under a name that nobody takes for a file of ours."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return aside


def _publish(staged: Sequence[tuple[Path, Path]]) -> None:
    """Give files their names, in order. One that is there already, byte for byte, only becomes the latest again."""
    given: list[Path] = []
    try:
        for aside, path in staged:
            if path.is_file() and path.read_bytes() == aside.read_bytes():
                os.utime(path)
                continue
            if path.is_dir():
                raise BadExport(f"{path}: a folder stands where the workbook goes.", "Move it away.")
            os.replace(aside, path)
            given.append(path)
    except BaseException:
        for path in given:
            with suppress(OSError):
                path.unlink()
        raise
    folder = os.open(staged[0][1].parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sort_out(
    changes: Sequence[Change], export: Snapshot, ids: Mapping[str, str]
) -> tuple[list[tuple[Change, Actual]], list[Receipt]]:
    """The changes that may go to P6, with the column for each, and the receipts of all others.

    `ids` has the export's own id of codes that it knows under another.
    """
    shown = by_code(export.milestones)
    unreadable = {
        reject.code: reject
        for reject in export.rejects
        if reject.field in (None, Field.COMPLETED) and reject.cause is not RejectCause.REPEATED
    }
    dates: dict[str, set[date | None]] = {}
    for change in changes:
        if change.field is Field.COMPLETED:
            dates.setdefault(change.code, set()).add(change.after)
    accepted: list[tuple[Change, Actual]] = []
    answered: list[Receipt] = []
    for change in changes:
        own = ids.get(change.code, change.code)
        if change.field is not Field.COMPLETED:
            why = f"P6 imports no {change.field.value} date from a workbook: it is calculated there"
        elif own in unreadable:
            why = f"{Path(export.source).name}: {unreadable[own].reason}"
        elif len(dates[change.code]) > 1:
            why = f"{change.code} has two dates in one batch"
        else:
            judged = _judge(change, shown.get(own), export)
            if isinstance(judged, Actual):
                accepted.append((change, judged))
            else:
                answered.append(judged)
            continue
        answered.append(Receipt(change, Outcome.REFUSED, why))
    return accepted, answered


def _judge(change: Change, shown: Milestone | None, snapshot: Snapshot) -> Actual | Receipt:
    """The column a change goes to, or the receipt that says why it goes nowhere."""

    def refuse(why: str) -> Receipt:
        return Receipt(change, Outcome.REFUSED, why)

    export = Path(snapshot.source).name
    if change.after is None:
        return refuse("a completion cannot be taken out of P6 by an import workbook")
    if shown is None:
        return refuse(f"{change.code} is not in {export}; importing it would make a new activity")
    if shown.completed == change.after:
        return Receipt(change, Outcome.ALREADY, f"{export} shows it", confirmed=True)
    if shown.completed != change.before:
        return Receipt(change, Outcome.STALE, f"{export} shows {shown.completed or 'no completion'}")
    actual = _ACTUALS.get(shown.kind)
    if actual is None:
        what = shown.kind.value.replace("_", " ")
        return refuse(f"{change.code} is no milestone in {export}, as far as that can be told: {what}")
    if snapshot.data_date and change.after > snapshot.data_date:
        return refuse(f"{change.after} is later than the data date of {export}, {snapshot.data_date}")
    if change.after < _FIRST_DAY:
        return refuse(f"{change.after} is before {_FIRST_DAY.year}, so it is hardly the day of a completion")
    return actual
