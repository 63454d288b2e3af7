"""The page of a drift report in a browser: it asks for nothing, filters, sorts, and can be used by anybody."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from syncsvc.files import read_file
from syncsvc.month_report import Beside, make_month_report
from syncsvc.report.html import drift_html
from tests import report_stories
from tests.browser.conftest import Open
from tests.builders import NOON


@pytest.fixture(scope="module")
def story() -> str:
    return drift_html(report_stories.story())


@pytest.fixture(scope="module")
def real_page(real_data: Path) -> str:
    before, after = (read_file(real_data / name, now=NOON) for name in ("201802-ME.csv", "201904-ME.xls"))
    return drift_html(make_month_report(before, after, prepared_at=NOON, beside=Beside(project="LSST")))


@pytest.fixture(scope="module")
def many() -> str:
    return drift_html(report_stories.rows(1600))


def shown(page: Page) -> int:
    rows = "[...document.querySelectorAll('#full tbody tr')].filter(row => row.getClientRects().length).length"
    return int(page.evaluate(f"() => {rows}"))


def codes(page: Page) -> list[str]:
    return page.locator("#full tbody th").all_inner_texts()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the Tab key never reaches {selector}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_nothing_serious(open_page: Open, story: str, scheme: str, width: int) -> None:
    page = open_page(story, scheme=scheme, width=width)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.locator(".chip").first.click()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.real
def test_every_tile_leaves_the_rows_it_counts(open_page: Open, real_page: str) -> None:
    page = open_page(real_page)
    assert shown(page) == 423
    tiles = page.locator("button.tile")
    assert tiles.count() == 13
    for at in range(tiles.count()):
        tile = tiles.nth(at)
        number = int(tile.locator(".figure").inner_text())
        tile.click()
        assert shown(page) == number, tile.inner_text()
        assert tile.get_attribute("aria-pressed") == "true"
        expect(page.locator("#shown")).to_contain_text(f"{number} of 423 milestones")
    tiles.last.click()
    assert shown(page) == 423


@pytest.mark.real
def test_filters_narrow_each_other_down_and_search_finds_every_word(open_page: Open, real_page: str) -> None:
    page = open_page(real_page)
    page.locator(".chip[data-token=slipped]").click()
    page.locator(".chip[data-token=pulled-in]").click()
    assert shown(page) == 97
    page.locator(".chip[data-token=level-2]").click()
    assert shown(page) == len([code for code in codes(page) if code.startswith("LDM-503-")]) == 14
    page.locator("#clear").click()
    page.locator("#search").fill("optical ghost 2020-11")
    expect(page.locator("#shown")).to_contain_text("1 of 423 milestones: \u201coptical ghost 2020-11\u201d")
    assert codes(page) == ["DM-DRP-10"]
    page.locator("#search").fill("no such milestone")
    expect(page.locator("#none")).to_be_visible()


@pytest.mark.real
def test_sorting_leaves_blanks_last_both_ways(open_page: Open, real_page: str) -> None:
    page = open_page(real_page)
    by_code = codes(page)
    head = page.locator("#full thead th", has_text="Moved")
    for way, first in (("ascending", "207 calendar days"), ("descending", "707 calendar days")):
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == way
        rows = page.locator("#full tbody tr").all_inner_texts()
        assert first in rows[0]
        assert re.search(r"\b(new|gone)\b", rows[-1])
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    assert codes(page) == by_code


@pytest.mark.real
def test_a_code_leads_to_its_row_even_where_that_is_filtered_out(open_page: Open, real_page: str) -> None:
    page = open_page(real_page)
    page.locator(".chip[data-token=new]").click()
    page.locator("#moves a", has_text="DM-DRP-10").click()
    row = page.locator("#full tr.found")
    expect(row).to_be_in_viewport()
    assert row.locator("th").inner_text() == "DM-DRP-10"
    assert shown(page) == 423


def test_the_keyboard_alone_is_enough(open_page: Open, story: str) -> None:
    page = open_page(story)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "needs-a-decision"
    page = open_page(story)
    tab_to(page, "button.tile[data-filter=slipped]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('.chip[data-token=slipped][aria-pressed=true]')")
    assert shown(page) == 2
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Space")
    assert shown(page) == 9
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("rehearsal")
    expect(page.locator("#shown")).to_contain_text("1 of 9 milestones")
    tab_to(page, "#clear")
    page.keyboard.press("Enter")
    tab_to(page, "#full thead button")
    page.keyboard.press("Enter")
    assert page.locator("#full thead th").first.get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize("width", [1280, 400])
def test_only_tables_scroll_sideways(open_page: Open, width: int) -> None:
    for report in (report_stories.story(), report_stories.hostile()):
        page = open_page(drift_html(report), width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.locator("#columns").click()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        unreachable = (
            "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth && !e.tabIndex==0)"
        )
        assert page.evaluate(f"{unreachable}.length") == 0


def test_names_that_would_steer_run_nothing(open_page: Open) -> None:
    page = open_page(drift_html(report_stories.hostile()))
    assert shown(page) == len(report_stories.HOSTILE)
    page.locator("#search").fill("<script>alert(1)</script>")
    expect(page.locator("#shown")).to_contain_text(
        f"2 of {len(report_stories.HOSTILE)} milestones"
    )  # a name, and a key


def test_paper_shows_every_row_whatever_is_filtered(open_page: Open, many: str) -> None:
    page = open_page(many)
    assert shown(page) == 250
    page.locator("#search").fill("nothing of that kind")
    expect(page.locator("#none")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#full tbody tr")).to_have_count(1600, timeout=60_000)
    assert shown(page) == 1600
    assert not page.locator(".tools").is_visible()
    page.emulate_media(media="screen")
    expect(page.locator("#full tbody tr")).to_have_count(0, timeout=60_000)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is absent; Debian has it in poppler-utils")
def test_every_sheet_of_the_full_table_has_its_head(open_page: Open, tmp_path: Path) -> None:
    page = open_page(drift_html(report_stories.rows(120)))
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    printed = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    text = printed.stdout.decode()
    sheets = [sheet for sheet in text[text.index("All milestones") :].split("\f") if "Milestone " in sheet]
    assert len(sheets) > 2
    assert ["Due before" in sheet for sheet in sheets] == [True] * len(sheets)
    rows = re.findall(r"^ *(DM-T-\d+) ", "".join(sheets), re.MULTILINE)
    assert rows == [f"DM-T-{number}" for number in range(1, 121)]


def test_a_long_table_is_shown_in_parts_and_searched_whole(open_page: Open, many: str) -> None:
    page = open_page(many)
    expect(page.locator("#shown")).to_have_text("1,600 of 1,600 milestones; the first 250 are shown")
    page.locator("#next").click()
    assert shown(page) == 500
    page.locator("#search").fill("DM-T-1599")
    expect(page.locator("#shown")).to_contain_text("1 of 1,600 milestones")
    page.locator("#clear").click()
    page.locator("#every").click()
    assert shown(page) == 1600


def test_without_a_script_everything_is_there(open_page: Open, story: str, many: str) -> None:
    page = open_page(story, script=False)
    assert shown(page) == 9
    assert page.locator(".tile:visible").count() == 14
    assert page.locator("button:visible, input:visible").count() == 0
    assert page.locator("#full th.further:visible").count() > 0
    assert shown(open_page(many, script=False)) == 1600


def test_the_theme_can_be_changed(open_page: Open, story: str) -> None:
    page = open_page(story)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(background) != light
    page.get_by_role("button", name="Light colours").click()
    assert page.evaluate(background) == light
