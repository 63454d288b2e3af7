"""The drift report as Markdown, LaTeX and JSON; what each of them must not do with the texts it prints."""

import json
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from syncsvc.month_report import MonthReport
from syncsvc.report.formats import DRIFT_FORMATS, render_drift, render_run, render_sides
from syncsvc.report.layout import Page
from tests.hostile import NAMES
from tests.reports import full_report

PAGE = Page(120)


def rendered(report: MonthReport, form: str) -> str:
    made = render_drift(report, form, PAGE)
    assert isinstance(made, str)
    return made


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like").parse(text):
        yield token
        yield from token.children or ()


def test_markdown_begins_with_what_was_compared_and_what_the_run_did() -> None:
    lines = rendered(full_report(), "md").split("\n\n")
    assert lines[:3] == [
        "# Drift: PMCS 2019-03 ME edition 2 -> PMCS 2019-04 ME edition 1",
        "Test site",
        "Update milestones for month end April 2019: 1 slipped, 1 pulled in, 2 completed.",
    ]
    headings = [line[3:] for line in rendered(full_report(), "md").splitlines() if line.startswith("## ")]
    assert headings == [
        "Run 12",
        "Not written (1)",
        "Written (1)",
        "Needs a decision (4)",
        "Completion date rewritten (1)",
        "Reopened (1)",
        "Not used (1)",
        "Slipped, largest first (1)",
        "Pulled in, largest first (1)",
        "Newly completed (2)",
        "Removed: only before (1)",
        "Recoded (1)",
        "Renamed (1)",
        "Added: only after (1)",
        "Why it differs: every difference has one cause",
        "Restated since it was first reported: PMCS 2019-03 ME edition 1 to edition 2 (8)",
        "Sides that differ (2)",
        "Annotations give other dates (1)",
        "Checks of PMCS 2019-04 ME edition 1",
        "Completed in the future (1)",
        "Completed before what leads to it (1)",
        "Nothing leads to it (5)",
        "Narratives (2)",
        "All milestones, by code (9)",
        "Other sources (2)",
    ]


def test_the_sides_name_the_odd_one_out() -> None:
    report = full_report(run=False)
    assert report.sides is not None
    text = render_sides(report.sides, "text", PAGE)
    assert "DM-2  due    2019-05-31  2019-05-31  2019-07-31  published, 61 days late (43)  Name of DM-2" in text
    assert "DM-1  due    2019-08-30  2019-06-28  2019-08-30  Jira, 63 days early (45)" in text
    shape = json.loads(render_sides(report.sides, "json", PAGE))
    assert shape["schema"] == "syncsvc.sides/1"
    assert {one["code"]: one["due"]["odd_one_out"] for one in shape["milestones"] if one["differs"]} == {
        "DM-1": "jira",
        "DM-2": "published",
    }
    assert "| DM-2 | due | 2019-05-31 | 2019-05-31 | 2019-07-31 | published, 61 days late (43) |" in render_sides(
        report.sides, "md", PAGE
    )


def test_all_of_a_report_is_in_its_json() -> None:
    shape = json.loads(rendered(full_report(), "json"))
    assert shape["change_record"].startswith("Update milestones for month end April 2019")
    assert [one["question"] for one in shape["open_points"]][:1] == ["held"]
    assert sum(each["differences"] for each in shape["causes"]["counts"]) == shape["causes"]["differences"]
    assert [each["role"] for each in shape["sources"]] == ["before", "after", "jira", "published"]
    assert shape["overrides"] == [{"code": "DM-1", "field": "due", "shown": "2019-08-30", "annotated": "2019-06-28"}]
    checks = {each["name"]: each for each in shape["checks"]}
    assert (checks["critical_path"]["count"], checks["completed_with_open_predecessors"]["count"]) == (None, 1)
    assert [point["period"] for point in shape["trend"]["points"]] == ["2019-03", "2019-03", "2019-04"]
    assert shape["sides"]["totals"]["due"]["odd_jira"] == 1


def test_a_run_is_told_with_its_drift_report_and_without() -> None:
    report = full_report()
    assert report.run is not None
    text = render_run(report.run, report, "text", PAGE)
    assert isinstance(text, str)
    assert text.index("Run 12: a write went wrong") < text.index("Drift: PMCS 2019-03 ME edition 2")
    assert "Drift" not in str(render_run(report.run, None, "text", PAGE))
    shape = json.loads(render_run(report.run, report, "json", PAGE))
    assert (shape["schema"], shape["drift"]["schema"]) == ("syncsvc.run/1", "syncsvc.drift/1")


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_hostile_texts_are_only_printed(name: str) -> None:
    report = full_report(name)
    harmless = [token.type for token in tokens(rendered(full_report("x"), "md"))]
    assert [kind for token in tokens(rendered(report, "md")) if (kind := token.type) != "text"] == [
        kind for kind in harmless if kind != "text"
    ]
    for form in ("text", "md", "tex"):
        assert not set(rendered(report, form)) & set("\x00\x1b\r\u2028\u202e\u2066\x85")
    json.loads(rendered(report, "json"))


@pytest.mark.parametrize("form", [form for form in DRIFT_FORMATS if form != "text"])
def test_the_same_value_gives_the_same_bytes(form: str) -> None:
    assert render_drift(full_report(), form, PAGE) == render_drift(full_report(), form, PAGE)
