"""What a run says to the shell about its plan, its receipts and what it saw."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.errors import EXIT_PRECEDENCE, ExitCode, worst
from syncsvc.model import Action, Drift, DriftKind, Field, Hold, Mode, Outcome, Plan, Receipt
from syncsvc.service import exit_code_of
from tests.builders import NOON, change

FEB, APRIL = date(2019, 2, 1), date(2019, 4, 1)
ONE, TWO = (change(key, Field.DUE, FEB, APRIL) for key in ("DM-1", "DM-2"))
HOLD = Hold("M-9", "DM-9", Field.DUE, DriftKind.BOTH_MOVED, APRIL, FEB, None, "both moved")
EMPTY = Plan("p-000000000000", Mode.AUTO, (), (), {}, (), (), {}, NOON, NOON)
WRITES = replace(EMPTY, changes=(ONE, TWO))


def ended(plan: Plan | None, *outcomes: Outcome, drifts: tuple[Drift, ...] = ()) -> int:
    changes = plan.changes if plan else (ONE, TWO)
    receipts = [Receipt(change, outcome) for change, outcome in zip(changes, outcomes, strict=False)]
    return exit_code_of(plan, receipts, drifts)


def drift(kind: DriftKind, action: Action = Action.REPORT) -> Drift:
    return Drift("M-1", kind, action, key="DM-1", field=Field.DUE)


def test_nothing_to_do() -> None:
    assert ended(None) == 0
    assert ended(EMPTY) == 0


@pytest.mark.parametrize(
    ("what", "outcomes", "expected"),
    [
        ("both written", (Outcome.APPLIED, Outcome.APPLIED), 0),
        ("one was there already", (Outcome.APPLIED, Outcome.ALREADY), 0),
        ("one handed to PMCS", (Outcome.APPLIED, Outcome.HANDED_OVER), 0),
        ("nothing tried yet", (), 4),
        ("one without a receipt", (Outcome.APPLIED,), 4),
        ("one stale", (Outcome.APPLIED, Outcome.STALE), 4),
        ("both stale", (Outcome.STALE, Outcome.STALE), 4),
        ("one refused", (Outcome.APPLIED, Outcome.REFUSED), 6),
        ("one failed", (Outcome.FAILED, Outcome.APPLIED), 6),
        ("one unknown", (Outcome.APPLIED, Outcome.UNKNOWN), 6),
        ("one not tried", (Outcome.APPLIED, Outcome.NOT_TRIED), 6),
        ("a failure outweighs a stale row", (Outcome.STALE, Outcome.FAILED), 6),
    ],
)
def test_what_became_of_two_changes(what: str, outcomes: tuple[Outcome, ...], expected: int) -> None:
    assert ended(WRITES, *outcomes) == expected, what


def test_a_hold_waits_whatever_was_written() -> None:
    held = replace(WRITES, holds=(HOLD,))
    assert ended(replace(EMPTY, holds=(HOLD,))) == 4
    assert ended(held, Outcome.APPLIED, Outcome.APPLIED) == 4
    assert ended(held, Outcome.APPLIED, Outcome.REFUSED) == 6


def test_a_stale_row_of_no_plan_waits() -> None:
    assert ended(None, Outcome.STALE) == 4
    assert ended(None, Outcome.APPLIED) == 0


@pytest.mark.parametrize("kind", DriftKind)
def test_gone_and_unseen_links_wait_and_what_is_merely_reported_does_not(kind: DriftKind) -> None:
    expected = 4 if kind in (DriftKind.GONE, DriftKind.UNSEEN) else 0
    assert ended(EMPTY, drifts=(drift(kind),)) == expected


@pytest.mark.parametrize("kind", [DriftKind.FOREIGN_PROJECT, DriftKind.IMPLAUSIBLE, DriftKind.FIRST_CONTACT])
def test_what_is_held_waits(kind: DriftKind) -> None:
    assert ended(EMPTY, drifts=(drift(DriftKind.IN_SYNC, Action.RECORD), drift(kind, Action.HOLD))) == 4


def test_of_several_codes_the_contract_names_the_one_to_end_with() -> None:
    assert [int(code) for code in EXIT_PRECEDENCE] == [1, 8, 2, 7, 3, 5, 6, 4, 0]
    assert worst([]) is ExitCode.DONE
    assert worst([ExitCode.WAITING, ExitCode.LIMITS, ExitCode.WRITES]) is ExitCode.LIMITS
