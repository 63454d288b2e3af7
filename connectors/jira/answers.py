"""What comes back from Jira for one request: an answer, or the reason why there is none."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Jira's own words are shown up to here; what is longer is rarely read.
SHOWN_CHARACTERS: Final = 300


class NotSent(Exception):
    """The request certainly took no effect: nobody was reached, or the server put it off (429, 503).

    `permanent`: trying again cannot help (a bad certificate, a malformed address).
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class NoAnswer(Exception):
    """The request may have taken effect, and no usable answer says so.

    `under_way`: the server may still be at work on it, so that not even reading the target tells for certain.
    """

    def __init__(self, reason: str, *, under_way: bool = False) -> None:
        super().__init__(reason)
        self.under_way = under_way


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. `headers` ignores case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def accepted(self) -> bool:
        """The server says yes."""
        return 200 <= self.status < 300

    @property
    def silent(self) -> bool:
        """Somebody answered who does not know what became of the request: a 5xx, or a 408 from a proxy."""
        return self.status >= 500 or self.status == 408

    @property
    def redirected(self) -> bool:
        """The server sends us somewhere else."""
        return 300 <= self.status < 400

    @property
    def unreadable(self) -> bool:
        """There is a body, and it is not JSON: a login page, a proxy's own error page."""
        if not self.content.strip():
            return False
        try:
            self.json()
        except ValueError:
            return True
        return False

    def json(self) -> Any:
        """The decoded body; ValueError where it is not JSON."""
        try:
            return json.loads(self.content)
        except RecursionError:
            raise ValueError("nested too deeply") from None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Jira's words in full: those about the whole request, and those about one field each (by field id)."""

    messages: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return "; ".join([*self.messages, *self.fields.values()])


def read_refusal(answer: Answer) -> Refusal:
    """Why Jira says no. Its cause sits in `errorMessages`, in `errors` by field, or in `message`; often in one only."""
    try:
        body = answer.json()
    except ValueError:
        return Refusal(("a web page instead of JSON",) if answer.content.strip() else ())
    if not isinstance(body, dict):
        return Refusal()
    spoken = body.get("errorMessages")
    messages = [spoken] if isinstance(spoken, str) else spoken if isinstance(spoken, list) else []
    messages += [body[name] for name in ("errorMessage", "message") if isinstance(body.get(name), str)]
    errors = body.get("errors")
    return Refusal(
        tuple(str(message) for message in messages),
        {str(name): str(text) for name, text in errors.items()} if isinstance(errors, dict) else {},
    )


def shorten(text: str) -> str:
    """One line without control characters, at most SHOWN_CHARACTERS long."""
    line = re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", text).strip()
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
