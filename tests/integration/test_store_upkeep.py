"""A store that is damaged says all of it; a backup is whole while others write, and overwrites nothing."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from syncsvc.cli.frame import run
from syncsvc.errors import ExitCode, SourceError, UsageError
from syncsvc.store import Store, head, upgrade
from syncsvc.store.engine import open_engine
from syncsvc.store.upkeep import back_up, find_damage
from tests.builders import NOON, export, milestone

MAY = date(2019, 5, 31)


def change(url: str, *statements: str) -> None:
    """By hand, past the keys where the engine lets one."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url[10:])) as raw:
            for statement in statements:
                raw.execute(statement)
            raw.commit()
        return
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def said(url: str) -> list[str]:
    return [problem.problem for problem in find_damage(url)]


def test_a_store_at_work_is_whole(opened: Any, store_url: str) -> None:
    opened.save(export(milestone("A", MAY), milestone("B")))
    opened.save(export(milestone("A"), milestone("C"), period="2019-05"))
    assert find_damage(store_url) == []


def test_a_store_that_is_not_there_and_one_of_an_earlier_schema(store_url: str) -> None:
    assert [(p.problem, p.exit_code) for p in find_damage(store_url)] == [("has no schema yet", ExitCode.SCHEMA)]
    upgrade(store_url, "0001")
    assert [(p.problem, p.exit_code) for p in find_damage(store_url)] == [
        (f"is at schema 0001, and this version needs {head()}", ExitCode.SCHEMA)
    ]


def test_everything_wrong_is_said_at_once(opened: Any, store_url: str) -> None:
    opened.save(export(milestone("A", MAY), milestone("B")))
    sqlite = store_url.startswith("sqlite")
    guard = "DROP TRIGGER audit_no_update" if sqlite else "DROP TRIGGER audit_no_change ON audit"
    lost = ["UPDATE snapshot SET run = 99"] if sqlite else []  # PostgreSQL would not let it be
    change(store_url, guard, "DELETE FROM version WHERE code = 'B'", "UPDATE part SET packed = 'x'",
           "DELETE FROM lease", *lost)  # fmt: skip
    problems = said(store_url)
    if sqlite:
        assert problems.pop(0) == "1 of snapshot refer to a run that is not there"
    assert problems[0] == f"the audit is not guarded: {guard.split()[2]} is not there"
    assert problems[1].startswith("2 parts are not what was kept: ")
    assert problems[2:] == ["1 snapshots have not the milestones they were kept with: s1", "the lease is not one row"]
    assert {problem.exit_code for problem in find_damage(store_url)} == {ExitCode.SOURCE}


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    upgrade(f"sqlite:///{path}")
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 : 4096 * 12] = b"\xff" * (4096 * 10)
    path.write_bytes(bytes(raw))
    problems = find_damage(f"sqlite:///{path}")
    assert problems
    assert {problem.exit_code for problem in problems} == {ExitCode.SOURCE}


def test_a_backup_made_while_another_writes_is_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    upgrade(url)
    stop, begun = Event(), Event()

    def write() -> None:
        store = Store.open(url, now=lambda: NOON)
        while not stop.is_set():
            store.begin_run(trigger="manual", mode=None, actor="anna")
            begun.set()
        store.close()

    writer = Thread(target=write)
    writer.start()
    try:
        assert begun.wait(10)
        for number in range(5):
            back_up(url, tmp_path / f"{number}.backup")
    finally:
        stop.set()
        writer.join()
    counts = []
    for number in range(5):
        copy = f"sqlite:///{tmp_path / f'{number}.backup'}"
        assert find_damage(copy) == []
        store = Store.open(copy, now=lambda: NOON)
        counts.append(len(store.runs(10**6)))
        store.close()
    assert counts == sorted(counts)
    assert counts[0] >= 1


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    upgrade(url)
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        back_up(url, tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "mine"
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        back_up(url, tmp_path / "absent" / "copy")
    (tmp_path / "store.db").write_bytes(b"no database at all, but long enough to be looked at" * 99)
    with pytest.raises(SourceError, match="could not be copied"):
        back_up(url, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_postgresql_is_backed_up_by_its_own_program_and_the_password_is_not_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        back_up("postgresql+psycopg://bot:s3cret@db.example.org:5433/sync", tmp_path / "a b.dump")
    said = str(refused.value).splitlines()[1]
    place = f"--file='{tmp_path}/a b.dump'"
    assert said == f"Run: pg_dump --format=custom {place} --host=db.example.org --port=5433 --username=bot sync"


def test_the_commands_say_it_with_their_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text('[site]\nname = "T"\ntimezone = "UTC"\n[store]\nurl = "sqlite:///s.db"\n')
    config = ["--config", str(tmp_path / "config.toml")]
    assert run([*config, "db", "backup"], env={}) == ExitCode.USAGE
    assert run([*config, "db", "check"], env={}) == ExitCode.SCHEMA
    assert "s.db: has no schema yet\n    Run `syncsvc db upgrade`." in capsys.readouterr().out
    assert run([*config, "db", "upgrade"], env={}) == 0
    assert run([*config, "db", "check"], env={}) == 0
    assert run([*config, "db", "backup", "-o", str(tmp_path / "b.db")], env={}) == 0
    assert f"s.db was copied to {tmp_path}/b.db." in capsys.readouterr().out
    assert sqlite3.connect(tmp_path / "b.db").execute("SELECT version_num FROM alembic_version").fetchone() == (head(),)
    assert run([*config, "db", "backup", "-o", str(tmp_path / "b.db")], env={}) == ExitCode.USAGE
    change(f"sqlite:///{tmp_path / 's.db'}", "DROP TRIGGER audit_no_delete")
    assert run([*config, "db", "check"], env={}) == ExitCode.SOURCE
