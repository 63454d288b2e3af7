"""The service's clock: wakes the nights when a slot is due, until it is told to stop.

APScheduler keeps the time, in memory only: what was done and what is to be done stands in the ledger, which is asked at
every waking. A heartbeat wakes too, for what no clock announces: a night to catch up, one to try again, one whose owner
died, and a machine that slept.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncsvc.errors import SyncsvcError
from syncsvc.service.nights import Nights
from syncsvc.slots import Timetable

HEARTBEAT_SECONDS: Final = 5
#: What a run may take to finish the batch it is in: a hundred writes, and a Jira that answers slowly.
DRAIN_SECONDS: Final = 240

_log = logging.getLogger("syncsvc.serve")


class SlotTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires once for each local date; APScheduler's own cron fires twice or never in the nights of the clock change."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """When the next slot is due."""
        return self.timetable.next(previous_fire_time or now).due_at


def keep_nights(nights: Nights, wait: Callable[[], object], stop: threading.Event) -> bool:
    """Run every night until `wait` returns, then set `stop`; False where a run had not ended in time after that."""
    wake = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(wake.set, SlotTrigger(nights.rules.timetable), id="night")
    scheduler.add_job(wake.set, IntervalTrigger(seconds=HEARTBEAT_SECONDS), id="heartbeat")
    # A thread of its own, since neither APScheduler nor Python would leave one of theirs behind when time is up.
    worker = threading.Thread(target=_work, args=(nights, wake, stop), name="nights", daemon=True)
    wake.set()
    worker.start()
    scheduler.start()
    try:
        wait()
    finally:
        stop.set()
        scheduler.shutdown(wait=True)
        wake.set()
    worker.join(DRAIN_SECONDS)
    return not worker.is_alive()


def _work(nights: Nights, wake: threading.Event, stop: threading.Event) -> None:
    """Look what is due whenever woken. No exception ends this: it is said once, and said again when it has passed."""
    trouble = None
    while True:
        wake.wait()
        wake.clear()
        if stop.is_set():
            return
        try:
            nights.run_due()
        except Exception as error:
            words = error.in_one_line if isinstance(error, SyncsvcError) else str(error)
            if isinstance(error, SyncsvcError) and words != trouble:
                _log.error("the nights cannot be looked at, and this is tried again: %s", words)
            elif words != trouble:
                _log.exception("a bug in syncsvc; the service goes on")
            trouble = words
        else:
            if trouble is not None:
                _log.info("the nights can be looked at again")
            trouble = None
