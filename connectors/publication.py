"""One document or list, at one path or https address, as a connector that only reads."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Final, Protocol
from urllib.parse import unquote, urlsplit

from connectors.exports import absolute, read_whole
from syncsvc.connector import Known, Pulled, Seen, always
from syncsvc.errors import Problem, SourceError, SyncsvcError
from syncsvc.mapping import Mapping
from syncsvc.model import Change, Field, FieldChange, Outcome, Receipt, Side, Snapshot

if TYPE_CHECKING:
    from connectors.download import MakeClient

_HINT: Final = "See `path` in the configuration."


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document, and where they come from. `source` is an absolute path, or a URL without query."""

    content: bytes
    sha256: str
    source: str
    name: str  # of the file

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.name).stem


class ReadContent(Protocol):
    """Makes a snapshot of a document's bytes."""

    def __call__(self, content: Content, mapping: Mapping, *, taken_at: datetime) -> Snapshot:
        """Raises BadExport or MappingError for bytes that cannot be read."""
        ...


def read_content(path: Path) -> Content:
    """The bytes of a file. Raises SourceError where it cannot be read."""
    content, digest = read_whole(path)
    return Content(content, digest, str(absolute(path)), path.name)


def fetch_content(url: str, make_client: "MakeClient | None" = None) -> Content:
    """The bytes behind an https address. Raises SourceError where they cannot be had."""
    from connectors import download

    with (make_client or download.make_client)() as client:
        content = download.download(url, client)
    source = download.shown(url)
    name = PurePosixPath(unquote(urlsplit(source).path)).name or urlsplit(source).hostname or source
    return Content(content, hashlib.sha256(content).hexdigest(), source, name)


class Publication:
    """What stands at one place now; there is no way to write to it."""

    side = Side.PUBLISHED
    writes: frozenset[Field] = frozenset()
    confirms = False

    #: What the mapping must describe, and what reads it; a connector says both.
    format: ClassVar[str]
    read_as: ClassVar[ReadContent]

    def __init__(
        self,
        name: str,
        mapping: Mapping,
        location: str,
        *,
        now: Callable[[], datetime],
        make_client: "MakeClient | None" = None,
    ) -> None:
        """`location` is a path or an https address. Raises MappingError for a mapping of another format."""
        mapping.require_format(self.format)
        self.name = name
        self._mapping = mapping
        self._location = location
        self._now = now
        self._make_client = make_client

    def check(self) -> list[Problem]:
        """Whether it can be read."""
        try:
            self._snapshot(self._fetch())
        except SyncsvcError as error:
            return [Problem(f"connectors.{self.name}.path", error.message, error.hint, error.exit_code)]
        return []

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """What stands there now; nothing where that is what was seen last."""
        content = self._fetch()
        if seen.get(content.source) == f"{content.sha256}:{self._mapping.sha256}":
            return Pulled(())
        return Pulled((self._snapshot(content),))

    def read(self, keys: Collection[str]) -> Snapshot:
        """What stands there now, with only these codes of it."""
        snapshot = self._snapshot(self._fetch())
        return replace(snapshot, milestones=tuple(m for m in snapshot.milestones if m.code in keys))

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Refuse every change."""
        for change in changes:
            yield Receipt(change, Outcome.REFUSED, f"{self.name} is only read")

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Nothing is ever handed over."""
        return None

    def last_changes(self, issues: Collection[str], field: Field) -> dict[str, FieldChange]:
        """A document does not say who changed what."""
        return {}

    def close(self) -> None:
        """There is nothing to give back: each look opens a connection of its own."""

    def _fetch(self) -> Content:
        if "://" in self._location:
            return fetch_content(self._location, self._make_client)
        path = Path(self._location)
        if not path.is_file():
            what = "is no file" if path.exists() else "there is no such file"
            raise SourceError(f"{path}: {what}.", _HINT)
        return read_content(path)

    def _snapshot(self, content: Content) -> Snapshot:
        snapshot = type(self).read_as(content, self._mapping, taken_at=self._now())
        return replace(snapshot, connector=self.name)
