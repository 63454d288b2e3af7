"""An issue of the simulated Jira, and the fixed parts that its fields are made of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]

#: id -> (name, schema type); what every Jira has and a milestone sync may ask for
SYSTEM_FIELDS = {
    "summary": ("Summary", "string"),
    "duedate": ("Due date", "date"),
    "status": ("Status", "status"),
    "resolution": ("Resolution", "resolution"),
    "resolutiondate": ("Resolved", "datetime"),
    "statuscategorychangedate": ("Status Category Changed", "datetime"),  # Cloud only
    "created": ("Created", "datetime"),
    "updated": ("Updated", "datetime"),
    "project": ("Project", "project"),
    "issuetype": ("Issue Type", "issuetype"),
}
ISSUE_TYPES = ("Milestone", "Epic", "Story", "Task", "Sub-task")
#: category key -> (id, colour, name of the category, status names: sites rename and translate them)
_CATEGORIES = {
    "new": (2, "blue-gray", "To Do", ("To Do", "Open", "Aufgaben", "À faire")),
    "indeterminate": (4, "yellow", "In Progress", ("In Progress", "In Review", "In Arbeit", "En cours")),
    "done": (3, "green", "Done", ("Done", "Closed", "Fertig", "Terminé")),
}


@dataclass(slots=True)
class Entry:
    """One entry of an issue's changelog."""

    id: int
    author: str
    at: datetime
    changes: list[Json]


@dataclass(slots=True)
class Issue:
    """An issue; times in `fields` are aware datetimes until they are shown to a caller."""

    id: int
    key: str
    fields: Json = field(default_factory=dict)
    changelog: list[Entry] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    off_screen: set[str] = field(default_factory=set)
    bulk_error: str | None = None
    hidden: bool = False
    forbidden: bool = False

    @property
    def project(self) -> str:
        return self.key.rpartition("-")[0]

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])


def make_status(category: str, issue_id: int) -> Json:
    """A status of this category, under one of the names that sites give it."""
    category_id, colour, category_name, names = _CATEGORIES[category]
    which = issue_id // 3 % len(names)
    shown = {"id": category_id, "key": category, "colorName": colour, "name": category_name}
    return {"id": str(category_id * 1000 + which), "name": names[which], "statusCategory": shown}


def make_resolution(name: str | None) -> Json | None:
    """The resolution of this name; None without one."""
    return {"id": _made_up_id(name), "name": name} if name else None


def make_issue_type(name: str) -> Json:
    """The issue type of this name; any name will do."""
    number = ISSUE_TYPES.index(name) if name in ISSUE_TYPES else sum(name.encode()) % 1000
    return {"id": str(10010 + number), "name": name, "subtask": name == "Sub-task"}


def make_project(key: str) -> Json:
    """The project as its issues show it."""
    return {"id": _made_up_id(key), "key": key, "name": f"Project {key}"}


def _made_up_id(name: str) -> str:
    return str(10000 + sum(name.encode()) % 1000)
