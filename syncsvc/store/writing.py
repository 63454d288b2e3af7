"""Every write: what is meant is committed before the network call, what became of it after.

An intent stays open until an outcome closes it, once. `unknown` is told and closes nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select

from syncsvc.model import Change, DriftKind, Field, LinkKey, Outcome, ProposalState, Receipt, Side, WrittenValue
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events, add_events_returning_ids
from syncsvc.store.codec import decode, encode
from syncsvc.store.decisions import carry_out
from syncsvc.store.engine import Database, in_chunks, insert_or_replace
from syncsvc.store.memory import keep_baselines, pending, proposal_event, settle, value_rows
from syncsvc.store.runs import Lease, require_lease


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A write that was meant and of which nobody knows what became."""

    id: int
    change: Change
    run: int
    at: datetime
    making: int


@dataclass(frozen=True, slots=True)
class SoFar:
    """How far a run is: writes that were begun and whose end is not known yet, and how many ended how."""

    begun: int
    outcomes: Mapping[Outcome, int]


class WritingStore(Database):
    """Intents and receipts."""

    def commit_intents(self, lease: Lease, run: int, making: int, changes: Sequence[Change]) -> list[int]:
        """Say what is about to be written; the intents' ids in the order of the changes.

        LeaseLost, and nothing said, unless the lease is still ours and has time left: only then may the writes begin.
        """
        told = [_tell(change, "intent", _reason(change)) for change in changes]
        with self._writing() as connection:
            require_lease(connection, lease, unexpired=True)
            ids = add_events_returning_ids(connection, self._now(), run, actor_of(connection, run), told)
            rows = [
                {"id": intent, "making": making, "change": encode(change)}
                for intent, change in zip(ids, changes, strict=True)
            ]
            if rows:
                connection.execute(insert(tables.open_intent), rows)
        return ids

    def commit_receipts(
        self,
        lease: Lease,
        run: int,
        receipts: Sequence[tuple[int | None, Receipt]],
        *,
        handed_over_on: date | None = None,
    ) -> None:
        """Say what became of changes, each with its intent (None: it never came to one).

        A value that was read back becomes the link's baseline, except after an undo, which leaves the baseline and is
        remembered. A hand-over becomes a pending proposal, and an older one of the same link is withdrawn. ValueError
        for an intent that has been closed already.
        """
        told = [_tell(each.change, each.outcome, each.detail) | {"intent": intent} for intent, each in receipts]
        with self._writing() as connection:
            require_lease(connection, lease)
            actor = actor_of(connection, run)
            _close(connection, receipts)
            add_events(connection, self._now(), run, actor, told)
            _remember(connection, [receipt for _, receipt in receipts])
            carry_out(connection, _carried_out(receipts), self._now())
            withdrawn = _hand_over(connection, run, receipts, handed_over_on)
            add_events(connection, self._now(), run, actor, withdrawn)

    def written_by(self, run: int) -> list[WrittenValue]:
        """What a run wrote into Jira, also where only a later run learnt that it had; in the order of the intents."""
        meant, became = tables.audit.alias("meant"), tables.audit.alias("became")
        query = (
            select(meant.c.code, meant.c.key, meant.c.issue_id, meant.c.field, meant.c.before, meant.c.after)
            .join(became, became.c.intent == meant.c.id)
            .where(meant.c.run == run, meant.c.event == "intent", became.c.event == Outcome.APPLIED.value)
            .order_by(meant.c.id)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [WrittenValue(**{**row, "field": Field(row["field"])}) for row in rows]

    def written_so_far(self, run: int) -> SoFar:
        """How far a run is with what it writes itself; what it settles of earlier runs is not counted."""
        meant, told = tables.audit.alias("meant"), tables.audit.alias("told")
        own = or_(told.c.intent.is_(None), meant.c.run == run)
        query = select(told.c.event, func.count(), func.count(told.c.intent))
        query = query.outerjoin(meant, meant.c.id == told.c.intent)
        query = query.where(told.c.run == run, told.c.event.in_(["intent", *(each.value for each in Outcome)]), own)
        with self._reading() as connection:
            rows = connection.execute(query.group_by(told.c.event)).all()
        begun = sum(count for event, count, _ in rows if event == "intent")
        outcomes = {Outcome(event): count for event, count, _ in rows if event != "intent"}
        return SoFar(begun - sum(of_intents for _, _, of_intents in rows), outcomes)

    def open_intents(self) -> list[OpenIntent]:
        """Intents that no outcome has closed, oldest first."""
        held, told = tables.open_intent.c, tables.audit.c
        query = select(held.id, held.change, told.run, told.at, held.making).join(tables.audit, told.id == held.id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(held.id)).mappings().all()
        return [OpenIntent(**{**row, "change": decode(Change, row["change"])}) for row in rows]


def _tell(change: Change, event: str, detail: str | None) -> dict[str, Any]:
    return {
        **{"event": event, "code": change.code, "key": change.key, "issue_id": change.issue_id},
        **{"field": change.field, "before": change.before, "after": change.after, "detail": detail},
    }


def _reason(change: Change) -> str:
    return change.kind if change.from_column is None else f"{change.kind}, from {change.from_column}"


def _close(connection: Connection, receipts: Sequence[tuple[int | None, Receipt]]) -> None:
    named = Counter(intent for intent, _ in receipts if intent is not None)
    held = tables.open_intent.c.id
    are_open: set[int] = set()
    for some in in_chunks(sorted(named)):
        are_open.update(connection.execute(select(held).where(held.in_(some))).scalars())
    wrong = sorted(intent for intent, times in named.items() if intent not in are_open or times > 1)
    if wrong:
        raise ValueError(f"closed already, or closed twice: intents {', '.join(map(str, wrong[:5]))}")
    closed = [intent for intent, each in receipts if intent is not None and each.outcome is not Outcome.UNKNOWN]
    for some in in_chunks(closed):
        connection.execute(delete(tables.open_intent).where(held.in_(some)))


def _remember(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """What receipts of the follower mean for the memory."""
    reached = [
        each
        for each in receipts
        if each.change.target is Side.JIRA and each.outcome in (Outcome.APPLIED, Outcome.ALREADY)
    ]
    agreed: dict[LinkKey, date | None] = {}
    undone: dict[LinkKey, date | None] = {}
    redone: set[LinkKey] = set()
    for each in reached:
        change = each.change
        if change.kind is DriftKind.UNDONE:
            undone[change.link_key] = change.after
        else:
            redone.add(change.link_key)
            if each.confirmed:
                agreed[change.link_key] = change.after
    keep_baselines(connection, agreed)
    written = {
        (each.change.link_key, each.change.after)
        for each in reached
        if each.outcome is Outcome.APPLIED and each.change.after is not None
    }
    rows = [row for link_key, value in sorted(written) for row in value_rows({link_key: value})]
    insert_or_replace(connection, tables.written, rows)
    _forget_undone(connection, redone | {r.change.link_key for r in receipts if r.outcome is Outcome.HANDED_OVER})
    insert_or_replace(connection, tables.undone, value_rows(undone))


def _carried_out(receipts: Sequence[tuple[int | None, Receipt]]) -> set[LinkKey]:
    done = {Outcome.APPLIED, Outcome.ALREADY, Outcome.HANDED_OVER}
    return {each.change.link_key for _, each in receipts if each.outcome in done}


def _forget_undone(connection: Connection, link_keys: set[LinkKey]) -> None:
    held = tables.undone.c
    for some in in_chunks(sorted(link_keys), 100):
        these = [
            and_(held.code == code, held.issue_id == issue_id, held.field == field) for code, issue_id, field in some
        ]
        connection.execute(delete(tables.undone).where(or_(*these)))


def _hand_over(
    connection: Connection,
    run: int,
    receipts: Sequence[tuple[int | None, Receipt]],
    handed_over_on: date | None,
) -> list[dict[str, Any]]:
    """Make proposals of what was handed over; the events that tell which older ones are withdrawn by that."""
    handed_over = [(intent, each.change) for intent, each in receipts if each.outcome is Outcome.HANDED_OVER]
    if not handed_over:
        return []
    if handed_over_on is None or any(
        each.after is None or each.field is not Field.COMPLETED for _, each in handed_over
    ):
        raise ValueError("only completions are handed over, and on a day that is said")
    links = {(change.code, change.issue_id) for _, change in handed_over}
    told = []
    for older in pending(connection):
        if (older.code, older.issue_id) in links:
            settle(connection, older, ProposalState.WITHDRAWN)
            told.append(proposal_event(older, ProposalState.WITHDRAWN, "another completion was handed over"))
    common = {"state": ProposalState.PENDING, "handed_over_on": handed_over_on, "run": run}
    newest = _newest_exports(connection, run, [intent for intent, _ in handed_over if intent is not None])
    rows = [
        {
            **{"code": each.code, "key": each.key, "issue_id": each.issue_id, "value": each.after},
            **{"snapshot": newest[intent], **common},
        }
        for intent, each in handed_over
    ]
    connection.execute(insert(tables.proposal), rows)
    return told


def _newest_exports(connection: Connection, run: int, intents: Sequence[int]) -> dict[int | None, int | None]:
    """For each intent (None: no intent, so this run) the newest export at its time, also if it is settled later."""
    told = tables.audit.c
    of_run: dict[int | None, int] = {None: run}
    for some in in_chunks(intents):
        rows = connection.execute(select(told.id, told.run).where(told.id.in_(some)))
        of_run |= {intent: its_run for intent, its_run in rows}
    taken = tables.snapshot.c
    newest = {
        each: connection.execute(select(func.max(taken.id)).where(taken.side == Side.PMCS, taken.run <= each)).scalar()
        for each in set(of_run.values())
    }
    return {intent: newest[its_run] for intent, its_run in of_run.items()}
