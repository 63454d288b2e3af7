"""The holds of the last run, so that the audit tells when one begins, changes and ends."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, select

from syncsvc.model import Field, FieldChange, Hold
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.engine import Database, in_chunks
from syncsvc.store.runs import Lease, require_lease


class _Standing(NamedTuple):
    """What makes a hold another one when it differs. Two links to one field may both be held."""

    code: str
    key: str
    issue_id: str | None
    field: str
    kind: str
    owner_value: date | None
    follower_value: date | None
    baseline: date | None

    @property
    def place(self) -> tuple[str, str, str]:
        return (self.code, self.key, self.field)


class HoldStore(Database):
    """Which holds there are."""

    def note_holds(self, lease: Lease, run: int, holds: Sequence[Hold]) -> list[Hold]:
        """Compare with the holds of the last run, and tell which begin or change, and which end.

        What begins or changes is given back.
        """
        why = {_standing(hold): hold.why for hold in holds}
        held = tables.hold
        with self._writing() as connection:
            require_lease(connection, lease)
            rows = connection.execute(select(held).order_by(held.c.id)).all()
            before = {_Standing(*row[1:]): row[0] for row in rows}
            new = [each for each in why if each not in before]
            ended = [each for each in before if each not in why]
            places = {each.place for each in why}
            told = [_tell(each, "hold", f"{each.kind}: {why[each]}") for each in new]
            told += [_tell(each, "hold_ended", each.kind) for each in ended if each.place not in places]
            for some in in_chunks([before[each] for each in ended]):
                connection.execute(delete(held).where(held.c.id.in_(some)))
            if new:
                connection.execute(insert(held), [each._asdict() for each in new])
            add_events(connection, self._now(), run, actor_of(connection, run), told)
        begun = set(new)
        return [hold for hold in holds if _standing(hold) in begun]

    def note_edits(self, lease: Lease, run: int, edits: Sequence[tuple[Hold, FieldChange]]) -> None:
        """Keep who set the follower's date of a hold, as the follower tells it."""
        told = [
            {
                **{"event": "edited", "code": hold.code, "key": hold.key, "issue_id": hold.issue_id},
                **{"field": hold.field.value, "before": change.before, "after": change.after},
                "detail": f"{change.actor} at {change.at:%Y-%m-%d %H:%M} UTC",
            }
            for hold, change in edits
        ]
        with self._writing() as connection:
            require_lease(connection, lease)
            add_events(connection, self._now(), run, actor_of(connection, run), told)

    def edits(self, codes: Collection[str]) -> dict[tuple[str, Field, date | None], str]:
        """(key, field, the follower's date) of holds of these milestones -> who set it when, in words.

        Only what was told of a hold as it stands: who set the same date at another time is somebody else.
        """
        told = tables.audit.c
        query = select(told.code, told.key, told.field, told.event, told.after, told.detail).order_by(told.id)
        query = query.where(told.event.in_(("hold", "hold_ended", "edited")))
        found: dict[tuple[str, str, str], tuple[date | None, str]] = {}
        with self._reading() as connection:
            for some in in_chunks(sorted(codes)):
                for code, key, field, event, after, who in connection.execute(query.where(told.code.in_(some))):
                    found.pop((code, key, field), None)
                    if event == "edited":
                        found[code, key, field] = (after, who)
        return {(key, Field(name), after): who for (_, key, name), (after, who) in found.items()}

    def held_since(self) -> dict[tuple[str, str, str], datetime]:
        """(code, key, field) of each hold -> when it began, or its values or its kind changed last."""
        held, told = tables.hold.c, tables.audit.c
        same = and_(told.code == held.code, told.key == held.key, told.field == held.field, told.event == "hold")
        query = select(held.code, held.key, held.field, func.max(told.at)).join(tables.audit, same)
        with self._reading() as connection:
            rows = connection.execute(query.group_by(held.code, held.key, held.field)).all()
        return {(code, key, name): at for code, key, name, at in rows}


def _standing(hold: Hold) -> _Standing:
    return _Standing(
        code=hold.code,
        key=hold.key,
        issue_id=hold.issue_id,
        field=hold.field.value,
        kind=hold.kind.value,
        owner_value=hold.owner_value,
        follower_value=hold.follower_value,
        baseline=hold.baseline,
    )


def _tell(standing: _Standing, event: str, detail: str) -> dict[str, Any]:
    return {
        **{"event": event, "code": standing.code, "key": standing.key, "issue_id": standing.issue_id},
        **{"field": standing.field, "before": standing.follower_value, "after": standing.owner_value},
        **{"detail": detail},
    }
