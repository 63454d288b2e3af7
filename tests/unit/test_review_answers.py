"""What is taken of a review workbook that a person filled in, and what is refused row by row."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from syncsvc.decisions import Asked
from syncsvc.errors import UsageError
from syncsvc.mapping import Cell
from syncsvc.model import Action, Drift, DriftKind, Field, Narrative, Verdict
from syncsvc.review_answers import Answers, Filled, read_answers, read_mark
from syncsvc.review_sheet import FORMAT, HEADINGS, READ, Mark, seal, unseal
from tests.hostile import NAMES

STORE = "0123456789ab"
MARK = Mark(STORE, "2019-04")
TODAY = date(2019, 5, 2)
MAY, JUNE = date(2019, 5, 31), date(2019, 6, 28)


def drift(code: str = "DM-1", kind: DriftKind = DriftKind.FOLLOWER_EDITED, **facts: Any) -> Drift:
    shown = {"key": f"{code}0", "issue_id": f"id-{code}", "field": Field.DUE, "owner_value": JUNE}
    return Drift(code, kind, Action.HOLD, **{**shown, "follower_value": MAY, **facts})


def row(of: Drift | None = None, **cells: Cell) -> dict[str, Cell]:
    """A row as it is exported, with what is filled in."""
    of = of or drift()
    shown: dict[str, Cell] = {"code": of.code, "issue": of.key, "field": str(of.field), "key": seal(of, STORE)}
    shown |= {"follower": of.follower_value or "no date", "owner": of.owner_value or "no date"}
    return {**shown, **cells}


def filled(*rows: dict[str, Cell], columns: tuple[str, ...] = READ, formulas: tuple[str, ...] = ()) -> Filled:
    """A sheet with two rows above its headings; the first row stands in row 4."""
    table: list[list[Cell]] = [["Review"], [], [HEADINGS[column] for column in columns]]
    table += [[each.get(column) for column in columns] for each in rows]
    return Filled("r.xlsx", "Review", list(enumerate(table, start=1)), formulas)


def answers(*rows: dict[str, Cell], known: tuple[Narrative, ...] = (), **sheet: Any) -> Answers:
    return read_answers(filled(*rows, **sheet), MARK, {each.code: each for each in known}, TODAY)


def refusals(read: Answers) -> list[str]:
    assert read.asked == []
    return [f"{each.where}: {each.why}" for each in read.refused]


# Decisions


def test_a_decision_is_bound_to_the_two_dates_that_were_shown() -> None:
    read = answers(row(decision="hold", until=datetime(2019, 6, 1), reason=" The team\nis away "))  # noqa: DTZ001
    assert read.asked == [
        Asked(
            *("DM-1", "DM-10", Field.DUE, JUNE, MAY, Verdict.HOLD),
            reason="The team is away",
            until=date(2019, 6, 1),
            where="sheet Review row 4",
        )
    ]
    assert read.refused == []


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("approve", Verdict.APPROVE), ("APPROVE ", Verdict.APPROVE), ("\xa0Adopt", Verdict.APPROVE),
        ("restore", Verdict.APPROVE), ("Reject", Verdict.REJECT),
    ],
)  # fmt: skip
def test_the_words_of_the_drop_down_in_any_case(word: str, verdict: Verdict) -> None:
    assert [each.verdict for each in answers(row(decision=word, reason="So")).asked] == [verdict]


@pytest.mark.parametrize("blank", [None, "", "  ", "\xa0"])
def test_a_row_without_a_decision_is_left_alone(blank: Cell) -> None:
    assert answers(row(decision=blank), row(drift("DM-2"), follower="2001-01-01")) == Answers()


def test_a_reason_without_a_decision_is_left_alone_and_told() -> None:
    read = answers(row(reason="The team is right"))
    assert (read.asked, read.refused) == ([], [])
    assert read.notes == ["sheet Review row 4, DM-1: Reason, but no decision: left alone"]


@pytest.mark.parametrize(
    "day",
    [MAY, datetime(2019, 5, 31), "2019-05-31", " 2019-05-31 00:00:00", 43616.0, 43616],  # noqa: DTZ001
)
def test_a_date_that_a_spreadsheet_shows_otherwise_is_the_same_date(day: Cell) -> None:
    read = answers(row(decision="approve", follower=day, owner="2019-06-28"))
    assert [each.follower_value for each in read.asked] == [MAY]


@pytest.mark.parametrize("shown", ["no date", "No Date ", "", None])
def test_no_date_may_come_back_blank(shown: Cell) -> None:
    read = answers(row(drift(follower_value=None), decision="approve", follower=shown))
    assert [each.follower_value for each in read.asked] == [None]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"follower": "2019-06-01"}, '"Jira says" is 2019-06-01 where 2019-05-31 was exported'),
        ({"owner": JUNE.replace(year=2020)}, '"PMCS says" is 2020-06-28 where 2019-06-28 was exported'),
        ({"follower": "no date"}, '"Jira says" is no date where 2019-05-31 was exported'),
        ({"follower": True}, '"Jira says" is TRUE where 2019-05-31 was exported'),
        ({"follower": float("inf")}, '"Jira says" is inf where 2019-05-31 was exported'),
        ({"code": "DM-2"}, '"Milestone" is DM-2 where DM-1 was exported'),
        ({"issue": ""}, '"Jira issue" is blank where DM-10 was exported'),
        ({"field": "completed"}, '"Date" is completed where due was exported'),
        ({"key": ""}, "its hidden key is missing"),
        ({"key": "r-12345678"}, "its hidden key was edited, or comes from another workbook"),
        ({"key": 1.0}, "its hidden key was edited"),
        ({"key": "[" * 50_000}, "its hidden key was edited"),
        ({"key": seal(drift(), "another store")}, "its hidden key was edited, or comes from another workbook"),
        ({"key": seal(drift("DM-2"), STORE)}, '"Milestone" is DM-1 where DM-2 was exported'),
        ({"decision": "yes"}, "'yes' is no decision; there are approve, reject, hold, adopt, restore"),
        ({"decision": True}, "'TRUE' is no decision"),
        ({"decision": "#REF!"}, "'#REF!' is no decision"),
        ({"decision": "hold", "until": "next week"}, "Until 'next week' is not a date"),
        ({"decision": "hold", "until": True}, "Until 'TRUE' is true or false, not a date"),
        ({"decision": "hold", "until": 0.5}, "Until '0.5' is a number, not a date"),
        ({"decision": "hold", "until": 1e300}, "is a number, not a date"),
        ({"until": "2019-09-01"}, "Until says 2019-09-01, which only goes with hold"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(cells: dict[str, Cell], why: str) -> None:
    read = answers(row(drift("DM-3")), row(**{"decision": "approve", "reason": "So", **cells}))
    (said,) = refusals(read)
    assert said.startswith("sheet Review row 5: ")
    assert why in said


@pytest.mark.parametrize(
    ("of", "word", "why"),
    [
        (drift(kind=DriftKind.BOTH_MOVED), "restore", "restore is for what was edited in Jira (follower edited)"),
        (drift(kind=DriftKind.OWNER_MOVED), "adopt", "adopt is for holds, this is owner moved; write approve"),
        (drift(owner_value=None, kind=DriftKind.OWNER_BLANK), "adopt", "PMCS has none; reject it"),
    ],
)
def test_a_synonym_only_where_it_says_what_happens(of: Drift, word: str, why: str) -> None:
    (said,) = refusals(answers(row(of, decision=word)))
    assert why in said


def test_an_edited_row_takes_no_other_with_it() -> None:
    read = answers(row(decision="approve", follower="2019-06-01"), row(drift("DM-2"), decision="approve"))
    assert [each.code for each in read.asked] == ["DM-2"]
    assert [(each.code, each.key, each.field) for each in read.refused] == [("DM-1", "DM-10", "due")]


def test_a_row_that_is_there_twice_counts_once_or_not_at_all() -> None:
    same = row(decision="reject", reason="So", until=None)
    assert len(answers(same, {**same, "decision": "REJECT "}).asked) == 1
    said = refusals(answers(same, row(), row(decision="approve")))
    assert [words.partition(": ")[0] for words in said] == ["sheet Review row 4", "sheet Review row 6"]
    assert all("2 times with different decisions (rows 4, 6)" in words for words in said)


@pytest.mark.parametrize("formula", ["F4", "H4", "F4:F9", "A1:XFD1048576"])
def test_a_formula_is_no_decision_whatever_it_gave(formula: str) -> None:
    columns = (
        "code",
        "issue",
        "field",
        "follower",
        "owner",
        "decision",
        "until",
        "reason",
        "narrative",
        "action",
        "key",
    )
    for gave in ("approve", None):
        (said,) = refusals(answers(row(decision=gave), columns=columns, formulas=(formula,)))
        assert said.startswith("sheet Review row 4: a formula stands in ")


def test_a_formula_elsewhere_is_no_matter() -> None:
    assert len(answers(row(decision="approve"), row(drift("DM-2")), formulas=("A5", "Z4", "F1:F2")).asked) == 1


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_any_code_comes_back_as_it_was(name: str) -> None:
    of = drift(name, key="DM-1")
    assert [each.code for each in answers(row(of, decision="approve")).asked] == [name]
    assert " " not in seal(of, STORE)
    assert seal(of, STORE).isascii()


def test_a_key_that_was_filled_down_is_told() -> None:
    key = seal(drift(), STORE)
    assert unseal(key, STORE) is not None
    assert unseal(key.replace("2019-05-31", "2019-06-01"), STORE) is None


# Narratives


def test_a_narrative_is_of_the_month_of_the_export() -> None:
    read = answers(row(narrative="Waits for\nthe camera", action="Ask again"), row(drift("DM-2")))
    assert read.narratives == [Narrative("DM-1", "2019-04", "Waits for the camera", "Ask again")]


def test_what_is_told_already_says_nothing() -> None:
    known = (Narrative("DM-1", "2019-04", "Waits", "Ask"),)
    assert answers(row(narrative="Waits", action="Ask"), known=known).narratives == []
    two = row(narrative="Waits", action="Ask"), row(drift(field=Field.COMPLETED), narrative="Came", action="")
    assert answers(*two, known=known).narratives == [Narrative("DM-1", "2019-04", "Came")]


def test_two_narratives_of_a_milestone_are_none() -> None:
    read = answers(row(narrative="Waits"), row(drift(field=Field.COMPLETED), narrative="Came", decision="approve"))
    assert read.narratives == []
    assert [(each.where, each.field) for each in read.refused] == [
        ("sheet Review row 4", "narrative"),
        ("sheet Review row 5", "narrative"),
    ]
    assert len(read.asked) == 1


def test_a_corrective_action_needs_a_why() -> None:
    assert [each.why for each in answers(row(action="Ask")).refused] == [
        "a corrective action without a why: say why the milestone stands where it does"
    ]


# The sheet


def test_columns_are_found_wherever_they_stand() -> None:
    turned = tuple(reversed(READ))
    assert len(answers(row(decision="approve"), columns=turned).asked) == 1


@pytest.mark.parametrize("column", READ)
def test_a_column_that_is_not_there_refuses_the_file(column: str) -> None:
    left = tuple(each for each in READ if each != column)
    with pytest.raises(UsageError, match=HEADINGS[column]):
        answers(row(decision="approve"), columns=left)


def test_a_column_that_is_there_twice_refuses_the_file() -> None:
    with pytest.raises(UsageError, match="twice Decision"):
        answers(row(decision="approve"), columns=(*READ, "decision"))


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        (lambda ours: None, "no review workbook"),
        (lambda ours: [], "no review workbook"),
        (lambda ours: [["format"]], "no review workbook"),
        (lambda ours: [["format", "something/1"]], "no review workbook"),
        (lambda ours: [["format", "syncsvc.review-workbook/9"], *ours[1:]], "this version reads"),
        (lambda ours: [ours[0], ["store", "ffffffffffff"]], "another store"),
        (lambda ours: [ours[0]], "another store"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_whole(marks: Callable[..., list[list[Cell]] | None], why: str) -> None:
    ours: list[list[Cell]] = [["format", FORMAT], ["store", STORE], ["period", "2019-04"]]
    assert read_mark("r.xlsx", enumerate(ours, start=1), STORE) == MARK
    changed = marks(ours)
    with pytest.raises(UsageError, match=why):
        read_mark("r.xlsx", None if changed is None else enumerate(changed, start=1), STORE)
