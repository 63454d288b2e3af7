"""When a night is told of, and when silence is better. Pure: what ended and what was said before come in.

A night is told of once, where something was written, held anew, restated or warned of, and where it failed. A failure
that lasts is told when it begins, again after some days, and once more when it is over. A quiet night is not told of.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

#: Days before a token ends at which that is said.
TOKEN_DAYS: Final = (14, 7, 3, 1, 0)


class Occasion(StrEnum):
    """Why a message is sent."""

    NEWS = "news"  # something was written, held anew or restated
    TROUBLE = "trouble"  # a failure that was not told of yet
    STILL = "still"  # one that lasts
    OVER = "over"  # none any more
    WARNING = "warning"  # something will fail
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: plain text on every channel, a simple page beside it in a mail, facts for programs."""

    subject: str
    text: str
    html: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about a night that is to go out on these ways. `about`: of which trouble it tells, or ""."""

    night: date
    run: int | None
    occasion: Occasion
    about: str
    message: Message
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a night. Nights with the same `about` have the same trouble."""

    about: str
    words: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One message that was made, oldest first where there are several."""

    at: datetime
    night: date
    occasion: Occasion
    about: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The troubles told of since all was well. `since` is the night of the first; about -> when it was last told."""

    since: date | None = None
    told_at: Mapping[str, datetime] = field(default_factory=dict)


def about(words: str, *exact: object) -> str:
    """What tells one trouble from another. Numbers in its words (runs, times, processes) do not; what is exact does."""
    told = "\n".join([re.sub(r"\d+", "#", words), *map(str, exact)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def standing(said: Sequence[Said]) -> Standing:
    """What stands, from everything said since the last OVER, that one included."""
    told: dict[str, datetime] = {}
    since: date | None = None
    for each in said:
        if each.occasion is Occasion.OVER:
            told, since = {}, None
        elif each.about:
            told[each.about] = each.at
            since = since or each.night
    return Standing(since, told)


def find_occasion(
    trouble: Trouble | None,
    before: Standing,
    now: datetime,
    *,
    news: bool,
    warnings: bool,
    reminder: timedelta,
) -> Occasion | None:
    """Why this night is told of; None: it is not."""
    if trouble is not None:
        told_at = before.told_at.get(trouble.about)
        if told_at is None:
            return Occasion.TROUBLE
        return Occasion.STILL if news or warnings or now - told_at >= reminder else None
    if before.since is not None:
        return Occasion.OVER
    return Occasion.NEWS if news else Occasion.WARNING if warnings else None


def token_warning(expires: date | None, night: date, night_before: date | None) -> int | None:
    """Days until the token ends, on the first night at or past each of TOKEN_DAYS; negative once it has ended."""
    if expires is None:
        return None
    left = (expires - night).days
    left_before = TOKEN_DAYS[0] + 1 if night_before is None else (expires - night_before).days
    return left if any(left <= days < left_before for days in TOKEN_DAYS) else None
