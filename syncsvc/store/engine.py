"""Opening a database and its two kinds of transaction: one that reads, one that writes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, Table, create_engine, event, insert, inspect, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from syncsvc.errors import AccessRefused, ConfigError, SourceError, SyncsvcError, Unreachable

V = TypeVar("V")

BUSY_SECONDS: Final = 15  # how long a transaction waits for another one to end
CONNECT_SECONDS: Final = 10
#: A process that was suspended within a transaction must not keep the others out for ever.
_POSTGRESQL: Final = {
    "connect_timeout": CONNECT_SECONDS,
    "options": f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout=60s",
}
#: SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535.
CHUNK: Final = 5_000


class Database:
    """An engine and a clock, with transactions that fail in words. See `Store.open`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        # In memory all threads share one connection, so their transactions take turns.
        self._turn: AbstractContextManager[Any] = RLock() if isinstance(engine.pool, StaticPool) else nullcontext()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that reads one state of the database and waits for no writer."""
        with self._turn, in_words(self._engine.url), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or nothing."""
        with self._turn, in_words(self._engine.url), self._engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def open_engine(text: str) -> Engine:
    """An engine for a store URL; connects to nothing yet. ConfigError in words, never with the password."""
    url = _checked(text)
    options: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None}
        if not url.database:
            options["poolclass"] = StaticPool
    else:
        options |= {"connect_args": _POSTGRESQL | dict(url.query), "pool_pre_ping": True}
    try:
        engine = create_engine(url, **options)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"store.url: PostgreSQL needs the package {error.name}, which is not installed",
            'Install it with `pip install "syncsvc[postgresql]"`.',
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def table_names(connection: Connection) -> set[str]:
    """The tables there are, of ours or not."""
    return set(inspect(connection).get_table_names())


def keep_log_ahead(engine: Engine) -> None:
    """WAL, so that readers and the writer do not wait for each other. SQLite remembers it in the file."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    with in_words(engine.url), engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101 - a connection that was just made
        cursor = raw.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()


def insert_or_replace(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; where the primary key is there already, its other columns take the new values."""
    if not rows:
        return
    statement = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if others:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, rows)


def insert_plain(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows of text and whole numbers, past the conversions those need not: twice as fast."""
    if connection.dialect.name == "postgresql":
        _copy_plain(connection, table, names, rows)
        return
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(names))
    assert statement.positiontup == list(names)  # noqa: S101 - the columns in order of the table
    connection.exec_driver_sql(str(statement), list(rows))


def _copy_plain(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """By COPY, in the transaction of the connection; errors come as SQLAlchemy's, as from every other statement."""
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    raw: Any = connection.connection.driver_connection
    base: Any = connection.dialect.loaded_dbapi.Error
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except base as error:
        raise DBAPIError.instance(statement, None, error, base, hide_parameters=True) from error


def in_chunks(values: Sequence[V], size: int = CHUNK) -> Iterator[Sequence[V]]:
    """The values in lists that fit one statement."""
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """Turn what a driver raises when the database cannot be used into a message for a person."""
    try:
        yield
    except DBAPIError as error:
        said = _said(url, error)
        if said is None:
            raise
        raise said from None


def shown(url: URL) -> str:
    """A store URL as it may be printed: the path of a file, or a URL without its password."""
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database).resolve()) if url.database else "the store in memory"
    return url.set(query={}).render_as_string(hide_password=True)


def _checked(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ConfigError(
            "store.url cannot be read as a URL",
            "Write sqlite:///syncsvc.db or postgresql+psycopg://user@host/database.",
        ) from None
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(
            f"store.url: {url.drivername} is not a kind of store",
            "Write sqlite:///syncsvc.db or postgresql+psycopg://user@host/database.",
        )
    if url.get_backend_name() == "sqlite" and url.database == ":memory:":
        return url.set(database=None)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database).absolute()
        if not path.parent.is_dir():
            raise ConfigError(f"store.url: the folder {path.parent} does not exist", "Make it, or name another file.")
        if path.is_dir():
            raise ConfigError(f"store.url: {path} is a folder", "Name a file in it.")
    return url


def _said(url: URL, error: DBAPIError) -> SyncsvcError | None:
    """The error for a person; None for what is a bug of ours."""
    reason = next(iter(str(error.orig).strip().splitlines()), type(error.orig).__name__)
    if url.password:
        reason = reason.replace(str(url.password), "***")
    message = f"The store {shown(url)} cannot be used: {reason}"
    if "not a database" in reason:
        return ConfigError(f"store.url: {shown(url)} is a file, but not a SQLite database")
    if "malformed" in reason:
        return SourceError(message, "The file is damaged. Put a backup in its place, and keep the damaged one.")
    if "permission denied" in reason or "authentication failed" in reason:
        return AccessRefused(message, "Look at the user and password of store.url, and at what the database grants it.")
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    if "locked" in reason or "lock timeout" in reason:
        return SourceError(
            f"The store {shown(url)} was busy for {BUSY_SECONDS} seconds",
            "Another program keeps it open for writing. Let that one end and run again.",
        )
    if url.get_backend_name() == "postgresql":
        return Unreachable(message)
    return SourceError(message, "Look at the file, its folder and the disk.")


def _set_up_sqlite(raw: Any, _: Any) -> None:
    cursor = raw.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail as soon as another one wrote in between.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
