"""The pages that only look: milestones and their stories, runs, reports, links, checks, sources."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from syncsvc.model import Mode
from tests.hostile import NAMES
from tests.web.browser import words_of
from tests.web.conftest import Pages, put_month

LOOKING = ("/milestones", "/milestones/M-2", "/runs", "/runs/1", "/reports", "/links", "/checks", "/sources")


@pytest.mark.parametrize("path", LOOKING)
def test_a_viewer_may_look_and_a_stranger_may_not(pages: Pages, path: str) -> None:
    assert pages.browser("vera").get(path).status_code == 200
    answer = pages.browser().get(path)
    assert "Your personal token" in answer.text


def test_a_milestone_tells_its_dates_what_waits_and_what_happened(pages: Pages) -> None:
    page = pages.browser("vera").get("/milestones/M-2")
    words = words_of(page)
    assert "1 date of it waits for a decision" in words
    assert "PMCS 2019-04 ME edition 1 says: due 2019-07-01" in words
    assert "Held for a person: due of DM-2, Jira 2019-08-01, PMCS 2019-07-01" in words
    assert words.index("(run 2,") < words.index("(run 1,")
    assert "<svg" in page.text
    # Jira was read years after the export: drawn at the edge, and still said to be of that day.
    assert set(re.findall(r">read (\d{4}-\d\d-\d\d)<", page.text)) <= {
        pages.desk.configured().setup.today().isoformat()
    }
    assert ">read " in page.text
    assert "Part(" not in page.text
    assert words.count("shows it for the first time") == 1


def test_a_milestone_nobody_knows_is_said_to_be_unknown(pages: Pages) -> None:
    answer = pages.browser("vera").get("/milestones/NO-1")
    assert answer.status_code == 422
    assert "Nothing is known of NO-1" in words_of(answer)


def test_milestones_are_found_by_code_and_by_name(pages: Pages) -> None:
    browser = pages.browser("vera")
    assert "12 milestones" in words_of(browser.get("/milestones"))
    assert "1 milestone " in words_of(browser.get("/milestones", params={"text": "milestone 7"}))
    assert "No milestone has this" in words_of(browser.get("/milestones", params={"text": "<b>"}))


def test_a_run_lists_its_writes_and_a_controller_may_take_it_back(pages: Pages) -> None:
    pages.site.sync(Mode.AUTO)
    run = pages.desk.store.runs(1)[0].id
    seen = pages.browser("vera").get(f"/runs/{run}")
    words = words_of(seen)
    assert "M-3" in words
    assert "2019-06-03 2019-07-01" in words
    assert f"/runs/{run}/undo" not in seen.text
    assert f"/runs/{run}/undo" in pages.browser("anna").get(f"/runs/{run}").text
    assert pages.browser("anna").get("/runs/999").status_code == 422


def test_reports_are_read_and_kept_and_no_other_file_is_handed_out(pages: Pages, tmp_path: Path) -> None:
    pages.site.sync(Mode.REPORT)
    run = pages.desk.store.runs(1)[0]
    browser = pages.browser("vera")
    assert f"/runs/{run.id}/report/text" in browser.get("/reports").text
    shown = browser.get(f"/runs/{run.id}/report/json")
    assert shown.json()["schema"].startswith("syncsvc.")
    assert "sandbox" in shown.headers["content-security-policy"]
    kept = browser.get(f"/runs/{run.id}/report/json?keep=1")
    assert kept.headers["content-disposition"].startswith("attachment")
    for form in ("html", "..%2F..%2Fconfig.toml", "config.toml", "%2Fetc%2Fpasswd"):
        answer = browser.get(f"/runs/{run.id}/report/{form}")
        assert answer.status_code in (404, 422)
        assert "token_env" not in answer.text
        assert "root:" not in answer.text


def test_a_report_outside_the_folder_is_not_handed_out(make_pages: Callable[..., Pages], tmp_path: Path) -> None:
    pages = make_pages()
    pages.site.sync(Mode.REPORT)
    run = pages.desk.store.runs(1)[0]
    assert run.body is not None
    named = Path(run.body["report"]["text"])
    named.unlink()
    named.symlink_to(pages.site.config)
    answer = pages.browser("vera").get(f"/runs/{run.id}/report/text")
    assert answer.status_code == 422
    assert "outside" in words_of(answer)


def test_links_say_what_is_wrong_with_them_first(pages: Pages) -> None:
    pages.site.link({"M-1": {"jira": "DM-1"}, "M-2": {"jira": "XX-9"}})
    words = words_of(pages.browser("vera").get("/links"))
    assert words.index("XX-9") < words.index("DM-1")
    assert "outside [connectors.jira] projects" in words
    assert "10 milestones of the newest export without a link" in words


def test_sources_say_how_old_they_are_and_whether_they_are_whole(pages: Pages) -> None:
    words = words_of(pages.browser("vera").get("/sources"))
    assert "2019-04 ME edition 1" in words
    assert "201904-ME.csv" in words
    assert "The newest one was read" in words


def test_hostile_names_are_only_text(pages: Pages) -> None:
    put_month(pages.site, 5, {}, names={n: f"{NAMES[n]} {n}" for n in range(12)})
    pages.site.sync(Mode.REPORT)
    browser = pages.browser("vera")
    for path in ("/milestones", *(f"/milestones/M-{n}" for n in range(12)), "/links", "/checks"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
