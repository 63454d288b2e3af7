"""The look at an import workbook before it is offered: whatever P6 would take wrongly is seen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors import p6_outbox
from connectors.p6_outbox import Outbox
from connectors.p6_preflight import check_import_workbook
from connectors.p6_workbook import Actual, ImportSheet, build_import_workbook, read_import_workbook
from syncsvc.errors import BadExport, Unreachable
from syncsvc.hand_over import HandOver
from syncsvc.mapping import load_mapping
from syncsvc.model import Change, Field, MilestoneKind, Outcome, Side
from tests.builders import change, export, milestone

MARCH, APRIL = date(2019, 3, 29), date(2019, 4, 2)
MAPPING = load_mapping("p6_spreadsheet")
SETTINGS = [["user_data"], ["DurationQtyType=QT_Hour\r\nDateFormat=dd'-'mmm'-'yy\r\n"]]
EXPORT = export(milestone("A-1"), milestone("A-2"), milestone("S-1", kind=MilestoneKind.START_MILESTONE))
MEANT = ImportSheet(Actual.FINISH, {"A-1": MARCH, "A-2": APRIL}, "Completed", time(17), SETTINGS)

Spoil = Callable[[Any], None]


def checked(tmp_path: Path, spoil: Spoil = lambda book: None, meant: ImportSheet = MEANT) -> None:
    """The check of what was meant, after something happened to it."""
    path = tmp_path / "aside.xlsx"
    path.write_bytes(build_import_workbook(meant))
    if spoil is not _nothing:
        book = openpyxl.load_workbook(path)
        spoil(book)
        book.save(path)
    check_import_workbook(path, "x.xlsx", MEANT, MAPPING, EXPORT)


def _nothing(book: Any) -> None:
    """Leave it as it was written."""


def test_what_was_written_as_it_was_meant_passes(tmp_path: Path) -> None:
    checked(tmp_path, _nothing)


def put(place: str, value: object, sheet: str = "TASK") -> Spoil:
    def spoil(book: Any) -> None:
        book[sheet][place] = value

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (put("C3", None), "row 3 has a blank cell"),
        (put("A4", None), "row 4 has a blank cell"),
        (put("D1", "task_name"), "row 1 of TASK is"),
        (put("D3", "Name of it"), "row 3 has a blank cell or one too many"),
        (put("C2", "(*)Finish"), r"row 2 of TASK is .*\(\*\)Finish"),
        (put("C1", "end_date"), "row 1 of TASK is .*, not task_code, status_code, act_end_date"),
        (put("A3", "A-9"), "A-9 is not in the export, so importing it would make a new activity"),
        (put("A3", "S-1"), "S-1 is a start milestone, for which act_end_date is not meant"),
        (put("A3", "A-2"), "the id 'A-2' is no text, or stands there twice"),
        (put("A3", 7), "the id '7' is no text"),
        (put("A3", '="A-1"'), "sheet TASK has a formula in A3"),
        (put("B3", "In Progress"), "the status 'In Progress' does not say completed"),
        (put("C3", "2019-03-29 17:00"), "act_end_date is '2019-03-29 17:00', no true date at 17:00"),
        (put("C3", datetime.fromisoformat("2019-03-29 08:00")), "no true date at 17:00"),
        (put("C3", datetime.fromisoformat("2019-03-30 17:00")), "it does not say what was meant of A-1"),
        (put("A2", "DateFormat=other", "USERDATA"), "sheet USERDATA is not as it is in the export"),
        (put("A2", SETTINGS[1][0].rstrip(), "USERDATA"), "sheet USERDATA is not as it is in the export"),
        (lambda book: book.remove(book["USERDATA"]), "its sheets are TASK, not TASK, USERDATA"),
        (lambda book: book["TASK"].delete_rows(4), "it does not say what was meant of A-2"),
    ],
)
def test_whatever_p6_would_take_wrongly_is_refused(tmp_path: Path, spoil: Spoil, said: str) -> None:
    with pytest.raises(BadExport, match=said) as caught:
        checked(tmp_path, spoil)
    assert "x.xlsx: the import workbook did not pass its check, so nothing is offered to P6" in caught.value.message


BATCH = (
    change("DM-1", Field.COMPLETED, None, MARCH, code="A-1", target=Side.PMCS),
    change("DM-2", Field.COMPLETED, None, APRIL, code="S-1", target=Side.PMCS),
    change("DM-3", Field.COMPLETED, None, APRIL, code="A-404", target=Side.PMCS),
)


def outbox(tmp_path: Path, **rest: Any) -> Outbox:
    return Outbox(tmp_path / "outbox", now=lambda: datetime.now(UTC), **rest)


def outcomes(box: Outbox, changes: tuple[Change, ...] = BATCH) -> dict[str, tuple[Outcome, str]]:
    receipts = box.hand_over(changes, EXPORT, MAPPING, lambda: SETTINGS)
    return {receipt.change.code: (receipt.outcome, receipt.detail or "") for receipt in receipts}


def test_where_one_workbook_fails_its_check_nothing_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = p6_outbox.build_import_workbook

    def wrong_starts(meant: ImportSheet) -> bytes:
        wrong = dict.fromkeys(meant.completions, MARCH) if meant.actual is Actual.START else meant.completions
        return honest(ImportSheet(meant.actual, wrong, meant.completed_word, meant.time_of_day, meant.user_settings))

    monkeypatch.setattr(p6_outbox, "build_import_workbook", wrong_starts)
    box = outbox(tmp_path, make_review=lambda hand_over: b"review")
    done = outcomes(box)
    assert {code: outcome for code, (outcome, _) in done.items()} == {
        "A-1": Outcome.FAILED,
        "S-1": Outcome.FAILED,
        "A-404": Outcome.REFUSED,
    }
    assert "it does not say what was meant of S-1" in done["A-1"][1]
    assert list((tmp_path / "outbox").iterdir()) == []
    assert box.delivered(BATCH[:2]) is None


def test_a_review_sheet_that_cannot_be_made_holds_the_workbook_back(tmp_path: Path) -> None:
    def fails(hand_over: HandOver) -> bytes:
        raise OSError("no space left")

    done = outcomes(outbox(tmp_path, make_review=fails))
    assert (done["A-1"][0], "no space left" in done["A-1"][1]) == (Outcome.FAILED, True)
    assert list((tmp_path / "outbox").iterdir()) == []


def test_every_workbook_has_its_review_beside_it_with_what_was_left_out(tmp_path: Path) -> None:
    made: list[HandOver] = []

    def make(hand_over: HandOver) -> bytes:
        made.append(hand_over)
        return b"review"

    def nobody_answers(issues: object) -> dict[str, Any]:
        raise Unreachable("Jira does not answer")

    box = outbox(tmp_path, make_review=make, who_resolved=nobody_answers)
    done = outcomes(box)
    names = sorted(path.name for path in (tmp_path / "outbox").iterdir())
    workbooks = [name for name in names if name.startswith("syncsvc-completions-")]
    assert [name for name in names if name.startswith("syncsvc-review-")] == [
        name.replace("completions", "review") for name in workbooks
    ]
    assert sorted(Path(done[code][1]).name for code in ("A-1", "S-1")) == workbooks
    assert [[row.activity.code for row in each.rows] for each in made] == [["A-1"], ["S-1"]]
    assert [[receipt.change.code for receipt in each.refused] for each in made] == [["A-404"]] * 2
    assert {each.nobody_named for each in made} == {"Jira does not answer"}
    assert box.delivered(BATCH[:2]) == "; ".join(str(tmp_path / "outbox" / name) for name in workbooks)


def test_a_completion_before_its_time_is_a_slip_of_the_pen(tmp_path: Path) -> None:
    old = (change("DM-1", Field.COMPLETED, None, date(1919, 3, 29), code="A-1", target=Side.PMCS),)
    assert outcomes(outbox(tmp_path), old)["A-1"] == (
        Outcome.REFUSED,
        "1919-03-29 is before 1990, so it is hardly the day of a completion",
    )


def test_an_activity_goes_back_under_the_id_that_p6_has_for_it(tmp_path: Path) -> None:
    renamed = (change("DM-1", Field.COMPLETED, None, MARCH, code="A-01", target=Side.PMCS),)
    made: list[HandOver] = []
    box = outbox(tmp_path, aliases={"A-1": "A-01", "A-2": "A-1"}, make_review=lambda each: made.append(each) or b"")
    outcome, place = outcomes(box, renamed)["A-01"]
    assert (outcome, read_import_workbook(Path(place))) == (Outcome.HANDED_OVER, {"A-1": MARCH})
    assert [row.activity.code for row in made[0].rows] == ["A-1"]
    assert box.delivered(renamed) == place
    assert outbox(tmp_path).delivered(renamed) is None
