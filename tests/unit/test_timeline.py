"""The picture, read back as XML: what stands where, what each shape is, and that nothing is lost."""

from dataclasses import replace
from datetime import date

import pytest
from lxml import etree

from syncsvc.model import Field, Milestone, Status
from syncsvc.release_list import Annotations, ReleaseList, make_release_list
from syncsvc.report.text_width import ELLIPSIS, cut_to_width, text_width, wrap_to_width
from syncsvc.report.time_axis import TimeAxis
from syncsvc.report.timeline import timeline_svg
from tests.builders import export, milestone
from tests.hostile import NAMES, hostile_list

SVG = "{http://www.w3.org/2000/svg}"
DUE = date(2019, 5, 31)
EARLIER = date(2019, 2, 28)
LATER = date(2019, 9, 30)


def listed(*milestones: Milestone, data_date: date | None = date(2019, 4, 30)) -> ReleaseList:
    return make_release_list(export(*milestones, data_date=data_date))


def read(release_list: ReleaseList, *, embedded: bool = False) -> etree._Element:
    return etree.fromstring(timeline_svg(release_list, embedded=embedded).encode())


def texts(picture: etree._Element) -> list[str]:
    return ["".join(one.itertext()) for one in picture.iter(f"{SVG}text")]


def row(picture: etree._Element, code: str) -> etree._Element:
    (found,) = [one for one in picture.iter(f"{SVG}g") if code in [text.text for text in one.findall(f"{SVG}text")]]
    return found


def shapes(group: etree._Element) -> list[tuple[str, str]]:
    kinds = {f"{SVG}path": "diamond", f"{SVG}circle": "dot"}
    return [(kinds[one.tag], one.get("class")) for one in group if one.tag in kinds]


def test_shape_and_word_tell_what_is_done_and_what_is_overdue() -> None:
    picture = read(
        listed(
            milestone("LDM-503-01", DUE),
            milestone("LDM-503-02", DUE, DUE),
            milestone("LDM-503-03", DUE, LATER),
            milestone("LDM-503-04", EARLIER),
            milestone("LDM-503-05", DUE, status=Status.COMPLETED),
        )
    )
    told = {
        code: (shapes(row(picture, code)), row(picture, code).findall(f"{SVG}text")[2].text)
        for code in (f"LDM-503-0{number}" for number in range(1, 6))
    }
    assert told == {
        "LDM-503-01": ([("diamond", "open")], "due 2019-05-31, open"),
        "LDM-503-02": ([("diamond", "done")], "completed 2019-05-31"),
        "LDM-503-03": ([("diamond", "was-due"), ("diamond", "done")], "completed 2019-09-30"),
        "LDM-503-04": ([("diamond", "open")], "due 2019-02-28, overdue"),
        "LDM-503-05": ([("diamond", "was-due")], "completed, date not exported"),
    }
    assert [line.get("class") for line in row(picture, "LDM-503-03").iter(f"{SVG}line")] == ["moved"]


def test_what_is_overdue_is_counted_against_the_data_date_alone() -> None:
    picture = read(listed(milestone("LDM-503-01", EARLIER), data_date=None))
    assert "due 2019-02-28, open" in texts(picture)
    assert not [line for line in picture.iter(f"{SVG}line") if line.get("class") == "data-date"]
    assert "data date" not in texts(picture)


def test_children_stand_in_the_row_of_what_they_lead_to_and_none_covers_another() -> None:
    children = [milestone(f"DM-{number}", DUE, DUE if number else None) for number in range(5)]
    above = replace(milestone("LDM-503-01", LATER), predecessors=tuple(child.code for child in children))
    group = row(read(listed(above, *children)), "LDM-503-01")
    dots = list(group.iter(f"{SVG}circle"))
    assert [dot.get("class") for dot in dots] == ["open", *["done"] * 4]
    assert len({(dot.get("cx"), dot.get("cy")) for dot in dots}) == 5
    assert "4 of 5" in [text.text for text in group.iter(f"{SVG}text")]


def test_a_child_does_not_cover_the_due_of_what_was_completed_on_another_day() -> None:
    above = replace(milestone("LDM-503-01", DUE, LATER), predecessors=("DM-1", "DM-2"))
    group = row(read(listed(above, milestone("DM-1", DUE), milestone("DM-2", LATER))), "LDM-503-01")
    (line,) = group.iter(f"{SVG}line")
    dots = [dot.get("cy") for dot in group.iter(f"{SVG}circle")]
    assert len(dots) == 2
    assert line.get("y1") not in dots


def test_what_has_no_due_stands_in_rows_of_its_own_below() -> None:
    picture = read(listed(milestone("LDM-503-01"), milestone("LDM-503-02", None, LATER), milestone("LDM-503-03", DUE)))
    words = texts(picture)
    order = [words.index(word) for word in ("LDM-503-03", "Without a due date", "LDM-503-01", "LDM-503-02")]
    assert order == sorted(order)
    assert words.count("Without a due date") == 1
    assert "not dated, open" in words
    assert shapes(row(picture, "LDM-503-01")) == []
    assert shapes(row(picture, "LDM-503-02")) == [("diamond", "done")]


def test_children_without_a_date_are_named_below_the_picture() -> None:
    above = replace(milestone("LDM-503-01", DUE), predecessors=("DM-1", "DM-2"))
    words = texts(read(listed(above, milestone("DM-1"), milestone("DM-2", DUE))))
    assert "Not dated, and so not in the picture: DM-1" in words
    assert "0 of 2" in words


def test_annotated_dates_and_an_incomplete_source_are_told() -> None:
    annotations = Annotations(dates={("LDM-503-01", Field.DUE): LATER})
    snapshot = export(milestone("LDM-503-01", DUE), complete=False)
    words = texts(read(make_release_list(snapshot, annotations=annotations)))
    assert "LDM-503-01 is annotated: due 2019-09-30; the picture shows the schedule's date" in words
    assert "The source was NOT read completely: what is absent here is unseen, not gone" in words


def test_a_list_of_none_says_so() -> None:
    picture = read(listed(milestone("DM-1", DUE)))
    assert "No milestone has a code that begins with LDM-503-." in texts(picture)
    assert shapes(picture) == []


@pytest.mark.parametrize("days", [(date(1, 1, 1), date(9999, 12, 31)), (DUE, DUE), ()])
def test_any_dates_fit(days: tuple[date, ...]) -> None:
    rows = [milestone(f"LDM-503-{number}", day) for number, day in enumerate(days)] or [milestone("LDM-503-0")]
    picture = read(listed(*rows, data_date=None))
    for line in picture.iter(f"{SVG}line"):
        assert 0 <= float(line.get("x1", "0")) <= 1200
    assert len(shapes(row(picture, "LDM-503-0"))) == len(days[:1])


@pytest.mark.parametrize("embedded", [False, True])
def test_hostile_names_are_text_and_nothing_else(embedded: bool) -> None:
    picture = read(hostile_list(), embedded=embedded)
    drawn = {"svg", "title", "desc", "style", "rect", "g", "path", "line", "circle", "text"} - (
        {"style"} if embedded else set()
    )
    assert {str(one.tag).removeprefix(SVG) for one in picture.iter()} == drawn
    known = {"class", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "width", "height", "transform", "id"}
    assert {name for one in picture.iter() for name in one.attrib} == known | {"viewBox", "role", "aria-labelledby"}
    assert "<script>alert(1)</script>" in texts(picture)
    assert "two lines [31m and more" in texts(picture)
    assert "(no name)" in texts(picture)
    assert len(list(picture.iter(f"{SVG}title"))) == 1 + len(NAMES) + 3


def test_it_is_described_for_who_does_not_see_it() -> None:
    picture = read(listed(milestone("LDM-503-01", DUE, LATER, name="LSP")))
    assert picture.get("role") == "img"
    told = [picture.xpath(f'string(//*[@id="{name}"])') for name in picture.get("aria-labelledby").split()]
    assert told == [
        "Timeline: Release list from PMCS 2019-04 ME",
        "1 milestone LDM-503-*, and below them 0 entries of 0 milestones DM-*. Data date 2019-04-30. "
        "LDM-503-01 LSP: Due: 2019-05-31; completed 2019-09-30.",
    ]


def test_no_text_runs_into_the_next_column() -> None:
    """Names end before the counts, codes before the names, states before the edge."""
    rows = [group for group in read(hostile_list()).iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    assert len(rows) == len(NAMES) + 3
    for group in rows:
        code, name, state = group.findall(f"{SVG}text")[:3]
        starts = [float(text.get("x")) for text in (code, name, state)]
        ends = [
            start + text_width(text.text or "", 12.5) for start, text in zip(starts, (code, name, state), strict=True)
        ]
        assert ends[0] <= starts[1]
        assert ends[1] <= 451
        assert ends[2] <= 1210  # the state is smaller than that


def test_long_words_are_cut_by_what_they_measure() -> None:
    assert cut_to_width("iiii", 20, 10) == "iiii"
    assert cut_to_width("WWWW", 20, 10) == f"W{ELLIPSIS}"
    assert cut_to_width("中文中文", 33, 10) == f"中文{ELLIPSIS}"
    assert text_width("i", 10) < text_width("W", 10) < text_width("中", 10)
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("abc", 10, bold=True) > text_width("abc", 10)
    assert wrap_to_width("one two three", text_width("one two", 10), 10) == ["one two", "three"]
    assert wrap_to_width("", 10, 10) == []


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (date(2019, 1, 1), date(2019, 3, 5), ["2019-01", "2019-02", "2019-03"]),
        (date(2019, 1, 2), date(2020, 3, 5), ["2019-04", "2019-07", "2019-10", "2020-01"]),
        (date(2017, 5, 31), date(2022, 9, 30), ["2018", "2019", "2020", "2021", "2022"]),
        (date(1990, 5, 31), date(2022, 9, 30), ["1995", "2000", "2005", "2010", "2015", "2020"]),
        (date(2019, 1, 2), date(2019, 1, 9), ["2019-01-02", "2019-01-09"]),
        (date(2019, 1, 2), date(2019, 1, 2), ["2019-01-02"]),
        (date(1, 1, 1), date(9999, 12, 31), ["2000", "4000", "6000", "8000"]),
    ],
)
def test_an_axis_names_a_few_round_days(first: date, last: date, labels: list[str]) -> None:
    axis = TimeAxis.over([last, first], 0, 100)
    assert axis is not None
    assert [tick.label for tick in axis.ticks()] == labels
    assert axis.place(first) <= axis.place(last) <= 100
