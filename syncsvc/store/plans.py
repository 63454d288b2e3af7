"""Plans as they were made: kept exactly, approved, and applied once.

The same content made again is the same plan id. While its last making is open and has not ended it is kept, with its
approval and waivers; after that the plan is made anew. Approving and applying mean the newest making.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from syncsvc.errors import PlanRefused, UsageError
from syncsvc.model import Link, Plan
from syncsvc.store import tables
from syncsvc.store.audit import add_events
from syncsvc.store.codec import from_plain, pack, pack_all, to_plain, unpack, unpack_all, unpack_quickly, write_json
from syncsvc.store.engine import Database
from syncsvc.store.parts import keep_part, read_part
from syncsvc.store.runs import Lease, require_lease

SHORTEST_PREFIX: Final = 6

State = Literal["open", "applying", "applied"]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One violation a person let pass, and why."""

    limit: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One making of a plan, with the links it was made from."""

    making: int
    plan: Plan
    links: tuple[Link, ...]
    run: int
    state: State
    approved_by: str | None = None
    approved_at: datetime | None = None
    waivers: tuple[Waiver, ...] = ()


class PlanStore(Database):
    """Makings of plans."""

    def save_plan(self, lease: Lease, run: int, plan: Plan, links: Sequence[Link], *, after_run: int = 0) -> StoredPlan:
        """Keep a plan, or find the open making of the same one that was made after a run. The run is from now on said
        to be of this plan.
        """
        body, packed_links = pack(to_plain(plan)), pack_all(Link, links)
        held = tables.making.c
        with self._writing() as connection:
            require_lease(connection, lease)
            connection.execute(update(tables.run).where(tables.run.c.id == run).values(plan=plan.id))
            newest = connection.execute(_newest(held.plan == plan.id)).mappings().one_or_none()
            if newest is not None and newest["run"] > after_run and _stands_for(newest, plan, self._now()):
                return _the(connection, newest["id"])
            row = {
                **{"plan": plan.id, "mode": plan.mode, "purpose": plan.purpose, "run": run, "state": "open"},
                **{"created_at": plan.created_at, "expires_at": plan.expires_at},
                **{"body": body, "links": keep_part(connection, packed_links)},
            }
            making = int(connection.execute(insert(tables.making).returning(held.id), row).scalar_one())
        return StoredPlan(making, plan, tuple(links), run, "open")

    def newest_making(self, plan_id: str) -> StoredPlan | None:
        """The newest making of a plan, named by its id or by six or more characters that begin only this one."""
        held = tables.making.c
        with self._reading() as connection:
            begins = func.substr(held.plan, 1, len(plan_id)) == plan_id
            known = sorted(connection.execute(select(held.plan).where(begins).distinct()).scalars())
            if plan_id in known:
                known = [plan_id]
            elif len(plan_id) < SHORTEST_PREFIX:
                raise UsageError(
                    f"{plan_id!r} is too short to name a plan",
                    f"Give its id, or at least {SHORTEST_PREFIX} characters it begins with.",
                )
            if len(known) > 1:
                raise UsageError(f"{plan_id!r} begins more than one plan: {', '.join(known)}", "Give more of the id.")
            if not known:
                return None
            return _read(connection, held.plan == known[0])

    def newest_plan(self, purpose: str | None = None) -> StoredPlan | None:
        """The plan that was made last, of one purpose or of any."""
        wanted = () if purpose is None else (tables.making.c.purpose == purpose,)
        with self._reading() as connection:
            return _read(connection, *wanted)

    def last_links(self, limit: str) -> tuple[Link, ...]:
        """The links of the last plan of what differs, other than those that break `limit` and were not applied."""
        made = tables.making.c
        query = select(tables.making).where(made.purpose == "sync").order_by(made.id.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
            while row is not None:
                plan = from_plain(Plan, unpack(row["body"]))
                if row["state"] == "applied" or all(violation.limit != limit for violation in plan.violations):
                    return unpack_all(Link, read_part(connection, row["links"]))
                row = connection.execute(query.where(made.id < row["id"])).mappings().one_or_none()
        return ()

    def was_waived(self, limit: str, snapshot_id: int) -> bool:
        """Whether a plan that was made from this snapshot was applied with a waiver of the limit."""
        made, waiver = tables.making.c, tables.waiver.c
        query = select(made.body).join(tables.waiver, waiver.making == made.id)
        query = query.where(waiver.limit == limit, made.state == "applied").order_by(made.id.desc())
        with self._reading() as connection:
            bodies = connection.execute(query).scalars()
            return any(snapshot_id in unpack(body)["snapshots"].values() for body in bodies)

    def approve_plan(self, making: int, run: int, *, actor: str, waivers: Mapping[str, str]) -> StoredPlan:
        """Approve a making, with waivers (limit -> reason); a second time only adds waivers."""
        at = self._now()
        with self._writing() as connection:
            row = _require_open(connection, making, at)
            told: list[dict[str, Any]] = []
            if row["approved_by"] is None:
                approved = {"approved_by": actor, "approved_at": at}
                connection.execute(update(tables.making).where(tables.making.c.id == making).values(approved))
                told.append({"event": "approved", "detail": row["plan"]})
            for limit, reason in waivers.items():
                waived = {"making": making, "limit": limit, "reason": reason, "actor": actor, "at": at}
                connection.execute(insert(tables.waiver), waived)
                told.append({"event": "waived", "detail": f"{limit}: {reason}"})
            add_events(connection, at, run, actor, told)
            return _the(connection, making)

    def begin_applying(self, lease: Lease, run: int, making: int, *, to_write: int = 0) -> None:
        """From open to applying; PlanRefused for a making that is no longer open, or has ended.

        `to_write`: how many changes of it will be tried, for whoever looks on while it writes.
        """
        body = write_json({"to_write": to_write})
        with self._writing() as connection:
            require_lease(connection, lease)
            row = _require_open(connection, making, self._now())
            connection.execute(update(tables.making).where(tables.making.c.id == making).values(state="applying"))
            connection.execute(update(tables.run).where(tables.run.c.id == run).values(plan=row["plan"], body=body))

    def finish_applying(self, lease: Lease, run: int, making: int) -> None:
        """From applying to applied."""
        held = tables.making.c
        with self._writing() as connection:
            require_lease(connection, lease)
            finished = update(tables.making).where(held.id == making, held.state == "applying").values(state="applied")
            if connection.execute(finished).rowcount != 1:
                raise ValueError(f"making {making} is not being applied")


def _stands_for(newest: RowMapping, plan: Plan, at: datetime) -> bool:
    """Whether a making may stand for the plan: open, not ended, and breaking the same limits in the same way.

    Which limits it breaks depends on the export as well as on the content the id is made of. An export's age grows
    by itself, and is no reason to ask again.
    """
    if newest["purpose"] != plan.purpose or newest["state"] != "open" or newest["expires_at"] <= at:
        return False
    return _broken(_plan(newest["body"])) == _broken(plan)


def _broken(plan: Plan) -> set[tuple[str, float | None]]:
    return {(v.limit, None if v.limit == "max_export_age_days" else v.value) for v in plan.violations}


def _require_open(connection: Connection, making: int, at: datetime) -> RowMapping:
    row = _row(connection, making)
    if row["state"] == "applied":
        raise PlanRefused(f"Plan {row['plan']} has been applied already")
    if row["state"] == "applying":
        raise PlanRefused(
            f"Plan {row['plan']} is being applied, or was when its run died",
            "Nothing was written. The next run settles what is open; make a new one with `syncsvc plan`.",
        )
    if row["expires_at"] <= at:
        raise PlanRefused(f"Plan {row['plan']} ended at {row['expires_at']:%Y-%m-%d %H:%M} UTC")
    return row


def _row(connection: Connection, making: int) -> RowMapping:
    row = connection.execute(_newest(tables.making.c.id == making).with_for_update()).mappings().one_or_none()
    if row is None:
        raise ValueError(f"there is no making {making}")
    return row


def _newest(*wanted: Any) -> Select[Any]:
    return select(tables.making).where(*wanted).order_by(tables.making.c.id.desc()).limit(1)


def _plan(body: bytes) -> Plan:
    plan = unpack_quickly(Plan, body)
    # the numbers of a violation are shown to machines as they were counted: 3 and not 3.0
    return from_plain(Plan, unpack(body)) if plan.violations else plan


def _the(connection: Connection, making: int) -> StoredPlan:
    found = _read(connection, tables.making.c.id == making)
    if found is None:
        raise ValueError(f"there is no making {making}")
    return found


def _read(connection: Connection, *wanted: Any) -> StoredPlan | None:
    """The newest making of those that are wanted, with its links and waivers, in one query."""
    making, part, waiver = _newest(*wanted).subquery(), tables.part.c, tables.waiver.c
    columns = (waiver.limit, waiver.reason, waiver.actor, waiver.at)
    query = (
        select(making, part.packed, *columns)
        .join(tables.part, part.sha256 == making.c.links)
        .outerjoin(tables.waiver, waiver.making == making.c.id)
        .order_by(waiver.id)
    )
    rows = connection.execute(query).mappings().all()
    return _stored(rows) if rows else None


def _stored(rows: Sequence[RowMapping]) -> StoredPlan:
    """A making from its rows, of which there is one for each waiver and at least one."""
    row = rows[0]
    waivers = [{name: each[name] for name in Waiver.__slots__} for each in rows if each["limit"] is not None]
    return StoredPlan(
        making=row["id"],
        plan=_plan(row["body"]),
        links=unpack_all(Link, row["packed"]),
        run=row["run"],
        state=row["state"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        waivers=tuple(Waiver(**waiver) for waiver in waivers),
    )
