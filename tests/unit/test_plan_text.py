"""A plan in words: everything stands in it, exceptions first, and nothing in it can steer a terminal."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from syncsvc.model import Change, DriftKind, Field, Hold, Mode, Plan, Side, Violation
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Page, width
from syncsvc.report.plan_text import drift_words, plan_text
from tests.builders import export

FEB, MARCH = date(2019, 2, 1), date(2019, 3, 4)


def hold(kind: DriftKind, code: str = "") -> Hold:
    return Hold(code or f"M-{kind}", "DM-9", Field.DUE, kind, MARCH, FEB, FEB, f"why {kind}", "id-9", True)


def change(code: str, days: date = MARCH, *, target: Side = Side.JIRA, before: date | None = FEB) -> Change:
    return Change(code, target, "DM-1", "id-1", Field.DUE, before, days, DriftKind.OWNER_MOVED, before)


PLAN = Plan(
    id="p-0123456789ab",
    mode=Mode.REVIEW,
    changes=(change("M-1"), change("M-2", date(2018, 12, 3)), change("M-3", before=None)),
    holds=tuple(hold(kind) for kind in HOLDS),
    drifts={"in_sync": 41, "unlinked": 7},
    violations=(Violation("max_shift_days", 707, 400, "M-2 would move"),),
    warnings=("an old export",),
    snapshots={},
    created_at=datetime(2019, 5, 2, 4, 30, tzinfo=UTC),
    expires_at=datetime(2019, 5, 5, 4, 30, tzinfo=UTC),
)


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_every_change_hold_and_limit_stands_in_it_and_nothing_is_wider(columns: int) -> None:
    text = plan_text(PLAN, Page(columns), {})
    for word in (*(h.code for h in PLAN.holds), *(c.code for c in PLAN.changes), "max_shift_days 707, allowed 400"):
        assert word in text
    assert max(width(line) for line in text.splitlines()) <= columns


def test_limits_then_what_waits_then_what_would_be_written() -> None:
    text = plan_text(PLAN, Page(120), {})
    places = [text.index(word) for word in ("Safety limits broken", "Waiting for a decision", "To be written to Jira")]
    assert places == sorted(places)
    assert f"syncsvc approve {PLAN.id} --waive LIMIT --reason TEXT" in text


def test_a_snapshot_that_was_pruned_is_said_to_be() -> None:
    text = plan_text(replace(PLAN, snapshots={"pmcs": 3, "jira": 4}), Page(120), {"pmcs": export()})
    assert "from jira s4, which was pruned since" in text
    assert "s3" not in text


def test_words_before_signs() -> None:
    text = plan_text(replace(PLAN, holds=(), violations=()), Page(120), {})
    assert "31 days late (21)" in text
    assert "60 days early (44)" in text
    assert "first date" in text
    assert "+" not in text


def test_what_the_dates_do_not_say_is_said_below() -> None:
    text = plan_text(PLAN, Page(120), {})
    assert "why basis" in text
    assert "why both_moved" not in text


def test_an_adoption_shows_what_it_writes_before_what_still_waits() -> None:
    text = plan_text(replace(PLAN, purpose="adopt"), Page(120), {})
    assert text.index("To be written to Jira") < text.index("Waiting for a decision")
    nothing = plan_text(replace(PLAN, purpose="adopt", changes=()), Page(120), {})
    assert "There is nothing to adopt." in nothing


def test_nothing_at_all() -> None:
    text = plan_text(replace(PLAN, changes=(), holds=(), violations=()), Page(80), {})
    assert "Nothing to write, and nothing waits." in text


def test_a_name_cannot_steer_the_terminal() -> None:
    text = plan_text(replace(PLAN, changes=(change("M\x1b[2J-\n1"),)), Page(80), {})
    assert "\x1b" not in text
    assert "\x1b[1m" in plan_text(PLAN, Page(80, colour=True), {})


@pytest.mark.parametrize("purpose", ["sync", "adopt", "undo"])
def test_a_long_front_is_no_wider_either(purpose: str) -> None:
    many = dict.fromkeys(("in_sync", "unlinked", "unseen", "gone", "reported"), 12_345)
    text = plan_text(replace(PLAN, purpose=purpose, drifts=many, warnings=("very " * 30 + "old",)), Page(80), {})
    assert max(width(line) for line in text.splitlines()) <= 80
    assert "12,345 reported by Jira" in " ".join(text.split())


def test_no_file_name_steers_the_terminal_and_a_path_stays_whole() -> None:
    path = "/exports/a folder/" + "long" * 30 + ".xlsx"
    sources = {"pmcs": replace(export(), source=path), "other": replace(export(), source="/x\x1b[2J\u202e\r\ny")}
    text = plan_text(PLAN, Page(80), sources)
    assert f"from PMCS 2019-04 ME, data date 2019-04-30: {path}" in text.splitlines()
    assert {c for c in text if not c.isprintable()} == {"\n"}


@pytest.mark.parametrize(
    ("drifts", "words"),
    [
        ({}, "no link was seen"),
        ({"owner_moved": 2}, "none in sync"),
        ({"unlinked": 21, "owner_moved": 2, "in_sync": 1268}, "1,268 in sync, 21 unlinked"),
    ],
)
def test_what_is_neither_written_nor_held_is_counted(drifts: dict[str, int], words: str) -> None:
    assert drift_words(drifts) == words


def test_what_goes_to_pmcs_stands_apart_and_largest_moves_come_first() -> None:
    handed = replace(change("M-4", target=Side.PMCS, before=None), field=Field.COMPLETED)
    text = plan_text(replace(PLAN, changes=(*PLAN.changes, handed)), Page(120), {})
    written, told = text.split("To be written to Jira (3)")[1].split("To be handed to PMCS (1)")
    assert written.index("M-2") < written.index("M-1") < written.index("M-3")
    assert "M-4" in told


def test_a_known_blank_baseline_is_not_an_unknown_one() -> None:
    met = replace(hold(DriftKind.FIRST_CONTACT), baseline=None, baseline_known=False)
    blank = replace(hold(DriftKind.BOTH_MOVED), baseline=None)
    lines = plan_text(replace(PLAN, holds=(met, blank)), Page(120), {}).splitlines()
    assert [line.split()[-1] for line in lines if line.strip().startswith("M-first")] == ["never"]
    assert [line.split()[-2:] for line in lines if line.strip().startswith("M-both")] == [["no", "date"]]


def test_colour_changes_no_word() -> None:
    coloured = plan_text(PLAN, Page(120, colour=True), {})
    for tone in ("1", "2", "31", "32", "1;31", "0"):
        coloured = coloured.replace(f"\x1b[{tone}m", "")
    assert coloured == plan_text(PLAN, Page(120), {})
