"""What a milestone's story is made from: gathered out of the store under one configuration; connects to nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from syncsvc.decisions import lay_over
from syncsvc.links import LinksFile, make_links
from syncsvc.model import Drift, Link, Side, Sighting
from syncsvc.reconcile import reconcile, resolve_aliases
from syncsvc.settings import P6Settings, Settings
from syncsvc.store import Store, StoredPlan
from syncsvc.story import LinkedIssue, Now, Story, ToldRun, last_of, make_story


@dataclass(frozen=True, slots=True)
class Known:
    """What who has looked at both sides already knows: what the truth table says of the newest snapshots, with what was
    decided, and the plan that was made last.
    """

    drifts: tuple[Drift, ...]
    plan: StoredPlan | None


@dataclass(frozen=True, slots=True)
class Telling:
    """Gathers stories. `renumbered` are codes that a mapping declares to be others now; what is not `known` is looked
    up for each story.
    """

    settings: Settings
    store: Store
    links: LinksFile
    today: date
    renumbered: tuple[tuple[str, str], ...] = ()
    known: Known | None = None

    def story(self, code: str) -> Story | None:
        """The story of a milestone; None where nothing was ever seen or told of it."""
        other_codes = {other for other, meant in self.links.aliases.items() if meant == code}
        other_codes |= {other for other, meant in self.renumbered if meant == code}
        # The snapshots that would show an alias are shown with it: audit rows too may be older than the alias.
        events = self.store.events_of({code, *other_codes})
        links = tuple(link for link in self._links([code]) if link.code == code)
        own, issues = self._histories(code, other_codes, {link.key for link in links})
        if not (own or events):
            return None
        told_in = {event.run for event in events if event.run is not None}
        seen_in = {
            each.run for each in (*own, *(s for sightings in issues.values() for s in sightings)) if each.changed
        }
        runs = self.store.runs_by_id(told_in | seen_in)
        plans = {runs[event.run].plan for event in events if event.event == "intent" and event.run in runs}
        waiting = self._waiting_plan(code)
        approvals = self.store.events_of_plans({plan for plan in (*plans, waiting) if plan})
        runs |= {run.id: run for _, run in approvals}
        return make_story(
            code,
            aliases=other_codes,
            own=own,
            issues=issues,
            events=[*events, *(event for event, _ in approvals)],
            runs={run.id: ToldRun(run.id, run.trigger, run.actor, run.plan) for run in runs.values()},
            now=self._now(code, own, links, issues, waiting),
            name=self.links.names.get(code, ""),
            holidays=self.settings.site.holidays,
        )

    def _links(self, codes: Iterable[str]) -> tuple[Link, ...]:
        """The links of milestones as they stand now: declared, accepted, and of codes that are keys."""
        return make_links(
            self.links,
            codes,
            self.settings.links.code_is_key,
            self.store.link_words(),
            test_plan_offset_days=self.settings.links.test_plan_offset_days,
            time_zone=self.settings.site.timezone,
        )

    def _histories(
        self, code: str, other_codes: Collection[str], keys: Collection[str]
    ) -> tuple[list[Sighting], dict[str, list[Sighting]]]:
        """What exports and documents showed of a milestone, and what Jira showed of each of its issues, under every
        key that it had.
        """
        every_key = self.store.keys_of_issues(keys) if keys else {}
        own, *issues = self.store.code_histories([(code, other_codes), *every_key.items()])
        return [each for each in own if each.snapshot.side is not Side.JIRA], {
            key: [each for each in history if each.snapshot.side is Side.JIRA]
            for key, history in zip(every_key, issues, strict=True)
        }

    def _now(
        self,
        code: str,
        own: Iterable[Sighting],
        links: tuple[Link, ...],
        issues: dict[str, list[Sighting]],
        plan: str | None,
    ) -> Now:
        return Now(
            pmcs=last_of(own, Side.PMCS, self._plan_from()),
            published=last_of(own, Side.PUBLISHED),
            issues=tuple(LinkedIssue(link, last_of(issues[link.key], Side.JIRA)) for link in links),
            drifts=tuple(drift for drift in self._drifts() if drift.code == code),
            plan=plan,
        )

    def _drifts(self) -> tuple[Drift, ...]:
        """What the truth table says of the newest snapshots, with what was decided."""
        if self.known is not None:
            return self.known.drifts
        pmcs, jira = self.settings.pmcs, self.settings.jira
        if pmcs is None or jira is None:
            return ()
        owner, follower = self.store.newest_snapshots([(pmcs.name, self._plan_from()), (jira.name, None)])
        if owner is None or follower is None:
            return ()
        owner, policy = resolve_aliases(owner, self.links.aliases), self.settings.policy()
        codes = [milestone.code for milestone in owner.taking_part()]
        links = self._links(codes)
        drifts = reconcile(owner, follower, links, self.store.memory(), policy)
        return lay_over(drifts, self.store.standing_decisions(), self.today, policy)

    def _waiting_plan(self, code: str) -> str | None:
        """The newest plan, where nobody has applied it and it would write something of this milestone."""
        stored = self.known.plan if self.known is not None else self.store.newest_plan()
        if stored is None or stored.state != "open":
            return None
        return stored.plan.id if any(change.code == code for change in stored.plan.changes) else None

    def _plan_from(self) -> str | None:
        return self.settings.pmcs.plan_from if isinstance(self.settings.pmcs, P6Settings) else None
