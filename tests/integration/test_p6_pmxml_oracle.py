"""P6 XML files of several makes, against MPXJ: on every activity both must see the same, or say why not."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.p6_pmxml import read_export
from connectors.p6_schedule_export import ProjectChoice
from syncsvc.mapping import load_mapping
from syncsvc.model import Snapshot
from tests.mpxj_oracle import SeenProject, ask_mpxj, compare
from tests.pmxml_files import NAMESPACES, Element, activity, completed, pmxml_text, project, relation, wbs, write_pmxml

pytestmark = pytest.mark.usefixtures("mpxj")

MAPPING = load_mapping("p6_pmxml")
ACTIVITIES = 100
MILESTONES = ("Finish Milestone", "Start Milestone")
TYPES = (*MILESTONES, "Task Dependent", "Resource Dependent", "Level of Effort", "WBS Summary")
STATUSES = ("Not Started", "Completed", "In Progress")
RELATIONS = ("Finish to Start", "Start to Start", "Finish to Finish", "Start to Finish")
Variants = dict[str, tuple[Path, list[SeenProject]]]
NAMES = ("Größe der Fläche prüfen", "Test report: ComCam “ready”", "50 % done, d'après", "R & D <2>", "Ænima")
DATA_DATE = date(2019, 4, 30)


def _schedule(chance: random.Random, object_id: int = 1, **fields: str) -> Element:
    """A project of activities of each type and status with dates that all differ, below a WBS of three levels."""
    first = 1000 * object_id
    content = [wbs(first + at, f"{at:02}C", first + at // 3 if at > 2 else None, object_id) for at in range(1, 9)]
    content += [_activity(chance, first + at, object_id) for at in range(1, ACTIVITIES + 1)]
    for at in range(3 * ACTIVITIES):
        one, other = chance.sample(range(first + 1, first + ACTIVITIES + 1), 2)
        ends = {"PredecessorProjectObjectId": object_id, "SuccessorProjectObjectId": object_id}
        content.append(relation(first + at, one, other, chance.choice(RELATIONS), **ends))
    return project(*content, object_id=object_id, name=f"LSST ME 19-04 {object_id}", **fields)


def _activity(chance: random.Random, number: int, object_id: int) -> Element:
    def day(first: date, last: date) -> str:
        return f"{first + timedelta(days=chance.randrange((last - first).days))}T17:00:00"

    kind = chance.choice(TYPES)
    is_milestone = kind in MILESTONES  # which are never in progress
    status = chance.choice(STATUSES[:2] if is_milestone else STATUSES)
    fields: dict[str, str | int | None] = {
        "Name": f"{chance.choice(NAMES)} {number}",
        "ProjectObjectId": object_id,
        "Type": kind,
        "WBSObjectId": 1000 * object_id + chance.randrange(1, 9),
    }
    planned = day(date(2017, 1, 1), date(2022, 1, 1))
    current = day(DATA_DATE, date(2022, 1, 1))
    actual = day(date(2017, 1, 1), DATA_DATE)
    code = f"{'LDM-503' if is_milestone else 'DM'}-{number % 1000:04}"
    if status == "Completed":
        return completed(number, code, actual, chance.choice((planned, None)), **fields)
    dates = dict.fromkeys(("StartDate", "FinishDate", "RemainingEarlyStartDate", "RemainingEarlyFinishDate"), current)
    if status == "In Progress":
        dates |= {"StartDate": actual, "ActualStartDate": actual}
    return activity(number, code, planned, Status=status, **dates, **fields)


def _read(path: Path, choice: ProjectChoice | None = None) -> Snapshot:
    return read_export(path, MAPPING, taken_at=datetime(2019, 5, 3, tzinfo=UTC), choice=choice)


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory, mpxj: None) -> Variants:
    """Files as P6 writes them, by what is special, each with what MPXJ sees in it: one start of Java for all."""
    folder = tmp_path_factory.mktemp("variants")
    one = _schedule(random.Random(1))
    files = {
        version: write_pmxml(folder / f"{at}.xml", _schedule(random.Random(version)), namespace=namespace)
        for at, (version, namespace) in enumerate(NAMESPACES.items())
    }
    files["utf-16"] = write_pmxml(
        folder / "utf16.xml", one, encoding="utf-16", head='<?xml version="1.0" encoding="UTF-16"?>'
    )
    files["references"] = folder / "references.xml"
    files["references"].write_text(pmxml_text(one).replace("ö", "&#xF6;").replace("ready", "r&#101;ady"))
    with_baseline = _schedule(random.Random(3), CurrentBaselineProjectObjectId="2")
    then = _schedule(random.Random(4), 2)[1]
    assert isinstance(then, list)
    baseline = ("BaselineProject", [("OriginalProjectObjectId", 1), *then[: 6 + 8 + ACTIVITIES // 2]])
    files["baseline"] = write_pmxml(folder / "baseline.xml", with_baseline, baseline)
    files["two projects"] = write_pmxml(folder / "two.xml", one, _schedule(random.Random(5), 2))
    return dict(zip(files, zip(files.values(), ask_mpxj(*files.values()), strict=True), strict=True))


@pytest.mark.parametrize("variant", [*NAMESPACES, "utf-16", "references"])
def test_every_activity_is_the_same(variant: str, variants: Variants) -> None:
    path, (seen,) = variants[variant]
    snapshot = _read(path)
    assert (len(snapshot.milestones), snapshot.rejects) == (ACTIVITIES, ())
    compare(snapshot, seen)


def test_the_dates_of_a_baseline_are_the_same(variants: Variants) -> None:
    path, (seen,) = variants["baseline"]
    snapshot = _read(path)
    assert 20 < len([m for m in snapshot.milestones if m.due]) <= ACTIVITIES // 2
    compare(snapshot, seen, "baseline_")


def test_each_of_several_projects_is_the_same(variants: Variants) -> None:
    path, projects = variants["two projects"]
    assert [each.name for each in projects] == ["LSST ME 19-04 1", "LSST ME 19-04 2"]
    for seen in projects:
        compare(_read(path, ProjectChoice(project=seen.name)), seen)
