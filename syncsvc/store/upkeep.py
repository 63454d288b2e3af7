"""Looking after a store: whether it is whole, and a copy of it while others write."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Final

from sqlalchemy import Connection, Engine, and_, func, select, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from syncsvc.errors import ConfigError, ExitCode, Problem, SourceError, SyncsvcError, UsageError
from syncsvc.store import tables
from syncsvc.store.engine import in_words, open_engine, shown
from syncsvc.store.migrate import current, head

_GUARDS: Final = {
    "sqlite": (
        {"audit_no_update", "audit_no_delete", "audit_no_replace"},
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'",
    ),
    "postgresql": (
        {"audit_no_change", "audit_no_truncate"},
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('audit') AND NOT tgisinternal AND tgenabled = 'O'",
    ),
}
_RESTORE: Final = "Put a backup in its place, and keep this one."
_SOME: Final = 5  # as many of a kind are named


def find_damage(url: str) -> list[Problem]:
    """Everything wrong with a store at once: its schema, its file, the guards of the audit, what refers to nothing."""
    engine = open_engine(url)
    where = shown(engine.url)
    try:
        revision = current(url)
        if revision is None:
            return [_behind(where, "has no schema yet")]
        problems = []
        if revision != head():
            problems.append(_behind(where, f"is at schema {revision}, and this version needs {head()}"))
        with in_words(engine.url), engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                problems += _find_damage_of_file(where, connection)
            problems += _find_missing_guards(where, connection)
            if revision == head() and not any("the file" in problem.problem for problem in problems):
                problems += _find_loose_ends(where, connection)
    except SyncsvcError as error:
        return [Problem(where, error.message, error.hint, error.exit_code)]
    finally:
        engine.dispose()
    return problems


def back_up(url: str, path: Path) -> None:
    """Copy a SQLite store as it is at one moment, while others go on writing; UsageError where the file is there."""
    engine = open_engine(url)
    try:
        if engine.dialect.name != "sqlite":
            raise UsageError("PostgreSQL makes its own backups", f"Run: {dump_command(engine, path)}")
        if not engine.url.database or not Path(engine.url.database).exists():
            raise ConfigError(f"The store {shown(engine.url)} is not there", "Nothing was backed up. See store.url.")
        try:
            path.open("xb").close()
        except FileExistsError:
            raise UsageError(f"{path} is there already", "Name another file, or move that one away.") from None
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror}", "Name a file in a folder that is there."
            ) from (None)
        try:
            _copy(Path(engine.url.database), path)
        except (sqlite3.Error, OSError) as error:
            path.unlink(missing_ok=True)
            raise SourceError(
                f"The store {shown(engine.url)} could not be copied to {path}: {error}",
                "There is no backup. Look at the disk, or name another place with --output.",
            ) from None
    finally:
        engine.dispose()


def dump_command(engine: Engine, path: Path) -> str:
    """How PostgreSQL's own program backs this store up; the password comes from PGPASSWORD or ~/.pgpass."""
    url = engine.url
    words = ["pg_dump", "--format=custom", f"--file={quote(str(path))}"]
    host = url.host or url.query.get("host")
    given = (("host", host), ("port", url.port or url.query.get("port")), ("username", url.username))
    words += [f"--{name}={quote(str(value))}" for name, value in given if value]
    return " ".join([*words, quote(url.database or "")])


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as store,
        closing(sqlite3.connect(target)) as copy,
    ):
        store.backup(copy)  # in one step, which is one moment; writers of a log ahead are not held up
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is not whole: {found}")


def _behind(where: str, problem: str) -> Problem:
    return Problem(where, problem, "Run `syncsvc db upgrade`.", ExitCode.SCHEMA)


def _damaged(where: str, problem: str, hint: str = _RESTORE) -> Problem:
    return Problem(where, problem, hint, ExitCode.SOURCE)


def _find_damage_of_file(where: str, connection: Connection) -> list[Problem]:
    try:
        found = connection.execute(text(f"PRAGMA integrity_check({_SOME})")).scalars().all()
    except DBAPIError as error:
        found = [str(error.orig)]
    problems = [_damaged(where, f"the file is damaged: {each}") for each in found if each != "ok"]
    if problems:
        return problems
    rows = connection.execute(text("PRAGMA foreign_key_check")).all()
    lost: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in rows:
        lost[table, parent] = lost.get((table, parent), 0) + 1
    return [
        _damaged(where, f"{count} of {table} refer to a {parent} that is not there")
        for (table, parent), count in lost.items()
    ]


def _find_missing_guards(where: str, connection: Connection) -> list[Problem]:
    expected, query = _GUARDS[connection.dialect.name]
    try:
        missing = expected - set(connection.execute(text(query)).scalars())
    except DatabaseError:
        return []  # a damaged file, which is told already
    if not missing:
        return []
    hint = "Somebody changed the database by hand; the audit since then proves nothing. " + _RESTORE
    return [_damaged(where, f"the audit is not guarded: {', '.join(sorted(missing))} is not there", hint)]


def _find_loose_ends(where: str, connection: Connection) -> list[Problem]:
    """What the keys of the database cannot hold: parts that are what their name says, whole snapshots, the lease."""
    problems = []
    changed = [name for name, packed in connection.execute(select(tables.part)) if not _is_called(name, packed)]
    if changed:
        problems.append(_damaged(where, f"{len(changed)} parts are not what was kept: {', '.join(changed[:_SOME])}"))
    held, version = tables.snapshot.c, tables.version.c
    standing = and_(version.stream == held.stream, version.from_seq <= held.seq, version.to_seq > held.seq)
    count = (
        select(func.count()).select_from(tables.version).where(standing).correlate(tables.snapshot).scalar_subquery()
    )
    wrong = connection.execute(select(held.id).where(held.milestones != count).order_by(held.id)).scalars().all()
    if wrong:
        some = ", ".join(f"s{each}" for each in wrong[:_SOME])
        problems.append(_damaged(where, f"{len(wrong)} snapshots have not the milestones they were kept with: {some}"))
    if connection.execute(select(func.count()).select_from(tables.lease)).scalar() != 1:
        problems.append(_damaged(where, "the lease is not one row"))
    return problems


def _is_called(name: str, packed: object) -> bool:
    return isinstance(packed, bytes | memoryview) and sha256(bytes(packed)).hexdigest() == name
