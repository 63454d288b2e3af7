"""What holds of a plan whatever the two sides, the links and the memory are."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from syncsvc.model import (
    Action,
    Basis,
    Drift,
    DriftKind,
    Field,
    FirstContact,
    FollowerEdit,
    Limits,
    Link,
    LinkKey,
    Milestone,
    Mode,
    Policy,
    Side,
)
from syncsvc.plan import Setting, make_adoption, make_plan, plan_id, still_wanted
from syncsvc.reconcile import reconcile
from syncsvc.report.holds import HOLDS
from syncsvc.report.layout import Page
from syncsvc.report.plan_text import plan_text
from syncsvc.safety import ExportFacts
from tests.builders import export, issue, link, memory, milestone, policy, tracked

NUMBERS: Final = (1, 2, 3, 4)
DAY = st.none() | st.sampled_from([date(2019, 2, 1), date(2019, 3, 4), date(2019, 4, 12)])
MILESTONES = st.builds(
    lambda due, completed, basis: (due, completed, basis), DAY, DAY, st.sampled_from([Basis.BASELINE, Basis.FORECAST])
)
ISSUES = st.tuples(DAY, DAY, st.booleans())
MADE_AT = st.integers(0, 5_000).map(lambda hours: datetime(2018, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
POLICIES = st.builds(
    lambda writable, first, edit, report: policy(
        writable=writable, first_contact=first, follower_edit=edit, report_to_owner=report
    ),
    st.sampled_from([frozenset(Field), frozenset({Field.DUE})]),
    st.sampled_from(FirstContact),
    st.sampled_from(FollowerEdit),
    st.booleans(),
)


def setting(links: list[Link], made_at: datetime = datetime(2019, 5, 2, tzinfo=UTC), mode: Mode = Mode.AUTO) -> Setting:
    return Setting(
        links=tuple(links),
        limits=Limits(),
        mode=mode,
        export=ExportFacts(100, 100, made_at.date()),
        snapshots={"pmcs": made_at.day},
        today=made_at.date(),
        created_at=made_at,
        expires_at=made_at + timedelta(hours=72),
    )


@st.composite
def nights(draw: st.DrawFn) -> tuple[list[Drift], list[Link], Policy]:
    """What a night may find: milestones and issues that come and go, linked or not, met before or not."""
    shown: list[Milestone] = []
    issues: list[Milestone] = []
    links: list[Link] = []
    baselines: dict[LinkKey, date | None] = {}
    for number in NUMBERS:
        key = f"{draw(st.sampled_from(['DM', 'DM', 'DM', 'FOREIGN']))}-{number}"
        if (seen := draw(st.none() | MILESTONES)) is not None:
            shown.append(milestone(f"M-{number}", seen[0], seen[1], basis=seen[2]))
        if (answered := draw(st.none() | ISSUES)) is not None:
            due, completed, held = answered
            issues.append(issue(key, due, completed, held=completed if held else None))
        if draw(st.integers(0, 4)):
            links.append(link(f"M-{number}", key, offset_days=draw(st.sampled_from([0, -45]))))
        for field in Field:
            if draw(st.booleans()):
                baselines[(f"M-{number}", f"id-{key}", field)] = draw(DAY)
    keys = [linked.key for linked in links]
    follower = tracked(*issues, asked=[*(i.code for i in issues), *keys], complete=draw(st.booleans()))
    settled = draw(POLICIES)
    drifts = reconcile(export(*shown, complete=draw(st.booleans())), follower, links, memory(baselines), settled)
    return list(drifts), links, settled


@given(nights())
def test_every_write_is_one_change_and_every_hold_one_hold(night: tuple[list[Drift], list[Link], Policy]) -> None:
    drifts, links, _ = night
    plan = make_plan(drifts, setting(links))
    places = Counter((c.code, c.key, c.field, c.target) for c in plan.changes)
    writes = [(d.code, d.key, d.field, Side.JIRA) for d in drifts if d.action is Action.WRITE]
    proposals = [(d.code, d.key, d.field, Side.PMCS) for d in drifts if d.action is Action.PROPOSE]
    assert places == Counter([*writes, *proposals])
    assert all(count == 1 for count in places.values())
    held = Counter((h.code, h.key, h.field) for h in plan.holds)
    assert held == Counter((d.code, d.key, d.field) for d in drifts if d.action is Action.HOLD)
    assert all(count == 1 for count in held.values())
    assert sum(plan.drifts.values()) == len(drifts)


@given(nights())
def test_no_change_writes_a_blank_or_what_is_there(night: tuple[list[Drift], list[Link], Policy]) -> None:
    drifts, links, settled = night
    adoption, _ = make_adoption(drifts, setting(links), {d.code for d in drifts}, None, settled.writable)
    for change in (*make_plan(drifts, setting(links)).changes, *adoption.changes):
        assert change.after is not None
        assert change.after != change.seen
        assert change.target is Side.PMCS or change.field in settled.writable
        assert change.key.startswith("DM-")


@given(nights())
def test_an_adoption_takes_a_hold_or_leaves_it(night: tuple[list[Drift], list[Link], Policy]) -> None:
    drifts, links, settled = night
    waiting = {(h.code, h.key, h.field) for h in make_plan(drifts, setting(links)).holds}
    adoption, _ = make_adoption(drifts, setting(links), {d.code for d in drifts}, None, settled.writable)
    taken = {(c.code, c.key, c.field) for c in adoption.changes}
    left = {(h.code, h.key, h.field) for h in adoption.holds}
    assert taken | left == waiting
    assert not taken & left
    assert {c.kind for c in adoption.changes} <= {DriftKind.ADOPTED}
    assert {c.target for c in adoption.changes} <= {Side.JIRA}


@given(nights(), st.randoms(), MADE_AT)
def test_the_id_does_not_depend_on_order_or_time(
    night: tuple[list[Drift], list[Link], Policy], random: Random, made_at: datetime
) -> None:
    drifts, links, _ = night
    plan = make_plan(drifts, setting(links))
    mixed, mixed_links = list(drifts), list(links)
    random.shuffle(mixed)
    random.shuffle(mixed_links)
    again = make_plan(mixed, setting(mixed_links, made_at, Mode.REVIEW))
    assert again.id == plan.id
    assert plan.id == plan_id(plan.changes, plan.holds, links, Limits(), "sync")


@given(nights(), st.data())
def test_the_id_changes_with_any_change_or_hold_left_out(
    night: tuple[list[Drift], list[Link], Policy], data: st.DataObject
) -> None:
    drifts, links, _ = night
    told = [at for at, d in enumerate(drifts) if d.action in (Action.WRITE, Action.PROPOSE, Action.HOLD)]
    if not told:
        return
    without = data.draw(st.sampled_from(told))
    fewer = [d for at, d in enumerate(drifts) if at != without]
    assert make_plan(fewer, setting(links)).id != make_plan(drifts, setting(links)).id


@given(nights())
def test_a_plan_is_wanted_by_the_night_it_was_made_of(night: tuple[list[Drift], list[Link], Policy]) -> None:
    drifts, links, _ = night
    by_place = {(d.code, d.issue_id, d.field): d for d in drifts}
    for change in make_plan(drifts, setting(links)).changes:
        assert still_wanted(change, by_place[change.code, change.issue_id, change.field])


@given(nights(), st.sampled_from([80, 120]))
def test_every_change_and_hold_of_any_night_is_in_the_words(
    night: tuple[list[Drift], list[Link], Policy], columns: int
) -> None:
    drifts, links, _ = night
    plan = make_plan(drifts, setting(links))
    lines = plan_text(plan, Page(columns), {}).splitlines()
    assert all(len(line) <= columns for line in lines)
    assert {hold.kind for hold in plan.holds} <= set(HOLDS)
    for row in (*plan.changes, *plan.holds):
        assert any(line.split()[:3] == [row.code, row.key, row.field] for line in lines)
