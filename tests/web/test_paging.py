"""Further rows of a filter are rows of the same filter, whatever is in its words."""

import html
import re
from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import pytest

from syncsvc.model import Mode
from syncsvc.web.pages import milestones, sources, today
from tests.web.browser import Browser, words_of
from tests.web.conftest import AUGUST, JULY, ROWS, Pages, put_month

#: Every character of it means something else in an address that it is put into as it is.
WORDS = 'R&D; a=b #1 +2 %41 "<x>'


#: Where rows are paged, what says how many a page has, and how many rows of the filter there are.
PAGED = {
    "/": (today, "ROWS_AT_ONCE", "6 rows of this filter"),
    "/milestones": (milestones, "ROWS_AT_ONCE", "10 milestones"),
    "/links": (sources, "LINKS_AT_ONCE", "7 links"),
}


def follow(browser: Browser, page: httpx.Response, pattern: str) -> httpx.Response:
    """The page behind the one address that looks like that."""
    (address,) = set(re.findall(pattern, page.text))
    return browser.get(str(page.url.join(html.unescape(address))))


def test_paging_keeps_the_filter(make_pages: Callable[..., Pages], monkeypatch: pytest.MonkeyPatch) -> None:
    pages = make_pages()
    put_month(pages.site, 5, {2: JULY, 3: JULY, 4: JULY, 5: AUGUST}, {n: f"{WORDS} {n}" for n in range(2, ROWS)})
    pages.site.sync(Mode.REVIEW)
    anna = pages.browser("anna")
    for path, (module, at_once, shown) in PAGED.items():
        monkeypatch.setattr(module, at_once, 2)
        page = anna.get(f"{path}?{urlencode({'text': WORDS, 'state': 'all'})}")
        assert f"{shown} page 1 of" in words_of(page)
        further = follow(anna, page, r'rel="next" href="([^"]*)"')
        assert f"{shown} page 2 of" in words_of(further)
        assert f'name="text" value="{html.escape(WORDS).replace("&quot;", "&#34;")}"' in further.text
        assert words_of(follow(anna, further, r'rel="prev" href="([^"]*)"')) == words_of(page)
        if path == "/":
            everything = follow(anna, further, r'href="(/decide-all[^"]*)"')
            assert "6 rows" in words_of(everything)
            back = words_of(follow(anna, everything, r'href="(/\?[^"]*)"'))
            assert f"{shown} page 1 of" in back
