"""The ledger of nights: who runs the slot of a local date, and how it ended.

A slot is claimed by inserting its row under the date, which only one can. Where the lease of a claim has ended, by the
database's clock, one conditional UPDATE takes it over and counts `attempt` up. Whoever goes on says its attempt: an
owner that was asleep while another took over can neither begin its run nor say how the slot ended.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from syncsvc.errors import LeaseLost
from syncsvc.notice import Notice
from syncsvc.slots import Slot, SlotClaim, SlotRow, SlotState
from syncsvc.store import tables
from syncsvc.store.engine import Database
from syncsvc.store.notices import add_notice
from syncsvc.store.tables import database_seconds

_OPEN = (SlotState.DUE, SlotState.RUNNING)
_AGAIN = (*_OPEN, SlotState.FAILED, SlotState.MISSED)


class SlotStore(Database):
    """Slots."""

    def claim_slot(self, slot: Slot, owner: str, *, seconds: int, again: bool = False) -> SlotClaim | None:
        """Take a slot that nobody has, or whose lease has ended; None where it is another's, or has ended.

        `again` takes one that failed, was missed or waits to be tried again, too.
        """
        held, at = tables.slot.c, self._now()
        ours = {"state": SlotState.RUNNING, "owner": owner, "started_at": at, "finished_at": None}
        row = {"day": slot.day, "due_at": slot.due_at, **ours, "attempt": 1}
        ended = held.until_seconds <= database_seconds()
        taking = (
            update(tables.slot)
            .where(held.day == slot.day, held.state.in_(_AGAIN if again else _OPEN))
            .where(or_(ended, held.state == SlotState.DUE) if again else ended)
            .values(
                **ours,
                attempt=held.attempt + 1,
                until_seconds=database_seconds() + seconds,
                run=case((held.state.in_(_OPEN), held.run)),  # the end of any other is known, and is not this one's
            )
        )
        with self._writing() as connection:
            claiming = _insert_new(connection).values(**row, until_seconds=database_seconds() + seconds)
            is_new = connection.execute(claiming.returning(held.day)).one_or_none() is not None
            if not is_new and connection.execute(taking).rowcount != 1:
                return None
            attempt, run = connection.execute(select(held.attempt, held.run).where(held.day == slot.day)).one()
        return SlotClaim(slot.day, owner, attempt, seconds, run)

    def renew_slot(self, claim: SlotClaim) -> None:
        """Keep a claim for its full time from now on; LeaseLost where another took over."""
        self._change_slot(claim, until_seconds=database_seconds() + claim.seconds)

    def begin_slot_run(self, claim: SlotClaim, run: int) -> None:
        """Note the run of a slot; LeaseLost where another took over, and then the run must not go on."""
        self._change_slot(claim, run=run, until_seconds=database_seconds() + claim.seconds)

    def finish_slot(
        self,
        claim: SlotClaim,
        state: SlotState,
        *,
        run: int | None = None,
        exit_code: int | None = None,
        detail: str | None = None,
        notice: Notice | None = None,
    ) -> None:
        """Note how a slot ended, and keep the message about it; LeaseLost, and neither, where another took over.

        Both in one transaction: a night that has ended in the ledger is told of once, whatever is killed when.
        """
        self._end_try(claim, state, run, exit_code, detail, notice, until_seconds=0)

    def put_off_slot(
        self,
        claim: SlotClaim,
        *,
        seconds: float,
        run: int | None,
        exit_code: int | None,
        detail: str | None,
        notice: Notice | None = None,
    ) -> None:
        """Give a slot back to be tried again after some time; `run`: one whose end is still to be waited for."""
        self._end_try(claim, SlotState.DUE, run, exit_code, detail, notice, until_seconds=database_seconds() + seconds)

    def miss_slots(self, slots: Sequence[Slot], detail: str, notice: Notice | None = None) -> None:
        """Note slots that nobody ran, and keep the message about them; what the ledger knows already stays."""
        rows = [
            {"day": slot.day, "due_at": slot.due_at, "state": SlotState.MISSED, "attempt": 0}
            | {"until_seconds": 0, "detail": detail}
            for slot in slots
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(_insert_new(connection), rows)
                if notice is not None:
                    add_notice(connection, self._now(), notice)

    def slot(self, day: date) -> SlotRow | None:
        """What the ledger says of a local date."""
        with self._reading() as connection:
            row = connection.execute(_query().where(tables.slot.c.day == day)).mappings().one_or_none()
        return None if row is None else _row(row)

    def slots(self, limit: int) -> list[SlotRow]:
        """The last slots of the ledger, newest first."""
        with self._reading() as connection:
            rows = connection.execute(_query().order_by(tables.slot.c.day.desc()).limit(limit)).mappings().all()
        return [_row(row) for row in rows]

    def _end_try(
        self,
        claim: SlotClaim,
        state: SlotState,
        run: int | None,
        code: int | None,
        detail: str | None,
        notice: Notice | None,
        **until: Any,
    ) -> None:
        at, exit_code = self._now(), None if code is None else int(code)
        ended = {"state": state, "run": run, "exit_code": exit_code, "detail": detail, "finished_at": at}
        with self._writing() as connection:
            _change(connection, claim, {**ended, **until})
            if notice is not None:
                add_notice(connection, at, notice)

    def _change_slot(self, claim: SlotClaim, **values: Any) -> None:
        with self._writing() as connection:
            _change(connection, claim, values)


def _change(connection: Connection, claim: SlotClaim, values: Mapping[str, Any]) -> None:
    held = tables.slot.c
    changing = (
        update(tables.slot)
        .where(held.day == claim.day, held.state == SlotState.RUNNING)
        .where(held.attempt == claim.attempt, held.owner == claim.owner)
        .values(**values)
    )
    if connection.execute(changing).rowcount != 1:
        raise LeaseLost(f"The night of {claim.day} is another's now: the lease of {claim.owner} ran out")


def _insert_new(connection: Connection) -> Any:
    """An INSERT that leaves a row alone that is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(tables.slot).on_conflict_do_nothing(index_elements=["day"])


def _query() -> Any:
    return select(tables.slot, (tables.slot.c.until_seconds <= database_seconds()).label("free"))


def _row(row: RowMapping) -> SlotRow:
    values = dict(row)
    until = datetime.fromtimestamp(values.pop("until_seconds"), UTC)
    return SlotRow(**{**values, "state": SlotState(row["state"]), "free": bool(row["free"]), "until": until})
