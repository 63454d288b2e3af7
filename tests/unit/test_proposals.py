"""What became of a completion that was handed to PMCS."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.model import Proposal, ProposalState, Reject, Snapshot
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
