"""Secrets by reference: the configuration says where a token is, never what it is."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from syncsvc.errors import ConfigError, Problem

_LONGEST_SECRET: Final = 16_384
_HIDDEN: Final = "Secret(***)"
_ONE_LINE: Final = "It must hold the secret on one line and nothing else."


class Secret:
    """A value that is shown nowhere: only `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return _HIDDEN

    def __str__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return format(_HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written down")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is: an environment variable, a file, or the file where the variable is not set."""

    where: str  # the table that names it: "config.toml: connectors.jira"
    key: str  # "token" for token_env and token_file, "url" for url_env
    variable: str | None = None
    file: Path | None = None


def resolve_secret(reference: SecretReference, env: Mapping[str, str]) -> Secret:
    """The secret itself, from the variable, else from the file without its trailing line break.

    ConfigError naming the variable or the file where there is none, or where it cannot be one.
    """
    variable, file = reference.variable, reference.file
    if variable is not None and env.get(variable):
        return _checked(env[variable], reference, "env", f"the environment variable {variable}")
    if file is not None:
        return _checked(_read_secret_file(reference, file), reference, "file", str(file))
    raise _unusable(reference, "env", f"the environment variable {variable} is not set", f"Set {variable} for syncsvc.")


def find_secret_problems(reference: SecretReference, env: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a secret: absent, unusable, or in a file that others may read."""
    problems: list[Problem] = []
    try:
        resolve_secret(reference, env)
    except ConfigError as error:
        problems.extend(error.problems)
    if reference.file is None:
        return problems
    try:
        mode = reference.file.stat().st_mode
    except OSError:
        return problems  # said above, or not needed because the variable is set
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        problem = f"{reference.file} can be read by others (mode {stat.S_IMODE(mode):04o})"
        problems.extend(_unusable(reference, "file", problem, f"Run: chmod 600 {reference.file}").problems)
    return problems


def _read_secret_file(reference: SecretReference, file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST_SECRET + 1)
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise _unusable(reference, "file", f"{file} is not text", _ONE_LINE) from None
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        also = f", and the environment variable {reference.variable} is not set" if reference.variable else ""
        hint = "Put the secret there, readable by this user only."
        raise _unusable(reference, "file", f"{file} {reason}{also}", hint) from None


def _checked(value: str, reference: SecretReference, suffix: str, place: str) -> Secret:
    """The secret, if it can go into a header or a URL as it is."""
    if not value.strip():
        raise _unusable(reference, suffix, f"{place} is empty", _ONE_LINE)
    if len(value) > _LONGEST_SECRET:
        raise _unusable(reference, suffix, f"{place} is too long to be a secret", _ONE_LINE)
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise _unusable(reference, suffix, f"{place} holds a line break or another control character", _ONE_LINE)
    return Secret(value)


def _unusable(reference: SecretReference, suffix: str, problem: str, hint: str) -> ConfigError:
    where = f"{reference.where}.{reference.key}_{suffix}"
    return ConfigError("A secret cannot be used:", problems=[Problem(where, problem, hint)])
