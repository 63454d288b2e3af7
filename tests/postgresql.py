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
from typing import Final

from sqlalchemy import URL, Engine, make_url, text

from syncsvc.store import upgrade
from syncsvc.store.engine import open_engine

START_SECONDS: Final = 20
#: Nothing here outlives a test, so nothing waits for the disk.
_CAREFREE: Final = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"),
    *("shared_buffers=32MB", "max_connections=40", "timezone=America/Los_Angeles"),
)


@dataclass
class Databases:
    """Makes databases on a server, each under a name of its own; `close` drops them."""

    url: URL
    _made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @cached_property
    def _engine(self) -> Engine:
        return open_engine(self.url.render_as_string(hide_password=False))

    def empty(self) -> str:
        """The URL of a new database with nothing in it."""
        return self._make("template1")

    def migrated(self) -> str:
        """The URL of a new database with the schema of this version."""
        if not self._made or not self._made[0].endswith("_template"):
            name = f"syncsvc_test_{os.getpid()}_template"
            self._run(f'CREATE DATABASE "{name}"')
            self._made.insert(0, name)
            upgrade(self._url_of(name))
        return self._make(self._made[0])

    def drop(self, url: str) -> None:
        """Drop a database, whoever still has a connection to it."""
        name = make_url(url).database or ""
        self._made.remove(name)
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        for name in list(self._made):
            self.drop(self._url_of(name))
        self._engine.dispose()

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
