"""A PostgreSQL of the tests' own: a cluster in a temporary folder, and a database for each test.

SYNCSVC_TEST_PG names a server to use instead (a URL whose user may make databases). The server started here sorts by
the rules of a language and keeps another time zone than ours, so that what relies on either is found out.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Engine, make_url, text

from syncsvc.store import upgrade
from syncsvc.store.engine import open_engine

if TYPE_CHECKING:
    import psycopg

START_SECONDS: Final = 20
#: Nothing here outlives a test, so nothing waits for the disk.
_CAREFREE: Final = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"),
    *("shared_buffers=32MB", "max_connections=40", "timezone=America/Los_Angeles"),
)


#: What a database looks like besides its rows. One that looks otherwise than when it was made is not used again.
_LOOKS: Final = """
    SELECT relname, relkind::text, relacl::text,
           (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped),
           (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgenabled = 'O'),
           (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid),
           (SELECT count(*) FROM pg_db_role_setting)
    FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace ORDER BY relname
"""
_SELECT: Final = 'SELECT row_to_json(t)::text FROM "{}" AS t'
_DELETE: Final = 'DELETE FROM "{}"'
_INSERT: Final = 'INSERT INTO "{0}" SELECT * FROM json_populate_record(NULL::"{0}", %s::json)'
_END_OTHERS: Final = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
_RESTART: Final = "SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences"
#: Rows that were deleted stay in the way until a vacuum. A new database is then the quicker one.
_MOST_BYTES: Final = 20_000_000


@dataclass
class Databases:
    """Makes databases on a server, each under a name of its own; `close` drops them.

    Making one and dropping it takes the server a quarter of a second. So those that were migrated are made empty
    again where they are given back, and given out again: who asks has a database with nothing in it all the same.
    """

    url: URL
    _made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _migrated: set[str] = field(default_factory=set)
    _clean: list[str] = field(default_factory=list)

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self.url.render_as_string(hide_password=False))

    def empty(self) -> str:
        """The URL of a new database with nothing in it."""
        return self._make("template1")

    def migrated(self) -> str:
        """The URL of a database with the schema of this version and nothing in it."""
        if self._clean:
            return self._url_of(self._clean.pop())
        if not self._made or not self._made[0].endswith("_template"):
            name = f"syncsvc_test_{os.getpid()}_template"
            self._run(f'CREATE DATABASE "{name}"')
            self._made.insert(0, name)
            upgrade(self._url_of(name))
            self._looks, self._rows = self._look_at(name)
        url = self._make(self._made[0])
        self._migrated.add(make_url(url).database or "")
        return url

    def drop(self, url: str) -> None:
        """Give a database back, whoever still has a connection to it."""
        name = make_url(url).database or ""
        if name in self._migrated and self._is_empty_again(name):
            self._clean.append(name)
        else:
            self._drop(name)

    def close(self) -> None:
        for name in list(self._made):
            self._drop(name)
        self._engine.dispose()

    def _drop(self, name: str) -> None:
        self._made.remove(name)
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _look_at(self, name: str) -> tuple[list[Any], dict[str, list[str]]]:
        """What a database looks like, and of each table the rows that migrating makes."""
        with self._connect(name) as connection:
            looks = connection.execute(_LOOKS).fetchall()
            tables = [row[0] for row in looks if row[1] == "r"]
            rows = {table: [row for (row,) in connection.execute(_SELECT.format(table))] for table in tables}
        return looks, rows

    def _is_empty_again(self, name: str) -> bool:
        """Make a database as it was when it was made; False where only another one can be so."""
        import psycopg

        with self._connect(self.url.database or "postgres") as connection:
            connection.execute(_END_OTHERS, [name])
        with self._connect(name) as connection:
            (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
            if size > _MOST_BYTES or connection.execute(_LOOKS).fetchall() != self._looks:
                return False
            try:
                connection.execute("SET session_replication_role = replica")  # what guards the audit looks away
            except psycopg.errors.InsufficientPrivilege:  # on a named server only
                return False
            for table, rows in self._rows.items():
                connection.execute(_DELETE.format(table))
                for row in rows:
                    connection.execute(_INSERT.format(table), [row])
            connection.execute(_RESTART)
        return True

    def _connect(self, name: str) -> "psycopg.Connection[Any]":
        import psycopg

        url = self.url.set(drivername="postgresql", database=name)
        return psycopg.connect(url.render_as_string(hide_password=False))

    def _make(self, template: str) -> str:
        name = f"syncsvc_test_{os.getpid()}_{next(self._numbers)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)
        return self._url_of(name)

    def _url_of(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))


def find_programs() -> Path | None:
    """The folder of the newest initdb and postgres that Debian's packages installed."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in folders), key=lambda each: float(each.parent.name), default=None)


@contextmanager
def running_server(programs: Path) -> Iterator[URL]:
    """A server on a socket in a temporary folder; gone with this process, however that ends."""
    folder = Path(tempfile.mkdtemp(prefix="syncsvc-pg-", dir="/tmp"))  # a socket's path must be short
    become: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        become = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups")
    data, log = folder / "data", folder / "log"
    sorting = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8")
    process = None
    try:
        made = subprocess.run(
            ["setpriv", *(become or ("--no-new-privs",)), programs / "initdb", "-D", data, "--no-sync",
             "--auth=trust", "--username=tests", *sorting],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        settings = (*_CAREFREE, "listen_addresses=", f"unix_socket_directories={folder}")
        with log.open("wb") as said:
            process = subprocess.Popen(
                ["setpriv", *become, "--pdeathsig=QUIT", programs / "postgres", "-D", data,
                 *(word for setting in settings for word in ("-c", setting))],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        url = URL.create("postgresql+psycopg", "tests", database="postgres", query={"host": str(folder)})
        _wait_for(url, process, log)
        yield url
    finally:
        if process is not None:
            process.send_signal(3)  # SIGQUIT: at once
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(url.query["host"]), user="tests", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None and time.monotonic() < until, log.read_text()  # noqa: PT018 - one condition
            time.sleep(0.02)
        else:
            return
