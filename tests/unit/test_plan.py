"""Drifts become changes and holds, and the id comes from them alone."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from syncsvc.model import Action, Basis, Drift, DriftKind, Field, Limits, Mode, Plan, Side
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
            plan(MOVED),
            plan(MOVED, replace(EDITED, follower_value=MARCH)),
            plan(MOVED, replace(EDITED, baseline_known=False)),
            plan(MOVED, EDITED, setting=replace(SETTING, links=(link("M-1", "DM-1", offset_days=-45),))),
            plan(MOVED, EDITED, setting=replace(SETTING, limits=Limits(max_changes=7))),
        ],
    )
    def test_changes_holds_links_and_limits_do(self, other: Plan) -> None:
        assert plan(MOVED, EDITED).id != other.id

    def test_it_begins_with_p(self) -> None:
        assert plan(MOVED).id.startswith("p-")


class TestAdoption:
    def adopt(self, *drifts: Drift, codes: tuple[str, ...] = (), field: Field | None = None):  # type: ignore[no-untyped-def]
        return make_adoption(drifts, SETTING, codes, field, BOTH)

    def test_without_codes_the_first_contacts(self) -> None:
        made, refused = self.adopt(MOVED, EDITED, MET)
        assert [(c.code, c.after, c.kind) for c in made.changes] == [("M-3", APRIL, DriftKind.ADOPTED)]
        assert [h.code for h in made.holds] == ["M-2"]
        assert refused == ()

    def test_with_codes_any_hold_whose_owner_has_a_value(self) -> None:
        made, refused = self.adopt(EDITED, MET, codes=("M-2",))
        assert [c.code for c in made.changes] == ["M-2"]
        assert refused == ()

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
        assert self.adopt(EDITED, codes=("M-77",))[1] == ("M-77: no milestone or link has this code",)

    def test_a_completion_needs_a_field(self) -> None:
        completed = replace(MET, field=Field.COMPLETED, action=Action.REPORT)
        _, refused = make_adoption([completed], SETTING, ("M-3",), None, {Field.DUE})
        assert "completed_field" in refused[0]

    def test_one_field_only(self) -> None:
        completed = replace(MET, field=Field.COMPLETED)
        made, _ = self.adopt(MET, completed, field=Field.COMPLETED)
        assert [c.field for c in made.changes] == [Field.COMPLETED]


class TestStillWanted:
    def test_the_owners_newest_value(self) -> None:
        (change,) = plan(MOVED).changes
        assert still_wanted(change, MOVED)
        assert still_wanted(change, replace(MOVED, kind=DriftKind.BOTH_MOVED))
        assert not still_wanted(change, replace(MOVED, owner_value=MARCH))
        assert not still_wanted(change, None)

    def test_a_proposal_while_jira_reports_it_and_pmcs_does_not_show_it(self) -> None:
        (change,) = plan(TOLD).changes
        assert still_wanted(change, TOLD)
        assert not still_wanted(change, replace(TOLD, follower_value=APRIL))
        assert not still_wanted(change, replace(TOLD, kind=DriftKind.IN_SYNC))

    def test_an_undo_is_not_the_owners_value(self) -> None:
        (change,) = plan(MOVED).changes
        assert still_wanted(replace(change, kind=DriftKind.UNDONE), None)
