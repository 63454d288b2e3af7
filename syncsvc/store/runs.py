"""Runs, and the lease that lets only one of them write.

The lease is a row with an owner, an end by the database's own clock, and a token that grows with each taking. Whoever
writes says its token, and the row is locked until that transaction ends: a process that was suspended while another
took over cannot write any more, however late it wakes up.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from syncsvc.errors import LeaseHeld, LeaseLost
from syncsvc.model import Mode
from syncsvc.store import tables
from syncsvc.store.codec import write_json
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.tables import database_seconds


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `body` is its syncsvc.run/1 value once it has finished; before that, how much it is `to_write`."""

    id: int
    trigger: str
    mode: Mode | None
    actor: str
    started_at: datetime
    finished_at: datetime | None = None
    exit_code: int | None = None
    plan: str | None = None
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write; `token` says of which taking it is."""

    owner: str
    token: int
    seconds: int


class RunStore(Database):
    """Runs and the lease."""

    def begin_run(self, *, trigger: str, mode: Mode | None, actor: str) -> int:
        """Note that a run begins; its id."""
        row = {"trigger": trigger, "mode": mode, "actor": actor, "started_at": self._now()}
        with self._writing() as connection:
            return int(connection.execute(insert(tables.run).returning(tables.run.c.id), row).scalar_one())

    def finish_run(self, run: int, *, exit_code: int, body: Mapping[str, object]) -> None:
        """Note how a run ended; `body` is its syncsvc.run/1 value."""
        row = {"finished_at": self._now(), "exit_code": int(exit_code), "body": write_json(dict(body))}
        with self._writing() as connection:
            if connection.execute(update(tables.run).where(tables.run.c.id == run).values(row)).rowcount != 1:
                raise ValueError(f"there is no run {run}")

    def run(self, run: int) -> Run | None:
        """A run by its id."""
        with self._reading() as connection:
            row = connection.execute(select(tables.run).where(tables.run.c.id == run)).mappings().one_or_none()
        return None if row is None else run_of(row)

    def runs_by_id(self, ids: Collection[int]) -> dict[int, Run]:
        """Those of these runs that there are."""
        with self._reading() as connection:
            rows = [
                row
                for some in in_chunks(sorted(ids))
                for row in connection.execute(select(tables.run).where(tables.run.c.id.in_(some))).mappings()
            ]
        return {row["id"]: run_of(row) for row in rows}

    def latest_run(self) -> Run | None:
        """The run that began last, finished or not."""
        return next(iter(self.runs(1)), None)

    def runs(self, limit: int, *, before: int | None = None) -> list[Run]:
        """The last runs, newest first; with `before` the last of those that began before that one."""
        query = select(tables.run).order_by(tables.run.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(tables.run.c.id < before)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [run_of(row) for row in rows]

    def applied_by(self, plan: str) -> Run | None:
        """The run that wrote what a plan says last; None where none did yet."""
        told = tables.audit.c
        wrote = select(told.run).where(told.event == "intent", told.run == tables.run.c.id).exists()
        query = select(tables.run).where(tables.run.c.plan == plan, wrote).order_by(tables.run.c.id.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else run_of(row)

    def identity(self) -> str:
        """What tells this store from any other, also after it was copied or moved: 12 hex digits of its first run."""
        with self._reading() as connection:
            first = connection.execute(select(tables.run).order_by(tables.run.c.id).limit(1)).mappings().one_or_none()
        said = [] if first is None else [first["id"], first["started_at"].isoformat(), first["trigger"], first["actor"]]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    def take_lease(self, owner: str, *, seconds: int = 90) -> Lease:
        """Take the lease, or LeaseHeld with who has it and until when."""
        lease = tables.lease
        taking = (
            update(lease)
            .where(or_(lease.c.owner.is_(None), lease.c.until_seconds <= database_seconds()))
            .values(owner=owner, token=lease.c.token + 1, until_seconds=database_seconds() + seconds)
        )
        with self._writing() as connection:
            taken = connection.execute(taking).rowcount == 1
            row = connection.execute(select(lease)).mappings().one()
        if not taken:
            until = datetime.fromtimestamp(row["until_seconds"], UTC)
            raise LeaseHeld(f"Another run holds the lease: {row['owner']}, until {until:%Y-%m-%d %H:%M:%S} UTC")
        return Lease(owner, row["token"], seconds)

    def renew_lease(self, lease: Lease) -> None:
        """Keep the lease for its full time from now on. One that ran out can be renewed while nobody took it."""
        renewing = update(tables.lease).where(*_is(lease)).values(until_seconds=database_seconds() + lease.seconds)
        with self._writing() as connection:
            if connection.execute(renewing).rowcount != 1:
                raise _lost(connection, lease)

    def is_at_work(self) -> bool:
        """Whether somebody has the lease now."""
        held = tables.lease.c
        query = select(held.owner).where(held.owner.is_not(None), held.until_seconds > database_seconds())
        with self._reading() as connection:
            return connection.execute(query).scalar() is not None

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; quiet where it went to another run already."""
        with self._writing() as connection:
            connection.execute(update(tables.lease).where(*_is(lease)).values(owner=None, until_seconds=0))


def require_lease(connection: Connection, lease: Lease, *, unexpired: bool = False) -> None:
    """LeaseLost unless this taking is the last one; nobody can take the lease before the transaction ends.

    What was done outside is noted also after the time ran out, as long as nobody took over; what is about to be
    done (`unexpired`) is not.
    """
    query = select(tables.lease.c.until_seconds > database_seconds()).where(*_is(lease)).with_for_update()
    in_time = connection.execute(query).scalar()
    if in_time is None or (unexpired and not in_time):
        raise _lost(connection, lease)


def _is(lease: Lease) -> tuple[Any, Any]:
    return tables.lease.c.token == lease.token, tables.lease.c.owner == lease.owner


def _lost(connection: Connection, lease: Lease) -> LeaseLost:
    row = connection.execute(select(tables.lease)).mappings().one()
    if row["token"] == lease.token:
        return LeaseLost(f"The lease of {lease.owner} ran out or was given back before this could be written")
    return LeaseLost(f"The lease of {lease.owner} ran out, and {row['owner'] or 'another run'} took over")


def run_of(row: Mapping[Any, Any]) -> Run:
    """A run from its row."""
    mode, body = row["mode"], row["body"]
    return Run(**{**row, "mode": mode and Mode(mode), "body": None if body is None else json.loads(body)})
