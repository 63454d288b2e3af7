"""Webhooks and pings by https. Their whole address is a secret: it is never shown, only the name of the webhook is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import httpx

from syncsvc.notice import Message
from syncsvc.notify import DEADLINE_SECONDS, STEP_SECONDS, Trust, Undelivered, within_deadline
from syncsvc.notify_settings import PingSettings
from syncsvc.secret import Secret

#: Slack takes 3,000 characters in a block and 50 blocks, Teams 28 kB in all.
SLACK_BLOCK: Final = 2_900
SLACK_BLOCKS: Final = 12
TEAMS_CHARACTERS: Final = 12_000
PING_DEADLINE_SECONDS: Final = 10.0
#: The same request will not be taken later either.
_PERMANENT: Final = (400, 413, 422)
_WHY: Final = {
    **dict.fromkeys((401, 403), ", so its address is not accepted"),
    **dict.fromkeys((404, 410), ", so its address is not known there any more"),
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook."""

    name: str
    kind: Literal["json", "slack", "teams"]
    url: Secret
    trust: Trust = field(default_factory=Trust)
    deadline_seconds: float = DEADLINE_SECONDS

    def send(self, message: Message, *, number: str, at: datetime) -> str:
        """Post a message. Undelivered unless the answer is 2xx."""
        shape = {"json": json_shape, "slack": slack_shape, "teams": teams_shape}[self.kind]
        body = shape(message, number, at)
        return within_deadline(lambda: self._post(body), self.deadline_seconds)

    def _post(self, body: Mapping[str, Any]) -> str:
        return _exchange("POST", self.url.reveal(), self.trust, body)


@dataclass(frozen=True, slots=True)
class Ping:
    """The address of a monitor that raises an alarm where it hears of a failure, or of nothing."""

    settings: PingSettings
    url: Secret
    trust: Trust = field(default_factory=Trust)
    deadline_seconds: float = PING_DEADLINE_SECONDS

    def __call__(self, what: str) -> None:
        """Tell "start", "success" or "failure"."""
        settings = self.settings
        if what == "start" and not settings.tell_start:
            return
        endings = {
            "start": settings.start_ending,
            "success": settings.success_ending,
            "failure": settings.failure_ending,
        }
        url = self.url.reveal().rstrip("/") + endings[what]
        within_deadline(lambda: _exchange("GET", url, self.trust, None), self.deadline_seconds)


def json_shape(message: Message, number: str, at: datetime) -> dict[str, Any]:
    """syncsvc.notice/1"""
    return {
        "schema": "syncsvc.notice/1",
        "notice": number,
        "subject": message.subject,
        "text": message.text,
        **message.facts,
    }


def slack_shape(message: Message, number: str, at: datetime) -> dict[str, Any]:
    """Blocks of plain text, in which nothing is a link, a mention or an emoji."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.subject[:150], "emoji": False}}
    ]
    parts = in_parts(message.text, SLACK_BLOCK)
    blocks += [
        {"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}}
        for part in parts[:SLACK_BLOCKS]
    ]
    # What a notification shows, in the one markup that Slack reads there.
    escaped = message.subject.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "blocks": blocks}


def teams_shape(message: Message, number: str, at: datetime) -> dict[str, Any]:
    """An adaptive card of text runs, which, other than text blocks, read no Markdown."""

    def lines(text: str, **style: Any) -> dict[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

    body = [lines(message.subject, weight="Bolder", size="Medium")]
    body += [lines(part, fontType="Monospace") for part in in_parts(message.text[:TEAMS_CHARACTERS], SLACK_BLOCK)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def in_parts(text: str, longest: int) -> list[str]:
    """The text in pieces of at most so many characters, broken between lines where there are any."""
    parts: list[str] = []
    part = ""
    for line in text.splitlines(keepends=True):
        while len(line) > longest:
            parts, part, line = [*parts, *([part] if part else []), line[:longest]], "", line[longest:]
        if len(part) + len(line) > longest:
            parts, part = [*parts, part], ""
        part += line
    return [each.strip("\n") for each in [*parts, part] if each.strip()]


def _exchange(method: str, url: str, trust: Trust, body: Mapping[str, Any] | None) -> str:
    """One request, whose answer says no more than its status: redirects are not followed, the body is not read."""
    try:
        with (
            httpx.Client(timeout=STEP_SECONDS, follow_redirects=False, verify=trust.context) as client,
            client.stream(method, url, json=body) as answer,
        ):
            status = answer.status_code
    except httpx.TimeoutException:
        raise Undelivered("it does not answer in time") from None
    except httpx.ConnectError as error:
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        raise Undelivered("its certificate is not trusted" if untrusted else "it cannot be reached") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Undelivered(f"no usable answer ({type(error).__name__})") from None
    if 200 <= status < 300:
        return f"answered {status}"
    why = _WHY.get(status, ", a redirect, which is not followed" if 300 <= status < 400 else "")
    raise Undelivered(f"it answers {status}{why}", permanent=status in _PERMANENT)
