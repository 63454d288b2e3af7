"""What every connector must do. The contract suite in tests/contract holds each of these rules.

- Constructing does no I/O.
- `pull` returns everything in scope or says `complete=False`. An unreadable row is a reject with its place;
  a source that cannot be read raises `SourceError` (or `MappingError`), and nothing half-read is returned.
  Codes are unique in a snapshot.
- A source that keeps many exports returns each one that `seen` does not know, in order of period; it may return
  none. A newest export that cannot be read is an exception; an older one is a problem beside the others.
  A tracker returns one snapshot, of the keys it was asked for. Given what is `known` of it, it may ask only for what
  can have changed since, and its snapshot is the whole picture all the same: each key asked for as it was read last.
  Every key that `known` does not show, and every issue in its `written`, is read itself. What such a reading cannot
  notice (deleted, hidden, moved far away) a census does: the connector makes one of its own accord now and then, and
  always where `known.census` asks for it. A snapshot that is not complete says why, and is never `known`.
- `read` gives the keys as they stand now, by the freshest path there is; it is for comparing before a write and
  for settling, and never kept as a snapshot.
- `apply` yields exactly one receipt per change, as it happens, in any order. It reads again first: a value other
  than `before` is `stale` and not written, one that already equals `after` is `already`. A connector that
  `confirms` reads back after writing; any other answers `handed_over`, with the place as the receipt's detail, and
  can say later whether exactly these changes were `delivered`. One failure is a receipt. An exception
  means that the connector is unusable: what has no receipt yet was not tried, or is unknown if it was begun.
- `may_write` is asked right before every request that writes: a process that was suspended wakes up in the middle of
  a batch when another has long gone on with it. Once it says no, nothing more is sent, and the rest is `not_tried`.
- Applying twice equals applying once. Only idempotent requests are repeated blindly; after an ambiguous failure
  the target is read again, and where that is impossible the receipt says `unknown`.
- `last_changes` explains and no more: what the side does not know is left out, an older change never stands for the
  newest one, and where nobody answers it gives up soon, with a `SourceError` that the caller does without.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from syncsvc.errors import Problem
from syncsvc.model import Change, Field, FieldChange, Receipt, Side, Snapshot

#: source (absolute path or URL) -> "sha256:mapping_sha256" of what was last kept from it
Seen = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought, oldest period first, and what of it could not be read."""

    snapshots: tuple[Snapshot, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the last complete reading of a tracker brought, for one that can ask for changes alone.

    `written`: ids of the issues that we wrote to, or tried to, after it. `census`: read everything all the same.
    """

    snapshot: Snapshot
    written: frozenset[str] = frozenset()
    census: bool = False


#: Detail of the receipt of a change that was not begun any more.
LEASE_ENDED: Final = "the lease had ended before this was begun"


def always() -> bool:
    """Whether it may be written, where nobody else could."""
    return True


def fingerprint(snapshot: Snapshot) -> str:
    """What `Seen` keeps of a snapshot: same bytes under the same mapping need not be read again."""
    return f"{snapshot.sha256}:{snapshot.mapping_sha256}"


@runtime_checkable
class Reader(Protocol):
    """A connector as a report-only run gets it: there is no way to write."""

    name: str  # instance name in the configuration
    side: Side

    def check(self) -> list[Problem]:
        """Everything that would keep a run from working; may use the network."""
        ...

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """What is there now: see the rules above."""
        ...

    def read(self, keys: Collection[str]) -> Snapshot:
        """These keys now, by the freshest path."""
        ...

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Where exactly this batch was handed over, or None; a connector that confirms always says None."""
        ...

    def last_changes(self, issues: Collection[str], field: Field) -> Mapping[str, FieldChange]:
        """Issue id -> who set this field last and when; what the side does not know is left out. Explains, no more."""
        ...

    def close(self) -> None:
        """Give back connections and files."""
        ...


@runtime_checkable
class Connector(Reader, Protocol):
    """A connector that may write."""

    writes: frozenset[Field]  # fields that can be written; empty: read only
    confirms: bool  # True: apply reads back; False: it can only hand over

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Write at most one batch; one receipt per change."""
        ...


class ReadOnly:
    """A view of a connector that cannot write, because it has no method that does."""

    def __init__(self, connector: Reader) -> None:
        self.name = connector.name
        self.side = connector.side
        self.check = connector.check
        self.pull = connector.pull
        self.read = connector.read
        self.delivered = connector.delivered
        self.last_changes = connector.last_changes
        self.close = connector.close
