"""Telling of the nights: what became of each, whether it is to be told, and sending it until it arrives or is given up.

A message is kept in the store with the end of its night, in one transaction, before anything is sent: none is lost with
a mail server that is down or a process that is killed. Pings are not kept: a monitor is told at once, or finds out by
hearing nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from syncsvc.errors import ExitCode, SyncsvcError
from syncsvc.log import redact
from syncsvc.model import Change, Mode, Outcome, RunResult
from syncsvc.notice import Message, Notice, Occasion, Trouble, about, find_occasion, standing, token_warning
from syncsvc.notify import Notifier, Undelivered
from syncsvc.report.digest import Told, digest
from syncsvc.report.words import TROUBLE, exit_words, receipt_words
from syncsvc.service.nights import NightEnd
from syncsvc.settings import Settings
from syncsvc.slots import Slot, SlotState
from syncsvc.store import Delivery, Store

#: A message that nobody took is tried again after so many minutes, each time; then it is given up.
RETRY_MINUTES: Final = (1, 5, 30, 120, 720)
#: Within one try: for a connection that was lost, and for a timer's run, which looks again only the next night.
_PAUSES_SECONDS: Final = (1.0, 5.0)
_PATIENCE_SECONDS: Final = 30.0
_MOST_AT_ONCE: Final = 50
_RUN_NOW: Final = "The next one brings all up to date; `syncsvc schedule run-now` runs the last one at once."
_WRITTEN: Final = (Outcome.APPLIED, Outcome.HANDED_OVER)

T = TypeVar("T")

_log = logging.getLogger("syncsvc.notify")


@dataclass(slots=True)
class Announcer:
    """Tells of the nights of one store. `read` gives the configuration and the ways to tell, read afresh."""

    store: Store
    now: Callable[[], datetime]
    read: Callable[[], tuple[Settings, Notifier]]
    sleep: Callable[[float], None] = time.sleep
    stopping: Callable[[], bool] = lambda: False
    _last_read: tuple[Settings, Notifier] | None = None

    def looked(self) -> None:
        """Send what could not be sent before and is to be tried again now."""
        if self._configuration()[0].notify.channels:
            self.deliver()

    def begins(self, slot: Slot) -> None:
        """Tell the monitor that a try begins."""
        self._read_again()
        self._ping("start")

    def compose(self, end: NightEnd | None, missed: Sequence[Slot]) -> Notice | None:
        """What is to be told of a night that ended, and of nights before it that were missed; None: nothing."""
        settings = self._read_again()[0]
        judged = self._judge(settings, end, missed)
        if judged is None or not settings.notify.channels:
            return None
        return self._compose(settings, *judged, missed)

    def ended(self, end: NightEnd | None, missed: Sequence[Slot]) -> None:
        """Tell the monitor, and send what was composed and kept."""
        settings = self._configuration()[0]
        if (judged := self._judge(settings, end, missed)) is None:
            return
        self._ping("failure" if judged[2] else "success")
        if settings.notify.channels:
            self.deliver()

    def _judge(
        self, settings: Settings, end: NightEnd | None, missed: Sequence[Slot]
    ) -> tuple[NightEnd, RunResult | None, Trouble | None] | None:
        """The night that is told of, what its run did and what is wrong with it; None where it is not over."""
        if end is not None and end.state is not SlotState.DUE:
            result = self._result(end)
            return end, result, find_trouble(end, result, settings)
        return (NightEnd(missed[-1], 0, SlotState.MISSED, None), None, _missed(missed)) if missed else None

    def deliver(self) -> None:
        """Send every message whose time has come."""
        for number in range(_MOST_AT_ONCE):
            if self.stopping() or (delivery := self.store.take_delivery()) is None:
                return
            if number == 0:
                self._read_again()  # what kept it from being sent may be mended
            self._send(delivery)

    def _compose(
        self,
        settings: Settings,
        end: NightEnd,
        result: RunResult | None,
        trouble: Trouble | None,
        missed: Sequence[Slot],
    ) -> Notice | None:
        notify, night, before = settings.notify, end.slot.day, standing(self.store.said())
        told = Told(
            site=settings.site.name,
            occasion=Occasion.NEWS,
            slot=end.slot,
            state=end.state,
            exit_code=None if end.exit_code is None else int(end.exit_code),
            run=end.run,
            result=result,
            trouble=trouble,
            since=before.since,
            held_anew=self._held_anew(result),
            to_approve=self._to_approve(result, night),
            restated=self._restated(end.run),
            missed=[slot.day for slot in missed],
            warnings=self._warnings(settings, night),
            report_url=notify.report_url,
            holidays=settings.site.holidays,
        )
        news = (
            _has_written(result)
            or bool(told.held_anew or told.to_approve or told.restated)
            or bool(missed and end.state is not SlotState.MISSED)
        )
        occasion = find_occasion(
            trouble,
            before,
            self.now(),
            news=news,
            warnings=bool(told.warnings),
            reminder=timedelta(days=notify.reminder_days),
        )
        if occasion is None:
            return None
        message = without_secrets(digest(replace(told, occasion=occasion)))
        about_it = trouble.about if trouble else ""
        return Notice(night, end.run, occasion, about_it, message, tuple(settings.notify.channels))

    def _send(self, delivery: Delivery) -> None:
        """One try on one way; what it came to is noted in the store and in the log."""
        channel = self._configuration()[1].channel(delivery.channel)
        number = f"{self.store.identity()}.{delivery.notice}"
        try:
            if channel is None:
                raise Undelivered("it is not configured any more", permanent=True)
            said = self._patiently(lambda: channel.send(delivery.message, number=number, at=delivery.at))
        except Exception as error:
            permanent = isinstance(error, Undelivered) and error.permanent
            words = redact(str(error) if isinstance(error, Undelivered) else f"a bug: {type(error).__name__}: {error}")
            left = RETRY_MINUTES[delivery.tries - 1 :]
            again_at = self.now() + timedelta(minutes=left[0]) if left and not permanent else None
            self.store.end_delivery(delivery, words, sent=False, again_at=again_at)
            what = f"tried again from {again_at:%Y-%m-%d %H:%M} UTC on" if again_at else "given up"
            level = logging.WARNING if again_at else logging.ERROR
            _log.log(level, "message %s to %s: not sent, %s: %s", delivery.notice, delivery.channel, what, words)
        else:
            self.store.end_delivery(delivery, redact(said), sent=True)
            _log.info("message %s to %s: sent, %s", delivery.notice, delivery.channel, redact(said))

    def _patiently(self, send: Callable[[], T], pauses: Sequence[float] = _PAUSES_SECONDS) -> T:
        """One try: a connection that is lost is opened again once or twice, unless that took long."""
        begun = time.monotonic()
        for pause in pauses:
            try:
                return send()
            except Undelivered as error:
                if error.permanent or self.stopping() or time.monotonic() - begun > _PATIENCE_SECONDS:
                    raise
                self.sleep(pause)
        return send()

    def _ping(self, what: str) -> None:
        ping = self._configuration()[1].ping
        if ping is None:
            return
        pauses = () if what == "start" else _PAUSES_SECONDS  # nothing waits for a night to begin
        try:
            self._patiently(lambda: ping(what), pauses)
        except Undelivered as error:
            _log.warning("the monitor could not be told of %s: %s", what, redact(str(error)))

    def _configuration(self) -> tuple[Settings, Notifier]:
        return self._last_read or self._read_again()

    def _read_again(self) -> tuple[Settings, Notifier]:
        """The configuration as it is now; as it was where it cannot be read, or nobody would be told of that."""
        try:
            self._last_read = self.read()
        except SyncsvcError:
            if self._last_read is None:
                raise
        return self._last_read

    def _result(self, end: NightEnd) -> RunResult | None:
        """What the run did; also of one whose end was found in the store."""
        if end.result is not None or end.run is None:
            return end.result
        kept = self.store.find_result(end.run)
        return None if kept is None else kept[0]

    def _held_anew(self, result: RunResult | None) -> set[tuple[str, str, str]]:
        if result is None:
            return set()
        events = self.store.events(run=result.run)
        return {(e.code or "", e.key or "", e.field.value) for e in events if e.event == "hold" and e.field}

    def _to_approve(self, result: RunResult | None, night: date) -> tuple[Change, ...]:
        """Of a run in review mode, changes that the plan of the last night before did not have."""
        if result is None or result.plan is None or result.mode is not Mode.REVIEW or result.plan.violations:
            return ()
        earlier = (row.run for row in self.store.slots(10) if row.day < night and row.run is not None)
        kept = next((found for run in earlier if (found := self.store.find_result(run)) is not None), None)
        known = set(kept[0].plan.changes) if kept is not None and kept[0].plan is not None else set()
        return tuple(change for change in result.plan.changes if change not in known)

    def _restated(self, run: int | None) -> list[str]:
        found = self.store.restated_in(run) if run is not None else []
        return [f"{each.period} {each.kind} edition {each.edition}".replace("  ", " ") for each in found]

    def _warnings(self, settings: Settings, night: date) -> list[str]:
        """A token that is about to end: servers do not say when, so its owner does."""
        jira = settings.jira
        expires = jira.token_expires if jira else None
        earlier = [row.day for row in self.store.slots(10) if row.day < night and row.state is not SlotState.MISSED]
        left = token_warning(expires, night, max(earlier, default=None))
        if left is None:
            return []
        when = f"ends in {left} days, on" if left > 1 else "ends tomorrow," if left == 1 else "ends today,"
        return [f"Jira's token {'ended on' if left < 0 else when} {expires}: {renewal(settings)}"]


def find_trouble(end: NightEnd, result: RunResult | None, settings: Settings) -> Trouble | None:
    """What is wrong with a night that ended, in plain words; None where it is as it should be, holds or not."""
    code, detail = end.exit_code, (end.detail or "").strip()
    first, _, rest = detail.partition("\n")
    plan = result.plan if result else None
    if code is ExitCode.LIMITS and plan:
        limits = sorted({violation.limit for violation in plan.violations})
        return Trouble(about("limits", *limits), f"{exit_words(code)}: {', '.join(limits)}")
    if code is ExitCode.WRITES and result:
        wrong = [each for each in result.receipts if each.outcome in TROUBLE]
        places = sorted(f"{r.change.link_key} {r.change.after} {r.outcome}" for r in wrong)
        return Trouble(about("writes", *places), f"a write went wrong: {receipt_words(wrong)}")
    if end.access_refused and settings.jira and "token" in first:
        return Trouble(about("token"), f"Jira does not accept the token: {first}", renewal(settings))
    if end.state is not SlotState.DONE or code in (ExitCode.LIMITS, ExitCode.WRITES):
        words = exit_words(code) if code is not None else end.state.value
        return Trouble(about(f"{words} {first}", code), f"{words}: {first}" if first else words, rest)
    if result is not None and result.problems:
        return Trouble(about(first), f"a source could not be read: {first}", rest)
    return None


def renewal(settings: Settings) -> str:
    """What to do about Jira's token."""
    reference = settings.token()
    if reference is None:
        return "Make a new one."
    place = reference.variable or str(reference.file)
    return f"Make a new one, put it into {place}, and set token_expires if it has an end. Tokens of Cloud always have."


def without_secrets(message: Message) -> Message:
    """The message without any value that must not be shown, whoever put it there."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, dict):
            return {key: clean(each) for key, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list) else value

    return Message(redact(message.subject), redact(message.text), redact(message.html), clean(dict(message.facts)))


def _has_written(result: RunResult | None) -> bool:
    """This run wrote, or found that an earlier one had."""
    if result is None:
        return False
    receipts, settled = result.receipts, result.settled
    return any(each.outcome in _WRITTEN for each in receipts) or any(each.outcome in _WRITTEN for each in settled)


def _missed(missed: Sequence[Slot]) -> Trouble:
    nights = f"the night of {missed[0].day} was" if len(missed) == 1 else f"{len(missed)} nights were"
    return Trouble(about("missed"), f"{nights} missed: nobody was there in time", _RUN_NOW)
