"""Small makers of domain values, so that a test names only what it is about."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from syncsvc.model import (
    Basis,
    Change,
    DriftKind,
    Field,
    Link,
    LinkKey,
    Memory,
    Milestone,
    MilestoneKind,
    Policy,
    Proposal,
    Reject,
    Side,
    Snapshot,
    Status,
)

NOON = datetime(2019, 5, 1, 12, tzinfo=UTC)
MONTH_END = date(2019, 4, 30)


def milestone(
    code: str,
    due: date | None = None,
    completed: date | None = None,
    *,
    status: Status | None = None,
    basis: Basis = Basis.BASELINE,
    kind: MilestoneKind = MilestoneKind.FINISH_MILESTONE,
    name: str = "",
) -> Milestone:
    """A milestone as the schedule shows it: completed when it has a completion, unless `status` says otherwise."""
    return Milestone(
        code=code,
        name=name or f"Milestone {code}",
        kind=kind,
        status=status or (Status.COMPLETED if completed else Status.NOT_STARTED),
        due=due,
        due_column="base_end_date" if due else None,
        due_basis=basis if due else None,
        completed=completed,
        completed_column="act_end_date" if completed else None,
        where=f"TASK row {code}",
    )


def issue(
    key: str,
    due: date | None = None,
    completed: date | None = None,
    *,
    held: date | None = None,
    done: bool | None = None,
    issue_id: str | None = None,
) -> Milestone:
    """An issue as Jira shows it. `completed` is the effective date, `held` what the configured field holds.

    Done when it has a completion, unless `done` says otherwise; the id is made from the key.
    """
    done = completed is not None if done is None else done
    return Milestone(
        code=key,
        name=f"Issue {key}",
        status=Status.COMPLETED if done else Status.IN_PROGRESS,
        due=due,
        due_column="duedate" if due else None,
        completed=completed,
        completed_held=held,
        issue_id=issue_id or f"id-{key}",
    )


def export(
    *milestones: Milestone,
    data_date: date | None = MONTH_END,
    complete: bool = True,
    rejects: Iterable[Reject] = (),
    period: str = "2019-04",
    typed: bool = True,
) -> Snapshot:
    """A snapshot of the schedule."""
    return Snapshot(
        side=Side.PMCS,
        source=f"/exports/{period}-ME.xlsx",
        taken_at=NOON,
        milestones=milestones,
        connector="pmcs",
        sha256="0" * 64,
        period=period,
        kind="ME",
        data_date=data_date,
        complete=complete,
        typed=typed,
        rejects=tuple(rejects),
    )


def tracked(
    *issues: Milestone,
    asked: Iterable[str] | None = None,
    missing: Iterable[str] = (),
    moved: Mapping[str, str] | None = None,
    complete: bool = True,
    rejects: Iterable[Reject] = (),
) -> Snapshot:
    """A snapshot of the tracker; asked for the keys it shows and misses, unless `asked` says otherwise."""
    moved = dict(moved or {})
    missing = tuple(missing)
    before_moving = {now: linked for linked, now in moved.items()}
    if asked is None:
        asked = [*(before_moving.get(shown.code, shown.code) for shown in issues), *missing]
    return Snapshot(
        side=Side.JIRA,
        source="https://jira.example.org",
        taken_at=NOON,
        milestones=issues,
        connector="jira",
        complete=complete,
        rejects=tuple(rejects),
        asked=frozenset(asked),
        missing=missing,
        moved=moved,
    )


def link(
    code: str,
    key: str,
    *,
    fields: Iterable[Field] = tuple(Field),
    offset_days: int = 0,
    role: str = "completion",
) -> Link:
    """A link that carries both fields unless told otherwise."""
    return Link(code, key, frozenset(fields), offset_days, role, declared=f"links.toml: {code}")


def memory(
    baselines: Mapping[LinkKey, date | None] | None = None,
    *,
    written: Mapping[LinkKey, Iterable[date]] | None = None,
    undone: Mapping[LinkKey, date | None] | None = None,
    proposals: Iterable[Proposal] = (),
    done_before: Iterable[str] = (),
) -> Memory:
    """What earlier nights left behind; proposals in the order in which they were made."""
    by_link: dict[tuple[str, str], tuple[Proposal, ...]] = {}
    for proposal in proposals:
        place = (proposal.code, proposal.issue_id)
        by_link[place] = (*by_link.get(place, ()), proposal)
    return Memory(
        baselines=dict(baselines or {}),
        written={place: frozenset(values) for place, values in (written or {}).items()},
        undone=dict(undone or {}),
        proposals=by_link,
        done_before=frozenset(done_before),
    )


def policy(*projects: str, **settings: Any) -> Policy:
    """What the configuration says: both fields may be written in these projects (default: DM)."""
    return Policy(projects=frozenset(projects or ("DM",)), **{"writable": frozenset(Field), **settings})


def change(
    key: str,
    field: Field,
    before: date | None,
    after: date | None,
    *,
    code: str = "",
    issue_id: str | None = None,
    target: Side = Side.JIRA,
    seen: date | None = None,
    kind: DriftKind = DriftKind.OWNER_MOVED,
) -> Change:
    """A write from `before` to `after`; decided on `before` unless `seen` names another effective value."""
    return Change(
        code=code or f"M-{key}",
        target=target,
        key=key,
        issue_id=issue_id or f"id-{key}",
        field=field,
        before=before,
        after=after,
        kind=kind,
        seen=before if seen is None else seen,
    )
