"""Suggestions of links: what counts as alike, in which order, and the words for it."""

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from syncsvc.files import read_file
from syncsvc.model import Candidate, Milestone
from syncsvc.suggestions import BEST, LEAST_SCORE, Suggestion, clean_name, suggest_links


def candidate(key: str, name: str, code: str = "") -> Candidate:
    return Candidate(Milestone(key, name), code)


def suggestions_for(name: str, *candidates: Candidate, code: str = "DM-AP-7") -> tuple[Suggestion, ...]:
    (suggested,) = suggest_links([Milestone(code, name)], candidates)
    assert suggested.milestone.code == code
    return suggested.suggestions


def keys(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.candidate.issue.code for suggestion in suggestions]


def test_a_field_that_holds_the_code_is_certain() -> None:
    found = suggestions_for("Alert distribution", candidate("DM-1", "Something else", "dm-ap-7"))
    assert [(one.score, one.by, one.why) for one in found] == [(1.0, "code_field", "its field for codes holds DM-AP-7")]


@pytest.mark.parametrize("held", ["DM-AP-7", "DM-AP-6, DM-AP-7", "DM-AP-7;DM-AP-8", "DM-AP-6 DM-AP-7"])
def test_a_field_may_hold_several_codes(held: str) -> None:
    assert keys(suggestions_for("x", candidate("DM-1", "y", held))) == ["DM-1"]


@pytest.mark.parametrize("held", ["DM-AP-70", "DM-AP", "LDM-AP-7", ""])
def test_another_code_in_the_field_is_none(held: str) -> None:
    assert suggestions_for("x", candidate("DM-1", "y", held)) == ()


def test_other_codes_of_a_milestone_count_too() -> None:
    (suggested,) = suggest_links(
        [Milestone("DM-AP-7", "x")],
        [candidate("DM-1", "y", "DIFF2"), candidate("DM-2", "DIFF2 is done")],
        aliases={"DIFF2": "DM-AP-7", "DIFF3": "DM-AP-8"},
    )
    assert [(one.by, one.why) for one in suggested.suggestions] == [
        ("code_field", "its field for codes holds DIFF2"),
        ("code_in_name", "its name says DIFF2"),
    ]


@pytest.mark.parametrize("name", ["DM-AP-7: alerts", "Alerts (DM-AP-7)", "Milestone dm-ap-7", "DM-AP-7"])
def test_a_name_that_holds_the_code_says_so(name: str) -> None:
    (one,) = suggestions_for("x", candidate("DM-1", name))
    assert (one.score, one.by) == (0.95, "code_in_name")


@pytest.mark.parametrize(
    "name", ["DM-AP-70 alerts", "DM-AP-7a alerts", "LDM-AP-7", "X-DM-AP-7", "DM-AP-7-b", "DM AP 7"]
)
def test_a_part_of_another_code_is_none(name: str) -> None:
    assert suggestions_for("x", candidate("DM-1", name)) == ()


def test_equal_names_are_alike_whatever_their_marks_and_case() -> None:
    (one,) = suggestions_for(
        "Test report: DM ComCam Interface Verification Readiness",
        candidate("DM-1", "dm comcam interface-verification readiness."),
    )
    assert (one.score, one.by) == (1.0, "name")
    assert one.why == "5 of 5 words in common (dm comcam interface verification readiness), 100% the same letters"


def test_names_that_share_little_are_not_suggested() -> None:
    assert suggestions_for("Alert distribution validated", candidate("DM-1", "Validated the butler of DAX")) == ()
    assert suggestions_for("Alert distribution", candidate("DM-1", "Large scale image processing test")) == ()
    assert suggestions_for("", candidate("DM-1", "")) == ()
    assert suggestions_for("The of and", candidate("DM-1", "The of and")) == ()


def test_a_reordered_or_longer_name_is_less_alike_than_the_same() -> None:
    found = suggestions_for(
        "Alert Distribution Validated",
        candidate("DM-3", "Validated Alert Distribution"),
        candidate("DM-2", "Alert Distribution Validated with ZTF"),
        candidate("DM-1", "Alert Distribution Validated"),
    )
    assert keys(found) == ["DM-1", "DM-2", "DM-3"]
    assert all(one.score >= LEAST_SCORE for one in found)
    assert found[0].score == 1.0 > found[1].score


def test_another_number_is_said_and_counts_against_it() -> None:
    found = suggestions_for(
        "Science Platform Release 1",
        candidate("DM-2", "Science Platform Release 2"),
        candidate("DM-1", "Platform Release 1"),
    )
    assert keys(found) == ["DM-1", "DM-2"]
    assert found[1].why.endswith("; but 1 is not 2")
    assert found[1].score < 0.75


def test_three_at_most_and_the_best_first_by_key_where_they_are_equal() -> None:
    found = suggestions_for(
        "Alert distribution", *(candidate(f"DM-{n}", "Alert distribution") for n in range(9, 3, -1))
    )
    assert keys(found) == ["DM-4", "DM-5", "DM-6"]
    assert len(found) == BEST


def test_a_refused_pair_is_not_suggested_and_makes_room() -> None:
    issues = [candidate(f"DM-{n}", "Alert distribution") for n in range(1, 6)]
    milestones = [Milestone("M-1", "Alert distribution"), Milestone("M-2", "Alert distribution")]
    first, second = suggest_links(milestones, issues, refused={("M-1", "DM-1"), ("M-1", "DM-3")})
    assert keys(first.suggestions) == ["DM-2", "DM-4", "DM-5"]
    assert keys(second.suggestions) == ["DM-1", "DM-2", "DM-3"]


def test_the_code_in_the_milestones_own_name_is_no_word_of_it() -> None:
    assert clean_name("DM-AP-7 Alert distribution v1.2", ["DM-AP-7"]).words == ("alert", "distribution", "v1.2")


def test_a_project_of_thousands_is_looked_through_quickly() -> None:
    subjects = [
        "alert",
        "image",
        "catalog",
        "butler",
        "database",
        "portal",
        "network",
        "archive",
        "camera",
        "telescope",
    ]
    verbs = ["validated", "delivered", "deployed", "designed", "tested", "integrated", "reviewed"]
    milestones = [
        Milestone(f"M-{n}", f"{subjects[n % 10]} {subjects[n * 3 % 10]} service {verbs[n % 7]} release {n % 13}")
        for n in range(150)
    ]
    issues = [
        candidate(f"DM-{n}", f"{verbs[n % 7]} {subjects[n * 7 % 10]} {subjects[n % 9]} service prototype {n % 17}")
        for n in range(3000)
    ]
    began = perf_counter()
    suggested = suggest_links(milestones, issues)
    assert len(suggested) == 150
    assert perf_counter() - began < 30


@pytest.mark.real
@pytest.mark.parametrize(("name", "right", "wrong"), [("201802-ME.csv", 300, 15), ("LDM-564-2019-05-20.txt", 95, 12)])
def test_names_of_another_time_lead_to_the_real_milestones(real_data: Path, name: str, right: int, wrong: int) -> None:
    """As if the names of another list were issues: how many of 386 milestones find their own first, or another's."""
    now = datetime(2019, 5, 20, tzinfo=UTC)
    milestones = read_file(real_data / "201904-ME.xls", now=now).taking_part()
    others = {f"DM-{n}": m for n, m in enumerate(read_file(real_data / name, now=now).taking_part(), start=1)}
    suggested = suggest_links(milestones, [candidate(key, other.name) for key, other in others.items()])
    firsts = [(one.milestone.code, others[keys(one.suggestions)[0]].code) for one in suggested if one.suggestions]
    found = sum(code == other for code, other in firsts)
    assert found >= right
    assert len(firsts) - found <= wrong
