"""The pages that only look: milestones and their stories, runs, reports, links, checks, sources."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from syncsvc.errors import ExitCode
from syncsvc.model import Mode, Narrative
from tests.hostile import CODE, NAMES
from tests.web.browser import words_of
from tests.web.conftest import AUGUST, DUE, Pages, put_month

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


def test_a_milestone_is_drawn_on_all_sides_through_time(pages: Pages) -> None:
    words = words_of(pages.browser("vera").get("/milestones/M-2"))
    assert "PMCS: Mar 2019 due 2019-06-03; Apr 2019 due 2019-07-01" in words
    assert re.search(rf"Jira DM-2: from \S+ due {DUE}; from \S+ due {AUGUST}; read last on", words)


def test_a_narrative_stands_beside_its_milestone_and_a_controller_writes_it_there(pages: Pages) -> None:
    there = "/milestones/M-2/narrative"
    assert f'action="{there}"' not in pages.browser("vera").get("/milestones/M-2").text
    anna = pages.browser("anna")
    page = anna.get("/milestones/M-2")
    assert "Nothing was written of 2019-04" in words_of(page)
    assert anna.send(page, there, why="Vendor & <late>", action="Weekly calls").status_code == 200
    seen = words_of(pages.browser("vera").get("/milestones/M-2"))
    assert "Vendor & <late> Corrective action: Weekly calls Written last by anna" in seen


def test_a_milestone_nobody_knows_is_said_to_be_unknown(pages: Pages) -> None:
    answer = pages.browser("vera").get("/milestones/NO-1")
    assert answer.status_code == 404
    assert "Nothing is known of NO-1" in words_of(answer)


def test_milestones_are_found_by_code_and_by_name(pages: Pages) -> None:
    browser = pages.browser("vera")
    assert "12 milestones" in words_of(browser.get("/milestones"))
    assert "1 milestone " in words_of(browser.get("/milestones", params={"text": "milestone 7"}))
    assert "No milestone has this" in words_of(browser.get("/milestones", params={"text": "<b>"}))


def test_what_waits_stands_first_among_the_milestones(pages: Pages) -> None:
    browser = pages.browser("vera")
    codes = re.findall(r'<th scope="row"><a href="/milestones/(M-\d+)"', browser.get("/milestones").text)
    assert codes == ["M-1", "M-2", "M-6", "M-7", *(f"M-{n}" for n in (0, 3, 4, 5, 8, 9, 10, 11))]
    for state, count in (("waits", 4), ("unlinked", 4), ("completed", 0), ("open", 12), ("overdue", 0), ("?", 12)):
        assert f" {count} milestones" in words_of(browser.get(f"/milestones?state={state}"))
    assert "1 milestone, wait for a decision" in words_of(browser.get("/milestones?state=waits&text=dm-6"))


def test_a_run_says_what_it_held_and_why_and_lists_what_happened(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = pages.browser("vera")
    page = browser.get("/runs/2")
    held = re.findall(r'<th scope="row"><a href="/milestones/(M-\d)"', page.text)
    assert held == ["M-2", "M-1", "M-6", "M-7"]  # both moved, then what only teams moved
    assert "both moved from 2019-06-03: PMCS to 2019-07-01, Jira to 2019-08-01" in words_of(page)
    monkeypatch.setattr("syncsvc.web.pages.runs.EVENTS_AT_ONCE", 3)
    events = pages.desk.store.events(run=2)
    assert len(events) > 3
    log = words_of(browser.get("/runs/2")).partition(" Log ")[2]
    assert "follower edited: Jira was edited" in log
    assert "What came after" in log
    assert f'href="/runs/2?after={events[2].id}#log"' in browser.get("/runs/2").text
    last = words_of(browser.get(f"/runs/2?after={events[-2].id}")).partition(" Log ")[2]
    assert "From its beginning" in last
    assert "What came after" not in last


def test_runs_of_long_ago_are_a_page_away_and_trouble_is_marked(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncsvc.web.pages.runs.RUNS_AT_ONCE", 1)
    run = pages.desk.store.begin_run(trigger="nightly", mode=Mode.AUTO, actor="<b>timer</b>")
    pages.desk.store.finish_run(run, exit_code=ExitCode.SOURCE, body={"error": "Jira is `down`"})
    browser = pages.browser("vera")
    page = browser.get("/runs")
    assert 'tr class="refused"' in page.text
    assert "<b>timer</b>" in words_of(page)
    assert "Jira is down" in words_of(browser.get(f"/runs/{run}"))
    for path in ("/runs", "/reports"):
        page = browser.get(path)
        for older in range(run - 1, 0, -1):
            assert f'href="{path}?before={older + 1}"' in page.text
            page = browser.get(f"{path}?before={older + 1}")
            assert f'href="/runs/{older}"' in page.text
            assert 'class="refused"' not in page.text
        assert "?before=" not in page.text
    assert "There is no older run" in words_of(browser.get("/runs?before=1"))
    assert browser.get("/runs?before=x&after=%00").status_code == 200


def test_a_run_lists_its_writes_and_a_controller_may_take_it_back(pages: Pages) -> None:
    pages.site.sync(Mode.AUTO)
    run = pages.desk.store.runs(1)[0].id
    seen = pages.browser("vera").get(f"/runs/{run}")
    words = words_of(seen)
    assert "M-3" in words
    assert "2019-06-03 2019-07-01" in words
    assert f"/runs/{run}/undo" not in seen.text
    assert f"/runs/{run}/undo" in pages.browser("anna").get(f"/runs/{run}").text
    assert pages.browser("anna").get("/runs/999").status_code == 404


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
        assert answer.status_code == 404
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
    assert answer.status_code == 404
    assert "outside" in words_of(answer)


@pytest.mark.parametrize("place", ["/etc/passwd", "{reports}/../config.toml", "{reports}", "{reports}/gone.txt"])
def test_only_a_file_of_the_folder_is_handed_out_whatever_a_record_says(pages: Pages, place: str) -> None:
    named = place.format(reports=pages.site.folder / "reports")
    run = pages.desk.store.begin_run(trigger="sync", mode=Mode.REPORT, actor="x")
    pages.desk.store.finish_run(run, exit_code=0, body={"report": {"text": named}})
    answer = pages.browser("vera").get(f"/runs/{run}/report/text")
    assert answer.status_code == 404
    assert "token_env" not in answer.text
    assert "root:" not in answer.text


def test_links_are_found_by_any_text_and_say_what_they_carry(pages: Pages) -> None:
    pages.site.link({"M-1": {"jira": "DM-1", "test_plan": "DM-2"}, "M-2": {"jira": "XX-9", "name": "R&D + 100 %"}})
    browser = pages.browser("vera")
    assert "due, 45 calendar days before PMCS test plan" in words_of(browser.get("/links"))
    assert re.search(r"-\d+ days", words_of(browser.get("/links"))) is None
    page = browser.get("/links", params={"text": "r&d +"})
    assert "1 link " in words_of(page)
    flagged = words_of(browser.get("/links?state=flagged"))
    assert "XX-9" in flagged
    assert "DM-1 " not in flagged


def test_the_further_links_are_those_of_the_same_filter(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncsvc.web.pages.sources.LINKS_AT_ONCE", 1)
    pages.site.link({f"M-{n}": {"jira": f"DM-{n}", "name": "R&D" if n < 3 else "x"} for n in (1, 2, 3)})
    browser = pages.browser("vera")
    (further,) = re.findall(r'rel="next" href="([^"]+)"', browser.get("/links", params={"text": "R&D"}).text)
    page = browser.get("/links" + html.unescape(further))
    assert "2 links page 2 of 2" in words_of(page)
    assert "DM-2" in page.text


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


def test_sources_name_what_was_not_used_and_why(pages: Pages) -> None:
    put_month(pages.site, 5, {})
    path = pages.site.folder / "exports" / "201905-ME.csv"
    lines = path.read_text().splitlines()
    lines[5] = re.sub(r"\d+/\d+/2019 5:00:00 PM", "<i>soon", lines[5], count=1)
    path.write_text("\n".join(lines) + "\n")
    pages.site.sync(Mode.REPORT)
    page = pages.browser("vera").get("/sources")
    words = words_of(page)
    assert "What was not used of it, and why" in words
    assert "soon" in words
    assert "<i>" not in page.text


def test_checks_that_found_something_stand_first_and_what_is_not_checked_last(pages: Pages) -> None:
    put_month(pages.site, 7, {})  # due in June, so all of them were missed
    pages.site.sync(Mode.REPORT)
    page = pages.browser("vera").get("/checks").text
    found = re.findall(r'<h2 id="check-\d+">[^<]+<span class="count">(not checked|\d+)', page)
    assert found[0] == "12"
    kinds = [0 if each.isdecimal() and int(each) else 1 if each.isdecimal() else 2 for each in found]
    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2}


def test_hostile_names_notes_and_summaries_are_only_text(pages: Pages) -> None:
    put_month(pages.site, 5, {}, names={n: f"{NAMES[n]} {n}" for n in range(12)})
    for n in range(1, 9):
        pages.site.jira.edit(f"DM-{n}", author=NAMES[n], summary=NAMES[n])
    pages.site.sync(Mode.AUTO)
    with pages.desk.service("<b>ben</b>") as service:
        service.narrate([Narrative("M-2", "2019-05", NAMES[0], NAMES[1]), Narrative("M-2", "2019-04", NAMES[2], "x")])
    run = pages.desk.store.begin_run(trigger=NAMES[0], mode=None, actor=NAMES[1])
    pages.desk.store.note(run, actor=NAMES[1], event=NAMES[0], code=CODE, key=NAMES[2], detail=NAMES[8])
    pages.desk.store.finish_run(run, exit_code=0, body={"problems": [NAMES[0]], "error": NAMES[7], "holds": 0})
    browser = pages.browser("anna")
    paths = ["/milestones", "/links", "/checks", "/sources", "/runs", "/reports", f"/runs/{run}", f"/runs/{run - 1}",
             *(f"/milestones/M-{n}" for n in range(12))]  # fmt: skip
    for path in paths:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert not re.search(r"<(?!\w|/|!DOCTYPE)", page.text)
        assert tags_of(page.text) <= KNOWN, path
        assert not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', "", page.text))
        assert "javascript:" not in "".join(re.findall(r'(?:href|src|action)="([^"]*)"', page.text))
        assert not any(ord(character) < 32 and character not in "\n" for character in page.text)


#: The elements that these pages are made of.
KNOWN = set(
    re.findall(
        r"\w+",
        "html head meta title link script body header main nav section div p span h1 h2 h3 ul li a button form input "
        "label select option textarea table caption thead tbody tr th td strong small code bdi time br details summary "
        "q svg rect line path text circle",
    )
)


def tags_of(text: str) -> set[str]:
    """The elements a page has, its one script by name among them."""
    assert text.count("<script") == 1
    return set(re.findall(r"<(\w+)", text))
