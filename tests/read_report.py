"""Reads a written drift report in each of its formats, as somebody else's program would."""

import json
import re
from pathlib import Path

from lxml import html
from python_calamine import CalamineWorkbook

#: In the order of the known totals of shared/data: what the report calls them in JSON.
TOTALS = (
    "both",
    "removed",
    "added",
    "slipped",
    "pulled_in",
    "unchanged",
    "newly_completed",
    "completed_rewritten",
)
_SENTENCES = (
    r"(?P<both>[\d,]+) on both sides, (?P<added>[\d,]+) added, (?P<removed>[\d,]+) removed",
    r"(?P<slipped>[\d,]+) slipped, (?P<pulled_in>[\d,]+) pulled in, (?P<unchanged>[\d,]+) unchanged",
    r"(?P<newly_completed>[\d,]+) newly completed, [\d,]+ reopened, (?P<completed_rewritten>[\d,]+) completion date",
)


def totals_in(path: Path, form: str) -> tuple[int, ...]:
    """The eight totals."""
    if form == "json":
        totals = json.loads(path.read_text())["totals"]
        return tuple(totals[name] for name in TOTALS)
    if form == "html":
        return _totals_in_page(path)
    if form == "xlsx":
        return _totals_in_workbook(path)
    text = " ".join(path.read_text().split())
    found: dict[str, str] = {}
    for sentence in _SENTENCES:
        match = re.search(sentence, text)
        assert match is not None, sentence
        found |= match.groupdict()
    return tuple(int(found[name].replace(",", "")) for name in TOTALS)


def milestones_in(path: Path, form: str) -> list[str]:
    """The codes of the full table."""
    if form == "xlsx":
        with path.open("rb") as file:
            rows = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Drift").to_python()
        head = next(at for at, row in enumerate(rows) if row[0] == "Milestone")
        return [str(row[0]) for row in rows[head + 1 :] if row[0]]
    text = path.read_text()
    if form == "html":
        page = html.fromstring(text)
        return [cell.text_content().strip() for cell in page.xpath("//table[@id='full']/tbody/tr/th")]
    if form == "json":
        return [one["code"] for one in json.loads(text)["milestones"]]
    section = text[text.index("All milestones, by code") :]
    if form == "md":
        rows = [line for line in section.splitlines() if line.startswith("| ") and " --- " not in line]
        return [line.split(" | ")[0][2:].replace("\\", "") for line in rows][1:]
    if form == "tex":
        rows = [line for line in section.splitlines() if line.endswith("\\\\")]
        return [line.split(" & ")[0].replace("\\&", "&") for line in rows]
    return [line.split()[0] for line in section.splitlines()[2:] if line.strip()]


def _totals_in_page(path: Path) -> tuple[int, ...]:
    text = " ".join(html.fromstring(path.read_text()).text_content().split())
    found: dict[str, str] = {}
    for sentence in (
        r"(?P<both>[\d,]+) on both sides, (?P<added>[\d,]+) new, (?P<removed>[\d,]+) gone",
        r"(?P<slipped>[\d,]+) slipped (?P<pulled_in>[\d,]+) pulled in (?P<unchanged>[\d,]+) unchanged",
        r"(?P<newly_completed>[\d,]+) newly completed [\d,]+ reopened (?P<completed_rewritten>[\d,]+) completion",
    ):
        match = re.search(sentence, text)
        assert match is not None, sentence
        found |= match.groupdict()
    return tuple(int(found[name].replace(",", "")) for name in TOTALS)


def _totals_in_workbook(path: Path) -> tuple[int, ...]:
    with path.open("rb") as file:
        rows = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Summary").to_python()
    counts = {str(row[0]): row[1:3] for row in rows}
    captions = (
        *("On both sides", "Gone", "New", "Slipped", "Pulled in", "Unchanged", "Newly completed"),
        "Completion rewritten",
    )
    for caption in captions:
        reported, live = counts[caption]
        assert reported == live, caption
    return tuple(int(float(str(counts[caption][0]))) for caption in captions)
