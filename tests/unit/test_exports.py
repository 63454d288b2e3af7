"""Which files in a folder are exports, in which order, and reading one whole."""

import os
from pathlib import Path

import pytest

from connectors.exports import find_exports, natural_order, read_whole
from connectors.guess import guess_mapping
from syncsvc.errors import BadExport, ExitCode, MappingError, SourceError
from syncsvc.mapping import load_mapping
from tests.p6_files import activity, table_of, write_csv, write_xlsx

P6 = load_mapping("p6_spreadsheet")


def names(folder: Path) -> list[str]:
    return [file.path.name for file in find_exports(folder, P6)]


def fill(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).write_text(name)


def test_exports_are_ordered_by_period_and_then_as_people_count(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "latest.xls",
        "201904-ME-v10.xls",
        "201904-ME-v2.xls",
        "201904-ME.xls",
        "2018-02 BL.csv",
        "201903.xlsx",
    )
    assert names(tmp_path) == [
        "2018-02 BL.csv",
        "201903.xlsx",
        "201904-ME.xls",
        "201904-ME-v2.xls",
        "201904-ME-v10.xls",
        "latest.xls",
    ]


def test_what_is_no_export_is_passed_over(tmp_path: Path) -> None:
    fill(
        tmp_path, "201904-ME.XLS", "~$201904-ME.xls", ".hidden.csv", "201904-ME.pdf", "201904-ME.xls.part", "README.md"
    )
    fill(tmp_path, "syncsvc-completions-0123456789ab-finish.xlsx")
    (tmp_path / "201903-ME.xls").mkdir()
    assert names(tmp_path) == ["201904-ME.XLS"]


def test_an_export_says_what_its_name_tells_and_what_it_is(tmp_path: Path) -> None:
    fill(tmp_path, "201904-ME.xls")
    (file,) = find_exports(tmp_path, P6)
    assert (file.period, file.kind, file.size_bytes, file.path) == ("2019-04", "ME", 13, tmp_path / "201904-ME.xls")
    assert file.sha256 == read_whole(file.path)[1]


def test_one_file_may_have_any_name(tmp_path: Path) -> None:
    fill(tmp_path, "export.dat")
    assert [file.path.name for file in find_exports(tmp_path / "export.dat", P6)] == ["export.dat"]


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exports").mkdir()
    fill(tmp_path / "exports", "201904-ME.xls")
    monkeypatch.chdir(tmp_path)
    (file,) = find_exports(Path("exports/../exports"), P6)
    assert file.path == tmp_path / "exports" / "201904-ME.xls"


def test_a_folder_that_is_absent_or_has_no_export_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder or file"):
        find_exports(tmp_path / "absent", P6)
    with pytest.raises(SourceError, match=r"has no export in it\."):
        find_exports(tmp_path, P6)
    fill(tmp_path, "README.md")
    with pytest.raises(SourceError, match=r"has no export in it \(of 1 there none is named like one\)") as caught:
        find_exports(tmp_path, P6)
    assert ".xls, .xlsx" in caught.value.hint
    assert caught.value.exit_code is ExitCode.SOURCE


def test_a_file_that_is_still_being_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "201904-ME.xls")
    read_bytes = Path.read_bytes

    def read_while_it_grows(path: Path) -> bytes:
        content = read_bytes(path)
        with path.open("a") as file:
            file.write("more")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_while_it_grows)
    with pytest.raises(BadExport, match=r"201904-ME\.xls: the file is still being written"):
        read_whole(tmp_path / "201904-ME.xls")


def test_a_file_far_larger_than_an_export_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.xls").touch()
    os.truncate(tmp_path / "big.xls", 400_000_000)
    with pytest.raises(BadExport, match="has 400 MB, far more than any export"):
        read_whole(tmp_path / "big.xls")


@pytest.mark.parametrize(
    "ordered",
    [["v2", "v10"], ["201904-ME", "201904-ME-2"], ["a", "B"], ["2", "10", "a1", "a02", "a10"], ["v9", "v\u0661\u0660"]],
)
def test_natural_order(ordered: list[str]) -> None:
    assert sorted(reversed(ordered), key=natural_order) == ordered


def test_a_mapping_is_guessed_from_the_header(tmp_path: Path) -> None:
    export = write_xlsx(tmp_path / "a.bin", {"Notes": [], "TASK": table_of([activity("A-1")])})
    baseline = write_csv(tmp_path / "b.csv", columns=("task_code", "status_code", "start_date", "end_date"))
    listed = tmp_path / "c.csv"
    listed.write_text("Level,Target Date,Milestone ID\n")
    assert [guess_mapping(path) for path in (export, baseline, listed)] == [
        "p6_spreadsheet",
        "p6_spreadsheet",
        "lsst_master_list",
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Key,Summary\n", "no built-in mapping fits its header"),
        (
            "task_code,base_end_date,Milestone ID,Target Date\n",
            "several mappings fit: lsst_master_list, p6_spreadsheet",
        ),
    ],
)
def test_a_guess_that_is_not_plain_lists_the_choices(tmp_path: Path, header: str, said: str) -> None:
    (tmp_path / "x.csv").write_text(header)
    with pytest.raises(MappingError, match=said) as caught:
        guess_mapping(tmp_path / "x.csv")
    assert "lsst_master_list, p6_pmxml, p6_spreadsheet" in caught.value.hint
