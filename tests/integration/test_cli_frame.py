"""The frame of the command line: options, errors, exit codes, output; in processes of their own where it counts."""

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from syncsvc.cli import frame
from syncsvc.cli.frame import Context, LazyGroup, run
from syncsvc.cli.output import write_output
from syncsvc.errors import ConfigError, ExitCode, LimitsExceeded, Problem, UsageError
from syncsvc.store.migrate import head

MAIN = [sys.executable, "-c", "from syncsvc.cli import main; main()"]
ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = '[site]\ntimezone = "UTC"\n'


def _process(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    full_env = {key: value for key, value in os.environ.items() if not key.startswith("SYNCSVC")}
    full_env |= {"PYTHONPATH": str(ROOT), **env}
    return subprocess.run([*MAIN, *arguments], cwd=cwd, env=full_env, capture_output=True, text=True, check=False)


@pytest.fixture
def try_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Context], object]], None]:
    """Put a command called `try` into the frame, which does what it is given."""

    def put(body: Callable[[Context], object]) -> None:
        @click.command("try")
        @click.pass_obj
        def command(context: Context) -> object:
            return body(context)

        frame.add_common_options(command)
        monkeypatch.setattr(LazyGroup, "list_commands", lambda *_: ["try"])
        monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)

    return put


Try = Callable[[Callable[[Context], object]], None]


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    import logging

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class TestHelp:
    def test_imports_nothing_heavy(self) -> None:
        heavy = (
            "sqlalchemy",
            "alembic",
            "jira",
            "requests",
            "openpyxl",
            "python_calamine",
            "msgspec",
            "httpx",
            "apscheduler",
        )
        code = (
            "import sys; from syncsvc.cli.frame import run; code = run(sys.argv[1:]);"
            f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr); sys.exit(code)"
        )
        for arguments in (["--help"], ["--version"], []):
            command = [sys.executable, "-c", code, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
            assert done.stderr.endswith("[]\n"), done.stderr

    def test_answers_at_once(self) -> None:
        """Within three times what importing click takes: both measured here, in turn, so that load hits both."""

        def seconds(command: list[str]) -> float:
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
            return time.perf_counter() - began

        clicks, helps = [], []
        for _ in range(5):
            clicks.append(seconds([sys.executable, "-c", "import click"]))
            helps.append(seconds([*MAIN, "--help"]))
        assert statistics.median(helps) <= 3 * statistics.median(clicks)

    def test_version(self) -> None:
        done = _process("--version")
        assert done.stdout.startswith("syncsvc ")
        assert done.returncode == 0

    def test_without_a_command_it_is_shown(self) -> None:
        done = _process()
        assert done.returncode == ExitCode.USAGE
        assert "Usage: syncsvc" in done.stdout + done.stderr

    def test_completion_for_a_shell(self) -> None:
        done = _process(_SYNCSVC_COMPLETE="bash_source")
        assert "_SYNCSVC_COMPLETE" in done.stdout
        done = _process(_SYNCSVC_COMPLETE="bash_complete", COMP_WORDS="syncsvc mapp", COMP_CWORD="1")
        assert done.stdout == "plain,mappings\n"


class TestErrors:
    @pytest.mark.parametrize(
        "arguments", [["nothing"], ["--nothing"], ["mappings", "show"], ["--log-format", "xml", "mappings", "list"]]
    )
    def test_of_usage_are_2(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(arguments) == ExitCode.USAGE
        shown = capsys.readouterr()
        assert "Usage: syncsvc" in shown.err
        assert shown.out == ""

    def test_a_misspelt_command_is_told_the_right_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        run(["mapings"])
        assert "mappings" in capsys.readouterr().err

    def test_expected_ones_are_words_with_their_own_code(
        self, try_command: Try, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(_: Context) -> None:
            problems = [Problem("config.toml: a", "is \x1b[31mwrong", "Mend it.")]
            raise ConfigError("It is wrong: https://me:hunter2@host", problems=problems)

        try_command(fail)
        assert run(["try"]) == ExitCode.USAGE
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err == (
            "syncsvc: It is wrong: https://***@host\n"
            "config.toml: a: is \\x1b[31mwrong\n"
            "    Mend it.\n"
            "Mend the file and run `syncsvc check`.\n"
        )

    def test_the_code_is_the_error_s(self, try_command: Try) -> None:
        def fail(_: Context) -> None:
            raise LimitsExceeded("Too many changes.")

        try_command(fail)
        assert run(["try"]) == ExitCode.LIMITS

    def test_a_bug_says_that_it_is_one(self, try_command: Try, capsys: pytest.CaptureFixture[str]) -> None:
        def fail(_: Context) -> None:
            raise KeyError("Authorization: Bearer hunter2hunter2")

        try_command(fail)
        assert run(["try"]) == ExitCode.BUG
        shown = capsys.readouterr()
        assert "syncsvc: this is a bug in syncsvc: KeyError" in shown.err
        assert "Traceback" in shown.err
        assert "hunter2" not in shown.err
        assert shown.out == ""

    @pytest.mark.parametrize("interruption", [KeyboardInterrupt, click.Abort])
    def test_an_interruption_is_130(
        self, try_command: Try, capsys: pytest.CaptureFixture[str], interruption: type[BaseException]
    ) -> None:
        def fail(_: Context) -> None:
            raise interruption

        try_command(fail)
        assert run(["try"]) == frame.INTERRUPTED
        assert capsys.readouterr().err == "syncsvc: interrupted\n"

    def test_ctrl_c_leaves_no_traceback(self) -> None:
        code = (
            "import signal, sys, time; from syncsvc.cli import frame;"
            "signal.signal(signal.SIGINT, signal.default_int_handler);"
            "frame.LazyGroup.list_commands = lambda *_: (print('ready', flush=True), time.sleep(30));"
            "sys.exit(frame.run(['x']))"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert err == "syncsvc: interrupted\n"

    def test_a_reader_that_has_gone_is_no_news(self) -> None:
        code = (
            "import sys, click; from syncsvc.cli import frame;"
            "c = click.command('x')(lambda: [click.echo('x' * 1000) for _ in range(10000)]);"
            "frame.LazyGroup.list_commands = lambda *_: ['x']; frame.LazyGroup.get_command = lambda *_: c;"
            "sys.exit(frame.run(['x']))"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == frame.OUTPUT_CLOSED


class TestAnswers:
    @pytest.mark.parametrize(("answer", "code"), [(None, 0), (ExitCode.WAITING, 4), ("text", 0), (0, 0), (True, 0)])
    def test_what_a_command_returns_is_the_exit_code(self, try_command: Try, answer: object, code: int) -> None:
        try_command(lambda _: answer)
        assert run(["try"]) == code

    def test_a_command_may_also_exit(self, try_command: Try) -> None:
        try_command(lambda _: click.get_current_context().exit(4))
        assert run(["try"]) == 4


class TestCommonOptions:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["--config", "{}", "db", "current"],
            ["db", "--config", "{}", "current"],
            ["db", "current", "--config", "{}"],
            ["--config", "{}", "db", "current", "--config", "{}"],
        ],
    )
    def test_the_configuration_may_stand_anywhere(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        config = tmp_path / "site.toml"
        config.write_text(CONFIG)
        assert run([each.format(config) for each in arguments], env={}) == ExitCode.SCHEMA
        assert f"{tmp_path}/syncsvc.db has no schema yet" in capsys.readouterr().out

    def test_two_different_configurations_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--config", "a.toml", "db", "current", "--config", "b.toml"], env={}) == ExitCode.USAGE
        assert "given twice: a.toml and b.toml" in capsys.readouterr().err

    def test_the_settings_are_read_once(self, tmp_path: Path, try_command: Try) -> None:
        config = tmp_path / "site.toml"
        config.write_text(CONFIG)
        try_command(lambda context: 0 if context.settings() is context.settings() else 5)
        assert run(["try", "--config", str(config)], env={}) == 0

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ([], (0, None)),  # how: as the configuration says
            (["-v"], (1, None)),
            (["-vv", "--log-format", "json"], (2, "json")),
            (["-q"], (-1, None)),
        ],
    )
    def test_how_much_is_logged(self, try_command: Try, arguments: list[str], expected: tuple[int, str | None]) -> None:
        seen: list[tuple[int, str | None]] = []
        try_command(lambda context: seen.append((context.verbosity, context.log_format)))
        assert run(["try", *arguments]) == 0
        assert run([*arguments, "try"]) == 0
        assert seen == [expected, expected]

    @pytest.mark.parametrize(("option", "shown"), [([], ["WARNING"]), (["-v"], ["INFO", "WARNING"]), (["-q"], [])])
    def test_the_log_goes_to_standard_error(
        self, try_command: Try, capsys: pytest.CaptureFixture[str], option: list[str], shown: list[str]
    ) -> None:
        import logging

        def log(_: Context) -> None:
            for level in (logging.DEBUG, logging.INFO, logging.WARNING):
                logging.getLogger("syncsvc.try").log(level, "reading")
            write_output("the result", None)

        try_command(log)
        assert run(["try", *option]) == 0
        printed = capsys.readouterr()
        assert [line.split()[1] for line in printed.err.splitlines()] == shown
        assert printed.out == "the result\n"

    def test_no_color_is_heard(self, try_command: Try, capsys: pytest.CaptureFixture[str]) -> None:
        try_command(lambda _: click.secho("red", fg="red"))
        assert run(["try"], env={"NO_COLOR": "1"}) == 0
        assert capsys.readouterr().out == "red\n"


class TestContext:
    def test_actor_is_who_the_environment_says(self) -> None:
        def now() -> datetime:
            return datetime(2019, 4, 30, tzinfo=UTC)

        assert Context({"SYNCSVC_ACTOR": "night"}, now).actor == "night"
        assert Context({}, now).actor

    def test_a_user_without_a_name_has_a_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_name() -> str:
            raise KeyError("uid not found")

        monkeypatch.setattr("getpass.getuser", no_name)
        assert Context({}, lambda: datetime(2019, 4, 30, tzinfo=UTC)).actor == f"uid {os.getuid()}"


class TestOutput:
    def test_a_file_is_replaced_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "out.txt"
        path.write_text("before")
        path.chmod(0o640)
        write_output("é", path)
        assert path.read_text(encoding="utf-8") == "é\n"
        assert path.stat().st_mode & 0o777 == 0o640
        assert os.listdir(tmp_path) == ["out.txt"]

    def test_bytes_stay_bytes(self, tmp_path: Path) -> None:
        write_output(b"\x00\xff", tmp_path / "out.xlsx")
        assert (tmp_path / "out.xlsx").read_bytes() == b"\x00\xff"

    def test_a_new_file_has_the_rights_the_user_gives(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write_output("x", tmp_path / "out.txt")
        finally:
            os.umask(before)
        assert (tmp_path / "out.txt").stat().st_mode & 0o777 == 0o640

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("real")
        write_output("x", tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == "x\n"

    def test_a_device_is_written_to(self) -> None:
        write_output("x", Path("/dev/null"))
        assert not Path("/dev/null").is_file()

    @pytest.mark.parametrize("name", ["absent/out.txt", "."])
    def test_a_place_that_cannot_be_is_said(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(UsageError, match="cannot be written"):
            write_output("x", tmp_path / name)
        assert os.listdir(tmp_path) == []

    def test_a_dash_is_standard_output(self, capsys: pytest.CaptureFixture[str]) -> None:
        write_output("x", Path("-"))
        assert capsys.readouterr().out == "x\n"

    def test_a_name_that_the_terminal_cannot_show_ends_nothing(self, tmp_path: Path) -> None:
        code = (
            "import sys, click; from syncsvc.cli import frame, output;"
            "c = click.command('x')(lambda: output.write_output('a \\xe9', None));"
            "frame.LazyGroup.list_commands = lambda *_: ['x']; frame.LazyGroup.get_command = lambda *_: c;"
            "sys.exit(frame.run(['x']))"
        )
        env = {**os.environ, "PYTHONIOENCODING": "ascii"}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, check=False)
        assert done.stdout == b"a \\xe9\n"
        assert done.returncode == 0


class TestSimpleCommands:
    def test_init_makes_what_works_at_once(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = tmp_path / "a site"
        assert run(["init", "--folder", str(folder), "--timezone", "Europe/Berlin"], env={}) == 0
        assert str(folder / "config.toml") in capsys.readouterr().out
        assert sorted(os.listdir(folder)) == ["config.toml", "exports", "links.toml", "outbox", "reports", "syncsvc.db"]
        config = str(folder / "config.toml")
        assert run(["--config", config, "db", "current"], env={}) == 0
        assert run(["--config", config, "db", "upgrade"], env={}) == 0
        assert "already" in capsys.readouterr().out
        assert 'timezone = "Europe/Berlin"' in (folder / "config.toml").read_text()

    def test_init_touches_nothing_that_is_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "config.toml").write_text("mine")
        assert run(["init", "--folder", str(tmp_path)], env={}) == ExitCode.USAGE
        assert "is there already; nothing was made" in capsys.readouterr().err
        assert os.listdir(tmp_path) == ["config.toml"]

    def test_init_keeps_links_that_are_there(self, tmp_path: Path) -> None:
        (tmp_path / "links.toml").write_text('[milestones.A]\njira = "DM-1"\n')
        assert run(["init", "--folder", str(tmp_path)], env={}) == 0
        assert "DM-1" in (tmp_path / "links.toml").read_text()

    @pytest.mark.parametrize("arguments", [["--timezone", 'x"\ny'], ["--folder", "{}/file"], ["--folder", "{}/file/x"]])
    def test_init_refuses_what_cannot_be(
        self, tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "file").touch()
        assert run(["init", *(each.format(tmp_path) for each in arguments)], env={}) == ExitCode.USAGE
        assert os.listdir(tmp_path) == ["file"]

    def test_db_says_where_the_store_is_and_brings_it_to_head(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = tmp_path / "config.toml"
        config.write_text(CONFIG)
        assert run(["db", "current", "--config", str(config)], env={}) == ExitCode.SCHEMA
        assert run(["db", "upgrade", "--config", str(config)], env={}) == 0
        assert run(["db", "current", "--config", str(config)], env={}) == 0
        first, second, third = capsys.readouterr().out.splitlines()
        assert "has no schema yet" in first
        assert second.endswith(" now.")
        assert third.endswith("as this version needs.")
        with closing(sqlite3.connect(tmp_path / "syncsvc.db")) as store:
            store.execute("UPDATE alembic_version SET version_num = '9999'")
            store.commit()
        assert run(["db", "current", "--config", str(config)], env={}) == ExitCode.SCHEMA
        assert "A newer syncsvc made it: install that one." in capsys.readouterr().out
        assert run(["health", "--config", str(config)], env={}) == ExitCode.SCHEMA
        assert f"only knows {head()}. A newer syncsvc made it. Install that one.\n" in capsys.readouterr().out

    def test_db_never_shows_the_password_of_the_store(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config = tmp_path / "config.toml"
        config.write_text(CONFIG + '[store]\nurl_env = "STORE"\n')
        env = {"STORE": "postgresql://me:hunter2@127.0.0.1:1/db?connect_timeout=1"}
        assert run(["db", "current", "--config", str(config)], env=env) == ExitCode.SOURCE
        shown = capsys.readouterr()
        assert "127.0.0.1" in shown.err
        assert "hunter2" not in shown.err + shown.out

    def test_mappings_are_listed_and_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["mappings", "list"]) == 0
        assert "p6_spreadsheet" in capsys.readouterr().out
        assert run(["mappings", "show", "p6_spreadsheet"]) == 0
        shown = capsys.readouterr().out
        for expected in (
            "p6_spreadsheet.toml",
            "base_end_date",
            "(baseline)",
            "else end_date",
            "In exports of kind BL",
        ):
            assert expected in shown

    def test_every_built_in_mapping_can_be_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        from syncsvc.mapping import builtin_mappings

        for name in builtin_mappings():
            assert run(["mappings", "show", name]) == 0
            assert capsys.readouterr().out.startswith(f"{name}: ")

    def test_a_mapping_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["mappings", "show", "nothing"]) == ExitCode.USAGE
        assert "nothing" in capsys.readouterr().err
