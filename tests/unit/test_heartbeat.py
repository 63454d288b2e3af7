"""Until when a lease is surely ours: counted from before it was asked for, and not from an answer that never came."""

import pytest

from syncsvc.errors import LeaseLost
from syncsvc.service import heartbeat
from syncsvc.service.heartbeat import Watch


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds since the machine was started, to be set."""
    clock = [1000.0]
    monkeypatch.setattr(heartbeat, "_seconds_since_boot", lambda: clock[0])
    return clock


def test_before_the_lease_is_taken_nothing_may_be_written(at: list[float]) -> None:
    assert not Watch(90).in_time()


def test_its_time_counts_from_when_it_was_asked_for(at: list[float]) -> None:
    watch = Watch(90)
    with watch.renewing():
        at[0] += 30  # the store was busy
    at[0] += 59
    assert watch.in_time()
    at[0] += 1
    assert not watch.in_time()
    with watch.renewing():
        pass
    assert watch.in_time()


def test_a_lease_that_was_lost_is_not_renewed(at: list[float]) -> None:
    watch = Watch(90)
    with watch.renewing():
        pass
    at[0] += 90
    with pytest.raises(LeaseLost), watch.renewing():
        raise LeaseLost("another took over")
    assert not watch.in_time()
