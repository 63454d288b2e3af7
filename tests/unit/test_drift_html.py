"""The page of a drift report: everything is in it, nothing in a name can steer it, same report same bytes."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import html

from syncsvc.files import read_annotations, read_file
from syncsvc.model import Judgement, Proposal, ProposalState
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.report.html import drift_html
from tests import report_stories, reports
from tests.builders import NOON, link, milestone
from tests.hostile import NAMES

NOW = datetime(2019, 5, 20, 4, 30, tzinfo=UTC)
TAGS = {
    "a", "bdi", "body", "button", "caption", "circle", "code", "dd", "desc", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "g", "h1", "h2", "h3", "head", "header", "html", "input", "label", "li", "line", "main", "meta",
    "nav", "p", "path", "q", "rect", "script", "section", "small", "span", "strong", "style", "summary", "svg", "table",
    "tbody", "td", "text", "tfoot", "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip


def parsed(report: MonthReport) -> html.HtmlElement:
    return html.document_fromstring(drift_html(report))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def cells(row: html.HtmlElement) -> str:
    return " ".join(words(cell) for cell in row)


def section(page: html.HtmlElement, name: str) -> str:
    return words(page.get_element_by_id(name))


def tiles(page: html.HtmlElement) -> dict[str, str]:
    found = page.find_class("tile")
    return {words(tile.find_class("words")[0]): words(tile.find_class("figure")[0]) for tile in found}


def full_rows(page: html.HtmlElement) -> list[html.HtmlElement]:
    return page.get_element_by_id("full").xpath("./tbody/tr")


@pytest.fixture(scope="module")
def real_report(real_data: Path) -> MonthReport:
    before, after = (read_file(real_data / name, now=NOW) for name in ("201802-ME.csv", "201904-ME.xls"))
    annotations = read_annotations(real_data / "annotations-2019-05.json")
    beside = Beside(annotations=annotations, project="LSST Data Management")
    return make_month_report(before, after, prepared_at=NOW, beside=beside)


@pytest.fixture(scope="module")
def real_page(real_report: MonthReport) -> html.HtmlElement:
    return parsed(real_report)


@pytest.mark.real
def test_the_counts_of_the_real_months_are_on_the_page(real_page: html.HtmlElement) -> None:
    shown = tiles(real_page)
    assert (shown["slipped"], shown["pulled in"], shown["unchanged"]) == ("73", "24", "268")
    assert (shown["new"], shown["gone"], shown["newly completed"]) == ("21", "37", "56")
    assert (shown["completion rewritten"], shown["milestones"], shown["completed"]) == ("1", "386", "231")
    assert (shown["late or overdue"], shown["overdue"]) == ("73", "40")
    assert "365 on both sides, 21 new, 37 gone; 60 renamed" in section(real_page, "changes")
    front = words(real_page.find_class("front")[0])
    assert "Both sources were read completely; every row was used." in front
    assert "Update milestones for month end April 2019: 73 slipped, 24 pulled in, 56 completed" in front
    for fact in ("201904-ME.xls", "2019-04-30", "201802-ME.csv", "2018-02-28"):
        assert fact in front


@pytest.mark.real
def test_every_milestone_of_the_real_months_is_found(real_report: MonthReport, real_page: html.HtmlElement) -> None:
    codes = [words(row[0]) for row in full_rows(real_page)]
    assert len(codes) == 423
    assert codes == [row.code for row in real_report.rows]
    ends = (real_report.drift.before, real_report.drift.after)
    assert set(codes) == {each.code for snapshot in ends for each in snapshot.taking_part()}


@pytest.mark.real
def test_a_tile_names_as_many_rows_as_it_counts(real_page: html.HtmlElement) -> None:
    given = [set(row.get("data-f").split()) for row in full_rows(real_page)]
    filters = real_page.xpath("//*[@data-filter]")
    assert len(filters) == 13  # none was reopened
    for tile in filters:
        wanted = set(tile.get("data-filter").split())
        number = int(words(tile.find_class("figure")[0]).replace(",", ""))
        assert sum(bool(wanted & tokens) for tokens in given) == number, words(tile)
    for chip in real_page.find_class("chip"):
        number = int(words(chip.find_class("count")[0]).replace(",", ""))
        assert sum(chip.get("data-token") in tokens for tokens in given) == number, words(chip)


@pytest.mark.real
def test_the_parts_add_up_and_the_months_between_are_not_called_missing(real_page: html.HtmlElement) -> None:
    causes = section(real_page, "causes")
    parts = [int(part) for part in re.findall(r"(\d+) (?:milestone|due date|forecast|completion|name|WBS)", causes)]
    assert sum(parts[:6]) == int(re.findall(r"= (\d+) differences", causes)[0]) == 627
    trend = section(real_page, "trend")
    assert "Not among the exports compared: Mar 2018 to Mar 2019 (13 months)." in trend
    assert "No export" not in trend


@pytest.mark.real
def test_the_rewritten_completion_stands_first_and_the_widest_move_heads_the_moves(real_page: html.HtmlElement) -> None:
    asked = section(real_page, "needs-a-decision")
    assert "Completion rewritten 1" in asked
    assert "DMTC-8100-2090" in asked
    first = real_page.get_element_by_id("moves").xpath(".//tbody/tr")[0]
    assert cells(first).startswith("DM-DRP-10 Calibration products include an optical ghost model. 2018-11-30")
    assert "505 working days late 707 calendar days" in words(first)
    assert len(real_page.get_element_by_id("moves").xpath(".//tbody/tr")) == 97
    headings = [each.get("id") for each in real_page.xpath("//main/section[@id]")]
    assert headings == ["needs-a-decision", "moves", "causes", "changes", "trend", "timeline", "burn-down", "all",
                        "checks", "sources"]  # fmt: skip


@pytest.mark.real
def test_checks_say_their_base_and_what_cannot_be_computed(real_page: html.HtmlElement) -> None:
    checks = section(real_page, "checks")
    assert "40 of 269 milestones due by the data date" in checks
    assert "none of 231 completed milestones" in checks
    assert "Critical path test not computed" in checks


@pytest.mark.real
def test_the_real_page_is_small_and_its_bytes_do_not_change(real_report: MonthReport) -> None:
    page = drift_html(real_report)
    assert len(page.encode()) < 2_000_000
    assert drift_html(real_report) == page


@pytest.mark.parametrize(
    "report",
    [report_stories.rows(0), report_stories.rows(1), report_stories.story(), report_stories.hostile()],
    ids=["no row", "one row", "story", "hostile"],
)
def test_the_policy_lets_nothing_in_but_the_page_itself(report: MonthReport) -> None:
    text = drift_html(report)
    page = html.document_fromstring(text)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in inline]
        assert hashes
        assert f"{directive} {' '.join(hashes)}" in policy
    assert page.xpath("//@style") == []
    assert page.xpath("//link | //img | //iframe | //base | //*[@src]") == []
    assert [name for name in page.xpath("//@*") if name.attrname.startswith("on")] == []
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for target in page.xpath("//a/@href"):
        assert target.startswith(("#", "https://"))
        assert not target.startswith("#") or target[1:] in ids


def test_names_that_would_steer_become_text() -> None:
    report = report_stories.hostile()
    text = drift_html(report)
    page = html.document_fromstring(text)
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= TAGS
    assert text.count("<script>") == 2
    assert text.count("<style>") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert len(full_rows(page)) == len(report_stories.HOSTILE)
    shown = [words(row) for row in full_rows(page)]
    assert any("<script>alert(1)</script>" in row for row in shown)
    assert any("x" * 300 in row for row in shown)
    assert any("{{ 7 * 7 }} {% raw %} ${x} #{y}" in row for row in shown)
    assert any("&lt;b&gt; &amp;" in row for row in shown)
    assert "javascript:" not in "".join(page.xpath("//@href"))
    assert "NOT every source was read completely" in words(page)
    assert all(row.xpath("./td[contains(@class, 'name')]/bdi") for row in full_rows(page))


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_a_name_makes_no_element_and_no_attribute(name: str) -> None:
    """The page with the name has the elements and attributes of the one with a harmless word in its place."""
    assert shape_of_page(name) == shape_of_page("x" * min(len(name), 20))


@cache  # of the harmless words there are few
def shape_of_page(name: str) -> list[tuple[object, list[str]]]:
    return [(element.tag, sorted(element.keys())) for element in parsed(reports.full_report(name)).iter()]


def test_the_first_export_is_not_compared_with_itself() -> None:
    only = report_stories.month("2019-04", milestone("DM-1", date(2019, 6, 7)), edition=1)
    report = make_month_report(only, only, prepared_at=NOON, beside=Beside(run=reports.run_result()))
    page = parsed(report)
    assert "This is the first export of its kind" in words(page.find_class("front")[0])
    assert len(page.find_class("end-name")) == 1
    assert "Since" not in words(page.find_class("front")[0])


def test_what_became_of_hand_overs_is_said() -> None:
    proposal = Proposal("DM-1", "id-1", date(2019, 4, 2), ProposalState.LANDED, date(2019, 4, 3), key="DM-17119")
    run = replace(reports.run_result(), hand_overs=(Judgement(proposal, "PMCS shows it"),))
    page = parsed(replace(reports.full_report(), run=run))
    assert "DM-17119" in section(page, "run")
    assert "1 landed." in section(page, "run")
    assert "PMCS shows it" in section(page, "run")


def test_all_parts_of_a_full_story_are_told() -> None:
    page = parsed(report_stories.story())
    asked = section(page, "needs-a-decision")
    assert asked.index("Held 1") < asked.index("Completion rewritten") < asked.index("Sides differ")
    assert "Jira was edited; PMCS still says what both had agreed on." in asked
    assert "syncsvc review approve CODE" in asked
    assert "restated" in section(page, "causes")
    assert "Month end April 2019: edition 1 against edition 2" in section(page, "restated")
    assert "Published differs" in section(page, "sides")
    changes = section(page, "changes")
    assert "1 renamed, 1 recoded, 1 moved in the WBS" in changes
    recoded = page.xpath("//table[caption='Recoded']/tbody/tr")
    assert [cells(row) for row in recoded] == ["LDM-503-06 LDM-503-6 LDM-503-06 Interface verification"]
    renamed = page.xpath("//table[caption='Renamed']/tbody/tr")
    assert [cells(row) for row in renamed] == ["LDM-503-06 Verification Interface verification"]
    trend = section(page, "trend")
    assert "No export: Oct 2018, Nov 2018." in trend
    assert "2019-08-29, re-baselined" in words(page.get_element_by_id("trend"))
    (override,) = page.get_element_by_id("overrides").xpath(".//tbody/tr")
    assert cells(override) == "LDM-503-09 due 2019-11-05 2019-12-01"
    assert "1 written, 1 failed. 1 change of its plan is not written." in section(page, "run")
    front = words(page.find_class("front")[0])
    assert "Run 12 was stopped by the limit max_change_percent" in front
    assert "published: the document could not be read again." in front
    assert "minus 2 holidays: 2018-12-25, 2019-01-01" in section(page, "sources")
    assert page.xpath("//a[@href='https://jira.example.org/browse/DM-13']")


def test_the_trend_draws_what_its_legend_names() -> None:
    page = parsed(report_stories.story())
    pictures = {words(figure[0]).split()[0]: figure[1] for figure in page.find_class("panel")}
    stepped = pictures["LDM-503-06"]
    assert len(stepped.find_class("rebaselined")) == 2
    assert len(stepped.find_class("gap")) == 1
    assert len(stepped.find_class("edition")) == 1  # the first edition of April said something else
    assert len(stepped.find_class("jira")) == 1
    assert len(stepped.find_class("published")) == 1
    assert [each.get("class") for each in stepped.xpath(".//line[starts-with(@class, 'due')]")].count(
        "due unknown"
    ) == 1
    ended = pictures["LDM-503-07"]
    assert len(ended.find_class("completed")) == 1
    ends = [float(each.get("cx")) for each in ended.find_class("due-point")]
    assert max(ends) < max(float(each.get("cx")) for each in stepped.find_class("due-point"))


def test_one_picture_names_every_line_of_level_2() -> None:
    page = parsed(report_stories.story())
    (overview,) = page.find_class("overview")
    assert [words(each) for each in overview.find_class("label")] == ["LDM-503-09", "LDM-503-06", "LDM-503-07"]
    outcomes = [words(each) for each in overview.find_class("outcome")]
    assert outcomes == ["unchanged", "\u25b2 86 working days late", "completed 2019-01-17"]
    assert len(overview.find_class("step")) == 1  # the other change lies behind months without an export
    assert [each.get("class") for each in overview.find_class("unknown")].count("run late unknown") == 1


def test_blank_columns_are_left_out_and_moves_are_words() -> None:
    page = parsed(report_stories.rows(2))
    headings = [words(each) for each in page.get_element_by_id("full").xpath("./thead//th")]
    assert headings == [
        "Code",
        "Name",
        "Level",
        "Due before",
        "Due now",
        "Moved",
        "State",
        "What changed",
        "Due read from",
    ]
    assert "5 working days late 7 calendar days" in words(full_rows(page)[0])
    assert "+" not in words(full_rows(page)[0])


def test_a_move_over_a_weekend_has_no_working_day() -> None:
    before = report_stories.month("2019-03", milestone("DM-1", date(2019, 6, 7)))
    after = report_stories.month("2019-04", milestone("DM-1", date(2019, 6, 8)))
    page = parsed(make_month_report(before, after, prepared_at=NOON))
    assert "1 calendar day late no working day" in words(full_rows(page)[0])


def test_what_cannot_be_told_is_said_and_filters_nothing() -> None:
    before = replace(report_stories.month("2019-03", milestone("DM-1", date(2019, 6, 7))), data_date=None)
    after = replace(report_stories.month("2019-04", milestone("DM-1", date(2019, 6, 8))), data_date=None)
    page = parsed(make_month_report(before, after, prepared_at=NOON))
    assert tiles(page)["due in the period (cannot be told)"] == "\u2013"
    assert "The period cannot be told: a data date is not known." in words(page)
    assert "not computed" in section(page, "checks")


def test_keys_are_shown_where_only_the_links_know_them() -> None:
    before = report_stories.month("2019-03", milestone("DM-1", date(2019, 6, 7)))
    after = report_stories.month("2019-04", milestone("DM-1", date(2019, 6, 8)))
    beside = Beside(links=[link("DM-1", "DM-17119")])
    page = parsed(make_month_report(before, after, prepared_at=NOON, beside=beside))
    assert "DM-17119" in words(full_rows(page)[0])


def test_many_rows_are_all_in_the_page_and_only_the_first_are_given_to_the_browser_at_once() -> None:
    page = parsed(report_stories.rows(1600))
    bodies = page.get_element_by_id("full").xpath("./tbody")
    assert [len(body) for body in bodies] == [250, 1350]
    assert bodies[1].get("class") == "later"
    assert "575 more moves" not in section(page, "moves")
    assert "1,075 more moves stand only in the full table." in section(page, "moves")
