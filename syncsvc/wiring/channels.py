"""The ways to tell of the nights."""

from typing import TYPE_CHECKING

from syncsvc.errors import ConfigError
from syncsvc.secret import Secret
from syncsvc.settings import Settings
from syncsvc.wiring.connectors import Environment
from syncsvc.wiring.secrets import reveal_mail_password, reveal_url

if TYPE_CHECKING:
    from syncsvc.notify import Channel, Notifier


def make_notifier(settings: Settings, env: Environment) -> "Notifier":
    """Every way to tell of the nights. One whose secret is not there says so when it is to be used."""
    from syncsvc.notify import Notifier, Trust, Unusable
    from syncsvc.notify.mail import Mail
    from syncsvc.notify.web import Ping, Webhook

    notify, file = settings.notify, settings.path.name
    trust = Trust(notify.ca_file)
    channels: list[Channel] = []
    if notify.mail is not None:
        try:
            channels.append(Mail(notify.mail, _mail_password(settings, env), trust))
        except ConfigError as error:
            channels.append(Unusable("mail", error.in_one_line))
    for at, name in enumerate(notify.channels[len(channels) :]):
        try:
            url = reveal_url(notify.webhook_url(file, at), env)
            channels.append(Webhook(name, notify.webhooks[at].kind, url, trust))
        except ConfigError as error:
            channels.append(Unusable(name, error.in_one_line))
    reference = notify.ping_url(file)
    if notify.ping is None or reference is None:
        return Notifier(tuple(channels))
    try:
        return Notifier(tuple(channels), Ping(notify.ping, reveal_url(reference, env), trust))
    except ConfigError as error:
        return Notifier(tuple(channels), Unusable("ping", error.in_one_line))


def _mail_password(settings: Settings, env: Environment) -> Secret | None:
    reference, mail = settings.notify.password(settings.path.name), settings.notify.mail
    return None if reference is None or mail is None else reveal_mail_password(reference, env, mail.user)
