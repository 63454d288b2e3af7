"""show, drift and document on bare files: output, exit codes, messages. No configuration, no store."""

import json
import os
import stat
from pathlib import Path

import pytest

from syncsvc.cli.frame import run

HEADER = "task_code,status_code,wbs_id,task_name,pred_list,base_end_date,act_end_date\n"
BEFORE = HEADER + (
    "LDM-503-06,Not Started,X ME 18-02.02C,Test report: ComCam,DM-1,11/30/2018 5:00:00 PM,\n"
    "DM-1,Not Started,X ME 18-02.02C,ISR,,5/31/2018 5:00:00 PM,\n"
)
AFTER = HEADER + (
    "LDM-503-6,Not Started,X ME 19-04.02C,ComCam,DM-1,8/30/2019 5:00:00 PM,\n"
    "DM-1,Completed,X ME 19-04.02C,ISR,,5/31/2018 5:00:00 PM,6/29/2018 8:00:00 AM\n"
)
LINKS = '[milestones."LDM-503-06"]\njira = "DM-17119"\naka = ["LDM-503-6"]\nname = "ComCam readiness"\n'


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "201802-ME.csv").write_text(BEFORE)
    (tmp_path / "201904-ME.csv").write_text(AFTER)
    (tmp_path / "links.toml").write_text(LINKS)
    return tmp_path


def test_a_code_declared_as_another_one_is_recoded(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--format", "json", "--links", "links.toml"], env={}) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["totals"]["both"], printed["totals"]["recoded"], printed["totals"]["slipped"]) == (2, 1, 1)
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--format", "json"], env={}) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["removed"] == 1


def test_exit_code_tells_of_a_difference_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drift", "201802-ME.csv", "201904-ME.csv"], env={}) == 0
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--exit-code"], env={}) == 4
    assert run(["drift", "201802-ME.csv", "201802-ME.csv", "--exit-code"], env={}) == 0


def test_holidays_and_links_of_a_configuration_count(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "config.toml").write_text(
        '[site]\ntimezone = "UTC"\nholidays = ["2019-07-04"]\n[links]\nfiles = ["links.toml"]\n'
    )
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--format", "json"], env={}) == 0
    [slipped] = [m for m in json.loads(capsys.readouterr().out)["milestones"] if m["due"]["direction"] == "slipped"]
    assert (slipped["code"], slipped["before_code"]) == ("LDM-503-6", "LDM-503-06")
    assert (slipped["due"]["calendar_days"], slipped["due"]["working_days"]) == (273, 194)


def test_a_file_that_happens_to_be_called_config_toml_is_in_nobodys_way(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "config.toml").write_text("colour = 'blue'\n")
    assert run(["drift", "201802-ME.csv", "201904-ME.csv"], env={}) == 0
    assert "config.toml is not used, nor its holidays and links" in capsys.readouterr().err
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--config", "config.toml"], env={}) == 2


def test_show_prints_what_was_read(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    assert run(["show", "201904-ME.csv", "--format", "json"], env={}) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["period"], printed["kind"], printed["data_date"]) == ("2019-04", "ME", "2019-04-30")
    assert printed["source"] == str(files / "201904-ME.csv")
    assert [(m["code"], m["due"], m["completed"]) for m in printed["milestones"]] == [
        ("LDM-503-6", "2019-08-30", None),
        ("DM-1", "2018-05-31", "2018-06-29"),
    ]
    assert run(["show", "201904-ME.csv"], env={}) == 0
    assert "1 not started, 1 completed" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["links.toml", "annotations.json"])
def test_document_takes_names_from_a_links_file_or_from_json(
    name: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "annotations.json").write_text('{"LDM-503-06": {"name": "ComCam readiness", "aka": ["X"]}, "Y": {}}')
    assert run(["document", "201802-ME.csv", "--annotations", name, "--format", "json"], env={}) == 0
    [only] = json.loads(capsys.readouterr().out)["milestones"]
    assert only == {
        "code": "LDM-503-06",
        "name": "ComCam readiness",
        "due": "2018-11-30",
        "completed": None,
        "children": [{"code": "DM-1", "name": "ISR", "due": "2018-05-31", "completed": None}],
    }


@pytest.mark.parametrize(
    ("form", "begins", "holds"),
    [
        ("text", "Release list from ", "ComCam readiness: LDM-503-06\n"),
        ("md", "# Release list from ", "### ComCam readiness: LDM-503-06\n"),
        ("tex", "\\documentclass", "\\subsection{ComCam readiness: LDM-503-06}\n\\label{LDM-503-06}\n"),
        ("html", "<!DOCTYPE html>", '<h3 id="LDM-503-06">'),
        ("svg", "<svg ", "ComCam readiness</text>"),
    ],
)
def test_document_in_each_format_to_a_file(
    form: str, begins: str, holds: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["document", "201802-ME.csv", "--annotations", "links.toml", "--format", form]
    assert run([*arguments, "-o", f"list.{form}"], env={}) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"Written: {files / f'list.{form}'}\n"
    text = (files / f"list.{form}").read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert holds in text


def test_a_fragment_is_for_tex_alone(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["document", "201802-ME.csv", "--format", "tex", "--fragment"], env={}) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("% Release list from ")
    assert "\\begin{document}" not in printed
    assert printed.count("\\subsection{") == 1
    assert run(["document", "201802-ME.csv", "--fragment"], env={}) == 2
    assert "--fragment is for --format tex only" in capsys.readouterr().err


def test_document_takes_names_from_the_links_of_a_configuration(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "config.toml").write_text('[site]\ntimezone = "UTC"\n[links]\nfiles = ["links.toml"]\n')
    assert run(["document", "201802-ME.csv", "--format", "json"], env={}) == 0
    assert json.loads(capsys.readouterr().out)["milestones"][0]["name"] == "ComCam readiness"


def test_a_date_kept_by_hand_is_shown_beside_the_schedules(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "annotations.json").write_text('{"LDM-503-06": {"due": "2019-01-31"}}')
    assert run(["document", "201802-ME.csv", "--annotations", "annotations.json", "--format", "json"], env={}) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["milestones"][0]["due"] == "2018-11-30"
    assert printed["overrides"] == [
        {"code": "LDM-503-06", "field": "due", "shown": "2018-11-30", "annotated": "2019-01-31"}
    ]


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ('{"A": 1}', "A: is no object"),
        ('{"A": {"name": 1}}', "A.name: is no text"),
        ('{"A": {"due": "soon"}}', "A.due: 'soon' is not a date"),
        ('{"A": {}, "A": {}}', "A is in it twice"),
        ("{", "not usable JSON"),
        ("Words\n", "is not valid TOML"),
    ],
)
def test_annotations_that_cannot_be_used_are_refused(
    annotations: str, said: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "annotations").write_text(annotations)
    assert run(["document", "201802-ME.csv", "--annotations", "annotations"], env={}) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "annotations" in printed.err


@pytest.mark.parametrize(
    ("name", "exit_code", "said"),
    [
        ("201905-ME.csv", 3, "201905-ME.csv does not exist"),
        ("nowhere/export", 3, "does not exist"),
        ("export", 2, "export is neither a file nor the name of a snapshot"),
        ("pmcs:yesterday", 2, "neither a file nor the name of a snapshot"),
        (".", 2, "is a folder"),
        ("links.toml", 2, "mapping"),
        ("pmcs:latest", 2, "no configuration"),
    ],
)
def test_what_names_no_snapshot(name: str, exit_code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["show", name], ["drift", "201802-ME.csv", name], ["document", name]):
        assert run(command, env={}) == exit_code
        printed = capsys.readouterr()
        assert printed.out == ""
        assert said in printed.err
        assert "Traceback" not in printed.err


def test_a_mapping_is_for_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "pmcs:latest", "--mapping", "p6_spreadsheet"], env={}) == 2
    assert "no mapping can be named for it" in capsys.readouterr().err


def test_output_to_a_file_is_whole_or_not_at_all(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = files / "drift.json"
    target.write_text("the old one")
    target.chmod(0o640)
    assert run(["drift", "201802-ME.csv", "nix.csv", "--format", "json", "-o", str(target)], env={}) == 3
    assert target.read_text() == "the old one"
    assert run(["drift", "201802-ME.csv", "201904-ME.csv", "--format", "json", "-o", str(target)], env={}) == 0
    printed = capsys.readouterr()
    assert (printed.out, f"Written: {target}" in printed.err) == ("", True)
    assert json.loads(target.read_text())["schema"] == "syncsvc.drift/1"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir(files)) == ["201802-ME.csv", "201904-ME.csv", "drift.json", "links.toml"]


def test_output_that_cannot_be_written_is_named(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "201802-ME.csv", "-o", str(files / "nowhere" / "x")], env={}) == 2
    assert "nowhere/x cannot be written" in capsys.readouterr().err


def test_output_through_a_link_keeps_the_link(files: Path) -> None:
    (files / "there").mkdir()
    (files / "here.txt").symlink_to(files / "there" / "real.txt")
    assert run(["show", "201802-ME.csv", "-o", str(files / "here.txt")], env={}) == 0
    assert (files / "here.txt").is_symlink()
    assert "Snapshot: PMCS 2018-02 ME" in (files / "there" / "real.txt").read_text()
