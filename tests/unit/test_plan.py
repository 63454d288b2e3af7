"""Drifts become changes and holds, and the id comes from them alone."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from syncsvc.model import Action, Basis, Decision, Drift, DriftKind, Field, Hold, Limits, Mode, Plan, Side, Verdict
from syncsvc.plan import Setting, make_adoption, make_plan, still_wanted
from syncsvc.safety import ExportFacts
from tests.builders import link

FEB, MARCH, APRIL = date(2019, 2, 1), date(2019, 3, 1), date(2019, 4, 1)
BOTH = frozenset(Field)
SETTING = Setting(
    links=(link("M-1", "DM-1"),),
    limits=Limits(max_export_age_days=0),
    mode=Mode.AUTO,
    export=ExportFacts(100, 100, APRIL),
    snapshots={"pmcs": 1, "jira": 2},
    today=APRIL,
    created_at=datetime(2019, 4, 1, 4, 30, tzinfo=UTC),
    expires_at=datetime(2019, 4, 4, 4, 30, tzinfo=UTC),
)


def drift(code: str, kind: DriftKind, action: Action, **rest: object) -> Drift:
    number = code.rpartition("-")[2]
    given: dict[str, object] = {
        "key": f"DM-{number}",
        "issue_id": f"id-{number}",
        "field": Field.DUE,
        "owner_value": APRIL,
        "follower_value": FEB,
        "held": FEB,
        "baseline": FEB,
        "baseline_known": True,
        "from_column": "base_end_date",
        "basis": Basis.BASELINE,
        "seen_on_both": True,
        **rest,
    }
    return Drift(code, kind, action, **given)  # type: ignore[arg-type]


MOVED = drift("M-1", DriftKind.OWNER_MOVED, Action.WRITE)
EDITED = drift("M-2", DriftKind.FOLLOWER_EDITED, Action.HOLD, hold_kind=DriftKind.FOLLOWER_EDITED)
MET = drift("M-3", DriftKind.FIRST_CONTACT, Action.HOLD, hold_kind=DriftKind.FIRST_CONTACT, baseline_known=False)
AGREED = drift("M-4", DriftKind.IN_SYNC, Action.RECORD, follower_value=APRIL)
TOLD = drift(
    "M-5", DriftKind.REPORTED, Action.PROPOSE, field=Field.COMPLETED, owner_value=None, follower_value=MARCH, held=None
)


def plan(*drifts: Drift, setting: Setting = SETTING) -> Plan:
    return make_plan(drifts, setting)


class TestChangesAndHolds:
    def test_what_is_written_what_is_held_and_what_is_neither(self) -> None:
        made = plan(MOVED, EDITED, MET, AGREED)
        assert [(c.code, c.before, c.after, c.kind) for c in made.changes] == [
            ("M-1", FEB, APRIL, DriftKind.OWNER_MOVED)
        ]
        assert [(h.code, h.kind) for h in made.holds] == [
            ("M-2", DriftKind.FOLLOWER_EDITED),
            ("M-3", DriftKind.FIRST_CONTACT),
        ]
        assert made.drifts == {"first_contact": 1, "follower_edited": 1, "in_sync": 1, "owner_moved": 1}

    def test_a_completion_replaces_what_the_field_holds_and_is_decided_on_what_jira_shows(self) -> None:
        (change,) = plan(replace(MOVED, field=Field.COMPLETED, held=None, follower_value=MARCH)).changes
        assert (change.before, change.seen, change.after) == (None, MARCH, APRIL)
        assert change.calendar_days == 31

    def test_a_reported_completion_goes_to_pmcs(self) -> None:
        (change,) = plan(TOLD).changes
        assert (change.target, change.before, change.after, change.key) == (Side.PMCS, None, MARCH, "DM-5")
        assert change.calendar_days is None

    def test_a_hold_keeps_all_that_a_person_decides_on(self) -> None:
        (hold,) = plan(replace(EDITED, why="Jira was edited")).holds
        assert hold == Hold(
            "M-2", "DM-2", Field.DUE, DriftKind.FOLLOWER_EDITED, APRIL, FEB, FEB, "Jira was edited", "id-2", True
        )
        assert not plan(MET).holds[0].baseline_known

    def test_a_change_names_its_issue_and_its_column(self) -> None:
        (change,) = plan(MOVED).changes
        assert (change.key, change.issue_id, change.from_column) == ("DM-1", "id-1", "base_end_date")
        assert plan(TOLD).changes[0].from_column is None

    @pytest.mark.parametrize("lacking", ["key", "issue_id", "field"])
    def test_what_was_not_seen_cannot_be_written(self, lacking: str) -> None:
        with pytest.raises(ValueError, match="M-1: what was not seen cannot be written"):
            plan(replace(MOVED, **{lacking: None}))  # type: ignore[arg-type]  # a field of Drift by name

    def test_it_is_stamped_with_what_it_was_made_under(self) -> None:
        made = plan(MOVED)
        assert (made.purpose, made.mode, made.snapshots) == ("sync", Mode.AUTO, {"pmcs": 1, "jira": 2})
        assert (made.created_at, made.expires_at) == (SETTING.created_at, SETTING.expires_at)

    def test_the_share_is_of_links_seen_on_both_sides_and_two_fields_are_one_link(self) -> None:
        moved = [drift(f"M-{n}", DriftKind.OWNER_MOVED, Action.WRITE) for n in range(10, 16)]
        half = [drift(f"M-{n}", DriftKind.IN_SYNC, Action.RECORD) for n in range(20, 38)]
        unseen = [drift(f"M-{n}", DriftKind.UNSEEN, Action.REPORT, seen_on_both=False) for n in range(40, 90)]
        assert plan(*moved, *half).violations == ()
        twice = [replace(d, field=Field.COMPLETED) for d in half]
        (violation,) = plan(*moved, *half[1:], *twice[1:], *unseen).violations
        assert violation.why == "6 of the 23 links seen on both sides would change"

    def test_an_old_export_stops_what_writes_and_is_a_note_where_nothing_does(self) -> None:
        old = replace(SETTING, limits=Limits(), today=date(2019, 12, 1))
        assert [v.limit for v in plan(MOVED, setting=old).violations] == ["max_export_age_days"]
        assert plan(MOVED, setting=old).warnings == ()
        quiet = plan(EDITED, setting=old)
        assert quiet.violations == ()
        assert len(quiet.warnings) == 1

    def test_a_basis_hold_is_held_as_such_and_counted_as_what_it_is(self) -> None:
        made = plan(replace(MOVED, action=Action.HOLD, hold_kind=DriftKind.BASIS))
        assert made.holds[0].kind is DriftKind.BASIS
        assert made.drifts == {"owner_moved": 1}


class TestId:
    def test_times_snapshots_order_and_mode_do_not_matter(self) -> None:
        later = replace(
            SETTING, created_at=datetime(2020, 1, 1, tzinfo=UTC), snapshots={"pmcs": 8}, mode=Mode.REVIEW, today=FEB
        )
        assert plan(MOVED, EDITED).id == plan(EDITED, MOVED, setting=later).id

    @pytest.mark.parametrize(
        "other",
        [
            plan(replace(MOVED, owner_value=MARCH), EDITED),
            plan(replace(MOVED, held=MARCH), EDITED),
            plan(replace(MOVED, follower_value=MARCH), EDITED),
            plan(replace(MOVED, field=Field.COMPLETED), EDITED),
            plan(replace(MOVED, code="M-8"), EDITED),
            plan(replace(MOVED, key="DM-8"), EDITED),
            plan(replace(MOVED, issue_id="id-8"), EDITED),
            plan(replace(MOVED, kind=DriftKind.FOLLOWER_EDITED), EDITED),
            plan(replace(MOVED, action=Action.PROPOSE, follower_value=APRIL), EDITED),
            plan(MOVED, replace(EDITED, owner_value=MARCH)),
            plan(MOVED, replace(EDITED, baseline=MARCH)),
            plan(MOVED, replace(EDITED, baseline=None)),
            plan(MOVED, replace(EDITED, hold_kind=DriftKind.BOTH_MOVED)),
            plan(MOVED, replace(EDITED, field=Field.COMPLETED)),
            plan(MOVED, EDITED, setting=replace(SETTING, links=())),
            plan(MOVED, EDITED, setting=replace(SETTING, links=(link("M-1", "DM-1", fields=[Field.DUE]),))),
            plan(MOVED),
            plan(MOVED, replace(EDITED, follower_value=MARCH)),
            plan(MOVED, replace(EDITED, baseline_known=False)),
            plan(MOVED, EDITED, setting=replace(SETTING, links=(link("M-1", "DM-1", offset_days=-45),))),
            plan(MOVED, EDITED, setting=replace(SETTING, limits=Limits(max_changes=7))),
        ],
    )
    def test_changes_holds_links_and_limits_do(self, other: Plan) -> None:
        assert plan(MOVED, EDITED).id != other.id

    @pytest.mark.parametrize("name", Limits.__slots__)
    def test_each_limit_does(self, name: str) -> None:
        other = replace(SETTING, limits=replace(SETTING.limits, **{name: 7}))
        assert plan(MOVED, setting=other).id != plan(MOVED).id

    def test_a_default_limit_that_is_written_out_does_not(self) -> None:
        written = replace(SETTING.limits, max_change_percent=25.0, max_row_drop_percent=10.0)
        assert plan(MOVED, setting=replace(SETTING, limits=written)).id == plan(MOVED).id

    def test_the_purpose_does_even_where_nothing_is_written(self) -> None:
        adoption, _ = make_adoption([EDITED], SETTING, (), None, BOTH)
        assert (adoption.purpose, adoption.changes, adoption.holds) == ("adopt", (), plan(EDITED).holds)
        assert adoption.id != plan(EDITED).id

    def test_words_columns_and_what_is_neither_written_nor_held_do_not(self) -> None:
        said = plan(replace(MOVED, from_column="end_date", why="a"), replace(EDITED, why="b", waits=True), AGREED)
        assert said.id == plan(MOVED, EDITED).id

    def test_the_export_the_day_and_how_a_link_is_declared_do_not(self) -> None:
        older = ExportFacts(3, 1000, FEB, "/elsewhere.xlsx")
        first, second = replace(link("M-1", "DM-1"), declared="elsewhere", role="also"), link("M-2", "DM-2")
        one = replace(SETTING, export=older, today=MARCH, links=(first, second))
        assert plan(MOVED, setting=one).id == plan(MOVED, setting=replace(SETTING, links=(second, first))).id
        assert plan(MOVED, setting=one).violations != plan(MOVED).violations

    def test_it_begins_with_p(self) -> None:
        assert re.fullmatch(r"p-[0-9a-f]{12}", plan(MOVED).id)


class TestAdoption:
    def adopt(self, *drifts: Drift, codes: tuple[str, ...] = (), field: Field | None = None):  # type: ignore[no-untyped-def]
        return make_adoption(drifts, SETTING, codes, field, BOTH)

    def test_without_codes_the_first_contacts(self) -> None:
        made, refused = self.adopt(MOVED, EDITED, MET)
        assert [(c.code, c.after, c.kind) for c in made.changes] == [("M-3", APRIL, DriftKind.ADOPTED)]
        assert [h.code for h in made.holds] == ["M-2"]
        assert refused == ()

    @pytest.mark.parametrize(
        ("verdict", "until", "said"),
        [(Verdict.REJECT, None, "anna rejected it"), (Verdict.HOLD, MARCH, "anna put it off until 2019-03-01")],
    )
    def test_what_a_person_rejected_or_put_off_is_theirs_to_approve(
        self, verdict: Verdict, until: date | None, said: str
    ) -> None:
        word = Decision("M-3", "DM-3", "id-3", Field.DUE, verdict, APRIL, None, "anna", SETTING.created_at, "no", until)
        decided = replace(MET, decision=word)
        made, refused = self.adopt(decided)
        assert (made.changes, refused) == ((), ())
        made, refused = self.adopt(decided, codes=("M-3",))
        assert made.changes == ()
        assert refused == (f"M-3 DM-3 due: {said}: to write it all the same, syncsvc review approve M-3",)

    def test_with_codes_any_hold_whose_owner_has_a_value(self) -> None:
        made, refused = self.adopt(EDITED, MET, codes=("M-2",))
        assert [c.code for c in made.changes] == ["M-2"]
        assert refused == ()

    @pytest.mark.parametrize(
        "kind",
        [
            DriftKind.FIRST_CONTACT,
            DriftKind.FOLLOWER_EDITED,
            DriftKind.BOTH_MOVED,
            DriftKind.HISTORY_REWRITTEN,
            DriftKind.OWNER_MOVED,
        ],
    )
    def test_every_kind_of_hold_that_a_person_may_decide_for_pmcs(self, kind: DriftKind) -> None:
        hold_kind = DriftKind.BASIS if kind is DriftKind.OWNER_MOVED else kind
        made, refused = self.adopt(replace(EDITED, kind=kind, hold_kind=hold_kind), codes=("M-2",))
        assert [(c.before, c.after, c.seen, c.kind) for c in made.changes] == [(FEB, APRIL, FEB, DriftKind.ADOPTED)]
        assert (made.holds, refused) == ((), ())

    def test_a_completion_that_pmcs_withdrew_has_nothing_to_give(self) -> None:
        rewritten = replace(EDITED, kind=DriftKind.HISTORY_REWRITTEN, field=Field.COMPLETED, owner_value=None)
        made, refused = self.adopt(rewritten, codes=("M-2",))
        assert (made.changes, len(made.holds)) == ((), 1)
        assert refused == ("M-2 DM-2 completed: PMCS has no date, and a blank is never written",)

    @pytest.mark.parametrize("settled", [AGREED, TOLD, MOVED])
    def test_what_does_not_wait_for_a_person_is_neither_adopted_nor_refused(self, settled: Drift) -> None:
        made, refused = self.adopt(settled, codes=(settled.code,))
        assert (made.changes, made.holds, refused) == ((), (), ())

    def test_what_the_night_would_write_is_not_in_an_adoption(self) -> None:
        trusted = replace(MET, action=Action.WRITE, hold_kind=None)
        assert self.adopt(trusted)[0].changes == ()

    def test_an_unlinked_milestone_is_known(self) -> None:
        assert self.adopt(Drift("M-9", DriftKind.UNLINKED, Action.REPORT), codes=("M-9",))[1] == ()

    def test_a_first_contact_without_a_date_is_refused_since_a_blank_is_never_written(self) -> None:
        made, refused = self.adopt(replace(MET, owner_value=None))
        assert made.changes == ()
        assert refused == ("M-3 DM-3 due: PMCS has no date, and a blank is never written",)

    @pytest.mark.parametrize(
        ("kind", "mend"),
        [
            (DriftKind.AMBIGUOUS, "doubled id"),
            (DriftKind.FOREIGN_PROJECT, "`projects`"),
            (DriftKind.UNSEEN, "syncsvc pull"),
            (DriftKind.GONE, "bring the milestone or issue back"),
            (DriftKind.IMPLAUSIBLE, "mend the status"),
            (DriftKind.OWNER_BLANK, "a blank is never written"),
        ],
    )
    def test_what_has_to_be_mended_first(self, kind: DriftKind, mend: str) -> None:
        made, refused = self.adopt(replace(EDITED, kind=kind), codes=("M-2",))
        assert made.changes == ()
        assert len(refused) == 1
        assert mend in refused[0]

    def test_a_code_nobody_knows(self) -> None:
        made, refused = self.adopt(EDITED, codes=("M-77", "M-2", "M-66", "M-77"))
        assert [c.code for c in made.changes] == ["M-2"]
        assert refused == tuple(f"{code}: no milestone or link has this code" for code in ("M-66", "M-77"))

    def test_a_completion_needs_a_field(self) -> None:
        completed = replace(MET, field=Field.COMPLETED, action=Action.REPORT)
        _, refused = make_adoption([completed], SETTING, ("M-3",), None, {Field.DUE})
        assert "completed_field" in refused[0]

    def test_what_was_only_reported_for_want_of_a_field_is_no_refusal_unless_it_is_asked_for(self) -> None:
        completed = replace(MET, field=Field.COMPLETED, action=Action.REPORT, hold_kind=None)
        made, refused = make_adoption([MET, completed], SETTING, (), None, {Field.DUE})
        assert [c.field for c in made.changes] == [Field.DUE]
        assert refused == ()

    def test_one_field_only(self) -> None:
        completed = replace(MET, field=Field.COMPLETED)
        made, _ = self.adopt(MET, completed, field=Field.COMPLETED)
        assert [c.field for c in made.changes] == [Field.COMPLETED]


class TestStillWanted:
    def test_the_owners_newest_value(self) -> None:
        (change,) = plan(MOVED).changes
        assert still_wanted(change, MOVED)
        assert still_wanted(change, replace(MOVED, kind=DriftKind.IN_SYNC, action=Action.RECORD))
        assert not still_wanted(change, replace(MOVED, owner_value=MARCH))
        assert not still_wanted(change, None)

    @pytest.mark.parametrize("kind", [DriftKind.AMBIGUOUS, DriftKind.BOTH_MOVED, DriftKind.FOLLOWER_EDITED])
    def test_not_over_a_hold_that_has_come_since(self, kind: DriftKind) -> None:
        (change,) = plan(MOVED).changes
        assert not still_wanted(change, replace(MOVED, kind=kind, action=Action.HOLD))

    def test_what_a_person_adopted_stands_over_holds_but_those_to_be_mended(self) -> None:
        (change,) = plan(MOVED).changes
        adopted, held = replace(change, kind=DriftKind.ADOPTED), replace(MOVED, action=Action.HOLD)
        assert still_wanted(adopted, replace(held, kind=DriftKind.BOTH_MOVED))
        assert not still_wanted(adopted, replace(held, kind=DriftKind.AMBIGUOUS))
        assert not still_wanted(adopted, replace(held, kind=DriftKind.FOREIGN_PROJECT))

    def test_a_proposal_while_jira_reports_it_and_pmcs_does_not_show_it(self) -> None:
        (change,) = plan(TOLD).changes
        assert still_wanted(change, TOLD)
        assert not still_wanted(change, replace(TOLD, follower_value=APRIL))
        assert not still_wanted(change, replace(TOLD, kind=DriftKind.IN_SYNC, action=Action.RECORD))
        assert not still_wanted(change, None)

    def test_a_proposal_that_is_already_handed_over_is_not_handed_over_again(self) -> None:
        (change,) = plan(TOLD).changes
        assert not still_wanted(change, replace(TOLD, action=Action.REPORT, waits=True))

    def test_an_undo_is_not_the_owners_value(self) -> None:
        (change,) = plan(MOVED).changes
        assert still_wanted(replace(change, kind=DriftKind.UNDONE), None)
