"""One milestone on all sides through time: the report date runs to the right, the date of the milestone up.

PMCS is drawn by data date as in the trend; what Jira and the published document say holds from the day it was read
until it was read otherwise. Readings long after the last export stand at the right edge, so that the months keep their
width.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from syncsvc.model import Milestone, Side, Snapshot
from syncsvc.report.html import svg
from syncsvc.report.html.terms import Moved, side_name
from syncsvc.report.html.trend_chart import Frame, Picture, days_of, name_of, outcome
from syncsvc.report.words import day
from syncsvc.story import Observation, Story
from syncsvc.trend import Trend, TrendLine

_FRAME: Final = Frame(width=760, height=320, left=62, right=640, sides_at=650, top=12, bottom=286, most_ticks=8)
_LEAST_DAYS: Final = 120
_MOST_AHEAD: Final = timedelta(days=400)  # of a reading before the last export's data date
_ROOM: Final = 96  # between two names below the axis
_APART: Final = 14  # between two names beside it
_LONGEST_NAME: Final = 14


@dataclass(frozen=True, slots=True)
class Steps:
    """What one issue, or the published document, said: its due date and completion from each day on it was read."""

    side: Side
    name: str
    said: tuple[tuple[date, date | None, date | None], ...]  # read on, due, completed
    until: date  # the last day it was read

    @property
    def dates(self) -> list[date]:
        """Every date that it ever said."""
        return [each for _, due, completed in self.said for each in (due, completed) if each is not None]


@dataclass(frozen=True, slots=True)
class StoryChart:
    """The picture, what became of the milestone, what its legend has to explain, and all of it in words."""

    picture: str
    outcome: Moved
    signs: frozenset[str]
    words: tuple[str, ...]  # a line for each side
    since: str  # from which export on the outcome counts; nothing where it is no slip


def draw_story(story: Story, trend: Trend, holidays: frozenset[date], zone: tzinfo) -> StoryChart | None:
    """The chart of a story; `trend` is of its milestone alone. None where no export ever showed a date of it."""
    if not trend.points or not trend.lines:
        return None
    line, steps = trend.lines[0], _steps(story, zone)
    if not (days := [*days_of(line, {}), *(each for one in steps for each in one.dates)]):
        return None
    picture = _StoryPicture(trend, line, steps, max((max(days) - min(days)).days, _LEAST_DAYS))
    drawn = picture.draw()
    return StoryChart(
        drawn, outcome(line, holidays), frozenset(picture.signs(drawn)), tuple(picture.said()), _since(line, trend)
    )


def _since(line: TrendLine, trend: Trend) -> str:
    """The first export that gives a due date, where an open milestone has a later one to compare it with."""
    shown = [point for point, due in zip(trend.points, line.dues, strict=True) if due is not None]
    return name_of(shown[0]) if line.completed_at is None and len(shown) > 1 else ""


def _steps(story: Story, zone: tzinfo) -> list[Steps]:
    """Each linked issue, then the published document, if they ever said anything."""
    seen = [told for told in story.told if isinstance(told, Observation)]
    found = []
    for each in story.now.issues:
        own = [told for told in seen if told.key == each.link.key]
        last = each.sighting.snapshot.taken_at.astimezone(zone).date() if each.sighting else None
        name = f"{each.link.key}, test plan" if each.link.role == "test_plan" else each.link.key
        found.append(_steps_of(Side.JIRA, name, own, last, zone))
    published = [told for told in seen if told.sighting.snapshot.side is Side.PUBLISHED]
    now = story.now.published
    found.append(_steps_of(Side.PUBLISHED, "published", published, _read_on(now.snapshot, zone) if now else None, zone))
    return [each for each in found if each is not None and each.dates]


def _steps_of(side: Side, name: str, seen: Iterable[Observation], last: date | None, zone: tzinfo) -> Steps | None:
    said = [(_read_on(told.sighting.snapshot, zone), *_dates(told.sighting.milestone)) for told in seen]
    if not said:
        return None
    said.sort(key=lambda each: each[0])
    return Steps(side, name, tuple(said), max(said[-1][0], last or said[-1][0]))


def _dates(milestone: Milestone | None) -> tuple[date | None, date | None]:
    return (None, None) if milestone is None else (milestone.due, milestone.completed)


def _read_on(snapshot: Snapshot, zone: tzinfo) -> date:
    return snapshot.data_date or snapshot.taken_at.astimezone(zone).date()


class _StoryPicture(Picture):
    def __init__(self, trend: Trend, line: TrendLine, steps: Sequence[Steps], span: int) -> None:
        self._steps_of_sides = steps
        self._latest = trend.points[-1].on + _MOST_AHEAD
        read_on = [min(on, self._latest) for one in steps for on in (one.said[0][0], one.until)]
        days = [each for one in steps for each in one.dates]
        super().__init__(trend.points, line, {}, span, frame=_FRAME, days=days, read_on=read_on)

    def draw(self) -> str:
        """The other sides lie below the line of PMCS, so that both are seen where they agree."""
        marks = [
            *self._gaps(),
            *self._grid(),
            *self._diagonal(),
            *(mark for one in self._steps_of_sides for mark in self._step_line(one)),
            *self._forecast(end := len(self._points) - 1),
            *self._due(end),
            *self._earlier_editions(end),
            *self._completion(),
            *self._names(),
        ]
        return svg.picture("trend through-time", _FRAME.width, _FRAME.height, *marks, named=" ".join(self.said()))

    def said(self) -> Iterator[str]:
        """All the picture shows, a line for each side."""
        yield self._words().replace(f"{self._line.code}:", "PMCS:", 1) + "."
        for one in self._steps_of_sides:
            changes = [
                f"from {on} due {day(due, 'not given')}{f', completed {completed}' if completed else ''}"
                for on, due, completed in one.said
            ]
            head = side_name(one.side) if one.side is Side.PUBLISHED else f"{side_name(one.side)} {one.name}"
            yield f"{head}: {'; '.join(changes)}; read last on {one.until}."

    def signs(self, drawn: str) -> Iterator[str]:
        """What a legend has to explain of it."""
        for sign, mark in (
            ("rebaselined", 'class="rebaselined"'),
            ("forecast", 'class="forecast'),
            ("edition", 'class="edition"'),
            ("completed", 'class="completed'),
            ("diagonal", 'class="diagonal"'),
            ("unknown", "unknown"),
            ("gap", 'class="gap"'),
            ("jira", 'class="side jira'),
            ("published", 'class="side published'),
        ):
            if mark in drawn:
                yield sign
        if self._is_cut:
            yield "at_the_edge"

    @property
    def _is_cut(self) -> bool:
        return any(one.until > self._latest for one in self._steps_of_sides)

    def _diagonal(self) -> Iterator[str]:
        """None beyond the last export where what was read much later stands at the edge, which is not its own day."""
        yield from self._diagonal_until(self._points[-1].on if self._is_cut else self._along.last)

    def _step_line(self, one: Steps) -> Iterator[str]:
        """A level line while it said the same, an upright one where it changed, none where it was silent."""
        kind = one.side.value
        ends = [*(on for on, _, _ in one.said[1:]), one.until]
        for (on, due, completed), until in zip(one.said, ends, strict=True):
            x = self._on(on)
            if due is not None:
                y = self._up.place(due)
                yield svg.line(f"side {kind}", x, y, max(self._on(until), x + 4), y)
            if completed is not None:
                yield svg.diamond(f"completed {kind}", x, self._up.place(completed), 5)
        for (_, before, _), (on, after, _) in pairwise(one.said):
            if before is not None and after is not None and before != after:
                x = self._on(on)
                yield svg.line(f"side {kind}", x, self._up.place(before), x, self._up.place(after))

    def _names(self) -> Iterator[str]:
        """Beside the right edge what each side said last; names keep their distance."""
        last: list[tuple[float, str, str]] = []
        ends = [each for each in self._line.dues if each is not None]
        if ends:
            last.append((self._up.place(ends[-1]), "PMCS", "label"))
        for one in self._steps_of_sides:
            dues = [due for _, due, _ in one.said if due is not None]
            if dues:
                name = one.name if len(one.name) <= 2 * _LONGEST_NAME else f"{one.name[:_LONGEST_NAME]}…"
                last.append((self._up.place(dues[-1]), name, f"name {one.side.value}"))
        free = float(_FRAME.top)
        for y, name, kind in sorted(last):
            free = max(free, y)
            yield svg.text(_FRAME.sides_at, free + 4, name, kind)
            free += _APART

    def _report_dates(self) -> Iterator[str]:
        """As many months as have room, the last one always."""
        y, newest = _FRAME.height - 8, [self._points[at] for at in self._newest]
        x_last = self._on(newest[-1].on)
        free = 0.0
        for point in (*newest[:-1], newest[-1]):
            x = self._on(point.on)
            if point is newest[-1] or (x >= free and x <= x_last - _ROOM):
                side = "tick" if x < _FRAME.left + _ROOM / 2 else "tick middle"
                yield svg.text(x, y, name_of(point), side)
                free = x + _ROOM
        end = self._along.last
        if self._on(end) > x_last + _ROOM:
            # The day that it was read, also where that stands at the edge long before it.
            yield svg.text(
                _FRAME.right, y, f"read {max((one.until for one in self._steps_of_sides), default=end)}", "tick end"
            )

    def _on(self, read_on: date) -> float:
        return self._along.place(min(read_on, self._latest))
