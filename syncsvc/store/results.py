"""What runs did: kept so that a report can be rendered again with the same values.

Every night leaves one, so that what all of them share is not in each: the links of the basis are a part, and of the
drifts only those are kept that a report names. What is in sync and what has no link is counted in the plan.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import delete, insert, select

from syncsvc.model import DriftKind, Link, ReportBasis, RunResult
from syncsvc.store import tables
from syncsvc.store.codec import from_plain, pack, pack_all, to_plain, unpack, unpack_all
from syncsvc.store.engine import Database
from syncsvc.store.parts import keep_part, read_part
from syncsvc.store.snapshots import read_snapshots, with_ids

_COUNTED: Final = frozenset({DriftKind.IN_SYNC, DriftKind.UNLINKED})


class ResultStore(Database):
    """Results of runs."""

    def keep_result(self, result: RunResult, basis: ReportBasis | None) -> None:
        """Keep what a run did and what its report rests on; the snapshots it pulled are kept by their ids."""
        pulled = {name: snapshot.id for name, snapshot in result.pulled.items()}
        named = tuple(drift for drift in result.drifts if drift.kind not in _COUNTED)
        kept: dict[str, Any] = {
            "result": to_plain(replace(result, pulled={}, drifts=named)),
            "pulled": pulled,
            "basis": None if basis is None else to_plain(replace(basis, links=())),
        }
        with self._writing() as connection:
            if basis is not None:
                kept["links"] = keep_part(connection, pack_all(Link, basis.links))
            connection.execute(delete(tables.result).where(tables.result.c.run == result.run))
            connection.execute(insert(tables.result), {"run": result.run, "body": pack(kept)})

    def find_result(self, run: int) -> tuple[RunResult, ReportBasis | None] | None:
        """What was kept of a run, or None; without the snapshots that were pruned since."""
        query = select(tables.result.c.body).where(tables.result.c.run == run)
        with self._reading() as connection:
            body = connection.execute(query).scalar()
            if body is None:
                return None
            kept = unpack(body)
            there = read_snapshots(connection, with_ids(kept["pulled"].values()))
            pulled = {name: there[each] for name, each in kept["pulled"].items() if each in there}
            basis = None if kept["basis"] is None else from_plain(ReportBasis, kept["basis"])
            if basis is not None and "links" in kept:  # an earlier version kept them within the basis
                basis = replace(basis, links=unpack_all(Link, read_part(connection, kept["links"])))
        return replace(from_plain(RunResult, kept["result"]), pulled=pulled), basis
