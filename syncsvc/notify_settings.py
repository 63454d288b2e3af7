"""[notify] of the configuration: whom to tell, how, and where the secrets for it are."""

from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from syncsvc.secret import SecretReference

DEFAULT_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}

#: Nothing that could end a header or begin another address.
MailAddress = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,250}$",
        extra={"words": 'one e-mail address such as "controllers@example.org"'},
    ),
]
HostName = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9.:-]+$", extra={"words": 'the name of a server such as "mail.example.org"'})
]
ChannelName = Annotated[
    str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$", extra={"words": 'a short name such as "controllers"'})
]
VariableName = Annotated[
    str,
    Meta(
        pattern=r"^([A-Z_][A-Z0-9_]{0,63}|[a-z_][a-z0-9_]{0,63})$",
        extra={"words": 'the name of an environment variable such as "SYNCSVC_WEBHOOK"', "hidden": True},
    ),
]
Ending = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9/?&=._-]{0,80}$", extra={"words": 'an end of an address such as "/fail"'})
]


class MailSettings(Struct, frozen=True, kw_only=True):
    """[notify.mail]"""

    host: HostName
    sender: MailAddress
    recipients: tuple[MailAddress, ...]
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None  # None: the usual one of `security`
    user: Annotated[str, Meta(min_length=1, extra={"words": "a text in quotes"})] | None = None
    password_env: VariableName | None = None
    password_file: Path | None = None


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """One [[notify.webhooks]]"""

    name: ChannelName
    kind: Literal["json", "slack", "teams"]
    url_env: VariableName | None = None
    url_file: Path | None = None


class PingSettings(Struct, frozen=True, kw_only=True):
    """[notify.ping]"""

    url_env: VariableName | None = None
    url_file: Path | None = None
    tell_start: bool = True
    start_ending: Ending = "/start"
    success_ending: Ending = ""
    failure_ending: Ending = "/fail"


class NotifySettings(Struct, frozen=True, kw_only=True):
    """[notify]"""

    reminder_days: Annotated[int, Meta(ge=1, le=365)] = 7
    report_url: (
        Annotated[
            str,
            Meta(
                pattern=r"^https?://[^\s/@?#]+(/[^\s@?#]*)?$",
                extra={"words": 'an address such as "https://host/reports"'},
            ),
        ]
        | None
    ) = None
    ca_file: Path | None = None
    mail: MailSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    ping: PingSettings | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of what messages go to; pings are no messages."""
        return (*(["mail"] if self.mail else []), *(f"webhook {each.name}" for each in self.webhooks))

    def password(self, file: str) -> SecretReference | None:
        """Where the password of the mail server is; None where none is needed. `file`: the configuration's name."""
        mail = self.mail
        if mail is None or (mail.password_env is None and mail.password_file is None):
            return None
        return SecretReference(f"{file}: notify.mail", "password", mail.password_env, mail.password_file)

    def webhook_url(self, file: str, at: int) -> SecretReference:
        """Where the address of a webhook is: whoever knows it may post, so it is a secret."""
        each = self.webhooks[at]
        return SecretReference(f"{file}: notify.webhooks[{at}]", "url", each.url_env, each.url_file)

    def ping_url(self, file: str) -> SecretReference | None:
        """Where the address of the monitor is: a secret, too."""
        if self.ping is None:
            return None
        return SecretReference(f"{file}: notify.ping", "url", self.ping.url_env, self.ping.url_file)

    def urls(self, file: str) -> tuple[SecretReference, ...]:
        """Where every secret address is."""
        ping = self.ping_url(file)
        return (*(self.webhook_url(file, at) for at in range(len(self.webhooks))), *([ping] if ping else []))
