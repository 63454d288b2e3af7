"""Bare files, read without configuration and store: exports and lists, annotations, links files.

Like wiring, this may import connectors and mappings; what it returns are values of the pure modules.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncsvc.errors import ConfigError, MappingError, SourceError, UsageError
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping import load_mapping
from syncsvc.mapping_check import MappingCheck, SeenFile, check_sheets
from syncsvc.model import Field, Link, Narrative, Side, Snapshot
from syncsvc.release_list import Annotations
from syncsvc.review_answers import Answers, Filled, read_answers, read_mark
from syncsvc.review_sheet import MARK_SHEET, SHEET
from syncsvc.settings import Settings

if TYPE_CHECKING:
    from syncsvc.links import LinksFile
    from syncsvc.store import Store
    from syncsvc.telling import Telling

#: format of a mapping -> the function that reads such a file
_READERS: Final = {
    "p6_spreadsheet": "connectors.p6_spreadsheet:read_export",
    "p6_xer": "connectors.p6_xer:read_export",
    "p6_pmxml": "connectors.p6_pmxml:read_export",
    "table": "connectors.table:read_table",
    "release_plan": "connectors.published:read_release_plan",
}
#: format of a mapping -> the function that tells what such a file has
_LOOKS: Final = {
    "p6_spreadsheet": "connectors.columns:see_sheets",
    "table": "connectors.columns:see_sheets",
    "p6_xer": "connectors.p6_schedule_columns:see_projects",
    "p6_pmxml": "connectors.p6_schedule_columns:see_projects",
    "release_plan": "connectors.published:see_plan",
}
_REVIEW_HINT: Final = (
    "Nothing was taken. Save it as an Excel workbook (.xlsx) without password and macros, or write a new one with "
    "`syncsvc review export`."
)
_HINT: Final = 'Annotations are a JSON object such as {"LDM-503-06": {"name": "..."}}, or a links file (TOML).'


def read_file(
    path: Path, *, now: datetime, mapping: str | None = None, period: str | None = None, kind: str | None = None
) -> Snapshot:
    """One file as a snapshot; without a mapping's name (or path) it is guessed from the content.

    Raises SourceError (BadExport) for a file that cannot be read, MappingError for one no mapping fits, UsageError
    where file, file name and caller disagree about period or kind.
    """
    return _read(path, choose_mapping(path, mapping), now, period, kind)


def read_file_and_renumberings(
    path: Path, *, now: datetime, mapping: str | None = None
) -> tuple[Snapshot, dict[str, str]]:
    """One file as a snapshot, and which of its codes the mapping declares to be others now."""
    chosen = choose_mapping(path, mapping)
    snapshot = _read(path, chosen, now, None, None)
    return snapshot, find_renumberings(snapshot, chosen)


def check_mapping(
    path: Path, *, now: datetime, mapping: str | None = None, period: str | None = None, kind: str | None = None
) -> MappingCheck:
    """What a mapping makes of a file, also where it cannot be applied: then the check says why.

    Raises SourceError (BadExport) for a file that cannot be read, MappingError where none was named and none fits.
    """
    chosen = choose_mapping(path, mapping)
    seen = SeenFile(())
    if look := _LOOKS.get(chosen.format):
        module, _, function = look.partition(":")
        seen = getattr(import_module(module), function)(path, chosen)
    snapshot, problem, hint = None, "", ""
    try:
        snapshot = _read(path, chosen, now, period, kind)
    except (MappingError, UsageError) as error:
        problem, hint = error.message, error.hint
    export_kind = snapshot.kind if snapshot else kind or chosen.read_file_name(path.stem).kind
    sheets = check_sheets(seen.sheets, chosen, export_kind)
    return MappingCheck(path.absolute(), chosen, seen, sheets, snapshot, problem, hint or "")


def choose_mapping(path: Path, name: str | None) -> SourceMapping:
    """The mapping that was named, else the one that fits the content."""
    if name is None:
        from connectors.guess import guess_mapping

        name = guess_mapping(path)
    return load_mapping(name)


def find_renumberings(snapshot: Snapshot, mapping: SourceMapping) -> dict[str, str]:
    """Which codes of a snapshot its mapping declares to be others now: LDM-503-1 -> LDM-503-01."""
    codes = {milestone.code for milestone in snapshot.milestones} | {
        reject.code for reject in snapshot.rejects if reject.code
    }
    return {code: renumbered for code in sorted(codes) if (renumbered := mapping.renumber(code)) != code}


def find_stored_renumberings(snapshot: Snapshot, settings: Settings) -> dict[str, str]:
    """The same for a stored snapshot, by the mapping its connector has now."""
    for connector in settings.connectors:
        name = getattr(connector, "mapping", None)
        if connector.name == snapshot.connector and name is not None:
            return find_renumberings(snapshot, load_mapping(name, settings.path.parent))
    return {}


def make_telling(
    settings: Settings,
    store: "Store",
    links: "LinksFile",
    today: date,
    newest: Mapping[str, Snapshot | None] | None = None,
) -> tuple["Telling", dict[str, str]]:
    """What tells the stories of milestones, and the codes that are others now: by a links file, or renumbered.

    `newest` are the newest snapshots by name of connector, for who has read them.
    """
    from syncsvc.telling import Telling

    published = [each.name for each in settings.connectors if each.side == "published"]
    if newest is None:
        newest = dict(zip(published, store.newest_snapshots([(name, None) for name in published]), strict=True))
    found = [snapshot for name in published if (snapshot := newest.get(name)) is not None]
    renumbered = {other: now for each in found for other, now in find_stored_renumberings(each, settings).items()}
    return Telling(settings, store, links, today, tuple(renumbered.items())), {**renumbered, **links.aliases}


def read_aliases(links: Sequence[Path]) -> Mapping[str, str]:
    """Other codes of milestones (`aka`) that links files declare. Raises ConfigError with every problem."""
    from syncsvc.links import load_links

    return load_links(links).aliases


def read_links(settings: Settings | None, file: Path | None, codes: Iterable[str]) -> tuple[Link, ...]:
    """The links of milestones: from the links file that was named, else from those of the configuration."""
    from syncsvc.links import load_links, make_links

    if file is not None:
        declared = load_links([file])
    elif settings is not None:
        offset = settings.links.test_plan_offset_days
        declared = load_links(settings.links.files, test_plan_offset_days=offset)
    else:
        return ()
    return make_links(declared, codes, settings.links.code_is_key if settings is not None else ())


def read_names(links: Sequence[Path]) -> Mapping[str, str]:
    """The names that links files give milestones. Raises ConfigError with every problem."""
    from syncsvc.links import load_links

    return load_links(links).names


def read_annotations(path: Path) -> Annotations:
    """Names (and dates) kept by hand: a JSON object of milestones by code, or a links file.

    Raises UsageError or ConfigError, naming file and key, for one that cannot be used.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: the annotations cannot be read: {error.strerror or error}.", _HINT) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the annotations are not UTF-8 text.", "Save the file as UTF-8.") from None
    if not text.lstrip().startswith("{"):
        return _read_links_as_annotations(path)
    try:
        annotated = json.loads(text, object_pairs_hook=_refuse_repeated)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the annotations are not usable JSON: {error}.", _HINT) from None
    return _check_annotations(path, annotated)


def read_review(path: Path, store: str, narratives: Iterable[Narrative], today: date) -> Answers:
    """What a person filled into a review workbook of this store.

    `narratives` are those that are kept. Raises UsageError for a file that is not ours or cannot be used as a whole;
    what cannot be used of a single row is among the answers.
    """
    from connectors.review_workbook import read_review_cells

    try:
        cells = read_review_cells(path, SHEET, MARK_SHEET)
    except SourceError as error:
        raise UsageError(error.message, _REVIEW_HINT) from None
    mark = read_mark(path.name, cells.marks, store)
    if cells.rows is None:
        raise UsageError(
            f"{path.name} has no sheet {SHEET}.",
            "Nothing was taken. Name the sheet so again, or write a new one with `syncsvc review export`.",
        )
    known = {each.code: each for each in narratives if each.period == mark.period}
    return read_answers(Filled(path.name, cells.sheet, cells.rows, cells.formulas), mark, known, today)


def _read(path: Path, mapping: SourceMapping, now: datetime, period: str | None, kind: str | None) -> Snapshot:
    if mapping.format not in _READERS:
        raise MappingError(
            f"Mapping {mapping.name} is for the format {mapping.format}, which is no file that can be read here.",
            "Name another one with --mapping; `syncsvc mappings list` shows them.",
        )
    module, _, function = _READERS[mapping.format].partition(":")
    options: dict[str, Any] = {"taken_at": now}
    if mapping.side is Side.PMCS:
        options |= {"period": period, "kind": kind}
    snapshot = getattr(import_module(module), function)(path, mapping, **options)
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"{module}.{function} gave no snapshot")
    return snapshot


def _read_links_as_annotations(path: Path) -> Annotations:
    try:
        return Annotations(names=read_names([path]))
    except ConfigError as error:
        raise UsageError(f"{path}: the annotations cannot be used:", _HINT, error.problems) from None


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key} is in it twice")
        found[key] = value
    return found


def _check_annotations(path: Path, annotated: Mapping[str, object]) -> Annotations:
    names: dict[str, str] = {}
    dates: dict[tuple[str, Field], date] = {}
    for code, annotation in annotated.items():
        if not isinstance(annotation, dict):
            raise UsageError(f"{path}: {code}: is no object.", _HINT)
        name = annotation.get("name")
        if name is not None and not isinstance(name, str):
            raise UsageError(f"{path}: {code}.name: is no text.", _HINT)
        if name and name.strip():
            names[code] = name
        for field in Field:
            if (value := annotation.get(field.value)) is not None:
                dates[code, field] = _day(path, f"{code}.{field.value}", value)
    return Annotations(names, dates)


def _day(path: Path, key: str, value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UsageError(f"{path}: {key}: {str(value)[:40]!r} is not a date.", "Write it as 2019-05-27.") from None
