"""A milestone's story from made-up sightings and events: what is told, in which order and in which words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncsvc.model import (
    Action,
    Drift,
    DriftKind,
    Event,
    Field,
    Milestone,
    Reject,
    Side,
    Sighting,
    Snapshot,
)
from syncsvc.report.layout import Page
from syncsvc.report.story_json import story_shape
from syncsvc.report.story_text import story_text
from syncsvc.story import LinkedIssue, Now, Observation, Seen, Story, ToldRun, Trait, Write, make_story
from tests.builders import export, issue, link, milestone, tracked

MAY, JULY, AUGUST = date(2019, 5, 31), date(2019, 7, 31), date(2019, 8, 30)
START = datetime(2019, 4, 2, 11, 30, tzinfo=UTC)
SITE = ZoneInfo("America/Los_Angeles")
CODE, KEY = "DM-1", "DM-11"


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def seen(shown: Milestone | None, day: int, snapshot: Snapshot | None = None, **facts: Any) -> Sighting:
    """One sighting, taken on a day by the run of that number; of an export unless a snapshot is given."""
    taken = snapshot or export()
    taken = replace(taken, milestones=(), taken_at=at(day), id=day + 1, **facts)
    return Sighting(taken, day + 1, shown, changed=True)


def month(shown: Milestone | None, day: int, period: str, edition: int = 1, **facts: Any) -> Sighting:
    return seen(shown, day, period=period, edition=edition, **facts)


def in_jira(shown: Milestone | None, day: int, **facts: Any) -> Sighting:
    return seen(shown, day, tracked(), **facts)


def event(number: int, name: str, day: int, run: int | None = None, **told: Any) -> Event:
    return Event(number, at(day), run if run is not None else day + 1, "someone", name, CODE, **told)


def observations(story: Story) -> list[tuple[Seen, list[Trait]]]:
    return [(o.seen, [s.trait for s in o.shifts]) for o in story.told if isinstance(o, Observation)]


def text(story: Story, columns: int = 400, holidays: Sequence[date] = ()) -> str:
    return story_text(story, Page(columns), SITE, holidays)


def test_the_first_sight_and_every_move_are_told_with_days_in_words() -> None:
    story = make_story(
        CODE, own=[month(milestone(CODE, MAY), 0, "2019-03"), month(milestone(CODE, JULY), 30, "2019-04")]
    )
    assert observations(story) == [(Seen.OBSERVED, []), (Seen.MOVED, [Trait.DUE])]
    told = text(story)
    assert (
        "PMCS 2019-03 ME edition 1 shows it for the first time: due 2019-05-31 (baseline, column base_end_date)" in told
    )
    assert (
        "PMCS 2019-04 ME edition 1: baseline due moved 61 calendar days later (43 working days), from 2019-05-31 to "
        "2019-07-31." in told
    )
    assert "(read from 2019-04-ME.xlsx, TASK row DM-1; data date 2019-04-30)" in told


def test_holidays_are_taken_off_where_the_story_is_made() -> None:
    own = [month(milestone(CODE, MAY), 0, "2019-03"), month(milestone(CODE, JULY), 30, "2019-04")]
    assert "(42 working days)" in text(make_story(CODE, own=own, holidays=[date(2019, 7, 4)]))


def test_a_later_edition_restates_and_a_re_reading_is_no_move() -> None:
    story = make_story(
        CODE,
        own=[
            month(milestone(CODE, MAY), 0, "2019-04"),
            month(milestone(CODE, JULY), 10, "2019-04", 2),
            month(milestone(CODE, AUGUST), 20, "2019-04", 2),
        ],
    )
    assert [one for one, _ in observations(story)] == [Seen.OBSERVED, Seen.RESTATED, Seen.READ_AGAIN]
    told = text(story)
    assert "PMCS 2019-04 ME edition 2 says otherwise than the edition before it: baseline due moved 61 calendar" in told
    assert "was read again, as the same file under another mapping: baseline due moved 30 calendar days later" in told


def test_an_older_month_that_arrives_late_is_compared_with_its_own_past() -> None:
    """And what comes after it with the newest month, which says the same."""
    story = make_story(
        CODE,
        own=[
            month(milestone(CODE, MAY), 0, "2019-01"),
            month(milestone(CODE, AUGUST), 10, "2019-03"),
            month(milestone(CODE, JULY), 20, "2019-02"),
            month(milestone(CODE, AUGUST), 30, "2019-04"),
        ],
    )
    assert observations(story) == [
        (Seen.OBSERVED, []),
        (Seen.MOVED, [Trait.DUE]),
        (Seen.ARRIVED_LATE, [Trait.DUE]),
    ]
    (late,) = [each for each in story.told if isinstance(each, Observation) and each.seen is Seen.ARRIVED_LATE]
    assert (late.shifts[0].before, late.shifts[0].after) == (MAY, JULY)
    assert "arrived late, when a newer month was known already, and changes nothing of the present" in text(story)


def test_what_is_gone_and_what_cannot_be_seen_are_two_things() -> None:
    story = make_story(
        CODE,
        own=[
            month(milestone(CODE, MAY), 0, "2019-01"),
            month(None, 10, "2019-02", complete=False),
            month(milestone(CODE, MAY), 20, "2019-03"),
            month(None, 30, "2019-04", rejects=(Reject("TASK row 9", CODE, "the date cannot be read"),)),
            month(milestone(CODE, MAY), 40, "2019-05"),
            month(None, 50, "2019-06"),
            month(None, 60, "2019-07"),
            month(milestone(CODE, JULY), 70, "2019-08"),
        ],
    )
    assert observations(story) == [
        (Seen.OBSERVED, []),
        (Seen.UNSEEN, []),
        (Seen.APPEARED, []),
        (Seen.UNSEEN, []),
        (Seen.APPEARED, []),
        (Seen.GONE, []),
        (Seen.APPEARED, [Trait.DUE]),
    ]
    told = text(story)
    assert "cannot be seen, which is not the same as gone: the source was not read completely." in told
    assert "TASK row 9: the date cannot be read" in told
    assert "PMCS 2019-06 ME edition 1 does not show it any more." in told
    assert "shown again, with the dates it had." in told


def test_an_issue_that_jira_does_not_show_was_asked_for_or_not() -> None:
    asked, unasked = tracked(asked=[KEY], missing=[KEY]), tracked(asked=[])
    sightings = [in_jira(issue(KEY, MAY), 0), seen(None, 1, unasked), in_jira(issue(KEY, MAY), 2), seen(None, 3, asked)]
    told = text(make_story(CODE, issues={KEY: sightings}))
    assert "Jira: DM-11 cannot be seen, which is not the same as gone: no link named it when Jira was asked." in told
    assert "Jira does not show DM-11 any more." in told


def test_a_cell_that_cannot_be_read_is_no_date_that_vanished() -> None:
    rejects = (Reject("TASK row 9", CODE, "no date: 'soon'", field="due"),)
    story = make_story(
        CODE,
        own=[month(milestone(CODE, MAY), 0, "2019-03"), month(milestone(CODE), 30, "2019-04", rejects=rejects)],
    )
    assert "due cannot be read there (TASK row 9: no date: 'soon')" in text(story)
    assert "no longer given" not in text(story)


def test_names_codes_and_completions_are_told() -> None:
    before = milestone("DM-01", MAY, name="Old name")
    after = replace(milestone(CODE, MAY, MAY, name="New name"), due_column="start_date")
    story = make_story(CODE, aliases=["DM-01"], own=[month(before, 0, "2019-03"), month(after, 30, "2019-04")])
    traits = observations(story)[1][1]
    assert traits == [Trait.COMPLETED, Trait.STATE, Trait.NAME, Trait.CODE, Trait.COLUMN]
    told = text(story)
    for words in (
        "Other codes: DM-01",
        "completion is 2019-05-31 now, and was not given before",
        'Renamed: "Old name" is now "New name"',
        "Its code was DM-01, and is DM-1 now",
        "Due is read from column start_date now, and was from base_end_date",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("Test report: A", "A.", "Name written otherwise"),
        ("x" * 120, "x" * 120 + " and more", "Name cut short"),
        ("A", "B", "Renamed"),
    ],
)
def test_a_name_only_written_otherwise_is_said_to_be_that(before: str, after: str, words: str) -> None:
    own = [
        month(milestone(CODE, MAY, name=before), 0, "2019-03"),
        month(milestone(CODE, JULY, name=after), 1, "2019-04"),
    ]
    assert words in text(make_story(CODE, own=own), columns=2000)


def written_in_jira(outcome: str = "applied", day_after: int = 2) -> Story:
    told = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.DUE, "before": MAY, "after": JULY}
    return make_story(
        CODE,
        own=[month(milestone(CODE, MAY), 0, "2019-03"), month(milestone(CODE, JULY), 1, "2019-04")],
        issues={KEY: [in_jira(issue(KEY, MAY), 0), in_jira(issue(KEY, JULY), day_after)]},
        events=[
            event(1, "baseline", 0, issue_id=f"id-{KEY}", field=Field.DUE, after=MAY),
            event(2, "intent", 1, detail="owner_moved, from base_end_date", **told),
            event(3, outcome, 1, intent=2, **told),
        ],
        runs={1: ToldRun(1, "nightly", "cron"), 2: ToldRun(2, "nightly", "cron"), 3: ToldRun(3, "nightly", "cron")},
        now=Now(issues=(LinkedIssue(link(CODE, KEY), None),)),
    )


def test_a_write_is_told_with_its_reason_its_proof_and_what_jira_shows_since() -> None:
    told = text(written_in_jira())
    assert "PMCS and Jira agree on due of DM-11 (2019-05-31). From now on it can be told which of them moves." in told
    assert (
        "Written to Jira, and read back from there: due of DM-11, 2019-05-31 -> 2019-07-31, 61 calendar days later "
        "(43 working days), because PMCS moved (column base_end_date)." in told
    )
    assert (
        "Jira DM-11: due moved 61 calendar days later (43 working days), from 2019-05-31 to 2019-07-31, as run 2"
        in told
    )
    assert told.index("2019-04-02 04:30") < told.index("2019-04-03 04:30") < told.index("2019-04-04 04:30")


@pytest.mark.parametrize("outcome", ["refused", "failed", "stale", "unknown", "not_tried"])
def test_what_jira_shows_is_ours_only_where_the_write_reached_it(outcome: str) -> None:
    told = text(written_in_jira(outcome))
    assert "changed in Jira" in told
    assert "as run 2 wrote it" not in told
    assert "Written to Jira" not in told


def test_what_another_person_sets_before_we_write_is_theirs() -> None:
    """Jira showed the value in a snapshot of the same run that wrote it later."""
    assert "as run 2 wrote it" not in text(written_in_jira(day_after=1))


def test_a_write_of_which_nobody_knew_is_told_when_it_is_settled() -> None:
    told = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.DUE, "before": MAY, "after": JULY}
    story = make_story(
        CODE,
        events=[
            event(1, "intent", 0, detail="owner_moved", **told),
            event(2, "applied", 1, intent=1, detail="settled later: the value is there", **told),
        ],
    )
    first, last = story.told
    assert isinstance(first, Write)
    assert first.outcome is None
    assert isinstance(last, Event)
    words = text(story)
    assert "Meant to be written, and the run ended before it noted what became of it: due of DM-11" in words
    assert "Settled later: the value is there." in words
    names = [each["event"] for each in story_shape(story)["events"]]
    assert names == ["intent", "applied"]


def test_an_undo_names_the_run_that_it_takes_back() -> None:
    there = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.DUE, "before": MAY, "after": JULY}
    back = there | {"before": JULY, "after": MAY}
    story = make_story(
        CODE,
        events=[
            event(1, "intent", 0, detail="owner_moved", **there),
            event(2, "applied", 0, intent=1, **there),
            event(3, "intent", 5, detail="undone", **back),
            event(4, "applied", 5, intent=3, **back),
        ],
    )
    assert "because what run 1 wrote was taken back" in text(story)


def test_holds_decisions_narratives_links_and_plans_are_told_in_sentences() -> None:
    row = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.DUE, "before": JULY, "after": MAY}
    plan = Event(7, at(3), 4, "boss", "approved", detail="p-1")
    waived = Event(8, at(3), 4, "boss", "waived", detail="max_changes: month end")
    story = make_story(
        CODE,
        events=[
            event(1, "hold", 0, detail="follower_edited: Jira was edited", **row),
            event(2, "rejected", 1, detail="the team is right", **row),
            event(3, "decision_ended", 2, detail="PMCS has another date now", **row),
            event(4, "hold_ended", 2, detail="follower_edited", **row),
            event(5, "narrative", 2, detail="2019-04: the contract was late -> work in parallel"),
            event(6, "link_accepted", 2, key="DM-12"),
            plan,
            waived,
            event(9, "something_new", 4, detail="of a later version"),
        ],
    )
    told = text(story)
    for words in (
        "Held for a person: due of DM-11, Jira 2019-07-31, PMCS 2019-05-31. Jira was edited.",
        "Follower edited means: Somebody edited Jira",
        "someone rejected due of DM-11 (Jira 2019-07-31, PMCS 2019-05-31): the team is right.",
        "The decision about due of DM-11 ended: PMCS has another date now.",
        "No longer held: due of DM-11 (follower edited).",
        "someone wrote the narrative of 2019-04: the contract was late -> work in parallel.",
        "someone accepted the suggested link to DM-12.",
        "boss approved the plan that holds a write of it: p-1.",
        "boss let a limit pass for that plan: max_changes: month end.",
        "someone: something new: of a later version.",
    ):
        assert words in told


def test_a_hand_over_is_told_to_its_end() -> None:
    told = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.COMPLETED, "after": MAY}
    story = make_story(
        CODE,
        events=[
            event(1, "intent", 0, detail="reported", **told),
            event(2, "handed_over", 0, intent=1, detail="/outbox/finish.xlsx", **told),
            event(3, "landed", 30, detail="PMCS shows 2019-05-31", **told),
        ],
    )
    words = text(story)
    assert "Handed to PMCS: the completion of 2019-05-31 that DM-11 shows" in words
    assert "Import workbook finish.xlsx." in words
    assert "Hand-over of the completion of 2019-05-31: landed, PMCS shows it." in words


def test_the_present_says_who_says_what_and_why_they_differ() -> None:
    pmcs = month(milestone(CODE, MAY), 0, "2019-04")
    jira = in_jira(replace(issue(KEY, JULY), url="https://jira.example.org/browse/DM-11", state="In Review"), 1)
    drifts = (
        Drift(CODE, DriftKind.IN_SYNC, Action.RECORD, KEY, "1", Field.COMPLETED),
        Drift(CODE, DriftKind.FOLLOWER_EDITED, Action.HOLD, KEY, "1", Field.DUE, MAY, JULY, why="Jira was edited"),
    )
    now = Now(pmcs, None, (LinkedIssue(link(CODE, KEY), jira),), drifts, plan="p-9")
    told = text(make_story(CODE, own=[pmcs], issues={KEY: [jira]}, now=now))
    last = told[told.index("\nNow\n") :]
    for words in (
        "PMCS 2019-04 ME edition 1 says: due 2019-05-31 (baseline, column base_end_date), not completed.",
        'Jira DM-11 says: due 2019-07-31, not completed, "In Review". https://jira.example.org/browse/DM-11',
        "PMCS and DM-11 agree on completion.",
        "PMCS and DM-11 differ about due: Jira says 2019-07-31, 61 calendar days later (43 working days) than",
        "It waits for a person.",
        "Plan p-9 would write it and is not applied yet",
    ):
        assert words in last
    assert "`syncsvc adopt CODE`" not in told


def test_what_was_written_since_jira_was_read_is_no_difference() -> None:
    told = {"key": KEY, "issue_id": f"id-{KEY}", "field": Field.DUE, "before": MAY, "after": JULY}
    jira = in_jira(issue(KEY, MAY), 1)
    drift = Drift(CODE, DriftKind.OWNER_MOVED, Action.WRITE, KEY, f"id-{KEY}", Field.DUE, JULY, MAY, why="PMCS moved")

    def now_of(outcome: str) -> str:
        events = [event(1, "intent", 1, detail="owner_moved", **told), event(2, outcome, 1, intent=1, **told)]
        now = Now(issues=(LinkedIssue(link(CODE, KEY), jira),), drifts=(drift,))
        words = text(make_story(CODE, issues={KEY: [jira]}, events=events, now=now))
        return words[words.index("\nNow\n") :]

    assert "Since Jira was read last, run 2 has written due of DM-11: 2019-07-31." in now_of("applied")
    assert "PMCS and DM-11 agree on due." in now_of("applied")
    assert "differ about due: Jira says 2019-05-31" in now_of("refused")


def test_each_stream_has_a_history_of_its_own() -> None:
    story = make_story(
        CODE,
        own=[
            month(milestone(CODE, MAY), 0, "2019-03"),
            replace(
                month(milestone(CODE, JULY), 1, "2019-03"),
                snapshot=replace(export(period="2019-03"), kind="BL", taken_at=at(1), id=2, edition=1),
            ),
            seen(milestone(CODE, AUGUST), 2, side=Side.PUBLISHED, connector="ldm", kind=None),
            seen(milestone(CODE, MAY), 3, side=Side.PUBLISHED, connector="ldm", kind=None, period=None),
        ],
    )
    assert [one for one, _ in observations(story)] == [Seen.OBSERVED, Seen.OBSERVED, Seen.OBSERVED, Seen.MOVED]


def test_events_for_programs_keep_their_keys() -> None:
    story = written_in_jira()
    events = story_shape(story)["events"]
    keys = {"at", "run", "actor", "event", "code", "key", "field", "before", "after", "detail"}
    assert all(keys <= set(each) for each in events)
    moved = [(e["event"], e["key"], e["field"], e["before"], e["after"]) for e in events if e["event"] == "moved"]
    assert moved == [
        ("moved", None, "due", "2019-05-31", "2019-07-31"),
        ("moved", KEY, "due", "2019-05-31", "2019-07-31"),
    ]
    assert [e["event"] for e in events] == [
        *("observed", "observed", "baseline", "moved", "intent", "applied", "moved"),
    ]


@pytest.mark.parametrize("columns", [80, 120])
def test_texts_of_sources_and_persons_steer_no_terminal(columns: int) -> None:
    bad = "\x1b[31mred\u202e\r\nline"
    own = [month(milestone(CODE, MAY, name=bad), 0, "2019-03", source=f"/exports/{bad}.xlsx")]
    told = story_text(
        make_story(CODE, own=own, events=[event(1, "narrative", 1, detail=bad), event(2, "hold", 1, detail=bad)]),
        Page(columns),
        SITE,
    )
    assert not {c for c in told if c != "\n" and not c.isprintable()}
