"""What earlier nights left behind that reconciling needs: baselines, written and undone values, proposals."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    Connection,
    RowMapping,
    Subquery,
    Table,
    func,
    literal,
    null,
    select,
    union_all,
    update,
)

from syncsvc.model import Field, Judgement, LinkKey, Memory, Outcome, Proposal, ProposalState, Snapshot
from syncsvc.store import tables
from syncsvc.store.audit import actor_of, add_events
from syncsvc.store.engine import Database, in_chunks, insert_or_replace
from syncsvc.store.runs import Lease, require_lease

_FIELD: Final = {field.value: field for field in Field}
_REACHED: Final = (Outcome.APPLIED.value, Outcome.ALREADY.value)


class MemoryStore(Database):
    """Reading the memory, and the two ways it changes without a write to a target."""

    def memory(self, since: Snapshot | None = None) -> Memory:
        """All of it, as of one moment; what was written `since` a stored snapshot of the follower only where one is
        given.
        """
        written = defaultdict(set)
        kept: dict[str, dict[LinkKey, Any]] = {"baseline": {}, "undone": {}}
        done_before = set()
        unread: dict[tuple[str, Field], date | None] = {}
        with self._reading() as connection:
            for table, code, issue_id, field, value in connection.execute(_remembered(since)).all():
                if table == "done":
                    done_before.add(issue_id)
                elif table == "unread":
                    unread[issue_id, _FIELD[field]] = value
                elif table == "written":
                    written[code, issue_id, _FIELD[field]].add(value)
                else:
                    kept[table][code, issue_id, _FIELD[field]] = value
            proposals = defaultdict(list)
            for row in connection.execute(select(tables.proposal).order_by(tables.proposal.c.id)).mappings():
                proposals[row["code"], row["issue_id"]].append(_proposal(row))
        return Memory(
            baselines=kept["baseline"],
            written={key: frozenset(values) for key, values in written.items()},
            undone=kept["undone"],
            proposals={key: tuple(some) for key, some in proposals.items()},
            done_before=frozenset(done_before),
            unread=unread,
        )

    def record_baselines(self, lease: Lease, run: int, agreed: Mapping[LinkKey, date | None]) -> int:
        """Remember values both sides were seen to share; how many of them are new or differ."""
        with self._writing() as connection:
            require_lease(connection, lease)
            known = dict(_values(connection, tables.baseline))
            new = {key: value for key, value in agreed.items() if key not in known or known[key] != value}
            if not new:
                return 0
            keep_baselines(connection, new)
            told = [
                {
                    **{"event": "baseline", "code": code, "issue_id": issue_id, "field": field},
                    **{"before": known.get((code, issue_id, field)), "after": value},
                }
                for (code, issue_id, field), value in new.items()
            ]
            add_events(connection, self._now(), run, actor_of(connection, run), told)
        return len(new)

    def keys_of_issues(self, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """Each of these keys -> every key under which the issue behind it was ever found, itself among them."""
        here, there = tables.issue.alias(), tables.issue.alias()
        query = select(here.c.key, there.c.key).join(there, there.c.issue_id == here.c.issue_id)
        found = {key: {key} for key in keys}
        with self._reading() as connection:
            for some in in_chunks(sorted(found)):
                for key, other in connection.execute(query.where(here.c.key.in_(some))):
                    found[key].add(other)
        return {key: frozenset(others) for key, others in found.items()}

    def pending_proposals(self) -> list[Proposal]:
        """Completions that were handed to PMCS and not seen there yet, oldest first."""
        with self._reading() as connection:
            return pending(connection)

    def proposals_of(self, run: int) -> list[Proposal]:
        """What a run handed to PMCS, whatever became of it."""
        held = tables.proposal.c
        query = select(tables.proposal).where(held.run == run).order_by(held.id)
        with self._reading() as connection:
            return [_proposal(row) for row in connection.execute(query).mappings()]

    def judged_since(self, run: int) -> list[Judgement]:
        """Hand-overs that this run or a later one settled, with the words for it, in the order in which they were."""
        told, held = tables.audit.c, tables.proposal.c
        settled = [state.value for state in ProposalState if state is not ProposalState.PENDING]
        query = (
            select(tables.proposal, told.id.label("told"), told.detail)
            .join(
                tables.audit,
                (told.code == held.code)
                & (told.issue_id == held.issue_id)
                & (told.after == held.value)
                & (told.event == held.state),
            )
            .where(told.run >= run, told.event.in_(settled), held.run <= told.run)
            .order_by(told.id, held.id)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        # one that was handed over twice with the same date and the same end: the event is about the later one
        return list({row["told"]: Judgement(_proposal(row), row["detail"] or "") for row in rows}.values())

    def settle_proposal(
        self, lease: Lease, run: int, proposal_id: int, state: ProposalState, detail: str, *, undone: bool = False
    ) -> None:
        """Note what became of a pending proposal; ValueError for one that is settled already.

        `undone`: a person took the hand-over back, so that the same completion is not handed over again by itself.
        """
        held = tables.proposal.c
        with self._writing() as connection:
            require_lease(connection, lease)
            row = connection.execute(select(tables.proposal).where(held.id == proposal_id)).mappings().one_or_none()
            if row is None or row["state"] != ProposalState.PENDING or state is ProposalState.PENDING:
                raise ValueError(f"proposal {proposal_id} is not pending, or is to stay so")
            settle(connection, _proposal(row), state)
            if undone:
                link_key: LinkKey = (row["code"], row["issue_id"], Field.COMPLETED)
                insert_or_replace(connection, tables.undone, value_rows({link_key: row["value"]}))
            told = proposal_event(_proposal(row), state, detail)
            add_events(connection, self._now(), run, actor_of(connection, run), [told])


def pending(connection: Connection) -> list[Proposal]:
    """Pending proposals, oldest first."""
    held = tables.proposal.c
    query = select(tables.proposal).where(held.state == ProposalState.PENDING).order_by(held.id)
    return [_proposal(row) for row in connection.execute(query).mappings()]


def settle(connection: Connection, proposal: Proposal, state: ProposalState) -> None:
    """Set a proposal's state."""
    connection.execute(update(tables.proposal).where(tables.proposal.c.id == proposal.id).values(state=state))


def proposal_event(proposal: Proposal, state: ProposalState, detail: str) -> dict[str, Any]:
    """How the audit tells what became of a proposal."""
    return {
        **{"event": state.value, "code": proposal.code, "key": proposal.key, "issue_id": proposal.issue_id},
        **{"field": Field.COMPLETED, "after": proposal.value, "detail": detail},
    }


def keep_baselines(connection: Connection, values: Mapping[LinkKey, date | None]) -> None:
    """Set baselines."""
    insert_or_replace(connection, tables.baseline, value_rows(values))


def value_rows(values: Mapping[LinkKey, date | None]) -> list[dict[str, Any]]:
    """Rows of a table that keeps one value for each link and field."""
    return [
        {"code": code, "issue_id": issue_id, "field": field, "value": value}
        for (code, issue_id, field), value in values.items()
    ]


def _values(connection: Connection, table: Table) -> list[tuple[LinkKey, Any]]:
    rows = connection.execute(select(table.c.code, table.c.issue_id, table.c.field, table.c.value))
    return [((code, issue_id, _FIELD[field]), value) for code, issue_id, field, value in rows]


def _remembered(since: Snapshot | None) -> CompoundSelect[Any]:
    """Every value that is remembered of a link and field, with the table it is in, and every issue that was done."""
    of_links = [
        select(literal(table.name).label("table"), table.c.code, table.c.issue_id, table.c.field, table.c.value)
        for table in (tables.baseline, tables.written, tables.undone)
    ]
    done = _done_before()
    others = [select(literal("done"), literal(""), done.c.issue_id, literal(""), null())]
    if since is not None:
        unread = _written_since(since)
        last = select(literal("unread"), literal(""), unread.c.issue_id, unread.c.field, unread.c.after)
        others.append(last.where(unread.c.place == 1))
    return union_all(*of_links, *others)


def _written_since(snapshot: Snapshot) -> Subquery:
    """What was written into each field of an issue, and read back, after a snapshot; `place` 1 is the last of it.

    A run reads before it writes, so what was meant by the snapshot's own run or a later one is not in it.
    """
    meant, became = tables.audit.alias(), tables.audit.alias()
    its_run = select(tables.snapshot.c.run).where(tables.snapshot.c.id == snapshot.id).scalar_subquery()
    place = func.row_number().over(partition_by=(meant.c.issue_id, meant.c.field), order_by=became.c.id.desc())
    query = select(meant.c.issue_id, meant.c.field, meant.c.after, place.label("place"))
    query = query.join(became, became.c.intent == meant.c.id).where(meant.c.run >= its_run, became.c.run >= its_run)
    return query.where(meant.c.event == "intent", became.c.event.in_(_REACHED)).subquery()


def _done_before() -> Subquery:
    """Issues that were seen done in a snapshot before the newest one of the same connector."""
    taken, done = tables.snapshot.c, tables.done.c
    newest = (
        select(taken.connector, func.max(taken.id).label("snapshot"))
        .where(taken.period.is_(None))
        .group_by(taken.connector)
        .subquery()
    )
    query = select(done.issue_id).join(newest, newest.c.connector == done.connector)
    return query.where(done.snapshot < newest.c.snapshot).subquery()


def _proposal(row: RowMapping) -> Proposal:
    return Proposal(
        code=row["code"],
        issue_id=row["issue_id"],
        value=row["value"],
        state=ProposalState(row["state"]),
        handed_over_on=row["handed_over_on"],
        key=row["key"],
        snapshot=row["snapshot"] or 0,
        id=row["id"],
    )
