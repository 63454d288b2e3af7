"""Reads a written drift report in each of its formats, as somebody else's program would."""

import json
import re
from pathlib import Path

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
    text = " ".join(path.read_text().split())
    found: dict[str, str] = {}
    for sentence in _SENTENCES:
        match = re.search(sentence, text)
        assert match is not None, sentence
        found |= match.groupdict()
    return tuple(int(found[name].replace(",", "")) for name in TOTALS)


def milestones_in(path: Path, form: str) -> list[str]:
    """The codes of the full table."""
    text = path.read_text()
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
