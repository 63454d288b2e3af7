"""The JSON shapes as contract.md prints them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from syncsvc.model import Basis, MilestoneKind, Reject, RejectCause, Side
from syncsvc.month_report import make_month_report
from syncsvc.release_list import make_release_list
from syncsvc.report.as_json import as_json, drift_shape, release_list_shape, snapshot_shape
from tests.builders import NOON, export, milestone

AUGUST = date(2017, 8, 31)
NOVEMBER = date(2017, 11, 30)
PUBLISHED = replace(
    export(
        replace(milestone("DM-AP-1", NOVEMBER, name="Basic measurement."), due_column="Target Date"),
        rejects=[Reject("row 68", "DM-NCSA-13", "again", RejectCause.REPEATED)],
        period="2017-08",
        data_date=None,
    ),
    side=Side.PUBLISHED,
    kind=None,
    source="/lists/master.csv",
    sha256="ab" * 32,
)


def test_drift() -> None:
    after = export(milestone("DM-AP-1", AUGUST, name="SFM1"), milestone("DM-AP-2", NOVEMBER, AUGUST), period="2018-03")
    shape = drift_shape(make_month_report(PUBLISHED, after, prepared_at=NOON))
    assert shape["schema"] == "syncsvc.drift/1"
    assert shape["before"] == {
        "side": "published",
        "source": "/lists/master.csv",
        "sha256": "ab" * 32,
        "period": "2017-08",
        "kind": None,
        "edition": None,
        "data_date": None,
        "complete": True,
        "milestones": 1,
    }
    assert (shape["after"]["side"], shape["after"]["kind"], shape["after"]["data_date"]) == ("pmcs", "ME", "2019-04-30")
    both, added = shape["milestones"]
    assert both == {
        "code": "DM-AP-1",
        "before_code": "DM-AP-1",
        "presence": "both",
        "name": "SFM1",
        "before_name": "Basic measurement.",
        "name_change": "changed",
        "due": {
            "before": "2017-11-30",
            "after": "2017-08-31",
            "calendar_days": -91,
            "working_days": -65,
            "direction": "pulled_in",
            "before_column": "Target Date",
            "after_column": "base_end_date",
        },
        "completed": {"before": None, "after": None, "change": None},
        "forecast": {"before": None, "after": None},
        "wbs": {"before": None, "after": None, "changed": False},
        "light": "overdue",
        "level": 3,
        "keys": [],
        "against_due": {"calendar_days": None, "working_days": None},
        "causes": [
            {
                "aspect": aspect,
                "cause": cause,
                "before": before,
                "after": after,
                "calendar_days": days,
                "step": 0,
            }
            for aspect, cause, before, after, days in (
                ("due", "column_changed", "2017-11-30", "2017-08-31", -91),
                ("name", "renamed", "Basic measurement.", "SFM1", None),
            )
        ],
        "narrative": None,
    }
    assert (added["presence"], added["before_code"], added["before_name"], added["name_change"]) == (
        "added",
        None,
        None,
        None,
    )
    assert added["due"] == {
        "before": None,
        "after": "2017-11-30",
        "calendar_days": None,
        "working_days": None,
        "direction": None,
        "before_column": None,
        "after_column": "base_end_date",
    }
    assert added["completed"] == {"before": None, "after": "2017-08-31", "change": None}
    assert shape["rejects"] == [
        {"side": "before", "where": "row 68", "code": "DM-NCSA-13", "field": None, "reason": "again"}
    ]
    assert shape["totals"]["pulled_in"] == shape["totals"]["renamed"] == shape["totals"]["added"] == 1


def test_drift_lists_what_was_unseen_apart() -> None:
    unread = Reject("TASK row 3", "DM-AP-1", "act_end_date is no date")
    shape = drift_shape(make_month_report(PUBLISHED, export(rejects=[unread]), prepared_at=NOON))
    assert shape["milestones"] == []
    assert shape["unseen"] == [
        {
            "code": "DM-AP-1",
            "name": "Basic measurement.",
            "seen": "before",
            "due": "2017-11-30",
            "completed": None,
            "why": "TASK row 3: act_end_date is no date",
        }
    ]


def test_snapshot() -> None:
    shown = replace(
        milestone("DM-AP-7", AUGUST, NOVEMBER, name="ISR"), wbs="02C.03", predecessors=("DM-1",), state="Completed"
    )
    task = milestone("A-1", kind=MilestoneKind.TASK)
    unread = Reject("TASK row 9", "DM-AP-8", "no date", kind=MilestoneKind.FINISH_MILESTONE, field="due")
    cest = timezone(timedelta(hours=2))
    snapshot = replace(export(shown, task, rejects=[unread]), taken_at=datetime(2019, 5, 1, 14, 0, 5, 999, tzinfo=cest))
    shape = snapshot_shape(snapshot)
    assert shape.pop("milestones") == [
        {
            "code": "DM-AP-7",
            "name": "ISR",
            "kind": "finish_milestone",
            "status": "completed",
            "wbs": "02C.03",
            "level": None,
            "due": "2017-08-31",
            "due_column": "base_end_date",
            "due_basis": Basis.BASELINE.value,
            "forecast": None,
            "completed": "2017-11-30",
            "completed_column": "act_end_date",
            "predecessors": ["DM-1"],
            "where": "TASK row DM-AP-7",
            "url": None,
            "state": "Completed",
        }
    ]
    assert shape.pop("rejects") == [
        {"where": "TASK row 9", "code": "DM-AP-8", "kind": "finish_milestone", "field": "due", "reason": "no date"}
    ]
    assert shape == {
        "schema": "syncsvc.snapshot/1",
        "side": "pmcs",
        "source": "/exports/2019-04-ME.xlsx",
        "sha256": "0" * 64,
        "period": "2019-04",
        "kind": "ME",
        "edition": None,
        "data_date": "2019-04-30",
        "complete": True,
        "taken_at": "2019-05-01T12:00:05Z",
        "missing": [],
    }
    assert [one["code"] for one in snapshot_shape(snapshot, all_rows=True)["milestones"]] == ["DM-AP-7", "A-1"]


def test_release_list() -> None:
    snapshot = export(
        replace(milestone("LDM-503-01", NOVEMBER, AUGUST, name="LSP"), predecessors=("DM-1",)),
        milestone("DM-1", AUGUST, name="ISR"),
    )
    shape = release_list_shape(make_release_list(snapshot))
    assert shape["schema"] == "syncsvc.document/1"
    assert shape["snapshot"]["period"] == "2019-04"
    assert shape["milestones"] == [
        {
            "code": "LDM-503-01",
            "name": "LSP",
            "due": "2017-11-30",
            "completed": "2017-08-31",
            "children": [{"code": "DM-1", "name": "ISR", "due": "2017-08-31", "completed": None}],
        }
    ]


def test_text_is_json_that_keeps_letters_as_they_are() -> None:
    text = as_json(snapshot_shape(export(milestone("A", name="Château Ω"))))
    assert json.loads(text)["milestones"][0]["name"] == "Château Ω"
    assert "Château Ω" in text
    assert text.endswith("}\n")
    assert datetime.fromisoformat(json.loads(text)["taken_at"]).tzinfo == UTC
