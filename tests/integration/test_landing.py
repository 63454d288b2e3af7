"""Completions that Jira reported, handed to P6, and what the exports that follow say of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from connectors.jira_simulator import JiraSimulator
from connectors.p6_workbook import read_import_workbook
from syncsvc.hand_over import review_beside
from syncsvc.model import Mode, Outcome, RunResult
from tests.p6_files import activity, table_of, write_xlsx
from tests.site import Site

CODES = ("DM-A-1", "DM-A-2", "DM-A-3")
DUE = "4/26/2019 5:00:00 PM"
SETTINGS = [["user_data"], ["UserSettings Do Not Edit"], ["DurationQtyType=QT_Hour\r\nDateFormat=dd'-'mmm'-'yy\r\n"]]


class Clock:
    """A clock that stands where it was set last."""

    def __init__(self) -> None:
        self.at = datetime(2019, 5, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jira(clock: Clock) -> Iterator[JiraSimulator]:
    with JiraSimulator("cloud", now=clock) as simulator:
        yield simulator


@pytest.fixture
def site(tmp_path: Path, clock: Clock, jira: JiraSimulator) -> Site:
    """Three milestones that Jira knows to be done and PMCS does not."""
    site = Site(tmp_path, jira, now=clock)
    for number in range(1, len(CODES) + 1):
        site.jira.add_issue(f"DM-{number}", duedate="2019-04-26")
        site.jira.resolve(f"DM-{number}", at=f"2019-04-1{number}T18:00:00+0000")
    site.link({code: {"jira": f"DM-{number}"} for number, code in enumerate(CODES, start=1)})
    put(site, "2019-04", {})
    return site


def put(site: Site, period: str, completed: dict[str, str]) -> None:
    """An export in which these activities are completed, code -> actual finish."""
    rows = [
        activity(
            code,
            base_end_date=DUE,
            end_date=DUE,
            **({"status_code": "Completed", "act_end_date": completed[code]} if code in completed else {}),
        )
        for code in CODES
    ]
    write_xlsx(
        site.folder / "exports" / f"{period.replace('-', '')}-ME.xlsx", {"TASK": table_of(rows), "USERDATA": SETTINGS}
    )


def states(run: RunResult) -> dict[str, str]:
    return {each.proposal.code: each.proposal.state.value for each in run.hand_overs}


def handed(run: RunResult) -> dict[str, str]:
    return {r.change.code: str(r.change.after) for r in run.receipts if r.outcome is Outcome.HANDED_OVER}


def report(run: RunResult, form: str) -> Path:
    return Path(run.report[form])


def test_three_completions_two_of_which_land(site: Site, clock: Clock) -> None:
    first = site.sync()
    assert handed(first) == {"DM-A-1": "2019-04-11", "DM-A-2": "2019-04-12", "DM-A-3": "2019-04-13"}
    (workbook,) = first.outbox
    assert len(read_import_workbook(Path(workbook))) == 3
    assert states(first) == dict.fromkeys(CODES, "pending")
    assert "3 pending." in report(first, "text").read_text()

    clock.at = datetime(2019, 5, 10, 12, tzinfo=UTC)
    again = site.sync()  # the same export: everything is on its way, and nothing is proposed again
    assert (handed(again), states(again)) == ({}, dict.fromkeys(CODES, "pending"))

    clock.at = datetime(2019, 6, 2, 12, tzinfo=UTC)
    put(site, "2019-05", {"DM-A-1": "4/11/2019 5:00:00 PM", "DM-A-2": "4/12/2019"})
    told = site.sync(Mode.REPORT)
    assert states(told) == {"DM-A-1": "landed", "DM-A-2": "landed", "DM-A-3": "not_landed"}
    assert told.plan is not None
    assert [(c.code, c.target) for c in told.plan.changes] == [("DM-A-3", "pmcs")]

    clock.at = datetime(2019, 6, 3, 12, tzinfo=UTC)
    third = site.sync()  # what did not land is handed over once more, what landed never
    assert handed(third) == {"DM-A-3": "2019-04-13"}
    told_now = [(each.proposal.code, each.proposal.state.value) for each in third.hand_overs]
    assert sorted(told_now) == [
        ("DM-A-1", "landed"),
        ("DM-A-2", "landed"),
        ("DM-A-3", "not_landed"),
        ("DM-A-3", "pending"),
    ]
    assert third.proposals == (), "the run before this one learnt it, and this report says it still"
    assert handed(site.sync()) == {}

    clock.at = datetime(2019, 7, 2, 12, tzinfo=UTC)
    put(site, "2019-06", {code: f"4/1{n}/2019" for n, code in enumerate(CODES, start=1)})
    last = site.sync()
    assert (states(last), handed(last)) == ({"DM-A-3": "landed"}, {})


def test_every_format_tells_it_in_the_same_words(site: Site, clock: Clock) -> None:
    site.sync()
    clock.at = datetime(2019, 6, 2, 12, tzinfo=UTC)
    put(site, "2019-05", {"DM-A-1": "4/11/2019 5:00:00 PM", "DM-A-2": "4/29/2019"})
    site.formats = ("text", "json", "md", "html", "xlsx")
    site.write_config()
    run = site.sync()
    text, page, markdown = (report(run, form).read_text() for form in ("text", "html", "md"))
    words = {
        "landed": "PMCS shows 2019-04-11 for the completion of 2019-04-11 handed over 2019-05-02",
        "overwritten": "PMCS shows 2019-04-29 for the completion of 2019-04-12 handed over 2019-05-02",
        "not landed": "the export with data date 2019-05-31 does not show the completion of 2019-04-13",
    }
    sheet = openpyxl.load_workbook(report(run, "xlsx"))["Handed over"]
    cells = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    counts = "1 not landed, 1 overwritten, 1 landed, 1 pending."
    assert [counts in form for form in (" ".join(text.split()), page, markdown, str(cells))] == [True] * 4
    for state, said in words.items():
        for form in (" ".join(text.split()), page, markdown):
            assert said in form.replace("\\", ""), state
        assert any(row[4] == state and row[5].startswith(said) for row in cells), state
    shape = json.loads(report(run, "json").read_text())["hand_overs"]
    assert {(each["code"], each["state"]) for each in shape} == {
        ("DM-A-1", "landed"),
        ("DM-A-2", "overwritten"),
        ("DM-A-3", "not_landed"),
        ("DM-A-3", "pending"),
    }


def test_an_export_of_a_month_before_the_hand_over_proves_nothing(site: Site, clock: Clock) -> None:
    site.sync()
    put(site, "2019-04", {"DM-A-1": "4/11/2019 5:00:00 PM"})  # edition 2 of April: its data date is before May 2nd
    run = site.sync()
    assert (states(run), handed(run)) == ({"DM-A-1": "landed", "DM-A-2": "pending", "DM-A-3": "pending"}, {})
    pending = next(each for each in run.hand_overs if each.proposal.code == "DM-A-2")
    assert pending.words == (
        "the completion of 2019-04-12 waits for an export whose data date reaches 2019-05-02"
        " (the newest, of 2019-04-30, does not)"
    )


def test_beside_the_workbook_lies_who_resolved_what_and_when(site: Site) -> None:
    (workbook,) = site.sync().outbox
    book = openpyxl.load_workbook(review_beside(workbook))
    assert book.sheetnames == ["Completions for P6"]
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    head = next(at for at, row in enumerate(rows) if row[0] == "Activity ID")
    named = dict(zip([str(name) for name in rows[head]], rows[head + 1], strict=True))
    assert (named["Activity ID"], named["Jira issue"], named["Resolved by"]) == ("DM-A-1", "DM-1", "A. Person")
    assert (named["Status in the export"], named["Status after"]) == ("Not Started", "Completed")
    assert (named["Date in the export"], named["Date after"]) == ("blank", datetime.fromisoformat("2019-04-11"))
    assert isinstance(named["Resolved at (UTC)"], datetime)


def test_due_dates_that_teams_propose_become_a_list_and_no_import(site: Site, clock: Clock) -> None:
    site.sync()
    site.jira.edit("DM-2", duedate="2019-06-14")
    run = site.sync()
    assert run.exit_code == 4
    assert [(each.code, str(each.due), str(each.proposed)) for each in run.requests] == [
        ("DM-A-2", "2019-04-26", "2019-06-14")
    ]
    listed = Path(run.request_files["md"]).read_text()
    assert "A. Person" in listed
    assert run.request_files["xlsx"] in report(run, "text").read_text()
    assert len(list((site.folder / "outbox").glob("syncsvc-completions-*"))) == 1, "no workbook came of it"
    before = Path(run.request_files["xlsx"]).stat().st_mtime_ns
    assert site.sync().request_files == run.request_files
    assert Path(run.request_files["xlsx"]).stat().st_mtime_ns == before
    site.jira.edit("DM-2", duedate="2019-04-26")
    assert site.sync().request_files == {}
