"""The schema: which one a database has, which one this version needs, and getting from one to the other."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from syncsvc import HOME
from syncsvc.errors import SchemaBehind
from syncsvc.store.engine import in_words, keep_log_ahead, open_engine, shown, table_names
from syncsvc.store.tables import metadata

MIGRATIONS: Final = HOME / "migrations"
#: Any number will do, as long as every syncsvc takes the same one.
ADVISORY_LOCK: Final = 7_362_511


def head() -> str:
    """The revision this version needs. A revision is named by the four digits its file begins with."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current(url: str) -> str | None:
    """The revision a store is at; None where there is none yet. Makes no file."""
    engine = open_engine(url)
    try:
        if _is_missing_file(engine):
            return None
        with in_words(engine.url), engine.connect() as connection:
            return revision_of(connection)
    finally:
        engine.dispose()


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a store to head (or an earlier revision), in one transaction; two at once take turns."""
    engine = open_engine(url)
    try:
        upgrade_engine(engine, revision)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine, revision: str = "head") -> None:
    """Bring the store behind an engine to a revision."""
    from alembic import command  # takes half a second to import
    from alembic.config import Config

    _known_revision(engine)
    keep_log_ahead(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with in_words(engine.url), engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, revision)


def require_head(engine: Engine) -> None:
    """Make the schema of a SQLite store that is new; SchemaBehind for every other that is not at head."""
    revision = _known_revision(engine)
    if revision == head():
        return
    if revision is not None:
        raise SchemaBehind(f"The store {shown(engine.url)} is at schema {revision}, and this version needs {head()}")
    if engine.dialect.name != "sqlite":
        raise SchemaBehind(f"The store {shown(engine.url)} has no schema yet")
    upgrade_engine(engine)


def _known_revision(engine: Engine) -> str | None:
    """The revision of a store, None of an empty one; SchemaBehind for what no version up to this one made."""
    with in_words(engine.url), engine.connect() as connection:
        tables = table_names(connection)
        revision = revision_of(connection)
    if revision is not None and revision.isdigit() and revision <= head():
        return revision
    if revision is not None and revision.isdigit():
        raise SchemaBehind(
            f"The store {shown(engine.url)} is at schema {revision}, and this version only knows {head()}",
            "A newer syncsvc made it. Install that one.",
        )
    ours = set(metadata.tables)
    if revision is not None or (tables if engine.dialect.name == "sqlite" else tables & ours):
        raise SchemaBehind(
            f"{shown(engine.url)} is a database of something else: its tables are none that syncsvc made",
            "Name another one in store.url.",
        )
    return None


def revision_of(connection: Connection) -> str | None:
    """What the database itself says."""
    if "alembic_version" not in table_names(connection):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _is_missing_file(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite" and not (engine.url.database and Path(engine.url.database).exists())
