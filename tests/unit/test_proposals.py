"""What became of a completion that was handed to PMCS."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.model import Proposal, ProposalState, Reject, RejectCause, Snapshot
from syncsvc.proposals import judge_proposals
from tests.builders import export, issue, milestone, tracked

DONE, OTHER = date(2019, 4, 12), date(2019, 4, 20)
HANDED_OVER = date(2019, 5, 3)
PENDING = Proposal("M-1", "id-DM-1", DONE, ProposalState.PENDING, HANDED_OVER, "DM-1", snapshot=7, id=1)
STANDS = tracked(issue("DM-1", completed=DONE))


def shows(completed: date | None, *, data_date: date = date(2019, 4, 30), snapshot: int = 7) -> Snapshot:
    return replace(export(milestone("M-1", completed=completed), data_date=data_date), id=snapshot)


@pytest.mark.parametrize(
    ("what", "owner", "follower", "state"),
    [
        ("the export it was handed over from", shows(None), STANDS, None),
        ("a date settles it at once", shows(DONE), STANDS, ProposalState.LANDED),
        ("another date too", shows(OTHER), STANDS, ProposalState.OVERWRITTEN),
        ("Jira says another day", shows(None), tracked(issue("DM-1", completed=OTHER)), ProposalState.WITHDRAWN),
        ("Jira says nothing any more", shows(None), tracked(issue("DM-1")), ProposalState.WITHDRAWN),
        ("Jira does not show the issue", shows(None), tracked(missing=["DM-1"]), None),
        ("a later export dated before", shows(None, data_date=date(2019, 5, 2), snapshot=9), STANDS, None),
        ("a later export dated that day", shows(None, data_date=HANDED_OVER, snapshot=9), STANDS, "not_landed"),
        ("the same export, dated ahead", shows(None, data_date=date(2019, 5, 31)), STANDS, None),
        (
            "a later export read in part",
            replace(shows(None, data_date=date(2019, 5, 31), snapshot=9), complete=False),
            STANDS,
            None,
        ),
        (
            "a later export that cannot be read there",
            replace(
                shows(None, data_date=date(2019, 5, 31), snapshot=9),
                rejects=(Reject("TASK row 3", "M-1", "unreadable", field="completed"),),
            ),
            STANDS,
            None,
        ),
        (
            "a later export whose row there cannot be read",
            replace(export(data_date=HANDED_OVER, rejects=[Reject("TASK row 3", "M-1", "unreadable")]), id=9),
            STANDS,
            None,
        ),
        (
            "a later export that has the code twice",
            replace(
                export(data_date=HANDED_OVER, rejects=[Reject("row 3", "M-1", "twice", RejectCause.DUPLICATE)]), id=9
            ),
            STANDS,
            None,
        ),
        (
            "a later export with a second row of the same dates",
            replace(
                shows(None, data_date=HANDED_OVER, snapshot=9),
                rejects=(Reject("row 3", "M-1", "again", RejectCause.REPEATED),),
            ),
            STANDS,
            "not_landed",
        ),
        (
            "a later export that cannot be read elsewhere",
            replace(
                shows(None, data_date=HANDED_OVER, snapshot=9),
                rejects=(Reject("row 3", "M-1", "unreadable", field="due"), Reject("row 4", "M-2", "unreadable")),
            ),
            STANDS,
            "not_landed",
        ),
        (
            "Jira's date cannot be read",
            shows(None),
            tracked(issue("DM-1"), rejects=[Reject("DM-1", "DM-1", "unreadable", field="completed")]),
            None,
        ),
        (
            "Jira's date cannot be read, and a later export does not show it",
            shows(None, data_date=HANDED_OVER, snapshot=9),
            tracked(issue("DM-1"), rejects=[Reject("DM-1", "DM-1", "unreadable", field="completed")]),
            "not_landed",
        ),
        (
            "Jira was not read completely and says another day",
            shows(None),
            tracked(issue("DM-1", completed=OTHER), complete=False),
            ProposalState.WITHDRAWN,
        ),
        ("the issue moved", shows(None), tracked(issue("DX-9", completed=DONE, issue_id="id-DM-1")), None),
        (
            "a later export without a data date",
            replace(export(milestone("M-1"), data_date=None), id=9),
            STANDS,
            None,
        ),
        (
            "PMCS shows it although Jira took it back",
            shows(DONE),
            tracked(issue("DM-1")),
            ProposalState.LANDED,
        ),
        (
            "an incomplete export that shows it",
            replace(shows(DONE), complete=False),
            STANDS,
            ProposalState.LANDED,
        ),
        ("a later export without the milestone", replace(export(data_date=HANDED_OVER), id=9), STANDS, "not_landed"),
    ],
)
def test_what_became_of_it(what: str, owner: Snapshot, follower: Snapshot, state: str | None) -> None:
    judged = judge_proposals([PENDING], owner, follower)
    assert [p.state for p, _ in judged] == ([state] if state else []), what


def test_the_words_name_both_dates() -> None:
    ((_, words),) = judge_proposals([PENDING], shows(OTHER), STANDS)
    assert "2019-04-20" in words
    assert "2019-04-12" in words


def test_each_is_judged_by_itself_and_keeps_what_it_was() -> None:
    second = replace(PENDING, code="M-2", issue_id="id-DM-2", key="DM-2", id=2)
    third = replace(PENDING, code="M-3", issue_id="id-DM-3", key="DM-3", id=3)
    owner = export(milestone("M-1", completed=DONE), milestone("M-2"), milestone("M-3"))
    follower = tracked(issue("DM-1", completed=DONE), issue("DM-2", completed=OTHER), issue("DM-3", completed=DONE))
    judged = judge_proposals([third, second, PENDING], replace(owner, id=7), follower)
    assert [p for p, _ in judged] == [
        replace(second, state=ProposalState.WITHDRAWN),
        replace(PENDING, state=ProposalState.LANDED),
    ]
    assert judge_proposals([], owner, follower) == ()


@pytest.mark.parametrize(
    ("owner", "follower", "said"),
    [
        (shows(None), tracked(issue("DM-1", completed=OTHER)), "Jira now says 2019-04-20"),
        (shows(None), tracked(issue("DM-1")), "Jira no longer says that it is completed"),
        (shows(None, data_date=HANDED_OVER, snapshot=9), STANDS, "the export with data date 2019-05-03 does not show"),
    ],
)
def test_the_words_say_why_and_which_hand_over(owner: Snapshot, follower: Snapshot, said: str) -> None:
    ((_, words),) = judge_proposals([PENDING], owner, follower)
    assert words.startswith(said)
    assert "completion of 2019-04-12 handed over 2019-05-03" in words
