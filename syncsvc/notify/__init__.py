"""Telling people and monitors: a mail server, webhooks, a ping. What is said comes in; who said it and why does not.

A channel raises Undelivered and nothing else, in words without secrets, within DEADLINE_SECONDS.
"""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from syncsvc.notice import Message

#: For one message on one channel, however slowly the other side answers.
DEADLINE_SECONDS: Final = 60.0
#: For one step of it: to connect, to answer one line.
STEP_SECONDS: Final = 20.0


class Undelivered(Exception):
    """Nobody took the message. `permanent`: the same message will not be taken later either."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Channel(Protocol):
    """One way to tell."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def send(self, message: Message, *, number: str, at: datetime) -> str:
        """Hand a message over, and say what the other side answered. `number` is the same at each try."""
        ...


@dataclass(frozen=True, slots=True)
class Unusable:
    """A way to tell whose secret is not there: what is to go out on it waits until it is mended."""

    name: str
    reason: str

    def send(self, message: Message, *, number: str, at: datetime) -> str:
        """Never sends."""
        raise Undelivered(self.reason)

    def __call__(self, what: str) -> None:
        """Never pings."""
        raise Undelivered(self.reason)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Every way to tell that is configured."""

    channels: tuple[Channel, ...] = ()
    ping: Callable[[str], None] | None = None  # "start", "success", "failure"

    def channel(self, name: str) -> Channel | None:
        """The channel of this name; None where it was taken out of the configuration."""
        return next((each for each in self.channels if each.name == name), None)


@dataclass
class Trust:
    """Certificates are verified by what this machine trusts and, where a file is named, by what stands in it, too."""

    ca_file: Path | None = None

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Made when first needed, since it takes a while. Undelivered where the file cannot be read."""
        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise Undelivered(f"[notify] ca_file {self.ca_file} cannot be read: {type(error).__name__}") from None
        return context


def within_deadline(send: Callable[[], str], seconds: float = DEADLINE_SECONDS) -> str:
    """What `send` returns or raises; Undelivered where it takes too long, and it is left behind."""
    ends: list[str | BaseException] = []

    def run() -> None:
        try:
            ends.append(send())
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=run, name="notify", daemon=True)
    thread.start()
    thread.join(seconds)
    if not ends:
        raise Undelivered(f"no answer within {seconds:g} seconds")
    if isinstance(ends[0], BaseException):
        raise ends[0]
    return ends[0]
