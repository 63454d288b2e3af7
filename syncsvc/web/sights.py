"""What several pages look at: both sides as the store last saw them, rows to decide, names. Each is made once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncsvc.decisions import is_decidable
from syncsvc.model import Action, Drift, DriftKind, Field, Snapshot
from syncsvc.report.holds import HOLDS
from syncsvc.report.html.terms import Moved, apart, between
from syncsvc.report.words import day
from syncsvc.service import Picture, look, newest_of_all
from syncsvc.store import LastMove, StoredPlan
from syncsvc.web.asking import Ask

#: Listed before everything else, however small: what both sides had agreed on as history was changed.
_FIRST = DriftKind.HISTORY_REWRITTEN


@dataclass(frozen=True, slots=True)
class Row:
    """Something to decide, or decided, as pages show it."""

    drift: Drift
    name: str
    apart: Moved
    since: datetime | None  # when the hold began, or its values changed

    @property
    def kind(self) -> DriftKind:
        """What it is held for, else its case of the truth table."""
        return self.drift.hold_kind or self.drift.kind

    @property
    def waits(self) -> bool:
        """Whether a person has to decide: also where a second one has to agree."""
        held = self.drift.action is Action.HOLD or self.drift.kind is DriftKind.GONE
        return held and (self.drift.decision is None or self.drift.action is Action.HOLD)

    @property
    def state(self) -> str:
        """waits, planned (to be written), or decided."""
        if self.waits:
            return "waits"
        return "planned" if self.drift.decision is None else "decided"

    @property
    def days(self) -> int:
        """How far the two dates are apart, in calendar days; 0 where one is missing."""
        return abs(self.apart.days or 0)


def newest(ask: Ask) -> Mapping[str, Snapshot | None]:
    """What counts of each source: of the schedule the kind of export that plans are made from."""
    setup = ask.configured.setup
    return ask.once("newest", lambda: newest_of_all(setup, (setup.owner, setup.follower, *setup.others)))


def picture(ask: Ask) -> Picture:
    """Both sides as the store last saw them. SourceError in words where there is no export yet."""
    return ask.once("picture", lambda: look(ask.configured.setup, newest(ask)))


def newest_export(ask: Ask) -> Snapshot:
    """The export that plans are made from. SourceError in words where there is none yet."""
    return picture(ask).owner


def names(ask: Ask) -> Mapping[str, str]:
    """Code -> name as the newest export has it, or as the links files say."""
    declared = ask.configured.links.names
    return ask.once("names", lambda: {each.code: each.name for each in newest_export(ask).milestones} | dict(declared))


def addresses(ask: Ask) -> Mapping[str, str]:
    """Jira key -> where it is looked at in a browser."""
    seen = picture(ask)
    return ask.once(
        "addresses",
        lambda: {m.code: m.url for m in seen.follower.milestones if m.url and m.url.startswith(("https:", "http:"))},
    )


def newest_plan(ask: Ask) -> StoredPlan | None:
    """The plan that was made last, of both sides as they were then."""
    return ask.once("newest plan", ask.desk.store.newest_plan)


def find_plan(ask: Ask, plan_id: str) -> StoredPlan | None:
    """The newest making of a plan."""
    newest = newest_plan(ask)
    if newest is not None and newest.plan.id == plan_id:
        return newest
    return ask.once(("making", plan_id), lambda: ask.desk.store.newest_making(plan_id))


def identity(ask: Ask) -> str:
    """What tells this store's rows from any other's."""
    return ask.once("identity", ask.desk.store.identity)


def moves(ask: Ask, shown: Iterable[Row]) -> Mapping[tuple[str, str, Field], str]:
    """(side, code or key, field) -> since when that side shows the date of a row, in words; for rows of one page."""
    wanted = list(shown)
    codes = frozenset(row.drift.code for row in wanted)
    keys = frozenset(row.drift.key for row in wanted if row.drift.key)
    return ask.once(("moves", codes, keys), lambda: _find_moves(ask, codes, keys))


def _find_moves(ask: Ask, codes: Collection[str], keys: Collection[str]) -> Mapping[tuple[str, str, Field], str]:
    setup, store = ask.configured.setup, ask.desk.store
    wanted = (setup.owner.name, setup.plan_from, codes), (setup.follower.name, None, keys)
    words: dict[tuple[str, str, Field], str] = {}
    for side, found in zip(("pmcs", "jira"), store.last_moves(wanted), strict=True):
        for (code, name), move in found.items():
            words[side, code, name] = _since(move, name, side)
    return words


def _since(move: LastMove, name: Field, side: str) -> str:
    """ "since 2019-04 ME edition 2, before that 2019-06-03" of PMCS; of Jira since when it was seen so."""
    head = move.snapshot
    if side == "pmcs":
        edition = f"edition {head.edition}" if (head.edition or 1) > 1 else ""
        when = " ".join(filter(None, (head.period, head.kind, edition))) or f"{head.taken_at:%Y-%m-%d}"
    else:
        when = f"{head.taken_at:%Y-%m-%d %H:%M} UTC"
    if move.before is None:
        return f"since it was first read, {when}"
    return f"since {when}; before that {day(move.before.value(name), 'no date')}"


def rows(ask: Ask) -> tuple[Row, ...]:
    """Everything that can be decided or was: rewritten history first, then the largest, of those the oldest."""
    return ask.once("rows", lambda: _make_rows(ask))


def _make_rows(ask: Ask) -> tuple[Row, ...]:
    seen = picture(ask)
    holidays = frozenset(ask.configured.settings.site.holidays)
    since, known = ask.desk.store.held_since(), names(ask)
    decidable = {drift.link_key for drift in seen.undecided if is_decidable(drift)}
    made = [
        Row(
            drift,
            known.get(drift.code, ""),
            apart(between(drift.follower_value, drift.owner_value, holidays)),
            since.get((drift.code, drift.key or "", drift.field.value if drift.field else "")),
        )
        for drift in seen.drifts
        if drift.link_key in decidable
    ]
    order = [*HOLDS, DriftKind.GONE, DriftKind.OWNER_MOVED, DriftKind.REPORTED]
    never = ask.desk.now()
    return tuple(
        sorted(
            made,
            key=lambda row: (
                row.kind is not _FIRST,
                -row.days,
                row.since or never,
                order.index(row.kind),
                row.drift.code,
            ),
        )
    )


def page_of(ask: Ask, count: int, at_once: int) -> tuple[int, int]:
    """Which page of a list is asked for, and how many there are; what is no number is the first."""
    pages, number = max(1, -(-count // at_once)), ask.query.get("page", "")
    return (min(max(1, int(number)), pages) if number.isdecimal() and len(number) < 7 else 1), pages
