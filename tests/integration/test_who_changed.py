"""A decision or an undo that comes too late says who was faster, as Jira tells it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.jira.connector import JiraConnector
from connectors.jira_simulator import JiraSimulator
from syncsvc.decisions import Asked, Refusal
from syncsvc.demo.story import Fact, write_export
from syncsvc.model import DriftKind, Field, FieldChange, Verdict
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


def edits(site: Site) -> dict[tuple[str, Field, date | None], str]:
    store = site.wiring().open_store()
    try:
        return store.edits(["M-1"])
    finally:
        store.close()


@pytest.fixture
def agreed(site: Site) -> Site:
    """Both sides have April now."""
    site.jira.edit(KEY, duedate=APRIL.isoformat())
    site.sync()
    site.jira.now = lambda: AT
    return site


def requests_of_a_night(site: Site) -> int:
    site.jira.forget_requests()
    site.sync()
    return site.jira.count()


def test_a_night_that_holds_an_edit_keeps_who_made_it_and_asks_once(agreed: Site) -> None:
    agreed.jira.edit(KEY, author="B. Team", duedate=LATER.isoformat())
    held = requests_of_a_night(agreed)
    assert edits(agreed) == {(KEY, Field.DUE, LATER): "B. Team at 2019-05-02 14:02 UTC"}

    def told() -> str:
        return " ".join(agreed.run("log", "M-1", check=0).stdout.split())

    assert f"Set in Jira: due of {KEY} to 2019-03-15, by B. Team at 2019-05-02 14:02 UTC." in told()
    assert requests_of_a_night(agreed) < held  # the hold is no new one
    assert told().count("Set in Jira") == 1


def hide_changelog(jira: JiraSimulator) -> None:
    """From now on it does not say who changed the issue."""
    issue = jira.find(KEY)
    assert issue is not None
    path = "changelog" if jira.is_cloud else f"issue/{issue.id}"
    jira.fault("status", status=404 if jira.is_cloud else 400, path=path, times=10)


def test_who_set_the_same_date_once_before_is_not_taken_for_who_set_it_now(agreed: Site) -> None:
    agreed.jira.edit(KEY, author="B. Team", duedate=LATER.isoformat())
    agreed.sync()
    agreed.jira.edit(KEY, author="C. Team", duedate=None)
    agreed.sync()
    assert edits(agreed) == {(KEY, Field.DUE, None): "C. Team at 2019-05-02 14:02 UTC"}
    agreed.jira.edit(KEY, author="D. Team", duedate=LATER.isoformat())
    hide_changelog(agreed.jira)
    agreed.sync()
    assert edits(agreed) == {}


def test_a_night_without_the_changelog_holds_all_the_same_and_names_nobody(agreed: Site) -> None:
    agreed.jira.edit(KEY, author="B. Team", duedate=LATER.isoformat())
    hide_changelog(agreed.jira)
    (held,) = [drift for drift in agreed.sync().drifts if drift.field is Field.DUE]
    assert held.kind is DriftKind.FOLLOWER_EDITED
    assert edits(agreed) == {}


def test_who_set_another_date_than_the_one_that_is_held_is_not_named(
    agreed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The issue was changed once more between the reading and the look into its changelog."""
    ask = JiraConnector.last_changes

    def later(self: JiraConnector, issues: Collection[str], field: Field) -> dict[str, FieldChange]:
        return {key: replace(change, after=APRIL) for key, change in ask(self, issues, field).items()}

    monkeypatch.setattr(JiraConnector, "last_changes", later)
    agreed.jira.edit(KEY, author="B. Team", duedate=LATER.isoformat())
    agreed.sync()
    assert edits(agreed) == {}
