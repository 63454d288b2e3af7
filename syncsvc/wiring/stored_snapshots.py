"""Stored snapshots by the names that people give them."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from syncsvc.errors import UsageError
from syncsvc.model import Snapshot
from syncsvc.settings import P6Settings, Settings
from syncsvc.store import Run, Store
from syncsvc.wiring.wiring import Wiring


def open_stored_snapshot(wiring: Wiring, name: str) -> Snapshot:
    """A stored snapshot by name: `pmcs:latest`, `pmcs:2019-04`, `pmcs:2019-04@2`, `pmcs:2018-03:BL@1`, `s12`."""
    return open_snapshot_as_of(wiring, name, None)[0]


def open_snapshot_as_of(wiring: Wiring, name: str, as_of: date | None) -> tuple[Snapshot, Run | None]:
    """What a name meant at the end of a day at the site, of what had been taken by then; and which run took it.

    UsageError where nothing of that name had arrived by then, or (without a day) where there is none.
    """
    before = None if as_of is None else end_of_day(as_of, wiring.settings.site.timezone)
    store = wiring.open_store()
    try:
        snapshot = _find_stored(store, wiring.settings, name, before)
        if snapshot is None and as_of is not None and (later := _find_stored(store, wiring.settings, name, None)):
            raise UsageError(
                f"nothing that is called {name} had arrived by the end of {as_of} ({wiring.settings.site.timezone})",
                f"The first of it came later: {_first_taken(store, wiring.settings, name, later)}.",
            )
        run = store.run(store.run_of(snapshot.id) or 0) if snapshot is not None and snapshot.id is not None else None
    finally:
        store.close()
    if snapshot is None:
        raise UsageError(
            f"no snapshot is called {name}",
            "Names are a file, pmcs:latest, pmcs:2019-04, pmcs:2019-04@2, pmcs:2018-03:BL@1, jira:latest,"
            " published:latest or s12.",
        )
    return snapshot, run


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day is over at the site: the midnight after it by the clock there."""
    try:
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{day} is no day that can be looked at", "Name one such as 2018-06-18.") from None


def _first_taken(store: Store, settings: Settings, name: str, later: Snapshot) -> str:
    """When the first snapshot of this name was taken, by the clock of the site."""
    heads = [head for head in store.snapshot_heads(later.connector) if head.kind == later.kind]
    if not name.endswith(":latest"):
        heads = [head for head in heads if (head.period, head.edition) == (later.period, later.edition)]
    first = heads[0]
    return f"s{first.id}, taken {first.taken_at.astimezone(settings.site.timezone):%Y-%m-%d %H:%M}"


def _find_stored(store: Store, settings: Settings, name: str, before: datetime | None) -> Snapshot | None:
    if name[:1] == "s" and name[1:].isdecimal():
        found = store.snapshot(int(name[1:]))
        if found is None and store.was_pruned(int(name[1:])):
            raise UsageError(
                f"snapshot {name} was pruned: it was old, and neither the first nor the last of its month",
                "`syncsvc log` says when. What is left of that month: pmcs:2019-04, or `syncsvc show jira:latest "
                "--as-of 2019-04-30`.",
            )
        return None if found is None or (before is not None and found.taken_at >= before) else found
    connector, _, rest = name.partition(":")
    names = {settings.name for settings in settings.connectors}
    if connector not in names:
        raise UsageError(f"{name}: no connector is called {connector}", f"There are: {', '.join(sorted(names))}.")
    plan_from = settings.pmcs.plan_from if isinstance(settings.pmcs, P6Settings) else None
    is_pmcs = settings.pmcs is not None and settings.pmcs.name == connector
    if rest in ("latest", ""):
        return store.newest_snapshot(connector, kind=plan_from if is_pmcs else None, before=before)
    place, _, edition = rest.partition("@")
    period, _, kind = place.partition(":")
    if edition and not edition.isdecimal():
        raise UsageError(f"{name}: {edition} is not the number of an edition", "Write pmcs:2019-04@2.")
    of_kind = kind or (plan_from or "" if is_pmcs else None)
    return store.find_snapshot(connector, period, of_kind, int(edition) if edition else None, before=before)
