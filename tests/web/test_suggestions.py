"""Suggested links on their page: looked for on a press, accepted and refused by the functions of the shell."""

import re
import threading
from collections.abc import Callable

import httpx
import pytest

from syncsvc.service import Service
from syncsvc.web import work as module
from tests.hostile import NAMES
from tests.web.browser import form_of, words_of
from tests.web.conftest import DUE, JULY, Pages, put_month
from tests.web.test_at_work import wait_for

THERE = "/links/suggestions"


@pytest.fixture
def pages(pages: Pages) -> Pages:
    """M-0 and M-9 to M-11 have no link; DM-20 to DM-22 are in none."""
    jira = pages.site.jira
    jira.add_issue("DM-20", summary="M-9 is ready", duedate=JULY.isoformat())
    jira.add_issue("DM-21", summary="Milestone 9")
    jira.add_issue("DM-22", summary="Milestone 10 <b>of</b> ours")
    jira.forget_requests()
    return pages


def pairs(page: httpx.Response) -> list[tuple[str, str]]:
    """The suggestions of a page, in its order."""
    return re.findall(r'name="code" value="(M-\d+)"><input type="hidden" name="key" value="(DM-\d+)"', page.text)


def fields_of(page: httpx.Response, code: str, key: str) -> dict[str, str]:
    """The form of one row, as a browser would send it untouched."""
    mark = f'<input type="hidden" name="code" value="{code}"><input type="hidden" name="key" value="{key}">'
    start = page.text.rindex("<form", 0, page.text.index(mark))
    return form_of(page.text[start:], f"{THERE}/accept")


def test_it_asks_jira_on_a_press_alone_and_says_from_when_it_is(pages: Pages) -> None:
    anna, vera = pages.browser("anna"), pages.browser("vera")
    page = anna.get(THERE)
    assert "Nobody has looked for issues since the service was started" in words_of(page)
    assert "4 milestones of the newest export without a link" in words_of(page)
    assert pages.site.jira.count() == 0
    found = anna.send(page, f"{THERE}/look")
    asked = pages.site.jira.count()
    assert asked > 0
    assert re.search(r"Found at [-0-9]+ [0-9:]+ UTC for anna , among 11 issues of DM: ", words_of(found))
    assert pairs(found) == [("M-9", "DM-21"), ("M-9", "DM-20"), ("M-10", "DM-22")]
    assert "0.95 its name says M-9" in words_of(found)
    assert "Milestone 9" in words_of(found)
    assert "Milestone 10 &lt;b&gt;of&lt;/b&gt; ours" in found.text
    seen = vera.get(THERE)
    assert "DM-20" in seen.text
    assert f"{THERE}/accept" not in seen.text
    assert f"{THERE}/look" not in seen.text
    assert "Suggested links (3)" in words_of(vera.get("/links"))
    assert "1 suggestion " in words_of(vera.get(f"{THERE}?text=m-10"))
    assert pages.site.jira.count() == asked  # whoever looks asks nobody


def test_accepting_and_refusing_say_so_and_stand_in_the_audit(pages: Pages) -> None:
    anna = pages.browser("anna")
    found = anna.send(anna.get(THERE), f"{THERE}/look")
    silent = anna.post(f"{THERE}/refuse", data=fields_of(found, "M-10", "DM-22"))
    assert silent.status_code == 409
    assert "Not taken: say why: a reason is missing" in words_of(silent)
    refused = anna.post(f"{THERE}/refuse", data=fields_of(silent, "M-10", "DM-22") | {"reason": "Another <thing>"})
    assert "Refused: M-10 and DM-22 are not suggested again." in words_of(refused)
    assert pairs(refused) == [("M-9", "DM-21"), ("M-9", "DM-20")]
    accepted = anna.post(f"{THERE}/accept", data=fields_of(refused, "M-9", "DM-20"))
    assert "Accepted: M-9 and DM-20, due and completed." in words_of(accepted)
    assert pairs(accepted) == []  # M-9 has its link
    assert "There is none:" in words_of(accepted)
    assert pages.events("link_accepted", "link_refused") == [
        ("link_refused", "anna", "M-10"), ("link_accepted", "anna", "M-9")
    ]  # fmt: skip
    words = {(w.code, w.key): (w.accepted, w.role, w.reason, w.actor) for w in pages.desk.store.link_words()}
    assert words == {
        ("M-9", "DM-20"): (True, "completion", "", "anna"),
        ("M-10", "DM-22"): (False, "completion", "Another <thing>", "anna"),
    }  # fmt: skip
    assert "accepted by anna" in words_of(anna.get("/links?text=M-9"))
    again = anna.send(accepted, f"{THERE}/look")
    assert pairs(again) == []
    assert pages.site.sync().exit_code == 4
    assert "first contact" in words_of(anna.get("/?text=M-9"))


def test_a_test_plan_is_accepted_as_one(pages: Pages) -> None:
    anna = pages.browser("anna")
    found = anna.send(anna.get(THERE), f"{THERE}/look")
    anna.post(f"{THERE}/accept", data=fields_of(found, "M-9", "DM-21") | {"role": "test_plan"})
    (word,) = pages.desk.store.link_words()
    assert (word.key, word.role) == ("DM-21", "test_plan")
    assert "45 calendar days before PMCS" in words_of(anna.get("/links?text=M-9"))


def test_what_is_not_taken_says_why_at_its_row_or_on_top(pages: Pages) -> None:
    anna, bob = pages.browser("anna"), pages.browser("bob")
    found = anna.send(anna.get(THERE), f"{THERE}/look")
    bobs = bob.get(THERE)
    pages.site.jira.delete("DM-22")
    gone = anna.post(f"{THERE}/accept", data=fields_of(found, "M-10", "DM-22"))
    assert gone.status_code == 409
    row = gone.text[gone.text.index('value="DM-22"') :]
    assert "Jira does not show DM-22: it is not there, or this account may not see it" in row
    assert "Accepted:" in words_of(anna.post(f"{THERE}/accept", data=fields_of(gone, "M-9", "DM-20")))
    late = bob.post(f"{THERE}/accept", data=fields_of(bobs, "M-9", "DM-20"))
    assert late.status_code == 409
    assert "Not taken: M-9 and DM-20 : M-9 and DM-20 are linked already: accepted by anna" in words_of(late)
    odd = anna.post(f"{THERE}/accept", data=fields_of(gone, "M-10", "DM-22") | {"role": "owner"})
    assert (odd.status_code, "Choose what the issue is" in odd.text) == (409, True)
    assert len(pages.desk.store.link_words()) == 1


def test_a_viewer_and_a_stranger_change_nothing(pages: Pages) -> None:
    anna, vera = pages.browser("anna"), pages.browser("vera")
    found = anna.send(anna.get(THERE), f"{THERE}/look")
    filled = fields_of(found, "M-9", "DM-20") | {"reason": "x"}
    for path in (f"{THERE}/accept", f"{THERE}/refuse", f"{THERE}/look"):
        assert vera.post(path, data=filled | {"form_token": vera.form_token}).status_code == 403
        assert anna.post(path, data=filled | {"form_token": "forged"}).status_code == 403
        assert pages.browser().post(path, data=filled).status_code == 403
    assert pages.desk.store.link_words() == []


def test_a_new_export_ends_what_was_found(pages: Pages) -> None:
    anna = pages.browser("anna")
    anna.send(anna.get(THERE), f"{THERE}/look")
    put_month(pages.site, 5, {}, {9: NAMES[0]})
    pages.site.sync()
    page = anna.get(THERE)
    assert "Another export has arrived since" in words_of(page)
    assert pairs(page) == []
    assert "DM-20" in anna.send(page, f"{THERE}/look").text


def test_a_jira_that_does_not_answer_is_said_where_it_was_asked(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get(THERE)
    pages.site.jira.fault("status", status=401, times=50)
    answer = anna.send(page, f"{THERE}/look")
    assert answer.status_code == 409
    assert "Jira could not be looked through:" in words_of(answer)
    assert "Has the token expired" in words_of(answer)
    pages.site.jira.forget_faults()
    assert "DM-20" in anna.send(answer, f"{THERE}/look").text


def test_a_look_that_takes_long_goes_on_and_is_not_begun_twice(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    opened, suggest = threading.Event(), Service.suggest_links

    def waiting(self: Service) -> object:
        assert opened.wait(20)
        return suggest(self)

    monkeypatch.setattr(Service, "suggest_links", waiting)
    anna, bob = pages.browser("anna"), pages.browser("bob")
    first, second = anna.get(THERE), bob.get(THERE)
    looking = anna.send(first, f"{THERE}/look")
    assert "Looking through Jira for anna , since" in words_of(looking)
    assert f'data-look-again="{THERE}?look=1"' in looking.text
    assert f"{THERE}/look" not in looking.text.replace("?look=1", "")
    monkeypatch.setattr(module, "WAIT_SECONDS", 20)
    assert "anna has Jira looked through already, since" in words_of(bob.send(second, f"{THERE}/look"))
    opened.set()
    ended: Callable[[], bool] = lambda: "data-look-again" not in bob.get(f"{THERE}?look=1").text  # noqa: E731
    wait_for(ended)
    assert "UTC for anna , among" in words_of(anna.get(THERE))
    assert "DM-20" in bob.get(THERE).text


def test_nothing_to_suggest_is_said(pages: Pages) -> None:
    links = pages.site.folder / "links.toml"
    for number in (0, 9, 10, 11):
        links.write_text(links.read_text() + f'[milestones."M-{number}"]\njira = "DM-3{number}"\n')
    anna = pages.browser("anna")
    page = anna.send(anna.get(THERE), f"{THERE}/look")
    assert "There is none: every milestone of the newest export has a link." in words_of(page)
    assert DUE.isoformat() not in page.text
