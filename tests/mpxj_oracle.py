"""What MPXJ, an independent reader of P6's files, sees in them: for comparing with ours, and never needed at run time.

`ask_mpxj` runs this file as a program, since a Java machine inside of the tests' own process would not go away again:
standard input is a JSON list of requests, standard output the answers, all of them of one start of Java.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from syncsvc.model import Milestone, MilestoneKind, Snapshot, Status, by_code

_KINDS = {
    "START_MILESTONE": MilestoneKind.START_MILESTONE,
    "FINISH_MILESTONE": MilestoneKind.FINISH_MILESTONE,
    "TASK_DEPENDENT": MilestoneKind.TASK,
    "RESOURCE_DEPENDENT": MilestoneKind.TASK,
    "LEVEL_OF_EFFORT": MilestoneKind.LEVEL_OF_EFFORT,
    "WBS_SUMMARY": MilestoneKind.WBS_SUMMARY,
}


@dataclass(frozen=True)
class Seen:
    """One activity, with dates as ISO texts without the time of day, or None."""

    code: str
    name: str
    kind: MilestoneKind
    status: Status
    wbs: str  # the path, with the project before it
    dates: Mapping[str, str | None]  # start, finish, planned_, actual_ and baseline_ start and finish
    predecessors: tuple[str, ...]


@dataclass(frozen=True)
class SeenProject:
    """One project of a file."""

    name: str
    data_date: str | None
    activities: Mapping[str, Seen]


def ask_mpxj(*files: Path, baseline: Path | None = None) -> list[list[SeenProject]]:
    """The projects of each file, by their names; `baseline` holds the one baseline of all of them."""
    requests = [{"file": str(file), "baseline": str(baseline) if baseline else None} for file in files]
    told = subprocess.run(
        [sys.executable, __file__], input=json.dumps(requests), capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stderr
    return [[_project(each) for each in projects] for projects in json.loads(told.stdout)]


def _project(told: Mapping[str, Any]) -> SeenProject:
    activities = [
        Seen(
            each["code"],
            each["name"],
            _KINDS[each["kind"]],
            Status(each["status"].lower()),
            each["wbs"],
            each["dates"],
            tuple(sorted(set(each["predecessors"]))),
        )
        for each in told["activities"]
    ]
    assert len({each.code for each in activities}) == len(activities)
    return SeenProject(told["name"], told["data_date"], {each.code: each for each in activities})


def _differences(ours: Mapping[str, Milestone], theirs: Mapping[str, Seen], due: str) -> Iterator[str]:
    """What is not the same. `due` is the dates of theirs that our due dates must be: planned_ or baseline_."""
    if ours.keys() != theirs.keys():
        yield f"activities: {sorted(ours.keys() ^ theirs.keys())}"
    for code in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[code], theirs[code]
        # Ours shows the date that a start milestone is known by, which is its start.
        end = "start" if mine.kind is MilestoneKind.START_MILESTONE else "finish"
        pairs = {
            "name": (mine.name, other.name),
            "kind": (mine.kind, other.kind),
            "status": (mine.status, other.status),
            "wbs": (mine.wbs, other.wbs.partition(".")[2] or None),  # MPXJ's begins with the project
            "actual": (_iso(mine.completed), other.dates["actual_finish"]),
            "current": (_iso(mine.forecast), other.dates[end]),
            "due": (_iso(mine.due), other.dates[f"{due}{end}"]),
            "predecessors": (mine.predecessors, other.predecessors),
        }
        yield from (f"{code} {what}: {ours} and {theirs}" for what, (ours, theirs) in pairs.items() if ours != theirs)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def compare(snapshot: Snapshot, seen: SeenProject, due: str = "planned_", but: Sequence[str] = ()) -> None:
    """Hold a snapshot against a project. `but` are the differences that are meant."""
    assert list(_differences(by_code(snapshot.milestones), seen.activities, due)) == list(but)
    assert _iso(snapshot.data_date) == seen.data_date


def _day(moment: Any) -> str | None:
    return None if moment is None else str(moment)[:10]


def _tell(requests: Iterable[Mapping[str, str | None]]) -> Sequence[object]:
    import jpype
    import mpxj  # noqa: F401 - it tells jpype where MPXJ is

    jpype.startJVM("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", convertStrings=True)
    reader = jpype.JClass("org.mpxj.reader.UniversalProjectReader")
    answers = []
    for request in requests:
        projects = sorted(
            reader().readAll(request["file"]), key=lambda each: each.getProjectProperties().getProjectID()
        )
        if request["baseline"]:
            for each in projects:
                each.setBaseline(reader().readAll(request["baseline"])[0])
        answers.append([_tell_project(each) for each in projects])
    return answers


def _tell_project(project: Any) -> dict[str, object]:
    properties = project.getProjectProperties()
    return {
        "name": properties.getProjectID(),
        "data_date": _day(properties.getStatusDate()),
        "activities": [_tell_activity(each) for each in project.getTasks() if not each.getSummary()],
    }


def _tell_activity(task: Any) -> dict[str, object]:
    kinds = {"": "", "planned_": "Planned", "actual_": "Actual", "baseline_": "Baseline"}
    return {
        "code": task.getActivityID(),
        "name": task.getName(),
        "kind": task.getActivityType().name(),
        "status": task.getActivityStatus().name(),
        "wbs": task.getWBS(),
        "dates": {
            f"{kind}{end.lower()}": _day(getattr(task, f"get{word}{end}")())
            for kind, word in kinds.items()
            for end in ("Start", "Finish")
        },
        "predecessors": [each.getPredecessorTask().getActivityID() for each in task.getPredecessors()],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_tell(json.load(sys.stdin))))
