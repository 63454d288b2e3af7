"""Every command is found, says what it does, and explains each of its options; the README knows it."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from syncsvc.cli import frame

ROOT = Path(__file__).resolve().parent.parent.parent
CLI = ROOT / "syncsvc" / "cli"
NAMES = [name for section in frame.COMMANDS.values() for name in section if (CLI / f"{name}.py").is_file()]


def _commands() -> Iterator[tuple[str, click.Command]]:
    for name in NAMES:
        command: click.Command = import_module(f"syncsvc.cli.{name}").command
        frame.add_common_options(command)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", found) for inner, found in command.commands.items())


COMMANDS = dict(_commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = COMMANDS[name]
    assert command.help
    assert command.help.splitlines()[0].endswith((".", ":"))
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]}"
            assert option.help.endswith((".", ")")), f"{name} {option.opts[0]}: {option.help}"
    assert frame.run([*name.split(), "--help"]) == 0
    assert f"Usage: syncsvc {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_configuration_may_be_named_after_every_command(name: str) -> None:
    assert "--config" in {option for param in COMMANDS[name].params for option in param.opts}


def test_every_module_with_a_command_is_in_the_table() -> None:
    with_command = {path.stem for path in CLI.glob("*.py") if "\ndef command(" in path.read_text(encoding="utf-8")}
    assert with_command == set(NAMES)


def test_the_list_shows_every_command_with_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for section in frame.COMMANDS.values():
        for name, words in section.items():
            assert (f" {name} {words}" in shown) is (name in NAMES)


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    if len(readme.splitlines()) < 10:
        pytest.skip("the README is not written yet")
    assert [name for name in NAMES if f"syncsvc {name}" not in readme and f"`{name}" not in readme] == []
