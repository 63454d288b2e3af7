"""When a night is told of, and when silence is better: every case of it as a row."""

from datetime import UTC, date, datetime, timedelta

import pytest

from syncsvc.notice import Occasion, Said, Standing, Trouble, about, find_occasion, standing, token_warning

NOW = datetime(2019, 5, 9, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
TROUBLE = Trouble("a", "Jira cannot be reached")
CALM = Standing()
YESTERDAY = Standing(date(2019, 5, 8), {"a": NOW - timedelta(days=1)})
LAST_WEEK = Standing(date(2019, 5, 2), {"a": NOW - WEEK})
OTHER = Standing(date(2019, 5, 8), {"b": NOW - timedelta(days=1)})


@pytest.mark.parametrize(
    ("trouble", "before", "news", "warnings", "told"),
    [
        (None, CALM, False, False, None),
        (None, CALM, True, False, Occasion.NEWS),
        (None, CALM, True, True, Occasion.NEWS),
        (None, CALM, False, True, Occasion.WARNING),
        (TROUBLE, CALM, False, False, Occasion.TROUBLE),
        (TROUBLE, CALM, True, True, Occasion.TROUBLE),
        (TROUBLE, YESTERDAY, False, False, None),
        (TROUBLE, YESTERDAY, True, False, Occasion.STILL),
        (TROUBLE, YESTERDAY, False, True, Occasion.STILL),
        (TROUBLE, LAST_WEEK, False, False, Occasion.STILL),
        (TROUBLE, OTHER, False, False, Occasion.TROUBLE),
        (None, YESTERDAY, False, False, Occasion.OVER),
        (None, OTHER, True, False, Occasion.OVER),
    ],
)
def test_a_night_is_told_once_and_not_for_nothing(
    trouble: Trouble | None, before: Standing, news: bool, warnings: bool, told: Occasion | None
) -> None:
    assert find_occasion(trouble, before, NOW, news=news, warnings=warnings, reminder=WEEK) is told


def test_what_stands_is_what_was_told_since_all_was_well() -> None:
    days = [date(2019, 5, day) for day in range(1, 9)]
    at = [datetime(2019, 5, day.day, 12, tzinfo=UTC) for day in days]
    said = [
        Said(at[0], days[0], Occasion.TROUBLE, "old"),
        Said(at[1], days[1], Occasion.OVER, ""),
        Said(at[2], days[2], Occasion.NEWS, ""),
        Said(at[3], days[3], Occasion.TROUBLE, "a"),
        Said(at[4], days[4], Occasion.TROUBLE, "b"),
        Said(at[5], days[5], Occasion.STILL, "a"),
    ]
    assert standing(said) == Standing(days[3], {"a": at[5], "b": at[4]})
    assert standing(said[:3]) == Standing()


def test_two_troubles_that_take_turns_are_told_once_each() -> None:
    said: list[Said] = []
    for day in range(1, 7):
        trouble = Trouble("ab"[day % 2], "x")
        at = datetime(2019, 5, day, 12, tzinfo=UTC)
        occasion = find_occasion(trouble, standing(said), at, news=False, warnings=False, reminder=WEEK)
        if occasion:
            said.append(Said(at, at.date(), occasion, trouble.about))
    assert [each.about for each in said] == ["b", "a"]


def test_numbers_in_words_make_no_other_trouble_and_exact_parts_do() -> None:
    assert about("run 12 waited 3.5 seconds") == about("run 13 waited 14.25 seconds")
    assert about("writes", "DM-1") != about("writes", "DM-2")
    assert about("one") != about("other")


ENDS = date(2019, 5, 31)


@pytest.mark.parametrize(
    ("days_left", "days_left_before", "told"),
    [
        (15, 16, None),
        (14, 15, 14),
        (13, 14, None),
        (7, 8, 7),
        (6, 9, 6),  # nights were missed
        (2, 3, None),
        (1, 2, 1),
        (0, 1, 0),
        (-1, 0, None),  # from now on it is refused, and that is told
        (-1, 2, -1),
        (5, None, 5),  # the first night of all
        (40, None, None),
    ],
)
def test_a_token_that_ends_is_told_as_days_pass(days_left: int, days_left_before: int | None, told: int | None) -> None:
    before = None if days_left_before is None else ENDS - timedelta(days=days_left_before)
    assert token_warning(ENDS, ENDS - timedelta(days=days_left), before) == told
    assert token_warning(None, ENDS, before) is None
