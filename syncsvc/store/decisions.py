"""What persons decided about rows: which decisions stand, and how each of them ends.

A decision ends when it was carried out, when another one took its place, or when one of its two values has changed;
an ended one never comes back, whatever the values do later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, insert, or_, select, update

from syncsvc.model import Decision, Field, LinkKey, Verdict
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.runs import Lease, require_lease

_EVENTS: Final[Mapping[Verdict, str]] = {
    Verdict.APPROVE: "approved",
    Verdict.REJECT: "rejected",
    Verdict.HOLD: "postponed",
}


class DecisionStore(Database):
    """Decisions."""

    def standing_decisions(self) -> list[Decision]:
        """Those that have not ended, in the order in which they were taken; at most one for each field of a link."""
        held = tables.decision
        with self._reading() as connection:
            rows = connection.execute(select(held).where(held.c.ended_at.is_(None)).order_by(held.c.id)).mappings()
            return [_decision(row) for row in rows]

    def keep_decisions(self, lease: Lease, run: int, decisions: Sequence[Decision]) -> list[Decision]:
        """Keep decisions, all of them or none; each as it stands then.

        A decision takes the place of the one that stood for the same field of a link. An approval of what another
        person approved already, with the same values, seconds it instead.
        """
        at = self._now()
        with self._writing() as connection:
            require_lease(connection, lease)
            standing = _standing(connection, {decision.link_key for decision in decisions})
            kept: list[Decision] = []
            told: list[dict[str, Any]] = []
            for decision in decisions:
                before = standing.get(decision.link_key)
                if before is not None and _seconds(before, decision):
                    after = replace(before, seconded_by=decision.actor)
                    _set(connection, [before.id or 0], seconded_by=decision.actor)
                else:
                    if before is not None:
                        _set(connection, [before.id or 0], ended_at=at)
                    after = _insert(connection, run, decision)
                standing[decision.link_key] = after
                kept.append(after)
                told.append(_tell(decision, _EVENTS[decision.verdict], _detail(decision)))
            add_events(connection, at, run, actor_of(connection, run), told)
        return kept

    def end_decisions(self, lease: Lease, run: int, ended: Sequence[Decision], why: str) -> None:
        """End decisions that mean nothing any more."""
        if not ended:
            return
        at = self._now()
        with self._writing() as connection:
            require_lease(connection, lease)
            _set(connection, [decision.id or 0 for decision in ended], ended_at=at)
            told = [_tell(decision, "decision_ended", why) for decision in ended]
            add_events(connection, at, run, actor_of(connection, run), told)


def carry_out(connection: Connection, link_keys: Collection[LinkKey], at: datetime) -> None:
    """End the decisions of what was written just now: none of them may write it a second time."""
    standing = _standing(connection, link_keys)
    _set(connection, [decision.id or 0 for decision in standing.values()], ended_at=at)


def _seconds(before: Decision, decision: Decision) -> bool:
    same = (before.owner_value, before.follower_value) == (decision.owner_value, decision.follower_value)
    return same and before.verdict is decision.verdict is Verdict.APPROVE and before.actor != decision.actor


def _standing(connection: Connection, link_keys: Collection[LinkKey]) -> dict[LinkKey, Decision]:
    held = tables.decision.c
    found: dict[LinkKey, Decision] = {}
    for some in in_chunks(sorted(link_keys), 100):
        these = [and_(held.code == code, held.issue == issue, held.field == field) for code, issue, field in some]
        rows = connection.execute(select(tables.decision).where(held.ended_at.is_(None), or_(*these)))
        found |= {decision.link_key: decision for row in rows.mappings() if (decision := _decision(row))}
    return found


def _insert(connection: Connection, run: int, decision: Decision) -> Decision:
    row = {
        **{"code": decision.code, "key": decision.key, "issue": decision.issue, "field": decision.field},
        **{"verdict": decision.verdict, "owner_value": decision.owner_value},
        **{"follower_value": decision.follower_value, "reason": decision.reason, "until": decision.until},
        **{"actor": decision.actor, "at": decision.at, "run": run},
    }
    made = connection.execute(insert(tables.decision).returning(tables.decision.c.id), row).scalar_one()
    return replace(decision, id=int(made))


def _set(connection: Connection, ids: Sequence[int], **values: Any) -> None:
    for some in in_chunks(ids):
        connection.execute(update(tables.decision).where(tables.decision.c.id.in_(some)).values(values))


def _decision(row: RowMapping) -> Decision:
    return Decision(
        code=row["code"],
        key=row["key"],
        issue=row["issue"],
        field=Field(row["field"]),
        verdict=Verdict(row["verdict"]),
        owner_value=row["owner_value"],
        follower_value=row["follower_value"],
        actor=row["actor"],
        at=row["at"],
        reason=row["reason"],
        until=row["until"],
        seconded_by=row["seconded_by"],
        id=row["id"],
    )


def _tell(decision: Decision, event: str, detail: str) -> dict[str, Any]:
    return {
        **{"event": event, "code": decision.code, "key": decision.key, "issue_id": decision.issue},
        **{"field": decision.field, "before": decision.follower_value, "after": decision.owner_value},
        **{"detail": detail or None},
    }


def _detail(decision: Decision) -> str:
    until = f"until {_day(decision.until)}" if decision.until else ""
    return ": ".join(filter(None, (until, decision.reason)))


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
