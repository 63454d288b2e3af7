"""The parts add up to the whole, whatever changed between two months and their editions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from syncsvc.causes import Aspect, Cause, attribute
from syncsvc.compare import compare
from syncsvc.model import Snapshot
from tests.builders import export, milestone

CODES = [f"DM-{n}" for n in range(5)]
DAYS = st.dates(date(2019, 1, 1), date(2019, 3, 31))


@st.composite
def editions(draw: st.DrawFn, *, everywhere: bool = False) -> Snapshot:
    codes = CODES if everywhere else draw(st.lists(st.sampled_from(CODES), unique=True))
    made = []
    for code in codes:
        due = draw(DAYS) if everywhere else draw(st.none() | DAYS)
        name = draw(st.sampled_from(["ISR", "ISR.", "WCS"]))
        made.append(replace(milestone(code, due, draw(st.none() | DAYS), name=name), forecast=draw(st.none() | DAYS)))
    return export(*made)


@st.composite
def chains(draw: st.DrawFn, *, everywhere: bool = False) -> Sequence[Snapshot]:
    """One month and the next, each with up to three editions."""
    return [
        replace(draw(editions(everywhere=everywhere)), period=period, edition=edition)
        for period in ("2019-03", "2019-04")
        for edition in range(1, draw(st.integers(1, 3)) + 1)
    ]


@given(editions(), editions())
def test_between_two_snapshots_every_difference_of_the_comparison_has_exactly_one_cause(
    before: Snapshot, after: Snapshot
) -> None:
    before = replace(before, period="2019-03")
    totals = compare(before, after).totals
    attribution = attribute([before, after])
    by_aspect = Counter(each.aspect for each in attribution.differences)
    causes = Counter(each.cause for each in attribution.differences)
    dues = [each.calendar_days or 0 for each in attribution.differences if each.aspect is Aspect.DUE]
    assert by_aspect[Aspect.PRESENCE] == totals.added + totals.removed
    assert (causes[Cause.NEW], causes[Cause.GONE]) == (totals.added, totals.removed)
    assert (sum(days > 0 for days in dues), sum(days < 0 for days in dues)) == (totals.slipped, totals.pulled_in)
    assert by_aspect[Aspect.NAME] == totals.renamed
    assert causes[Cause.COMPLETION_REWRITTEN] == totals.completed_rewritten
    assert causes[Cause.COMPLETION_WITHDRAWN] == totals.reopened
    assert Cause.RESTATED not in causes
    assert len({(each.code, each.aspect) for each in attribution.differences}) == len(attribution.differences)
    assert sum(each.differences for each in attribution.counts()) == len(attribution.differences)


@given(chains(everywhere=True))
def test_days_over_all_steps_add_up_to_the_whole_move(chain: Sequence[Snapshot]) -> None:
    if len(chain) < 2:
        return
    days: dict[str, int] = defaultdict(int)
    for each in attribute(chain).differences:
        if each.aspect is Aspect.DUE:
            days[each.code] += each.calendar_days or 0
    assert {one.code: one.due.calendar_days for one in compare(chain[0], chain[-1]).milestones} == {
        code: days[code] for code in CODES
    }


@given(chains())
def test_each_step_leads_from_what_stood_before_to_what_stands_after(chain: Sequence[Snapshot]) -> None:
    if len(chain) < 2:
        return
    for each in attribute(chain).differences:
        before, after = (
            {one.code: one for one in chain[at].milestones}.get(each.code) for at in (each.step, each.step + 1)
        )
        if each.aspect is Aspect.DUE:
            assert before is not None
            assert after is not None
            assert (before.due, after.due) == (each.before, each.after)
        restates = chain[each.step].period == chain[each.step + 1].period
        assert (each.cause is Cause.RESTATED) is restates
