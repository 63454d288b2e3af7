"""Why a milestone stands where it does in a month, and what is done about it; in a person's words."""

from sqlalchemy import insert, select

from syncsvc.model import Narrative
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.engine import Database
from syncsvc.store.runs import Lease, require_lease


class NarrativeStore(Database):
    """Narratives. All of them are kept, the last one of a milestone and month counts."""

    def keep_narrative(self, lease: Lease, run: int, narrative: Narrative) -> None:
        """Keep a narrative; the same words again change nothing."""
        at, held = self._now(), tables.narrative.c
        with self._writing() as connection:
            require_lease(connection, lease)
            query = select(held.why, held.action).where(held.code == narrative.code, held.period == narrative.period)
            last = connection.execute(query.order_by(held.id.desc()).limit(1)).one_or_none()
            if last is not None and (last.why, last.action) == (narrative.why, narrative.action):
                return
            actor = actor_of(connection, run)
            row = {
                **{"code": narrative.code, "period": narrative.period, "why": narrative.why},
                **{"action": narrative.action, "actor": actor, "at": at},
            }
            connection.execute(insert(tables.narrative), row)
            words = f"{narrative.period}: {narrative.why}" + (f" -> {narrative.action}" if narrative.action else "")
            add_events(connection, at, run, actor, [{"event": "narrative", "code": narrative.code, "detail": words}])

    def narratives(self, *, until_period: str | None = None) -> list[Narrative]:
        """The last narrative of each milestone and month, in order of month; of months up to one, or of all."""
        held = tables.narrative
        query = select(held).order_by(held.c.period, held.c.id)
        if until_period is not None:
            query = query.where(held.c.period <= until_period)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        last = {
            (row["code"], row["period"]): Narrative(
                row["code"], row["period"], row["why"], row["action"], row["actor"], row["at"]
            )
            for row in rows
        }
        return list(last.values())
