"""The words of the workbook for what the report says in enumerations."""

from typing import Final

from syncsvc.causes import Aspect, Cause
from syncsvc.compare import Completion, Direction, Presence
from syncsvc.model import MilestoneKind, Side
from syncsvc.month_report import Light, Question
from syncsvc.report.words import KINDS, SIDES
from syncsvc.sides import Agreement, Standing

STANDS: Final = {Presence.BOTH: "both", Presence.ADDED: "new", Presence.REMOVED: "gone"}
DIRECTIONS: Final = {
    Direction.SLIPPED: "slipped",
    Direction.PULLED_IN: "pulled in",
    Direction.UNCHANGED: "unchanged",
    None: "no date",
}
COMPLETIONS: Final = {
    Completion.NEWLY_COMPLETED: "newly completed",
    Completion.REOPENED: "reopened",
    Completion.REWRITTEN: "rewritten",
}
#: The word, the sign before it, and what it means.
LIGHTS: Final = {
    Light.OVERDUE: ("overdue", "■", "open, and due on or before the data date"),
    Light.LATE: ("late", "▲", "open, forecast more than {on_time_days} working days after its due date"),
    Light.ON_TIME: ("on time", "○", "open, forecast at most {on_time_days} working days after its due date"),
    Light.NOT_FORECAST: ("not forecast", "◊", "open, and the source gives no forecast"),
    Light.UNDATED: ("no due date", "?", "open, and without a due date"),
    Light.COMPLETED: ("completed", "●", "completed, whenever that was"),
    Light.GONE: ("gone", "x", "no longer in the newer source; shown as it stood last"),
}
QUESTIONS: Final = {
    Question.HELD: "held for a person",
    Question.COMPLETION_REWRITTEN: "completion rewritten",
    Question.REOPENED: "reopened",
    Question.GONE: "gone, still shown elsewhere",
    Question.SIDES_DIFFER: "sides differ",
    Question.UNSEEN: "cannot be seen",
}
ASPECTS: Final = {
    Aspect.PRESENCE: "presence",
    Aspect.DUE: "due date",
    Aspect.FORECAST: "forecast",
    Aspect.COMPLETED: "completion",
    Aspect.NAME: "name",
    Aspect.CODE: "code",
    Aspect.WBS: "WBS element",
}
CAUSES: Final = {
    Cause.BASELINE_MOVED: ("baseline moved", "the due date is a baseline, and the baseline was changed"),
    Cause.PLANNED_MOVED: ("plan moved", "the due date is a planned date, and the plan was changed"),
    Cause.FORECAST_MOVED: ("forecast moved", "the date is a forecast, and the forecast was changed"),
    Cause.COLUMN_CHANGED: ("other column", "the due date is read from another column than before"),
    Cause.COMPLETED: ("completed", "it was completed; a start milestone's due date is its actual start from then on"),
    Cause.COMPLETION_REWRITTEN: ("completion rewritten", "it was completed before, and its actual date was changed"),
    Cause.COMPLETION_WITHDRAWN: ("completion withdrawn", "it was completed before, and is open again"),
    Cause.DATE_APPEARED: ("date appeared", "there was no date before"),
    Cause.DATE_VANISHED: ("date vanished", "there was a date before, and there is none now"),
    Cause.RESTATED: ("restated", "a later edition of the same month says so; nothing moved since"),
    Cause.RENAMED: ("renamed", "the name really changed; case, blanks and a full stop do not count"),
    Cause.RECODED: ("recoded", "the same milestone under another code"),
    Cause.WBS_CHANGED: ("WBS changed", "it moved to another element of the work breakdown structure"),
    Cause.NEW: ("new", "it was not in the older source"),
    Cause.GONE: ("gone", "it is not in the newer source"),
}
KIND_WORDS: Final = KINDS | {MilestoneKind.UNKNOWN: ""}


def light_word(light: Light) -> str:
    """The word for a light."""
    return LIGHTS[light][0]


def cause_word(cause: Cause) -> str:
    """The word for a cause."""
    return CAUSES[cause][0]


def agreement_words(standing: Standing) -> str:
    """ "agree", "Jira differs", "all differ", "not compared"."""
    if standing.agreement is Agreement.ODD_ONE_OUT and standing.odd_one_out is not None:
        return f"{side_word(standing.odd_one_out)} differs"
    return standing.agreement.value.replace("_", " ")


def side_word(side: Side) -> str:
    """ "PMCS", "Jira", "Published"."""
    word = SIDES[side]
    return word if side is Side.PMCS else word.capitalize()
