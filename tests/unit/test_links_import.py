"""Taking over links that a site kept by hand: what is taken, what is left out and why, and that the result loads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from syncsvc import links_import
from syncsvc.errors import UsageError
from syncsvc.links import LinksFile, load_links
from syncsvc.links_import import Import, as_links_toml, read_import
from syncsvc.model import Field

Read = Callable[..., Import]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Import a text (or what json.dumps makes of an object), under a name that tells the format."""

    def read_text(content: object, *projects: str, name: str = "local.json") -> Import:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return read_import(path, projects or None)

    return read_text


def load(imported: Import, tmp_path: Path) -> LinksFile:
    path = tmp_path / "links.toml"
    path.write_text(as_links_toml(imported), encoding="utf-8")
    return load_links([path])


def why(imported: Import) -> list[tuple[str, str, str]]:
    return [(one.code, one.what, one.why) for one in imported.left_out]


def test_links_other_codes_and_names_are_taken(read: Read, tmp_path: Path) -> None:
    imported = read(
        {
            "LDM-503-06": {"jira": "DM-17119", "jira_testplan": "DM-16074", "name": "  ComCam\n readiness "},
            "DM-AP-7": {"aka": ["DIFF1", "DIFF1"], "description": "longer", "comment": ""},
            "LSST-1": {},
            "LSST-2": None,
        }
    )
    assert imported.left_out == ()
    assert imported.other_keys == {"description": 1}
    links = load(imported, tmp_path)
    assert [(link.code, link.key, link.role, link.fields) for link in links.links] == [
        ("LDM-503-06", "DM-17119", "completion", frozenset(Field)),
        ("LDM-503-06", "DM-16074", "test_plan", frozenset({Field.DUE})),
    ]
    assert links.aliases == {"DIFF1": "DM-AP-7"}
    assert links.names == {"LDM-503-06": "ComCam readiness"}
    assert "LSST-1" not in as_links_toml(imported)


YAML = """
# kept by hand
LDM-503-06:
  jira: DM-17119
  aka: LDM-503-6
"DM-AP-7": {jira_testplan: DM-2, name: 'Alerts: "first"'}
"""


@pytest.mark.parametrize("name", ["local.yaml", "local.yml", "local", "local.txt"])
def test_yaml_says_the_same(read: Read, tmp_path: Path, name: str) -> None:
    links = load(read(YAML, name=name), tmp_path)
    assert [(link.code, link.key) for link in links.links] == [("LDM-503-06", "DM-17119"), ("DM-AP-7", "DM-2")]
    assert links.aliases == {"LDM-503-6": "LDM-503-06"}
    assert links.names == {"DM-AP-7": 'Alerts: "first"'}


def test_what_is_no_key_or_of_another_project_is_left_out(read: Read) -> None:
    imported = read(
        {
            "M-1": {"jira": "dm-1", "jira_testplan": "IT-3681"},
            "M-2": {"jira": 17119, "jira_testplan": "https://jira/browse/DM-1"},
            "M-3": {"jira": ["DM-1"], "jira_testplan": "DM-1\n"},
            "M-4": {"jira": "DM-4", "jira_testplan": "DM-4"},
        },
        "DM",
        "DLP",
    )
    no_key = "it is no Jira key such as DM-17119"
    assert why(imported) == [
        ("M-1", "jira", no_key),
        ("M-1", "jira_testplan", "project IT is not configured: `projects` has DLP, DM"),
        ("M-2", "jira", no_key),
        ("M-2", "jira_testplan", no_key),
        ("M-3", "jira", no_key),
        ("M-3", "jira_testplan", no_key),
        ("M-4", "jira_testplan", "the milestone is linked to this issue already"),
    ]
    assert imported.milestones.keys() == {"M-4"}


@pytest.mark.parametrize("name", ["local.json", "local.yaml"])
def test_a_code_that_stands_there_twice_counts_once_where_both_say_the_same(read: Read, name: str) -> None:
    text = '{"M-1": {"jira": "DM-1"}, "M-2": {"jira": "DM-2"}, "M-1": {"jira": "DM-1"}, "M-2": {"jira": "DM-3"}}'
    imported = read(text, name=name)
    assert why(imported) == [("M-2", "", "the code stands there several times, and not with the same")]
    assert {code: taken.jira for code, taken in imported.milestones.items()} == {"M-1": "DM-1"}


@pytest.mark.parametrize("name", ["local.json", "local.yaml"])
def test_of_a_key_that_stands_there_twice_the_first_counts(read: Read, name: str) -> None:
    imported = read('{"M-1": {"jira": "DM-1", "jira": "DM-2"}}', name=name)
    assert why(imported) == [("M-1", "jira", "jira stands there twice")]
    assert imported.milestones["M-1"].jira == "DM-1"


def test_codes_that_are_none_are_left_out(read: Read) -> None:
    imported = read("1510: {jira: DM-1}\n' M-1': {jira: DM-1}\n\"M\\x1b[31m\": {jira: DM-1}\n", name="local.yaml")
    assert [(one.code, one.why[:20]) for one in imported.left_out] == [
        ("1510", "it is no milestone c"),
        ("M-1", "it is no milestone c"),
        ("M [31m", "it is no milestone c"),
    ]
    assert not imported.milestones


def test_other_codes_that_lead_to_two_milestones_are_left_out(read: Read, tmp_path: Path) -> None:
    imported = read(
        {
            "M-1": {"aka": ["A", "B", "M-1", "M-2", 3, " x"], "jira": "DM-1"},
            "M-2": {"aka": ["B"], "jira": "DM-2"},
            "M-3": {"aka": ["C", "M-4"]},
            "M-4": {"description": "nothing that a links file holds"},
        }
    )
    assert why(imported) == [
        ("M-1", "aka", "it is no milestone code"),
        ("M-1", "aka", "it is no milestone code"),
        ("M-1", "aka", "several milestones have it"),
        ("M-1", "aka", "it is the milestone's own code"),
        ("M-1", "aka", "it is a milestone itself"),
        ("M-2", "aka", "several milestones have it"),
    ]
    assert load(imported, tmp_path).aliases == {"A": "M-1", "C": "M-3", "M-4": "M-3"}


@pytest.mark.parametrize("told", ["text", 3, ["DM-1"], True])
def test_what_is_no_object_is_left_out(read: Read, told: object) -> None:
    assert why(read({"M-1": told})) == [("M-1", "", "it is no object")]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('"""', 'A """ Z'),
        ("\\", "A \\ Z"),
        ("\x7f\x00", "A Z"),
        ("a\u2028b", "A a b Z"),
        ("Ünïcode 🚀", "A Ünïcode 🚀 Z"),
        ("x = 1 # no comment", "A x = 1 # no comment Z"),
        ("\x1b]0;title", "A ]0;title Z"),
    ],
)
def test_any_name_gives_a_file_that_loads(read: Read, tmp_path: Path, name: str, kept: str) -> None:
    imported = read({"M-1": {"jira": "DM-1", "name": f"A {name} Z"}})
    assert load(imported, tmp_path).names == {"M-1": kept}
    assert all(character.isprintable() or character == "\n" for character in as_links_toml(imported))


def test_a_lone_surrogate_does_no_harm(read: Read, tmp_path: Path) -> None:
    imported = read('{"M-1": {"name": "A \\ud83d Z"}, "M\\ud83d": {"jira": "DM-1"}}')
    assert load(imported, tmp_path).names == {"M-1": "A Z"}
    assert len(imported.left_out) == 1


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nM-1: {aka: *b}\n"


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "local.json", "is not usable JSON"),
        ("{", "local", "is not usable JSON"),
        ("[]", "local.json", "is no object of milestones by code"),
        ("", "local.yaml", "is no object of milestones by code"),
        ("just words", "local.yaml", "is no object of milestones by code"),
        ("a: [", "local.yaml", "is not usable YAML"),
        ("a: !!python/object/apply:os.system [id]", "local.yaml", "is not usable YAML"),
        (BOMB, "local.yaml", "aliases .* are not taken"),
        ("[" * 100_000, "local.json", "nested too deeply"),
        ("{a: " * 20_000, "local.yaml", "nested too deeply|not usable YAML"),
        ("? [1, 2]\n: x\n? {b: c}\n: y", "local.yaml", None),
    ],
)
def test_a_file_that_is_something_else_is_refused_in_words(read: Read, text: str, name: str, said: str | None) -> None:
    if said is None:
        assert len(read(text, name=name).left_out) == 2
        return
    with pytest.raises(UsageError, match=said) as caught:
        read(text, name=name)
    assert caught.value.hint


def test_a_file_that_is_too_large_or_not_there_is_refused(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links_import, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="larger than 10 bytes"):
        read("{" + " " * 20)
    with pytest.raises(UsageError, match="No such file"):
        read_import(tmp_path / "absent.json")
    (tmp_path / "latin.json").write_bytes(b'{"\xe9"}')
    with pytest.raises(UsageError, match="not UTF-8"):
        read_import(tmp_path / "latin.json")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "counts"), [("links-2024-12.json", (32, 34, 52, 0)), ("annotations-2019-05.json", (21, 22, 52, 58))]
)
def test_the_real_lists_are_taken_whole(real_data: Path, tmp_path: Path, name: str, counts: tuple[int, ...]) -> None:
    imported = read_import(real_data / name)
    assert tuple(imported.count(what) for what in ("jira", "test_plan", "aka", "name")) == counts
    assert imported.left_out == ()
    links = load(imported, tmp_path)
    declared = json.loads((real_data / name).read_text(encoding="utf-8"))
    assert {(link.code, link.key) for link in links.links} == {
        (code, told[key]) for code, told in declared.items() for key in ("jira", "jira_testplan") if key in told
    }
    assert (len(links.aliases), len(links.names)) == counts[2:]


@pytest.mark.real
def test_of_the_real_list_the_link_to_another_project_is_left_out(real_data: Path) -> None:
    imported = read_import(real_data / "links-2024-12.json", {"DM"})
    assert (imported.count("jira"), imported.count("test_plan")) == (32, 33)
    assert [(one.code, one.value) for one in imported.left_out] == [("LDM-503-NET", "IT-3681")]
