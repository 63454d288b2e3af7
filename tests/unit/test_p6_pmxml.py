"""P6 XML files: what is read of them, under which names, and what is said of one that is none."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import p6_pmxml_text, p6_schedule_export
from connectors.guess import guess_mapping
from connectors.p6_pmxml import read_export
from connectors.p6_schedule_export import ProjectChoice
from syncsvc.errors import BadExport, MappingError
from syncsvc.mapping import Mapping as SourceMapping
from syncsvc.mapping import load_mapping
from syncsvc.model import Basis, Milestone, MilestoneKind, Snapshot, Status, by_code
from tests.pmxml_files import (
    NAMESPACES,
    Element,
    activity,
    code,
    code_type,
    code_value,
    completed,
    field_type,
    own_field,
    pmxml_text,
    project,
    relation,
    wbs,
    with_,
    write_pmxml,
)

MAPPING = load_mapping("p6_pmxml")
NOW = datetime(2019, 5, 3, tzinfo=UTC)
DUE = date(2019, 6, 28)


def read(
    folder: Path,
    *content: Element,
    choice: ProjectChoice | None = None,
    mapping: SourceMapping = MAPPING,
    **options: Any,
) -> Snapshot:
    return read_export(write_pmxml(folder / "a.xml", *content, **options), mapping, taken_at=NOW, choice=choice)


def read_bytes(folder: Path, content: bytes) -> Snapshot:
    (folder / "a.xml").write_bytes(content)
    return read_export(folder / "a.xml", MAPPING, taken_at=NOW)


def milestones(snapshot: Snapshot) -> Mapping[str, Milestone]:
    return by_code(snapshot.milestones)


def dues(snapshot: Snapshot) -> dict[str, tuple[date | None, str | None, Basis | None]]:
    return {m.code: (m.due, m.due_column, m.due_basis) for m in snapshot.milestones}


# What is read


@pytest.mark.parametrize("root", ["APIBusinessObjects", "BusinessObjects"])
@pytest.mark.parametrize("namespace", NAMESPACES.values(), ids=NAMESPACES)
def test_elements_are_known_by_their_local_names(tmp_path: Path, namespace: str, root: str) -> None:
    content = project(activity(1, "A-1"), completed(2, "A-2", "2019-04-12T08:00:00"), relation(1, 2, 1))
    snapshot = read(tmp_path, content, namespace=namespace, root=root)
    first, second = snapshot.milestones
    assert (first.code, first.name, first.kind, first.status) == (
        "A-1",
        "Milestone A-1",
        MilestoneKind.FINISH_MILESTONE,
        Status.NOT_STARTED,
    )
    assert (first.due, first.due_column, first.due_basis) == (DUE, "PlannedFinishDate", Basis.PLANNED)
    assert (first.forecast, first.predecessors, first.wbs) == (DUE, ("A-2",), "02C.05")
    assert (second.completed, second.completed_column) == (date(2019, 4, 12), "ActualFinishDate")
    assert (snapshot.period, snapshot.kind, snapshot.data_date) == ("2019-04", "ME", date(2019, 4, 30))
    assert snapshot.rejects == ()


def test_prefixes_say_nothing(tmp_path: Path) -> None:
    plain = pmxml_text(project(activity(1, "A-1")))
    prefixed = re.sub(r"<(/?)(?=[A-Z])", r"<\1p6:", plain).replace("xmlns=", "xmlns:p6=")
    assert list(milestones(read_bytes(tmp_path, prefixed.encode()))) == ["A-1"]


def test_a_place_is_a_line_of_the_file(tmp_path: Path) -> None:
    snapshot = read(tmp_path, project(activity(1, "A-1"), activity(2, "A-2")))
    lines = (tmp_path / "a.xml").read_text().splitlines()
    assert [each.code for each in snapshot.milestones] == ["A-1", "A-2"]
    for each in snapshot.milestones:
        line = int(each.where.removeprefix("Activity line "))
        assert (lines[line - 1].strip(), f"<Id>{each.code}</Id>" in "".join(lines[line : line + 12])) == (
            "<Activity>",
            True,
        )


def test_planned_dates_that_p6_leaves_blank_are_no_due_dates(tmp_path: Path) -> None:
    snapshot = read(tmp_path, project(activity(1, "A-1"), completed(2, "A-2", "2019-04-12T08:00:00")))
    assert dues(snapshot)["A-2"] == (None, None, None)
    assert milestones(snapshot)["A-2"].forecast == date(2019, 4, 12)


def test_a_start_milestone_is_known_by_its_start(tmp_path: Path) -> None:
    blank = {"FinishDate": None, "PlannedFinishDate": None, "Type": "Start Milestone"}
    done = completed(2, "A-2", "2019-04-12T08:00:00", "2019-03-01T08:00:00", ActualFinishDate=None, **blank)
    snapshot = read(tmp_path, project(activity(1, "A-1", **blank), done))
    first, second = snapshot.milestones
    assert (first.kind, first.due, first.due_column) == (MilestoneKind.START_MILESTONE, DUE, "PlannedStartDate")
    assert (first.forecast, second.forecast) == (DUE, date(2019, 4, 12))
    assert (second.completed, second.completed_column) == (date(2019, 4, 12), "ActualStartDate")


def test_elements_that_a_writer_leaves_out_are_blank(tmp_path: Path) -> None:
    name, fields = activity(1, "A-1")
    assert isinstance(fields, list)
    known = [each for each in fields if each[1] is not None and each[0] != "WBSObjectId"]
    (first,) = read(tmp_path, project((name, known))).milestones
    assert (first.due, first.completed, first.wbs) == (DUE, None, None)


@pytest.mark.parametrize("column", ["Id", "Status", "Type"])
def test_a_field_that_no_activity_names_is_a_missing_column(tmp_path: Path, column: str) -> None:
    name, fields = activity(1, "A-1")
    assert isinstance(fields, list)
    fields = [each for each in fields if each[0] != column]
    with pytest.raises(
        MappingError, match=rf"a\.xml: element Activity has no column {column}, which mapping p6_pmxml, line \d+"
    ):
        read(tmp_path, project((name, fields)))


def test_a_date_that_cannot_be_read_is_a_reject_with_its_line(tmp_path: Path) -> None:
    snapshot = read(tmp_path, project(activity(1, "A-1", PlannedFinishDate="28.6.2019"), activity(2, "A-2")))
    (reject,) = snapshot.rejects
    assert (reject.code, reject.field, reject.where) == ("A-1", "due", snapshot.milestones[0].where)
    assert "PlannedFinishDate '28.6.2019' is not a date" in reject.reason


def test_names_steer_no_terminal(tmp_path: Path) -> None:
    snapshot = read(tmp_path, project(activity(1, "A-1", Name="one\u009b31m\n two \u2028three")))
    assert snapshot.milestones[0].name == "one 31m two three"


@pytest.mark.parametrize("root_is_listed", [False, True])
def test_paths_begin_below_the_project(tmp_path: Path, root_is_listed: bool) -> None:
    nodes = [wbs(9, "LSST")] if root_is_listed else []
    content = project(
        *nodes,
        wbs(10, "02C", 9),
        wbs(11, "05", 10),
        activity(1, "A-1"),
        activity(2, "A-2", WBSObjectId=9),
        activity(3, "A-3", WBSObjectId=None),
        WBSObjectId="9",
    )
    assert [m.wbs for m in read(tmp_path, content).milestones] == ["02C.05", None, None]


def test_a_wbs_that_is_its_own_parent_ends(tmp_path: Path) -> None:
    (first,) = read(tmp_path, project(wbs(10, "02C", 11), wbs(11, "05", 10), activity(1, "A-1"))).milestones
    assert first.wbs == "05"


def test_codes_and_own_fields_are_columns_where_the_mapping_names_them(tmp_path: Path) -> None:
    own = MAPPING.text.replace('name = "Name"', 'name = "Name"\nlevel = "code:Milestone Level"')
    own = own.replace(
        '{ column = "PlannedFinishDate", basis = "planned" },', '{ column = "udf:Promised", basis = "planned" },'
    )
    (tmp_path / "own.toml").write_text(own)
    promised = own_field(9, "FinishDate", "2019-09-30T17:00:00")
    content = (
        field_type(8, "Promised", "Resource"),
        field_type(9, "promised"),
        code_type(5, "Milestone level"),
        code_value(51, 5, "2"),
        code_value(52, 6, "3"),
        project(
            with_(activity(1, "A-1"), code(6, 52), code(5, 51), promised, own_field(8, "Text", "never")),
            activity(2, "A-2"),
        ),
    )
    snapshot = read(tmp_path, *content, mapping=load_mapping("own.toml", tmp_path))
    first, second = snapshot.milestones
    assert (first.level, first.due, first.due_column) == (2, date(2019, 9, 30), "udf:Promised")
    assert (second.level, second.due) == (None, None)


# Relations


def test_relations_may_come_first_and_end_elsewhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = project(
        relation(1, 2, 1),
        activity(1, "A-1"),
        activity(2, "A-2"),
        relation(2, 2, 1, "Start to Start"),
        relation(3, 77, 1, PredecessorProjectObjectId=7),
        relation(4, 1, 77, SuccessorProjectObjectId=7),
        relation(5, 78, 1),
        relation(6, 1, 78),
        relation(7, 1, 1),
    )
    snapshot = read(tmp_path, content)
    assert [m.predecessors for m in snapshot.milestones] == [("A-2",), ()]
    assert [re.sub(r"^.*line \d+: ", "", record.getMessage()) for record in caplog.records] == [
        "PredecessorActivityObjectId '78', before A-1, is no activity of the file; the relation is left out",
        "SuccessorActivityObjectId '78' is no activity of the file; the relation is left out",
        "A-1 comes before itself; the relation is left out",
    ]


def test_a_relation_between_two_projects_of_the_file_is_one(tmp_path: Path) -> None:
    across = relation(1, 2, 1, PredecessorProjectObjectId=2)
    snapshot = read(
        tmp_path,
        project(activity(1, "A-1"), across),
        project(activity(2, "B-1"), object_id=2, name="Other"),
        choice=ProjectChoice(project="LSST*"),
    )
    assert [(m.code, m.predecessors) for m in snapshot.milestones] == [("A-1", ("B-1",))]


def test_ends_are_found_wherever_they_stand(tmp_path: Path) -> None:
    name, fields = relation(1, 1, 2)
    assert isinstance(fields, list)
    turned = (name, fields[::-1])
    one_end = (name, fields[:3])
    snapshot = read(
        tmp_path,
        project(
            *(activity(at, f"A-{at}") for at in (1, 2, 3, 4)), relation(2, 2, 3), turned, one_end, relation(3, 3, 4)
        ),
    )
    assert [m.predecessors for m in snapshot.milestones] == [(), ("A-1",), ("A-2",), ("A-3",)]


# Projects and baselines


def two(**main: str | None) -> tuple[Element, Element]:
    """A project, and the baseline that was made of it; A-3 is new since then."""
    activities = [activity(1, "A-1"), activity(2, "A-2", Type="Start Milestone"), activity(3, "A-3")]
    then = [activity(91, "A-1", "2019-01-31T17:00:00"), activity(92, "A-2", "2019-02-28T08:00:00")]
    return project(*activities, **main), project(*then, object_id=9, name="LSST BL 18-03", is_baseline=True)


BASELINE_DUES = {
    "A-1": (date(2019, 1, 31), "BaselineFinishDate", Basis.BASELINE),
    "A-2": (date(2019, 2, 28), "BaselineStartDate", Basis.BASELINE),
    "A-3": (None, None, None),
}
PLANNED_DUES = {
    "A-1": (DUE, "PlannedFinishDate", Basis.PLANNED),
    "A-2": (DUE, "PlannedStartDate", Basis.PLANNED),
    "A-3": (DUE, "PlannedFinishDate", Basis.PLANNED),
}


def test_the_baseline_that_the_project_names_is_joined_by_activity_id(tmp_path: Path) -> None:
    snapshot = read(tmp_path, *two(CurrentBaselineProjectObjectId="9"))
    assert dues(snapshot) == BASELINE_DUES
    assert (snapshot.period, snapshot.kind, snapshot.rejects) == ("2019-04", "ME", ())


def test_a_baseline_may_come_first(tmp_path: Path) -> None:
    main, baseline = two(CurrentBaselineProjectObjectId="9")
    assert dues(read(tmp_path, baseline, main)) == BASELINE_DUES


def test_a_project_whose_baseline_is_itself_has_planned_dates(tmp_path: Path) -> None:
    assert dues(read(tmp_path, *two(CurrentBaselineProjectObjectId=None))) == PLANNED_DUES
    assert dues(read(tmp_path, *two(CurrentBaselineProjectObjectId="1"))) == PLANNED_DUES


def without_naming(main: Element) -> Element:
    name, fields = main
    assert isinstance(fields, list)
    return name, [each for each in fields if each[0] != "CurrentBaselineProjectObjectId"]


def test_where_the_field_is_absent_the_one_baseline_that_was_made_of_it_counts(tmp_path: Path) -> None:
    main, baseline = two()
    assert dues(read(tmp_path, without_naming(main), baseline)) == BASELINE_DUES
    another = project(activity(81, "A-1"), object_id=8, name="Old", is_baseline=True)
    assert dues(read(tmp_path, without_naming(main), baseline, another)) == PLANNED_DUES
    of_another = project(activity(81, "A-1"), object_id=8, is_baseline=True, OriginalProjectObjectId="7")
    assert dues(read(tmp_path, without_naming(main), of_another)) == PLANNED_DUES


def test_a_baseline_that_is_not_in_the_file_leaves_dues_unseen(tmp_path: Path) -> None:
    main, _ = two(CurrentBaselineProjectObjectId="9")
    snapshot = read(tmp_path, main)
    assert dues(snapshot) == dict.fromkeys(("A-1", "A-2", "A-3"), (None, None, None))
    assert {(each.code, each.field) for each in snapshot.rejects} == {(f"A-{at}", "due") for at in (1, 2, 3)}
    told = "the baseline of LSST ME 19-04 (CurrentBaselineProjectObjectId 9) is not in the file"
    assert snapshot.rejects[0].reason == f"due: {told}"


def test_a_baseline_may_be_named_or_come_from_a_file_of_its_own(tmp_path: Path) -> None:
    main, baseline = two()
    assert dues(read(tmp_path, main, baseline, choice=ProjectChoice(baseline_project="LSST BL*"))) == BASELINE_DUES
    apart = write_pmxml(tmp_path / "baseline.xml", baseline)
    assert dues(read(tmp_path, main, choice=ProjectChoice(baseline=apart))) == BASELINE_DUES


def test_an_activity_twice_in_a_baseline_with_two_dates_has_none(tmp_path: Path) -> None:
    main, _ = two(CurrentBaselineProjectObjectId="9")
    then = [activity(91, "A-1", "2019-01-31T17:00:00"), activity(92, "A-1", "2019-02-28T17:00:00")]
    snapshot = read(tmp_path, main, project(*then, object_id=9, is_baseline=True))
    assert "2019-01-31T17:00:00 or 2019-02-28T17:00:00" in snapshot.rejects[0].reason


def test_the_export_of_a_baseline_project_promises_its_own_dates(tmp_path: Path) -> None:
    snapshot = read(tmp_path, project(activity(1, "A-1"), name="LSST BL 18-03"))
    (first,) = snapshot.milestones
    assert (snapshot.kind, first.due, first.due_basis, first.forecast) == ("BL", DUE, Basis.BASELINE, None)


def test_of_several_projects_those_are_read_that_are_asked_for(tmp_path: Path) -> None:
    content = (project(activity(1, "A-1")), project(activity(2, "B-1"), object_id=2, name="Other"))
    assert list(milestones(read(tmp_path, *content))) == ["A-1", "B-1"]
    assert list(milestones(read(tmp_path, *content, choice=ProjectChoice(project="other")))) == ["B-1"]
    with pytest.raises(BadExport, match=r"no project in it is called X\*; there are LSST ME 19-04, Other"):
        read(tmp_path, *content, choice=ProjectChoice(project="X*"))


def test_the_list_of_projects_is_no_project(tmp_path: Path) -> None:
    plain = pmxml_text(project(activity(1, "A-1")))
    listed = '<ProjectList><Project ObjectId="1"><BaselineProject ObjectId="9"/></Project></ProjectList>'
    listed = plain.replace("\t<Project>\n", f"\t{listed}\n\t<Project>\n")
    assert listed != plain
    assert list(milestones(read_bytes(tmp_path, listed.encode()))) == ["A-1"]
    with pytest.raises(BadExport, match=r"no project in it is called X; there are LSST ME 19-04\."):
        read_export(tmp_path / "a.xml", MAPPING, taken_at=NOW, choice=ProjectChoice(project="X"))


def test_a_baseline_project_may_stand_inside_of_its_project(tmp_path: Path) -> None:
    main, baseline = two(CurrentBaselineProjectObjectId="9")
    assert dues(read(tmp_path, with_(main, baseline))) == BASELINE_DUES


def test_ids_that_are_there_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadExport, match=r"Project line .*: ObjectId '1' is that of the project in line"):
        read(tmp_path, project(activity(1, "A-1")), project(activity(2, "A-2")))
    with pytest.raises(BadExport, match=r"Activity line .*: ObjectId '1' is A-2 here and A-1 elsewhere"):
        read(tmp_path, project(activity(1, "A-1"), activity(1, "A-2")))


# Text


def test_what_no_xml_may_hold_is_left_out(tmp_path: Path) -> None:
    text = pmxml_text(project(activity(1, "A-1", Name="a@b#c&#233;d")))
    text = text.replace("a@b#c&amp;#233;d", "a\x00b\x1bc&#0;&#x1F;&#xFFFF;&#xD800;&#99999999999999;&#233;&#x41;d")
    assert milestones(read_bytes(tmp_path, text.encode()))["A-1"].name == "abcéAd"


@pytest.mark.parametrize("size", [1 << 18, 7])
def test_a_reference_over_two_chunks_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    notes = "".join(f"{'x' * at}&#0;&#1;&amp;" for at in range(60))
    text = pmxml_text(project(with_(activity(1, "A-1"), ("Notes", "@")))).replace("@", notes)
    monkeypatch.setattr(p6_pmxml_text, "_CHUNK_BYTES", 7)
    chunks = list(p6_pmxml_text._clean([text.encode()[at : at + size] for at in range(0, len(text), size)]))
    assert b"".join(chunks) == re.sub("&#[01];", "", text).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1251"])
def test_text_is_read_in_the_encoding_that_it_has(tmp_path: Path, encoding: str) -> None:
    name = "Größe" if encoding != "cp1251" else "Дата"
    declared = {"cp1252": "windows-1252", "cp1251": "windows-1251"}.get(encoding, "UTF-8")
    head = f'<?xml version="1.0" encoding="{declared}" standalone="yes"?>\n'
    snapshot = read(tmp_path, project(activity(1, "A-1", Name=name)), head=head, encoding=encoding)
    assert snapshot.milestones[0].name == name


def test_single_bytes_that_say_utf_16_are_utf_8(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="UTF-16"?>\n'
    assert read(tmp_path, project(activity(1, "A-1", Name="Größe")), head=head).milestones[0].name == "Größe"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("UTF-8", "it is no well-formed XML"),
        ("utf-32", "not all of it is utf-32 text"),
        ("zip", "its encoding is zip, which is no encoding of text"),
        ("nonsense", "its encoding is nonsense, which is no encoding of text"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, declared: str, said: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>\n'
    text = pmxml_text(project(activity(1, "A-1", Name="Größe")), head=head)
    with pytest.raises(BadExport, match=said):
        read_bytes(tmp_path, text.encode("latin-1"))


# Files that are none

DTD = '<!DOCTYPE x [<!ENTITY a "{}"><!ENTITY b "{}">]>'
BOMB = DTD.format("ha" * 50, "&a;" * 50)
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HIDDEN = {
    "bomb": BOMB,
    "file": FILE,
    "address": '<!DOCTYPE x SYSTEM "https://example.org/x.dtd">',
    "behind a comment": f"<!-- {'-' * 0}x -->\n{BOMB}",
    "behind an instruction": f"<?x y?>{BOMB}",
    "with a control character": BOMB.replace("<!DOC", "<!\x01DOC"),
    "with a reference": BOMB.replace("<!DOC", "<!&#1;DOC"),
    "in small letters": BOMB.replace("DOCTYPE", "doctype"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_a_document_type_is_refused_before_anything_is_read(tmp_path: Path, hidden: str, encoding: str) -> None:
    text = pmxml_text(project(activity(1, "A-1", Name="@")), head=f'<?xml version="1.0"?>{hidden}').replace("@", "&b;")
    with pytest.raises(BadExport, match=r"a\.xml: the file has a document type \(DOCTYPE\)"):
        read_bytes(tmp_path, text.encode(encoding))


def test_a_document_type_in_an_encoding_that_hides_it_is_refused(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="utf-7"?><!-- +AC0ALQA+-' + BOMB.replace("&", "+ACY-") + " -->"
    text = pmxml_text(project(activity(1, "A-1")), head=head)
    with pytest.raises(BadExport, match="the file has a document type"):
        read_bytes(tmp_path, text.encode())


def test_an_entity_without_a_document_type_is_a_fault(tmp_path: Path) -> None:
    text = pmxml_text(project(activity(1, "A-1", Name="@"))).replace("@", "&b;")
    with pytest.raises(BadExport, match=r"a\.xml: the file .*no well-formed XML \(an entity such as &nbsp;"):
        read_bytes(tmp_path, text.encode())


def test_elements_without_end_in_each_other_are_refused(tmp_path: Path) -> None:
    text = pmxml_text(project(activity(1, "A-1", Name="@"))).replace("@", "<b>" * 5000 + "</b>" * 5000)
    with pytest.raises(BadExport, match="no well-formed XML"):
        read_bytes(tmp_path, text.encode())


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = pmxml_text(project(activity(1, "A-1"), relation(1, 1, 1))).rstrip().encode()
    for end in range(1, len(whole), 61):
        with pytest.raises(BadExport, match=r"a\.xml: ") as caught:
            read_bytes(tmp_path, whole[:end])
        assert len(caught.value.message) < 300
        assert caught.value.message.isprintable()


FOREIGN = {
    b"": "the file is empty",
    b"\x00\x00\x00": "the file is empty",
    b"%PDF-1.7": "the file is a PDF document, not a P6 XML file",
    b"PK\x03\x04...": "the file is a workbook or another zip file",
    b"\xd0\xcf\x11\xe0...": "the file is a workbook or another office document",
    b"ERMHDR\t19.12\n": "the file is a P6 XER file",
    b"<!DOCTYPE html><html></html>": "the file is a web page",
    b"task_code,status_code": "it does not begin as XML",
    b'<?xml version="1.0"?><Project xmlns="http://schemas.microsoft.com/project"/>': "its root is Project",
    b"<!-- " + b"x" * 100_000 + b" --><APIBusinessObjects/>": "there is no Activity in any Project",
    b"<!-- " + b"x" * 300_000 + b" --><APIBusinessObjects/>": "it does not begin with APIBusinessObjects",
    b"<APIBusinessObjects/>": "there is no Activity in any Project of the file",
    b"<APIBusinessObjects/><APIBusinessObjects/>": "no well-formed XML",
}


@pytest.mark.parametrize(("content", "said"), FOREIGN.items(), ids=range(len(FOREIGN)))
def test_what_is_no_p6_xml_is_said_to_be_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadExport, match=re.escape(said)):
        read_bytes(tmp_path, content)


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert (
            guess_mapping(write_pmxml(tmp_path / "x.dat", project(activity(1, "A")), encoding=encoding)) == "p6_pmxml"
        )
    with zipfile.ZipFile(tmp_path / "x.xml", "w") as archive:
        archive.writestr("a.xml", pmxml_text(project(activity(1, "A"))))
    with pytest.raises(BadExport, match="a zip file without a workbook"):
        guess_mapping(tmp_path / "x.xml")


FILLING = b"<Spread><Period>1</Period><Period>2</Period></Spread>" * 400_000


def read_within(megabytes: int, folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> Snapshot:
    limits = replace(p6_schedule_export.LIMITS, memory_bytes=megabytes * 1_000_000)
    monkeypatch.setattr(p6_schedule_export, "LIMITS", limits)
    return read_bytes(folder, content)


@pytest.mark.parametrize("place", ["<Calendar>", "\t<Project>", "\t\t<Activity>"])
def test_what_is_not_wanted_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    whole = pmxml_text(project(activity(1, "A-1"))).encode().replace(place.encode(), FILLING + place.encode(), 1)
    snapshot = read_within(250, tmp_path, monkeypatch, whole)
    assert list(milestones(snapshot)) == ["A-1"]


def test_one_element_that_fills_the_memory_meets_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pmxml_text(project(activity(1, "A-1"))).encode().replace(b"<Activity>", b"<Activity>" + FILLING)
    with pytest.raises(BadExport, match=r"a\.xml: reading the file takes more memory than any export should"):
        read_within(250, tmp_path, monkeypatch, whole)


def test_xml_of_another_kind_is_said_to_be_that(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text('<?xml version="1.0"?><Project xmlns="http://schemas.microsoft.com/project"><Tasks/></Project>')
    assert guess_mapping(path) == "p6_pmxml"
    with pytest.raises(BadExport, match="the file is XML, but no P6 XML file: its root is Project") as caught:
        read_export(path, MAPPING, taken_at=NOW)
    assert "not Microsoft Project" in (caught.value.hint or "")


def test_odd_relations_of_a_file_in_one_line_are_told_apart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    relations = [relation(1, 1, 2, "Odd"), relation(2, 2, 3), relation(3, 3, 1, Lag="soon")]
    text = pmxml_text(project(*(activity(number, f"A-{number}") for number in (1, 2, 3)), *relations))
    read_bytes(tmp_path, text.replace("\n", "").replace("\t", "").encode())
    assert caplog.messages == [
        "a.xml: Relationship line 1: A-1 to A-2 is of type 'Odd', which P6 does not have",
        "a.xml: Relationship line 1: A-3 to A-1 has the lag 'soon', which is no number",
        "a.xml: Relationship line 1: relations go in a circle: A-1 before A-2 before A-3 before A-1",
    ]
