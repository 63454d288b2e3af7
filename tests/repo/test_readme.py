"""The README says what is there: its commands are run by CI, its tables are the product's own."""

import re
from pathlib import Path

from syncsvc.cli.frame import COMMANDS
from syncsvc.errors import ExitCode
from syncsvc.report.holds import HOLDS

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_it_marks_the_two_commands_that_ci_runs() -> None:
    assert re.findall(r"<!-- command: (\w+) -->\n```sh\n", README) == ["demo", "test"]


def test_its_table_of_holds_is_the_one_that_reports_print() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", README, flags=re.MULTILINE)
    held = [row for row in rows if row[0] in [kind.value for kind in HOLDS]]
    assert held == [(kind.value, meaning.means, meaning.to_do) for kind, meaning in HOLDS.items()]


def test_it_names_no_command_that_is_not_there() -> None:
    known = {name for section in COMMANDS.values() for name in section}
    assert set(re.findall(r"`syncsvc ([a-z]+)", README)) <= known


def test_it_names_every_exit_code() -> None:
    (line,) = re.findall(r"^Exit codes: (.+?)\.$", README, flags=re.MULTILINE | re.DOTALL)
    assert [int(code) for code in re.findall(r"\b(\d) ", line)] == [int(code) for code in ExitCode]


def test_the_words_of_the_field_are_explained() -> None:
    glossary = README[README.index("## Glossary") :]
    for word in ("milestone", "side", "due", "forecast", "completed", "export", "edition", "data date", "snapshot",
                 "link", "baseline", "drift", "hold", "plan", "change", "receipt", "slip"):  # fmt: skip
        assert re.search(rf"^\| [^|]*\b{word}\b[^|]*\|", glossary, flags=re.MULTILINE), word
