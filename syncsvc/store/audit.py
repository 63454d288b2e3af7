"""What happened, when, in which run and by whom: rows that are only ever added."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from syncsvc.model import Event, Field
from syncsvc.store import tables
from syncsvc.store.engine import Database

#: What grows with whatever happens; the rest changes only together with one of them, or as a run ends.
_GROWING: Final = (tables.run, tables.snapshot, tables.audit, tables.making, tables.accepted_link, tables.narrative)


class AuditStore(Database):
    """The story of a store."""

    def note(
        self,
        run: int | None,
        *,
        actor: str,
        event: str,
        code: str | None = None,
        key: str | None = None,
        field: Field | None = None,
        before: date | None = None,
        after: date | None = None,
        detail: str | None = None,
    ) -> None:
        """Add an event that no other method adds by itself."""
        told = {"event": event, "code": code, "key": key, "field": field, "detail": detail}
        with self._writing() as connection:
            add_events(connection, self._now(), run, actor, [told | {"before": before, "after": after}])

    def events(
        self, code: str | None = None, *, run: int | None = None, after_id: int = 0, limit: int | None = None
    ) -> list[Event]:
        """Events of a milestone, of a run or of all, oldest first, from after an event on, at most `limit` of them."""
        query = select(tables.audit).where(tables.audit.c.id > after_id).order_by(tables.audit.c.id)
        if code is not None:
            query = query.where(tables.audit.c.code == code)
        if run is not None:
            query = query.where(tables.audit.c.run == run)
        if limit is not None:
            query = query.limit(limit)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [_event(row) for row in rows]

    def events_of_plans(self, plans: Collection[str]) -> list[tuple[str, Event]]:
        """Who approved these plans as a whole and who waived what, oldest first; each with the id of its plan."""
        told, runs = tables.audit.c, tables.run.c
        query = select(tables.audit, runs.body).join(tables.run, runs.id == told.run)
        query = query.where(told.code.is_(None), told.event.in_(("approved", "waived"))).order_by(told.id)
        if not plans:
            return []
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        found = []
        for row in rows:
            event = _event({name: value for name, value in row.items() if name != "body"})
            of_run = json.loads(row["body"] or "{}").get("plan")  # a waiver names its limit, and its run the plan
            plan = event.detail if event.event == "approved" else of_run
            if plan in plans:
                found.append((str(plan), event))
        return found

    def mark(self) -> tuple[object, ...]:
        """Another value whenever anything that pages show has changed: while it is the same, so is what they show."""
        newest = select(tables.run.c.finished_at).order_by(tables.run.c.id.desc()).limit(1).scalar_subquery()
        tops = [select(func.max(each.c.id)).scalar_subquery() for each in _GROWING]
        with self._reading() as connection:
            return tuple(connection.execute(select(newest, *tops)).one())


def add_events(
    connection: Connection, at: datetime, run: int | None, actor: str, told: Sequence[dict[str, Any]]
) -> None:
    """Add events; each of `told` holds columns of the audit, `event` at least."""
    if told:
        connection.execute(insert(tables.audit), _rows(at, run, actor, told))


def add_events_returning_ids(
    connection: Connection, at: datetime, run: int | None, actor: str, told: Sequence[dict[str, Any]]
) -> list[int]:
    """The same, with the ids of the new events in the order they were told."""
    if not told:
        return []
    statement = insert(tables.audit).returning(tables.audit.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, _rows(at, run, actor, told)).scalars())


def actor_of(connection: Connection, run: int) -> str:
    """Who a run acts for."""
    actor = connection.execute(select(tables.run.c.actor).where(tables.run.c.id == run)).scalar()
    if actor is None:
        raise ValueError(f"there is no run {run}")
    return str(actor)


def _event(row: Any) -> Event:
    return Event(**{**row, "field": row["field"] and Field(row["field"])})


def _rows(at: datetime, run: int | None, actor: str, told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    # every row names every column, or those that do not would be another statement
    shape = dict.fromkeys(("code", "key", "issue_id", "field", "before", "after", "detail", "intent"))
    common = shape | {"at": at, "run": run, "actor": actor}
    return [common | row for row in told]
