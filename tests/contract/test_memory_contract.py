"""The connectors in memory keep the contract, and do what only they are asked to do: die in the middle of a write."""

from datetime import date

import pytest

from connectors.memory import MemorySchedule, MemoryTracker
from connectors.memory_far_side import FarSchedule, FarTracker, Fault, Killed
from syncsvc.errors import Unreachable
from syncsvc.model import Field, Outcome, Receipt, Side
from tests.builders import change, milestone
from tests.contract.connector_contract import (
    APRIL,
    MARCH,
    MAY,
    ConnectorContract,
    HandOverContract,
    MakeConnector,
    receipts_of,
)


class TestMemoryTracker(ConnectorContract):
    @pytest.fixture
    def far_side(self) -> FarTracker:
        return FarTracker()

    @pytest.fixture
    def make_connector(self, far_side: FarTracker) -> MakeConnector:
        return lambda: MemoryTracker(far_side)


class TestMemoryTrackerThatWritesDueOnly(TestMemoryTracker):
    writes_completed = False

    @pytest.fixture
    def make_connector(self, far_side: FarTracker) -> MakeConnector:
        return lambda: MemoryTracker(far_side, writes={Field.DUE})


class TestMemorySchedule(HandOverContract):
    @pytest.fixture
    def far_side(self) -> FarSchedule:
        return FarSchedule()

    @pytest.fixture
    def make_connector(self, far_side: FarSchedule) -> MakeConnector:
        return lambda: MemorySchedule(far_side)


@pytest.mark.parametrize(("fault", "holds"), [(Fault.KILLED_BEFORE, MARCH), (Fault.KILLED_AFTER, APRIL)])
def test_a_killed_process_leaves_no_receipt(fault: Fault, holds: date) -> None:
    far_side = FarTracker()
    issue_id = far_side.add("DM-1", due=MARCH)
    far_side.fail_next_write("DM-1", fault)
    with pytest.raises(Killed):
        list(MemoryTracker(far_side).apply([change("DM-1", Field.DUE, MARCH, APRIL, issue_id=issue_id)]))
    assert far_side.due("DM-1") == holds


@pytest.mark.parametrize(("fault", "is_delivered"), [(Fault.KILLED_BEFORE, False), (Fault.KILLED_AFTER, True)])
def test_a_hand_over_that_outlived_its_process_is_found(fault: Fault, is_delivered: bool) -> None:
    far_side = FarSchedule()
    far_side.add_export("2019-04", [milestone("A-1", MAY)])
    batch = [change("DM-1", Field.COMPLETED, None, MARCH, code="A-1", target=Side.PMCS)]
    far_side.fail_next_hand_over(fault)
    with pytest.raises(Killed):
        list(MemorySchedule(far_side).apply(batch))
    assert (MemorySchedule(far_side).delivered(batch) is not None) == is_delivered


def test_a_far_side_that_goes_away_in_the_middle_leaves_the_rest_untried() -> None:
    far_side = FarTracker()
    changes = [change(key, Field.DUE, MARCH, APRIL, issue_id=far_side.add(key, due=MARCH)) for key in ("DM-1", "DM-2")]
    far_side.fail_next_write("DM-1", Fault.LOST_THEN_AWAY)
    receipts: list[Receipt] = []
    with pytest.raises(Unreachable):
        receipts.extend(MemoryTracker(far_side).apply(changes))
    assert [(receipt.change, receipt.outcome) for receipt in receipts] == [(changes[0], Outcome.UNKNOWN)]
    far_side.come_back()
    assert far_side.due("DM-2") == MARCH


def test_a_hand_over_that_fails_leaves_nothing_behind() -> None:
    far_side = FarSchedule()
    far_side.add_export("2019-04", [milestone("A-1", MAY)])
    batch = [change("DM-1", Field.COMPLETED, None, MARCH, code="A-1", target=Side.PMCS)]
    far_side.fail_next_hand_over(Fault.FAILS)
    (receipt,) = receipts_of(MemorySchedule(far_side), *batch)
    assert (receipt.outcome, bool(receipt.detail)) == (Outcome.FAILED, True)
    assert far_side.handed_over() == []
    assert MemorySchedule(far_side).delivered(batch) is None
