"""Random histories of a Jira that is read night after night, against the simulator over HTTP.

People edit, move, delete and hide issues; the index lags for some hours; answers are lost; we write. Held all along: a
reading whose index is up to date shows every issue as it is, but for what was deleted or hidden since the last census;
nothing that is there is called missing, nor anything on a reading that failed; a census is what a reading that knows
nothing brings; no write replaces a date that it was not planned on.
"""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from syncsvc.connector import Known
from syncsvc.errors import SourceError
from syncsvc.model import Change, DriftKind, Field, Outcome, Side, Snapshot
from tests.integration.jira_desk import Desk, open_desk

KEYS = tuple(f"DM-{number}" for number in range(1, 10))
NEVER = ("DM-404",)
BEGIN = datetime(2019, 10, 28, 11, 30, tzinfo=UTC)  # some days before clocks are set back
LAG = timedelta(hours=11)  # an index that lags longer is a case for the census
keys, some_keys = st.sampled_from(KEYS), st.sets(st.sampled_from(KEYS + NEVER), min_size=3)
days = st.none() | st.sampled_from([date(2019, month, 15) for month in (3, 4, 5, 6)])
QUICK = [Phase.explicit, Phase.generate]  # making a failure small takes minutes
hours = st.sampled_from([0, 1, 5, 24, 24, 25, 49])


class Readings(RuleBasedStateMachine):
    """One Jira, and what its readings brought. `link` is the key that names an issue for good."""

    flavour = "cloud"

    def __init__(self) -> None:
        super().__init__()
        self.at = BEGIN
        self.opened = open_desk(self.flavour, lambda: self.at)
        self.desk: Desk = self.opened.__enter__()
        self.jira = self.desk.jira
        self.now_at = {key: key for key in KEYS}  # link -> the key of the issue now
        self.unseeable: set[str] = set()  # links whose issue is deleted or hidden
        self.lags_since: datetime | None = None
        self.last: Snapshot | None = None
        self.written: set[str] = set()

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    @initialize()
    def first_reading(self) -> None:
        self.at += timedelta(days=30)
        self.issue_ids = {shown.code: shown.issue_id for shown in self.look(KEYS).milestones}

    # what people and servers do

    def there(self, key: str) -> bool:
        return key in self.now_at and key not in self.unseeable

    @rule(key=keys, due=days)
    def somebody_edits(self, key: str, due: date | None) -> None:
        if self.there(key):
            self.jira.edit(self.now_at[key], duedate=due and due.isoformat())

    @rule(key=keys)
    def somebody_closes(self, key: str) -> None:
        if self.there(key):
            self.jira.resolve(self.now_at[key])

    @rule(key=keys)
    def somebody_moves(self, key: str) -> None:
        if self.there(key):
            project = "DLP" if self.now_at[key].startswith("DM-") else "DM"
            new_key = f"{project}-{1000 + len(self.jira._ids)}"
            self.jira.move(self.now_at[key], new_key)
            self.now_at[key] = new_key

    @rule(key=keys, deletes=st.booleans())
    def somebody_takes_away(self, key: str, deletes: bool) -> None:
        if self.there(key):
            (self.jira.delete if deletes else self.jira.hide)(self.now_at[key])
            self.unseeable.add(key)

    @rule()
    def the_index_begins_to_lag(self) -> None:
        if self.lags_since is None:
            self.jira.stale_search(3600, bulkfetch=False)
            self.lags_since = self.at

    @precondition(lambda self: self.lags_since is not None)
    @rule()
    def the_index_catches_up(self) -> None:
        self.jira._stale, self.lags_since = None, None

    @rule(passed=hours)
    def time_passes(self, passed: int) -> None:
        self.at += timedelta(hours=passed)
        if self.lags_since is not None and self.at - self.lags_since > LAG:
            self.the_index_catches_up()

    # what we do

    @rule(asked=some_keys, census=st.booleans(), days=st.sampled_from([2, 7]))
    def we_read(self, asked: set[str], census: bool, days: int) -> None:
        snapshot = self.look(asked, census=census, census_days=days)
        if self.lags_since is None:
            self.compare_with_the_truth(snapshot, census=census)

    @rule(kind=st.sampled_from(["drop_before", "drop_after", "cut", "status", "rate_limit"]), skip=st.integers(0, 3))
    def we_read_though_answers_are_lost(self, kind: str, skip: int) -> None:
        self.jira.fault(kind, method="POST", times=2, after=skip)
        snapshot = self.look(KEYS)
        self.jira.forget_faults()
        if self.lags_since is None:
            self.compare_with_the_truth(snapshot)

    @rule(skip=st.integers(0, 2))
    def we_cannot_read(self, skip: int) -> None:
        self.jira.fault("status", status=503, times=1000, after=skip)
        with suppress(SourceError):
            self.look(KEYS)
            assert not self.jira.requests[skip:], "an answer that never came was taken for one"
        self.jira.forget_faults()

    @rule(key=keys, after=days)
    def we_write_what_we_planned_on_the_last_reading(self, key: str, after: date | None) -> None:
        shown = self.shown_last(key)
        if shown is None:
            return
        before = self.jira.due(self.now_at[key]) if self.there(key) else None
        planned = Change(
            *(f"M-{key}", Side.JIRA, key, str(shown.issue_id), Field.DUE, shown.due, after),
            DriftKind.OWNER_MOVED,
            seen=shown.due,
        )
        connector = self.desk.connect()
        (receipt,) = connector.apply([planned])
        connector.close()
        self.written.add(planned.issue_id)
        if not self.there(key):
            assert receipt.outcome is Outcome.REFUSED
        elif before != (shown.due and shown.due.isoformat()) and before != (after and after.isoformat()):
            assert receipt.outcome is Outcome.STALE
            assert self.jira.due(self.now_at[key]) == before
        else:
            assert receipt.outcome in (Outcome.APPLIED, Outcome.ALREADY)

    # what must hold

    def look(self, asked: Any, *, census: bool = False, census_days: int = 7) -> Snapshot:
        known = None if self.last is None else Known(self.last, frozenset(self.written), census)
        connector = self.desk.connect(few_requests=0, census_days=census_days)
        self.jira.forget_requests()
        (snapshot,) = connector.pull(sorted(asked), {}, known).snapshots
        connector.close()
        assert snapshot.complete
        assert snapshot.asked == frozenset(asked)
        wrongly_gone = {key for key in snapshot.missing if self.there(key)}
        assert not wrongly_gone
        if census or (self.last is None):
            assert snapshot.census_at == snapshot.read_at == self.at
        self.last, self.written = snapshot, set()
        return snapshot

    def compare_with_the_truth(self, snapshot: Snapshot, *, census: bool = False) -> None:
        connector = self.desk.connect()
        (truth,) = connector.pull(sorted(snapshot.asked or ()), {}).snapshots
        connector.close()
        if census:
            assert (snapshot.milestones, snapshot.missing, snapshot.moved) == (
                *(truth.milestones, truth.missing, truth.moved),
            )
        shown = {milestone.issue_id: milestone for milestone in snapshot.milestones}
        for milestone in truth.milestones:
            assert shown.pop(milestone.issue_id) == milestone
        assert shown.keys() <= {self.issue_ids[key] for key in self.unseeable}

    def shown_last(self, key: str) -> Any:
        assert self.last is not None
        code = self.last.moved.get(key, key)
        return next((milestone for milestone in self.last.milestones if milestone.code == code), None)


class DataCenterReadings(Readings):
    flavour = "data-center"


TestJiraCloudReadings = Readings.TestCase
TestJiraCloudReadings.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, phases=QUICK)
TestJiraDataCenterReadings = DataCenterReadings.TestCase
TestJiraDataCenterReadings.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, phases=QUICK)
