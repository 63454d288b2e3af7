"""The Jira connector keeps the contract against both flavours of Jira, over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.jira import JiraConnector, JiraSettings
from connectors.jira_simulator import JiraSimulator
from connectors.memory_far_side import Fault
from syncsvc.model import Field
from tests.contract.connector_contract import ConnectorContract, MakeConnector

ACTUAL_END = "customfield_10100"
FIELD_IDS = {"due": "duedate", "actual": ACTUAL_END}


class FarJira:
    """A simulated Jira as the contract wants to poke it."""

    def __init__(self, jira: JiraSimulator) -> None:
        self.jira = jira

    def add(self, key: str, due: date | None = None, actual: date | None = None, resolved: date | None = None) -> str:
        taken = key in self.jira._ids
        issue_id = self.jira.add_issue(
            f"SPARE-{len(self.jira._ids)}" if taken else key,
            duedate=due.isoformat() if due else None,
            done=resolved is not None,
            resolutiondate=f"{resolved}T17:00:00" if resolved else None,
            fields={ACTUAL_END: actual.isoformat()} if actual else None,
        )
        if taken:  # Jira itself gives no key twice; an import into it can
            del self.jira._ids[key]
            self.jira.move(f"SPARE-{len(self.jira._ids)}", key)
        return issue_id

    def edit(self, key: str, **values: date | None) -> None:
        if "resolved" in values:
            self.jira.resolve(key, at=f"{values.pop('resolved')}T17:00:00")
        fields: dict[str, Any] = {
            FIELD_IDS[name]: value.isoformat() if value else None for name, value in values.items()
        }
        self.jira.edit(key, **fields)

    def due(self, key: str) -> date | None:
        return self._date(key, "duedate")

    def actual(self, key: str) -> date | None:
        return self._date(key, ACTUAL_END)

    def delete(self, key: str) -> None:
        self.jira.delete(key)

    def move(self, key: str, to: str) -> None:
        self.jira.move(key, to)

    def refuse(self, key: str, field: Field) -> None:
        self.jira.not_on_screen(key, {Field.DUE: "duedate", Field.COMPLETED: ACTUAL_END}[field])

    def fail_next_write(self, key: str, fault: Fault) -> None:
        if fault is Fault.FAILS:  # a date without a comment is sent twice before it is given up
            self.jira.fault("drop_before", method="PUT", key=key, times=2)
        elif fault is Fault.LIES:
            self.jira.fault("lie", method="PUT", key=key)
        else:
            self.jira.fault("drop_after", method="PUT", key=key)
        if fault is Fault.LOST_THEN_AWAY:
            # the look before the write is let pass: in bulk on Cloud, of the issue alone on Data Center
            alone = 0 if self.jira.is_cloud else 1
            self.jira.fault("drop_before", method="GET", path="/issue/", times=1000, after=alone)
            self.jira.fault("drop_before", method="POST", times=1000, after=1 - alone)

    def go_away(self) -> None:
        self.jira.stop()

    def writes(self, key: str) -> int:
        return sum(request.method == "PUT" and request.key == key for request in self.jira.requests)

    def withhold(self, key: str) -> None:
        raise NotImplementedError

    def _date(self, key: str, field_id: str) -> date | None:
        value = self.jira.issue(key)[field_id]
        return date.fromisoformat(str(value)) if value else None


class TestJiraCloud(ConnectorContract):
    can_withhold = False  # what bulkfetch withholds, GET issue shows or says is missing
    flavour = "cloud"
    tells_who_changed = True
    completed_field: str | None = "Actual end"
    few_requests = 2

    @pytest.fixture
    def far_side(self) -> Iterator[FarJira]:
        with JiraSimulator(self.flavour) as jira:
            jira.add_field(ACTUAL_END, "Actual end")
            for project in ("DM", "DLP"):
                jira.permissions[project]  # the project is there before its first issue
            yield FarJira(jira)

    @pytest.fixture
    def make_connector(self, far_side: FarJira) -> Iterator[MakeConnector]:
        made: list[JiraConnector] = []

        def make() -> JiraConnector:
            settings = JiraSettings(
                url=far_side.jira.url,
                flavour=self.flavour,
                user=far_side.jira.user if self.flavour == "cloud" else None,
                token="simulator-token",
                projects=frozenset({"DM", "DLP"}),
                time_zone=ZoneInfo("America/Los_Angeles"),
                completed_field=self.completed_field,
                few_requests=self.few_requests,
            )
            made.append(JiraConnector("jira", settings, now=lambda: datetime.now(UTC), sleep=lambda seconds: None))
            return made[-1]

        yield make
        for connector in made:
            connector.close()


class TestJiraCloudThatWritesDueOnly(TestJiraCloud):
    completed_field = None
    writes_completed = False


class TestJiraDataCenter(TestJiraCloud):
    flavour = "data-center"


class TestJiraCloudThatIsAskedForChanges(TestJiraCloud):
    few_requests = 0


class TestJiraDataCenterThatIsAskedForChanges(TestJiraDataCenter):
    few_requests = 0
