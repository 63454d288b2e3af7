"""Persons who may use the review pages, their sessions, and the key that signs what the pages give out."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from syncsvc.errors import UsageError
from syncsvc.persons import Person, Role
from syncsvc.store import tables
from syncsvc.store.audit import add_events
from syncsvc.store.engine import Database


class PersonStore(Database):
    """Persons and their visits to the pages."""

    def add_person(self, name: str, role: Role, token_sha256: str | None, *, actor: str) -> Person:
        """Let a person in, or one who was revoked in again. UsageError for one who may come in already."""
        at = self._now()
        row: dict[str, Any] = {
            **{"role": role, "token_sha256": token_sha256, "added_at": at, "added_by": actor},
            **{"revoked_at": None, "revoked_by": None},
        }
        held = tables.person.c
        with self._writing() as connection:
            known = connection.execute(select(tables.person).where(held.name == name)).mappings().one_or_none()
            if known is not None and known["revoked_at"] is None:
                raise UsageError(
                    f"{name} is there already, as {known['role']}",
                    f"`syncsvc user revoke {name}` first, then add them again with another role or a new token.",
                )
            if known is None:
                connection.execute(insert(tables.person), {"name": name, **row})
            else:
                connection.execute(update(tables.person).where(held.name == name).values(row))
            add_events(connection, at, None, actor, [{"event": "user_added", "detail": f"{name}, {role}"}])
        return Person(name, role, token_sha256 is not None, at, actor)

    def revoke_person(self, name: str, *, actor: str) -> None:
        """Let a person in no more, and end their visits at once. UsageError for one who may not come in anyway."""
        at, held = self._now(), tables.person.c
        revoked = {"revoked_at": at, "revoked_by": actor, "token_sha256": None}
        with self._writing() as connection:
            standing = update(tables.person).where(held.name == name, held.revoked_at.is_(None))
            if connection.execute(standing.values(revoked)).rowcount != 1:
                raise UsageError(f"nobody who may use the pages is called {name}", "See `syncsvc user list`.")
            connection.execute(delete(tables.visit).where(tables.visit.c.person == name))
            add_events(connection, at, None, actor, [{"event": "user_revoked", "detail": name}])

    def persons(self) -> list[Person]:
        """Everybody who may use the pages or might once, by name, with how many visits of theirs last."""
        open_now = select(tables.visit.c.person, func.count().label("sessions"))
        open_now = open_now.where(tables.visit.c.until > self._now()).group_by(tables.visit.c.person)
        counted = open_now.subquery()
        query = select(tables.person, counted.c.sessions).join(
            counted, counted.c.person == tables.person.c.name, isouter=True
        )
        with self._reading() as connection:
            return [_person(row) for row in connection.execute(query.order_by(tables.person.c.name)).mappings()]

    def person(self, name: str) -> Person | None:
        """A person who may use the pages."""
        return self._find_person(tables.person.c.name == name)

    def person_of_token(self, token_sha256: str) -> Person | None:
        """Whose token it is, while they may use the pages."""
        return self._find_person(tables.person.c.token_sha256 == token_sha256)

    def begin_visit(self, name: str, sha256: str, until: datetime) -> None:
        """Note that a person signed in; visits that are over are forgotten."""
        at = self._now()
        with self._writing() as connection:
            connection.execute(delete(tables.visit).where(tables.visit.c.until <= at))
            row = {"sha256": sha256, "person": name, "begun_at": at, "until": until}
            connection.execute(insert(tables.visit), row)
            add_events(connection, at, None, name, [{"event": "signed_in"}])

    def visitor(self, sha256: str) -> Person | None:
        """Whose visit it is, while it lasts and they may use the pages."""
        held = tables.visit.c
        query = select(tables.person).join(tables.visit, held.person == tables.person.c.name)
        query = query.where(held.sha256 == sha256, held.until > self._now(), tables.person.c.revoked_at.is_(None))
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _person(row)

    def end_visit(self, sha256: str) -> None:
        """End a visit; quiet where it is over."""
        with self._writing() as connection:
            connection.execute(delete(tables.visit).where(tables.visit.c.sha256 == sha256))

    def end_visits(self, name: str, *, actor: str) -> int:
        """End every visit of a person, who may sign in again; how many there were."""
        at = self._now()
        with self._writing() as connection:
            ended = connection.execute(delete(tables.visit).where(tables.visit.c.person == name)).rowcount
            add_events(connection, at, None, actor, [{"event": "signed_out", "detail": name}])
        return ended

    def page_key(self) -> bytes:
        """What sessions and forms are signed with: random, made once, the same for all processes on this store."""
        with self._reading() as connection:
            if (found := _key(connection)) is not None:
                return found
        with self._writing() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            row = {"id": 1, "secret": secrets.token_hex(32)}
            connection.execute(dialect.insert(tables.page_key).values(row).on_conflict_do_nothing())
            made = _key(connection)
        if made is None:
            raise ValueError("the key that was just made is not there")
        return made

    def _find_person(self, wanted: Any) -> Person | None:
        query = select(tables.person).where(wanted, tables.person.c.revoked_at.is_(None))
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _person(row)


def _key(connection: Connection) -> bytes | None:
    secret = connection.execute(select(tables.page_key.c.secret)).scalar_one_or_none()
    return None if secret is None else bytes.fromhex(secret)


def _person(row: RowMapping) -> Person:
    return Person(
        name=row["name"],
        role=Role(row["role"]),
        has_token=row["token_sha256"] is not None,
        added_at=row["added_at"],
        added_by=row["added_by"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
        sessions=row.get("sessions") or 0,
    )
