"""Every fault at every stage of a write: what is on the tracker afterwards, and whether the receipt says just that."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from connectors.jira import JiraConnector
from syncsvc.model import Change, Field, Outcome
from tests.integration.jira_desk import APRIL, JUNE, MARCH, MAY, TOKEN, Desk, apply, open_desk, outcomes

WRITTEN, UNTOUCHED = APRIL.isoformat(), MARCH.isoformat()


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


@pytest.fixture(params=[False, True], ids=["silent", "comment"])
def comment(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


SILENCES: list[tuple[str, dict[str, Any], bool]] = [
    ("drop_before", {}, False),
    ("drop_after", {}, True),
    ("status", {"status": 500}, False),
    ("status", {"status": 502}, False),
    ("status", {"status": 503}, False),
    ("status", {"status": 503, "headers": {"Retry-After": "0"}}, False),
    ("status", {"status": 408}, False),
    ("html", {}, False),
    ("huge", {"bytes": 500_000}, False),
    ("slow", {"seconds": 1.0}, True),
]


@pytest.mark.parametrize(("kind", "details", "took_effect"), SILENCES)
def test_a_write_without_a_usable_answer_is_judged_by_what_the_issue_holds(
    desk: Desk, comment: bool, kind: str, details: dict[str, Any], took_effect: bool
) -> None:
    """Without a comment it is sent once more; with one never, so that no comment can come twice."""
    connector = desk.acquainted(comment=comment, deadline_seconds=0.4, answer_cap_bytes=300_000)
    desk.jira.fault(kind, method="PUT", key="DM-1", **details)
    receipt, other = apply(connector, desk.plan("DM-1"), desk.plan("DM-2"))
    assert other.outcome is Outcome.APPLIED
    landed = took_effect or not comment
    assert receipt.outcome is (Outcome.APPLIED if landed else Outcome.FAILED), receipt.detail
    assert receipt.confirmed is landed
    assert desk.jira.due("DM-1") == (WRITTEN if landed else UNTOUCHED)
    assert len(desk.jira.comments("DM-1")) == (1 if comment and landed else 0)
    assert len(desk.puts("DM-1")) == (1 if took_effect or comment else 2)
    if not landed:
        assert "not sent again, so that its comment cannot come twice; duedate still holds" in (receipt.detail or "")


@pytest.mark.parametrize(("kind", "details", "took_effect"), [s for s in SILENCES if s[0] != "slow"])
def test_a_silence_that_lasts_is_sent_twice_at_most(
    desk: Desk, kind: str, details: dict[str, Any], took_effect: bool
) -> None:
    connector = desk.acquainted(deadline_seconds=0.2, answer_cap_bytes=300_000)
    desk.jira.fault(kind, method="PUT", times=1000, **details)
    (receipt,) = apply(connector, desk.plan("DM-1"))
    assert receipt.outcome is (Outcome.APPLIED if took_effect else Outcome.FAILED)
    assert receipt.confirmed is took_effect
    assert len(desk.puts()) == (1 if took_effect else 2)
    assert receipt.detail
    assert TOKEN not in receipt.detail
    assert desk.jira.user not in receipt.detail


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("endless", {}),
        ("endless", {"head": True}),
        ("slow", {"seconds": 0.8, "late": True}),
        ("status", {"status": 504}),
    ],
)
def test_a_write_that_jira_may_still_be_working_on_is_unknown(
    desk: Desk, comment: bool, kind: str, details: dict[str, Any]
) -> None:
    connector = desk.acquainted(comment=comment, deadline_seconds=0.25)
    desk.jira.fault(kind, method="PUT", times=1000, **details)
    (receipt,) = apply(connector, desk.plan("DM-1"))
    assert (receipt.outcome, receipt.confirmed) == (Outcome.UNKNOWN, False)
    assert "duedate still holds 2019-03-15 so far, and the write may still be under way" in (receipt.detail or "")
    assert len(desk.puts()) <= (1 if comment else 2)  # one that waits is noted late


@pytest.mark.parametrize(
    ("then", "details"),
    [
        ("drop_before", {}),
        ("status", {"status": 401}),
        ("status", {"status": 409}),
        ("rate_limit", {"retry_after": "900"}),
    ],
)
def test_a_write_that_may_be_under_way_stays_unknown_whatever_the_second_one_meets(
    desk: Desk, then: str, details: dict[str, Any]
) -> None:
    connector = desk.acquainted(deadline_seconds=0.25)
    desk.jira.fault("endless", method="PUT")
    desk.jira.fault(then, method="PUT", times=1000, **details)
    (receipt,) = apply(connector, desk.plan("DM-1"))
    assert (receipt.outcome, receipt.confirmed) == (Outcome.UNKNOWN, False)
    assert "may still be under way" in (receipt.detail or "")
    assert len(desk.puts()) == 2


def test_a_server_that_is_gone_when_a_write_begins_was_not_written_to(desk: Desk) -> None:
    def stop_and_say(changes: Sequence[Change]) -> str:
        desk.jira.stop()
        return "dates"

    settings = desk.connect(comment=True, workers=1)._settings
    connector = JiraConnector("jira", settings, now=desk.time.now, sleep=desk.time.sleep, comment_text=stop_and_say)
    receipts = apply(connector, desk.plan("DM-1"), desk.plan("DM-2"))
    connector.close()
    assert outcomes(receipts) == [Outcome.NOT_TRIED, Outcome.NOT_TRIED]
    assert "no connection (Connection refused)" in (receipts[0].detail or "")
    assert desk.puts() == []


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_silence_that_cannot_be_cleared_up_is_unknown_and_ends_the_batch(
    desk: Desk, comment: bool, kind: str
) -> None:
    connector = desk.acquainted(comment=comment, attempts=2, workers=1)
    planned = [desk.plan(f"DM-{number}") for number in range(1, 5)]
    desk.jira.fault(kind, method="PUT")
    desk.jira.fault("drop_before", method="GET", after=desk.looked_at_alone(4), times=1000)
    receipts = apply(connector, *planned)
    assert outcomes(receipts) == [Outcome.UNKNOWN] + [Outcome.NOT_TRIED] * 3
    assert not any(receipt.confirmed for receipt in receipts)
    assert "gives no usable answer" in (receipts[0].detail or "")
    assert len(desk.puts()) == 1


def test_an_issue_that_vanishes_in_the_silence_is_unknown_and_the_others_land(desk: Desk) -> None:
    connector = desk.acquainted(workers=1)
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    desk.jira.fault("drop_after", method="PUT", key="DM-1")
    desk.jira.fault("status", method="GET", key="DM-1", status=404, after=desk.looked_at_alone(1), times=1000)
    assert outcomes(apply(connector, *planned)) == [Outcome.UNKNOWN, Outcome.APPLIED]


def test_somebody_elses_edit_in_the_silence_is_kept(desk: Desk) -> None:
    connector = desk.acquainted()
    planned = desk.plan("DM-1")
    desk.jira.fault("drop_before", method="PUT")
    edit_when_written(desk, "DM-1", duedate=JUNE.isoformat())
    (receipt,) = apply(connector, planned)
    assert receipt.outcome is Outcome.STALE
    assert "duedate holds 2019-06-15 now" in (receipt.detail or "")
    assert desk.jira.due("DM-1") == JUNE.isoformat()
    assert len(desk.puts()) == 1


def test_only_what_did_not_land_is_sent_again(desk: Desk) -> None:
    connector = desk.acquainted()
    planned = [desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED)]
    desk.jira.fault("drop_before", method="PUT")
    edit_when_written(desk, "DM-1", duedate=APRIL.isoformat())  # a person had the same idea
    assert outcomes(apply(connector, *planned)) == [Outcome.APPLIED, Outcome.APPLIED]
    assert [list(request.body["fields"]) for request in desk.puts()][1] == ["customfield_10100"]  # type: ignore[index]


# accepted, and then


def test_a_write_that_is_accepted_and_does_not_happen_is_failed(desk: Desk, comment: bool) -> None:
    connector = desk.acquainted(comment=comment)
    desk.jira.fault("lie", method="PUT", key="DM-1")
    lied, written = apply(connector, desk.plan("DM-1"), desk.plan("DM-2"))
    assert (lied.outcome, lied.confirmed) == (Outcome.FAILED, False)
    assert lied.detail == "Jira accepted the write, but duedate still holds 2019-03-15"
    assert written.outcome is Outcome.APPLIED
    assert len(desk.puts("DM-1")) == 1


def test_a_rule_that_changes_the_date_at_once_is_said_to_have(desk: Desk) -> None:
    connector = desk.acquainted()
    planned = desk.plan("DM-1")
    edit_when_written(desk, "DM-1", duedate=JUNE.isoformat())
    (receipt,) = apply(connector, planned)
    assert (receipt.outcome, receipt.confirmed) == (Outcome.FAILED, False)
    assert "duedate holds 2019-06-15: a person or a rule changed it" in (receipt.detail or "")


@pytest.mark.parametrize(("kind", "details"), [("status", {"status": 503}), ("status", {"status": 401}), ("html", {})])
def test_what_cannot_be_read_back_is_unknown(desk: Desk, kind: str, details: dict[str, Any]) -> None:
    connector = desk.acquainted(attempts=2)
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    desk.jira.fault(kind, method="POST", after=1 if desk.jira.is_cloud else 0, times=1000, **details)
    receipts = apply(connector, *planned)
    assert outcomes(receipts) == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert "accepted, but it could not be read back" in (receipts[0].detail or "")


def test_an_issue_that_is_not_there_to_be_read_back_is_unknown(desk: Desk) -> None:
    connector = desk.acquainted()
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    before = desk.jira.answer

    def hide_after_writing(call: Any) -> Any:
        answer = before(call)
        if call.method == "PUT" and call.issue_name == "DM-1":
            desk.jira.hide("DM-1")
        return answer

    desk.jira.answer = hide_after_writing  # type: ignore[method-assign]  # somebody acts at just that moment
    assert outcomes(apply(connector, *planned)) == [Outcome.UNKNOWN, Outcome.APPLIED]


# turned away


def test_a_token_that_expires_in_the_middle_ends_the_batch(desk: Desk) -> None:
    connector = desk.acquainted(workers=1)
    planned = [desk.plan(f"DM-{number}") for number in range(1, 6)]
    desk.jira.fault("status", method="PUT", after=2, times=1000, status=401)
    receipts = apply(connector, *planned)
    assert sorted(outcomes(receipts)) == sorted([Outcome.APPLIED] * 2 + [Outcome.REFUSED] + [Outcome.NOT_TRIED] * 2)
    assert len(desk.puts()) == 3
    refused = next(receipt for receipt in receipts if receipt.outcome is Outcome.REFUSED)
    assert "does not accept the token (401)" in (refused.detail or "")
    assert "expired" in (refused.detail or "")


def test_a_redirect_is_refused_and_never_followed(desk: Desk) -> None:
    connector = desk.acquainted()
    desk.jira.fault("redirect", method="PUT", key="DM-1")
    refused, written = apply(connector, desk.plan("DM-1"), desk.plan("DM-2"))
    assert outcomes([refused, written]) == [Outcome.REFUSED, Outcome.APPLIED]
    assert "/login.jsp" in (refused.detail or "")
    assert "permissionViolation" not in (refused.detail or "")
    assert "Writes never follow redirects" in (refused.detail or "")
    assert not any("login" in request.path for request in desk.jira.requests)
    assert len(desk.puts("DM-1")) == 1


def test_a_redirect_to_another_host_never_carries_the_token(desk: Desk) -> None:
    with open_desk(desk.jira.flavour) as other:
        headers = {"Location": f"{other.jira.url}/rest/api/2/issue/DM-1"}
        connector = desk.acquainted()
        for status in (301, 302, 307, 308):
            desk.jira.fault("status", method="PUT", status=status, headers=headers)
            assert outcomes(apply(connector, desk.plan("DM-1"))) == [Outcome.REFUSED]
        assert other.jira.requests == []


# put off and repeated


@pytest.mark.parametrize("retry_after", ["5", "2.5", None])
def test_a_write_that_is_put_off_is_sent_again_after_that_long(
    desk: Desk, comment: bool, retry_after: str | None
) -> None:
    connector = desk.acquainted(comment=comment)
    desk.jira.fault("rate_limit", method="PUT", retry_after=retry_after)
    assert outcomes(apply(connector, desk.plan("DM-1"))) == [Outcome.APPLIED]
    assert len(desk.puts()) == 2
    assert len(desk.jira.comments("DM-1")) == comment
    (slept,) = desk.time.slept
    assert slept >= float(retry_after or 0.5)


def test_an_edit_while_jira_made_a_write_wait_is_not_overwritten(desk: Desk) -> None:
    connector = desk.acquainted(workers=1)
    planned = [desk.plan(f"DM-{number}") for number in (1, 2, 3)]
    desk.jira.fault("rate_limit", method="PUT", retry_after="30")
    wait = desk.time.sleep

    def sleep(seconds: float) -> None:
        wait(seconds)
        desk.jira.edit("DM-1", duedate=JUNE.isoformat())  # the write that was put off
        desk.jira.edit("DM-2", duedate=APRIL.isoformat())  # and those that wait behind it
        desk.jira.delete("DM-3")

    connector._transport._sleep = sleep
    receipts = apply(connector, *planned)
    assert outcomes(receipts) == [Outcome.STALE, Outcome.ALREADY, Outcome.REFUSED]
    assert receipts[0].detail == f"duedate holds {JUNE} now, not {MARCH}"
    assert desk.jira.due("DM-1") == JUNE.isoformat()
    assert len(desk.puts()) == 1


def test_a_503_that_says_when_to_come_back_did_nothing(desk: Desk) -> None:
    connector = desk.acquainted(comment=True)
    desk.jira.fault("status", method="PUT", status=503, headers={"Retry-After": "3"})
    assert outcomes(apply(connector, desk.plan("DM-1"))) == [Outcome.APPLIED]
    assert desk.time.slept == [3]
    assert desk.asked().count("GET issue/DM-1") == desk.looked_at_alone(1)


def test_a_wait_holds_for_all_workers(desk: Desk) -> None:
    connector = desk.acquainted(workers=4)
    planned = [desk.plan(f"DM-{number}") for number in range(1, 10)]
    desk.jira.fault("rate_limit", method="PUT", retry_after="30")
    assert set(outcomes(apply(connector, *planned))) == {Outcome.APPLIED}
    assert max(desk.time.slept) <= 30
    assert len(desk.puts()) == 10


def test_a_wait_beyond_the_budget_ends_the_batch_and_nothing_is_in_doubt(desk: Desk) -> None:
    connector = desk.acquainted(workers=1)
    planned = [desk.plan(f"DM-{number}") for number in range(1, 5)]
    desk.jira.fault("rate_limit", method="PUT", after=1, times=1000, retry_after="1800")
    receipts = apply(connector, *planned)
    assert outcomes(receipts) == [Outcome.APPLIED] + [Outcome.NOT_TRIED] * 3
    assert "asks to wait 1800 seconds" in (receipts[1].detail or "")
    assert len(desk.puts()) == 2
    assert desk.time.slept == []


def test_a_server_that_goes_down_in_the_middle_leaves_the_rest_untried(desk: Desk) -> None:
    connector = desk.acquainted(workers=1, attempts=2)
    planned = [desk.plan(f"DM-{number}") for number in range(1, 5)]
    desk.jira.fault("drop_before", method="PUT", after=1, times=1000)
    desk.jira.fault("drop_before", method="GET", after=desk.looked_at_alone(4), times=1000)
    receipts = apply(connector, *planned)
    assert outcomes(receipts) == [Outcome.APPLIED, Outcome.UNKNOWN, Outcome.NOT_TRIED, Outcome.NOT_TRIED]


# conflicts


def test_a_conflict_is_looked_at_and_sent_once_more(desk: Desk, comment: bool) -> None:
    connector = desk.acquainted(comment=comment)
    desk.jira.fault("status", method="PUT", status=409)
    assert outcomes(apply(connector, desk.plan("DM-1"))) == [Outcome.APPLIED]
    assert desk.asked().count("GET issue/DM-1") == 1 + desk.looked_at_alone(1)
    assert len(desk.jira.comments("DM-1")) == comment


def test_a_conflict_with_another_edit_is_stale(desk: Desk) -> None:
    connector = desk.acquainted()
    planned = desk.plan("DM-1")
    desk.jira.fault("status", method="PUT", status=409)
    edit_when_written(desk, "DM-1", duedate=JUNE.isoformat())
    assert outcomes(apply(connector, planned)) == [Outcome.STALE]
    assert desk.jira.due("DM-1") == JUNE.isoformat()


def test_two_conflicts_are_failed(desk: Desk) -> None:
    connector = desk.acquainted()
    desk.jira.fault("status", method="PUT", status=409, times=1000)
    (receipt,) = apply(connector, desk.plan("DM-1"))
    assert receipt.outcome is Outcome.FAILED
    assert "twice (409); duedate still holds 2019-03-15" in (receipt.detail or "")
    assert len(desk.puts()) == 2


def edit_when_written(desk: Desk, key: str, **fields: Any) -> None:
    """Somebody edits the issue at the moment of the first request to write it, after what that does."""
    note, pending = desk.jira.log, [key]

    def edit_and_note(call: Any, status: int | None) -> None:
        if call.method == "PUT" and call.issue_name in pending:
            pending.remove(call.issue_name)
            desk.jira.edit(key, **fields)
        note(call, status)

    desk.jira.log = edit_and_note  # type: ignore[method-assign]  # the moment is what the test is about
