"""What a run says to a person: how it ended, exceptions first, and nothing in it that can steer a terminal."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from syncsvc.errors import ExitCode
from syncsvc.model import (
    Action,
    Drift,
    DriftKind,
    Field,
    Hold,
    Judgement,
    Mode,
    Outcome,
    Plan,
    Proposal,
    ProposalState,
    Receipt,
    Reject,
    RunResult,
    Settled,
    Side,
    Violation,
)
from syncsvc.report.layout import Page, width
from syncsvc.report.run_text import run_text
from syncsvc.report.words import receipt_words
from tests.builders import NOON, change, export, issue, milestone, tracked

FEB, MARCH = date(2019, 2, 1), date(2019, 3, 4)
HOSTILE = "x\x1b[2J\u202e\r\ny"
MOVED = [change(f"DM-{n}", Field.DUE, FEB, MARCH) for n, _ in enumerate(Outcome)]
RECEIPTS = tuple(Receipt(c, outcome, f"detail of {outcome}") for c, outcome in zip(MOVED, Outcome, strict=True))
LEFT = change("DM-90", Field.DUE, FEB, date(2018, 12, 3))
HOLD = Hold("M-91", "DM-91", Field.DUE, DriftKind.IMPLAUSIBLE, MARCH, FEB, FEB, "why it waits", "id-91", True)
PLAN = Plan(
    id="p-0123456789ab",
    mode=Mode.AUTO,
    changes=(*MOVED, LEFT),
    holds=(HOLD,),
    drifts={"in_sync": 12_345, "unlinked": 12_345, "unseen": 12_345, "gone": 12_345, "reported": 12_345},
    violations=(Violation("max_shift_days", 707, 400, "M-2 would move"),),
    warnings=("the newest export has the data date 2019-01-01, " + "very " * 20 + "old",),
    snapshots={},
    created_at=NOON,
    expires_at=NOON + timedelta(hours=72),
)
PENDING = Proposal("M-92", "id-92", MARCH, ProposalState.NOT_LANDED, MARCH, "DM-92")
DRIFTS = (
    Drift("M-93", DriftKind.GONE, Action.REPORT, key="DM-93", field=Field.DUE, why="Jira does not show DM-93"),
    Drift("M-93", DriftKind.GONE, Action.REPORT, key="DM-93", field=Field.COMPLETED, why="Jira does not show DM-93"),
    Drift("M-94", DriftKind.UNSEEN, Action.REPORT, key="DM-94", field=Field.DUE, why="Jira was not read completely"),
    Drift(
        "M-95", DriftKind.REPORTED, Action.REPORT, key="DM-95", field=Field.COMPLETED, follower_value=MARCH,
        why="handed over on 2019-03-05", waits=True,
    ),
    Drift("M-96", DriftKind.REPORTED, Action.PROPOSE, key="DM-96", field=Field.COMPLETED, follower_value=MARCH),
)  # fmt: skip
RUN = RunResult(
    run=12,
    trigger="manual",
    mode=Mode.AUTO,
    started_at=NOON,
    finished_at=NOON + timedelta(minutes=1),
    exit_code=6,
    plan=PLAN,
    pulled={
        "pmcs": replace(export(milestone("M-1"), rejects=[Reject("TASK row 9", None, "no code")]), edition=2),
        "jira": tracked(issue("DM-1"), issue("DM-2"), missing=["DM-93"], complete=False),
    },
    receipts=RECEIPTS,
    settled=(Settled(LEFT, Outcome.APPLIED, "the value was read back"),),
    hand_overs=(Judgement(PENDING, "the export does not show it"),),
    drifts=DRIFTS,
    problems=("one.xlsx: TASK row 9 cannot be read, " + "and so on, " * 15 + "\n    Correct it.",),
)
QUIET = replace(RUN, exit_code=0, plan=None, pulled={}, receipts=(), settled=(), hand_overs=(), drifts=(), problems=())


def text_of(result: RunResult, columns: int = 120) -> str:
    return run_text(result, Page(columns))


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_everything_stands_in_it_and_nothing_is_wider_than_the_page(columns: int) -> None:
    text = text_of(RUN, columns)
    for code in (*(c.code for c in PLAN.changes), *(f"M-{n}" for n in range(91, 96))):
        assert code in text
    assert "M-96" not in text, "a hand-over that is in the plan is no completion that waits"
    assert [line for line in text.splitlines() if width(line) > columns and "(/" not in line and "(h" not in line] == []


def test_exceptions_first() -> None:
    text = text_of(RUN)
    headings = (
        "Run 12: a write went wrong", "Safety limits broken (1)", "Not written (5)", "Settled from an earlier run (1)",
        "Completions handed to PMCS (1)", "Waiting for a decision (1)", "Gone (1)", "Unseen (1)",
        "Completions reported by Jira that PMCS does not show yet (1)", "Written (3)", "To be written to Jira (1)",
        "Could not be read or written",
    )  # fmt: skip
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (ExitCode.DONE, "done, nothing waits"),
        (ExitCode.WAITING, "done; something waits for a person"),
        (ExitCode.LIMITS, "stopped by the safety limits; nothing was written"),
        (ExitCode.WRITES, "a write went wrong; see below"),
        (ExitCode.SOURCE, "a source could not be read; nothing was written"),
        (ExitCode.LEASE, "exit 7"),
    ],
)
def test_the_first_line_says_how_it_ended(code: ExitCode, words: str) -> None:
    assert text_of(replace(QUIET, exit_code=code)).splitlines()[0] == f"Run 12: {words}"


def test_an_applied_plan_does_not_say_that_its_waived_limits_stop_it() -> None:
    far = Violation("max_shift_days", 2_914_846, 400, "M-2 would move")
    text = text_of(replace(RUN, trigger="apply", plan=replace(PLAN, violations=(far,))))
    assert "Safety limits that the plan broke (1), waived or no longer broken" in text
    assert "max_shift_days 2,914,846, allowed 400" in text
    assert "nothing is written" not in text
    assert "--waive" not in text


def test_a_run_that_did_nothing_is_two_lines() -> None:
    assert text_of(QUIET) == "Run 12: done, nothing waits\nmanual, mode auto, 2019-05-01 12:01 UTC\n"


def test_the_sources_say_what_was_read() -> None:
    lines = text_of(RUN).splitlines()
    assert (
        "jira: Jira, 2 issues, 1 not found, INCOMPLETE: the source does not say why (https://jira.example.org)" in lines
    )
    assert (
        "pmcs: PMCS 2019-04 ME edition 2, 1 milestone, data date 2019-04-30, 1 not used, COMPLETE "
        "(/exports/2019-04-ME.xlsx)"
    ) in lines


def test_a_source_says_whether_and_how_completely_it_was_read() -> None:
    begun = datetime(2019, 5, 1, 11, 30, tzinfo=UTC)
    seen = replace(tracked(issue("DM-1")), read_at=begun, census_at=begun)
    since = replace(seen, census_at=begun - timedelta(days=3))
    failed = replace(since, complete=False, why_incomplete="DM-1: \x1b[31mJira answers 500")
    said = [text_of(replace(QUIET, pulled={"jira": each})).splitlines()[2] for each in (seen, since, failed)]
    place = "(https://jira.example.org)"
    assert said == [
        f"jira: Jira, 1 issue, COMPLETE {place}",
        f"jira: Jira, 1 issue, COMPLETE: read what has changed; all was last read 2019-04-28 11:30 UTC {place}",
        f"jira: Jira, 1 issue, INCOMPLETE: DM-1: [31mJira answers 500 {place}",
    ]


def test_a_path_stays_whole_on_any_page() -> None:
    path = "/exports/a folder/" + "long" * 30 + ".xlsx"
    pulled = {"pmcs": replace(export(milestone("M-1")), source=path)}
    assert f"({path})" in text_of(replace(QUIET, pulled=pulled), 80)


def test_counts_of_what_became_of_changes() -> None:
    assert receipt_words(RECEIPTS[:3]) == "1 written, 1 already there, 1 handed to PMCS"
    assert receipt_words([]) == ""
    only_moved = replace(PLAN, drifts={"owner_moved": 2}, holds=())
    assert "nothing written; 0 holds; none in sync" in text_of(replace(QUIET, plan=only_moved))
    assert "nothing written; 0 holds; no link was seen" in text_of(replace(QUIET, plan=replace(only_moved, drifts={})))


def test_trouble_says_why_below_its_row_and_nothing_where_nothing_is_known() -> None:
    lines = text_of(RUN).splitlines()
    at = next(n for n, line in enumerate(lines) if line.split()[:1] == ["M-DM-4"])
    assert lines[at].endswith("refused")
    assert lines[at + 1].strip() == "detail of refused"
    silent = tuple(replace(r, detail=None) for r in RECEIPTS[3:6])
    section = text_of(replace(QUIET, receipts=silent)).split("\n\n")[1]
    assert len(section.splitlines()) == 2 + 3


def test_moves_in_words_and_first_dates_by_name() -> None:
    first = Receipt(change("DM-1", Field.DUE, None, MARCH), Outcome.APPLIED)
    done = Receipt(replace(change("DM-2", Field.COMPLETED, None, MARCH), target=Side.PMCS), Outcome.HANDED_OVER, "/o.x")
    text = text_of(replace(QUIET, receipts=(first, done, RECEIPTS[0])))
    assert "first date" in text
    assert "completed" in text
    assert "31 days late (21)" in text
    assert "  import workbook for P6: /o.x" in text.splitlines()


def test_a_hint_stands_below_its_problem() -> None:
    lines = text_of(replace(QUIET, problems=("one.xlsx: bad\n    Correct it.",))).splitlines()
    assert lines[-3:] == ["Could not be read or written", "one.xlsx: bad", "    Correct it."]


def test_names_from_outside_cannot_steer_the_terminal() -> None:
    hostile = replace(change("DM-1", Field.DUE, FEB, MARCH), code=HOSTILE, key=HOSTILE)
    workbook = Receipt(replace(hostile, target=Side.PMCS), Outcome.HANDED_OVER, f"/outbox/{HOSTILE}")
    text = text_of(
        replace(
            RUN,
            plan=replace(PLAN, changes=(hostile,), holds=(replace(HOLD, code=HOSTILE, key=HOSTILE, why=HOSTILE),)),
            pulled={"pmcs": replace(export(), source=f"/exports/{HOSTILE}", kind=HOSTILE)},
            receipts=(workbook, Receipt(hostile, Outcome.REFUSED, HOSTILE)),
            settled=(Settled(hostile, Outcome.UNKNOWN, HOSTILE),),
            hand_overs=(Judgement(replace(PENDING, code=HOSTILE), HOSTILE),),
            drifts=tuple(replace(d, code=HOSTILE, key=HOSTILE, why=HOSTILE) for d in DRIFTS),
            problems=(f"/exports/{HOSTILE}: bad",),
        )
    )
    assert {c for c in text if not c.isprintable()} == {"\n"}


def test_colour_only_when_asked_and_the_words_are_the_same() -> None:
    coloured = run_text(RUN, Page(120, colour=True))
    assert "\x1b[1;31m" in coloured
    for tone in ("1", "2", "31", "32", "1;31", "0"):
        coloured = coloured.replace(f"\x1b[{tone}m", "")
    assert coloured == text_of(RUN)
