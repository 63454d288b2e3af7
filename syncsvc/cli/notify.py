"""`syncsvc notify`: whether messages arrive."""

import json
from pathlib import Path

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.printing import format_option, output_option, print_result
from syncsvc.cli.running import wire_context
from syncsvc.errors import ExitCode, UsageError


@click.group("notify")
def command() -> None:
    """Telling people and monitors how the nights end: see [notify] in the configuration."""


@command.command("test")
@format_option("text", "json")
@output_option
@click.pass_obj
def test(context: Context, form: str, output: Path | None) -> ExitCode:
    """Send a test message on every way that [notify] names, the monitor's success ping too, and say what came of it.

    Exits with 3 where one of them did not take it.
    """
    from syncsvc.log import redact
    from syncsvc.notify import Undelivered
    from syncsvc.report.digest import probe
    from syncsvc.report.layout import clean

    wiring = wire_context(context)
    notifier, site = wiring.notifier(), wiring.settings.site.name
    if not notifier.channels and notifier.ping is None:
        raise UsageError("[notify] names nobody to tell", "Add [notify.mail], [[notify.webhooks]] or [notify.ping].")
    now = context.now()
    words = f"Messages of syncsvc arrive here. {context.actor} asked for this one at {now:%Y-%m-%d %H:%M} UTC."
    message = probe(site, words)
    answers: list[tuple[str, bool, str]] = []
    for channel in notifier.channels:
        try:
            said, sent = channel.send(message, number=f"test.{now:%Y%m%d%H%M%S}", at=now), True
        except Undelivered as error:
            said, sent = str(error), False
        answers.append((channel.name, sent, clean(redact(said))))
    if notifier.ping is not None:
        try:
            notifier.ping("success")
            answers.append(("ping", True, "answered"))
        except Undelivered as error:
            answers.append(("ping", False, clean(redact(str(error)))))
    if form == "json":
        told = [{"channel": name, "sent": sent, "detail": said} for name, sent, said in answers]
        print_result(json.dumps({"schema": "syncsvc.notify/1", "channels": told}, indent=1) + "\n", output)
    else:
        lines = [f"{name}: {'sent' if sent else 'NOT sent'}, {said}\n" for name, sent, said in answers]
        print_result("".join(lines), output)
    return ExitCode.DONE if all(sent for _, sent, _ in answers) else ExitCode.SOURCE
