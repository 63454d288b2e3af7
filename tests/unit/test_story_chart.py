"""One milestone on all sides through time: what is drawn, what is said of it, and that names only are text."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from syncsvc.model import Milestone, Side, Sighting, Snapshot
from syncsvc.report.html.story_chart import StoryChart, draw_story
from syncsvc.story import LinkedIssue, Now, make_story
from syncsvc.trend import make_trend
from tests.builders import NOON, export, issue, link, milestone, tracked
from tests.hostile import NAMES

MAY, JULY, AUGUST = date(2019, 5, 31), date(2019, 7, 31), date(2019, 8, 30)
CODE, KEY = "DM-1", "DM-11"


def sighting(snapshot: Snapshot, shown: Milestone | None, number: int, on: datetime) -> Sighting:
    return Sighting(replace(snapshot, milestones=(), taken_at=on, id=number), number, shown, changed=True)


def draw(
    *said: tuple[int, Milestone | None],
    code: str = CODE,
    key: str = KEY,
    role: str = "completion",
    published: date | None = None,
    dues: tuple[date | None, ...] = (MAY, MAY, JULY),
) -> StoryChart | None:
    """Exports of February to April, and what Jira showed on days after the last of them."""
    exports = [
        replace(export(milestone(code, due)), period=f"2019-{month:02}", data_date=date(2019, month, 28), edition=1,
                kind="ME", id=month)
        for month, due in enumerate(dues, start=2)
    ]  # fmt: skip
    own = [sighting(each, each.milestones[0], each.id or 0, NOON) for each in exports]
    if published is not None:
        document = replace(export(), side=Side.PUBLISHED, kind=None, period=None, data_date=date(2019, 3, 20))
        own.append(sighting(document, milestone(code, published), 9, NOON))
    seen = [sighting(tracked(), shown, 10 + at, NOON + timedelta(days=day)) for at, (day, shown) in enumerate(said)]
    story = make_story(
        code,
        own=own,
        issues={key: seen},
        now=Now(
            published=own[-1] if published else None,
            issues=(LinkedIssue(replace(link(code, key), role=role), seen[-1] if seen else None),),
        ),
    )
    return draw_story(story, make_trend(exports), frozenset(), ZoneInfo("UTC"))


def read(chart: StoryChart) -> ElementTree.Element:
    """The picture; reading it proves that it is well-formed."""
    return ElementTree.fromstring(chart.picture)  # noqa: S314  # ours


def marks(chart: StoryChart, kind: str) -> list[ElementTree.Element]:
    """Elements of the picture that have all words of a class."""
    return [
        each for each in read(chart).iter()
        if set(kind.split()) <= set(each.get("class", "").split())
    ]  # fmt: skip


def test_each_side_has_its_line_and_is_said_in_words() -> None:
    chart = draw((0, issue(KEY, MAY)), (10, issue(KEY, AUGUST)), published=MAY)
    assert chart is not None
    assert chart.words == (
        "PMCS: Feb 2019 due 2019-05-31; Mar 2019 due 2019-05-31; Apr 2019 due 2019-07-31, re-baselined.",
        "Jira DM-11: from 2019-05-01 due 2019-05-31; from 2019-05-11 due 2019-08-30; read last on 2019-05-11.",
        "Published: from 2019-03-20 due 2019-05-31; read last on 2019-03-20.",
    )
    assert {"jira", "published", "rebaselined"} <= chart.signs
    level, upright = [], []
    for each in marks(chart, "side jira"):
        (level if each.get("y1") == each.get("y2") else upright).append(each)
    assert (len(level), len(upright)) == (2, 1)
    assert float(upright[0].get("y2", 0)) < float(upright[0].get("y1", 0))  # later is up
    assert float(level[0].get("x2", 0)) == float(level[1].get("x1", 0)) == float(upright[0].get("x1", 0))


def test_a_side_that_is_silent_has_no_line_there() -> None:
    chart = draw((0, issue(KEY, MAY)), (10, None), (20, issue(KEY, MAY)))
    assert chart is not None
    assert "from 2019-05-11 due not given" in chart.words[1]
    first, second = marks(chart, "side jira")
    assert float(first.get("x2", 0)) < float(second.get("x1", 0))


def test_a_completion_is_a_mark_of_its_side() -> None:
    chart = draw((0, issue(KEY, MAY)), (10, issue(KEY, MAY, date(2019, 5, 6))))
    assert chart is not None
    assert len(marks(chart, "completed jira")) == 1
    assert "completed 2019-05-06" in chart.words[1]


def test_readings_long_after_the_last_export_leave_the_months_their_width() -> None:
    chart = draw((2000, issue(KEY, MAY)), (4000, issue(KEY, AUGUST)))
    assert chart is not None
    assert "at_the_edge" in chart.signs
    places = [float(each.get("cx", 0)) for each in marks(chart, "due-point")]
    assert places[-1] - places[0] > 60
    ends = [float(each.get("x2", "inf")) for each in marks(chart, "side jira")]
    assert len(ends) == 3
    assert max(ends) <= 650


@pytest.mark.parametrize("dues", [(None, None), (MAY, None, None)])
def test_what_has_no_date_is_drawn_as_far_as_it_has_one(dues: tuple[date | None, ...]) -> None:
    chart = draw(dues=dues)
    assert (chart is None) is not any(dues)


def test_names_only_are_text() -> None:
    for number, name in enumerate(NAMES):
        key = name.strip() or "DM-2"
        chart = draw((0, issue(key, AUGUST)), key=key, code=f"DM-{number}")
        assert chart is not None
        tags = {each.tag.rpartition("}")[2] for each in read(chart).iter()}
        assert tags <= {"svg", "title", "line", "path", "text", "circle", "rect"}
        assert not re.search(r"<[^>]* on\w+=", chart.picture)
        assert len(marks(chart, "name jira")[0].text or "") <= 28


def test_a_test_plan_is_named_beside_its_issue() -> None:
    for role, said in (("completion", KEY), ("test_plan", f"{KEY}, test plan")):
        chart = draw((0, issue(KEY, MAY)), role=role)
        assert chart is not None
        assert [each.text for each in marks(chart, "name jira")] == [said]
