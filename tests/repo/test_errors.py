"""Every expected failure has an exit code and says what to do next."""

import pytest

from syncsvc import errors
from syncsvc.errors import EXIT_PRECEDENCE, ExitCode, Problem, SyncsvcError, worst

EXPECTED = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SyncsvcError) and kind is not SyncsvcError
]


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_an_error_has_code_hint_and_words(kind: type[SyncsvcError]) -> None:
    assert kind.exit_code not in (ExitCode.DONE, ExitCode.BUG)
    assert kind.default_hint
    assert kind.__doc__
    error = kind("This is wrong.", problems=[Problem("config.toml: a", "is not known", "Take it out.")])
    assert str(error).splitlines() == [
        "This is wrong.",
        "config.toml: a: is not known",
        "    Take it out.",
        kind.default_hint,
    ]
    assert str(kind("This is wrong.", "Do that.")) == "This is wrong.\nDo that."


def test_every_error_is_in_the_table_of_contents() -> None:
    for kind in EXPECTED:
        line = next(line for line in str(errors.__doc__).splitlines() if line.split()[:1] == [kind.__name__])
        assert int(line.split()[1]) == kind.exit_code


def test_every_code_has_a_place_in_the_order() -> None:
    assert sorted(EXIT_PRECEDENCE) == sorted(ExitCode)
    assert worst([]) is ExitCode.DONE
    assert worst([ExitCode.WAITING, ExitCode.WRITES, ExitCode.LIMITS]) is ExitCode.LIMITS
    assert worst([ExitCode.USAGE, ExitCode.SCHEMA]) is ExitCode.SCHEMA
