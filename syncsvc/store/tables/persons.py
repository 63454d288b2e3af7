"""Who may use the review pages, and the sessions on them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from syncsvc.store.tables.base import Instant, metadata

person = Table(  # who may use the review pages, or might once
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("token_sha256", Text),
    Column("added_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", Text),
    UniqueConstraint("token_sha256"),
)

visit = Table(  # a session on the pages, while it lasts; of its secret only the hash
    "visit",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("person", ForeignKey("person.name"), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index("ix_visit_person", "person"),
)

page_key = Table(  # one row, made when first asked for: what sessions and forms are signed with
    "page_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),
)
