"""What may change between a plan and its apply: exports, links, other plans, the limits' own facts."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.demo.story import Fact, write_export
from syncsvc.mapping import MAPPINGS
from syncsvc.model import RunResult
from syncsvc.store import StoredPlan
from tests.site import Site

DUE = date(2019, 6, 3)
LINKS = 4
ROWS = 40


def put_month(site: Site, month: int, due: dict[int, date], *, rows: int = ROWS, name: str | None = None) -> Path:
    """An export of a month: milestone M-n due on the given day, or on DUE."""
    facts = [Fact(f"M-{n}", f"Milestone {n}", due.get(n, DUE), None, ()) for n in range(rows)]
    place = site.folder / "exports" / (name or f"2019{month:02}-ME.csv")
    write_export(place, f"LSST ME 19-{month:02}", facts)
    return place


def key_of(number: int) -> str:
    return f"DM-{number + 1}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Four linked milestones of forty, agreed on in March."""
    with JiraSimulator("cloud") as jira:
        site = Site(tmp_path, jira, mode="review")
        for number in range(LINKS):
            jira.add_issue(key_of(number), duedate=DUE.isoformat())
        link_all(site)
        put_month(site, 3, {})
        assert site.sync().exit_code == 0
        yield site


def link_all(site: Site) -> None:
    site.link({f"M-{number}": {"jira": key_of(number)} for number in range(LINKS)})


def planned(site: Site) -> StoredPlan:
    service = site.service()
    try:
        return service.plan()[1]
    finally:
        service.setup.close()


def approve(site: Site, plan: StoredPlan, **waivers: str) -> None:
    service = site.service()
    try:
        service.approve(plan.plan.id, waivers)
    finally:
        service.setup.close()


def apply(site: Site, plan: StoredPlan) -> RunResult:
    service = site.service()
    try:
        return service.apply(plan.plan.id)
    finally:
        service.setup.close()


def pull(site: Site) -> None:
    service = site.service()
    try:
        service.pull()
    finally:
        service.setup.close()


JULY, AUGUST = date(2019, 7, 1), date(2019, 8, 1)


def approved_move(site: Site, due: dict[int, date]) -> StoredPlan:
    put_month(site, 4, due)
    assert site.sync().exit_code == 4
    plan = planned(site)
    approve(site, plan)
    return plan


def test_an_older_edition_read_again_under_another_mapping_is_not_the_newest(site: Site) -> None:
    """A correction may be called anything: the order of names is not the order of arrival."""
    site.mode = "auto"
    site.write_config()
    put_month(site, 4, {0: JULY}, name="201904-ME-final.csv")
    site.sync()
    put_month(site, 4, {0: AUGUST}, name="201904-ME-corrected.csv")
    site.sync()
    assert site.jira.due(key_of(0)) == AUGUST.isoformat()
    shutil.copy(MAPPINGS / "p6_spreadsheet.toml", site.folder / "own.toml")
    with (site.folder / "own.toml").open("a") as file:
        file.write("\n# a comment more\n")
    text = site.config.read_text().replace('kind = "p6_spreadsheet"', 'kind = "p6_spreadsheet"\nmapping = "own.toml"')
    site.config.write_text(text)
    site.sync()
    assert site.jira.due(key_of(0)) == AUGUST.isoformat()
