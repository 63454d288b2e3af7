"""`drift` on the real exports: the known totals, and every date against an independent reading of the files."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from syncsvc.cli.frame import run

pytestmark = pytest.mark.real


def read_rows(path: Path) -> dict[str, dict[str, str]]:
    """Rows by code, with the csv module or calamine and nothing of the product; the first of two rows counts."""
    if path.suffix == ".xls":
        table = [
            [str(cell) for cell in row]
            for row in CalamineWorkbook.from_path(path).get_sheet_by_name("TASK").to_python()
        ]
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
    rows: dict[str, dict[str, str]] = {}
    for cells in table[1:]:
        if cells[0] != "Activity ID":
            rows.setdefault(cells[0], dict(zip(table[0], cells, strict=False)))
    return rows


def as_day(text: str) -> str | None:
    """5/31/2017 5:00:00 PM as 2017-05-31."""
    if not text:
        return None
    if "/" not in text:
        return text
    month, day, year = (int(part) for part in text.split(" ")[0].split("/"))
    return date(year, month, day).isoformat()


def due_of(row: dict[str, str]) -> str | None:
    columns = ("Target Date", "base_end_date", "end_date", "start_date")
    return next((as_day(row[column]) for column in columns if row.get(column)), None)


def completed_of(row: dict[str, str]) -> str | None:
    if row.get("act_end_date"):
        return as_day(row["act_end_date"])
    return as_day(row["start_date"]) if row.get("status_code") == "Completed" else None


def drift(before: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["drift", str(before), str(after), "--format", "json"], env={}) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def worst(printed: dict[str, Any]) -> list[tuple[int, str]]:
    moves = [(m["due"]["calendar_days"], m["code"]) for m in printed["milestones"] if m["due"]["calendar_days"]]
    return [max(moves), min(moves)]


def check_every_row(printed: dict[str, Any], before: Path, after: Path, renumbered: dict[str, str]) -> None:
    earlier = {renumbered.get(code, code): row for code, row in read_rows(before).items()}
    later = read_rows(after)
    assert {m["code"] for m in printed["milestones"]} == earlier.keys() | later.keys()
    for m in printed["milestones"]:
        was, now = earlier.get(m["code"], {}), later.get(m["code"], {})
        assert m["presence"] == ("both" if was and now else "added" if now else "removed"), m
        assert (m["due"]["before"], m["due"]["after"]) == (due_of(was), due_of(now)), m
        assert (m["completed"]["before"], m["completed"]["after"]) == (completed_of(was), completed_of(now)), m
        if was and now:
            days = (date.fromisoformat(m["due"]["after"]) - date.fromisoformat(m["due"]["before"])).days
            assert m["due"]["calendar_days"] == days, m


def test_the_list_ldm_564_was_made_from_against_the_baseline(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = real_data / "master-milestones-2017-08-18.csv", real_data / "201803-BL.csv"
    printed = drift(before, after, capsys)
    totals = printed["totals"]
    assert {
        "both": 149,
        "added": 242,
        "removed": 0,
        "recoded": 10,
        "renamed": 75,
        "slipped": 60,
        "pulled_in": 52,
        "unchanged": 37,
        "newly_completed": 0,
        "reopened": 0,
        "completed_rewritten": 0,
        "unseen": 0,
        "undated": 0,
    }.items() <= totals.items()
    assert worst(printed) == [(211, "DM-DRP-3"), (-977, "DM-NET-1")]
    assert (printed["before"]["period"], printed["before"]["kind"], printed["before"]["milestones"]) == (
        "2017-08",
        None,
        149,
    )
    assert (printed["after"]["period"], printed["after"]["kind"], printed["after"]["milestones"]) == (
        "2018-03",
        "BL",
        391,
    )
    recoded = {m["before_code"]: m["code"] for m in printed["milestones"] if m["before_code"] not in (None, m["code"])}
    assert (len(recoded), recoded["LDM-503-1"], recoded["LDM-503-4b"]) == (10, "LDM-503-01", "LDM-503-04b")
    check_every_row(printed, before, after, recoded)
    [reject] = printed["rejects"]
    assert (reject["side"], reject["where"], reject["code"]) == ("before", "row 68", "DM-NCSA-13")
    assert "Header Writing Service" in reject["reason"]
    assert "Spectrograph Archiving Service" in reject["reason"]


def test_fourteen_months_of_month_ends(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = real_data / "201802-ME.csv", real_data / "201904-ME.xls"
    printed = drift(before, after, capsys)
    assert {
        "both": 365,
        "added": 21,
        "removed": 37,
        "recoded": 0,
        "renamed": 60,
        "slipped": 73,
        "pulled_in": 24,
        "unchanged": 268,
        "newly_completed": 56,
        "reopened": 0,
        "completed_rewritten": 1,
        "wbs_changed": 3,
        "unseen": 0,
        "undated": 0,
    }.items() <= printed["totals"].items()
    assert worst(printed) == [(707, "DM-DRP-10"), (-207, "DM-SUIT-10")]
    moved = [m["due"]["after_column"] for m in printed["milestones"] if m["due"]["calendar_days"]]
    assert (moved.count("base_end_date"), moved.count("start_date")) == (94, 3)
    rewritten = [m["code"] for m in printed["milestones"] if m["completed"]["change"] == "rewritten"]
    assert rewritten == ["DMTC-8100-2090"]
    check_every_row(printed, before, after, {})
    assert printed["rejects"] == []


def test_every_milestone_can_be_found_in_the_text(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(real_data / "201802-ME.csv"), str(real_data / "201904-ME.xls")]
    assert run(["drift", *files, "--exit-code"], env={}) == 4
    text = capsys.readouterr().out
    assert "365 on both sides, 21 added, 37 removed" in text
    assert "73 slipped, 24 pulled in, 268 unchanged" in text
    everything = text[text.index("All milestones, by code (423)") :]
    codes = {line.split()[0] for line in everything.splitlines()[2:]}
    assert codes == read_rows(real_data / "201802-ME.csv").keys() | read_rows(real_data / "201904-ME.xls").keys()
    assert text.index("Completion date rewritten (1)") < text.index("Slipped, largest first (73)")
    assert "DM-DRP-10       2018-11-30  2020-11-06  707 days late (505)" in text


def test_an_export_differs_in_nothing_from_itself(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(real_data / "201904-ME.xls")
    assert run(["drift", path, path, "--exit-code"], env={}) == 0
    assert "Nothing differs." in capsys.readouterr().out
