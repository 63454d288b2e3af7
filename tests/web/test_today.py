"""Deciding on the first page: one by one, a filtered set, and what is refused with its reason where it happens."""

import re

import pytest

from syncsvc.model import Verdict
from syncsvc.store import Store
from tests.web.browser import form_of, words_of
from tests.web.conftest import JULY, Pages


def number_of(text: str, code: str) -> str:
    """The number under which a row stands in the form."""
    (found,) = re.findall(rf'aria-label="Decision for {code} [^"]*"', text)
    (number,) = re.findall(rf'name="verdict\.(\d+)" {re.escape(found)}', text)
    return str(number)


def test_what_waits_says_what_each_side_says_who_moved_and_since_when(pages: Pages) -> None:
    page = pages.browser("anna").get("/")
    text = words_of(page)
    assert "4 wait for a decision 3 to be written 0 decided" in text
    assert "2019-04 ME" in text
    assert "since 2019-04 ME; before that 2019-06-03" in text
    assert "both moved" in text
    assert "waits since" in text
    codes = re.findall(r'<th scope="row"><a href="/milestones/(M-\d)"', page.text)
    assert codes[:3] == ["M-1", "M-6", "M-7"]  # 59 days apart
    assert codes[3:] == ["M-2"]  # 31 days
    asked = pages.site.jira.count()
    assert len(re.findall(r"set by A\. Person at \d{4}-\d\d-\d\d \d\d:\d\d UTC", text)) == 4
    assert pages.site.jira.count() == asked  # the night that held them was told


def test_where_nobody_is_named_the_history_in_jira_is_one_press_away(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "edits", lambda *_: {})
    page = pages.browser("anna").get("/")
    assert "set by" not in words_of(page)
    assert "/browse/DM-1?page=com.atlassian.jira" in page.text


def test_rows_are_decided_with_reasons_and_the_audit_names_who(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/")
    first, second, third = (number_of(page.text, code) for code in ("M-1", "M-6", "M-7"))
    answer = anna.send(page, "/decide", **{
        f"verdict.{first}": "approve", f"verdict.{second}": "reject", f"reason.{second}": "The team is right.",
        f"verdict.{third}": "hold", f"reason.{third}": "Ask Ben", f"until.{third}": "2999-01-01",
    })  # fmt: skip
    assert answer.status_code == 200
    assert "Kept: 1 approved, 1 rejected, 1 put off." in words_of(answer)
    assert "1 wait for a decision" in words_of(answer)
    assert pages.events("approved", "rejected", "postponed") == [
        ("approved", "anna", "M-1"), ("rejected", "anna", "M-6"), ("postponed", "anna", "M-7"),
    ]  # fmt: skip
    decided = words_of(anna.get("/?state=decided"))
    assert "rejected by anna" in decided
    assert "The team is right." in decided
    assert "Kept:" not in words_of(anna.get("/"))  # told once


def test_what_cannot_be_taken_says_why_at_its_row_and_keeps_what_was_filled_in(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/")
    first, second, third = (number_of(page.text, code) for code in ("M-1", "M-6", "M-7"))
    answer = anna.send(page, "/decide", **{
        f"verdict.{first}": "approve", f"verdict.{second}": "reject",
        f"verdict.{third}": "hold", f"reason.{third}": "later & more", f"until.{third}": "soon",
    })  # fmt: skip
    assert answer.status_code == 409
    text = words_of(answer)
    assert "Kept: 1 approved." in text
    assert "2 rows were not taken" in text
    assert "say why it is rejected: a reason is missing" in text
    assert "'soon' is no day; write it as 2019-06-28" in text
    assert 'value="later &amp; more"' in answer.text
    again = anna.send(answer, "/decide", **{f"reason.{number_of(answer.text, 'M-6')}": "Now said",
                                            f"verdict.{number_of(answer.text, 'M-7')}": ""})  # fmt: skip
    assert "Kept: 1 rejected." in words_of(again)


def test_who_decides_what_another_decided_meanwhile_is_told(pages: Pages) -> None:
    anna, bob = pages.browser("anna"), pages.browser("bob")
    annas, bobs = anna.get("/"), bob.get("/")
    number = number_of(annas.text, "M-1")
    anna.send(annas, "/decide", **{f"verdict.{number}": "approve", f"reason.{number}": "as agreed"})
    answer = bob.send(bobs, "/decide", **{f"verdict.{number}": "reject", f"reason.{number}": "no"})
    assert answer.status_code == 409
    assert re.search(r"anna approved it at \d{4}-.* UTC, after it was shown to you \(as agreed\)", words_of(answer))
    (standing,) = pages.desk.store.standing_decisions()
    assert (standing.actor, standing.verdict) == ("anna", Verdict.APPROVE)
    # who has seen it may decide otherwise
    seen = bob.get("/?state=all&text=M-1")
    number = number_of(seen.text, "M-1")
    assert bob.send(seen, "/decide", **{f"verdict.{number}": "reject", f"reason.{number}": "no"}).status_code == 200
    (standing,) = pages.desk.store.standing_decisions()
    assert (standing.actor, standing.verdict) == ("bob", Verdict.REJECT)


def test_a_form_that_is_sent_twice_decides_once(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/")
    number = number_of(page.text, "M-1")
    assert anna.send(page, "/decide", **{f"verdict.{number}": "approve"}).status_code == 200
    assert anna.send(page, "/decide", **{f"verdict.{number}": "approve"}).status_code == 409
    assert len(pages.events("approved")) == 1


def test_a_row_that_changed_meanwhile_is_refused_with_its_reason(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/")
    pages.site.jira.edit("DM-1", author="B. Other", duedate=JULY.isoformat())
    answer = anna.send(page, "/decide", **{f"verdict.{number_of(page.text, 'M-1')}": "approve"})
    assert answer.status_code == 409
    assert "DM-1 was set to 2019-07-01 in Jira" in words_of(answer)
    assert "by B. Other" in words_of(answer)
    assert pages.events("approved") == []


def test_a_seal_that_was_edited_is_no_row(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/")
    number = number_of(page.text, "M-1")
    sealed = form_of(page.text, "/decide")[f"row.{number}"].replace("2019-08-01", "2019-09-01")
    answer = anna.send(page, "/decide", **{f"verdict.{number}": "approve", f"row.{number}": sealed})
    assert "none of this store's rows" in words_of(answer)
    assert pages.events("approved") == []


def test_a_filtered_set_is_decided_at_once_if_it_is_the_one_that_was_seen(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/decide-all?state=waits&kind=follower_edited")
    assert "Decide 3 rows at once" in words_of(page)
    number = number_of(first := anna.get("/").text, "M-1")
    assert first
    bob = pages.browser("bob")
    bob.send(bob.get("/"), "/decide", **{f"verdict.{number}": "approve"})
    answer = anna.send(page, "/decide-all", verdict="reject", reason="The teams are right")
    assert answer.status_code == 409
    assert "The rows are others now than those you saw. Nothing was decided" in words_of(answer)
    answer = anna.send(answer, "/decide-all", verdict="reject", reason="")
    assert answer.status_code == 409
    assert "a reason is missing" in words_of(answer)
    page = anna.get("/decide-all?state=waits&kind=follower_edited")
    answer = anna.send(page, "/decide-all", verdict="reject", reason="The teams are right")
    assert "Kept: 2 rejected." in words_of(answer)
    assert [code for _, _, code in pages.events("rejected")] == ["M-6", "M-7"]


def test_the_filter_finds_by_code_name_and_issue_and_forgives_nonsense(pages: Pages) -> None:
    anna = pages.browser("anna")
    for text in ("m-6", "milestone 6", "dm-6"):
        assert re.findall(r'/milestones/(M-\d)"', anna.get("/", params={"text": text}).text) == ["M-6"]
    page = anna.get("/", params={"state": "'; DROP", "kind": "x" * 900, "field": "due<", "page": "-7"})
    assert page.status_code == 200
    assert "No row is like that." in words_of(page)


def test_a_viewer_sees_the_rows_and_no_way_to_decide(pages: Pages) -> None:
    vera = pages.browser("vera")
    page = vera.get("/")
    assert "4 wait for a decision" in words_of(page)
    assert "/decide" not in page.text
    token = form_of(page.text, "/sign-out")["form_token"]
    annas = form_of(pages.browser("anna").get("/").text, "/decide") | {"form_token": token, "verdict.1": "approve"}
    refused = vera.post("/decide", data=annas)
    assert refused.status_code == 403
    assert "You are signed in as vera, a viewer; this needs a controller." in words_of(refused)
    assert vera.get("/decide-all").status_code == 403
    assert pages.events("approved") == []
