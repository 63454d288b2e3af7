"""What every format of the release list says in the same words: its front, and the dates of a row."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.layout import clean
from syncsvc.report.words import counted, day, due_columns, title

INCOMPLETE = "NOT read completely: what is absent here is unseen, not gone"
NO_NAME = "(no name)"


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before the milestones: whose list it is, facts of its source as (word, value), what is in it."""

    title: str
    facts: tuple[tuple[str, str], ...]
    contents: str
    complete: bool


def front(release_list: ReleaseList) -> Front:
    """The front of a release list, every string on one line."""
    snapshot = release_list.snapshot
    milestones = snapshot.taking_part()
    facts = [
        ("source", clean(snapshot.source)),
        ("period", clean(" ".join(filter(None, (snapshot.period, snapshot.kind))))),
        ("edition", "" if snapshot.edition is None else str(snapshot.edition)),
        ("data date", day(snapshot.data_date, "not known")),
        ("milestones in it", f"{len(milestones):,}"),
        ("due from", due_columns(milestones)),
        ("sha256", snapshot.sha256 or ""),
    ]
    return Front(
        title=f"Release list from {clean(title(snapshot))}",
        facts=tuple((word, value) for word, value in facts if value),
        contents=contents(release_list),
        complete=snapshot.complete,
    )


def contents(release_list: ReleaseList) -> str:
    """How many milestones there are, and how many below them; or that there is none."""
    children = [child.code for milestone in release_list.milestones for child in milestone.children]
    if not release_list.milestones:
        return f"No milestone has a code that begins with {release_list.top}."
    entries = counted(len(children), "entry", "entries")
    return (
        f"{counted(len(release_list.milestones), 'milestone')} {release_list.top}*, and below them {entries} of "
        f"{counted(len(set(children)), 'milestone')} {release_list.child}*"
    )


def childless(release_list: ReleaseList) -> str:
    """What stands below a milestone that waits for none."""
    return f"No milestone {release_list.child}* leads to it."


def name(milestone: ListedMilestone) -> str:
    """The name on one line, or that there is none."""
    return " ".join(clean(milestone.name).split()) or NO_NAME


def dates(milestone: ListedMilestone) -> str:
    """ "Due: 2017-11-30; completed 2018-05-30", as LDM-564 prints it."""
    return f"Due: {day(milestone.due, 'not dated')}; {state(milestone)}"


def state(milestone: ListedMilestone) -> str:
    """ "completed 2018-05-30", or what is known instead."""
    if milestone.completed is not None:
        return f"completed {day(milestone.completed)}"
    return "completed, date not exported" if milestone.completed_without_date else "currently incomplete"


def is_completed(milestone: ListedMilestone) -> bool:
    """Also where the schedule gives no date for it."""
    return milestone.completed is not None or milestone.completed_without_date


def annotated(release_list: ReleaseList) -> dict[str, str]:
    """By code, the dates that the annotations give instead: "annotated: due 2019-08-01". They are only ever shown."""
    words: dict[str, list[str]] = {}
    for one in release_list.overrides:
        words.setdefault(one.code, []).append(f"{one.field.value} {day(one.annotated)}")
    return {code: f"annotated: {', '.join(given)}" for code, given in words.items()}


def override_lines(release_list: ReleaseList) -> Iterable[str]:
    """One line for each date of the annotations that the list does not share."""
    for one in release_list.overrides:
        yield f"{clean(one.code)} {one.field.value}: {day(one.annotated)} in the annotations, {day(one.shown)} shown"
