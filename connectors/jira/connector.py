"""The Jira connector as syncsvc sees it: what is asked once, and the order of things."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.jira import fields
from connectors.jira.candidates import CandidateSearch
from connectors.jira.changes import CannotTell, find_changed, projects_of, recall
from connectors.jira.history import HistoryReader
from connectors.jira.issues import Shown, Terms
from connectors.jira.reading import ALONE_KEYS, Found, IssueReader
from connectors.jira.settings import AUTO, CLOUD, JiraSettings
from connectors.jira.transport import Transport
from connectors.jira.wording import describe_changes
from connectors.jira.writing import BatchWriter
from syncsvc.connector import Known, Pulled, Seen, always
from syncsvc.errors import ConfigError, Problem
from syncsvc.model import Candidates, Change, Field, FieldChange, Receipt, Side, Snapshot

_log = logging.getLogger("syncsvc.jira")


@dataclass(frozen=True, slots=True)
class _Met:
    """What was learnt of this Jira at the first use."""

    reader: IssueReader
    terms: Terms
    cloud: bool
    zone: ZoneInfo | None  # in which it reads the dates of our queries
    fingerprint: str  # of everything that decides how an issue is read


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

    def waits(self) -> tuple[int, float]:
        """How often Jira asked to wait (429, 503) since this was made, and how many seconds that came to."""
        return self._transport.waits()

    def check(self) -> list[Problem]:
        """Address, token, flavour, field and permissions: everything wrong at once."""
        return fields.find_problems(self._transport, self._settings, f"connectors.{self.name}")

    def pull(self, keys: Collection[str], seen: Seen, known: Known | None = None) -> Pulled:
        """One snapshot of these keys. Raises Unreachable, AccessRefused, ConfigError; never half a snapshot.

        Of what is `known` under the same settings only what can have changed is read, unless a census is asked for or
        due, or everything is hardly more. An issue that Jira itself fails to show makes the snapshot incomplete.
        """
        met = self._meet()
        read_at = self._transport.server_now()
        if known is not None and known.snapshot.mapping_sha256 != met.fingerprint:
            known = None
        remembered = {} if known is None else recall(known.snapshot, keys)
        unchanged: dict[str, Shown] = {}
        census_at = read_at
        since = self._since(met, len(keys), known, read_at) if known is not None and remembered else None
        if known is not None and since is not None:
            unchanged = self._find_unchanged(met, len(keys), known.written, remembered, since)
            census_at = known.snapshot.census_at if unchanged else read_at
        found = self._read_now(met, keys, known, remembered, unchanged)
        known_ids = {shown.key: _id_of(shown) for shown in unchanged.values()}
        if any(known_ids.get(shown.key, _id_of(shown)) != _id_of(shown) for shown in found.issues.values()):
            # a key that names another issue by now: what is known is not to be trusted
            found, unchanged, census_at = self._read_now(met, keys, known, remembered, {}), {}, read_at
        found.issues = unchanged | found.issues
        snapshot = self._snapshot(keys, found)
        return Pulled((replace(snapshot, mapping_sha256=met.fingerprint, read_at=read_at, census_at=census_at),))

    def read(self, keys: Collection[str]) -> Snapshot:
        """These keys now: a few of them one by one, which no index and no cache stands between; many in bulk."""
        reader = self._meet().reader
        return self._snapshot(keys, reader.alone(keys) if len(keys) <= ALONE_KEYS else reader.in_bulk(keys))

    def apply(self, changes: Sequence[Change], may_write: Callable[[], bool] = always) -> Iterator[Receipt]:
        """Compare, write, read back. One receipt per change; raises only while nothing has been begun."""
        if not changes:
            return
        met = self._meet()
        yield from BatchWriter(
            self._transport, met.reader, met.terms, self._settings, self.writes, self._comment_text, may_write
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

    def find_candidates(self) -> Candidates:
        """Issues that milestones without a link may belong to; capped. Raises SourceError, ConfigError."""
        met = self._meet()
        return CandidateSearch(self._transport, met.terms, self._settings, met.cloud).find()

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()
        self._history.close()

    def _since(self, met: _Met, count: int, known: Known, read_at: datetime | None) -> datetime | None:
        """From when on changes are to be looked for, by the server's clock; None: all is to be read.

        So where that costs little, was asked for or is due, or where no clock can be trusted.
        """
        before = known.snapshot
        if known.census or met.reader.requests_for(count) <= self._settings.few_requests:
            return None
        if read_at is None or before.read_at is None or before.census_at is None or read_at < before.read_at:
            return None
        days = round((read_at - before.census_at) / timedelta(days=1))  # a night begins some seconds sooner or later
        return before.read_at if days < self._settings.census_days else None

    def _find_unchanged(
        self, met: _Met, count: int, written: frozenset[str], remembered: dict[str, Shown], since: datetime
    ) -> dict[str, Shown]:
        """What is known and need not be read again; nothing of it where a search cannot tell."""
        try:
            changed = find_changed(
                self._transport,
                projects_of(remembered) | self._settings.projects,
                since,
                met.zone,
                cloud=met.cloud,
                most_requests=met.reader.requests_for(count),
            )
        except CannotTell as why:
            _log.info("%s: all is read, since it cannot be told what was changed: %s", self.name, why)
            return {}
        return {key: shown for key, shown in remembered.items() if _id_of(shown) not in changed | written}

    def _read_now(
        self,
        met: _Met,
        keys: Collection[str],
        known: Known | None,
        remembered: dict[str, Shown],
        unchanged: dict[str, Shown],
    ) -> Found:
        """All but the unchanged, in bulk. What we wrote to and what looks as it did before is read by itself as well:
        bulk answers may lag behind a write.
        """
        missing_before = known.snapshot.missing if known is not None else ()
        found = met.reader.in_bulk(set(keys) - unchanged.keys(), missing_before=missing_before, spare_unread=True)
        if known is not None:
            doubtful = {
                key
                for key, shown in found.issues.items()
                if _id_of(shown) in known.written and shown == remembered.get(key)
            }
            for key in doubtful:
                del found.issues[key]
            found.issues |= met.reader.alone(doubtful).issues
        return found

    def _snapshot(self, keys: Collection[str], found: Found) -> Snapshot:
        missing = set(keys) - found.issues.keys() - found.unread.keys()
        self._keys |= {issue.issue_id: issue.code for issue in found.milestones if issue.issue_id}
        if missing or found.unread:
            # a token that expired since makes us anonymous on Data Center, to whom everything is missing;
            # and a Jira that answers nothing at all is not one that fails to show an issue
            fields.prove_access(self._transport)
        return Snapshot(
            side=self.side,
            source=self._transport.place,
            taken_at=self._now(),
            milestones=found.milestones,
            connector=self.name,
            complete=not found.unread,
            why_incomplete="; ".join(f"{key}: {why}" for key, why in sorted(found.unread.items())),
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
        account = fields.prove_access(self._transport)
        completed_field = None
        if settings.completed_field:
            completed_field = fields.find_completed_field(self._transport, settings.completed_field, where)
        terms = Terms(
            settings.time_zone,
            browse_url,
            completed_field,
            frozenset(name.casefold() for name in settings.not_completed_resolutions),
        )
        reader = IssueReader(self._transport, terms, cloud=cloud, workers=settings.workers)
        fingerprint = terms.fingerprint(settings.place, str(cloud), account.id)
        return _Met(reader, terms, cloud, account.zone, fingerprint)


def _id_of(shown: Shown) -> str | None:
    return shown.milestone.issue_id if shown.milestone else None
