"""Bring what the sides say now into the store."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from syncsvc.connector import Known, Reader
from syncsvc.errors import MappingError, NothingThere, Problem, SourceError
from syncsvc.model import Link, Side, Snapshot
from syncsvc.reconcile import resolve_aliases
from syncsvc.service.session import Session
from syncsvc.service.setup import Setup

_log = logging.getLogger("syncsvc.pull")


def pull_all(session: Session, names: Collection[str] = ()) -> None:
    """Pull the named connectors, or all: the owner first, since its codes say which issues to ask for."""
    setup = session.setup
    wanted = {setup.reader(name).name for name in names}
    readers = [each for each in (setup.owner, *setup.others, setup.follower) if not wanted or each.name in wanted]
    for at, reader in enumerate(readers):
        setup.progress("reading sources", at, len(readers))
        if reader in setup.others:
            pull_further(session, reader)
        else:
            pull_one(session, reader)
    setup.progress("reading sources", len(readers), len(readers))


def pull_further(session: Session, reader: Reader) -> None:
    """Pull a side that no plan needs: where it cannot be read, that is a problem and the run goes on without it.

    So is one that ends too early, each night until it is whole again: what was read of it is kept.
    """
    try:
        pull_one(session, reader)
        newest = session.pulled.get(reader.name)
        if newest is not None and not newest.complete:
            ends_early = f"{newest.source}: it ends too early; what it lacks is unseen, not gone."
            raise SourceError(ends_early, f"Put the whole of it there; `syncsvc show {reader.name}:latest` says more.")
    except (SourceError, MappingError) as error:
        specific = "" if error.hint == error.default_hint else f"{error.hint} "  # the default may be untrue here
        hint = f"{specific}What was read of it last stands, and the run goes on."
        session.problems.append(str(Problem(f"connectors.{reader.name}", error.message, hint, error.exit_code)))
        session.unread.append(error.exit_code)


def bring_up_to_date(session: Session, *sides: Reader) -> None:
    """Pull these before a plan is made or applied: a newer export may have other dates, and Jira as it was before
    our own writes would look edited by hand. An export brought by itself (`pull --file`) needs none in the folder.
    """
    for reader in sides:
        try:
            pull_one(session, reader)
        except NothingThere:
            if newest_of(session.setup, reader) is None:
                raise


def pull_one(session: Session, reader: Reader) -> None:
    """Pull one connector and keep what came, each snapshot in its own transaction."""
    setup, store = session.setup, session.setup.store
    keys = {link.key for link in current_links(setup)} if reader.side is Side.JIRA else set()
    pulled = reader.pull(sorted(keys), store.seen(reader.name), known_of(session, reader))
    session.problems += [str(problem) for problem in pulled.problems]
    for snapshot in pulled.snapshots:
        keep_snapshot(session, snapshot)
    newest = newest_of(setup, reader)
    if newest is not None:
        session.pulled[reader.name] = newest
        _log.log(logging.INFO if newest.complete else logging.WARNING, "%s: %s", reader.name, newest.how_read)


def known_of(session: Session, reader: Reader) -> Known | None:
    """What the next reading of a tracker may begin with."""
    if reader.side is not Side.JIRA:
        return None
    last = session.setup.store.last_reading(reader.name)
    return None if last is None else Known(*last, census=session.census)


def keep_snapshot(session: Session, snapshot: Snapshot) -> None:
    """Save one snapshot; an export that names no kind counts as the kind plans are made from."""
    setup = session.setup
    kind = snapshot.kind or (setup.plan_from if snapshot.side is Side.PMCS else None)
    saved = setup.store.save_snapshot(session.lease, session.run, replace(snapshot, kind=kind))
    session.pulled[snapshot.connector] = saved


def newest_of(setup: Setup, reader: Reader) -> Snapshot | None:
    """The snapshot of a connector that a plan would use."""
    return setup.store.newest_snapshots([_wanted(setup, reader)])[0]


def newest_of_all(setup: Setup, readers: Sequence[Reader]) -> dict[str, Snapshot | None]:
    """The snapshot of each connector that a plan would use, by its name; read together."""
    found = setup.store.newest_snapshots([_wanted(setup, reader) for reader in readers])
    return {reader.name: snapshot for reader, snapshot in zip(readers, found, strict=True)}


def newest_of_both(setup: Setup, newest: Mapping[str, Snapshot | None] | None = None) -> tuple[Snapshot, Snapshot]:
    """The newest export that plans use, its aliases resolved, and what the tracker showed last; read together, unless
    they are among the `newest` by name of connector.
    """
    owner, follower = setup.owner, setup.follower
    found = newest_of_all(setup, (owner, follower)) if newest is None else newest
    return _require_owner(setup, found[owner.name]), _require_follower(setup, found[follower.name])


def newest_owner(setup: Setup) -> Snapshot:
    """The newest export that plans use, its aliases resolved."""
    return _require_owner(setup, newest_of(setup, setup.owner))


def newest_follower(setup: Setup) -> Snapshot:
    """What the tracker showed last."""
    return _require_follower(setup, newest_of(setup, setup.follower))


def _wanted(setup: Setup, reader: Reader) -> tuple[str, str | None]:
    return reader.name, setup.plan_from if reader.side is Side.PMCS else None


def _require_owner(setup: Setup, snapshot: Snapshot | None) -> Snapshot:
    if snapshot is None:
        raise SourceError(
            f"no export of kind {setup.plan_from} has been read from {setup.owner.name} yet",
            "Put an export into its folder and run `syncsvc pull`, or see `plan_from` in the configuration.",
        )
    return resolve_aliases(snapshot, setup.aliases)


def _require_follower(setup: Setup, snapshot: Snapshot | None) -> Snapshot:
    if snapshot is None:
        raise SourceError(f"nothing has been read from {setup.follower.name} yet", "Run `syncsvc pull`.")
    return snapshot


def current_links(setup: Setup) -> tuple[Link, ...]:
    """The links as the files stand now, for the codes of the newest export."""
    snapshot = newest_of(setup, setup.owner)
    codes = () if snapshot is None else [m.code for m in resolve_aliases(snapshot, setup.aliases).taking_part()]
    return setup.make_links(codes)
