"""Whatever sequence of snapshots is saved, each of them reads back as it was, in order of code."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncsvc.model import Link, Milestone, Mode, Narrative, Plan, Reject, Side, Snapshot
from syncsvc.store import Store
from syncsvc.store.codec import decode_all, encode, encode_all

NOON = datetime(2019, 5, 1, 12, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
CODES = st.sampled_from(["DM-1", "DM-10", "DM-2", "dm-1", "LDM-503-06", "Ä 1", "%_'\""])
st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


def any_of(kind: type, **given_fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a dataclass with anything its types allow in the fields that are not given."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{each.name: st.from_type(hints[each.name]) for each in fields(kind)} | given_fields)


MILESTONES = st.one_of(
    any_of(Milestone, code=CODES), st.builds(Milestone, code=CODES, due=st.none() | st.just(date.max))
)
#: A connector has one side. What is newest of a published one goes by its place: see test_published_side.
SIDES = {"pmcs": Side.PMCS, "jira": Side.JIRA}
SNAPSHOTS = st.builds(
    Snapshot,
    side=st.sampled_from(Side),
    source=st.sampled_from(["/exports/a.xls", "/exports/b ü.xls"]),
    taken_at=INSTANTS,
    milestones=st.lists(MILESTONES, max_size=6, unique_by=lambda each: each.code).map(tuple),
    connector=st.sampled_from(sorted(SIDES)),
    sha256=st.sampled_from(["a", "b", None]),
    mapping_sha256=st.sampled_from(["m", "n", None]),
    period=st.sampled_from(["2019-03", "2019-04", None]),
    kind=st.sampled_from(["ME", None]),
    data_date=st.none() | st.dates(),
    complete=st.booleans(),
    typed=st.booleans(),
    rejects=st.lists(any_of(Reject), max_size=2).map(tuple),
    asked=st.none() | st.frozensets(CODES),
    missing=st.lists(CODES, max_size=2).map(tuple),
    moved=st.dictionaries(CODES, CODES, max_size=2),
).map(lambda snapshot: replace(snapshot, side=SIDES[snapshot.connector]))


@settings(max_examples=60)
@given(st.lists(SNAPSHOTS, max_size=6))
def test_every_snapshot_reads_back_as_it_was(taken: Sequence[Snapshot]) -> None:
    store = Store.open("sqlite://", now=lambda: NOON)
    try:
        lease = store.take_lease("test")
        run = store.begin_run(trigger="manual", mode=Mode.REPORT, actor="test")
        expected: list[Snapshot] = []
        last_bytes: dict[tuple[str, str], str] = {}
        for snapshot in taken:
            kept = store.save_snapshot(lease, run, snapshot)
            before = edition_before(expected, snapshot, last_bytes)
            if snapshot.sha256 is not None:
                last_bytes[snapshot.connector, snapshot.source] = snapshot.sha256
            if before is not None and is_same_reading(before, snapshot):
                assert kept == before
                continue
            expected.append(as_kept(snapshot, before, len(expected) + 1))
            assert kept == expected[-1]
        assert [store.snapshot(each.id or 0) for each in expected] == expected
        for connector in ("pmcs", "jira"):
            assert store.newest_snapshot(connector) == newest(expected, connector)
    finally:
        store.close()


@given(st.lists(MILESTONES, max_size=4))
@example([Milestone("A"), Milestone("B", name="\x7f"), Milestone("C", name='\x1f / \\ " \n', level=3)])
@example([Milestone("A", name="Ä"), Milestone("B", name="plain"), Milestone("C", name="\x7f")])
@example([Milestone("A", name="half a pair: \ud800", predecessors=("B",))])
def test_many_are_written_as_each_of_them_by_itself(milestones: list[Milestone]) -> None:
    """To the letter: a body written in another way would be another version of a milestone that did not move."""
    without = ("code", "where")
    bodies = encode_all(Milestone, milestones, without)
    assert bodies == [encode(each, without) for each in milestones]
    apart = {name: [getattr(each, name) for each in milestones] for name in without}
    assert decode_all(Milestone, bodies, apart) == milestones


@pytest.mark.parametrize("kind", [Link, Plan, Narrative])
def test_what_many_cannot_be_written_of_is_refused(kind: type) -> None:
    """A set has no order, an instant and a number have other spellings."""
    with pytest.raises(TypeError, match=f"{kind.__name__}.*would not be written as"):
        encode_all(kind, [])


def test_what_is_kept_apart_has_one_text_for_each_body() -> None:
    for codes in (["A"], ["A", "B", "C"]):
        with pytest.raises(ValueError, match="zip"):
            decode_all(Milestone, ["{}", "{}"], {"code": codes})
    with pytest.raises(KeyError, match="2019"):
        decode_all(Milestone, ['{"status":"2019"}'], {"code": ["A"]})


def edition_before(
    expected: Sequence[Snapshot], snapshot: Snapshot, last_bytes: Mapping[tuple[str, str], str]
) -> Snapshot | None:
    """The edition a snapshot is told apart from: the newest, or the one it is where a file is only read again."""
    if snapshot.period is None:
        return None
    place = (snapshot.connector, snapshot.period, snapshot.kind)
    same = [each for each in expected if (each.connector, each.period, each.kind) == place]
    read_again = [each for each in same if each.sha256 == snapshot.sha256]
    if snapshot.sha256 is None or last_bytes.get((snapshot.connector, snapshot.source)) != snapshot.sha256:
        read_again = []
    return max(read_again or same, key=lambda each: (each.edition or 0, each.id or 0), default=None)


def is_same_reading(before: Snapshot, snapshot: Snapshot) -> bool:
    return snapshot.sha256 is not None and (before.sha256, before.mapping_sha256) == (
        snapshot.sha256,
        snapshot.mapping_sha256,
    )


def as_kept(snapshot: Snapshot, before: Snapshot | None, snapshot_id: int) -> Snapshot:
    edition = None
    if snapshot.period is not None:
        same_bytes = before is not None and snapshot.sha256 is not None and before.sha256 == snapshot.sha256
        edition = ((before.edition or 0) if before else 0) + (0 if same_bytes else 1)
    milestones = tuple(sorted(snapshot.milestones, key=lambda each: each.code))
    return replace(snapshot, id=snapshot_id, edition=edition, milestones=milestones)


def newest(expected: Sequence[Snapshot], connector: str) -> Snapshot | None:
    of_it = [each for each in expected if each.connector == connector]
    return max(of_it, key=lambda each: (each.period or "", each.edition or 0, each.id or 0), default=None)


@settings(max_examples=30)
@given(
    any_of(Plan, snapshots=st.dictionaries(st.text(), st.integers()), id=st.just("p-123456"), mode=st.just(Mode.AUTO))
)
def test_every_plan_reads_back_as_it_was(plan: Plan) -> None:
    store = Store.open("sqlite://", now=lambda: NOON)
    try:
        lease = store.take_lease("test")
        run = store.begin_run(trigger="manual", mode=Mode.REPORT, actor="test")
        links = [Link(each.code, each.key, fields=frozenset({each.field})) for each in plan.changes]
        stored = store.save_plan(lease, run, plan, links)
        assert store.newest_making("p-123456") == stored
        assert (stored.plan, stored.links) == (plan, tuple(links))
        store.commit_intents(lease, run, stored.making, plan.changes)
        assert [each.change for each in store.open_intents()] == list(plan.changes)
    finally:
        store.close()
