"""Snapshots: editions, what is newest, what is kept of a source, and what a night without a change costs."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from syncsvc.connector import fingerprint
from syncsvc.model import Field, Milestone, Reject, RejectCause, Side, Snapshot
from syncsvc.store import SnapshotHead, Store
from syncsvc.store.engine import insert_plain, open_engine
from syncsvc.store.tables import version
from tests.builders import NOON, export, issue, milestone, tracked
from tests.stored import issue_ids

DUE = date(2019, 6, 28)


def month(period: str, sha256: str, *milestones: Milestone, mapping: str = "map", kind: str = "ME") -> Snapshot:
    return replace(export(*milestones, period=period), sha256=sha256, mapping_sha256=mapping, kind=kind)


def as_kept(snapshot: Snapshot, snapshot_id: int, edition: int | None) -> Snapshot:
    milestones = tuple(sorted(snapshot.milestones, key=lambda each: each.code))
    return replace(snapshot, id=snapshot_id, edition=edition, milestones=milestones)


def test_a_snapshot_reads_back_as_it_was_in_order_of_code(opened: Any) -> None:
    rejects = (
        Reject("TASK row 9", "A-9", "no date: '2019-13-01'", field="due"),
        Reject("TASK row 10", None, "blank", RejectCause.REPEATED),
    )
    taken = export(milestone("B-2", DUE, DUE), milestone("A-10", DUE), milestone("a-1"), rejects=rejects, typed=False)
    kept = opened.save(taken)
    assert kept == as_kept(taken, 1, 1)
    assert [each.code for each in kept.milestones] == ["A-10", "B-2", "a-1"]
    assert kept.rows == 4  # a reject of one field is not a row of its own
    assert opened.store.snapshot(1) == kept
    assert opened.store.snapshot(2) is None


def test_other_bytes_are_a_new_edition_also_older_ones(opened: Any) -> None:
    first = opened.save(month("2019-04", "aaa", milestone("A-1", DUE)))
    second = opened.save(month("2019-04", "bbb", milestone("A-1")))
    third = opened.save(month("2019-04", "aaa", milestone("A-1", DUE)))
    assert [each.edition for each in (first, second, third)] == [1, 2, 3]
    assert opened.save(month("2019-05", "aaa", milestone("A-1", DUE))).edition == 1
    assert opened.save(month("2019-04", "ccc", milestone("A-1", DUE), kind="BL")).edition == 1
    assert opened.store.find_snapshot("pmcs", "2019-04", "ME") == third
    assert opened.store.find_snapshot("pmcs", "2019-04", "ME", 2) == second
    assert opened.store.find_snapshot("pmcs", "2019-04", "ME", 4) is None
    assert opened.store.find_snapshot("pmcs", "2019-04", "XX") is None


def test_the_newest_bytes_again_are_no_new_snapshot_but_their_source_is_seen(opened: Any) -> None:
    first = opened.save(month("2019-04", "aaa", milestone("A-1", DUE)))
    again = replace(month("2019-04", "aaa", milestone("A-1", DUE)), source="/exports/copy.xlsx", taken_at=NOON)
    assert opened.save(again) == first
    assert opened.store.seen("pmcs") == {"/exports/2019-04-ME.xlsx": "aaa:map", "/exports/copy.xlsx": "aaa:map"}
    assert opened.store.seen("jira") == {}
    assert set(opened.store.seen("pmcs").values()) == {fingerprint(first)}
    assert len(opened.store.snapshot_heads()) == 1


def test_a_changed_mapping_reads_the_same_edition_again(opened: Any) -> None:
    first = opened.save(month("2019-04", "aaa", milestone("A-1", DUE), mapping="one"))
    second = opened.save(month("2019-04", "aaa", milestone("A-1"), mapping="two"))
    third = opened.save(month("2019-04", "aaa", milestone("A-1", DUE), mapping="one"))
    assert [(each.id, each.edition) for each in (first, second, third)] == [(1, 1), (2, 1), (3, 1)]
    assert opened.store.find_snapshot("pmcs", "2019-04", "ME", 1) == third, "as it was read last"
    assert opened.store.seen("pmcs") == {"/exports/2019-04-ME.xlsx": "aaa:one"}


def test_an_older_edition_that_is_only_read_again_is_not_the_newest(opened: Any) -> None:
    """Another mapping, or the whole folder somewhere else: the files come in order of name, not of arrival."""
    first = replace(month("2019-04", "aaa", milestone("A-1"), mapping="one"), source="/exports/201904-ME-final.xls")
    second = replace(month("2019-04", "bbb", milestone("A-1", DUE), mapping="one"), source="/exports/201904-ME-cor.xls")
    for each in (first, second):
        opened.save(each)
    for each in (second, first):
        opened.save(replace(each, mapping_sha256="two"))
    newest = opened.store.newest_snapshot("pmcs", kind="ME")
    assert (newest.sha256, newest.edition) == ("bbb", 2)
    for each in (second, first):
        opened.save(replace(each, source=each.source.replace("/exports", "/moved"), mapping_sha256="two"))
    assert opened.store.newest_snapshot("pmcs", kind="ME") == newest
    third = opened.save(replace(second, source=first.source))
    fourth = opened.save(first)
    assert (third.edition, fourth.edition) == (2, 3), "a file that goes back to older bytes is an arrival"


def test_bytes_without_a_hash_are_always_another_edition(opened: Any) -> None:
    taken = replace(export(milestone("A-1")), sha256=None)
    assert [opened.save(taken).edition, opened.save(taken).edition] == [1, 2]
    assert opened.store.seen("pmcs") == {}


def test_an_older_month_that_arrives_late_is_kept_and_never_newest(opened: Any) -> None:
    april = opened.save(month("2019-04", "aaa", milestone("A-1", DUE), milestone("A-2", DUE)))
    baseline = opened.save(month("2019-05", "bbb", milestone("A-1"), kind="BL"))
    march = opened.save(month("2019-03", "ccc", milestone("A-1")))
    assert opened.store.newest_snapshot("pmcs", kind="ME") == april
    assert opened.store.newest_snapshot("pmcs") == baseline
    assert opened.store.find_snapshot("pmcs", "2019-03", "ME") == march
    assert opened.store.newest_snapshot("pmcs", kind="XX") is None
    assert opened.store.newest_snapshot("jira") is None


def test_an_export_of_no_kind_is_found_as_such(opened: Any) -> None:
    listed = replace(export(milestone("A-1")), side=Side.PUBLISHED, connector="published", kind=None)
    kept = opened.save(listed)
    assert opened.store.find_snapshot("published", "2019-04", None) == kept
    assert opened.store.newest_snapshot("published") == kept


def test_a_tracker_has_no_editions_and_its_last_snapshot_is_newest(opened: Any) -> None:
    first = opened.save(tracked(issue("DM-1", DUE), issue("DM-2"), missing=["DM-9"]))
    second = opened.save(tracked(issue("DM-1", DUE), asked=["DM-1"], complete=False))
    third = opened.save(tracked(issue("DLP-1", DUE), issue("DM-2"), moved={"DM-1": "DLP-1"}))
    assert [each.edition for each in (first, second, third)] == [None] * 3
    assert opened.store.newest_snapshot("jira") == third
    assert [opened.store.snapshot(each) for each in (1, 2, 3)] == [first, second, third]
    assert first.missing == ("DM-9",)
    assert second.asked == {"DM-1"}
    assert third.moved == {"DM-1": "DLP-1"}


def test_previous_rows_are_those_of_the_last_complete_snapshot_before(opened: Any) -> None:
    def rows(period: str, sha256: str, count: int, *, complete: bool = True, kind: str = "ME") -> int:
        taken = month(period, sha256, *(milestone(f"A-{n}") for n in range(count)), kind=kind)
        kept_id = opened.save(replace(taken, complete=complete)).id
        assert kept_id is not None
        return int(kept_id)

    previous_rows = opened.store.previous_rows
    april, may = rows("2019-04", "a", 4), rows("2019-05", "b", 5)
    other_kind, march = rows("2019-05", "c", 9, kind="BL"), rows("2019-03", "d", 3)
    broken, april_again = rows("2019-04", "e", 1, complete=False), rows("2019-04", "f", 6)
    assert previous_rows(march) is None
    assert previous_rows(april) == 3, "an earlier month that arrived later is before it all the same"
    assert previous_rows(broken) == 4
    assert previous_rows(april_again) == 4, "an incomplete one is nothing to compare with"
    assert previous_rows(may) == 6
    assert previous_rows(other_kind) is None
    assert previous_rows(99) is None

    nights = [opened.save(tracked(*(issue(f"DM-{n}") for n in range(count)))).id for count in (3, 2)]
    assert [previous_rows(night) for night in nights] == [None, 3]


def test_heads_say_everything_but_the_milestones(opened: Any) -> None:
    rejects = (Reject("TASK row 9", None, "unreadable"),)
    opened.save(replace(month("2019-04", "aaa", milestone("A-1", DUE)), rejects=rejects))
    opened.save(tracked(issue("DM-1", DUE)))
    export_head = SnapshotHead(
        id=1,
        connector="pmcs",
        side=Side.PMCS,
        source="/exports/2019-04-ME.xlsx",
        sha256="aaa",
        period="2019-04",
        kind="ME",
        edition=1,
        data_date=date(2019, 4, 30),
        complete=True,
        taken_at=NOON,
        run=opened.run,
        rows=2,
        milestones=1,
        rejects=1,
    )
    assert opened.store.snapshot_heads()[0] == export_head
    assert [head.id for head in opened.store.snapshot_heads("jira")] == [2]


def test_of_a_url_neither_user_nor_password_nor_query_is_kept(opened: Any, store_url: str) -> None:
    source = "https://bot:s3cret@p6.example.org:8443/exports/2019-04.xls?token=t0ken#x"
    kept = opened.save(replace(month("2019-04", "aaa", milestone("A-1")), source=source))
    assert kept.source == "https://p6.example.org:8443/exports/2019-04.xls"
    assert opened.store.seen("pmcs") == {kept.source: "aaa:map"}
    if store_url.startswith("sqlite"):
        opened.store.close()
        everything = b"".join(path.read_bytes() for path in Path(store_url[10:]).parent.glob("store.db*"))
        assert b"p6.example.org" in everything
        assert b"s3cret" not in everything
        assert b"t0ken" not in everything


def test_a_code_twice_is_refused_whole(opened: Any) -> None:
    with pytest.raises(ValueError, match="not unique in the snapshot: A-1"):
        opened.save(export(milestone("A-1"), milestone("A-1", DUE)))
    assert opened.store.snapshot_heads() == []


@pytest.mark.parametrize("nights", [5])
def test_a_night_without_a_change_costs_one_row(opened: Any, store_url: str, nights: int) -> None:
    if not store_url.startswith("sqlite"):
        return
    issues = [issue(f"DM-{n}", DUE, DUE) for n in range(500)]
    opened.save(tracked(*issues))
    before = rows_in(store_url)
    for _ in range(nights):
        opened.save(tracked(*issues))
    assert {name: count - before[name] for name, count in rows_in(store_url).items() if count != before[name]} == {
        "snapshot": nights
    }
    opened.save(tracked(*issues[1:], issue("DM-0")))
    assert rows_in(store_url)["version"] == before["version"] + 1


def test_an_inserted_row_is_one_version_however_many_places_move(opened: Any, store_url: str) -> None:
    if not store_url.startswith("sqlite"):
        return
    rows = [replace(milestone(f"A-{n}", DUE), where=f"TASK row {n}") for n in range(200)]
    opened.save(month("2019-04", "aaa", *rows))
    moved = [replace(each, where=f"TASK row {n + 1}") for n, each in enumerate(rows)]
    kept = opened.save(month("2019-05", "bbb", replace(milestone("A-new"), where="TASK row 0"), *moved))
    assert rows_in(store_url)["version"] == 201
    assert opened.store.snapshot(kept.id) == kept


def rows_in(url: str) -> dict[str, int]:
    """How many rows each table has."""
    raw = sqlite3.connect(url.removeprefix("sqlite:///"))
    names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - its own names
    raw.close()
    return counts


def test_which_issue_is_behind_a_key_and_which_have_been_done(opened: Any) -> None:
    store = opened.store
    opened.save(tracked(issue("DM-1", done=True, issue_id="100"), issue("DM-2", done=True, issue_id="200")))
    assert issue_ids(store) == {"DM-1": "100", "DM-2": "200"}
    assert store.memory().done_before == frozenset(), "the newest snapshot is not before itself"

    opened.save(tracked(issue("DLP-7", issue_id="100"), issue("DM-3", issue_id="300"), moved={"DM-1": "DLP-7"}))
    assert issue_ids(store) == {"DM-1": "100", "DM-2": "200", "DLP-7": "100", "DM-3": "300"}
    assert store.memory().done_before == {"100", "200"}
    assert store.keys_of_issues({"DM-1", "DM-3", "DM-404"}) == {
        "DM-1": {"DM-1", "DLP-7"}, "DM-3": {"DM-3"}, "DM-404": {"DM-404"},
    }  # fmt: skip

    opened.save(tracked(issue("DM-3", issue_id="300", done=True), issue("DM-2", issue_id="201")))
    assert issue_ids(store)["DM-2"] == "201"
    assert store.memory().done_before == {"100", "200"}
    opened.save(tracked(issue("DM-3", issue_id="300", done=True)))
    assert store.memory().done_before == {"100", "200", "300"}
    assert store.memory().done_before == store.memory().done_before


def test_another_process_sees_what_was_saved(open_store: Callable[[], Store], opened: Any) -> None:
    other = open_store()
    kept = opened.save(month("2019-04", "aaa", milestone("A-1", DUE)))
    assert other.newest_snapshot("pmcs") == kept
    assert kept.milestones[0].value(Field.DUE) == DUE


def test_a_published_document_is_what_its_place_held_last(opened: Any) -> None:
    """Not the latest period: one place holds one document, which may go back, or say no period."""

    def published(period: str | None, sha256: str, source: str = "/srv/plan.md") -> Snapshot:
        listed = month(period or "2019-01", sha256, milestone("A-1"))
        return replace(
            listed, side=Side.PUBLISHED, connector="published", kind=None, period=period, source=source, data_date=None
        )

    may = opened.save(published("2019-05", "may"))
    june = opened.save(published("2019-06", "june"))
    assert opened.store.newest_snapshot("published") == june
    assert opened.save(published("2019-05", "may")).id == may.id
    assert opened.store.newest_snapshot("published") == may
    undated = opened.save(published(None, "undated"))
    assert opened.store.newest_snapshot("published") == undated
    assert opened.store.find_snapshot("published", "2019-06", None) == june
    moved = opened.save(published("2019-04", "april", "https://ls.example/plan.md"))
    assert opened.store.newest_snapshot("published") == moved
    assert opened.store.newest_snapshots([("pmcs", None), ("published", None)]) == [None, moved]


def test_the_newest_of_many_are_those_of_each_in_two_queries(opened: Any) -> None:
    for snapshot in (
        month("2019-02", "a", milestone("A", date(2019, 5, 1)), milestone("B")),
        month("2019-01", "b", milestone("A")),
        replace(month("2019-03", "c", milestone("C"), milestone("D")), kind="BL"),
        tracked(issue("DM-1"), issue("DM-2"), missing=("DM-3",)),
        replace(tracked(issue("DM-2")), read_at=NOON, census_at=NOON - timedelta(days=1)),
    ):
        opened.save(snapshot)
    wanted = [("jira", None), ("pmcs", "ME"), ("pmcs", None), ("pmcs", "none"), ("none", None), ("pmcs", "BL")]
    sent: list[str] = []
    event.listen(opened.store._engine, "before_cursor_execute", lambda *said: sent.append(said[2]))
    found = opened.store.newest_snapshots(wanted)
    assert len([each for each in sent if not each.startswith("BEGIN")]) == 2
    assert [each and each.id for each in found] == [5, 1, 3, None, None, 3]
    assert found == [opened.store.newest_snapshot(connector, kind=kind) for connector, kind in wanted]
    assert found == [None if each is None else opened.store.snapshot(each.id) for each in found]
    assert opened.store.newest_snapshots([]) == []


def test_many_rows_at_once_fail_like_any_other_statement(opened: Any, store_url: str) -> None:
    """They go past SQLAlchemy's own insertion, and what the driver raises must not."""
    opened.save(export(milestone("A")))
    engine = open_engine(store_url)
    rows = [(1, "B", 1, 2, "{}"), (1, "A", 1, 2, "{}")]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert_plain(connection, version, ("stream", "code", "from_seq", "to_seq", "body"), rows)
    with engine.connect() as connection:
        assert connection.execute(select(version.c.code)).scalars().all() == ["A"]
    engine.dispose()
