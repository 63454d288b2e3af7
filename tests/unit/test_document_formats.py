"""The release list as Markdown and as a page, read back by a Markdown and an HTML parser."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from lxml import html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from syncsvc.model import Field, Status
from syncsvc.release_list import Annotations, ReleaseList, make_release_list
from syncsvc.report.document_html import release_list_html
from syncsvc.report.document_md import release_list_md
from syncsvc.report.layout import clean
from syncsvc.report.markdown import escape
from tests.builders import export, milestone
from tests.hostile import NAMES, hostile_list

MAY = date(2019, 5, 31)
JUNE = date(2019, 6, 28)


def small_list() -> ReleaseList:
    above = replace(milestone("LDM-503-01", MAY, JUNE, name="LSP & TAP"), predecessors=("DM-1", "DM-2"))
    rows = [above, milestone("DM-1", MAY, name="ISR_1"), milestone("DM-2", MAY, status=Status.COMPLETED)]
    annotations = Annotations(dates={("DM-1", Field.DUE): JUNE})
    snapshot = replace(export(*rows, milestone("LDM-503-02")), edition=2)
    return make_release_list(snapshot, annotations=annotations)


def shown_names() -> set[str]:
    return {" ".join(clean(name).split()) or "(no name)" for name in NAMES}


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like").parse(text):
        yield token
        yield from token.children or ()


def plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def test_markdown_reads_like_the_document() -> None:
    assert release_list_md(small_list()) == (
        "# Release list from PMCS 2019-04 ME edition 2\n"
        "\n"
        "- source: /exports/2019-04-ME.xlsx\n"
        "- period: 2019-04 ME\n"
        "- edition: 2\n"
        "- data date: 2019-04-30\n"
        "- milestones in it: 4\n"
        "- due from: base\\_end\\_date 3\n"
        f"- sha256: {'0' * 64}\n"
        "\n"
        "2 milestones LDM-503-\\*, and below them 2 entries of 2 milestones DM-\\*.\n"
        "\n"
        "## Annotations give other dates\n"
        "\n"
        "They are shown and not used.\n"
        "\n"
        "- DM-1 due: 2019-06-28 in the annotations, 2019-05-31 shown\n"
        "\n"
        "## Milestones\n"
        "\n"
        "### LSP \\& TAP: LDM-503-01\n"
        "\n"
        "*Due: 2019-05-31; completed 2019-06-28.*\n"
        "\n"
        "- DM-1: ISR\\_1 (*Due: 2019-05-31; currently incomplete*) \\[annotated: due 2019-06-28\\]\n"
        "- DM-2: Milestone DM-2 (*Due: 2019-05-31; completed, date not exported*)\n"
        "\n"
        "### Milestone LDM-503-02: LDM-503-02\n"
        "\n"
        "*Due: not dated; currently incomplete.*\n"
        "\n"
        "No milestone DM-\\* leads to it.\n"
    )


def test_an_empty_list_says_so_in_markdown_and_on_the_page() -> None:
    empty = make_release_list(export(milestone("DM-1", MAY)))
    assert release_list_md(empty).endswith("\nNo milestone has a code that begins with LDM-503-.\n")
    page = html.document_fromstring(release_list_html(empty))
    assert "No milestone has a code that begins with LDM-503-." in page.text_content()
    assert page.xpath("//nav | //article | //*[local-name()='svg']") == []


def test_markdown_shows_hostile_names_as_they_stand() -> None:
    found = list(tokens(release_list_md(hostile_list())))
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in found}
    assert kinds == {
        "heading",
        "inline",
        "text",
        "paragraph",
        "bullet_list",
        "list_item",
        "em",
        "strong",
    }
    emphasised = [found[at + 1].content for at, token in enumerate(found) if token.type == "em_open"]
    assert all(words.startswith("Due: ") for words in emphasised)
    assert sum(token.type == "strong_open" for token in found) == 1  # that the source is incomplete
    headings = [found[at + 1] for at, token in enumerate(found) if token.type == "heading_open" and token.tag == "h3"]
    names = {plain(heading).rpartition(": ")[0] for heading in headings}
    assert shown_names() <= names
    assert len(headings) == len(NAMES) + 3
    assert len(emphasised) == len(headings) + 2 * len(NAMES) + 1  # of all above, and of all below
    items = sum(token.type == "list_item_open" for token in found)
    assert items == 7 + 1 + 2 * len(NAMES) + 1  # the front, the override, and all below


@pytest.mark.parametrize(
    "text", [*NAMES, "1) one", "+ plus", "= under", "#1 of 2", "a:b", "ftp://x", "WWW.e.org", "+1"]
)
def test_text_in_markdown_is_a_paragraph_of_just_this_text(text: str) -> None:
    found = MarkdownIt("gfm-like").parse(escape(text))
    shown = " ".join(clean(text).split())
    if not shown:
        assert found == []
        return
    assert [token.type for token in found] == ["paragraph_open", "inline", "paragraph_close"]
    assert plain(found[1]) == shown
    assert {child.type for child in found[1].children or ()} == {"text"}


def test_the_page_is_the_same_whatever_names_are_on_it() -> None:
    """No element, no attribute and no link comes from a name: only text differs."""
    hostile = hostile_list()
    calm = replace(
        hostile,
        milestones=tuple(
            replace(one, name="A name", children=tuple(replace(child, name="A name") for child in one.children))
            for one in hostile.milestones
        ),
    )

    def built(release_list: ReleaseList) -> list[tuple[str, dict[str, str]]]:
        page = html.document_fromstring(release_list_html(release_list))
        body = page.find("body")
        varying = {"x", "viewBox", "height"}  # where the timeline puts names that are cut
        return [
            (str(one.tag), {key: value for key, value in one.attrib.items() if key not in varying})
            for one in body.iter()
        ]

    assert built(hostile) == built(calm)
    page = html.document_fromstring(release_list_html(hostile))
    assert shown_names() <= {one.text_content() for one in page.xpath("//h3//bdi[1]")}


def test_the_page_needs_nothing_but_itself() -> None:
    text = release_list_html(hostile_list())
    page = html.document_fromstring(text)
    policy = page.xpath('string(//meta[@http-equiv="Content-Security-Policy"]/@content)')
    (style,) = re.findall("<style>(.*?)</style>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'"
    assert page.xpath("//script | //link | //img | //iframe | //object | //base | //form | //@style | //@src") == []
    links = page.xpath("//@href")
    assert len(links) > len(NAMES)
    assert all(link.startswith("#") for link in links)
    assert "url(" not in style
    assert "@import" not in style


def test_every_link_of_the_page_has_its_place() -> None:
    page = html.document_fromstring(release_list_html(hostile_list()))
    places = page.xpath("//@id")
    assert len(places) == len(set(places))
    links = [link.removeprefix("#") for link in page.xpath("//nav//@href")]
    assert len(links) == len(set(links)) == len(NAMES) + 3
    assert set(links) <= set(places)
    assert "LDM-503-01" in links
    assert not re.search(r"[^A-Za-z0-9._-]", "".join(places))


def test_codes_that_differ_only_in_signs_keep_places_of_their_own() -> None:
    codes = ("T/1", "T 1", "T-1", "T-1.2", "timeline")
    listed = make_release_list(export(*(milestone(code, MAY) for code in codes)), top="")
    page = html.document_fromstring(release_list_html(listed))
    places = page.xpath("//@id")
    assert len(places) == len(set(places))


def test_the_page_says_what_is_done_and_what_annotations_give() -> None:
    page = html.document_fromstring(release_list_html(small_list()))
    first, second = (" ".join(one.text_content().split()) for one in page.xpath("//article"))
    assert first == (
        "LSP & TAP: LDM-503-01 Due: 2019-05-31; completed 2019-06-28. "
        "DM-1: ISR_1 (Due: 2019-05-31; currently incomplete) [annotated: due 2019-06-28] "
        "DM-2: Milestone DM-2 (Due: 2019-05-31; completed, date not exported)"
    )
    assert second.endswith("Due: not dated; currently incomplete. No milestone DM-* leads to it.")
    marks = [one.get("class") for one in page.xpath("//article//*[local-name()='path' or local-name()='circle']")]
    assert marks == ["done", "open", "done", "open"]
    assert "DM-1 due: 2019-06-28 in the annotations, 2019-05-31 shown" in page.text_content()
    assert [" ".join(one.text_content().split()) for one in page.xpath("//nav//li")] == [
        "LDM-503-01 LSP & TAP completed 2019-06-28",
        "LDM-503-02 Milestone LDM-503-02 not dated",
    ]
