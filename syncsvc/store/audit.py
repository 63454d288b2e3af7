"""What happened, when, in which run and by whom: rows that are only ever added."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from syncsvc.model import Event, Field
from syncsvc.store import tables
from syncsvc.store.engine import Database
from syncsvc.store.runs import Run, run_of

#: What grows with whatever a run does; the rest changes only together with one of them, or as a run ends.
_GROWING: Final = (tables.run, tables.snapshot, tables.making, tables.accepted_link, tables.narrative)


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

    def events_of(self, codes: Collection[str]) -> list[Event]:
        """Events of a milestone under any of its codes, oldest first."""
        query = select(tables.audit).where(tables.audit.c.code.in_(codes)).order_by(tables.audit.c.id)
        with self._reading() as connection:
            return [_event(row) for row in connection.execute(query).mappings()]

    def events_of_plans(self, plans: Collection[str]) -> list[tuple[Event, Run]]:
        """Who approved these plans as a whole and who waived what, oldest first; each with its run."""
        if not plans:
            return []
        told, runs = tables.audit.c, tables.run
        query = select(tables.audit, *(each.label(f"run_{each.name}") for each in runs.c))
        query = query.join(runs, runs.c.id == told.run).order_by(told.id)
        query = query.where(told.code.is_(None), told.event.in_(("approved", "waived")))
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        found = []
        for row in rows:
            event = _event({each.name: row[each.name] for each in told})
            run = run_of({each.name: row[f"run_{each.name}"] for each in runs.c})
            # a waiver names its limit, and its run the plan
            plan = event.detail if event.event == "approved" else (run.body or {}).get("plan")
            if plan in plans:
                found.append((event, run))
        return found

    def mark(self) -> tuple[object, ...]:
        """Another value whenever a run has changed anything that pages show: while it is the same, so is that.

        Who signs in or may use the pages is no matter of runs, and changes nothing else that is shown.
        """
        run, told = tables.run.c, tables.audit.c
        newest = select(run.finished_at).order_by(run.id.desc()).limit(1).scalar_subquery()
        last = select(told.id).where(told.run.is_not(None)).order_by(told.id.desc()).limit(1).scalar_subquery()
        tops = [select(func.max(each.c.id)).scalar_subquery() for each in _GROWING]
        with self._reading() as connection:
            return tuple(connection.execute(select(newest, last, *tops)).one())


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
