"""Secrets, resolved and hidden in one step: what is revealed here is never shown, nor the parts that make it."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from syncsvc.config import resolve_secret, resolve_secret_url, resolve_store_url
from syncsvc.log import hide
from syncsvc.secret import Secret, SecretReference
from syncsvc.settings import Settings

#: A part of a secret address that is as long as this may be what makes it one.
_LONG_PART: Final = 12


def reveal_store_url(settings: Settings, env: Mapping[str, str]) -> str:
    """The address of the store; of it only a password is secret."""
    url = resolve_store_url(settings, env).reveal()
    if password := urlsplit(url).password:
        hide(unquote(password))
    return url


def reveal_token(reference: SecretReference, env: Mapping[str, str], user: str | None) -> str:
    """A token that is sent by itself or as the credentials of a user."""
    token = resolve_secret(reference, env).reveal()
    hide(token, user=user)
    return token


def reveal_header(reference: SecretReference, env: Mapping[str, str]) -> str:
    """The value of a header."""
    value = resolve_secret(reference, env).reveal()
    hide(value)
    _hide_long(value.split())  # "Bearer ..." may be logged without its first word
    return value


def reveal_mail_password(reference: SecretReference, env: Mapping[str, str], user: str | None) -> Secret:
    """The password of a mail account."""
    password = resolve_secret(reference, env)
    hide(password.reveal())
    for login in (password.reveal(), f"\0{user}\0{password.reveal()}"):
        hide(b64encode(login.encode()).decode())  # as SMTP sends it
    return password


def reveal_url(reference: SecretReference, env: Mapping[str, str]) -> Secret:
    """An address that who knows it may use."""
    url = resolve_secret_url(reference, env)
    hide(url.reveal())
    parts = urlsplit(url.reveal())
    _hide_long([*parts.path.split("/"), parts.query])
    return url


def _hide_long(parts: list[str]) -> None:
    for part in parts:
        if len(part) >= _LONG_PART:
            hide(part)
