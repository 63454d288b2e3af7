"""Links files: what they declare, and every contradiction in them at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncsvc.errors import ConfigError
from syncsvc.links import LinksFile, load_links, make_links
from syncsvc.model import Field, Link, LinkWord

Load = Callable[..., LinksFile]
CONTRACT = """
[milestones."LDM-503-06"]
jira = "DM-17119"
test_plan = "DM-16074"
aka = ["LDM-503-6"]
name = "DM ComCam interface verification readiness"
[[milestones."LDM-503-06".also]]
jira = "DM-1"
fields = ["due"]
offset_days = 7
"""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load links given as text, one text a file: links1.toml, links2.toml."""

    def load_texts(*texts: str, offset: int = -45) -> LinksFile:
        paths = [tmp_path / f"links{number}.toml" for number, _ in enumerate(texts, start=1)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        return load_links(paths, test_plan_offset_days=offset)

    return load_texts


@pytest.fixture
def find_problems(load: Load) -> Callable[..., list[str]]:
    """The problems as a person reads them, without hints."""

    def find(*texts: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(*texts)
        return [f"{problem.where}: {problem.problem}" for problem in caught.value.problems]

    return find


Find = Callable[..., list[str]]


def test_a_milestone_can_drive_several_issues(load: Load) -> None:
    links = load(CONTRACT, offset=-30)
    where = "links1.toml: milestones.LDM-503-06"
    assert links.links == (
        Link("LDM-503-06", "DM-17119", frozenset(Field), 0, "completion", f"{where}.jira"),
        Link("LDM-503-06", "DM-16074", frozenset({Field.DUE}), -30, "test_plan", f"{where}.test_plan"),
        Link("LDM-503-06", "DM-1", frozenset({Field.DUE}), 7, "also", f"{where}.also[0].jira"),
    )
    assert links.aliases == {"LDM-503-6": "LDM-503-06"}
    assert links.names == {"LDM-503-06": "DM ComCam interface verification readiness"}


def test_several_files_are_read_as_one(load: Load) -> None:
    links = load(CONTRACT, '[milestones.A]\njira = "DM-2"')
    assert [link.key for link in links.links] == ["DM-17119", "DM-16074", "DM-1", "DM-2"]


def test_nothing_declared_is_nothing_linked(load: Load) -> None:
    assert load() == LinksFile()
    assert load("") == LinksFile()
    assert load("[milestones.A]") == LinksFile()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("milstones = 1", "links1.toml: milstones: is not a known key"),
        ("milestones = 1", "links1.toml: milestones: must hold one table"),
        ("[milestones]\nA = 1", "links1.toml: milestones.A: must be a table, not 1"),
        ('[milestones."A "]', 'links1.toml: milestones."A ": is not a milestone code'),
        ('[milestones.""]', 'links1.toml: milestones."": is not a milestone code'),
        ("[milestones.A]\njria = 1", "links1.toml: milestones.A.jria: is not a known key"),
        ('[milestones.A]\njira = "DM"', "links1.toml: milestones.A.jira: must be a Jira key"),
        ('[milestones.A]\njira = "dm-1"', "links1.toml: milestones.A.jira: must be a Jira key"),
        ('[milestones.A]\njira = "DM-01"', "links1.toml: milestones.A.jira: must be a Jira key"),
        ('[milestones.A]\njira = "https://x/browse/DM-1"', "links1.toml: milestones.A.jira: must be a Jira key"),
        ('[milestones.A]\naka = "B"', "links1.toml: milestones.A.aka: must be a list"),
        ('[milestones.A]\nname = ""', "links1.toml: milestones.A.name: must be a text"),
        ("[[milestones.A.also]]", "links1.toml: milestones.A.also[0].jira: is missing"),
        ('[milestones.A.also]\njira = "DM-1"', "links1.toml: milestones.A.also: must be a list of tables"),
        (
            '[[milestones.A.also]]\njira = "DM-1"\nfields = ["dew"]',
            'links1.toml: milestones.A.also[0].fields[0]: must be "due" or "completed", not "dew"',
        ),
        (
            '[[milestones.A.also]]\njira = "DM-1"\nfields = []',
            "links1.toml: milestones.A.also[0].fields: is empty",
        ),
        (
            '[[milestones.A.also]]\njira = "DM-1"\noffset_days = 99999',
            "links1.toml: milestones.A.also[0].offset_days: must be a whole number",
        ),
        (
            '[milestones.A]\njira = "DM-1"\ntest_plan = "DM-1"',
            "links1.toml: milestones.A.test_plan: DM-1 is linked by milestones.A.jira already",
        ),
        ('[milestones.A]\naka = ["A"]', "links1.toml: milestones.A.aka[0]: A is the milestone's own code"),
        (
            '[milestones.A]\naka = ["B"]\n[milestones.B]',
            "links1.toml: milestones.A.aka[0]: B is a milestone itself: links1.toml: milestones.B",
        ),
        (
            '[milestones.A]\naka = ["X"]\n[milestones.B]\naka = ["X"]',
            "links1.toml: milestones.B.aka[0]: X is an aka of A already",
        ),
    ],
)
def test_what_is_refused(find_problems: Find, text: str, problem: str) -> None:
    (found,) = find_problems(text)
    assert found.startswith(problem)


def test_two_files_that_name_one_milestone_are_both_said(find_problems: Find) -> None:
    second = '[milestones.A]\njira = "DM-2"'
    assert find_problems('[milestones.A]\njira = "DM-1"', second) == [
        "links2.toml: milestones.A: stands in links1.toml too"
    ]
    assert len(find_problems("[milestones.A]\njira = 1", second)) == 2


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "links.toml" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("[milestones.A]")
    with pytest.raises(ConfigError) as caught:
        load_links(paths)
    assert str(paths[0]) in str(caught.value)
    assert str(paths[1]) in str(caught.value)


def test_problems_of_all_files_come_at_once(find_problems: Find) -> None:
    problems = find_problems("not toml", "[milestones.A]\njira = 1", '[milestones.B]\naka = ["B"]')
    assert len(problems) == 3
    assert "line 1, column" in problems[0]


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "links.toml"
    path.write_text(CONTRACT)
    assert load_links([path, path]) == load_links([path])


class TestCodesThatAreKeys:
    def test_are_linked_where_the_project_is_named(self) -> None:
        links = make_links(LinksFile(), ["DLP-464", "DM-NCSA-27", "LDM-503-06", "DLP-33", "DM-8727"], ["DLP"])
        assert [(link.code, link.key, link.role, link.fields, link.offset_days) for link in links] == [
            ("DLP-33", "DLP-33", "code_is_key", frozenset(Field), 0),
            ("DLP-464", "DLP-464", "code_is_key", frozenset(Field), 0),
        ]

    def test_must_look_like_keys(self) -> None:
        assert make_links(LinksFile(), ["DLP-", "DLP-1a", "DLP-01", "dlp-1", "DLP-1\n", "DLP-٣"], ["DLP", "dlp"]) == ()

    def test_a_declared_link_to_the_same_issue_stands(self, load: Load) -> None:
        file = load('[[milestones.DLP-1.also]]\njira = "DLP-1"\nfields = ["due"]\n[milestones.DLP-2]\njira = "DM-1"')
        links = make_links(file, ["DLP-1", "DLP-2"], ["DLP"])
        assert [(link.code, link.key, link.role) for link in links] == [
            ("DLP-1", "DLP-1", "also"),
            ("DLP-2", "DLP-2", "code_is_key"),
            ("DLP-2", "DM-1", "completion"),
        ]

    def test_the_order_does_not_depend_on_what_is_asked(self, load: Load) -> None:
        file = load(CONTRACT)
        codes = ["DLP-2", "DLP-1", "DLP-1"]
        assert make_links(file, codes, ["DLP"]) == make_links(file, reversed(codes), ["DLP"])


ACCEPTED = datetime(2019, 5, 2, 23, 30, tzinfo=UTC)


def word(code: str, key: str, role: str = "completion", *, accepted: bool = True) -> LinkWord:
    return LinkWord(code, key, accepted, role, actor="C. Troller", at=ACCEPTED)


class TestAcceptedLinks:
    def test_they_stand_beside_the_others_with_who_and_when(self) -> None:
        said = [word("M-2", "DM-2"), word("M-1", "DM-3", "test_plan"), word("M-3", "DM-4", accepted=False)]
        links = make_links(LinksFile(), ["DLP-1"], ["DLP"], said, test_plan_offset_days=-30)
        assert links == (
            Link("DLP-1", "DLP-1", role="code_is_key", declared="config: links.code_is_key"),
            Link("M-1", "DM-3", frozenset({Field.DUE}), -30, "test_plan", "accepted by C. Troller on 2019-05-02"),
            Link("M-2", "DM-2", declared="accepted by C. Troller on 2019-05-02"),
        )
        assert [link.accepted for link in links] == [False, True, True]

    def test_the_day_is_that_of_the_site(self) -> None:
        (link,) = make_links(LinksFile(), [], [], [word("M-1", "DM-1")], time_zone=ZoneInfo("Asia/Tokyo"))
        assert link.declared == "accepted by C. Troller on 2019-05-03"

    def test_what_a_file_says_of_a_pair_stands(self) -> None:
        declared = Link("M-1", "DM-1", frozenset({Field.DUE}), 7, "also", "links.toml: milestones.M-1.also[0].jira")
        file = LinksFile(links=(declared,))
        assert make_links(file, [], [], [word("M-1", "DM-1")]) == (declared,)
        assert make_links(file, [], [], [word("M-1", "DM-1", accepted=False)]) == (declared,)

    def test_an_accepted_pair_of_a_code_that_is_a_key_is_one_link(self) -> None:
        (link,) = make_links(LinksFile(), ["DLP-1"], ["DLP"], [word("DLP-1", "DLP-1", "test_plan")])
        assert link.role == "test_plan"

    def test_a_code_that_is_another_of_a_milestone_by_now_leads_to_it(self) -> None:
        file = LinksFile(aliases={"OLD-1": "M-1"})
        (link,) = make_links(file, [], [], [word("OLD-1", "DM-1")])
        assert link.code == "M-1"
