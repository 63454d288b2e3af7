"""What can go wrong, by what to do next.

    SyncsvcError
      UsageError         2  the command or its arguments
      ConfigError        2  configuration, links file: every problem at once
      MappingError       2  a mapping, or an export the mapping cannot be applied to
      SourceError        3  a source or target could not be reached or read; nothing was written
        NothingThere     3  it can be read, and there is nothing in it
        Unreachable      3  nobody answered
        AccessRefused    3  somebody answered: no (401, 403, a login page)
        BadExport        3  the file is not a usable export
      PlanRefused        4  a plan that is stale, ended, unapproved or already applied
      LimitsExceeded     5  the safety limits stopped the run before its first write
      WriteTrouble       6  a write was refused, failed or is unknown
      LeaseHeld          7  another run holds the lease
      LeaseLost          7  this run's lease went to another one; it must write nothing more
      SchemaBehind       8  the store's schema is not at head

Every expected failure prints its message and its hint, never a traceback.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees; contract.md fixes the numbers."""

    DONE = 0
    BUG = 1
    USAGE = 2
    SOURCE = 3
    WAITING = 4
    LIMITS = 5
    WRITES = 6
    LEASE = 7
    SCHEMA = 8


#: Where several apply, the first of these wins.
EXIT_PRECEDENCE: tuple[ExitCode, ...] = (
    ExitCode.BUG,
    ExitCode.SCHEMA,
    ExitCode.USAGE,
    ExitCode.LEASE,
    ExitCode.SOURCE,
    ExitCode.LIMITS,
    ExitCode.WRITES,
    ExitCode.WAITING,
    ExitCode.DONE,
)


def worst(codes: Sequence[ExitCode]) -> ExitCode:
    """The code to exit with when several apply."""
    return min(codes, key=EXIT_PRECEDENCE.index, default=ExitCode.DONE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to do about it."""

    where: str
    problem: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.USAGE

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}\n    {self.hint}" if self.hint else text


class SyncsvcError(Exception):
    """An expected failure: a message for a person, a hint, an exit code, and perhaps many problems."""

    exit_code = ExitCode.BUG
    default_hint = ""

    def __init__(self, message: str, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self.message, *(str(problem) for problem in self.problems)]
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)

    @property
    def in_one_line(self) -> str:
        """All of it as sentences in a row, the last without its full stop."""
        lines = (" ".join(line.split()) for line in str(self).splitlines())
        return " ".join(line if line.endswith((".", ":", "?")) else f"{line}." for line in lines).removesuffix(".")


class UsageError(SyncsvcError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE
    default_hint = "See the command's --help."


class ConfigError(SyncsvcError):
    """The configuration or a links file; all problems at once."""

    exit_code = ExitCode.USAGE
    default_hint = "Mend the file and run `syncsvc check`."


class MappingError(SyncsvcError):
    """A mapping is wrong, or what it promises is not in the file."""

    exit_code = ExitCode.USAGE
    default_hint = "See `syncsvc mappings show NAME`; name another mapping with --mapping or in the configuration."


class SourceError(SyncsvcError):
    """A source or target could not be reached or read; nothing was written."""

    exit_code = ExitCode.SOURCE
    default_hint = "Nothing was written. Mend the source and run again."


class NothingThere(SourceError):
    """The source can be read, and there is nothing in it."""


class Unreachable(SourceError):
    """Nobody answered, or not in time."""

    default_hint = "Nothing was written. See whether the server is up and the address is right, then run again."


class AccessRefused(SourceError):
    """The server answered that we may not."""

    default_hint = "Has the token expired, and may the account see and edit the projects?"


class BadExport(SourceError):
    """The file is not an export that can be used; nothing half-read was kept."""

    default_hint = "The last good snapshot stands. Export the file again."


class PlanRefused(SyncsvcError):
    """The plan is unknown, stale, ended, unapproved or already applied; nothing was written."""

    exit_code = ExitCode.WAITING
    default_hint = "Nothing was written. Make a new one with `syncsvc plan`."


class LimitsExceeded(SyncsvcError):
    """The safety limits stopped the run before its first write."""

    exit_code = ExitCode.LIMITS
    default_hint = (
        "Nothing was written. Look at the plan; waive what is meant with "
        "`syncsvc approve PLAN --waive LIMIT --reason TEXT`."
    )


class WriteTrouble(SyncsvcError):
    """A write was refused, failed, is unknown or was not tried."""

    exit_code = ExitCode.WRITES
    default_hint = "See the receipts; the next run settles what is unknown."


class LeaseHeld(SyncsvcError):
    """Another run is at work on this store; `run` is its number, where that is known."""

    exit_code = ExitCode.LEASE
    run: int | None = None
    default_hint = "Wait for it to end; the lease of a run that died ends by itself within two minutes."


class LeaseLost(SyncsvcError):
    """This run was asleep so long that another one took over: it must write nothing more."""

    exit_code = ExitCode.LEASE
    default_hint = "Nothing more was written by this run; the other one goes on."


class SchemaBehind(SyncsvcError):
    """The store was made by another version."""

    exit_code = ExitCode.SCHEMA
    default_hint = "Run `syncsvc db upgrade`."
