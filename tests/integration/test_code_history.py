"""One code through all snapshots: as each snapshot reads back by itself, in a number of queries that does not grow."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from syncsvc.model import Field, Reject, Side, Sighting, Snapshot
from tests.builders import export, issue, milestone, tracked

MAY, JUNE, JULY = date(2019, 5, 31), date(2019, 6, 28), date(2019, 7, 31)


def month(period: str, *milestones: Any, sha256: str = "", **facts: Any) -> Snapshot:
    taken = replace(export(*milestones, period=period), mapping_sha256="map")
    return replace(taken, **{"sha256": sha256 or period, **facts})


def placed(code: str, due: date | None, place: int) -> Any:
    return replace(milestone(code, due), where=f"TASK row {place}")


def fill(opened: Any) -> list[Snapshot]:
    """Rows inserted above, codes on either side, a late month, a re-reading, an absence, another kind, and Jira."""
    noise = [placed(code, MAY, 90) for code in ("A-1", "DM-10", "DM-2", "a-1", "Ω-1")]
    return [
        opened.save(each)
        for each in (
            month("2019-01", *noise, placed("DM-1", MAY, 9)),
            month("2019-03", *noise, placed("DM-0", MAY, 8), placed("DM-1", JUNE, 10)),
            month("2019-02", *noise, placed("DM-1", JULY, 9)),
            month("2019-04", *noise[:2], placed("DM-1", JUNE, 7)),
            month("2019-04", *noise[:2], placed("DM-1", JULY, 7), mapping_sha256="other"),
            month("2019-05", *noise, rejects=(Reject("TASK row 5", "DM-1", "no date"), Reject("x", "A-9", "y"))),
            month("2019-06", placed("DM-1", JULY, 4), *noise, sha256="b"),
            month("2019-06", placed("DM-1", MAY, 4), kind="BL"),
            tracked(issue("DM-1", JUNE), issue("DM-5", MAY)),
            tracked(issue("DM-5", MAY)),
        )
    ]


def test_it_shows_what_every_snapshot_shows(opened: Any) -> None:
    fill(opened)
    sightings = opened.store.code_history("DM-1")
    assert [each.snapshot.id for each in sightings] == list(range(1, 11))
    for sighting in sightings:
        whole = opened.store.snapshot(sighting.snapshot.id)
        shown = next((m for m in whole.milestones if m.code == "DM-1"), None)
        assert sighting.milestone == (shown if sighting.changed or shown is None else replace(shown, where=""))
        if sighting.changed:
            assert sighting.snapshot.rejects == tuple(r for r in whole.rejects if r.code == "DM-1")
        facts = ("period", "kind", "edition", "source", "taken_at", "complete", "data_date", "side", "connector")
        assert all(getattr(sighting.snapshot, name) == getattr(whole, name) for name in facts)


def test_many_at_once_are_those_of_each_in_three_queries(opened: Any) -> None:
    fill(opened)
    wanted = [("DM-1", ["OLD-1"]), ("DM-5", []), ("DM-2", ["A-1"]), ("DM-1", []), ("DM-404", []), ("Ω-1", ["DM-5"])]
    sent: list[str] = []
    sqlalchemy_event.listen(opened.store._engine, "before_cursor_execute", lambda *said: sent.append(said[2]))
    found = opened.store.code_histories(wanted)
    assert len([each for each in sent if not each.startswith("BEGIN")]) <= 4
    assert found == [opened.store.code_history(code, aliases) for code, aliases in wanted]
    assert [len(each) for each in found] == [10, 2, 7, 10, 0, 9]
    assert opened.store.code_histories([]) == []


def test_since_when_a_date_is_shown_of_both_sides_at_once(opened: Any) -> None:
    fill(opened)
    wanted = [("pmcs", "ME", ["DM-1", "A-1", "DM-0"]), ("jira", None, ["DM-5", "DM-1"]), ("pmcs", "BL", [])]
    of_pmcs, of_jira, none = opened.store.last_moves(wanted)
    due = of_pmcs["DM-1", Field.DUE]
    assert (due.snapshot.period, due.before) == ("2019-06", None), "it was not there in the month before"
    assert of_pmcs["A-1", Field.DUE].snapshot.period == "2019-01"
    assert "DM-0" not in {code for code, _ in of_pmcs}, "the newest export does not show it"
    assert {code for code, _ in of_jira} == {"DM-5"}
    assert none == {}
    assert opened.store.last_moves([]) == []


def test_places_are_looked_up_where_something_changes_by_arrival_or_by_month(opened: Any) -> None:
    fill(opened)
    places = [(s.snapshot.period, s.milestone and s.milestone.where) for s in opened.store.code_history("DM-1")[:5]]
    assert places == [
        ("2019-01", "TASK row 9"),
        ("2019-03", "TASK row 10"),
        ("2019-02", "TASK row 9"),
        ("2019-04", "TASK row 7"),
        ("2019-04", "TASK row 7"),
    ]


def test_other_codes_are_one_history_and_the_code_itself_counts_first(opened: Any) -> None:
    opened.save(month("2019-01", milestone("OLD-1", MAY)))
    opened.save(month("2019-02", milestone("OLD-1", MAY), milestone("DM-1", JUNE)))
    opened.save(month("2019-03", milestone("DM-1", JUNE)))
    codes = [each.milestone.code for each in opened.store.code_history("DM-1", ["OLD-1"])]
    assert codes == ["OLD-1", "DM-1", "DM-1"]


def test_streams_that_never_showed_it_are_not_told(opened: Any) -> None:
    fill(opened)
    assert {each.snapshot.side for each in opened.store.code_history("DM-5")} == {Side.JIRA}
    assert opened.store.code_history("DM-404") == []


def test_a_key_that_was_not_asked_for_is_told_apart(opened: Any) -> None:
    opened.save(tracked(issue("DM-5", MAY)))
    opened.save(tracked(asked=["DM-6"]))
    opened.save(tracked(asked=["DM-5"], missing=["DM-5"]))
    _, unasked, missing = opened.store.code_history("DM-5")
    assert (unasked.snapshot.asked, unasked.snapshot.missing) == (frozenset(), ())
    assert (missing.snapshot.asked, missing.snapshot.missing) == (frozenset({"DM-5"}), ("DM-5",))


@pytest.mark.parametrize("nights", [3, 40])
def test_the_number_of_queries_does_not_grow_with_the_nights(opened: Any, nights: int) -> None:
    for number in range(nights):
        due = date(2019, 5, 1 + number % 20)
        opened.save(month(f"{2000 + number}-01", placed("A-1", MAY, 3), placed("DM-1", due, number)))
        opened.save(tracked(issue("DM-1", due)))
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    engine = opened.store._engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    try:
        sightings: list[Sighting] = opened.store.code_history("DM-1")
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)
    assert len(sightings) == 2 * nights
    assert len(asked) <= 7
