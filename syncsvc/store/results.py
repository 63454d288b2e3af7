"""What runs did, whole: kept so that a report can be rendered again with the same values."""

from dataclasses import replace

from sqlalchemy import delete, insert, select

from syncsvc.model import ReportBasis, RunResult, Snapshot
from syncsvc.store import tables
from syncsvc.store.codec import from_plain, pack, to_plain, unpack
from syncsvc.store.engine import Database
from syncsvc.store.snapshots import read_snapshot


class ResultStore(Database):
    """Results of runs."""

    def keep_result(self, result: RunResult, basis: ReportBasis | None) -> None:
        """Keep what a run did and what its report rests on; the snapshots it pulled are kept by their ids."""
        pulled = {name: snapshot.id for name, snapshot in result.pulled.items()}
        plain = to_plain(replace(result, pulled={}))
        body = pack({"result": plain, "pulled": pulled, "basis": None if basis is None else to_plain(basis)})
        with self._writing() as connection:
            connection.execute(delete(tables.result).where(tables.result.c.run == result.run))
            connection.execute(insert(tables.result), {"run": result.run, "body": body})

    def find_result(self, run: int) -> tuple[RunResult, ReportBasis | None] | None:
        """What was kept of a run, or None."""
        query = select(tables.result.c.body).where(tables.result.c.run == run)
        with self._reading() as connection:
            body = connection.execute(query).scalar()
            if body is None:
                return None
            kept = unpack(body)
            pulled: dict[str, Snapshot] = {}
            for name, snapshot_id in kept["pulled"].items():
                query = select(tables.snapshot).where(tables.snapshot.c.id == snapshot_id)
                row = connection.execute(query).mappings().one_or_none()
                if row is not None:
                    pulled[name] = read_snapshot(connection, row)
        result = replace(from_plain(RunResult, kept["result"]), pulled=pulled)
        return result, None if kept["basis"] is None else from_plain(ReportBasis, kept["basis"])
