"""The published LDM-564 of May 2019 against the export it was made from, and in every form it could have."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.published import read_release_plan
from syncsvc.cli.frame import run
from syncsvc.errors import BadExport
from syncsvc.mapping import load_mapping
from syncsvc.model import RejectCause, Snapshot
from tests.release_plans import Listed, as_latex, as_markdown, as_page, as_wrapped_text, listed_in

pytestmark = pytest.mark.real

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
NAME = "LDM-564-2019-05-20.txt"


def read(path: Path) -> Snapshot:
    return read_release_plan(path, load_mapping("ldm564"), taken_at=NOW)


@pytest.fixture(scope="module")
def published(real_data: Path) -> Snapshot:
    return read(real_data / NAME)


def drift(before: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["drift", str(before), str(after), "--format", "json"], env={}) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def differing(printed: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and field of every date that differs among milestones on both sides."""
    return [
        (m["code"], field)
        for m in printed["milestones"]
        for field in ("due", "completed")
        if m["presence"] == "both" and m[field]["before"] != m[field]["after"]
    ]


def test_all_of_section_3_is_read(real_data: Path, published: Snapshot) -> None:
    assert [sum(m.level == level for m in published.milestones) for level in (2, 3)] == [28, 97]
    assert sorted((r.code, r.cause) for r in published.rejects) == [
        (code, RejectCause.REPEATED) for code in ("DM-AP-1", "DM-AP-2", "DM-AP-3")
    ]
    assert (published.complete, published.period, published.edition) == (True, "2019-05", None)
    lines = (real_data / NAME).read_text().splitlines()
    for milestone in published.milestones:
        line = lines[int(milestone.where.removeprefix("line ")) - 1]
        assert milestone.code in line
        assert milestone.name in line
        assert milestone.due is not None
        assert milestone.name == milestone.name.strip()


def test_every_date_that_is_printed_is_read(real_data: Path, published: Snapshot) -> None:
    """Against a look at the lines that knows nothing of the reader: 28 + 100 pairs of dates, in order."""
    text = (real_data / NAME).read_text()
    printed = re.findall(r"Due: (\S+); (?:completed ([0-9-]+)|currently incomplete)", text)
    assert len(printed) == 128
    known = {m.code: m for m in published.milestones}
    codes = re.findall(r"^(?:- (DM-[\w-]+):|#+ 3\.\d+ .*: (LDM-503-\w+)$)", text, re.MULTILINE)
    assert len(codes) == 128
    for (entry, heading), (due, completed) in zip(codes, printed, strict=True):
        milestone = known[entry or heading]
        assert str(milestone.due) == due
        assert str(milestone.completed or "") == completed


def test_what_leads_to_each_heading(published: Snapshot) -> None:
    below = {m.code: m.predecessors for m in published.milestones if m.level == 2}
    assert sum(map(len, below.values())) == 100
    assert below["LDM-503-06"] == ("DM-NCSA-10", "DM-NCSA-11")
    assert below["LDM-503-17"] == ()
    assert "DM-STAFF" in below["LDM-503-13"]


def test_no_date_differs_from_the_export_behind_it(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = drift(real_data / NAME, real_data / "201904-ME.xls", capsys)
    assert (printed["totals"]["both"], printed["totals"]["removed"]) == (125, 0)
    assert differing(printed) == []
    assert printed["before"]["period"] == "2019-05"


@pytest.mark.parametrize(
    ("code", "field", "before", "after"),
    [
        ("LDM-503-06", "due", "Due: 2019-08-30; currently", "Due: 2019-09-02; currently"),
        ("DM-SUIT-9", "due", "*Due: 2019-03-29; currently", "*Due: 2019-03-28; currently"),
        ("DM-NCSA-8", "completed", "currently incomplete", "completed 2019-05-01"),
        ("DM-DRP-4", "completed", "completed 2017-12-01", "currently incomplete"),
    ],
)
def test_one_date_that_was_changed_is_found(
    real_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    code: str,
    field: str,
    before: str,
    after: str,
) -> None:
    text = (real_data / NAME).read_text()
    at = text.index(before, text.rindex(f"{code}: " if code.startswith("DM") else f": {code}\n"))
    (tmp_path / NAME).write_text(text[:at] + after + text[at + len(before) :])
    printed = drift(tmp_path / NAME, real_data / "201904-ME.xls", capsys)
    assert differing(printed) == [(code, field)]


@pytest.mark.parametrize("form", [as_markdown, as_wrapped_text, as_latex, as_page])
def test_the_same_content_in_any_form_gives_the_same_milestones(
    published: Snapshot, tmp_path: Path, form: Callable[[Sequence[Listed]], str]
) -> None:
    path = tmp_path / "plan"
    path.write_text(form(listed_in(published)))
    again = read(path)
    assert {m.code: replace(m, where="") for m in again.milestones} == {
        m.code: replace(m, where="") for m in published.milestones
    }
    assert (again.complete, again.period) == (True, "2019-05")
    assert {r.cause for r in again.rejects} <= {RejectCause.REPEATED}


@pytest.mark.parametrize("width", range(40, 120, 3))
@pytest.mark.parametrize("page", [17, 41])
@pytest.mark.parametrize("spaced", [True, False])
def test_names_are_whole_wherever_lines_and_pages_end(
    published: Snapshot, tmp_path: Path, width: int, page: int, spaced: bool
) -> None:
    text = as_wrapped_text(listed_in(published), width=width, page=page, spaced=spaced)
    (tmp_path / "plan.txt").write_text(text)
    again = read(tmp_path / "plan.txt")
    assert {m.code: (m.name, m.due, m.completed, m.predecessors) for m in again.milestones} == {
        m.code: (m.name, m.due, m.completed, m.predecessors) for m in published.milestones
    }
    assert {r.cause for r in again.rejects} == {RejectCause.REPEATED}


@pytest.mark.parametrize("share", [0.4, 0.5, 0.7, 0.9])
def test_a_download_that_broke_off_says_so(real_data: Path, tmp_path: Path, share: float) -> None:
    content = (real_data / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[: int(len(content) * share)])
    cut = read(tmp_path / NAME)
    assert not cut.complete
    lacking = {r.code for r in cut.rejects if r.reason.startswith("the contents list")}
    assert lacking | {m.code for m in cut.milestones} | {r.code for r in cut.rejects} >= {"LDM-503-01", "LDM-503-17"}
    assert any("cut off" in r.reason for r in cut.rejects)


def test_a_download_that_ends_before_the_first_milestone_is_refused(real_data: Path, tmp_path: Path) -> None:
    content = (real_data / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[: int(len(content) * 0.3)])
    with pytest.raises(BadExport, match=r"the contents list LDM-503-01, .* cut off\?"):
        read(tmp_path / NAME)


@pytest.mark.parametrize("form", ["text", "md", "tex"])
def test_the_release_list_that_is_made_here_is_read_back(
    real_data: Path, published: Snapshot, tmp_path: Path, form: str
) -> None:
    """What `document` prints of the export is the published document again."""
    made = tmp_path / f"LDM-564-2019-05-20.{form}"
    annotations = str(real_data / "annotations-2019-05.json")
    arguments = ["document", str(real_data / "201904-ME.xls"), "--annotations", annotations, "--format", form]
    assert run([*arguments, "-o", str(made)], env={}) == 0
    again = read(made)
    assert {m.code: replace(m, where="") for m in again.milestones} == {
        m.code: replace(m, where="") for m in published.milestones
    }
    assert {r.cause for r in again.rejects} == {RejectCause.REPEATED}
    assert again.complete


def test_show_names_what_was_read(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", str(real_data / NAME), "--format", "json"], env={}) == 0
    shown = json.loads(capsys.readouterr().out)
    milestone = next(m for m in shown["milestones"] if m["code"] == "LDM-503-07")
    assert milestone["name"] == "Camera data processing"
    assert (milestone["due"], milestone["due_column"], milestone["due_basis"]) == ("2019-08-30", "Due", "planned")
    assert (milestone["completed"], milestone["completed_column"]) == ("2019-01-17", "completed")
    assert (milestone["level"], milestone["predecessors"]) == (2, ["DM-DRP-4"])
    assert date.fromisoformat(milestone["due"])
