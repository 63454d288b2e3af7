"""Drift reports over the store: what stands beside two snapshots, the report a run leaves, and a past one again.

Like wiring, this knows store and configuration; what it makes are values of month_report, which report renders.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from syncsvc.errors import SyncsvcError, UsageError
from syncsvc.hand_over import HandOver
from syncsvc.links import LinksFile, make_links
from syncsvc.model import ChangeRequest, Drift, FieldChange, Link, Narrative, ReportBasis, RunResult, Side, Snapshot
from syncsvc.month_report import Beside, MonthReport, make_month_report
from syncsvc.narratives import of_month
from syncsvc.release_list import Annotations
from syncsvc.report.change_requests import RequestList
from syncsvc.report.formats import ENDINGS, REQUEST_FORMATS, render_hand_over, render_requests, render_run
from syncsvc.report.layout import Page
from syncsvc.report.run_files import write_report_file
from syncsvc.review_sheet import Mark, Review
from syncsvc.settings import Settings
from syncsvc.store import Store

#: What any other run than a sync leaves in the report folder.
_SHORT = ("text", "json")
_PAGE = Page(columns=160)


@dataclass(frozen=True, slots=True)
class Reporting:
    """Makes reports from one store under one configuration."""

    settings: Settings
    store: Store
    links: LinksFile

    def compare(
        self,
        before: Snapshot,
        after: Snapshot,
        *,
        prepared_at: datetime,
        aliases: Mapping[str, str],
        annotations: Annotations,
    ) -> MonthReport:
        """Two snapshots with what the store knows of them: editions, history and, of the newest export, other sides."""
        beside = Beside(
            before_editions=self._editions(before),
            after_editions=self._editions(after),
            history=self._history(after),
            aliases=aliases,
            annotations=annotations,
            holidays=self.settings.site.holidays,
            project=self.settings.site.name,
            links=self._links_of(before, after),
            narratives=self._narratives(after),
        )
        if self._is_newest_export(after):
            beside = replace(beside, jira=self._newest(Side.JIRA), published=self._newest(Side.PUBLISHED))
        rules = self.settings.report_rules()
        return make_month_report(before, after, prepared_at=prepared_at, beside=beside, rules=rules)

    def of_newest_export(self, *, prepared_at: datetime) -> MonthReport:
        """The newest export against the one before it, with what the other sides say now.

        UsageError where there is none yet.
        """
        after = self._newest(Side.PMCS)
        if after is None:
            raise UsageError("No export has been read yet.", "`syncsvc pull` reads what is in the folder.")
        return self.compare(
            self.store.newest_before(after) or after,
            after,
            prepared_at=prepared_at,
            aliases=dict(self.links.aliases),
            annotations=Annotations(names=dict(self.links.names)),
        )

    def review_workbook(
        self, *, rows: Sequence[Drift], names: Mapping[str, str], today: date, prepared_at: datetime
    ) -> tuple[str, bytes]:
        """The workbook in which these rows are decided, and a name for it. UsageError where no export was read yet."""
        from syncsvc.report.workbook import drift_workbook

        report = self.of_newest_export(prepared_at=prepared_at)
        plan, period = self.store.newest_plan(), report.drift.after.period
        review = Review(
            mark=Mark(self.store.identity(), period, plan.plan.id if plan else ""),
            rows=rows,
            today=today,
            names=names,
            narratives={each.code: each for each in self.store.narratives() if each.period == period},
        )
        return f"review-{review.mark.plan or f'snapshot-{report.drift.after.id}'}", drift_workbook(report, review)

    def links_of(self, codes: Iterable[str]) -> tuple[Link, ...]:
        """The links of milestones as they stand now: declared, accepted, and of codes that are keys."""
        rules = self.settings.links
        return make_links(
            self.links,
            codes,
            rules.code_is_key,
            self.store.link_words(),
            test_plan_offset_days=rules.test_plan_offset_days,
            time_zone=self.settings.site.timezone,
        )

    def basis_of(self, result: RunResult) -> ReportBasis | None:
        """What the report of a run that has just ended rests on; None where no export was looked at.

        The first export of all is compared with itself: nothing differs, and its checks and sides are there.
        """
        after = next((each for each in result.pulled.values() if each.side is Side.PMCS), None)
        if after is None or after.id is None:
            return None
        before = self.store.newest_before(after) or after
        jira, published = self._newest(Side.JIRA), self._newest(Side.PUBLISHED)
        return ReportBasis(
            before=before.id or after.id,
            after=after.id,
            until=self.store.newest_id(),
            prepared_at=result.finished_at,
            jira=jira.id if jira else None,
            published=published.id if published else None,
            links=self._links_of(before, after),
            aliases=dict(self.links.aliases),
            names=dict(self.links.names),
            holidays=tuple(self.settings.site.holidays),
            project=self.settings.site.name,
            rules=self.settings.report_rules(),
            narratives=self._narratives(after),
        )

    def of_run(self, result: RunResult, basis: ReportBasis) -> MonthReport | None:
        """The report of a run from its basis: the same value whenever it is made. None where a snapshot was pruned."""
        before, after = self.store.snapshot(basis.before), self.store.snapshot(basis.after)
        if before is None or after is None:
            return None
        beside = Beside(
            before_editions=self._editions(before, basis.until),
            after_editions=self._editions(after, basis.until),
            history=self._history(after, basis.until),
            jira=None if basis.jira is None else self.store.snapshot(basis.jira),
            published=None if basis.published is None else self.store.snapshot(basis.published),
            links=basis.links,
            aliases=basis.aliases,
            annotations=Annotations(names=basis.names),
            holidays=basis.holidays,
            project=basis.project,
            run=result,
            narratives=basis.narratives,
        )
        return make_month_report(before, after, prepared_at=basis.prepared_at, beside=beside, rules=basis.rules)

    def write(self, result: RunResult) -> Mapping[str, str]:
        """Keep what a run did, and write its report into the configured folder; format -> absolute path."""
        basis = self.basis_of(result)
        report = self.of_run(result, basis) if basis else None
        is_sync = report is not None and result.trigger != "apply"
        formats = self.settings.report.formats if is_sync else _SHORT
        folder = self.settings.report.folder
        paths = {form: str(folder / f"run-{result.run:05d}.{ENDINGS[form]}") for form in formats}
        named = replace(result, report=paths)
        self.store.keep_result(named, basis)
        if report is not None:
            report = replace(report, run=named)
        for form, path in paths.items():
            write_report_file(Path(path), render_run(named, report, form, _PAGE))
        return paths

    def again(self, run: int) -> tuple[RunResult, MonthReport | None] | None:
        """What a past run did and its report, with the values they had; None where nothing was kept."""
        kept = self.store.find_result(run)
        if kept is None:
            return None
        result, basis = kept
        return result, self.of_run(result, basis) if basis else None

    def _editions(self, snapshot: Snapshot, until: int | None = None) -> list[Snapshot]:
        if snapshot.id is None or snapshot.period is None:
            return []
        return self.store.editions(snapshot.connector, snapshot.period, snapshot.kind, until=until)

    def _history(self, after: Snapshot, until: int | None = None) -> list[Snapshot]:
        """Up to the snapshot itself: what came for later months belongs to later reports."""
        if after.id is None or after.period is None:
            return []
        history = self.store.history(after.connector, after.kind, until=until)
        place = (after.period, after.edition or 0)
        return [each for each in history if (each.period or "", each.edition or 0) <= place]

    def _narratives(self, after: Snapshot) -> tuple[Narrative, ...] | None:
        """What was written of the month of an export, and what of the months before it is needed beside."""
        if after.id is None or after.period is None or after.side is not Side.PMCS:
            return None
        return of_month(self.store.narratives(until_period=after.period), after.period)

    def _links_of(self, *snapshots: Snapshot) -> tuple[Link, ...]:
        codes = {each.code for snapshot in snapshots for each in snapshot.milestones if snapshot.side is not Side.JIRA}
        return self.links_of(sorted(codes))

    def _newest(self, side: Side) -> Snapshot | None:
        for connector in self.settings.connectors:
            if connector.side is side:
                kind = getattr(connector, "plan_from", None)
                if (snapshot := self.store.newest_snapshot(connector.name, kind=kind)) is not None:
                    return snapshot
        return None

    def _is_newest_export(self, snapshot: Snapshot) -> bool:
        newest = self._newest(Side.PMCS)
        return newest is not None and snapshot.id == newest.id


def list_requests(
    settings: Settings,
    now: Callable[[], datetime],
    requests: Sequence[ChangeRequest],
    export: Snapshot,
    who_changed: Callable[[Collection[str]], Mapping[str, FieldChange]],
) -> Mapping[str, str]:
    """Leave the due dates that teams propose in the outbox, as a list for change control; format -> absolute path.

    The same requests against the same dates are one list, written once. Who made them is told where Jira tells it.
    """
    rows = [(each.code, each.key, str(each.due), str(each.proposed)) for each in requests]
    digest = sha256(repr(rows).encode()).hexdigest()[:12]
    outbox = getattr(settings.pmcs, "outbox", settings.report.folder)
    paths = {form: outbox / f"syncsvc-change-requests-{digest}.{ENDINGS[form]}" for form in REQUEST_FORMATS}
    if not all(path.is_file() for path in paths.values()):
        try:
            proposed_by = dict(who_changed(sorted({each.issue_id for each in requests})))
        except SyncsvcError:  # it explains the rows and decides none
            proposed_by = {}
        listed = RequestList(
            requests=tuple(requests),
            proposed_by=proposed_by,
            export=export,
            made_at=now(),
            project=settings.site.name,
            holidays=settings.site.holidays,
        )
        for form, path in paths.items():
            write_report_file(path, render_requests(listed, form))
    return {form: str(path) for form, path in paths.items()}


def review_hand_over(settings: Settings, hand_over: HandOver) -> bytes:
    """The review sheet that lies beside an import workbook, as an XLSX file."""
    return render_hand_over(hand_over, settings.site.name)
