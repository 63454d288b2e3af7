"""What holds of the limits whatever the plan: a looser limit lets more through, and none hides another."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsvc.model import Change, Field, Limits
from syncsvc.safety import ALWAYS_ALLOWED_LINKS, ExportFacts, find_violations, find_warnings
from tests.builders import change

TODAY = date(2019, 5, 2)
NEAR = st.none() | st.dates(date(2016, 1, 1), date(2022, 12, 31))
CHANGES = st.lists(
    st.builds(
        lambda number, field, before, after: change(f"DM-{number}", field, before, after),
        st.integers(1, 12),
        st.sampled_from(Field),
        NEAR,
        NEAR,
    ),
    max_size=12,
)
EXPORTS = st.builds(ExportFacts, st.integers(0, 50), st.none() | st.integers(0, 50), NEAR)
SMALL = st.integers(0, 20)
PERCENT = st.integers(0, 100) | st.floats(0, 100)
DAYS = st.integers(0, 1500)
LIMITS = st.builds(Limits, SMALL, PERCENT, DAYS, DAYS, PERCENT, SMALL)
SEEN = st.integers(0, 40)

#: What each limit may be set to.
VALUES = {
    "max_changes": SMALL,
    "max_change_percent": PERCENT,
    "max_shift_days": DAYS,
    "max_export_age_days": DAYS,
    "max_row_drop_percent": PERCENT,
    "min_rows": SMALL,
}


def looseness(name: str, value: float) -> float:
    """How much a limit lets through: fewer rows asked for is looser, and an age of 0 is no limit at all."""
    if name == "min_rows":
        return -value
    return float("inf") if name == "max_export_age_days" and value == 0 else value


def broken(changes: list[Change], seen: int, export: ExportFacts, limits: Limits) -> dict[str, float]:
    violations = find_violations(changes, seen, export, limits, TODAY)
    named = {violation.limit: violation.value for violation in violations}
    assert len(named) == len(violations)
    return named


def test_every_limit_is_looked_at() -> None:
    assert set(VALUES) == set(Limits.__slots__)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data(), changes=CHANGES, seen=SEEN, export=EXPORTS, limits=LIMITS)
def test_raising_a_limit_never_adds_a_violation(
    name: str, data: st.DataObject, changes: list[Change], seen: int, export: ExportFacts, limits: Limits
) -> None:
    drawn = data.draw(st.tuples(VALUES[name], VALUES[name]))
    tight, loose = sorted(drawn, key=lambda value: looseness(name, value))
    under_the_tight = broken(changes, seen, export, replace(limits, **{name: tight}))
    under_the_loose = broken(changes, seen, export, replace(limits, **{name: loose}))
    assert set(under_the_loose) <= set(under_the_tight)
    assert set(under_the_tight) - set(under_the_loose) <= {name}, "the other limits do not look at this one"


@given(CHANGES, SEEN, EXPORTS, LIMITS, st.randoms())
def test_the_order_of_changes_does_not_matter(
    changes: list[Change], seen: int, export: ExportFacts, limits: Limits, random: Random
) -> None:
    shuffled = list(changes)
    random.shuffle(shuffled)
    assert broken(shuffled, seen, export, limits) == broken(changes, seen, export, limits)


@given(CHANGES, SEEN, EXPORTS, LIMITS)
def test_an_old_export_is_said_once_as_a_violation_or_as_a_warning(
    changes: list[Change], seen: int, export: ExportFacts, limits: Limits
) -> None:
    aged = "max_export_age_days" in broken(changes, seen, export, limits)
    warned = bool(find_warnings(changes, export, limits, TODAY))
    too_old = (
        limits.max_export_age_days > 0
        and export.data_date is not None
        and export.data_date < TODAY - timedelta(days=limits.max_export_age_days)
    )
    assert (aged, warned) == (too_old and bool(changes), too_old and not changes)


@given(st.lists(st.sampled_from(["DM-1", "DM-2", "DM-3", "DM-4", "DM-5"])), SEEN, LIMITS)
def test_five_links_are_always_allowed_however_many_fields_they_change(
    keys: list[str], seen: int, limits: Limits
) -> None:
    assert ALWAYS_ALLOWED_LINKS == 5
    few = [change(key, field, TODAY, TODAY) for key in keys for field in Field]
    assert "max_change_percent" not in broken(few, seen, ExportFacts(100, None, TODAY), limits)
