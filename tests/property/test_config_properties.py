"""Whatever stands in a configuration or a links file: settings, or a ConfigError in words."""

import string
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsvc.config import load_config, read_settings
from syncsvc.errors import ConfigError
from syncsvc.links import LinksFile, load_links
from syncsvc.settings import KINDS, Settings

scalars = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(
        ["UTC", "hold", "pmcs", "jira", "cloud", "sqlite:///a.db", "https://a.b", "~", "..", "/", "a" * 400]
    )
    | st.datetimes()
    | st.dates()
    | st.times()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

_TABLES = ("site", "store", "links", "fields", "limits", "review", "nightly", "report", "web")
_KEYS = sorted(
    {
        *{field for kind in KINDS.values() for field in kind.__struct_fields__},
        *(
            "timezone",
            "holidays",
            "url",
            "url_env",
            "files",
            "code_is_key",
            "test_plan_offset_days",
            "due",
            "completed",
        ),
        *("owner", "write_basis", "first_contact", "follower_edit", "report_to_owner", "max_changes", "min_rows"),
        *("max_change_percent", "plan_hours", "at", "mode", "folder", "token", "password"),
    }
)
tables = st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=8), values, max_size=6)


@st.composite
def connectors(draw: st.DrawFn) -> dict[str, Any]:
    """A connector with a kind that is right, mostly."""
    return {**draw(tables), "kind": draw(st.sampled_from([*KINDS, "no"]) | values)}


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A configuration: some of its tables, or something else in their place."""
    names = draw(st.sets(st.sampled_from([*_TABLES, "colour"])))
    content: dict[str, Any] = {name: draw(tables | values) for name in sorted(names)}
    if draw(st.booleans()):
        content["connectors"] = draw(values | st.dictionaries(st.text(max_size=5), connectors(), max_size=3))
    return content


def _check_message(error: ConfigError) -> None:
    assert "config.toml" in str(error)
    for problem in error.problems:
        assert problem.problem
        assert "\n" not in problem.where + problem.problem


@given(files())
def test_any_tables_are_settings_or_a_config_error(content: dict[str, Any]) -> None:
    try:
        settings = read_settings(content, Path("/nowhere/config.toml"))
    except ConfigError as error:
        _check_message(error)
    else:
        assert isinstance(settings, Settings)
        settings.policy()
        settings.limits()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


toml_like = st.text(
    st.sampled_from(string.ascii_letters[:6] + "[].\"='\n#{},-+:T0123456789 \\u\x00é\ufeff"), max_size=80
)


@given(st.binary(max_size=200) | toml_like.map(str.encode))
def test_any_bytes_are_settings_or_a_config_error(folder: Path, content: bytes) -> None:
    path = folder / "config.toml"
    path.write_bytes(content)
    for load in (lambda: load_config(path, env={}), lambda: load_links([path])):
        try:
            assert isinstance(load(), Settings | LinksFile)
        except ConfigError as error:
            _check_message(error)
