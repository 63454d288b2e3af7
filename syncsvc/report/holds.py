"""What each kind of hold means and what to do about it: the same words in the shell, the reports and the README."""

from typing import Final, NamedTuple

from syncsvc.model import DriftKind


class HoldMeaning(NamedTuple):
    """For a project controller."""

    means: str
    to_do: str


#: In the order in which they deserve attention.
HOLDS: Final[dict[DriftKind, HoldMeaning]] = {
    DriftKind.HISTORY_REWRITTEN: HoldMeaning(
        "PMCS changed or withdrew a completion that both sides had agreed on",
        "Ask the scheduler. If PMCS is right: `syncsvc review approve CODE`; if not, correct P6",
    ),
    DriftKind.IMPLAUSIBLE: HoldMeaning(
        "Status and date contradict each other: done without a date, a date without done, or a date in the future",
        "Correct the side that is wrong; the next run sees it. If it is to stay so: `syncsvc review "
        "reject CODE --reason TEXT`",
    ),
    DriftKind.AMBIGUOUS: HoldMeaning(
        "One code with different dates, two links to one field, or issues that report different completions",
        "Remove the double entry from the export, the links file or Jira",
    ),
    DriftKind.BOTH_MOVED: HoldMeaning(
        "Since the two last agreed, both PMCS and Jira were changed, to different dates",
        "Decide which is right. PMCS: `syncsvc review approve CODE`; Jira: `syncsvc review reject CODE "
        "--reason TEXT`, and have the schedule changed",
    ),
    DriftKind.FOLLOWER_EDITED: HoldMeaning(
        "Somebody edited Jira (or a write was taken back) and PMCS still says what both had agreed on",
        "Put PMCS's date back with `syncsvc review approve CODE`, or leave the team's with `syncsvc review "
        "reject CODE --reason TEXT` and have the schedule changed",
    ),
    DriftKind.REPORTED: HoldMeaning(
        "A completion that Jira reports was handed to PMCS, and that was taken back",
        "Hand it over again with `syncsvc review approve CODE`, or have it corrected in Jira",
    ),
    DriftKind.OWNER_BLANK: HoldMeaning(
        "PMCS has no date and Jira has one; a blank is never written",
        "Give the activity a date in P6, or clear the date in Jira. If it is to stay so: `syncsvc review "
        "reject CODE --reason TEXT`",
    ),
    DriftKind.BASIS: HoldMeaning(
        "PMCS moved, but its date is not a baseline date (a start milestone has only its current start)",
        "Write it once with `syncsvc review approve CODE`, or allow the basis with `write_basis`",
    ),
    DriftKind.FIRST_CONTACT: HoldMeaning(
        "The two meet for the first time with different dates, so nobody can say who moved",
        "Give Jira the dates of PMCS with `syncsvc adopt`, all or by code, or leave Jira's with `syncsvc "
        "review reject CODE --reason TEXT`",
    ),
    DriftKind.FOREIGN_PROJECT: HoldMeaning(
        "The linked issue is in a Jira project that is not among `projects`",
        "Add the project to the configuration, or correct the link",
    ),
}
