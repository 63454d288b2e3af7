"""Section 3 of a published LDM-564, read with nothing of the product."""

import re
from pathlib import Path

HEADING = re.compile(r"#+ 3\.\d+ (?P<name>.*): (?P<code>LDM-503-\w+)")
DATES = re.compile(r"Due: (?P<due>\d{4}-\d\d-\d\d); (?:completed (?P<completed>\d{4}-\d\d-\d\d)|currently incomplete)")
CHILD = re.compile(r"- (?P<code>DM-[A-Z0-9-]+): (?P<name>.*?) [*(]{1,2}Due: .*")

SECTION = "### 3 Functionality in DM releases"

Row = tuple[int, str, str, str, str | None]  # level, code, name, due, completed


def published_rows(path: Path) -> list[Row]:
    """The rows of section 3, in its order."""
    return rows_of(path.read_text(encoding="utf-8"))


def rows_of(text: str) -> list[Row]:
    """The rows of what reads like the published text, from the heading of section 3 on."""
    section = text[text.index(f"{SECTION}\n") :]
    rows: list[Row] = []
    heading = None
    for line in section.splitlines():
        line = line.strip()
        if found := HEADING.fullmatch(line):
            heading = found
            continue
        dates = DATES.search(line)
        if dates is None:
            continue
        child = CHILD.fullmatch(line)
        assert heading is not None, line
        named = child or heading
        rows.append((3 if child else 2, named["code"], named["name"], dates["due"], dates["completed"]))
    return rows
