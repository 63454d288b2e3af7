"""The real exports of February 2018 and April 2019 against a simulated Jira that agrees with the first of them."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook

from connectors.jira_simulator import JiraSimulator
from tests.site import COMPLETED_FIELD, Site

RAISED = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\nmax_shift_days = 1000\nmax_changes = 1000\n"
HAND_EDITED_QUIETLY = "DM-AP-8"  # due unmoved between the months
EDITED_TOO = "DM-DRP-10"  # due moved, +707 days
REPORTED = "LDM-503-17"  # not complete in April 2019
QUIET_DAY, ALSO_DAY = "2025-01-15", "2025-02-17"  # what the two were set to


@dataclass
class Row:
    due: date | None
    basis: str
    completed: date | None
    start: bool


def _day(text: str) -> date | None:
    return datetime.strptime(text.split(" ")[0], "%m/%d/%Y").date() if text else None  # noqa: DTZ007  # a civil day


def read_rows(path: Path) -> dict[str, Row]:
    """Code -> what counts, read without any of syncsvc."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            cells = list(csv.reader(lines))
    else:
        with path.open("rb") as file:
            sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_name("TASK")
            cells = [[str(cell) for cell in row] for row in sheet.iter_rows()]
    names = cells[0]
    rows = {}
    for line in cells[2:]:
        cell = dict(zip(names, line, strict=False))
        finish = cell.get("base_end_date") or cell.get("end_date")
        start = not finish
        completed = cell["act_end_date"] or (cell["start_date"] if cell["status_code"] == "Completed" and start else "")
        basis = "baseline" if cell.get("base_end_date") else "forecast"
        rows[cell["task_code"]] = Row(_day(finish or cell["start_date"]), basis, _day(completed), start)
    return rows


@dataclass
class Nights:
    site: Site
    february: dict[str, Row]
    april: dict[str, Row]
    keys: dict[str, str]  # code -> completion issue
    plans: dict[str, str]  # code -> test-plan issue


@contextmanager
def open_nights(
    folder: Path, real_data: Path, flavour: str, *, completed_field: bool, mode: str = "auto"
) -> Iterator[Nights]:
    """Links for the codes common to both months, test plans for the annotated ones, Jira as in February."""
    february, april = read_rows(real_data / "201802-ME.csv"), read_rows(real_data / "201904-ME.xls")
    common = sorted(set(february) & set(april))
    annotated = json.loads((real_data / "annotations-2019-05.json").read_text())
    keys = {code: f"DM-{number}" for number, code in enumerate(common, start=1000)}
    plans = {code: f"DM-{number}" for number, code in enumerate((c for c in common if c in annotated), start=5000)}
    assert len(common) == 365
    assert plans
    with JiraSimulator(flavour) as jira:
        site = Site(folder, jira, completed_field=completed_field, tables=RAISED, mode=mode)
        for code, key in keys.items():
            row = february[code]
            done = row.completed is not None
            resolved = f"{row.completed}T12:00:00.000-0800" if done else None
            fields = {COMPLETED_FIELD: str(row.completed)} if done and completed_field else {}
            jira.add_issue(key, duedate=as_text(row.due), done=done, resolutiondate=resolved, fields=fields)
        for code, key in plans.items():
            due = february[code].due
            jira.add_issue(key, duedate=as_text(due and due - timedelta(days=45)))
        site.link({c: {"jira": k, **({"test_plan": plans[c]} if c in plans else {})} for c, k in keys.items()})
        site.put_export(real_data / "201802-ME.csv")
        yield Nights(site, february, april, keys, plans)


def april_arrives(nights: Nights, real_data: Path) -> None:
    """The export of April, and what people did in Jira meanwhile: two edits by hand, one completion."""
    site, jira = nights.site, nights.site.jira
    site.put_export(real_data / "201904-ME.xls")
    jira.edit(nights.keys[HAND_EDITED_QUIETLY], author="A. Person", duedate=QUIET_DAY)
    jira.edit(nights.keys[EDITED_TOO], author="A. Person", duedate=ALSO_DAY)
    jira.resolve(nights.keys[REPORTED], at="2019-04-12T10:00:00.000-0700")
    if site.completed_field:
        jira.edit(nights.keys[REPORTED], author="A. Person", **{COMPLETED_FIELD: "2019-04-12"})


def as_text(day: date | None) -> str | None:
    return day.isoformat() if day else None
