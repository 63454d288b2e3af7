"""What the demo plays with: the milestones of two months, the issues of a small Jira, and what people do to them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from connectors.jira_simulator import JiraSimulator

COMPLETED_FIELD: Final = "customfield_10100"
_HERE: Final = Path(__file__).resolve().parent

#: In the first month these were due so many days earlier (later where negative) than the published plan says.
MOVED: Final = {
    "LDM-503-06": 273,
    "LDM-503-10b": 29,
    "LDM-503-11a": 28,
    "DM-NCSA-11": 120,
    "DM-NCSA-14": 398,
    "DM-SUIT-10": -31,
    "DM-DRP-21": 59,
    "DM-NET-4": -14,
}
#: Completions that the first month did not show yet.
NOT_YET: Final = ("LDM-503-07", "DM-AP-9", "DM-DRP-17")
#: Milestone -> its issue; the test milestones that still lie ahead have a test-plan issue too.
ISSUES: Final = {
    "LDM-503-06": "DM-17119",
    "LDM-503-07": "DM-17120",
    "LDM-503-08": "DM-17121",
    "LDM-503-10b": "DM-17122",
    "LDM-503-11a": "DM-17123",
    "LDM-503-12": "DM-17124",
    "DM-AP-9": "DM-17125",
    "DM-DRP-17": "DM-17126",
    "DM-DRP-21": "DM-17127",
    "DM-NCSA-10": "DM-17128",
    "DM-NCSA-11": "DM-17129",
    "DM-NCSA-14": "DM-17130",
    "DM-NET-4": "DM-17131",
    "DM-SUIT-9": "DM-17132",
    "DM-SUIT-10": "DM-17133",
    "DM-DAX-8": "DM-17134",
}
TEST_PLANS: Final = {"LDM-503-06": "DM-16074", "LDM-503-11a": "DM-16075", "LDM-503-12": "DM-16076"}
#: What Jira says in the first month where it differs from PMCS: another date, or none.
JIRA_DIFFERS: Final = {"DM-NCSA-11": "2019-06-28", "DM-SUIT-9": None, "LDM-503-12": "2020-03-02"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One milestone as the published plan prints it."""

    code: str
    name: str
    due: date
    completed: date | None
    predecessors: tuple[str, ...]


def read_milestones() -> tuple[Fact, ...]:
    """The 28 test milestones and what they need."""
    with (_HERE / "milestones.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Fact(
                row["code"],
                row["name"],
                date.fromisoformat(row["due"]),
                date.fromisoformat(row["completed"]) if row["completed"] else None,
                tuple(row["predecessors"].split()),
            )
            for row in csv.DictReader(lines)
        )


def first_month(milestones: Sequence[Fact]) -> tuple[Fact, ...]:
    """March 2019: before the moves, and before some of the completions."""
    return tuple(
        replace(
            fact,
            due=fact.due - timedelta(days=MOVED.get(fact.code, 0)),
            completed=None if fact.code in NOT_YET else fact.completed,
        )
        for fact in milestones
    )


def second_month(milestones: Sequence[Fact]) -> tuple[Fact, ...]:
    """April 2019: as published."""
    return tuple(milestones)


def write_export(path: Path, project: str, milestones: Sequence[Fact]) -> None:
    """A P6 spreadsheet export: sheet TASK as CSV, internal names and captions, dates as P6 writes them."""
    names = ["task_code", "status_code", "wbs_id", "task_name", "pred_list", "start_date", "base_end_date",
             "end_date", "act_end_date", "late_end_date"]  # fmt: skip
    captions = ["Activity ID", "Activity Status", "WBS Code", "Activity Name", "(*)Predecessors", "(*)Start",
                "(*)BL Project Finish", "(*)Finish", "Actual Finish", "(*)Late Finish"]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerows([names, captions])
        for fact in milestones:
            status = "Completed" if fact.completed else "Not Started"
            finish = _p6(fact.completed or fact.due, "8:00:00 AM")
            late = _p6(date(fact.due.year, 12, 31), "5:00:00 PM")  # shows that the month comes first
            sheet.writerow(
                [fact.code, status, f"{project}.02C.00", fact.name, ", ".join(fact.predecessors), "",
                 _p6(fact.due, "5:00:00 PM"), finish, _p6(fact.completed, ""), late]
            )  # fmt: skip


def fill_jira(jira: JiraSimulator, milestones: Sequence[Fact]) -> None:
    """The issues as the teams left them: most as in the schedule, some not."""
    facts = {fact.code: fact for fact in milestones}
    for code, key in ISSUES.items():
        fact = facts[code]
        done = fact.completed is not None
        due = JIRA_DIFFERS.get(code, fact.due.isoformat())
        fields = {COMPLETED_FIELD: fact.completed.isoformat()} if fact.completed else {}
        at = f"{fact.completed}T12:00:00.000-0700" if fact.completed else None
        jira.add_issue(key, summary=fact.name, duedate=due, done=done, resolutiondate=at, fields=fields)
    for code, key in TEST_PLANS.items():
        due = (facts[code].due - timedelta(days=45)).isoformat()
        jira.add_issue(key, summary=f"Test plan: {facts[code].name}", duedate=due)


def edit_by_a_team(jira: JiraSimulator) -> str:
    """Somebody sets another due date by hand; which issue."""
    jira.edit(ISSUES["LDM-503-08"], author="A. Team-Lead", duedate="2019-12-13")
    return ISSUES["LDM-503-08"]


def report_a_completion(jira: JiraSimulator) -> str:
    """Somebody closes an issue that the schedule does not know to be complete; which one."""
    jira.resolve(ISSUES["DM-DAX-8"], at="2019-04-24T15:20:00.000-0700")
    return ISSUES["DM-DAX-8"]


def write_config(folder: Path, url: str) -> None:
    """A configuration as a site would have it."""
    (folder / "config.toml").write_text(
        f"""\
[site]
name = "syncsvc demo"
timezone = "America/Los_Angeles"

[store]
url = "sqlite:///syncsvc.db"

[connectors.pmcs]
kind = "p6_spreadsheet"
exports = "exports"
outbox = "outbox"

[connectors.jira]
kind = "jira"
url = "{url}"
flavour = "cloud"
user = "bot@example.org"
token_env = "SYNCSVC_JIRA_TOKEN"
projects = ["DM"]
completed_field = "Actual end"

[links]
files = ["links.toml"]

[limits]
max_change_percent = 75

[nightly]
mode = "auto"

[report]
folder = "reports"
""",
        encoding="utf-8",
    )
    for name in ("exports", "outbox", "reports"):
        (folder / name).mkdir(exist_ok=True)


def write_links(folder: Path, milestones: Sequence[Fact]) -> None:
    """Which milestone is which issue."""
    lines = []
    for fact in milestones:
        if fact.code in ISSUES:
            lines += [f'[milestones."{fact.code}"]', f'jira = "{ISSUES[fact.code]}"']
        if fact.code in TEST_PLANS:
            lines.append(f'test_plan = "{TEST_PLANS[fact.code]}"')
    (folder / "links.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _p6(day: date | None, time: str) -> str:
    """A date as P6 writes it into a spreadsheet: 8/30/2019 5:00:00 PM."""
    return "" if day is None else f"{day.month}/{day.day}/{day.year} {time}".rstrip()
