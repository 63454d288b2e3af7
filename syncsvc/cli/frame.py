"""What every command shares: finding it, its common options, its errors, exit codes and output.

A command is a module syncsvc/cli/NAME.py with a click command named `command`. It is listed when its module is
there, imported only when it is called, and returns its ExitCode (None: done). Nothing heavy is imported here, so that
`syncsvc --help` answers at once.
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from syncsvc import __version__
from syncsvc.errors import ExitCode, SyncsvcError

if TYPE_CHECKING:
    from syncsvc.config import Settings

INTERRUPTED: Final = 130
OUTPUT_CLOSED: Final = 141  # what a shell calls a program ended by a closed pipe

#: The commands in the order of a newcomer's week, with the words `syncsvc --help` shows.
COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "Begin": {
        "demo": "See all of it at work against a small local Jira.",
        "init": "Make a configuration, its folders and its store.",
        "check": "Say everything that would keep a run from working.",
    },
    "Every day": {
        "sync": "What the night does: pull, plan, apply what may be applied, report.",
        "pull": "Read the sources and keep what they show.",
        "plan": "Say what would be written, and what waits for a person.",
        "approve": "Approve a plan, or waive one of its limits.",
        "apply": "Write what a plan says.",
        "adopt": "Plan to give the owner's dates to the followers.",
        "undo": "Plan to take back what a run wrote.",
        "review": "Decide what is held: row by row, all of a kind, or in a workbook.",
        "serve": "Run the sync of every night and the review pages, until it is told to stop.",
        "schedule": "Show the nights and how they ended, or run the last one now.",
        "health": "Say whether the nights are run and end well, for people and monitors.",
    },
    "Look": {
        "show": "Show what was read from a source.",
        "drift": "Compare any two snapshots or files.",
        "report": "Write the drift report of a run.",
        "document": "Write the release list of a snapshot.",
        "log": "Tell what happened to a milestone, or in a run.",
    },
    "Set up": {
        "links": "List, suggest, accept, refuse and import links to Jira.",
        "notify": "Send a test message to everybody who is told of the nights.",
        "mappings": "List the mappings, show what one declares, or check what it makes of a file.",
        "db": "The store: its schema, whether it is whole, a backup of it.",
        "user": "Say who may use the review pages: add, list, revoke.",
        "prune": "Drop old snapshots that nothing needs any more.",
    },
}


@dataclass
class Context:
    """What the command line says, for every command: `@click.pass_obj` hands it over."""

    env: Mapping[str, str]
    now: Callable[[], datetime]
    config_path: Path | None = None
    verbosity: int = 0  # -1 quiet, 0, 1 (-v), 2 (-vv)
    log_format: str | None = None  # None: what [log] of the configuration says, once it is read
    _settings: "Settings | None" = field(default=None, repr=False)

    def settings(self) -> "Settings":
        """The configuration, read when first asked for; ConfigError where there is none or it is wrong."""
        if self._settings is None:
            from syncsvc.config import load_config

            self._settings = load_config(self.config_path, env=self.env)
            self.log_as(self._settings)
        return self._settings

    @cached_property
    def actor(self) -> str:
        """Who is at work, for the audit: SYNCSVC_ACTOR, else the user's name."""
        if self.env.get("SYNCSVC_ACTOR"):
            return self.env["SYNCSVC_ACTOR"]
        import getpass

        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a container's user may have no name
            return f"uid {os.getuid()}"

    def start_logging(self) -> None:
        """Log to standard error as the options say."""
        from syncsvc.log import set_up_logging

        level = {-1: 40, 0: 30, 1: 20}.get(self.verbosity, 10)
        set_up_logging(level, "json" if self.log_format == "json" else "plain")

    def log_as(self, settings: "Settings") -> None:
        """Log as the configuration says, unless the command line said how."""
        if self.log_format is None and settings.log.format != "plain":
            self.log_format = settings.log.format
            self.start_logging()


class LazyGroup(click.Group):
    """The commands whose modules are there, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in COMMANDS.values() for name in section if _is_there(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"syncsvc.cli.{cmd_name}").command
        add_common_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], names, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in COMMANDS.items():
            rows = [(name, words) for name, words in section.items() if _is_there(name)]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def add_common_options(command: click.Command) -> None:
    """Let --config and the logging options stand after the command too, and after each of its own commands."""
    present = {option for param in command.params for option in param.opts}
    if "--config" in present:
        return  # called before
    command.params.extend(option for option in _common_options() if not present & set(option.opts))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_common_options(inner)
    elif command.callback is not None:
        command.callback = _with_logging(command.callback)


def _with_logging(body: Callable[..., Any]) -> Callable[..., Any]:
    """The body of a command, with the log started as all options together say."""

    @wraps(body)
    def begin(*args: Any, **options: Any) -> Any:
        click.get_current_context().ensure_object(Context).start_logging()
        return body(*args, **options)

    return begin


def _is_there(name: str) -> bool:
    return (Path(__file__).parent / f"{name}.py").is_file()


def _common_options() -> list[click.Option]:
    """--config, -v, --quiet and --log-format; they may stand before or after the command."""

    def keep_config(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
        context = ctx.ensure_object(Context)
        if value is None:
            return
        if context.config_path is not None and context.config_path != value:
            raise click.UsageError(f"--config is given twice: {context.config_path} and {value}.", ctx)
        context.config_path = value

    def keep_verbosity(ctx: click.Context, _: click.Parameter, value: int) -> None:
        if value:
            ctx.ensure_object(Context).verbosity = value

    def keep_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(Context).verbosity = -1

    def keep_log_format(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.ensure_object(Context).log_format = value

    def option(*names: str, **rest: Any) -> click.Option:
        return click.Option(names, expose_value=False, **rest)

    return [
        option(
            "--config",
            metavar="FILE",
            type=click.Path(path_type=Path),
            callback=keep_config,
            help="The configuration; else SYNCSVC_CONFIG names it, else ./config.toml.",
        ),
        option("-v", "--verbose", count=True, callback=keep_verbosity, help="Log what is done; -vv logs more."),
        option("-q", "--quiet", is_flag=True, callback=keep_quiet, help="Log errors only."),
        option(
            "--log-format",
            type=click.Choice(["plain", "json"]),
            callback=keep_log_format,
            help="How the log is written to standard error; as [log] format says, else plain.",
        ),
    ]


def _make_group() -> LazyGroup:
    return LazyGroup(
        "syncsvc",
        help="Keep the milestones of a P6 schedule, Jira and a published release plan together.",
        epilog="Results go to standard output, the log to standard error.",
        params=[
            *_common_options(),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_print_version,
                help="Print the version.",
            ),
        ],
        callback=lambda: None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"syncsvc {__version__}")
        ctx.exit()


def run(args: Sequence[str], *, env: Mapping[str, str] | None = None, now: Callable[[], datetime] | None = None) -> int:
    """Run one command line and return its exit code; every expected failure is a message, never a traceback."""
    env = os.environ if env is None else env
    group = _make_group()
    if "_SYNCSVC_COMPLETE" in env:
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "syncsvc", "_SYNCSVC_COMPLETE", env["_SYNCSVC_COMPLETE"])
    context = Context(env, now or (lambda: datetime.now(UTC)))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show must not end a run
            stream.reconfigure(errors="backslashreplace")
    try:
        color = False if env.get("NO_COLOR") else None
        with group.make_context("syncsvc", list(args), obj=context, color=color) as ctx:
            answer = group.invoke(ctx)
        sys.stdout.flush()
        return int(answer) if isinstance(answer, int) and not isinstance(answer, bool) else ExitCode.DONE
    except click.exceptions.Exit as exit_asked:
        return exit_asked.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except SyncsvcError as error:
        say(f"syncsvc: {error}")
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("syncsvc: interrupted")
        return INTERRUPTED
    except OSError as error:
        if error.errno == errno.EPIPE:
            _drop_output()
            return OUTPUT_CLOSED
        return _report_bug(context, error)
    except Exception as error:
        return _report_bug(context, error)


def say(text: str) -> None:
    """Print words for a person on standard error, without secrets."""
    from syncsvc.log import printable

    click.echo(printable(text), err=True)


def _report_bug(context: Context, error: Exception) -> ExitCode:
    import logging

    context.start_logging()
    say(f"syncsvc: this is a bug in syncsvc: {type(error).__name__}: {error}")
    logging.getLogger("syncsvc").critical("the command ended by a bug", exc_info=error)
    return ExitCode.BUG


def _drop_output() -> None:
    """Whoever read our output has gone: Python's own flush at the end must not complain about it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
