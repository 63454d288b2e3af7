"""The LaTeX of the release list is built by both engines, and what the PDF says is read back."""

import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncsvc.cli.frame import run
from syncsvc.month_report import MonthReport
from syncsvc.report import tex
from syncsvc.report.document_tex import release_list_fragment, release_list_tex
from syncsvc.report.drift_tex import drift_tex
from tests.hostile import NAMES as HOSTILE
from tests.hostile import hostile_list
from tests.published import Row, published_rows
from tests.reports import full_report, hostile_reports

pytestmark = pytest.mark.usefixtures("latex")

ENGINES = ("lualatex", "pdflatex")
HEADING = re.compile(r"\d+\.\d+ (?P<name>.*): (?P<code>LDM-503-\w+)")
DATES = r"Due: (?P<due>\d{4}-\d\d-\d\d); (?:completed (?P<completed>\d{4}-\d\d-\d\d)|currently incomplete)"
CHILD = re.compile(rf"• (?P<code>DM-[A-Z0-9-]+): (?P<name>.*) \({DATES} ?\)")


def build(engine: str, source: str, folder: Path, *, runs: int = 1) -> str:
    """What the built PDF says; a build that complains of an error, or leaves a character out, fails."""
    (folder / "list.tex").write_text(source, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "list.tex"]
    for _ in range(runs):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    log = (folder / "list.log").read_text(encoding="utf-8", errors="replace")
    assert "Missing character" not in log
    read = subprocess.run(["pdftotext", "-layout", "list.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return unicodedata.normalize("NFKC", read.stdout.decode())  # pdfTeX's fonts say fi as one character


def entries(printed: str) -> Iterator[str]:
    """Headings, dates and list entries, each on one line."""
    text = ""
    for line in printed.replace("\f", "\n").splitlines():
        words = " ".join(line.split())
        if re.match(r"\d+\.\d+ |• |Due: ", words):
            yield text
            text = words
        elif words and not words.isdigit():  # the number of the page
            text = f"{text} {words}"
        elif text.startswith("Due: "):
            yield text
            text = ""
    yield text


def pdf_rows(printed: str) -> list[Row]:
    rows: list[Row] = []
    heading = None
    for entry in entries(printed):
        if found := HEADING.fullmatch(entry):
            heading = found
        elif found := CHILD.fullmatch(entry):
            rows.append((3, found["code"], found["name"], found["due"], found["completed"]))
        elif heading is not None and (found := re.match(rf"{DATES}\.", entry)):
            rows.append((2, heading["code"], heading["name"], found["due"], found["completed"]))
    return rows


@pytest.mark.real
@pytest.mark.parametrize("engine", ENGINES)
def test_the_pdf_has_the_128_rows_of_section_3(engine: str, real_data: Path, tmp_path: Path) -> None:
    arguments = [str(real_data / "201904-ME.xls"), "--annotations", str(real_data / "annotations-2019-05.json")]
    source = tmp_path / "plan.tex"
    assert run(["document", *arguments, "--format", "tex", "-o", str(source)], env={}) == 0
    printed = build(engine, source.read_text(encoding="utf-8"), tmp_path)
    published = published_rows(real_data / "LDM-564-2019-05-20.txt")
    assert len(published) == 128
    assert pdf_rows(printed) == published


@pytest.mark.parametrize("engine", ENGINES)
def test_hostile_names_are_printed_and_not_obeyed(engine: str, tmp_path: Path) -> None:
    printed = build(engine, release_list_tex(hostile_list()), tmp_path)
    words = " ".join(printed.split())
    assert "root:" not in words
    for name in (
        "<script>alert(1)</script>",
        r"DM-4: \input{/etc/passwd} \write18{id} \end{document} (Due: ",
        '^^M ^^5cinput 100 % of $x_1$ & {a} ~ #1 | <b>"q"</b>',
        "a -- b --- c ``q",
        "?` !` ,, << >>",
        "[U+6D4B][U+8BD5][U+4E2D][U+6587][U+540D][U+79F0]: LDM-503-12",
        "rocket [U+1F680] family",
        "Straße [U+0126]",
        "two lines [31m and more",
        "LDM-503-01 due: 2019-06-28 in the annotations, 2019-02-03 shown",
        "[annotated: due 2019-06-28]",
        "The source was NOT read completely",
        "/exports/<b>%_x\\^^M.xlsx",
    ):
        assert " ".join(unicodedata.normalize("NFKC", name).split()) in words, name
    assert printed.count("x" * 40) == 14  # the long name, above and below, broken into what a line can hold


@pytest.mark.parametrize("engine", ENGINES)
def test_a_document_takes_the_fragment_in_and_refers_to_it(engine: str, tmp_path: Path) -> None:
    (tmp_path / "section3.tex").write_text(release_list_fragment(hostile_list()), encoding="utf-8")
    host = (
        "\\documentclass{article}\n\\ifdefined\\directlua\\else\\usepackage[T1]{fontenc}\\fi\n"
        "\\begin{document}\n\\tableofcontents\n\\setcounter{section}{2}\\section{Functionality}\n\\input{section3}\n"
        "See section \\ref{LDM-503-01}.\n\\end{document}\n"
    )
    words = " ".join(build(engine, host, tmp_path, runs=2).split())
    assert re.search(r"See section 3\.\d+\.", words)
    assert words.count("<script>alert(1)</script>: LDM-503-00") == 2  # in the contents, and where it stands


@pytest.mark.parametrize("engine", ENGINES)
def test_every_character_that_is_not_told_by_its_number_is_in_the_fonts(engine: str, tmp_path: Path) -> None:
    characters = [chr(number) for number in range(33, 0x2700)]
    printed = [one for one in characters if one not in "[" and "[U+" not in tex.escape(f"x{one}x")]
    assert len(printed) > 350
    assert {"~", "ü", "ł", "€", "λ", "≤"} <= set(printed)
    build(engine, tex.document("\n\n".join(tex.escape(f"x{one}x") for one in printed) + "\n"), tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "report", [full_report(), full_report("".join(HOSTILE)), *hostile_reports()[::5]], ids=range(6)
)
def test_a_drift_report_builds_whatever_it_has_to_print(engine: str, report: MonthReport, tmp_path: Path) -> None:
    words = " ".join(build(engine, drift_tex(report), tmp_path).split())
    assert "root:" not in words
    for said in ("1 slipped, 1 pulled in, 2 completed.", "All milestones, by code (9)", "DM-12", "LDM-503-01"):
        assert said in words
