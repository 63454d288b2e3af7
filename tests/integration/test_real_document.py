"""`document` against section 3 of LDM-564 of 2019-05-20, which is parsed here with nothing of the product."""

import json
import re
from pathlib import Path

import pytest
from lxml import etree, html

from syncsvc.cli.frame import run
from tests.published import SECTION, Row, published_rows, rows_of

pytestmark = pytest.mark.real


def test_all_128_rows_of_section_3_follow_from_the_export(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(real_data / "201904-ME.xls"), "--annotations", str(real_data / "annotations-2019-05.json")]
    assert run(["document", *arguments, "--format", "json"], env={}) == 0
    printed = json.loads(capsys.readouterr().out)
    rows: list[Row] = []
    for top in printed["milestones"]:
        rows.append((2, top["code"], top["name"], top["due"], top["completed"]))
        rows += [(3, one["code"], one["name"], one["due"], one["completed"]) for one in top["children"]]
    published = published_rows(real_data / "LDM-564-2019-05-20.txt")
    assert len(published) == 128
    assert sum(1 for row in published if row[0] == 2) == 28
    assert len({row[1] for row in published if row[0] == 3}) == 97
    assert rows == published  # codes, names, dues, completions and their order
    assert printed["schema"] == "syncsvc.document/1"
    assert printed["overrides"] == []


def test_the_text_reads_like_the_document(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(real_data / "201904-ME.xls"), "--annotations", str(real_data / "annotations-2019-05.json")]
    assert run(["document", *arguments], env={"COLUMNS": "120"}) == 0
    text = capsys.readouterr().out
    assert "28 milestones LDM-503-*, and below them 100 entries of 97 milestones DM-*" in text
    assert "HSC reprocessing: LDM-503-02\nDue: 2017-11-30; completed 2017-12-01.\n\n- DM-DRP-1: " in text
    assert "- DM-AP-1: Basic single frame measurement pipeline. (Due: 2017-08-31; completed 2017-11-01)\n" in text


def test_without_annotations_the_names_are_those_of_the_schedule(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["document", str(real_data / "201904-ME.xls"), "--format", "json"], env={}) == 0
    names = {top["code"]: top["name"] for top in json.loads(capsys.readouterr().out)["milestones"]}
    assert names["LDM-503-10a"] == "LSP"
    assert not [name for name in names.values() if name.startswith("Test report")]


def print_document(real_data: Path, form: str, capsys: pytest.CaptureFixture[str]) -> str:
    arguments = [str(real_data / "201904-ME.xls"), "--annotations", str(real_data / "annotations-2019-05.json")]
    assert run(["document", *arguments, "--format", form], env={}) == 0
    return capsys.readouterr().out


def test_the_markdown_has_the_128_rows(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", print_document(real_data, "md", capsys))
    numbered = re.sub(r"^### ", "### 3.0 ", text, flags=re.MULTILINE).replace("## Milestones", SECTION)
    assert rows_of(numbered) == published_rows(real_data / "LDM-564-2019-05-20.txt")


def test_the_page_has_the_128_rows(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = html.document_fromstring(print_document(real_data, "html", capsys))
    lines = [SECTION]
    for article in page.xpath("//article"):
        lines.append(f"### 3.0 {article.find('h3').text_content()}")
        lines.append(article.find("p").text_content())
        lines += [f"- {one.text_content()}" for one in article.iter("li")]
    assert rows_of("\n".join(lines)) == published_rows(real_data / "LDM-564-2019-05-20.txt")
    assert len(page.xpath("//nav//a")) == 28


def test_the_picture_has_a_row_for_each_of_the_28(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = etree.fromstring(print_document(real_data, "svg", capsys).encode())
    codes = picture.xpath("//*[local-name()='text'][@class='strong']/text()")
    published = [row for row in published_rows(real_data / "LDM-564-2019-05-20.txt") if row[0] == 2]
    assert codes == [row[1] for row in published]
    words = picture.xpath("//*[local-name()='text']/text()")
    assert sum(word.startswith("completed 20") for word in words) == sum(row[4] is not None for row in published)
    assert len(picture.xpath("//*[local-name()='circle']")) == 100 + 2  # the legend shows two
