"""Narratives in a drift report: when one is due, which are missing and repeated, and that every format says so."""

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from syncsvc.model import Milestone, Narrative, ReportBasis, ReportRules, Side
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.narratives import of_month
from syncsvc.report.formats import render_drift
from syncsvc.report.layout import Page
from syncsvc.store.codec import from_plain, to_plain
from tests.builders import NOON, export, milestone
from tests.hostile import NAMES

MARCH_END, APRIL_END = date(2019, 3, 31), date(2019, 4, 30)
LONG_AGO, MAY, AUGUST = date(2018, 1, 31), date(2019, 5, 31), date(2019, 8, 30)


def told(code: str, period: str = "2019-04", why: str = "late delivery", action: str = "") -> Narrative:
    return Narrative(code, period, why, action, "A. Lead", NOON)


def report(
    was: list[Milestone], now: list[Milestone], *narratives: Narrative, kept: bool = True, **options: Any
) -> MonthReport:
    days = options.pop("days", 30)
    beside = Beside(narratives=narratives if kept else None, **options)
    before = export(*was, period="2019-03", data_date=MARCH_END)
    after = export(*now, period="2019-04", data_date=APRIL_END)
    rules = ReportRules(narrative_days=days)
    return make_month_report(before, after, prepared_at=NOON, beside=beside, rules=rules)


def missing(made: MonthReport) -> list[str]:
    return [row.code for row in made.not_narrated]


def forecast(code: str, due: date, end: date | None) -> Milestone:
    return replace(milestone(code, due), forecast=end)


@pytest.mark.parametrize(
    ("was", "now", "due"),
    [
        (milestone("A", MAY), milestone("A", date(2019, 7, 12)), False),  # moved by 30 working days
        (milestone("A", MAY), milestone("A", date(2019, 7, 15)), True),  # by 31
        (milestone("A", AUGUST), milestone("A", MAY), False),  # earlier is not worse
        (forecast("A", MAY, MAY), forecast("A", MAY, date(2019, 7, 12)), False),
        (forecast("A", MAY, MAY), forecast("A", MAY, date(2019, 7, 15)), True),
        (forecast("A", date(2019, 3, 1), None), forecast("A", date(2019, 3, 1), None), True),  # overdue by 42
        (forecast("A", date(2019, 4, 1), None), forecast("A", date(2019, 4, 1), None), False),  # overdue by 21
        (
            milestone("A", date(2018, 1, 31), date(2019, 1, 31)),
            milestone("A", date(2018, 1, 31), date(2019, 1, 31)),
            False,
        ),
        (
            milestone("A", date(2018, 1, 31)),
            milestone("A", date(2018, 1, 31), date(2019, 4, 15)),
            True,
        ),  # newly, and late
        (milestone("A"), milestone("A"), False),
    ],
)
def test_one_is_due_for_what_is_late_or_moved_by_more_than_the_days(was: Milestone, now: Milestone, due: bool) -> None:
    assert missing(report([was], [now])) == (["A"] if due else [])
    assert missing(report([was], [now], told("A"))) == []


def test_the_days_are_configured_and_holidays_taken_off() -> None:
    was, now = [milestone("A", MAY)], [milestone("A", date(2019, 7, 15))]
    assert missing(report(was, now, days=31)) == []
    assert missing(report(was, now, holidays=[date(2019, 7, 4)])) == []
    assert missing(report(was, [milestone("A", date(2019, 6, 3))], days=0)) == ["A"]


def test_what_is_new_has_not_moved_and_what_is_gone_needs_none() -> None:
    assert missing(report([milestone("A", MAY)], [milestone("B", AUGUST)])) == []


def test_only_the_words_of_the_month_count_under_any_code() -> None:
    was, now = [milestone("A", MAY), milestone("OLD", MAY)], [milestone("A", AUGUST), milestone("B", AUGUST)]
    made = report(was, now, told("A", "2019-03"), told("OLD"), told("A", "2019-05"), aliases={"OLD": "B"})
    assert missing(made) == ["A"]
    assert [row.code for row in made.narrated] == ["B"]


def test_bare_files_have_no_narratives_and_miss_none() -> None:
    made = report([milestone("A", MAY)], [milestone("A", AUGUST)], kept=False)
    assert (made.narrated, made.not_narrated) == ((), ())
    assert "arrative" not in str(render_drift(made, "text", Page()))


@pytest.mark.parametrize("again", ["Late  DELIVERY", "late delivery\n"])
def test_words_that_only_repeat_are_named_with_their_month(again: str) -> None:
    was, now = [milestone("A", MAY)], [milestone("A", AUGUST)]
    made = report(was, now, told("A", "2019-01", again), told("A"))
    assert [row.narrated and row.narrated.repeats for row in made.narrated] == ["2019-01"]
    between = report(was, now, told("A", "2019-01", again), told("A", "2019-02", "strike"), told("A"))
    assert [row.narrated and row.narrated.repeats for row in between.narrated] == [None]


def test_a_report_keeps_what_it_needs_and_no_more() -> None:
    kept = of_month(
        [told("A", month) for month in ("2019-01", "2019-03", "2019-04", "2019-05")] + [told("B", "2018-12")], "2019-04"
    )
    assert sorted((each.code, each.period) for each in kept) == [
        ("A", "2019-03"), ("A", "2019-04"), ("B", "2018-12"),
    ]  # fmt: skip


def test_a_basis_comes_back_with_its_narratives_and_an_old_one_without() -> None:
    basis = ReportBasis(1, 2, 2, NOON, narratives=(told("A"),))
    assert from_plain(ReportBasis, json.loads(json.dumps(to_plain(basis)))) == basis
    assert from_plain(ReportBasis, to_plain(replace(basis, narratives=()))).narratives == ()
    old = {name: value for name, value in to_plain(basis).items() if name != "narratives"}
    assert from_plain(ReportBasis, old).narratives is None


def full() -> MonthReport:
    was = [milestone(code, MAY) for code in ("A", "B", "C")]
    now = [milestone(code, AUGUST) for code in ("A", "B")] + [milestone("C", MAY)]
    return report(
        was, now, told("A", "2019-03", "glass broke", "buy"), told("A", why="glass broke", action="buy"), told("C")
    )


def test_the_text_says_who_wrote_what_and_what_is_missing() -> None:
    words = str(render_drift(full(), "text", Page(160)))
    assert "2 narratives given, 1 missing." in words
    section = words[words.index("Narratives (2)") : words.index("All milestones")]
    assert [" ".join(line.split()) for line in section.splitlines()] == [
        *("Narratives (2)", "A: repeats the narrative of 2019-03 word by word.", ""),
        *("A", "why glass broke", "action buy", "who A. Lead, 2019-05-01"),
        *("C", "why late delivery", "action -", "who A. Lead, 2019-05-01", ""),
        "Narrative missing (1)",
        "Due for what is open or newly completed and more than 30 working days late, or has moved later by more than "
        "that.",
        "",
        "code due moved (working days) name",
        *("B 2019-08-30 91 days late (65) Milestone B", ""),
    ]


@pytest.mark.parametrize("form", ["md", "tex", "html"])
def test_every_page_has_the_narratives_and_what_is_missing(form: str) -> None:
    page = str(render_drift(full(), form, Page()))
    for words in ("glass broke", "buy", "A. Lead", "Narrative missing", "the narrative of 2019"):
        assert words in page


def test_json_has_them_by_milestone_and_listed() -> None:
    shape = json.loads(str(render_drift(full(), "json", Page())))
    assert shape["narratives"] == {"narrative_days": 30, "given": ["A", "C"], "missing": ["B"]}
    first, second, third = (one["narrative"] for one in shape["milestones"])
    assert first == {
        "required": True, "period": "2019-04", "why": "glass broke", "action": "buy", "actor": "A. Lead",
        "at": "2019-05-01T12:00:00Z", "repeats": "2019-03",
    }  # fmt: skip
    assert (second["required"], second["why"]) == (True, None)
    assert (third["required"], third["why"], third["action"]) == (False, "late delivery", None)


def test_the_workbook_has_a_sheet_and_columns() -> None:
    book = load_workbook(io.BytesIO(bytes(render_drift(full(), "xlsx", Page()))))  # type: ignore[arg-type]
    rows = [[cell.value for cell in row] for row in book["Narratives"].iter_rows()]
    heads = next(at for at, cells in enumerate(rows) if cells[0] == "Milestone")
    assert [(cells[0], cells[5], cells[6], cells[7]) for cells in rows[heads + 1 :]] == [
        ("A", "glass broke", "buy", "A. Lead"),
        ("C", "late delivery", None, "A. Lead"),
        ("B", "missing", None, None),
    ]
    sheet = book["Drift"]
    names = [cell.value for cell in next(sheet.iter_rows())]
    column = names.index("Narrative")
    said = {cells[0].value: cells[column].value for cells in sheet.iter_rows(min_row=2)}
    assert said == {"A": "glass broke", "B": "missing", "C": "late delivery"}


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_words_of_a_person_steer_neither_a_page_nor_a_spreadsheet(name: str) -> None:
    was, now = [milestone("A", MAY), milestone("B", MAY)], [milestone("A", AUGUST), milestone("B", AUGUST)]
    bad = Narrative("A", "2019-04", name, name, name, NOON)
    made = report(was, now, bad)
    page = str(render_drift(made, "html", Page()))
    assert name not in page or not set(name) & set("<&\"'\u202e\x1b")
    text = str(render_drift(made, "text", Page()))
    assert not {c for c in text if c != "\n" and not c.isprintable()}
    book = load_workbook(io.BytesIO(bytes(render_drift(made, "xlsx", Page()))))  # type: ignore[arg-type]
    assert all(cell.data_type != "f" for row in book["Narratives"].iter_rows() for cell in row)


def test_another_side_has_no_narratives_of_its_own() -> None:
    """A published document has no month of its own: nothing is due where no period is known."""
    before = export(milestone("A", MAY))
    after = replace(export(milestone("A", AUGUST)), side=Side.PUBLISHED, period=None)
    made = make_month_report(before, after, prepared_at=NOON, beside=Beside(narratives=()))
    assert missing(made) == []
