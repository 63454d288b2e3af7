"""Who may use the review pages, and the tokens they sign in with. Pure.

A token is 256 random bits and shown once: what is kept of it is its SHA-256, which nobody can turn round.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")
_TOKEN_MARK: Final = "syncsvc_"  # noqa: S105 - what a token begins with, so that it is known where it was pasted


class Role(StrEnum):
    """What a person may do on the pages; each may do what the one before it may."""

    VIEWER = "viewer"
    CONTROLLER = "controller"
    ADMIN = "admin"

    def includes(self, wanted: "Role") -> bool:
        """Whether this role is enough where `wanted` is asked for."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class Person:
    """One person who may use the pages, or might once. `has_token`: else only a proxy can say it is them."""

    name: str
    role: Role
    has_token: bool
    added_at: datetime
    added_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    sessions: int = 0  # that are open now


def is_name(text: str) -> bool:
    """Whether a person can be called so: what an audit, a header and a shell can carry."""
    return _NAME.fullmatch(text) is not None


def new_token() -> str:
    """A token nobody has yet."""
    return _TOKEN_MARK + secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is kept of a token or a session: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
