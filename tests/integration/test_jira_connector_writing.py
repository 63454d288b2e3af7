"""What the Jira connector writes, when it does not, and what it says about it, where the server behaves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest

from connectors.jira import JiraConnector
from syncsvc.errors import Unreachable
from syncsvc.model import Change, Field, Outcome, Receipt, Side
from tests.integration.jira_desk import ACTUAL_END, APRIL, JUNE, MARCH, MAY, Desk, apply, open_desk, outcomes


@pytest.fixture(params=["cloud", "data-center"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


def test_both_dates_of_an_issue_travel_in_one_request(desk: Desk) -> None:
    receipts = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED))
    assert outcomes(receipts) == [Outcome.APPLIED, Outcome.APPLIED]
    assert all(receipt.confirmed for receipt in receipts)
    (put,) = desk.puts()
    assert put.body == {"fields": {"duedate": "2019-04-15", ACTUAL_END: "2019-05-15"}}
    assert put.query == {}
    assert desk.asked() == [
        "POST issue/bulkfetch" if desk.jira.is_cloud else "GET issue/DM-1",
        "PUT issue/DM-1",
        "POST issue/bulkfetch" if desk.jira.is_cloud else "POST search",
    ]


def test_a_busy_night_costs_a_request_per_issue_and_a_few(desk: Desk) -> None:
    for number in range(10, 387):
        desk.jira.add_issue(f"DM-{number}", duedate=MARCH.isoformat())
    keys = [f"DM-{number}" for number in range(1, 387)]
    connector = desk.connect(flavour="auto")
    (snapshot,) = connector.pull(keys, {}).snapshots
    ids = {m.code: m.issue_id or "" for m in snapshot.milestones}
    changes = [replace(desk.plan("DM-1"), key=key, issue_id=ids[key], code=f"M-{key}") for key in keys[:154]]
    for batch in (changes[:100], changes[100:]):
        assert set(outcomes(apply(connector, *batch))) == {Outcome.APPLIED}
    assert desk.jira.count("PUT") == 154
    assert desk.jira.count() <= 154 + 11 + desk.looked_at_alone(154)
    assert {desk.jira.due(key) for key in keys[:154]} == {APRIL.isoformat()}
    assert {desk.jira.due(key) for key in keys[154:]} == {MARCH.isoformat()}


# comments and mails


def test_a_comment_travels_with_the_date(desk: Desk) -> None:
    connector = desk.acquainted(comment=True)
    changes = [desk.plan("DM-1", from_column="base_end_date"), desk.plan("DM-1", MAY, Field.COMPLETED)]
    assert outcomes(apply(connector, *changes)) == [Outcome.APPLIED, Outcome.APPLIED]
    (comment,) = desk.jira.comments("DM-1")
    assert "Due: 2019-03-15 -> 2019-04-15 (milestone M-DM-1, column base_end_date)" in comment
    assert "Completed: no date -> 2019-05-15" in comment
    assert len(desk.puts()) == 1


def test_the_service_may_bring_its_own_comment(desk: Desk) -> None:
    def say(changes: Sequence[Change]) -> str:
        return f"{len(changes)} dates of [{changes[0].key}]"

    settings = desk.connect(comment=True)._settings
    connector = JiraConnector("jira", settings, now=desk.time.now, sleep=desk.time.sleep, comment_text=say)
    apply(connector, desk.plan("DM-1"))
    connector.close()
    assert desk.jira.comments("DM-1") == ["{noformat}\n1 dates of [DM-1]\n{noformat}"]


def test_there_is_no_date_without_its_comment(desk: Desk) -> None:
    connector = desk.acquainted(comment=True)
    desk.jira.permissions["DM"]["ADD_COMMENTS"] = False
    (receipt,) = apply(connector, desk.plan("DM-1"))
    assert receipt.outcome is Outcome.REFUSED
    assert "not written without its comment" in (receipt.detail or "")
    assert (desk.jira.due("DM-1"), desk.jira.comments("DM-1")) == (MARCH.isoformat(), [])
    assert len(desk.puts()) == 1


def test_nothing_is_commented_where_nothing_is_written(desk: Desk) -> None:
    connector = desk.acquainted(comment=True)
    planned = desk.plan("DM-1")
    apply(connector, planned)
    apply(connector, planned)
    assert len(desk.jira.comments("DM-1")) == 1


def test_watchers_are_mailed_unless_told_otherwise(desk: Desk) -> None:
    desk.jira.permissions["DM"]["ADMINISTER_PROJECTS"] = True
    assert outcomes(apply(desk.acquainted(notify=False), desk.plan("DM-1"))) == [Outcome.APPLIED]
    assert desk.puts()[0].query == {"notifyUsers": "false"}


def test_a_quiet_edit_that_jira_does_not_allow_names_the_setting(desk: Desk) -> None:
    (receipt,) = apply(desk.acquainted(notify=False), desk.plan("DM-1"))
    assert receipt.outcome is Outcome.REFUSED
    assert "notify = false needs the permission Administer projects" in (receipt.detail or "")
    assert desk.jira.due("DM-1") == MARCH.isoformat()


# comparing before


def test_a_hand_edit_between_plan_and_write_is_kept(desk: Desk) -> None:
    planned = desk.plan("DM-1")
    desk.jira.edit("DM-1", duedate=JUNE.isoformat())
    (receipt,) = apply(desk.acquainted(), planned)
    assert (receipt.outcome, receipt.detail) == (Outcome.STALE, "duedate holds 2019-06-15 now, not 2019-03-15")
    assert desk.puts() == []


def test_a_completion_decided_on_another_day_of_resolution_is_stale(desk: Desk) -> None:
    desk.jira.resolve("DM-1", at="2019-03-15T12:00:00")
    planned = desk.plan("DM-1", APRIL, Field.COMPLETED)
    desk.jira.reopen("DM-1")
    (receipt,) = apply(desk.acquainted(), planned)
    assert receipt.outcome is Outcome.STALE
    assert receipt.detail == "DM-1 shows no date as completed now, not 2019-03-15"
    assert desk.puts() == []


def test_an_index_that_lags_makes_nothing_stale_and_nothing_failed(desk: Desk) -> None:
    desk.jira.edit("DM-1", duedate=MAY.isoformat())
    desk.jira.stale_search(60)
    desk.jira.edit("DM-1", duedate=JUNE.isoformat())
    (receipt,) = apply(desk.acquainted(), desk.plan("DM-1", APRIL))
    assert (receipt.outcome, receipt.confirmed) == (Outcome.APPLIED, True)
    assert desk.asked() == [
        *(["POST issue/bulkfetch"] if desk.jira.is_cloud else []),
        "GET issue/DM-1",
        "PUT issue/DM-1",
        "POST issue/bulkfetch" if desk.jira.is_cloud else "POST search",
        "GET issue/DM-1",
    ]


def test_an_edit_that_the_index_does_not_show_yet_is_not_written_over(desk: Desk) -> None:
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    desk.jira.stale_search(60, bulkfetch=False)
    desk.jira.edit("DM-1", duedate=JUNE.isoformat())
    edited, untouched = apply(desk.acquainted(), *planned)
    assert (edited.outcome, untouched.outcome) == (Outcome.STALE, Outcome.APPLIED)
    assert desk.jira.due("DM-1") == JUNE.isoformat()


def test_what_is_already_there_is_confirmed_by_one_request(desk: Desk) -> None:
    planned = desk.plan("DM-1")
    desk.jira.edit("DM-1", duedate=APRIL.isoformat())
    (receipt,) = apply(desk.acquainted(), planned)
    assert (receipt.outcome, receipt.confirmed) == (Outcome.ALREADY, True)
    assert desk.jira.count() == 1


def test_an_issue_that_moved_is_followed_inside_the_projects_and_nowhere_else(desk: Desk) -> None:
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    desk.jira.move("DM-1", "DLP-1")
    desk.jira.move("DM-2", "SECRET-2")
    followed, refused = apply(desk.acquainted(), *planned)
    assert followed.outcome is Outcome.APPLIED
    assert (refused.outcome, refused.detail) == (
        Outcome.REFUSED,
        "DM-2 is SECRET-2 now, which is outside the configured projects",
    )
    assert desk.jira.due("DLP-1") == APRIL.isoformat()
    assert desk.jira.due("SECRET-2") == MARCH.isoformat()


@pytest.mark.parametrize("gone", ["delete", "hide"])
def test_an_issue_that_is_not_shown_is_refused(desk: Desk, gone: str) -> None:
    planned = desk.plan("DM-1")
    getattr(desk.jira, gone)("DM-1")
    lost, written = apply(desk.acquainted(), planned, desk.plan("DM-2"))
    assert (lost.outcome, lost.detail) == (Outcome.REFUSED, "DM-1 is not found or not visible")
    assert written.outcome is Outcome.APPLIED


def test_a_date_that_cannot_be_read_is_not_overwritten(desk: Desk) -> None:
    planned = desk.plan("DM-1")
    desk.jira.edit("DM-1", duedate="soon")
    (receipt,) = apply(desk.acquainted(), planned)
    assert receipt.outcome is Outcome.REFUSED
    assert "duedate of DM-1 is no date: 'soon'" in (receipt.detail or "")
    assert desk.puts() == []


def test_what_the_connector_is_not_for_is_refused_without_a_request(desk: Desk) -> None:
    due = desk.plan("DM-1")
    connector = desk.acquainted(completed_field=None)
    assert connector.writes == {Field.DUE}
    completed, elsewhere = replace(due, field=Field.COMPLETED, before=None), replace(due, target=Side.PMCS)
    assert outcomes(apply(connector, completed, elsewhere)) == [Outcome.REFUSED, Outcome.REFUSED]
    assert desk.jira.count() == 0


def test_two_values_for_one_place_are_both_refused(desk: Desk) -> None:
    due = desk.plan("DM-1")
    first, second = list(desk.acquainted().apply([due, replace(due, code="M-OTHER", after=MAY)]))
    assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.REFUSED)
    assert "several values for due of DM-1" in (first.detail or "")
    assert desk.jira.count() == 0


def test_two_milestones_may_ask_for_the_same_value(desk: Desk) -> None:
    due = desk.plan("DM-1")
    receipts = list(desk.acquainted().apply([due, replace(due, code="M-OTHER")]))
    assert outcomes(receipts) == [Outcome.APPLIED, Outcome.APPLIED]
    assert len(desk.puts()) == 1


# refusals


def test_a_field_that_one_issue_does_not_take_keeps_nothing_else_out(desk: Desk) -> None:
    desk.jira.not_on_screen("DM-1", "duedate")
    changes = [desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED), desk.plan("DM-2")]
    refused, completed, other = apply(desk.acquainted(comment=True), *changes)
    assert outcomes([refused, completed, other]) == [Outcome.REFUSED, Outcome.APPLIED, Outcome.APPLIED]
    assert "Field 'duedate' cannot be set" in (refused.detail or "")
    assert "Schedule issues" in (refused.detail or "")
    assert [request.body["fields"] for request in desk.puts("DM-1")] == [  # type: ignore[index]  # parsed JSON
        {"duedate": "2019-04-15", ACTUAL_END: "2019-05-15"},
        {ACTUAL_END: "2019-05-15"},
    ]
    (comment,) = desk.jira.comments("DM-1")
    assert "Due" not in comment


def test_fields_that_are_all_refused_are_not_sent_again(desk: Desk) -> None:
    desk.jira.not_on_screen("DM-1", "duedate")
    desk.jira.not_on_screen("DM-1", ACTUAL_END)
    receipts = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED))
    assert outcomes(receipts) == [Outcome.REFUSED, Outcome.REFUSED]
    assert "Schedule issues" not in (receipts[1].detail or "")
    assert len(desk.puts()) == 1


def test_what_is_left_of_a_request_may_be_refused_too(desk: Desk) -> None:
    body = {"errorMessages": [], "errors": {ACTUAL_END: "Not today."}}
    desk.jira.not_on_screen("DM-1", "duedate")
    desk.jira.fault("status", method="PUT", after=1, status=400, body=body)
    receipts = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED))
    assert outcomes(receipts) == [Outcome.REFUSED, Outcome.REFUSED]
    assert "Not today." in (receipts[1].detail or "")
    assert len(desk.puts()) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"errorMessages": ["Something is wrong."], "errors": {}},
        {"errorMessages": [], "errors": {"duedate": "No.", "customfield_999": "Sprint is required."}},
        {"message": "Something is wrong."},
        [],
    ],
)
def test_a_refusal_that_names_no_field_of_ours_alone_refuses_all(desk: Desk, body: object) -> None:
    desk.jira.fault("status", method="PUT", key="DM-1", status=400, body=body)
    receipts = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-1", MAY, Field.COMPLETED), desk.plan("DM-2"))
    assert outcomes(receipts) == [Outcome.REFUSED, Outcome.REFUSED, Outcome.APPLIED]
    assert all("Jira refused it (400" in (receipt.detail or "") for receipt in receipts[:2])
    assert len(desk.puts()) == 2


def test_an_issue_that_may_not_be_edited_is_refused_alone(desk: Desk) -> None:
    desk.jira.forbid("DM-1")
    refused, written = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-2"))
    assert outcomes([refused, written]) == [Outcome.REFUSED, Outcome.APPLIED]
    assert "You do not have permission to edit issues" in (refused.detail or "")


def test_an_issue_that_vanishes_before_its_write_is_refused_alone(desk: Desk) -> None:
    desk.jira.fault("status", method="PUT", key="DM-1", status=404)
    refused, written = apply(desk.acquainted(), desk.plan("DM-1"), desk.plan("DM-2"))
    assert outcomes([refused, written]) == [Outcome.REFUSED, Outcome.APPLIED]
    assert "404" in (refused.detail or "")


# the way receipts come


def test_receipts_come_while_others_are_still_under_way(desk: Desk) -> None:
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    desk.jira.edit("DM-1", duedate=JUNE.isoformat())
    receipts = desk.acquainted().apply(planned)
    assert next(receipts).change.key == "DM-1"
    assert desk.puts() == []
    assert [receipt.outcome for receipt in receipts] == [Outcome.APPLIED]


def test_a_batch_that_is_left_in_the_middle_begins_nothing_more(desk: Desk) -> None:
    planned = [desk.plan(f"DM-{number}") for number in range(1, 10)]
    desk.jira.forbid("DM-1")
    receipts = desk.acquainted(workers=1).apply(planned)
    desk.jira.latency_seconds = 0.05
    assert next(receipts).outcome is Outcome.REFUSED
    receipts.close()  # type: ignore[attr-defined]  # it is a generator
    written = len(desk.puts())
    assert written < 9
    assert len(desk.puts()) == written


def test_applying_to_a_jira_that_is_away_raises_before_anything_is_begun(desk: Desk) -> None:
    planned = desk.plan("DM-1")
    connector = desk.acquainted(attempts=2)
    desk.jira.stop()
    with pytest.raises(Unreachable):
        list(connector.apply([planned]))


def test_a_bug_of_ours_still_leaves_a_receipt_for_every_change(desk: Desk) -> None:
    def fail(changes: Sequence[Change]) -> str:
        raise RuntimeError("a bug")

    def make(comment_text: Callable[[Sequence[Change]], str]) -> JiraConnector:
        settings = desk.connect(comment=True, workers=1)._settings
        return JiraConnector("jira", settings, now=desk.time.now, comment_text=comment_text)

    connector = make(fail)
    receipts: list[Receipt] = []
    planned = [desk.plan("DM-1"), desk.plan("DM-2")]
    with pytest.raises(RuntimeError, match="a bug"):
        receipts.extend(connector.apply(planned))
    assert {receipt.change.key: receipt.outcome for receipt in receipts} == {
        "DM-1": Outcome.UNKNOWN,
        "DM-2": Outcome.NOT_TRIED,
    }
    assert desk.puts() == []
    connector.close()


@pytest.mark.parametrize("after", [None, date(2019, 12, 31)])
def test_blank_and_far_dates_are_written_as_they_are(desk: Desk, after: date | None) -> None:
    assert outcomes(apply(desk.acquainted(), desk.plan("DM-1", after))) == [Outcome.APPLIED]
    assert desk.jira.due("DM-1") == (after.isoformat() if after else None)


def test_nothing_is_ever_handed_over(desk: Desk) -> None:
    assert desk.connect().delivered([desk.plan("DM-1")]) is None
