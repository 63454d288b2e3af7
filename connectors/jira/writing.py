"""Carrying out a batch: compare, write with few workers, read back. Each change ends in exactly one receipt.

A write is judged by what the issue holds afterwards, never by the answer alone. After a silence (a lost connection, a
5xx, a web page) the issue is read again by itself; only a write without a comment is then sent once more.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

from connectors.jira.answers import Answer, NoAnswer, NotSent, read_refusal
from connectors.jira.issues import Shown, Terms
from connectors.jira.reading import Found, IssueReader
from connectors.jira.settings import JiraSettings
from connectors.jira.transport import Transport
from connectors.jira.wording import comment_body, explain_refusal
from syncsvc.connector import LEASE_ENDED
from syncsvc.errors import AccessRefused, SourceError, SyncsvcError
from syncsvc.model import Change, Field, Outcome, Receipt, Side, project_of

#: A comparison that is older than this is made again before the write: Jira may have asked to wait in between.
FRESH_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Work:
    """The changes of one issue, which travel in one request."""

    key: str  # where the issue is now
    changes: list[Change]
    compared_at: float  # by the clock of the transport


class _Overtaken(Exception):
    """Somebody changed the issue while its write waited: what is settled by that, and what may still be written."""

    def __init__(self, settled: list[Receipt], left: list[Change]) -> None:
        super().__init__()
        self.settled = settled
        self.left = left


@dataclass(slots=True)
class _Done:
    """What became of one issue's work: receipts, and changes that Jira accepted but that were not yet read back."""

    receipts: list[Receipt] = field(default_factory=list)
    accepted: list[tuple[str, Change]] = field(default_factory=list)  # (key, change)

    def say(self, changes: Sequence[Change], outcome: Outcome, detail: str) -> None:
        self.receipts += [Receipt(change, outcome, detail) for change in changes]


class BatchWriter:
    """Writes one batch. Made anew for each, since a server that turned us away ends the batch."""

    def __init__(
        self,
        transport: Transport,
        reader: IssueReader,
        terms: Terms,
        settings: JiraSettings,
        writes: frozenset[Field],
        comment_text: Callable[[Sequence[Change]], str],
        may_write: Callable[[], bool],
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._terms = terms
        self._settings = settings
        self._projects = {project.upper() for project in settings.projects}
        self._writes = writes
        self._comment_text = comment_text
        self._may_write = may_write
        self._stopped = threading.Event()
        self._why_stopped = ""

    def write(self, changes: Sequence[Change]) -> Iterator[Receipt]:
        """One receipt per change, as it becomes final. Raises only while nothing has been begun."""
        to_compare, refused = self._look_over(changes)
        yield from refused
        works, settled = self._compare(to_compare)
        yield from settled
        if not works:
            return
        accepted: list[tuple[str, Change]] = []
        bug: Exception | None = None
        pool = ThreadPoolExecutor(min(max(self._settings.workers, 1), len(works)), "jira-write")
        try:
            begun = {pool.submit(self._carry_out, work): work for work in works}
            for future in as_completed(begun):
                try:
                    done = future.result()
                except Exception as error:  # ours, not Jira's: every change still gets its receipt before it is raised
                    bug = error
                    self._stop("a bug in syncsvc ended the batch")
                    done = _Done()
                    done.say(begun[future].changes, Outcome.UNKNOWN, f"a bug in syncsvc: {type(error).__name__}")
                yield from done.receipts
                accepted += done.accepted
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        yield from self._read_back(accepted)
        if bug is not None:
            raise bug

    def _look_over(self, changes: Sequence[Change]) -> tuple[list[Change], list[Receipt]]:
        """What may be tried at all; a batch that asks for two values in one place gets neither."""
        wanted: dict[tuple[str, Field], set[date | None]] = {}
        for change in changes:
            wanted.setdefault((change.issue_id or change.key, change.field), set()).add(change.after)
        to_compare, refused = [], []
        for change in changes:
            if change.target is not Side.JIRA or change.field not in self._writes:
                why = f"{change.field} of {change.target} is not written by this connector"
            elif len(wanted[change.issue_id or change.key, change.field]) > 1:
                why = f"the plan has several values for {change.field} of {change.key}; none was written"
            else:
                to_compare.append(change)
                continue
            refused.append(Receipt(change, Outcome.REFUSED, why))
        return to_compare, refused

    def _compare(self, changes: Sequence[Change]) -> tuple[list[_Work], list[Receipt]]:
        """Read the targets again; what no longer stands as planned is settled here, after a second, fresher look."""
        compared_at = self._transport.seconds()
        found = self._reader.before_a_write({change.key for change in changes})
        first = [self._settle_unwritten(change, found.issues.get(change.key)) for change in changes]
        in_doubt = {receipt.change.key for receipt in first if receipt and receipt.outcome is Outcome.STALE}
        found.issues |= self._reader.alone(in_doubt).issues

        works: dict[str, _Work] = {}
        settled: list[Receipt] = []
        for change in changes:
            shown = found.issues.get(change.key)
            if receipt := self._settle_unwritten(change, shown):
                settled.append(receipt)
            elif shown:
                works.setdefault(shown.key, _Work(shown.key, [], compared_at)).changes.append(change)
        return list(works.values()), settled

    def _settle_unwritten(self, change: Change, shown: Shown | None) -> Receipt | None:
        """The receipt of a change that must not be written; None: write it."""
        if shown is None:
            return Receipt(change, Outcome.REFUSED, f"{change.key} is not found or not visible")
        if project_of(shown.key).upper() not in self._projects:
            moved = f"{change.key} is {shown.key} now, which is" if shown.key != change.key else f"{shown.key} is"
            return Receipt(change, Outcome.REFUSED, f"{moved} outside the configured projects")
        if why := shown.rejected(change.field):
            return Receipt(change, Outcome.REFUSED, f"not overwritten, since it cannot be read: {why}")
        now = shown.milestone
        if now is None or (change.issue_id and now.issue_id and change.issue_id != now.issue_id):
            return Receipt(change, Outcome.STALE, f"{change.key} is another issue now")
        place, held = self._terms.field_id(change.field), now.held(change.field)
        if held == change.after:
            return Receipt(change, Outcome.ALREADY, confirmed=True)
        if held != change.before:
            return Receipt(change, Outcome.STALE, f"{place} holds {_say(held)} now, not {_say(change.before)}")
        if change.field is Field.COMPLETED and now.completed != change.seen:
            return Receipt(
                change,
                Outcome.STALE,
                f"{shown.key} shows {_say(now.completed)} as completed now, not {_say(change.seen)}",
            )
        return None

    def _carry_out(self, work: _Work) -> _Done:
        """Write one issue; again at most once without a refused field, and once after a silence or a conflict."""
        done, left = _Done(), list(work.changes)
        repeated = under_way = False
        while left:
            if not self._may_write():
                self._stop(LEASE_ENDED)
            if self._stopped.is_set():
                self._give_up(done, left, Outcome.NOT_TRIED, self._why_stopped, under_way=under_way)
                break
            body, params = self._request_for(left)
            try:
                look = partial(self._compare_again, work, left)
                answer = self._transport.write(f"issue/{work.key}", body, params, before_each=look)
            except _Overtaken as meanwhile:
                done.receipts += meanwhile.settled
                left = meanwhile.left
                continue
            except NotSent as trouble:
                self._stop(f"Jira cannot be written to: {trouble}")
                self._give_up(done, left, Outcome.NOT_TRIED, str(trouble), under_way=under_way)
                break
            except AccessRefused as trouble:
                self._stop(trouble.message)
                why = f"{trouble.message}. {trouble.hint}"
                self._give_up(done, left, Outcome.REFUSED, why, under_way=under_way)
                break
            except SourceError as trouble:
                self._stop(trouble.message)
                self._give_up(done, left, Outcome.NOT_TRIED, trouble.message, under_way=under_way)
                break
            except NoAnswer as trouble:
                why, under_way = str(trouble), under_way or trouble.under_way
                left = self._look_again(work.key, left, done, why)
                if left and (repeated or self._settings.comment):
                    unsent = "" if repeated else "; not sent again, so that its comment cannot come twice"
                    self._give_up(done, left, Outcome.FAILED, f"{why}{unsent}", under_way=under_way)
                    break
                repeated = True
                continue
            if answer.accepted:
                done.accepted += [(work.key, change) for change in left]
                break
            if answer.status == 409:
                left = self._look_again(work.key, left, done, "somebody edited the issue at the same moment")
                if left and repeated:
                    why = "somebody edited the issue at the same moment, twice (409)"
                    self._give_up(done, left, Outcome.FAILED, why, under_way=under_way)
                    break
                repeated = True
                continue
            left = self._refuse(answer, left, done)
        return done

    def _compare_again(self, work: _Work, changes: Sequence[Change]) -> None:
        """Before a write that had to wait: look at the issue, and whether the lease is ours. Raises _Overtaken."""
        if self._transport.seconds() - work.compared_at <= FRESH_SECONDS:
            return
        work.compared_at = self._transport.seconds()
        shown = self._reader.alone([work.key]).issues.get(work.key)
        settled = {change: receipt for change in changes if (receipt := self._settle_unwritten(change, shown))}
        if settled or not self._may_write():
            raise _Overtaken(list(settled.values()), [change for change in changes if change not in settled])

    def _request_for(self, changes: Sequence[Change]) -> tuple[dict[str, Any], dict[str, str] | None]:
        """Both dates of an issue, and the comment about them, in one request: there is never one without the other."""
        dates = {self._terms.field_id(c.field): c.after.isoformat() if c.after else None for c in changes}
        body: dict[str, Any] = {"fields": dates}
        if self._settings.comment:
            body["update"] = {"comment": [{"add": {"body": comment_body(self._comment_text(changes))}}]}
        return body, None if self._settings.notify else {"notifyUsers": "false"}

    def _refuse(self, answer: Answer, changes: list[Change], done: _Done) -> list[Change]:
        """Refuse what the answer names; what is left may be sent without it. Without names, all is refused."""
        refusal = read_refusal(answer)
        named = [c for c in changes if self._terms.field_id(c.field) in refusal.fields]
        others = set(refusal.fields) - {self._terms.field_id(c.field) for c in changes}
        separable = answer.status == 400 and named and not others
        for change in named if separable else changes:
            place = self._terms.field_id(change.field)
            words = self._transport.without_secrets(refusal.fields.get(place, "")) or self._transport.words(answer)
            done.say([change], Outcome.REFUSED, explain_refusal(answer.status, place, words))
        return [change for change in changes if change not in named] if separable else []

    def _look_again(self, key: str, changes: list[Change], done: _Done, why: str) -> list[Change]:
        """Read the issue by itself after a write that nobody confirmed; give back what still holds `before`."""
        try:
            shown = self._reader.alone([key]).issues.get(key)
        except SyncsvcError as error:
            self._stop(f"{error.message}, after a write")
            done.say(changes, Outcome.UNKNOWN, f"{why}; and then {error.message}")
            return []
        still_before: list[Change] = []
        for change in changes:
            place = self._terms.field_id(change.field)
            if shown is None or shown.milestone is None or shown.rejected(change.field):
                done.say([change], Outcome.UNKNOWN, f"{why}; and then {key} could not be read")
                continue
            held = shown.milestone.held(change.field)
            if held == change.after:
                done.receipts.append(Receipt(change, Outcome.APPLIED, f"{why}; {place} was read back", confirmed=True))
            elif held == change.before:
                still_before.append(change)
            else:
                done.say([change], Outcome.STALE, f"{why}; {place} holds {_say(held)} now")
        return still_before

    def _give_up(self, done: _Done, changes: Sequence[Change], outcome: Outcome, why: str, *, under_way: bool) -> None:
        """Not there after all; but what Jira may still be working on is unknown, and settled by the next run."""
        for change in changes:
            holds = f"; {self._terms.field_id(change.field)} still holds {_say(change.before)}"
            if under_way:
                done.say([change], Outcome.UNKNOWN, f"{why}{holds} so far, and the write may still be under way")
            else:
                done.say([change], outcome, f"{why}{holds if outcome is Outcome.FAILED else ''}")

    def _read_back(self, accepted: Sequence[tuple[str, Change]]) -> Iterator[Receipt]:
        """What Jira accepted counts once it is there; what a bulk read does not show is read once more by itself."""
        if not accepted:
            return
        try:
            found = self._reader.in_bulk({key for key, _ in accepted})
            unseen = {key for key, change in accepted if not _holds(found, key, change)}
            found.issues |= self._reader.alone(unseen).issues
        except SourceError as error:
            for _, change in accepted:
                yield Receipt(change, Outcome.UNKNOWN, f"accepted, but it could not be read back: {error.message}")
            return
        for key, change in accepted:
            yield self._judge(found.issues.get(key), key, change)

    def _judge(self, shown: Shown | None, key: str, change: Change) -> Receipt:
        if shown is None or shown.milestone is None or shown.rejected(change.field):
            return Receipt(change, Outcome.UNKNOWN, f"accepted, but {key} could not be read afterwards")
        place, held = self._terms.field_id(change.field), shown.milestone.held(change.field)
        if held == change.after:
            return Receipt(change, Outcome.APPLIED, confirmed=True)
        if held == change.before:
            return Receipt(change, Outcome.FAILED, f"Jira accepted the write, but {place} still holds {_say(held)}")
        return Receipt(
            change,
            Outcome.FAILED,
            f"Jira accepted the write, but {place} holds {_say(held)}: a person or a rule changed it at once",
        )

    def _stop(self, why: str) -> None:
        """Nothing more is begun; what is under way ends by itself."""
        self._why_stopped = self._why_stopped or why
        self._stopped.set()


def _holds(found: Found, key: str, change: Change) -> bool:
    shown = found.issues.get(key)
    return bool(shown and shown.milestone and shown.milestone.held(change.field) == change.after)


def _say(value: date | None) -> str:
    return value.isoformat() if value else "no date"
