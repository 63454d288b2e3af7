"""One schedule, exported in each of P6's formats under names that mislead: the milestones are the same, each due keeps
its basis, and what a format cannot carry is null and said to be so."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from connectors.jira_simulator import JiraSimulator
from connectors.p6 import P6
from connectors.p6_format import FORMATS, PMXML, XER
from syncsvc.mapping import load_mapping
from syncsvc.model import Basis, Field, Milestone, MilestoneKind, Outcome, RejectCause, Side, Snapshot, Status
from tests import p6_files, pmxml_files, xer_files
from tests.builders import change
from tests.office import convert
from tests.site import Site

NOW = datetime(2019, 5, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Planned:
    """An activity as its scheduler knows it: the baseline, the current date, and the actual one where there is one."""

    code: str
    name: str
    baseline: date
    current: date
    actual: date | None = None
    kind: str = "Finish Milestone"
    after: tuple[str, ...] = ()

    @property
    def is_start(self) -> bool:
        return self.kind == "Start Milestone"

    @property
    def status(self) -> str:
        return "Completed" if self.actual else "Not Started"


#: Predecessor, successor, type and lag.
Link = tuple[str, str, str, str]
TYPES = {"FS": "Finish to Start", "SS": "Start to Start", "FF": "Finish to Finish", "SF": "Start to Finish"}

SCHEDULE = (
    Planned("LDM-503-06", "Prüfung der Kamera “bereit”", date(2018, 11, 30), date(2019, 8, 30), after=("DM-1", "DM-2")),
    Planned("DM-1", "Alert production", date(2019, 3, 29), date(2019, 4, 12), date(2019, 4, 12)),
    Planned("DM-2", "Begin of tests", date(2019, 6, 3), date(2019, 7, 1), kind="Start Milestone", after=("DM-1",)),
    Planned("DM-3", "Begun", date(2019, 2, 1), date(2019, 2, 15), date(2019, 2, 15), kind="Start Milestone"),
    Planned("DM-4", "Write it", date(2019, 9, 30), date(2019, 10, 31), kind="Task Dependent"),
)
LINKS = tuple((before, each.code, "FS", "0") for each in SCHEDULE for before in each.after)
ODD_LINKS = (
    *LINKS,
    ("DM-1", "DM-3", "XX", "0"),
    ("DM-1", "DM-4", "FS", "soon"),
    ("DM-3", "DM-4", "SS", "-8.5"),
    ("DM-4", "DM-3", "FF", ""),
    ("DM-4", "DM-4", "SF", "16"),
)
NUMBERS = {each.code: at for at, each in enumerate(SCHEDULE, start=1)}


def rows(links: Sequence[Link] = LINKS) -> list[dict[str, object]]:
    """The sheet TASK. Its rows list predecessors, and have no place for types and lags.

    Of a start milestone it has the start only, in P6's own column for current dates.
    """

    def shown(day: date | None, hour: str) -> str:
        return f"{day.month}/{day.day}/{day.year} {hour}" if day else ""

    return [
        p6_files.activity(
            each.code,
            task_name=each.name,
            task_type=each.kind,
            status_code=each.status,
            wbs_id="LSST ME 19-04.02C.05",
            pred_list=", ".join(before for before, after, *_ in links if after == each.code),
            start_date=shown(each.current, "8:00:00 AM") if each.is_start else "",
            end_date="" if each.is_start else shown(each.current, "8:00:00 AM"),
            base_end_date="" if each.is_start else shown(each.baseline, "5:00:00 PM"),
            act_start_date=shown(each.actual, "8:00:00 AM") if each.is_start else "",
            act_end_date="" if each.is_start else shown(each.actual, "8:00:00 AM"),
        )
        for each in SCHEDULE
    ]


def write_xlsx(path: Path, links: Sequence[Link] = LINKS) -> Path:
    table = p6_files.table_of(rows())
    for row in table[2:]:
        row[table[0].index("pred_list")] = ""  # the sheet of relations has them
    relations = [["pred_task_id", "task_id", "pred_type", "lag_hr_cnt"], ["Predecessor", "Successor", "Type", "Lag"]]
    relations += [list(link) for link in links]
    return p6_files.write_xlsx(path, {"TASK": table, "TASKPRED": relations})


def write_xer(path: Path, links: Sequence[Link] = LINKS, *, baseline: bool = True) -> Path:
    """P6 writes no baseline into it, unless it was made a project of its own before."""
    kinds = {"Finish Milestone": "TT_FinMile", "Start Milestone": "TT_Mile", "Task Dependent": "TT_Task"}

    def task(each: Planned, day: date, actual: date | None, project: int) -> xer_files.Cells:
        make = xer_files.task if actual is None else xer_files.completed
        dates = [f"{day} 17:00"] if actual is None else [f"{actual} 08:00", f"{day} 17:00"]
        current = {} if actual else dict.fromkeys(("restart_date", "reend_date"), f"{each.current} 08:00")
        number = NUMBERS[each.code] + 100 * project
        fields = {"task_name": each.name, "task_type": kinds[each.kind], "proj_id": project, "wbs_id": 10 * project + 1}
        return make(number, each.code, *dates, **current, **fields)

    projects = [xer_files.project(sum_base_proj_id=2)]
    tasks = [task(each, date(2022, 2, 2), each.actual, 1) for each in SCHEDULE]
    if baseline:
        projects.append(xer_files.project(2, "LSST BL 18-03", orig_proj_id=1))
        tasks += [task(each, each.baseline, None, 2) for each in SCHEDULE]
    parts = [(1, "LSST", "", 1), (10, "02C", 1, 1), (11, "05", 10, 1), (2, "LSST", "", 2), (21, "02C", 2, 2)]
    relations = [
        xer_files.relation(at, 100 + NUMBERS[before], 100 + NUMBERS[code], pred_type=f"PR_{kind}", lag_hr_cnt=lag)
        for at, (before, code, kind, lag) in enumerate(links)
    ]
    tables = xer_files.schedule(
        *tasks, relations=relations, PROJECT=projects, PROJWBS=[xer_files.wbs(*part) for part in parts]
    )
    return xer_files.write_xer(path, tables)


def write_pmxml(path: Path, links: Sequence[Link] = LINKS, *, baseline: bool = True) -> Path:
    def activity(each: Planned, day: date, actual: date | None, project: int) -> pmxml_files.Element:
        number = NUMBERS[each.code] + 100 * project
        fields = {"Name": each.name, "Type": each.kind, "ProjectObjectId": project}
        if actual is not None:
            return pmxml_files.completed(number, each.code, f"{actual}T08:00:00", **fields)
        current = dict.fromkeys(("StartDate", "FinishDate"), f"{each.current}T08:00:00")
        return pmxml_files.activity(number, each.code, f"{day}T17:00:00", **current, **fields)

    relations = [
        pmxml_files.relation(at, 100 + NUMBERS[before], 100 + NUMBERS[code], TYPES.get(kind, kind), Lag=lag)
        for at, (before, code, kind, lag) in enumerate(links)
    ]
    main = [activity(each, date(2022, 2, 2), each.actual, 1) for each in SCHEDULE]
    projects = [pmxml_files.project(*main, *relations, CurrentBaselineProjectObjectId="2")]
    if baseline:
        then = [activity(each, each.baseline, None, 2) for each in SCHEDULE]
        projects.append(pmxml_files.project(*then, object_id=2, name="LSST BL 18-03", is_baseline=True))
    return pmxml_files.write_pmxml(path, *projects)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, soffice: str) -> dict[str, Path]:
    """The schedule in each format, under names that tell the month and mislead about the format."""
    folder = tmp_path_factory.mktemp("exports")
    workbooks = [write_xlsx(folder / "as.xlsx"), write_xlsx(folder / "odd.xlsx", ODD_LINKS)]
    convert(soffice, "xls:MS Excel 97", folder, *workbooks)
    p6_files.write_csv(folder / "as.csv", *rows())
    write_xer(folder / "as.xer")
    write_pmxml(folder / "as.xml")
    named = {"as.xls": "1.xml", "as.xlsx": "2.csv", "as.csv": "3.xlsx", "as.xer": "4.xls", "as.xml": "5.xer"}
    (folder / "named").mkdir()
    return {
        name.removeprefix("as."): (folder / name).rename(folder / "named" / f"2019-04-ME-{other}")
        for name, other in named.items()
    }


def connector(folder: Path) -> P6:
    mappings = {name: load_mapping(name) for name in FORMATS}
    return P6("pmcs", mappings, folder, outbox=folder / "outbox", now=lambda: NOW)


@pytest.fixture(scope="module")
def snapshots(exports: Mapping[str, Path]) -> dict[str, Snapshot]:
    pulled = connector(exports["xls"].parent).pull((), {})
    assert pulled.problems == ()
    by_path = {snapshot.source: snapshot for snapshot in pulled.snapshots}
    return {name: by_path[str(path)] for name, path in exports.items()}


def comparable(milestone: Milestone) -> Milestone:
    """Without what belongs to the format: the names of columns and places, and the due date of a start milestone."""
    same = replace(milestone, due_column=None, completed_column=None, where="")
    is_start = milestone.kind is MilestoneKind.START_MILESTONE
    return replace(same, due=None, due_basis=None) if is_start else same


def test_the_milestones_are_the_same(snapshots: Mapping[str, Snapshot]) -> None:
    expected = [
        Milestone(
            code=each.code,
            name=each.name,
            kind=MilestoneKind(each.kind.lower().replace(" dependent", "").replace(" ", "_")),
            status=Status.COMPLETED if each.actual else Status.NOT_STARTED,
            wbs="02C.05",
            due=None if each.is_start else each.baseline,
            due_basis=None if each.is_start else Basis.BASELINE,
            forecast=each.current,
            completed=each.actual,
            predecessors=tuple(sorted(each.after)),
            state=each.status,
        )
        for each in SCHEDULE
    ]
    for name, snapshot in snapshots.items():
        assert [comparable(m) for m in snapshot.milestones] == expected, name
        assert (snapshot.period, snapshot.kind, snapshot.typed, snapshot.rejects) == ("2019-04", "ME", True, ()), name


def test_each_due_keeps_its_column_and_basis(snapshots: Mapping[str, Snapshot]) -> None:
    """A spreadsheet has no baseline of a start milestone: what it has of one is the current start, a forecast."""
    shown = {
        name: [(m.due_column, m.due_basis, m.due) for m in snapshot.milestones if m.code in ("LDM-503-06", "DM-2")]
        for name, snapshot in snapshots.items()
    }
    spreadsheet = [
        ("base_end_date", Basis.BASELINE, date(2018, 11, 30)),
        ("start_date", Basis.FORECAST, date(2019, 7, 1)),
    ]
    assert shown["xls"] == shown["xlsx"] == shown["csv"] == spreadsheet
    assert shown["xer"] == [
        ("base_end_date", Basis.BASELINE, date(2018, 11, 30)),
        ("base_start_date", Basis.BASELINE, date(2019, 6, 3)),
    ]
    assert shown["xml"] == [
        ("BaselineFinishDate", Basis.BASELINE, date(2018, 11, 30)),
        ("BaselineStartDate", Basis.BASELINE, date(2019, 6, 3)),
    ]


def test_what_is_odd_about_relations_is_said_alike(
    tmp_path: Path, exports: Mapping[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Types and lags have no place in a CSV file, whose rows list their predecessors."""
    folder = exports["xls"].parent.parent
    written = [
        *(shutil.copy(folder / name, tmp_path / f"2019-04-ME-{name}") for name in ("odd.xls", "odd.xlsx")),
        p6_files.write_csv(tmp_path / "2019-04-ME.csv", *rows(ODD_LINKS)),
        write_xer(tmp_path / "2019-04-ME.xer", ODD_LINKS),
        write_pmxml(tmp_path / "2019-04-ME.xml", ODD_LINKS),
    ]
    said: dict[str, list[str]] = {}
    for path in written:
        caplog.clear()
        snapshot = connector(tmp_path).read_file(path)
        said[path.suffix] = [message.split(": ", 2)[2] for message in caplog.messages]
        shown = {m.code: m.predecessors for m in snapshot.milestones}
        assert (shown["DM-3"], shown["DM-4"], snapshot.rejects) == (("DM-1", "DM-4"), ("DM-1", "DM-3"), ()), path
    itself = "DM-4 comes before itself; the relation is left out"
    circle = "relations go in a circle: DM-3 before DM-4 before DM-3"
    assert said.pop(".csv") == [itself, circle]
    for ending, lines in said.items():
        kind = "PR_XX" if ending == ".xer" else "XX"
        assert lines == [
            f"DM-1 to DM-3 is of type {kind!r}, which P6 does not have",
            "DM-1 to DM-4 has the lag 'soon', which is no number",
            itself,
            circle,
        ], ending


def test_a_data_date_is_the_files_own_where_it_has_one(tmp_path: Path) -> None:
    on_the_26th = "2019-04-26"
    tables = xer_files.schedule(xer_files.task(1, "A-1"), PROJECT=[xer_files.project(last_recalc_date=on_the_26th)])
    xer_files.write_xer(tmp_path / "2019-04-ME-1", tables)
    pmxml_files.write_pmxml(
        tmp_path / "2019-04-ME-2",
        pmxml_files.project(pmxml_files.activity(1, "A-1"), DataDate=f"{on_the_26th}T08:00:00"),
    )
    p6_files.write_csv(tmp_path / "2019-04-ME-3.csv", p6_files.activity("A-1"))
    (tmp_path / "2019-04-notes.txt").write_text("this is no export, and its ending is none of one")
    found = connector(tmp_path).pull((), {}).snapshots
    assert [snapshot.data_date for snapshot in found] == [date(2019, 4, 26), date(2019, 4, 26), date(2019, 4, 30)]


@pytest.mark.parametrize(
    ("write", "field"), [(write_xer, "sum_base_proj_id"), (write_pmxml, "CurrentBaselineProjectObjectId")]
)
def test_a_baseline_that_a_file_does_not_hold_leaves_dues_blank_and_is_said(
    tmp_path: Path, write: Callable[..., Path], field: str
) -> None:
    write(tmp_path / "2019-04-ME", baseline=False)
    (snapshot,) = connector(tmp_path).pull((), {}).snapshots
    assert {m.due for m in snapshot.milestones} == {None}
    said = f"due: the baseline of LSST ME 19-04 ({field} 2) is not in the file"
    assert [(each.code, each.reason, each.cause) for each in snapshot.rejects] == [
        (each.code, said, RejectCause.UNREADABLE) for each in SCHEDULE if each.kind != "Task Dependent"
    ]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two linked milestones with the dates of March, which came as XER; Jira shows the same."""
    with JiraSimulator("cloud") as jira:
        tables = "[limits]\nmax_export_age_days = 0\nmax_change_percent = 100\n"
        site = Site(tmp_path, jira, completed_field=True, pmcs_lines='kind = "p6"', tables=tables)
        jira.add_issue("DM-11", duedate="2018-11-30")
        jira.add_issue("DM-12", duedate="2019-03-29")
        site.link({"LDM-503-06": {"jira": "DM-11"}, "DM-1": {"jira": "DM-12"}})
        tasks = [
            xer_files.task(1, "LDM-503-06", "2018-11-30 17:00", proj_id=2, wbs_id=21),
            xer_files.task(2, "DM-1", "2019-03-29 17:00", proj_id=2, wbs_id=21),
            xer_files.task(11, "LDM-503-06"),
            xer_files.task(12, "DM-1"),
        ]
        projects = [
            xer_files.project(name="LSST ME 19-03", sum_base_proj_id=2, last_recalc_date="2019-03-31 17:00"),
            xer_files.project(2, "LSST BL 18-03"),
        ]
        xer_files.write_xer(tmp_path / "exports" / "first.dat", xer_files.schedule(*tasks, PROJECT=projects))
        assert site.sync().exit_code == 0
        jira.forget_requests()
        yield site


def april(folder: Path, due: str = "2019-08-30") -> Path:
    then = [
        pmxml_files.activity(1, "LDM-503-06", f"{due}T17:00:00", FinishDate="2019-09-27T17:00:00"),
        pmxml_files.activity(2, "DM-1", "2019-03-29T17:00:00"),
    ]
    now = [
        pmxml_files.activity(11, "LDM-503-06"),
        pmxml_files.completed(12, "DM-1", "2019-04-12T08:00:00"),
        pmxml_files.relation(1, 12, 11),
    ]
    return pmxml_files.write_pmxml(
        folder,
        pmxml_files.project(*now, CurrentBaselineProjectObjectId="2"),
        pmxml_files.project(*then, object_id=2, name="LSST BL 18-03", is_baseline=True),
    )


def test_a_month_in_another_format_goes_on_where_the_last_one_ended(site: Site) -> None:
    april(site.folder / "exports" / "second.xls")
    assert site.sync().exit_code == 0
    assert site.jira.issue("DM-11")["duedate"] == "2019-08-30"
    assert site.jira.issue("DM-12")["duedate"] == "2019-03-29"
    assert site.jira.issue("DM-12")["customfield_10100"] == "2019-04-12"
    shown = json.loads(site.run("show", "pmcs:latest", "--format", "json", check=0).stdout)
    assert (shown["period"], shown["data_date"]) == ("2019-04", "2019-04-30")
    assert shown["milestones"][0]["due_column"] == "BaselineFinishDate"
    drift = json.loads(site.run("drift", "pmcs:2019-03", "pmcs:2019-04", "--format", "json", check=0).stdout)
    assert (drift["totals"]["both"], drift["totals"]["slipped"], drift["totals"]["newly_completed"]) == (2, 1, 1)
    site.jira.forget_requests()
    assert site.sync().exit_code == 0
    assert site.jira.count("PUT") == 0


def test_a_completion_goes_back_to_p6_from_an_xml_export(site: Site) -> None:
    """By the words and hours of the mapping that the export was read with, which is that of its format."""
    own = load_mapping(PMXML).text.replace('finish = "17:00"', 'finish = "16:00"')
    (site.folder / "own.toml").write_text(own)
    site.pmcs_lines = 'kind = "p6"\nmappings = ["own.toml"]'
    site.write_config()
    april(site.folder / "exports" / "second.xml")
    assert site.sync().exit_code == 0
    site.jira.resolve("DM-11", at="2019-04-20T12:00:00.000-0700")
    (workbook,) = site.sync().outbox
    (row,) = list(openpyxl.load_workbook(workbook)["TASK"].iter_rows(min_row=3, values_only=True))
    assert [str(cell) for cell in row] == ["LDM-503-06", "Completed", "2019-04-20 16:00:00"]


def test_what_a_spreadsheet_says_of_its_units_goes_back_with_a_completion(tmp_path: Path) -> None:
    table = p6_files.table_of([p6_files.activity("A-1", base_end_date="4/29/2019")])
    settings = [["user_data"], ["UserSettings Do Not Edit"], ["DurationQtyType=QT_Hour"]]
    p6_files.write_xlsx(tmp_path / "2019-04-ME.xer", {"TASK": table, "USERDATA": settings})
    done = change("DM-1", Field.COMPLETED, None, date(2019, 4, 12), code="A-1", target=Side.PMCS)
    (receipt,) = connector(tmp_path).apply([done])
    assert receipt.outcome is Outcome.HANDED_OVER
    workbook = openpyxl.load_workbook(str(receipt.detail))
    assert [row[0].value for row in workbook["USERDATA"].rows] == [text for (text,) in settings]


def test_a_file_that_is_cut_off_or_hostile_stops_the_night_and_the_last_one_stands(site: Site) -> None:
    whole = april(site.folder / "exports" / "2019-04-ME.xml").read_bytes()
    bomb = whole.replace(b"<APIB", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<APIB')
    for content, said in ((whole[:-100], "no well-formed XML"), (bomb, "document type (DOCTYPE)"), (b"<?xml?>", "XML")):
        (site.folder / "exports" / "2019-04-ME.xml").write_bytes(content)
        night = site.run("sync", check=3)
        assert "2019-04-ME.xml: " in night.stderr
        assert said in night.stderr
        assert "Traceback" not in night.stderr
        assert len(night.stderr.splitlines()) <= 12
    assert site.jira.count("PUT") == 0
    assert "2019-03 ME edition 1" in site.run("show", "pmcs:latest", check=0).stdout


def test_bare_xml_files_are_shown_compared_and_made_a_release_list_of(site: Site) -> None:
    april(site.folder / "before.dat", "2019-06-28")
    april(site.folder / "after.xml")
    shown = json.loads(site.run("show", "before.dat", "--format", "json", check=0).stdout)
    assert [(m["code"], m["due"], m["due_basis"]) for m in shown["milestones"]] == [
        ("LDM-503-06", "2019-06-28", "baseline"),
        ("DM-1", "2019-03-29", "baseline"),
    ]
    drift = json.loads(site.run("drift", "before.dat", "after.xml", "--format", "json", check=0).stdout)
    assert (drift["totals"]["both"], drift["totals"]["slipped"]) == (2, 1)
    document = json.loads(site.run("document", "after.xml", "--format", "json", check=0).stdout)
    (top,) = document["milestones"]
    assert (top["code"], [child["code"] for child in top["children"]]) == ("LDM-503-06", ["DM-1"])


def test_a_mapping_of_the_sites_own_is_for_files_of_its_format(site: Site) -> None:
    april(site.folder / "exports" / "second.xml")
    own = load_mapping(PMXML).text.replace('finish = ["PlannedFinishDate"]', 'finish = ["FinishDate"]')
    (site.folder / "own.toml").write_text(own)
    site.pmcs_lines = 'kind = "p6"\nmapping = "p6_spreadsheet"\nmappings = ["own.toml"]'
    site.write_config()
    site.run("pull", check=0)
    shown = json.loads(site.run("show", "pmcs:latest", "--format", "json", check=0).stdout)
    assert {m["code"]: m["due"] for m in shown["milestones"]} == {"LDM-503-06": "2019-09-27", "DM-1": "2019-03-29"}
    assert json.loads(site.run("show", "pmcs:2019-03", "--format", "json", check=0).stdout)["milestones"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('kind = "p6"\nmappings = ["p6_xer", "own.toml"]', "mappings p6_xer and own are both for the format p6_xer"),
        ('kind = "p6"\nmapping = "ldm564"', "mapping ldm564 is for the format release_plan"),
        ('kind = "p6_xer"\nmappings = ["own.toml"]', "mappings: is for kind p6"),
    ],
)
def test_mappings_that_do_not_fit_are_said(site: Site, lines: str, said: str) -> None:
    (site.folder / "own.toml").write_text(load_mapping(XER).text)
    site.pmcs_lines = lines
    site.write_config()
    found = site.run("check", check=2)
    assert said in found.stdout + found.stderr
