"""Secrets are named in the configuration, found when needed, and shown nowhere."""

import copy
import pickle
from pathlib import Path

import pytest

from syncsvc.config import check_secrets, read_settings, resolve_secret
from syncsvc.errors import ConfigError
from syncsvc.secret import Secret, SecretReference

WHERE = "config.toml: connectors.jira"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret:>30}", "%s" % secret, repr([secret])):  # noqa: UP031 - this is the old way
        assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="not written down"):
        copy.copy(secret)


def test_the_variable_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the file\n")
    reference = SecretReference(WHERE, "token", "TOKEN", file)
    assert resolve_secret(reference, {"TOKEN": "from the variable"}).reveal() == "from the variable"
    assert resolve_secret(reference, {"TOKEN": ""}).reveal() == "from the file"
    assert resolve_secret(reference, {}).reveal() == "from the file"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_the_line_break_at_the_end_of_a_file_is_no_part_of_it(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(f"hunter2{ending}".encode())
    assert resolve_secret(SecretReference(WHERE, "token", file=file), {}).reveal() == "hunter2"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hunter2\nsecond line", "line break"),
        (b"\xff\xfehunter2", "is not text"),
        (b"h" * 20_000, "too long"),
    ],
)
def test_a_file_that_holds_no_secret(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        resolve_secret(SecretReference(WHERE, "token", "TOKEN", file), {})
    assert f"{WHERE}.token_file" in str(caught.value)
    assert str(file) in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match=r"connectors\.jira\.token_env: the environment variable TOKEN is not set"):
        resolve_secret(SecretReference(WHERE, "token", "TOKEN"), {})


def test_check_tells_of_each_secret(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("hunter2")
    token.chmod(0o644)
    settings = read_settings(
        {
            "site": {"timezone": "UTC"},
            "store": {"url_env": "STORE"},
            "connectors": {
                "jira": {"kind": "jira", "url": "http://jira.example.org", "projects": ["DM"], "token_file": "token"}
            },
        },
        tmp_path / "config.toml",
    )
    problems = check_secrets(settings, {})
    assert [problem.where.removeprefix("config.toml: ") for problem in problems] == [
        "connectors.jira.token_file",
        "store.url_env",
        "connectors.jira.url",
    ]
    assert "mode 0644" in problems[0].problem
    assert problems[0].hint == f"Run: chmod 600 {token}"
    token.chmod(0o600)
    assert len(check_secrets(settings, {"STORE": "postgresql://host/db"})) == 1
