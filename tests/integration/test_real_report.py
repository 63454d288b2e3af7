"""The drift report of the real pair: every format carries the known numbers, and every milestone."""

import re
from pathlib import Path

import pytest

from syncsvc.cli.frame import run
from syncsvc.report.formats import DRIFT_FORMATS
from tests.read_report import milestones_in, totals_in

pytestmark = pytest.mark.real

#: both, removed, added, slipped, pulled in, unchanged, newly completed, completion rewritten
TOTALS = (365, 37, 21, 73, 24, 268, 56, 1)


@pytest.mark.parametrize("form", DRIFT_FORMATS)
def test_every_format_carries_the_same_numbers_and_all_milestones(form: str, real_data: Path, tmp_path: Path) -> None:
    before, after, made = real_data / "201802-ME.csv", real_data / "201904-ME.xls", tmp_path / f"drift.{form}"
    assert run(["drift", str(before), str(after), "--format", form, "-o", str(made)], env={}) == 0
    assert totals_in(made, form) == TOTALS
    codes = milestones_in(made, form)
    assert len(codes) == len(set(codes)) == 423


def test_the_checks_find_what_the_published_plan_shows(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """LDM-503-04 and -05 are complete in LDM-564 of May 2019 although what leads to them is open."""
    assert run(["drift", str(real_data / "201802-ME.csv"), str(real_data / "201904-ME.xls")], env={}) == 0
    printed = capsys.readouterr().out
    section = printed[printed.index("Completed before what leads to it (13)") :]
    found = re.findall(r"^  (LDM-503-\w+): open: (.*?);", section, re.MULTILINE)
    assert found == [
        ("LDM-503-04", "DM-DAX-7"),
        ("LDM-503-05", "DM-NCSA-8, DM-NCSA-9"),
        ("LDM-503-07", "LDM-503-06"),
    ]
    assert "Critical path test: not checked." in printed
