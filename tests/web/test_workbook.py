"""The decision workbook over the pages, and narratives."""

from pathlib import Path

import httpx
from openpyxl import load_workbook

from tests.review_workbooks import fill
from tests.web.browser import Browser, form_of, words_of
from tests.web.conftest import Pages, put_month


def give_back(browser: Browser, content: bytes, name: str = "review.xlsx") -> httpx.Response:
    token = form_of(browser.get("/workbook").text, "/workbook")["form_token"]
    return browser.post("/workbook", data={"form_token": token}, files={"file": (name, content)})


def download(browser: Browser, folder: Path) -> Path:
    answer = browser.get("/workbook/download")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''review-p-")
    path = folder / "review.xlsx"
    path.write_bytes(answer.content)
    return path


def test_a_workbook_goes_out_and_comes_back(pages: Pages, tmp_path: Path) -> None:
    anna = pages.browser("anna")
    path = download(anna, tmp_path)
    narrative = {"Narrative: why": "Vendor is late", "Narrative: corrective action": "Weekly calls"}
    fill(path, {"M-1": {"Decision": "approve"}, "M-6": {"Decision": "reject"}, "M-2": narrative})
    answer = give_back(anna, path.read_bytes(), "../../../etc/passwd")
    assert answer.status_code == 409
    text = words_of(answer)
    assert "Kept: 1 approved." in text
    assert "Kept: 1 narrative." in text
    assert "say why it is rejected: a reason is missing" in text
    assert pages.events("approved", "narrative") == [("approved", "anna", "M-1"), ("narrative", "anna", "M-2")]
    assert "Vendor is late" in anna.get("/milestones/M-2/narrative").text


def test_a_file_that_is_none_of_ours_is_refused_with_what_to_do(pages: Pages) -> None:
    anna = pages.browser("anna")
    for content in (b"", b"not a workbook", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0 old"):
        answer = give_back(anna, content)
        assert answer.status_code == 409
        assert "Download a new one here" in words_of(answer) or "No file was chosen" in words_of(answer)
    assert pages.events("approved") == []


def test_a_viewer_may_have_the_workbook_and_not_give_it_back(pages: Pages, tmp_path: Path) -> None:
    vera = pages.browser("vera")
    path = download(vera, tmp_path)
    assert 'action="/workbook"' not in vera.get("/workbook").text
    refused = vera.post("/workbook", data={"form_token": vera.form_token}, files={"file": ("x", path.read_bytes())})
    assert refused.status_code == 403


def test_what_reaches_a_cell_from_outside_is_no_formula(pages: Pages, tmp_path: Path) -> None:
    put_month(pages.site, 5, {}, {n: '=HYPERLINK("http://evil.example","x")' for n in range(12)})
    anna = pages.browser("anna")
    anna.send(anna.get("/plan"), "/plan")
    answer = anna.send(
        anna.get("/milestones/M-1/narrative"),
        "/milestones/M-1/narrative",
        why="=1+1",
        action="@SUM(A1)",
        period="2019-05",
    )
    assert "Kept: the narrative of M-1 for 2019-05." in words_of(answer)
    book = load_workbook(download(anna, tmp_path))
    formulas = [c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert not any("evil" in str(value) or "1+1" in str(value) or "@SUM" in str(value) for value in formulas)


def test_a_narrative_is_written_beside_its_milestone(pages: Pages) -> None:
    anna = pages.browser("anna")
    page = anna.get("/milestones/M-3/narrative")
    assert form_of(page.text, "/milestones/M-3/narrative")["period"] == "2019-04"
    silent = anna.send(page, "/milestones/M-3/narrative", why=" ", action="Call them")
    assert silent.status_code == 409
    assert "Not kept:" in words_of(silent)
    assert "Call them" in silent.text
    odd = anna.send(page, "/milestones/M-3/narrative", why="Late", period="April")
    assert "'April' is no month" in words_of(odd)
    kept = anna.send(silent, "/milestones/M-3/narrative", why="The vendor is late")
    assert "Kept: the narrative of M-3 for 2019-04." in words_of(kept)
    assert "Written last by anna" in words_of(kept)
    vera = pages.browser("vera")
    assert "The vendor is late" in words_of(vera.get("/milestones/M-3/narrative"))
    token = {"form_token": vera.form_token, "why": "x", "period": "2019-04"}
    assert vera.post("/milestones/M-3/narrative", data=token).status_code == 403
    assert anna.get("/milestones/NOPE/narrative").status_code == 404
