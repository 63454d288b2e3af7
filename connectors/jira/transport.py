"""How often and when Jira is asked again: the one retry policy of the connector.

Reading (GET, and the POSTs that only read) is repeated on 429, 5xx and lost connections. Writing is repeated only
where the request certainly took no effect: 429, 503 with Retry-After, no connection. A wait that Jira asks for is a
minimum, holds for all workers, and is bounded by the budget.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from connectors.jira.answers import Answer, NoAnswer, NotSent, read_refusal, shorten
from connectors.jira.settings import JiraSettings
from syncsvc.errors import AccessRefused, Unreachable

if TYPE_CHECKING:
    from connectors.jira.wire import Wire

#: Until Jira has answered once the address may simply be wrong, and nobody should wait long to hear of that.
ATTEMPTS_AT_FIRST: Final = 3
#: An answer that never ends costs the whole deadline each time.
ATTEMPTS_PAST_DEADLINE: Final = 2
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0


class Transport:
    """Asks Jira. Threads may share it; constructing does no I/O."""

    def __init__(
        self,
        settings: JiraSettings,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = settings.place
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self._clock = clock
        self._wire: Wire | None = None
        self._lock = threading.Lock()
        self._paused_until = float("-inf")
        self._answered = False
        self._waits, self._waited_seconds = 0, 0.0
        self._said: tuple[datetime, float] | None = None  # the server's clock, and ours when it told

    def server_now(self) -> datetime | None:
        """What the server's clock shows now, by the `Date` of its last answer and never ahead; None if it tells none.

        Whole seconds, as the server tells them, so that no later answer of it seems to be earlier. Our own clock may be
        wrong; only how fast it runs is trusted.
        """
        with self._lock:
            if self._said is None:
                return None
            said, at = self._said
        return said + timedelta(seconds=int(self._clock() - at))

    def ask(self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """The answer to a request that only reads: JSON with 2xx, or a 4xx that the caller understands.

        Raises Unreachable where nobody answers or only with 5xx; AccessRefused for 401, a redirect, a web page, and
        for an answer to somebody anonymous, which is what Data Center makes of a bad token.
        """
        try:
            answer = self._exchange(method, path, params, body, reads=True)
        except (NotSent, NoAnswer) as trouble:
            raise Unreachable(f"{self.place} gives no usable answer: {trouble}") from None
        if answer.silent:
            raise Unreachable(f"{self.place} answers {answer.status} {self.words(answer)}".rstrip())
        self._see_access(answer)
        if answer.headers.get("X-AUSERNAME", "").lower() == "anonymous":
            raise AccessRefused(f"{self.place} does not accept the token and takes us for somebody anonymous")
        if answer.redirected:
            raise AccessRefused(
                f"{self.place} answers with a redirect to {self._target(answer)}",
                "Redirects are not followed. Has the token expired (a login page)? If not, use that address as `url`.",
            )
        if answer.unreadable or (answer.accepted and not answer.content.strip()):
            what = "a web page instead of JSON" if answer.unreadable else "nothing at all"
            raise AccessRefused(
                f"{self.place} answers {answer.status} with {what}",
                "Is it a login page or a proxy's error page? See whether the token has expired and `url` is right.",
            )
        self._note_clock(answer)
        return answer

    def seconds(self) -> float:
        """A clock that only tells how long things take."""
        return self._clock()

    def write(
        self,
        path: str,
        body: Any,
        params: Mapping[str, str] | None = None,
        *,
        before_each: Callable[[], None] = lambda: None,
    ) -> Answer:
        """The answer to one PUT. Raises NotSent, NoAnswer (read again to know), AccessRefused (401).

        `before_each` is called before each time it is sent, after any waiting; what it raises ends the write unsent.
        """
        answer = self._exchange("PUT", path, params, body, reads=False, before_each=before_each)
        if answer.silent:
            raise NoAnswer(
                f"Jira answered {answer.status} {self.words(answer)}".rstrip(), under_way=answer.status == 504
            )
        self._see_access(answer)
        if answer.accepted and answer.unreadable:
            raise NoAnswer(f"Jira answered {answer.status} with a web page instead of JSON")
        return answer

    def words(self, answer: Answer) -> str:
        """Jira's own words, without what must not be shown."""
        if answer.redirected:
            return f"a redirect to {self._target(answer)}"
        return self.without_secrets(str(read_refusal(answer)))

    def without_secrets(self, text: str) -> str:
        """The text without token and user, should the server have repeated them."""
        for secret in (self._settings.token, self._settings.user):
            if secret:
                text = text.replace(secret, "***")
        return shorten(text)

    def waits(self) -> tuple[int, float]:
        """How often Jira asked to wait since this was made, and how many seconds that came to."""
        with self._lock:
            return self._waits, self._waited_seconds

    def close(self) -> None:
        """Give back the connections; the next request opens new ones."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        *,
        reads: bool,
        before_each: Callable[[], None] = lambda: None,
    ) -> Answer:
        waited = 0.0
        for attempt in count(1):
            self._await_pause()
            before_each()
            asked_to_wait: float | None = None
            try:
                answer = self._open().send(method, path, params, body)
            except NotSent as trouble:
                if trouble.permanent or self._was_last(attempt):
                    raise
            except NoAnswer as trouble:
                if not reads or self._was_last(attempt) or (trouble.under_way and attempt >= ATTEMPTS_PAST_DEADLINE):
                    raise
            else:
                asked_to_wait = self._retry_after_seconds(answer)
                # not 503 with 0: Data Center says "retry-after: 0" with everything, also after it did half a request
                limited = answer.status == 429 or (answer.status == 503 and bool(asked_to_wait))
                if not limited and (not answer.silent or not reads or self._was_last(attempt)):
                    self._answered = self._answered or not answer.silent
                    return answer
                if limited:
                    wait = max(asked_to_wait or 0.0, _back_off_seconds(attempt))
                    waited += wait
                    if waited > self._settings.retry_budget_seconds:
                        raise NotSent(self._say_put_off(answer, asked_to_wait))
                    self._pause(wait)
                    continue
            self._sleep(_back_off_seconds(attempt))
        raise AssertionError("unreachable")  # pragma: no cover

    def _open(self) -> "Wire":
        with self._lock:
            if self._wire is None:
                from connectors.jira.wire import Wire  # late: the jira client takes 140 ms to import

                self._wire = Wire(self._settings)
            return self._wire

    def _was_last(self, attempt: int) -> bool:
        return attempt >= (
            self._settings.attempts if self._answered else min(ATTEMPTS_AT_FIRST, self._settings.attempts)
        )

    def _await_pause(self) -> None:
        with self._lock:
            left = self._paused_until - self._clock()
        if left > 0:
            self._sleep(left)

    def _pause(self, seconds: float) -> None:
        with self._lock:
            self._waits += 1
            self._waited_seconds += seconds
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _retry_after_seconds(self, answer: Answer) -> float | None:
        """Whole or broken seconds, or an HTTP date; a date is counted from the answer's own `Date` where it has one."""
        text = answer.headers.get("Retry-After")
        if text is None:
            return None
        try:
            seconds = float(text)
        except ValueError:
            try:
                back_at = parsedate_to_datetime(text)
                said_at = answer.headers.get("Date")
                seconds = (back_at - (parsedate_to_datetime(said_at) if said_at else self._now())).total_seconds()
            except (ValueError, TypeError):  # no date, or one without a zone
                return None
        return max(seconds, 0.0) if seconds < float("inf") else None

    def _say_put_off(self, answer: Answer, asked_to_wait: float | None) -> str:
        budget = f"longer than the {self._settings.retry_budget_seconds:g} seconds that may be spent on waiting"
        if asked_to_wait is not None and asked_to_wait > self._settings.retry_budget_seconds:
            return f"Jira answered {answer.status} and asks to wait {asked_to_wait:g} seconds, {budget}"
        return f"Jira went on answering {answer.status}, {budget}"

    def _note_clock(self, answer: Answer) -> None:
        try:
            said = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError, TypeError):
            return
        if said.tzinfo is not None:
            with self._lock:
                self._said = said, self._clock()

    def _see_access(self, answer: Answer) -> None:
        denied = answer.headers.get("X-Authentication-Denied-Reason")
        if answer.status == 401:
            raise AccessRefused(f"{self.place} does not accept the token (401)")
        if answer.status == 403 and denied:
            raise AccessRefused(
                f"{self.place} refuses to log in (403): {self.without_secrets(denied)}",
                "After failed logins Jira wants a CAPTCHA: log in once as this user in a browser, or use a token.",
            )

    def _target(self, answer: Answer) -> str:
        """Where a redirect leads, without the query, which may carry what we asked."""
        parts = urlsplit(urljoin(self.place + "/", answer.headers.get("Location", "")))
        return self.without_secrets(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _back_off_seconds(attempt: int) -> float:
    """0.5, 1, 2, ... at most 60 seconds, spread upwards so that workers do not come back all at once."""
    return float(min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS) * random.uniform(1.0, 1.25))
