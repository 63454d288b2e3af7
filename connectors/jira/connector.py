"""The Jira connector as syncsvc sees it: what is asked once, and the order of things."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.jira import fields
from connectors.jira.candidates import CandidateSearch
from connectors.jira.history import HistoryReader
from connectors.jira.issues import Terms
from connectors.jira.reading import ALONE_KEYS, Found, IssueReader
from connectors.jira.settings import AUTO, CLOUD, JiraSettings
from connectors.jira.transport import Transport
from connectors.jira.wording import describe_changes
from connectors.jira.writing import BatchWriter
from syncsvc.connector import Pulled, Seen
from syncsvc.errors import ConfigError, Problem
from syncsvc.model import Candidates, Change, Field, FieldChange, Receipt, Side, Snapshot


@dataclass(frozen=True, slots=True)
class _Met:
    """What was learnt of this Jira at the first use."""

    reader: IssueReader
    terms: Terms
    cloud: bool


class JiraConnector:
    """Jira Cloud or Data Center as a side that is read by key and written date by date.

    `completed` is written only where `completed_field` is configured. Only the keys asked for are ever read, and
    only issues in `projects` are written.
    """

    side = Side.JIRA
    confirms = True

    def __init__(
        self,
        name: str,
        settings: JiraSettings,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        comment_text: Callable[[Sequence[Change]], str] | None = None,
    ) -> None:
        self.name = name
        self.writes = frozenset(Field) if settings.completed_field else frozenset({Field.DUE})
        self._settings = settings
        self._now = now
        self._comment_text = comment_text or describe_changes
        self._transport = Transport(settings, now=now, sleep=sleep, clock=clock)
        self._history = HistoryReader(settings, now=now, sleep=sleep, clock=clock)
        self._keys: dict[str, str] = {}  # issue id -> key as last seen: changelogs name issues by id
        self._met: _Met | None = None
        self._lock = threading.Lock()

    def check(self) -> list[Problem]:
        """Address, token, flavour, field and permissions: everything wrong at once."""
        return fields.find_problems(self._transport, self._settings, f"connectors.{self.name}")

    def pull(self, keys: Collection[str], seen: Seen) -> Pulled:
        """One snapshot of these keys. Raises Unreachable, AccessRefused, ConfigError; never half a snapshot."""
        return Pulled((self._snapshot(keys, self._meet().reader.in_bulk(keys)),))

    def read(self, keys: Collection[str]) -> Snapshot:
        """These keys now: a few of them one by one, which no index and no cache stands between; many in bulk."""
        reader = self._meet().reader
        return self._snapshot(keys, reader.alone(keys) if len(keys) <= ALONE_KEYS else reader.in_bulk(keys))

    def apply(self, changes: Sequence[Change]) -> Iterator[Receipt]:
        """Compare, write, read back. One receipt per change; raises only while nothing has been begun."""
        if not changes:
            return
        met = self._meet()
        yield from BatchWriter(
            self._transport, met.reader, met.terms, self._settings, self.writes, self._comment_text
        ).write(changes)

    def delivered(self, changes: Sequence[Change]) -> str | None:
        """Nothing is ever handed over here: what was written can be read."""
        return None

    def last_changes(self, issues: Collection[str], field: Field) -> Mapping[str, FieldChange]:
        """What the changelog says, within half a minute or so; SourceError where it says nothing usable."""
        if not issues:
            return {}
        met = self._meet()
        return self._history.last_changes(issues, field, met.terms, self._keys, cloud=met.cloud)

    def who_resolved(self, issues: Collection[str]) -> Mapping[str, FieldChange]:
        """Issue id -> who resolved it, and when, as the changelog tells; SourceError where it says nothing usable."""
        if not issues:
            return {}
        return self._history.who_resolved(issues, self._keys, cloud=self._meet().cloud)

    def find_candidates(self) -> Candidates:
        """Issues that milestones without a link may belong to; capped. Raises SourceError, ConfigError."""
        met = self._meet()
        return CandidateSearch(self._transport, met.terms, self._settings, met.cloud).find()

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()
        self._history.close()

    def _snapshot(self, keys: Collection[str], found: Found) -> Snapshot:
        missing = set(keys) - found.issues.keys()
        self._keys |= {issue.issue_id: issue.code for issue in found.milestones if issue.issue_id}
        if missing:
            # a token that expired since makes us anonymous on Data Center, to whom everything is missing
            fields.prove_access(self._transport)
        return Snapshot(
            side=self.side,
            source=self._transport.place,
            taken_at=self._now(),
            milestones=found.milestones,
            connector=self.name,
            rejects=found.rejects,
            asked=frozenset(keys),
            missing=tuple(sorted(missing)),
            moved=found.moved,
        )

    def _meet(self) -> _Met:
        """Prove that the token is good and learn what reading needs, once."""
        with self._lock:
            if self._met is None:
                self._met = self._make_acquaintance()
            return self._met

    def _make_acquaintance(self) -> _Met:
        settings, where = self._settings, f"connectors.{self.name}"
        if problems := fields.find_setting_problems(settings, where):
            raise ConfigError(f"{where} cannot be used", problems=problems)
        cloud, browse_url = settings.flavour == CLOUD, settings.place
        through_gateway = "/ex/jira/" in urlsplit(settings.url).path  # scoped tokens; nobody can browse there
        if settings.flavour == AUTO or through_gateway:
            server = fields.ask_server(self._transport)
            cloud = server.cloud if settings.flavour == AUTO else cloud
            browse_url = server.base_url or browse_url if through_gateway else browse_url
        fields.prove_access(self._transport)
        completed_field = None
        if settings.completed_field:
            completed_field = fields.find_completed_field(self._transport, settings.completed_field, where)
        terms = Terms(
            settings.time_zone,
            browse_url,
            completed_field,
            frozenset(name.casefold() for name in settings.not_completed_resolutions),
        )
        return _Met(IssueReader(self._transport, terms, cloud=cloud, workers=settings.workers), terms, cloud)
