"""What holds of any two snapshots."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncsvc.compare import Completion, Direction, Presence, compare
from syncsvc.model import Milestone, Snapshot
from tests.builders import export, milestone

CODES = [f"DM-{n}" for n in range(6)] + ["DM-01", "ALIAS"]
ALIASES = {"DM-1": "DM-01", "ALIAS": "DM-2"}
DAYS = st.none() | st.dates(date(2019, 1, 1), date(2019, 3, 31))
MIRRORED = {
    Presence.ADDED: Presence.REMOVED,
    Presence.REMOVED: Presence.ADDED,
    Direction.SLIPPED: Direction.PULLED_IN,
    Direction.PULLED_IN: Direction.SLIPPED,
    Completion.NEWLY_COMPLETED: Completion.REOPENED,
    Completion.REOPENED: Completion.NEWLY_COMPLETED,
}


@st.composite
def milestones(draw: st.DrawFn, code: str) -> Milestone:
    name = draw(st.sampled_from(["ISR", "ISR.", "WCS", "Test report: ISR"]))
    made = milestone(code, draw(DAYS), draw(DAYS), name=name)
    return replace(made, wbs=draw(st.sampled_from([None, "02C.03", "02C.07"])), forecast=draw(DAYS))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True))
    return export(*(draw(milestones(code)) for code in codes))


def mirrored(word: Any) -> Any:
    return MIRRORED.get(word, word)


@given(snapshots())
def test_a_snapshot_differs_in_nothing_from_itself(snapshot: Snapshot) -> None:
    report = compare(snapshot, snapshot, aliases=ALIASES)
    assert not report.something_differs
    assert report.totals.unchanged + report.totals.undated == report.totals.both == len(snapshot.milestones)


@given(snapshots(), snapshots())
def test_the_other_way_round_is_the_mirror_image(before: Snapshot, after: Snapshot) -> None:
    there, back = compare(before, after, aliases=ALIASES), compare(after, before, aliases=ALIASES)
    seen_back = {(one.before_code, one.after.code if one.after else None): one for one in back.milestones}
    assert len(there.milestones) == len(back.milestones)
    for one in there.milestones:
        mirror = seen_back[(one.after.code if one.after else None, one.before_code)]
        assert mirror.presence is mirrored(one.presence)
        assert mirror.due.direction is mirrored(one.due.direction)
        assert mirror.due.working_days == (None if one.due.working_days is None else -one.due.working_days)
        assert mirror.completion is mirrored(one.completion)
        assert mirror.name_change is one.name_change
        assert mirror.wbs_changed is one.wbs_changed


@given(snapshots(), snapshots())
def test_totals_add_up_and_no_milestone_is_lost(before: Snapshot, after: Snapshot) -> None:
    report = compare(before, after, aliases=ALIASES)
    totals = report.totals
    assert totals.both == totals.slipped + totals.pulled_in + totals.unchanged + totals.undated
    assert totals.both + totals.added + totals.removed == len(report.milestones)
    assert totals.both + totals.removed == len(before.milestones)
    assert totals.both + totals.added == len(after.milestones)
    assert sorted(one.before.code for one in report.milestones if one.before) == sorted(
        known.code for known in before.milestones
    )
