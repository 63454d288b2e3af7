"""Texts of the configuration that name a place - path, server, database, mapping, time zone - and their reading.

Nothing is contacted here, and no address may carry a password.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from syncsvc import HOME
from syncsvc.toml_table import Unfit, did_you_mean, is_secret_key

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_STORE_SCHEMES: Final = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")


class Location(str):
    """An absolute path or an https URL."""

    __slots__ = ()
    words = "a path or an https address in quotes"

    @property
    def is_url(self) -> bool:
        """True for an address, False for a path."""
        return "://" in self


class MappingName(str):
    """The name of a built-in mapping, or the absolute path of a site's own."""

    __slots__ = ()
    words = "the name of a built-in mapping, or the path of a TOML file"


class WebAddress(str):
    """The address of a server: http or https, without user, password, query and trailing slash."""

    __slots__ = ()
    words = 'an address such as "https://example.atlassian.net"'


class StoreAddress(str):
    """A database URL without a password; of SQLite with an absolute path."""

    __slots__ = ()
    words = 'an address such as "sqlite:///syncsvc.db" or "postgresql+psycopg://user@host/database"'


def place_converters(folder: Path) -> dict[type, Callable[[str], object]]:
    """How the texts of a file in `folder` become places; each raises Unfit."""
    return {
        Path: lambda text: read_path(text, folder),
        Location: lambda text: read_location(text, folder),
        MappingName: lambda text: read_mapping_name(text, folder),
        WebAddress: read_web_address,
        StoreAddress: lambda text: read_store_address(text, folder),
        ZoneInfo: read_time_zone,
    }


def read_path(text: str, folder: Path) -> Path:
    """An absolute path; a relative one is relative to `folder`."""
    try:
        return Path(os.path.normpath(folder / Path(text).expanduser()))
    except RuntimeError:
        raise Unfit("names a home folder that is not known", "Write the whole path.") from None


def read_location(text: str, folder: Path) -> Location:
    """A path, or an https address (http only on this machine)."""
    if "://" not in text:
        return Location(read_path(text, folder))
    parts = _split_web(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise Unfit("is an http address", "Use https.")
    return Location(text)


def read_mapping_name(text: str, folder: Path) -> MappingName:
    """A built-in mapping by its name, else the absolute path of a file that exists."""
    names = sorted(path.stem for path in (HOME / "mappings").glob("*.toml"))
    if text in names:
        return MappingName(text)
    path = read_path(text, folder)
    if is_file(path):
        return MappingName(path)
    if "/" in text or text.endswith(".toml"):
        raise Unfit(
            f"{path} does not exist or is not a file", "Write a path relative to this file, or a built-in name."
        )
    raise Unfit(f'there is no built-in mapping "{text[:40]}"', did_you_mean(text, names))


def read_web_address(text: str) -> WebAddress:
    """A server's address, without the slash at its end."""
    parts = _split_web(text)
    if parts.query or parts.fragment:
        raise Unfit(
            "has a query or a fragment", "Give only the address of the server: https://host or https://host/path."
        )
    return WebAddress(text.rstrip("/"))


def read_store_address(text: str, folder: Path, *, may_hold_password: bool = False) -> StoreAddress:
    """A database URL; a SQLite file is relative to `folder`."""
    hint = f"It must be {StoreAddress.words}."
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in _STORE_SCHEMES:
        raise Unfit("is not the address of a store", hint)
    if scheme.startswith("sqlite"):
        return _read_sqlite(scheme, rest, folder, hint)
    query = parse_qsl(rest.partition("?")[2])
    holds_password = re.match(r"[^@]*:[^@]*@", rest) or any(_is_secret_parameter(key) for key, _ in query)
    if holds_password and not may_hold_password:
        raise Unfit(
            "holds a password",
            "Put the whole URL into an environment variable and name that with url_env (or use ~/.pgpass).",
        )
    return StoreAddress(text)


def read_time_zone(text: str) -> ZoneInfo:
    """A time zone of the IANA list."""
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        near = did_you_mean(text, sorted(available_timezones()))
        hint = near if near.startswith("Did") else 'Write it as "America/Los_Angeles" or "UTC".'
        raise Unfit(f'is not a time zone: "{text[:40]}"', hint) from None


def is_secret_url(text: str) -> bool:
    """True for an https address (http on this machine) that may hold secrets, in whichever part."""
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False
    if not usable or any(character.isspace() for character in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def is_file(path: Path) -> bool:
    """True for a file that is there; False for whatever cannot be one."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read_sqlite(scheme: str, rest: str, folder: Path, hint: str) -> StoreAddress:
    host, _, after = rest.partition("/")
    if host:
        raise Unfit("has two slashes after the colon where SQLite needs three", hint)
    name, question, query = after.partition("?")
    if name in ("", ":memory:") or name.startswith("file:"):
        raise Unfit("names no file, so what it keeps would be lost", hint)
    return StoreAddress(f"{scheme}:///{quote(str(read_path(unquote(name), folder)))}{question}{query}")


def _split_web(text: str) -> SplitResult:
    """The parts of an http or https address that carries no secret."""
    hint = 'It must be an address such as "https://example.org/path".'
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in text):
        raise Unfit("is not the address of a server", hint)
    if "@" in parts.netloc:
        raise Unfit("holds a user or a password", "Take it out; user and token have keys of their own.")
    if any(_is_secret_parameter(key) for key, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise Unfit("holds a secret in its query", "Use an address that needs none, or fetch the file by other means.")
    return parts


def _is_secret_parameter(key: str) -> bool:
    return is_secret_key(key) or "password" in key.casefold() or key.casefold() in ("sig", "signature", "sslkey", "key")
