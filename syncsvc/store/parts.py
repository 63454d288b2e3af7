"""Compressed parts that snapshots and plans share: the same content is kept once, under its sha256."""

from hashlib import sha256

from sqlalchemy import Connection, select

from syncsvc.store.engine import insert_or_replace
from syncsvc.store.tables import part


def keep_part(connection: Connection, packed: bytes) -> str:
    """Keep a part, unless it is there already; its name."""
    name = sha256(packed).hexdigest()
    if connection.execute(select(part.c.sha256).where(part.c.sha256 == name)).scalar() is None:
        insert_or_replace(connection, part, [{"sha256": name, "packed": packed}])
    return name


def read_part(connection: Connection, name: str) -> bytes:
    """A part by its name."""
    return bytes(connection.execute(select(part.c.packed).where(part.c.sha256 == name)).scalar_one())
