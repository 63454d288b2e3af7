"""Links that persons accepted or refused when they were suggested: who, when, and the last word on each pair."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from syncsvc.model import LinkWord
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.engine import Database
from syncsvc.store.runs import Lease, require_lease


class AcceptedLinkStore(Database):
    """What was said about suggested links."""

    def keep_link_words(self, lease: Lease, run: int, words: Sequence[LinkWord]) -> None:
        """Keep what was said about pairs of milestone and issue."""
        at = self._now()
        with self._writing() as connection:
            require_lease(connection, lease)
            actor = actor_of(connection, run)
            rows = [
                {
                    **{"code": word.code, "key": word.key, "accepted": word.accepted, "role": word.role},
                    **{"reason": word.reason, "actor": actor, "at": at},
                }
                for word in words
            ]
            if rows:
                connection.execute(insert(tables.accepted_link), rows)
            told = [
                {
                    **{"event": "link_accepted" if word.accepted else "link_refused", "code": word.code},
                    **{
                        "key": word.key,
                        "detail": "; ".join(filter(None, (word.role if word.accepted else "", word.reason))),
                    },
                }
                for word in words
            ]
            add_events(connection, at, run, actor, told)

    def link_words(self) -> list[LinkWord]:
        """The last word on each pair, in order of code and key."""
        held = tables.accepted_link
        with self._reading() as connection:
            rows = connection.execute(select(held).order_by(held.c.id)).mappings().all()
        last = {
            (row["code"], row["key"]): LinkWord(
                row["code"], row["key"], bool(row["accepted"]), row["role"], row["reason"], row["actor"], row["at"]
            )
            for row in rows
        }
        return [last[pair] for pair in sorted(last)]
