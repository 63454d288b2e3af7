"""A decision or an undo that comes too late says who was faster, as Jira tells it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.jira_simulator import JiraSimulator
from syncsvc.decisions import Asked, Refusal
from syncsvc.demo.story import Fact, write_export
from syncsvc.model import Field, Verdict
from tests.site import Site

MARCH, APRIL, LATER = date(2019, 3, 1), date(2019, 4, 1), date(2019, 3, 15)
AT = datetime(2019, 5, 2, 14, 2, tzinfo=UTC)
KEY = "DM-123"


@pytest.fixture(params=["cloud", "data-center"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """One link whose sides meet for the first time: Jira in March, PMCS in April."""
    with JiraSimulator(request.param, now=lambda: AT.replace(day=1)) as jira:
        site = Site(tmp_path, jira, mode="review")
        jira.add_issue(KEY, duedate=MARCH.isoformat())
        site.link({"M-1": {"jira": KEY}})
        facts = [Fact("M-1", "A milestone", APRIL, None, ())]
        write_export(site.folder / "exports" / "201904-ME.csv", "LSST ME 19-04", facts)
        site.sync()
        yield site


def approve(site: Site) -> Refusal:
    service = site.service()
    try:
        asked = Asked("M-1", KEY, Field.DUE, APRIL, MARCH, Verdict.APPROVE)
        taken, (refusal,), _ = service.decide([asked])
    finally:
        service.setup.close()
    assert taken == []
    return refusal


def test_a_refused_decision_names_who_changed_the_date(site: Site) -> None:
    site.jira.now = lambda: AT
    site.jira.edit(KEY, duedate=LATER.isoformat())
    assert approve(site).why == (
        "DM-123 was set to 2019-03-15 in Jira at 2019-05-02 14:02 UTC by A. Person; "
        "the decision was for 2019-03-01 -> 2019-04-01"
    )


def test_without_the_changelog_it_is_refused_all_the_same(site: Site) -> None:
    site.jira.edit(KEY, duedate=LATER.isoformat())
    path = "changelog" if site.jira.is_cloud else f"issue/{site.jira.find(KEY).id}"  # type: ignore[union-attr]
    site.jira.fault("status", status=404 if site.jira.is_cloud else 400, path=path, times=10)
    assert approve(site).why == ("DM-123 was set to 2019-03-15 in Jira; the decision was for 2019-03-01 -> 2019-04-01")


def test_an_undo_names_who_changed_what_it_leaves(site: Site) -> None:
    service = site.service()
    try:
        _, plan, _ = service.adopt(["M-1"], None)
        service.approve(plan.plan.id, {})
        written = service.apply(plan.plan.id)
        site.jira.now = lambda: AT
        site.jira.edit(KEY, duedate=LATER.isoformat())
        undo = service.undo(written.run)
    finally:
        service.setup.close()
    ((_, why),) = undo.left
    assert why == "DM-123 was set to 2019-03-15 since by A. Person at 2019-05-02 14:02 UTC"
