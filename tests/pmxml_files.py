"""P6 XML files (PMXML) on disk, made from facts about how P6 writes them; a test names only what it is about."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

#: The namespaces of P6 EPPM and of P6 Professional, by version; one real file has none.
NAMESPACES: Final = {
    "8.3": "http://xmlns.oracle.com/Primavera/P6/V8.3/API/BusinessObjects",
    "8.4 Professional": "http://xmlns.oracle.com/Primavera/P6Professional/V8.4/API/BusinessObjects",
    "17.7": "http://xmlns.oracle.com/Primavera/P6/V17.7/API/BusinessObjects",
    "19.12 Professional": "http://xmlns.oracle.com/Primavera/P6Professional/V19.12/API/BusinessObjects",
    "24.12": "http://xmlns.oracle.com/Primavera/P6/V24.12/API/BusinessObjects",
    "none": "",
}

#: An element: its name, and text, elements, or None, which P6 writes as xsi:nil.
Element = tuple[str, "str | int | Sequence[Element] | None"]

_NIL: Final = ' xsi:nil="true"'
_PLANNED: Final = "2019-06-28T17:00:00"
_HOURS: Final = tuple(
    ("WorkTime", [("Start", start), ("Finish", finish)])
    for start, finish in (("08:00:00", "11:59:00"), ("13:00:00", "16:59:00"))
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
CALENDAR: Final[Element] = (
    "Calendar",
    [
        ("HoursPerDay", "8"),
        ("HoursPerMonth", "172"),
        ("HoursPerWeek", "40"),
        ("HoursPerYear", "2000"),
        ("IsDefault", "1"),
        ("IsPersonal", "0"),
        ("Name", "Standard"),
        ("ObjectId", 1),
        ("Type", "Global"),
        ("StandardWorkWeek", [("StandardWorkHours", [("DayOfWeek", day), *_HOURS]) for day in _DAYS]),
    ],
)


def activity(object_id: int, code: str, planned: str | None = _PLANNED, **fields: str | int | None) -> Element:
    """A finish milestone that is not started; a field that is None is nil; `with_` adds codes."""
    dates = {f"{name}Date": planned for name in ("Start", "Finish", "PlannedStart", "PlannedFinish")}
    dates |= {f"Remaining{name}Date": planned for name in ("EarlyStart", "EarlyFinish", "LateStart", "LateFinish")}
    told: dict[str, str | int | None] = {
        "ActualFinishDate": None,
        "ActualStartDate": None,
        "CalendarObjectId": 1,
        "DurationType": "Fixed Duration and Units",
        "ExpectedFinishDate": None,
        "GUID": f"{{6B29FC40-CA47-1067-B31D-{object_id:012X}}}",
        "Id": code,
        "Name": f"Milestone {code}",
        "ObjectId": object_id,
        "PercentCompleteType": "Duration",
        "PlannedDuration": 0,
        "PrimaryConstraintDate": None,
        "PrimaryConstraintType": "",
        "ProjectObjectId": 1,
        "RemainingDuration": 0,
        "Status": "Not Started",
        "Type": "Finish Milestone",
        "WBSObjectId": 11,
        **dates,
        **fields,
    }
    return ("Activity", sorted(told.items()))


def completed(
    object_id: int, code: str, actual: str, planned: str | None = None, **fields: str | int | None
) -> Element:
    """A completed milestone: both actual dates, no remaining ones, and its planned dates blank unless named."""
    nothing = {f"Remaining{name}Date": None for name in ("EarlyStart", "EarlyFinish", "LateStart", "LateFinish")}
    now = {name: actual for name in ("ActualStartDate", "ActualFinishDate", "StartDate", "FinishDate")}
    return activity(object_id, code, planned, **{"Status": "Completed", **nothing, **now, **fields})


def with_(element: Element, *more: Element) -> Element:
    """An element with further elements behind its own."""
    name, content = element
    assert not isinstance(content, str | int | None)
    return name, [*content, *more]


def code(type_id: int, value_id: int) -> Element:
    """An activity code of an activity."""
    return "Code", [("TypeObjectId", type_id), ("ValueObjectId", value_id)]


def own_field(type_id: int, kind: str, value: str) -> Element:
    """A user defined field of an activity: `kind` is Text, FinishDate, Integer and so on."""
    return "UDF", [("TypeObjectId", type_id), (f"{kind}Value", value)]


def code_type(object_id: int, name: str) -> Element:
    """A kind of activity code."""
    return "ActivityCodeType", [("Name", name), ("ObjectId", object_id), ("Scope", "Global")]


def code_value(object_id: int, type_id: int, value: str) -> Element:
    """A value of a kind of activity code."""
    told = [("CodeTypeObjectId", type_id), ("CodeValue", value), ("Description", f"{value} in words")]
    return "ActivityCode", [*told, ("ObjectId", object_id)]


def field_type(object_id: int, title: str, area: str = "Activity") -> Element:
    """A kind of user defined field."""
    return "UDFType", [("DataType", "Text"), ("ObjectId", object_id), ("SubjectArea", area), ("Title", title)]


def relation(
    object_id: int, predecessor: int, successor: int, kind: str = "Finish to Start", **fields: str | int
) -> Element:
    """A relation between two activities of project 1."""
    told: dict[str, str | int] = {
        "Lag": 0,
        "ObjectId": object_id,
        "PredecessorActivityObjectId": predecessor,
        "PredecessorProjectObjectId": 1,
        "SuccessorActivityObjectId": successor,
        "SuccessorProjectObjectId": 1,
        "Type": kind,
        **fields,
    }
    return "Relationship", sorted(told.items())


def wbs(object_id: int, name: str, parent: int | None = None, project_id: int = 1) -> Element:
    """A part of the WBS below the project, which is none of its own parts here."""
    told = [("Code", name), ("Name", f"{name} in words"), ("ObjectId", object_id), ("ParentObjectId", parent)]
    return "WBS", [*told, ("ProjectObjectId", project_id), ("Status", "Active")]


def project(
    *content: Element, object_id: int = 1, name: str = "LSST ME 19-04", is_baseline: bool = False, **fields: str | None
) -> Element:
    """A project with its data date at the end of April 2019, and what is in it; WBS 02C.05 unless there is one."""
    told: dict[str, str | int | None] = {
        "CurrentBaselineProjectObjectId": None,
        "DataDate": "2019-04-30T17:00:00",
        "Id": name,
        "Name": f"{name} in words",
        "ObjectId": object_id,
        "PlannedStartDate": "2018-01-01T08:00:00",
        **fields,
    }
    if is_baseline:
        del told["CurrentBaselineProjectObjectId"]
        told = {"OriginalProjectObjectId": 1, **told}
    if not any(each == "WBS" for each, _ in content):
        content = (wbs(10, "02C", project_id=object_id), wbs(11, "05", 10, object_id), *content)
    return "BaselineProject" if is_baseline else "Project", [*sorted(told.items()), *content]


def pmxml_text(
    *content: Element, namespace: str = NAMESPACES["24.12"], root: str = "APIBusinessObjects", head: str | None = None
) -> str:
    """The text of a file with these elements; a calendar is before them."""
    declared = f' xmlns="{namespace}"' if namespace else ""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' if head is None else head
    begin = f'{head}<{root}{declared} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    return begin + "".join(_lines([CALENDAR, *content], "\t")) + f"</{root}>\n"


def write_pmxml(path: Path, *content: Element, encoding: str = "utf-8", **options: str) -> Path:
    """A file with these elements, as P6 writes it."""
    path.write_bytes(pmxml_text(*content, **options).encode(encoding))
    return path


def _lines(elements: Iterable[Element], indent: str) -> Iterator[str]:
    for name, content in elements:
        if content is None:
            yield f"{indent}<{name}{_NIL}/>\n"
        elif isinstance(content, str | int):
            yield f"{indent}<{name}>{escape(str(content))}</{name}>\n"
        else:
            yield f"{indent}<{name}>\n"
            yield from _lines(content, f"{indent}\t")
            yield f"{indent}</{name}>\n"
