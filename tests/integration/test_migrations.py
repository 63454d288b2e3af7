"""The schema: made from nothing, the same as the tables say, and refused in words when it is another one."""

import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, insert, select, text

import syncsvc.store
from syncsvc import HOME
from syncsvc.errors import ConfigError, ExitCode, SchemaBehind, SourceError
from syncsvc.store import Store, current, head, upgrade
from syncsvc.store.engine import open_engine
from syncsvc.store.migrate import require_head
from syncsvc.store.tables import metadata
from tests.builders import NOON


@pytest.fixture(autouse=True)
def _each_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no new store is a copy of one that was migrated before."""
    monkeypatch.setattr(syncsvc.store, "require_head", require_head)


def open_store(url: str) -> Store:
    return Store.open(url, now=lambda: NOON)


def test_head_is_what_alembic_says() -> None:
    config = Config()
    config.set_main_option("script_location", str(HOME / "migrations").replace("%", "%%"))
    assert ScriptDirectory.from_config(config).get_heads() == [head()]


def test_upgrading_from_nothing_gives_the_tables_the_store_expects(store_url: str) -> None:
    assert current(store_url) is None
    upgrade(store_url)
    upgrade(store_url)  # nothing left to do
    assert current(store_url) == head()
    engine = open_engine(store_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_upgrading_gives_what_the_tables_say_to_the_letter(tmp_path: Path) -> None:
    """Checks, WITHOUT ROWID and AUTOINCREMENT too, which comparing by Alembic does not see."""
    migrated, made = tmp_path / "migrated.db", tmp_path / "made.db"
    upgrade(f"sqlite:///{migrated}")
    engine = open_engine(f"sqlite:///{made}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    assert statements_in(migrated, "table", "index") == statements_in(made, "table", "index")


def statements_in(path: Path, *types: str) -> dict[str, list[str]]:
    """Of each thing in a database the lines that made it, sorted."""
    raw = sqlite3.connect(path)
    rows = raw.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    raw.close()
    return {
        name: sorted(line.strip().rstrip(",") for line in sql.splitlines() if line.strip())
        for kind, name, sql in rows
        if kind in types and name not in ("alembic_version", "sqlite_sequence")
    }


@pytest.mark.parametrize(
    "revision", sorted(path.name[:4] for path in (HOME / "migrations" / "versions").glob("0*.py"))[:-1]
)
def test_a_store_of_an_earlier_version_keeps_its_rows(store_url: str, revision: str) -> None:
    """From every schema there was, with a row in each of its tables, to the one of this version."""
    upgrade(store_url, revision)
    assert current(store_url) == revision
    engine = open_engine(store_url)
    with engine.begin() as connection:
        reflected = MetaData()
        reflected.reflect(connection)
        tables = [table for table in reflected.sorted_tables if table.name not in ("alembic_version", "lease")]
        for table in tables:
            connection.execute(insert(table), row_of(table))
        before = {table.name: connection.execute(select(table)).mappings().all() for table in tables}
    upgrade(store_url)
    with engine.begin() as connection:
        after = {table.name: connection.execute(select(table)).mappings().all() for table in tables}
    engine.dispose()
    assert after == before
    assert len(before) >= 15
    store = open_store(store_url)
    try:
        run = store.run(1)
        assert run is not None
        assert (run.trigger, run.actor) == ("trigger", "actor")
        assert [event.event for event in store.events()] == ["event"]
    finally:
        store.close()


def row_of(table: Table) -> dict[str, object]:
    """Something in every column that is not empty by nature; its own name in those of text."""
    names = {"mode": "auto", "field": "due", "kind": "", "sha256": "packed", "body": "{}"}
    row: dict[str, object] = {}
    for column in table.columns:
        if table.name == "audit" and column.name in ("intent", "before", "after"):
            continue  # an event that answers none
        kind = column.type.python_type
        if column.foreign_keys:
            (key,) = column.foreign_keys
            row[column.name] = row_of(key.column.table)[key.column.name]
        elif kind is str:
            row[column.name] = names.get(column.name, column.name)
        else:
            row[column.name] = {bytes: b"packed", datetime: NOON, date: NOON.date(), bool: True, float: 1.5}.get(
                kind, 1
            )
    return row


def test_the_guards_of_the_audit_are_there_after_the_last_migration(store_url: str) -> None:
    """A migration that rebuilds a table drops its triggers in silence."""
    upgrade(store_url)
    engine = open_engine(store_url)
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        expected = {"audit_no_update", "audit_no_delete", "audit_no_replace"}
    else:
        query = (
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND NOT tgisinternal AND tgenabled = 'O'"
        )
        expected = {"audit_no_change", "audit_no_truncate"}
    with engine.connect() as connection:
        assert set(connection.execute(text(query)).scalars()) == expected
    engine.dispose()


def test_a_missing_file_is_made_and_an_empty_database_elsewhere_is_not(store_url: str) -> None:
    if store_url.startswith("sqlite"):
        open_store(store_url).close()
        assert current(store_url) == head()
    else:
        with pytest.raises(SchemaBehind, match="has no schema yet\nRun `syncsvc db upgrade`") as behind:
            open_store(store_url)
        assert behind.value.exit_code is ExitCode.SCHEMA


def test_asking_for_the_schema_makes_no_file(tmp_path: Path) -> None:
    assert current(f"sqlite:///{tmp_path / 'store.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_many_that_open_a_missing_file_at_once_all_get_it(store_url: str) -> None:
    if not store_url.startswith("sqlite"):
        upgrade(store_url)
    opened: list[Store] = []
    threads = [Thread(target=lambda: opened.append(open_store(store_url))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    for store in opened:
        assert store.runs(1) == []
        store.close()


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("0000", f"is at schema 0000, and this version needs {head()}\nRun `syncsvc db upgrade`."),
        ("9999", f"is at schema 9999, and this version only knows {head()}\nA newer syncsvc made it."),
    ],
)
def test_a_store_of_another_schema_is_not_touched(store_url: str, revision: str, says: str) -> None:
    upgrade(store_url)
    engine = open_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()
    with pytest.raises(SchemaBehind) as behind:
        open_store(store_url)
    assert says in str(behind.value)
    assert current(store_url) == revision
    if revision == "9999":
        with pytest.raises(SchemaBehind, match="A newer syncsvc made it"):
            upgrade(store_url)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "mail.db")
    raw.execute("CREATE TABLE mail (id)")
    raw.close()
    with pytest.raises(SchemaBehind, match=r"mail.db is a database of something else: .*\nName another one"):
        open_store(f"sqlite:///{tmp_path / 'mail.db'}")
    with pytest.raises(SchemaBehind, match="something else"):
        upgrade(f"sqlite:///{tmp_path / 'mail.db'}")


def test_a_store_in_memory_is_for_one_process(tmp_path: Path) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        store = open_store(url)
        assert store.begin_run(trigger="manual", mode=None, actor="anna") == 1
        store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "store.url cannot be read as a URL"),
        ("store.db", "store.url cannot be read as a URL"),
        ("mysql://bot:s3cret@db/x", "store.url: mysql is not a kind of store"),
        ("postgresql+asyncpg://bot:s3cret@db/x", "store.url: postgresql+asyncpg is not a kind of store"),
        ("postgresql://bot:s3cret@db:port/x", "store.url cannot be read as a URL"),
        ("sqlite:///{folder}/absent/store.db", "store.url: the folder {folder}/absent does not exist"),
        ("sqlite:///{folder}", "store.url: {folder} is a folder"),
        ("sqlite:///{folder}/notes.txt", "store.url: {folder}/notes.txt is a file, but not a SQLite database"),
    ],
)
def test_an_address_that_cannot_be_one_is_said_in_words(tmp_path: Path, url: str, says: str) -> None:
    (tmp_path / "notes.txt").write_text("These are notes, and long enough to be taken for the head of a file." * 9)
    for use in (open_store, upgrade, current):
        with pytest.raises(ConfigError) as refused:
            use(url.format(folder=tmp_path))
        assert says.format(folder=tmp_path) in str(refused.value)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["postgresql://bot:s3cret@127.0.0.1:1/x", "postgresql+psycopg://bot:s3cret@127.0.0.1:1/x"]
)
def test_a_server_that_does_not_answer_is_said_without_the_password(url: str) -> None:
    with pytest.raises(SourceError) as unreachable:
        open_store(url)
    said = str(unreachable.value)
    assert "127.0.0.1:1/x" in said
    assert "s3cret" not in said
    assert unreachable.value.__cause__ is None
    assert unreachable.value.__suppress_context__


def test_a_driver_that_is_not_installed_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        ConfigError, match="PostgreSQL needs the package psycopg, which is not installed\nInstall it with"
    ):
        open_store("postgresql+psycopg://bot@127.0.0.1:1/x")


def test_a_damaged_file_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(f"sqlite:///{path}").close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(SourceError, match=r"store.db cannot be used: .* malformed\nThe file is damaged. Put a backup"):
        open_store(f"sqlite:///{path}")


def test_a_store_that_is_busy_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncsvc.store.engine.BUSY_SECONDS", 0)
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    raw = sqlite3.connect(tmp_path / "store.db")
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(SourceError, match=r"store.db was busy for 0 seconds\nAnother program keeps it open") as busy:
        store.begin_run(trigger="manual", mode=None, actor="anna")
    assert busy.value.exit_code is ExitCode.SOURCE
    raw.close()
    store.close()


def test_a_home_with_spaces_and_percent_signs_upgrades(tmp_path: Path) -> None:
    home = tmp_path / "100% new home"
    for package in ("syncsvc", "migrations"):
        shutil.copytree(HOME / package, home / package, ignore=shutil.ignore_patterns("__pycache__"))
    script = (
        "import sys; from syncsvc import HOME; from syncsvc.store import current, upgrade; "
        "upgrade(sys.argv[1]); print(HOME); print(current(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{home / 'store.db'}"]
    environment = {**os.environ, "PYTHONPATH": str(home)}
    said = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == [str(home), head()]
