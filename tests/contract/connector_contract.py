"""The rules of syncsvc/connector.py as tests that every connector inherits.

A connector that reads back what it writes subclasses `ConnectorContract`, one that can only hand over
`HandOverContract`, one that only reads `ReadOnlyContract`; each gives two fixtures:

- `far_side`: the thing behind the connector, with the few methods of `TrackerFarSide`, `ScheduleFarSide` or
  `DocumentFarSide`;
- `make_connector`: a function that makes a connector before that far side. It is called more than once, as a
  restarted process would.

`test_memory_contract.py` is the shortest example. A connector that waits before it repeats a request needs a
waiting time near nothing here: several tests take the far side away.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import ClassVar, Protocol, TypeVar

import pytest

from connectors.memory_far_side import Fault
from syncsvc.connector import Connector, Known, ReadOnly, fingerprint
from syncsvc.errors import SourceError
from syncsvc.model import Change, Field, Milestone, Outcome, Receipt, RejectCause, Side, Snapshot, by_code
from tests.builders import change, issue, milestone, tracked

MARCH, APRIL, MAY, JUNE = (date(2019, month, 15) for month in (3, 4, 5, 6))

MakeConnector = Callable[[], Connector]
Test = TypeVar("Test", bound=Callable[..., None])

#: name of a test -> the class attribute that decides, what it has to be, and the test
ONLY_WHERE: dict[str, tuple[str, bool, Callable[..., None]]] = {}


class FarSide(Protocol):
    """What every far side can do."""

    def go_away(self) -> None:
        """From now on nobody answers, or nothing is there to be read."""


class TrackerFarSide(FarSide, Protocol):
    """Issues, as people and the server treat them; none of these methods goes through the connector.

    `actual` is the field for completions, `resolved` the day on which the issue was closed (None: it is open).
    Where the connector cannot write completions there need be no such field: `actual` is then never used.
    """

    def add(self, key: str, due: date | None = None, actual: date | None = None, resolved: date | None = None) -> str:
        """Make an issue; its id."""
        ...

    def edit(self, key: str, **values: date | None) -> None:
        """Set due, actual or resolved behind the connector's back."""

    def due(self, key: str) -> date | None:
        """What the issue really holds."""

    def actual(self, key: str) -> date | None:
        """What the issue really holds."""

    def delete(self, key: str) -> None:
        """Delete the issue."""

    def move(self, key: str, to: str) -> None:
        """Give the issue another key; its id stays, and reading the former key leads to it."""

    def refuse(self, key: str, field: Field) -> None:
        """Refuse, from now on, each request that sets this field of this issue, and name the field in the answer."""

    def fail_next_write(self, key: str, fault: Fault) -> None:
        """FAILS, LIES, LOST or LOST_THEN_AWAY for the next request that writes to this issue."""

    def writes(self, key: str) -> int:
        """How many requests to write to this issue have arrived, whatever became of them."""
        ...

    def withhold(self, key: str) -> None:
        """Leave the key out of answers without saying that it is missing; see `can_withhold`."""


class ScheduleFarSide(FarSide, Protocol):
    """A place for exports, and one that batches are handed over to."""

    def add_export(self, period: str, milestones: Sequence[Milestone]) -> object:
        """Put an export of this month (kind ME) there; rows may share a code."""

    def add_unreadable_export(self, period: str) -> None:
        """Put something there that is named like an export and is none."""

    def handed_over(self) -> Sequence[Sequence[tuple[str, date | None]]]:
        """Each batch that lies in the outbox: code and completion of its rows."""
        ...


class DocumentFarSide(FarSide, Protocol):
    """A place where one document stands."""

    def publish(self, milestones: Sequence[Milestone]) -> None:
        """Put a document with these milestones there, instead of the one before; rows may share a code."""

    def publish_unreadable(self) -> None:
        """Put something there that is no such document."""


def receipts_of(connector: Connector, *changes: Change) -> list[Receipt]:
    """Apply one batch; one receipt per change, in the order of the changes."""
    receipts = list(connector.apply(changes))
    assert Counter(receipt.change for receipt in receipts) == Counter(changes)
    return sorted(receipts, key=lambda receipt: changes.index(receipt.change))


def outcomes_of(connector: Connector, *changes: Change) -> list[Outcome]:
    """Apply one batch and look only at what became of each change."""
    return [receipt.outcome for receipt in receipts_of(connector, *changes)]


def only_where(capability: str, *, is_given: bool = True) -> Callable[[Test], Test]:
    """A test for connectors whose class says so: the others do not have it, for a skipped test looks like a gap."""

    def mark(test: Test) -> Test:
        ONLY_WHERE[test.__name__] = (capability, is_given, test)
        return test

    return mark


class RulesForAll:
    """What holds for trackers and schedules alike; `some_keys` are asked for where it does not matter which."""

    some_keys: ClassVar[tuple[str, ...]] = ("DM-1",)

    @pytest.fixture
    def connector(self, make_connector: MakeConnector) -> Connector:
        return make_connector()

    def test_it_is_a_connector(self, connector: Connector) -> None:
        assert isinstance(connector, Connector)
        assert isinstance(connector.side, Side)
        assert connector.name

    def test_constructing_does_not_need_the_far_side(self, far_side: FarSide, make_connector: MakeConnector) -> None:
        far_side.go_away()
        make_connector().close()

    def test_closing_twice_is_harmless(self, connector: Connector) -> None:
        connector.close()
        connector.close()

    def test_a_report_only_run_gets_no_way_to_write(self, connector: Connector) -> None:
        assert not isinstance(ReadOnly(connector), Connector)

    def test_pulling_from_a_far_side_that_is_away_is_a_source_error(
        self, far_side: FarSide, connector: Connector
    ) -> None:
        far_side.go_away()
        with pytest.raises(SourceError) as caught:
            connector.pull(self.some_keys, {})
        assert caught.value.hint

    def test_what_is_known_is_no_answer_of_a_far_side_that_is_away(
        self, far_side: FarSide, connector: Connector
    ) -> None:
        known = Known(tracked(*(issue(key) for key in self.some_keys)))
        far_side.go_away()
        with pytest.raises(SourceError):
            connector.pull(self.some_keys, {}, known)

    def test_reading_from_a_far_side_that_is_away_is_a_source_error(
        self, far_side: FarSide, connector: Connector
    ) -> None:
        far_side.go_away()
        with pytest.raises(SourceError):
            connector.read(self.some_keys)

    def test_who_changed_unknown_issues_is_not_known(self, connector: Connector) -> None:
        for field in Field:
            assert connector.last_changes([], field) == {}
            assert connector.last_changes(["999999", "no id at all"], field) == {}

    def test_who_changed_what_on_a_far_side_that_is_away_is_no_other_error(
        self, far_side: FarSide, connector: Connector
    ) -> None:
        far_side.go_away()
        with suppress(SourceError):
            assert connector.last_changes(["10001"], Field.DUE) == {}

    def test_check_names_a_far_side_that_is_away_and_does_not_raise(
        self, far_side: FarSide, connector: Connector
    ) -> None:
        far_side.go_away()
        problems = connector.check()
        assert problems
        assert all(problem.where and problem.problem for problem in problems)


class ConnectorContract(RulesForAll):
    """A tracker that reads back what it writes."""

    #: False where the far side has no answer that leaves a key out without saying so.
    can_withhold: ClassVar[bool] = True
    #: False where the connector, as it is made here, cannot write completions.
    writes_completed: ClassVar[bool] = True
    #: True where the far side keeps who changed what.
    tells_who_changed: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        for name, (capability, is_given, test) in ONLY_WHERE.items():
            setattr(cls, name, test if getattr(cls, capability) is is_given else None)

    def pulled(self, connector: Connector, *keys: str, known: Known | None = None) -> Snapshot:
        (snapshot,) = connector.pull(keys, {}, known).snapshots
        return snapshot

    def due_change(self, far_side: TrackerFarSide, key: str, issue_id: str, after: date | None) -> Change:
        return change(key, Field.DUE, far_side.due(key), after, issue_id=issue_id)

    def need_completed(self, connector: Connector) -> None:
        if Field.COMPLETED not in connector.writes:
            pytest.skip("completions cannot be written here: give the class `writes_completed = False`")

    # pull and read

    def test_it_confirms(self, connector: Connector) -> None:
        assert connector.confirms
        assert Field.DUE in connector.writes

    def test_check_finds_nothing_wrong_with_a_far_side_that_answers(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        far_side.add("DM-1")
        assert connector.check() == []

    def test_pull_brings_what_was_asked_for(self, far_side: TrackerFarSide, connector: Connector) -> None:
        first = far_side.add("DM-1", due=MARCH)
        far_side.add("DM-2", due=APRIL, resolved=MAY)
        far_side.add("DM-3", due=MAY)
        snapshot = self.pulled(connector, "DM-1", "DM-2")
        shown = by_code(snapshot.milestones)
        assert shown.keys() == {"DM-1", "DM-2"}
        assert (shown["DM-1"].issue_id, shown["DM-1"].due, shown["DM-1"].completed) == (first, MARCH, None)
        assert (shown["DM-2"].due, shown["DM-2"].completed, shown["DM-2"].completed_held) == (APRIL, MAY, None)
        assert snapshot.complete
        assert snapshot.asked == {"DM-1", "DM-2"}
        assert snapshot.missing == ()
        assert snapshot.side is connector.side
        assert snapshot.connector == connector.name

    @only_where("tells_who_changed")
    def test_who_changed_a_date_last_is_told_by_issue_id(self, far_side: TrackerFarSide, connector: Connector) -> None:
        first, second = far_side.add("DM-1", due=MARCH), far_side.add("DM-2", due=MARCH)
        far_side.edit("DM-1", due=APRIL)
        far_side.edit("DM-1", due=MAY)
        changes = connector.last_changes([first, second], Field.DUE)
        assert changes.keys() == {first}
        change = changes[first]
        assert (change.field, change.before, change.after) == (Field.DUE, APRIL, MAY)
        assert change.actor
        assert change.at.utcoffset() == timedelta(0)

    def test_pulling_no_keys_brings_an_empty_snapshot(self, far_side: TrackerFarSide, connector: Connector) -> None:
        far_side.add("DM-1")
        snapshot = self.pulled(connector)
        assert (snapshot.milestones, snapshot.asked, snapshot.complete) == ((), frozenset(), True)

    def test_every_key_asked_for_is_accounted_for(self, far_side: TrackerFarSide, connector: Connector) -> None:
        keys = [f"DM-{number}" for number in range(1, 252)]
        for key in keys:
            far_side.add(key, due=MARCH)
        far_side.delete("DM-100")
        snapshot = self.pulled(connector, *keys)
        assert snapshot.complete
        assert snapshot.missing == ("DM-100",)
        assert by_code(snapshot.milestones).keys() == set(keys) - {"DM-100"}

    def test_a_deleted_issue_is_missing(self, far_side: TrackerFarSide, connector: Connector) -> None:
        far_side.add("DM-1")
        far_side.add("DM-2")
        far_side.delete("DM-2")
        snapshot = self.pulled(connector, "DM-1", "DM-2")
        assert snapshot.complete
        assert snapshot.missing == ("DM-2",)
        assert snapshot.asked == {"DM-1", "DM-2"}

    def test_a_moved_issue_comes_under_its_new_key(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        far_side.move("DM-1", "DLP-7")
        snapshot = self.pulled(connector, "DM-1")
        (shown,) = snapshot.milestones
        assert (shown.code, shown.issue_id, shown.due) == ("DLP-7", issue_id, MARCH)
        assert snapshot.moved == {"DM-1": "DLP-7"}
        assert snapshot.missing == ()

    def test_an_issue_asked_for_by_two_keys_is_shown_once(self, far_side: TrackerFarSide, connector: Connector) -> None:
        far_side.add("DM-1")
        far_side.move("DM-1", "DLP-7")
        snapshot = self.pulled(connector, "DM-1", "DLP-7")
        assert [shown.code for shown in snapshot.milestones] == ["DLP-7"]
        assert snapshot.asked == {"DM-1", "DLP-7"}
        assert snapshot.missing == ()

    @only_where("can_withhold")
    def test_a_key_that_no_answer_speaks_of_makes_the_pull_incomplete(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        far_side.add("DM-1")
        far_side.add("DM-2")
        far_side.withhold("DM-2")
        snapshot = self.pulled(connector, "DM-1", "DM-2")
        assert not snapshot.complete
        assert snapshot.why_incomplete
        assert "DM-2" not in snapshot.missing

    def test_whatever_is_known_a_pull_shows_how_each_key_asked_for_stands_now(
        self, far_side: TrackerFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        for number in range(1, 7):
            far_side.add(f"DM-{number}", due=MARCH)
        known = Known(self.pulled(connector, "DM-1", "DM-2", "DM-3", "DM-4", "DM-404"))
        far_side.edit("DM-2", due=APRIL)
        far_side.edit("DM-5", due=MAY)
        far_side.move("DM-3", "DLP-3")
        far_side.add("DM-404", due=JUNE)
        keys = ("DM-1", "DM-2", "DM-3", "DM-5", "DM-404")  # one was unlinked, one is new
        with_known = self.pulled(make_connector(), *keys, known=known)
        without = self.pulled(make_connector(), *keys)
        assert with_known.milestones == without.milestones
        assert (with_known.asked, with_known.missing, with_known.moved) == (frozenset(keys), (), {"DM-3": "DLP-3"})
        assert with_known.complete

    def test_what_is_gone_is_missing_in_a_census(
        self, far_side: TrackerFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        far_side.add("DM-1", due=MARCH)
        far_side.add("DM-2", due=MARCH)
        known = Known(self.pulled(connector, "DM-1", "DM-2"), census=True)
        far_side.delete("DM-2")
        snapshot = self.pulled(make_connector(), "DM-1", "DM-2", known=known)
        assert ([shown.code for shown in snapshot.milestones], snapshot.missing) == (["DM-1"], ("DM-2",))

    def test_what_we_wrote_is_in_the_next_pull(
        self, far_side: TrackerFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        before = self.pulled(connector, "DM-1")
        assert outcomes_of(connector, self.due_change(far_side, "DM-1", issue_id, APRIL)) == [Outcome.APPLIED]
        known = Known(before, written=frozenset({issue_id}))
        assert by_code(self.pulled(make_connector(), "DM-1", known=known).milestones)["DM-1"].due == APRIL

    @only_where("writes_completed")
    def test_a_completion_is_the_field_and_else_the_day_it_was_closed(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        self.need_completed(connector)
        far_side.add("DM-1", actual=MARCH, resolved=APRIL)
        far_side.add("DM-2", resolved=APRIL)
        far_side.add("DM-3", actual=MAY)
        shown = by_code(self.pulled(connector, "DM-1", "DM-2", "DM-3").milestones)
        values = {key: (issue.completed, issue.completed_held) for key, issue in shown.items()}
        assert values == {"DM-1": (MARCH, MARCH), "DM-2": (APRIL, None), "DM-3": (MAY, MAY)}

    def test_read_agrees_with_pull_after_an_edit(self, far_side: TrackerFarSide, connector: Connector) -> None:
        far_side.add("DM-1", due=MARCH)
        far_side.add("DM-2", due=MARCH, resolved=MARCH)
        far_side.move("DM-2", "DLP-2")
        self.pulled(connector, "DM-1", "DM-2")
        far_side.edit("DM-1", due=APRIL, resolved=MAY)
        read, pulled = connector.read(["DM-1", "DM-2"]), self.pulled(connector, "DM-1", "DM-2")
        assert by_code(read.milestones) == by_code(pulled.milestones)
        assert by_code(read.milestones)["DM-1"].due == APRIL
        assert (read.asked, read.missing, read.moved) == (pulled.asked, pulled.missing, pulled.moved)

    def test_looking_writes_nothing(self, far_side: TrackerFarSide, connector: Connector) -> None:
        far_side.add("DM-1", due=MARCH)
        connector.check()
        self.pulled(connector, "DM-1")
        connector.read(["DM-1"])
        assert far_side.writes("DM-1") == 0

    # apply

    def test_what_is_applied_is_there_and_confirmed(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        (receipt,) = receipts_of(connector, self.due_change(far_side, "DM-1", issue_id, APRIL))
        assert (receipt.outcome, receipt.confirmed) == (Outcome.APPLIED, True)
        assert far_side.due("DM-1") == APRIL
        assert by_code(connector.read(["DM-1"]).milestones)["DM-1"].due == APRIL

    def test_a_date_can_be_taken_back_to_blank(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        assert outcomes_of(connector, self.due_change(far_side, "DM-1", issue_id, None)) == [Outcome.APPLIED]
        assert far_side.due("DM-1") is None

    def test_an_empty_batch_has_no_receipts(self, connector: Connector) -> None:
        assert list(connector.apply([])) == []

    def test_a_full_batch_has_one_receipt_per_change(self, far_side: TrackerFarSide, connector: Connector) -> None:
        keys = [f"DM-{number}" for number in range(1, 101)]
        changes = [self.due_change(far_side, key, far_side.add(key, due=MARCH), APRIL) for key in keys]
        assert set(outcomes_of(connector, *changes)) == {Outcome.APPLIED}
        assert {far_side.due(key) for key in keys} == {APRIL}
        assert {far_side.writes(key) for key in keys} == {1}

    def test_a_stale_change_is_not_written(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.edit("DM-1", due=MAY)
        (receipt,) = receipts_of(connector, planned)
        assert (receipt.outcome, receipt.confirmed) == (Outcome.STALE, False)
        assert receipt.detail
        assert far_side.due("DM-1") == MAY
        assert far_side.writes("DM-1") == 0

    def test_what_is_already_so_is_confirmed_and_not_written(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.edit("DM-1", due=APRIL)
        (receipt,) = receipts_of(connector, planned)
        assert (receipt.outcome, receipt.confirmed) == (Outcome.ALREADY, True)
        assert far_side.writes("DM-1") == 0

    def test_applying_twice_is_applying_once(
        self, far_side: TrackerFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        assert outcomes_of(connector, planned) == [Outcome.APPLIED]
        assert outcomes_of(connector, planned) == [Outcome.ALREADY]
        assert outcomes_of(make_connector(), planned) == [Outcome.ALREADY]
        assert far_side.writes("DM-1") == 1

    def test_a_moved_issue_is_followed_by_its_id(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.move("DM-1", "DM-901")
        assert outcomes_of(connector, planned) == [Outcome.APPLIED]
        assert far_side.due("DM-901") == APRIL

    def test_a_key_that_names_another_issue_by_now_is_not_written(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.delete("DM-1")
        far_side.add("DM-1", due=MARCH)
        (receipt,) = receipts_of(connector, planned)
        assert receipt.outcome in (Outcome.STALE, Outcome.REFUSED)
        assert far_side.due("DM-1") == MARCH
        assert far_side.writes("DM-1") == 0

    def test_an_issue_that_is_not_there_gets_a_receipt_and_the_others_land(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        lost = change("DM-404", Field.DUE, MARCH, APRIL, issue_id="404404")
        absent, present = receipts_of(connector, lost, self.due_change(far_side, "DM-1", issue_id, APRIL))
        assert absent.outcome in (Outcome.STALE, Outcome.REFUSED)
        assert absent.detail
        assert not absent.confirmed
        assert present.outcome is Outcome.APPLIED

    def test_a_refused_change_does_not_stop_the_others(self, far_side: TrackerFarSide, connector: Connector) -> None:
        changes = [
            self.due_change(far_side, key, far_side.add(key, due=MARCH), APRIL) for key in ("DM-1", "DM-2", "DM-3")
        ]
        far_side.refuse("DM-2", Field.DUE)
        first, second, third = receipts_of(connector, *changes)
        assert (first.outcome, second.outcome, third.outcome) == (Outcome.APPLIED, Outcome.REFUSED, Outcome.APPLIED)
        assert second.detail
        assert not second.confirmed
        assert (far_side.due("DM-1"), far_side.due("DM-2"), far_side.due("DM-3")) == (APRIL, MARCH, APRIL)

    def test_a_write_that_breaks_is_failed(self, far_side: TrackerFarSide, connector: Connector) -> None:
        changes = [self.due_change(far_side, key, far_side.add(key, due=MARCH), APRIL) for key in ("DM-1", "DM-2")]
        far_side.fail_next_write("DM-1", Fault.FAILS)
        first, second = receipts_of(connector, *changes)
        assert (first.outcome, first.confirmed, bool(first.detail)) == (Outcome.FAILED, False, True)
        assert second.outcome is Outcome.APPLIED
        assert far_side.due("DM-1") == MARCH

    def test_a_write_that_is_accepted_and_does_not_happen_is_failed(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        far_side.fail_next_write("DM-1", Fault.LIES)
        (receipt,) = receipts_of(connector, self.due_change(far_side, "DM-1", issue_id, APRIL))
        assert (receipt.outcome, receipt.confirmed, bool(receipt.detail)) == (Outcome.FAILED, False, True)
        assert far_side.due("DM-1") == MARCH

    def test_a_lost_answer_never_leads_to_a_second_write(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        far_side.fail_next_write("DM-1", Fault.LOST)
        (receipt,) = receipts_of(connector, self.due_change(far_side, "DM-1", issue_id, APRIL))
        assert (receipt.outcome, receipt.confirmed) in ((Outcome.APPLIED, True), (Outcome.UNKNOWN, False))
        assert far_side.due("DM-1") == APRIL
        assert far_side.writes("DM-1") == 1

    def test_once_it_may_write_no_more_nothing_is_sent(self, far_side: TrackerFarSide, connector: Connector) -> None:
        """As after a sleep in the middle of a batch: another has gone on with it."""
        keys = [f"DM-{number}" for number in range(1, 9)]
        planned = [self.due_change(far_side, key, far_side.add(key, due=MARCH), APRIL) for key in keys]
        answers = iter([True, True])
        receipts = list(connector.apply(planned, lambda: next(answers, False)))
        assert Counter(receipt.change for receipt in receipts) == Counter(planned)
        outcomes = Counter(receipt.outcome for receipt in receipts)
        assert outcomes == {Outcome.APPLIED: 2, Outcome.NOT_TRIED: 6}
        assert all(receipt.detail for receipt in receipts if receipt.outcome is Outcome.NOT_TRIED)
        assert sum(far_side.writes(key) for key in keys) == 2

    def test_a_lost_answer_that_cannot_be_cleared_up_is_unknown(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.fail_next_write("DM-1", Fault.LOST_THEN_AWAY)
        (receipt,) = receipts_of(connector, planned)
        assert (receipt.outcome, receipt.confirmed, bool(receipt.detail)) == (Outcome.UNKNOWN, False, True)
        assert far_side.writes("DM-1") == 1

    def test_applying_to_a_far_side_that_is_away_is_a_source_error_without_receipts(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        far_side.go_away()
        receipts: list[Receipt] = []
        with pytest.raises(SourceError):
            receipts.extend(connector.apply([planned]))
        assert receipts == []

    def test_nothing_counts_as_handed_over(self, far_side: TrackerFarSide, connector: Connector) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        planned = self.due_change(far_side, "DM-1", issue_id, APRIL)
        receipts_of(connector, planned)
        assert connector.delivered([planned]) is None

    @only_where("writes_completed", is_given=False)
    def test_completed_is_refused_where_it_cannot_be_written(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        issue_id = far_side.add("DM-1", due=MARCH)
        completed = change("DM-1", Field.COMPLETED, None, APRIL, issue_id=issue_id)
        refused, applied = receipts_of(connector, completed, self.due_change(far_side, "DM-1", issue_id, APRIL))
        assert (refused.outcome, refused.confirmed, bool(refused.detail)) == (Outcome.REFUSED, False, True)
        assert applied.outcome is Outcome.APPLIED

    # apply, where completions can be written

    @only_where("writes_completed")
    def test_both_dates_of_one_issue_land(self, far_side: TrackerFarSide, connector: Connector) -> None:
        self.need_completed(connector)
        issue_id = far_side.add("DM-1", due=MARCH)
        due = self.due_change(far_side, "DM-1", issue_id, APRIL)
        completed = change("DM-1", Field.COMPLETED, None, MAY, issue_id=issue_id)
        receipts = receipts_of(connector, due, completed)
        assert [(receipt.outcome, receipt.confirmed) for receipt in receipts] == [(Outcome.APPLIED, True)] * 2
        assert (far_side.due("DM-1"), far_side.actual("DM-1")) == (APRIL, MAY)

    @only_where("writes_completed")
    def test_a_refusal_that_names_one_date_does_not_keep_the_other_out(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        self.need_completed(connector)
        issue_id = far_side.add("DM-1", due=MARCH)
        far_side.refuse("DM-1", Field.DUE)
        due = self.due_change(far_side, "DM-1", issue_id, APRIL)
        completed = change("DM-1", Field.COMPLETED, None, MAY, issue_id=issue_id)
        assert outcomes_of(connector, due, completed) == [Outcome.REFUSED, Outcome.APPLIED]
        assert (far_side.due("DM-1"), far_side.actual("DM-1")) == (MARCH, MAY)

    @only_where("writes_completed")
    def test_a_stale_date_does_not_keep_the_other_out(self, far_side: TrackerFarSide, connector: Connector) -> None:
        self.need_completed(connector)
        issue_id = far_side.add("DM-1", due=MARCH)
        due = self.due_change(far_side, "DM-1", issue_id, APRIL)
        completed = change("DM-1", Field.COMPLETED, None, MAY, issue_id=issue_id)
        far_side.edit("DM-1", due=JUNE)
        assert outcomes_of(connector, due, completed) == [Outcome.STALE, Outcome.APPLIED]
        assert (far_side.due("DM-1"), far_side.actual("DM-1")) == (JUNE, MAY)

    @only_where("writes_completed")
    def test_a_completion_goes_into_its_field_beside_the_day_it_was_closed(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        self.need_completed(connector)
        issue_id = far_side.add("DM-1", resolved=MARCH)
        planned = change("DM-1", Field.COMPLETED, None, APRIL, seen=MARCH, issue_id=issue_id)
        (receipt,) = receipts_of(connector, planned)
        assert (receipt.outcome, receipt.confirmed) == (Outcome.APPLIED, True)
        (shown,) = connector.read(["DM-1"]).milestones
        assert (shown.completed, shown.completed_held) == (APRIL, APRIL)

    @only_where("writes_completed")
    def test_a_completion_is_stale_when_the_issue_was_closed_on_another_day(
        self, far_side: TrackerFarSide, connector: Connector
    ) -> None:
        self.need_completed(connector)
        issue_id = far_side.add("DM-1", resolved=MARCH)
        planned = change("DM-1", Field.COMPLETED, None, APRIL, seen=MARCH, issue_id=issue_id)
        far_side.edit("DM-1", resolved=MAY)
        assert outcomes_of(connector, planned) == [Outcome.STALE]
        assert far_side.actual("DM-1") is None
        assert far_side.writes("DM-1") == 0


class HandOverContract(RulesForAll):
    """A schedule: it shows exports, and what goes to it is handed to a person."""

    some_keys: ClassVar[tuple[str, ...]] = ("A-1",)

    def completion(self, code: str, after: date, before: date | None = None) -> Change:
        return change(f"DM-{code}", Field.COMPLETED, before, after, code=code, target=Side.PMCS)

    # pull and read

    def test_it_does_not_confirm(self, connector: Connector) -> None:
        assert not connector.confirms

    def test_check_finds_nothing_wrong_with_a_readable_export(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_export("2019-03", [milestone("A-1", MARCH)])
        assert connector.check() == []

    def test_pull_brings_every_export_in_order_of_period(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-04", [milestone("A-1", APRIL), milestone("A-2", MAY, MARCH)])
        far_side.add_export("2019-03", [milestone("A-1", MARCH)])
        pulled = connector.pull(self.some_keys, {}, Known(tracked(issue("A-1", MARCH))))
        assert pulled.problems == ()
        assert [snapshot.period for snapshot in pulled.snapshots] == ["2019-03", "2019-04"]
        newest = pulled.snapshots[-1]
        assert {m.code: (m.due, m.completed) for m in newest.milestones} == {"A-1": (APRIL, None), "A-2": (MAY, MARCH)}
        assert newest.complete
        assert newest.data_date
        assert newest.connector == connector.name
        assert newest.asked is None

    def test_what_was_seen_is_not_brought_again(
        self, far_side: ScheduleFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        far_side.add_export("2019-03", [milestone("A-1", MARCH)])
        seen = {snapshot.source: fingerprint(snapshot) for snapshot in connector.pull((), {}).snapshots}
        assert make_connector().pull((), seen).snapshots == ()
        far_side.add_export("2019-04", [milestone("A-1", APRIL)])
        assert [snapshot.period for snapshot in make_connector().pull((), seen).snapshots] == ["2019-04"]

    def test_codes_are_unique(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        rows = [milestone(code, due) for code, due in (("A-1", MARCH), ("A-2", MARCH), ("A-2", MARCH))]
        far_side.add_export("2019-03", [*rows, milestone("A-3", MARCH), milestone("A-3", APRIL)])
        (snapshot,) = connector.pull((), {}).snapshots
        assert sorted(shown.code for shown in snapshot.milestones) == ["A-1", "A-2"]
        causes = sorted((reject.code or "", reject.cause) for reject in snapshot.rejects)
        assert causes == [
            ("A-2", RejectCause.REPEATED),
            ("A-3", RejectCause.DUPLICATE),
            ("A-3", RejectCause.DUPLICATE),
        ]
        assert all(reject.where and reject.reason for reject in snapshot.rejects)

    def test_a_newest_export_that_cannot_be_read_is_a_source_error(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_export("2019-03", [milestone("A-1", MARCH)])
        far_side.add_unreadable_export("2019-04")
        with pytest.raises(SourceError):
            connector.pull((), {})
        assert connector.check()

    def test_an_older_export_that_cannot_be_read_is_a_problem(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_unreadable_export("2019-03")
        far_side.add_export("2019-04", [milestone("A-1", MARCH)])
        pulled = connector.pull((), {})
        assert [snapshot.period for snapshot in pulled.snapshots] == ["2019-04"]
        assert len(pulled.problems) == 1

    def test_read_shows_the_newest_export(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-04", [milestone("A-1", APRIL)])
        far_side.add_export("2019-03", [milestone("A-1", MARCH)])
        assert by_code(connector.read(["A-1"]).milestones)["A-1"].due == APRIL

    # apply

    def test_a_batch_is_handed_over_and_can_be_found_again(
        self, far_side: ScheduleFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY), milestone("A-2", MAY)])
        batch = [self.completion("A-1", MARCH), self.completion("A-2", APRIL)]
        assert connector.delivered(batch) is None
        receipts = receipts_of(connector, *batch)
        assert [(receipt.outcome, receipt.confirmed) for receipt in receipts] == [(Outcome.HANDED_OVER, False)] * 2
        assert receipts[0].detail
        assert receipts[0].detail == receipts[1].detail == make_connector().delivered(batch)
        assert [sorted(handed, key=str) for handed in far_side.handed_over()] == [[("A-1", MARCH), ("A-2", APRIL)]]

    def test_another_batch_was_not_delivered(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY), milestone("A-2", MAY)])
        batch = [self.completion("A-1", MARCH), self.completion("A-2", APRIL)]
        receipts_of(connector, *batch)
        assert connector.delivered([self.completion("A-1", APRIL), batch[1]]) is None
        assert connector.delivered([*batch, self.completion("A-3", APRIL)]) is None

    def test_the_same_batch_again_is_one_hand_over(
        self, far_side: ScheduleFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY)])
        batch = [self.completion("A-1", MARCH)]
        (first,) = receipts_of(connector, *batch)
        (again,) = receipts_of(make_connector(), *batch)
        assert (again.outcome, again.detail) == (Outcome.HANDED_OVER, first.detail)
        assert len(far_side.handed_over()) == 1

    def test_a_stale_change_is_not_handed_over(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-03", [milestone("A-1", MAY), milestone("A-2", MAY)])
        far_side.add_export("2019-04", [milestone("A-1", MAY, APRIL), milestone("A-2", MAY)])
        stale, handed = receipts_of(connector, self.completion("A-1", MARCH), self.completion("A-2", MARCH))
        assert (stale.outcome, bool(stale.detail)) == (Outcome.STALE, True)
        assert handed.outcome is Outcome.HANDED_OVER
        assert [list(batch) for batch in far_side.handed_over()] == [[("A-2", MARCH)]]

    def test_what_is_already_so_is_not_handed_over(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY, MARCH)])
        (receipt,) = receipts_of(connector, self.completion("A-1", MARCH))
        assert (receipt.outcome, receipt.confirmed) == (Outcome.ALREADY, True)
        assert list(far_side.handed_over()) == []

    def test_a_code_that_is_not_in_the_export_is_not_handed_over(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY)])
        (receipt,) = receipts_of(connector, self.completion("A-404", MARCH))
        assert receipt.outcome in (Outcome.STALE, Outcome.REFUSED)
        assert receipt.detail
        assert list(far_side.handed_over()) == []

    def test_once_it_may_write_no_more_nothing_is_handed_over(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY)])
        completion = self.completion("A-1", MARCH)
        (receipt,) = connector.apply([completion], lambda: False)
        assert (receipt.change, receipt.outcome, bool(receipt.detail)) == (completion, Outcome.NOT_TRIED, True)
        assert list(far_side.handed_over()) == []

    def test_a_due_date_is_refused(self, far_side: ScheduleFarSide, connector: Connector) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY), milestone("A-2", MAY)])
        due = change("DM-1", Field.DUE, MAY, APRIL, code="A-1", target=Side.PMCS)
        refused, handed = receipts_of(connector, due, self.completion("A-2", MARCH))
        assert (refused.outcome, refused.confirmed, bool(refused.detail)) == (Outcome.REFUSED, False, True)
        assert handed.outcome is Outcome.HANDED_OVER
        assert [list(batch) for batch in far_side.handed_over()] == [[("A-2", MARCH)]]

    def test_applying_to_a_far_side_that_is_away_is_a_source_error_without_receipts(
        self, far_side: ScheduleFarSide, connector: Connector
    ) -> None:
        far_side.add_export("2019-04", [milestone("A-1", MAY)])
        far_side.go_away()
        receipts: list[Receipt] = []
        with pytest.raises(SourceError):
            receipts.extend(connector.apply([self.completion("A-1", MARCH)]))
        assert receipts == []


class ReadOnlyContract(RulesForAll):
    """A document or a list: what stands there now is read, and nothing can be written to it."""

    some_keys: ClassVar[tuple[str, ...]] = ("DM-A-1",)

    def test_it_writes_nothing(self, far_side: DocumentFarSide, connector: Connector) -> None:
        far_side.publish([milestone("DM-A-1", MARCH), milestone("DM-A-2", MARCH)])
        assert connector.writes == frozenset()
        assert not connector.confirms
        before = connector.read(["DM-A-1"]).milestones
        changes = [change("DM-1", Field.DUE, MARCH, APRIL, code="DM-A-1"), change("DM-2", Field.DUE, MARCH, APRIL)]
        receipts = receipts_of(connector, *changes)
        assert [(receipt.outcome, receipt.confirmed) for receipt in receipts] == [(Outcome.REFUSED, False)] * 2
        assert all(receipt.detail for receipt in receipts)
        assert connector.read(["DM-A-1"]).milestones == before
        assert connector.delivered(changes) is None
        assert list(connector.apply([])) == []

    def test_check_finds_nothing_wrong_with_a_readable_document(
        self, far_side: DocumentFarSide, connector: Connector
    ) -> None:
        far_side.publish([milestone("DM-A-1", MARCH)])
        assert connector.check() == []

    def test_pull_brings_the_whole_document_whatever_is_asked_for(
        self, far_side: DocumentFarSide, connector: Connector
    ) -> None:
        far_side.publish([milestone("DM-A-1", APRIL), milestone("DM-A-2", MAY, MARCH)])
        pulled = connector.pull(self.some_keys, {}, Known(tracked(issue("DM-A-1", MARCH))))
        assert pulled.problems == ()
        (snapshot,) = pulled.snapshots
        shown = {m.code: (m.due, m.completed) for m in snapshot.milestones}
        assert shown == {"DM-A-1": (APRIL, None), "DM-A-2": (MAY, MARCH)}
        assert snapshot.complete
        assert snapshot.asked is None
        assert (snapshot.side, snapshot.connector) == (connector.side, connector.name)
        assert all(m.where and m.due_column and m.due_basis for m in snapshot.milestones)

    def test_what_was_seen_is_not_brought_again(
        self, far_side: DocumentFarSide, connector: Connector, make_connector: MakeConnector
    ) -> None:
        far_side.publish([milestone("DM-A-1", MARCH)])
        seen = {snapshot.source: fingerprint(snapshot) for snapshot in connector.pull((), {}).snapshots}
        assert make_connector().pull((), seen).snapshots == ()
        far_side.publish([milestone("DM-A-1", APRIL)])
        (snapshot,) = make_connector().pull((), seen).snapshots
        assert snapshot.milestones[0].due == APRIL

    def test_read_shows_what_stands_there_now_and_only_what_is_asked_for(
        self, far_side: DocumentFarSide, connector: Connector
    ) -> None:
        far_side.publish([milestone("DM-A-1", MARCH), milestone("DM-A-2", MARCH)])
        connector.pull((), {})
        far_side.publish([milestone("DM-A-1", APRIL), milestone("DM-A-2", APRIL)])
        assert [(m.code, m.due) for m in connector.read(["DM-A-2", "DM-A-404"]).milestones] == [("DM-A-2", APRIL)]

    def test_codes_are_unique(self, far_side: DocumentFarSide, connector: Connector) -> None:
        rows = [milestone(code, due) for code, due in (("DM-A-1", MARCH), ("DM-A-2", MARCH), ("DM-A-2", MARCH))]
        far_side.publish([*rows, milestone("DM-A-3", MARCH), milestone("DM-A-3", APRIL)])
        (snapshot,) = connector.pull((), {}).snapshots
        assert sorted(shown.code for shown in snapshot.milestones) == ["DM-A-1", "DM-A-2"]
        causes = sorted((reject.code or "", reject.cause) for reject in snapshot.rejects)
        assert causes == [
            ("DM-A-2", RejectCause.REPEATED),
            ("DM-A-3", RejectCause.DUPLICATE),
            ("DM-A-3", RejectCause.DUPLICATE),
        ]

    def test_a_document_that_cannot_be_read_is_a_source_error(
        self, far_side: DocumentFarSide, connector: Connector
    ) -> None:
        far_side.publish_unreadable()
        with pytest.raises(SourceError):
            connector.pull((), {})
        assert connector.check()
