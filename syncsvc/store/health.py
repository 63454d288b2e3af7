"""What a monitor wants to know, counted by the database: cheap enough to be asked every few seconds."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from syncsvc.health import GOOD, Facts, LastRun, RunCount
from syncsvc.model import Outcome
from syncsvc.slots import SlotState
from syncsvc.store import tables
from syncsvc.store.notices import NoticeStore
from syncsvc.store.slots import SlotStore
from syncsvc.store.tables import database_seconds

_NIGHTS: Final = 7


class HealthStore(SlotStore, NoticeStore):
    """How the service is doing."""

    def health_facts(self, connector: str | None, kind: str | None) -> Facts:
        """What the store knows; of the exports those of this connector and kind."""
        nights = self.slots(_NIGHTS)
        with self._reading() as connection:
            good = select(tables.slot.c.day).where(tables.slot.c.state == SlotState.DONE)
            good = good.where(tables.slot.c.exit_code.in_(GOOD)).order_by(tables.slot.c.day.desc()).limit(1)
            last_good = connection.execute(good).scalar()
            runs, last_run = _runs(connection)
            written = tables.audit.c.event
            query = select(written, func.count()).where(written.in_([each.value for each in Outcome])).group_by(written)
            outcomes = {event: number for event, number in connection.execute(query)}
            query = select(tables.hold.c.kind, func.count()).group_by(tables.hold.c.kind)
            holds = {held: number for held, number in connection.execute(query)}
            holder = select(tables.lease.c.owner, tables.lease.c.until_seconds)
            lease = connection.execute(holder.where(tables.lease.c.until_seconds > database_seconds())).one_or_none()
            taken = tables.snapshot.c
            newest = select(taken.period, taken.data_date).where(taken.connector == connector)
            newest = newest if kind is None else newest.where(taken.kind == kind)
            order = (taken.period.desc().nulls_last(), func.coalesce(taken.edition, 0).desc(), taken.id.desc())
            newest = newest.order_by(*order).limit(1)
            export = connection.execute(newest).one_or_none()
        return Facts(
            nights=nights,
            last_good=None if last_good is None else self.slot(last_good),
            last_run=last_run,
            runs=runs,
            outcomes=outcomes,
            holds=holds,
            lease=None if lease is None or lease[0] is None else (lease[0], datetime.fromtimestamp(lease[1], UTC)),
            export=None if export is None else (export[0], export[1]),
            messages=self.deliveries(self._now() - timedelta(days=7)),
        )


def _runs(connection: Connection) -> tuple[list[RunCount], LastRun | None]:
    """Every run counted by how it ended, and the last nightly one that did."""
    told = tables.run.c
    numbers: dict[tuple[str, int | None], list[float]] = defaultdict(list)
    query = select(told.trigger, told.exit_code, told.started_at, told.finished_at)
    for trigger, code, begun, ended in connection.execute(query):
        numbers[trigger, code].append((ended - begun).total_seconds() if ended else 0.0)
    counts = [RunCount(*key, len(each), sum(each)) for key, each in sorted(numbers.items(), key=str)]
    last = select(tables.run).where(told.trigger == "nightly", told.finished_at.is_not(None))
    row = connection.execute(last.order_by(told.id.desc()).limit(1)).one_or_none()
    if row is None:
        return counts, None
    waits = json.loads(row.body or "{}").get("rate_limit", {})
    seconds = (row.finished_at - row.started_at).total_seconds()
    return counts, LastRun(row.id, row.exit_code, seconds, waits.get("waits", 0), waits.get("seconds", 0.0))
