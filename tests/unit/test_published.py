"""The published release plan in each of its forms, and everything that may be wrong with one."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.guess import guess_mapping
from connectors.published import is_release_plan, read_release_plan
from syncsvc.errors import BadExport, MappingError, SourceError, SyncsvcError
from syncsvc.mapping import load_mapping
from syncsvc.model import Basis, MilestoneKind, Reject, RejectCause, Side, Snapshot, Status, by_code
from tests.release_plans import Listed, as_latex, as_markdown, as_page, as_wrapped_text

NOW = datetime(2019, 5, 20, 12, tzinfo=UTC)
PLAN = load_mapping("ldm564")

WRAPPED = (
    "Aux Tel DAQ interface Integration Verification and Spectrograph Operations Rehearsal, which is long enough to be "
    "wrapped more than once wherever it stands (and has a bracket)."
)
SAMPLE = (
    Listed(
        "LDM-503-01",
        "Science Platform with WISE data: part 1",
        date(2017, 11, 30),
        date(2018, 5, 30),
        (
            Listed("DM-SUIT-3", "Time series & 50% of #1, {raw}_data for $5", date(2016, 9, 30), date(2017, 11, 30)),
            Listed("DM-STAFF", "Staffing: checkpoint", date(2019, 12, 2)),
        ),
    ),
    Listed("LDM-503-04b", WRAPPED, date(2018, 6, 1), None, (Listed("DM-NCSA-6", WRAPPED, date(2018, 3, 5)),)),
    Listed("LDM-503-17a", "Final Pipelines Delivery", date(2022, 8, 31)),
)


Read = Callable[..., Snapshot]
Form = Callable[[Sequence[Listed]], str]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text as a file of that name."""

    def read(content: str | bytes, name: str = "plan.txt") -> Snapshot:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_release_plan(path, PLAN, taken_at=NOW)

    return read


def section(*lines: str, after: str = "## 4 References\n") -> str:
    return "\n".join(["### 3 Functionality in DM releases", "", *lines, "", after])


HEADING = ("### 3.1 Platform: LDM-503-01", "", "*Due: 2017-11-30; completed 2018-05-30.*", "")


def only_reject(snapshot: Snapshot) -> Reject:
    (reject,) = snapshot.rejects
    return reject


class TestForms:
    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("plan.md", as_markdown),
            ("plan.txt", as_wrapped_text),
            ("plan.tex", as_latex),
            ("plan.html", as_page),
        ],
    )
    def test_each_gives_the_same_milestones(self, read: Read, name: str, form: Form) -> None:
        snapshot = read(form(SAMPLE), name)
        shown = by_code(snapshot.milestones)
        assert list(shown) == ["LDM-503-01", "DM-SUIT-3", "DM-STAFF", "LDM-503-04b", "DM-NCSA-6", "LDM-503-17a"]
        listed = {one.code: one for heading in SAMPLE for one in (heading, *heading.entries)}
        for code, one in listed.items():
            got = shown[code]
            assert (got.name, got.due, got.completed) == (one.name, one.due, one.completed)
            assert got.level == (2 if code.startswith("LDM") else 3)
            assert got.predecessors == tuple(sorted(below.code for below in one.entries))
            assert (got.due_column, got.due_basis) == ("Due", Basis.PLANNED)
            assert got.completed_column == ("completed" if one.completed else None)
            assert got.status is (Status.COMPLETED if one.completed else Status.UNKNOWN)
            assert got.kind is MilestoneKind.UNKNOWN
        assert (snapshot.side, snapshot.period, snapshot.kind, snapshot.data_date) == (
            Side.PUBLISHED,
            "2019-05",
            None,
            None,
        )
        assert snapshot.complete
        assert snapshot.rejects == ()

    @pytest.mark.parametrize("form", [as_markdown, as_wrapped_text, as_latex, as_page])
    def test_each_is_guessed_by_its_content(self, tmp_path: Path, form: Form) -> None:
        (tmp_path / "download").write_text(form(SAMPLE))
        assert guess_mapping(tmp_path / "download") == "ldm564"

    def test_places(self, read: Read) -> None:
        text = read(section(*HEADING, "- DM-A-1: a (*Due: 2018-01-01; currently incomplete*)"))
        assert [m.where for m in text.milestones] == ["line 3", "line 7"]
        latex = read(
            "\\section{Functionality in DM releases}\n\n\\subsection{P: LDM-503-01}\n\\textit{Due: 2017-11-30;"
            " currently incomplete.}\n\\begin{itemize}\n% no\n\\item{DM-A-1:\n a (Due: 2018-01-01; currently"
            " incomplete)}\n\\end{itemize}\n",
            "x.tex",
        )
        assert [m.where for m in latex.milestones] == ["line 3", "line 7"]
        page = read("<p>x</p><table><tr><td>menu</table>" + as_page(SAMPLE), "x.html")
        assert [m.where for m in page.milestones][:2] == ["table 2 row 2", "table 2 row 3"]

    @pytest.mark.parametrize(
        "entry",
        [
            r"\item{DM-SUIT-3: A \& B\_C [Due: 2016-09-30; completed 2017-11-30]}",
            r"\item DM-SUIT-3: A \& B\_C (\textit{Due: 2016-09-30; completed 2017-11-30})",
            r"\item{\href{https://x.example/a\_b}{DM-SUIT-3}: A \& B\_C (Due: 2016-09-30; completed 2017-11-30)}",
            r"\item {\bf DM-SUIT-3:} A~\& \emph{B\_C} \textit{(Due: 2016-09-30; completed 2017-11-30)} % 100 \%",
            "\\item{%\n  DM-SUIT-3: A\n  \\& B\\_C\\label{x}\n  \\textit{(Due: 2016-09-30;\n  completed 2017-11-30)}}",
        ],
    )
    def test_an_entry_in_latex(self, read: Read, entry: str) -> None:
        snapshot = read(
            "\\subsection{Platform: LDM-503-01}\\label{LDM-503-01}\n\\textit{Due: 2017-11-30; completed 2018-05-30}\n"
            f"\\begin{{itemize}}\n{entry}\n\\end{{itemize}}\n"
        )
        heading, entered = snapshot.milestones
        assert (heading.name, heading.completed, heading.predecessors) == (
            "Platform",
            date(2018, 5, 30),
            ("DM-SUIT-3",),
        )
        assert (entered.code, entered.name, entered.due) == ("DM-SUIT-3", "A & B_C", date(2016, 9, 30))
        assert snapshot.complete
        assert snapshot.rejects == ()

    @pytest.mark.parametrize(
        ("tex", "name"),
        [
            (
                "\\subsection[Short]{A long name: LDM-503-01}\n\\emph{Due: 2018-01-01; currently incomplete}",
                "A long name",
            ),
            ("\\subsection*{A: LDM-503-01}\nDue: 2018-01-01; currently incomplete.\n\nNothing new.", "A"),
            ("\\subsection{A: LDM-503-01}\n\\textit{Due: 2018-01-01; currently incomplete.} Nothing new.\n", "A"),
            (
                "\\subsection {A \\textbf{b}: LDM-503-01}\n\n\\textit{A note.} More.\n\nDue: 2018-01-01; currently"
                " incomplete",
                "A b",
            ),
        ],
    )
    def test_a_heading_in_latex(self, read: Read, tex: str, name: str) -> None:
        snapshot = read(f"\\section{{Functionality in DM releases}}\n\n{tex}\n\n\\section{{References}}\n")
        (only,) = snapshot.milestones
        assert (only.code, only.name, only.due, only.completed) == ("LDM-503-01", name, date(2018, 1, 1), None)
        assert (snapshot.rejects, snapshot.complete) == ((), True)

    def test_an_environment_that_never_ends_is_a_document_that_was_cut(self, read: Read) -> None:
        assert not read("\\begin{document}\n" + as_latex(SAMPLE, whole=False)).complete

    def test_what_latex_prints(self, read: Read) -> None:
        name = r"Juri\'c's ``raw'' 2\,$\times$\,100 \textasciitilde5 --- M\"uller\footnote{no}"
        entry = rf"\item{{DM-A-1: {name} (Due: 2018-01-01; currently incomplete)}}"
        (only,) = read(f"\\begin{{itemize}}\n{entry}\n\\end{{itemize}}").milestones
        assert only.name == 'Jurić\'s "raw" 2 \u00d7 100 ~5 — Müller'

    @pytest.mark.parametrize(
        ("markdown", "name"),
        [
            (r"a\_b \*c\* &amp; d", "a_b *c* & d"),
            ("**bold** and *slanted*", "bold and slanted"),
            ("5 * 3 * 2 and AT&T, 2*3", "5 * 3 * 2 and AT&T, 2*3"),
            ("<script>", "<script>"),
            ("tab\there\x1b[31m red\x07", "tab here[31m red"),
        ],
    )
    def test_names_are_what_a_person_reads(self, read: Read, markdown: str, name: str) -> None:
        entry = f"- DM-A-1: {markdown} (*Due: 2018-01-01; currently incomplete*)"
        assert by_code(read(section(*HEADING, entry)).milestones)["DM-A-1"].name == name

    @pytest.mark.parametrize("bullet", ["- ", "* ", "+ ", "• ", "\u2013 ", "1. ", "  - ", ""])
    @pytest.mark.parametrize(
        "dates",
        [
            "(*Due: 2018-01-01; currently incomplete*)",
            "*(Due: 2018-01-01; currently incomplete)*",
            "(_Due: 2018-01-01; currently incomplete_).",
            "[due 2018-01-01 ; Currently  incomplete]",
        ],
    )
    def test_an_entry_in_text(self, read: Read, bullet: str, dates: str) -> None:
        (_, entry) = read(section(*HEADING, f"{bullet}DM-A-1: name (or so). {dates}")).milestones
        assert (entry.code, entry.name, entry.due, entry.completed) == (
            "DM-A-1",
            "name (or so).",
            date(2018, 1, 1),
            None,
        )

    @pytest.mark.parametrize(
        "entry",
        [
            "**DM-A-1**: a b",
            "**DM-A-1:** a b",
            "_DM-A-1_: a b",
            "[DM-A-1](https://x.example/DM-A-1): a [b](c)",
            "DM-A-1 : a b",
        ],
    )
    def test_a_code_may_stand_out(self, read: Read, entry: str) -> None:
        (_, shown) = read(section(*HEADING, f"- {entry} (*Due: 2018-01-01; currently incomplete*)")).milestones
        assert (shown.code, shown.name) == ("DM-A-1", "a b")

    @pytest.mark.parametrize(
        "heading",
        [
            "3.1 Platform: LDM-503-01",
            "#### 3.1 Platform: LDM-503-01 ##",
            "### Platform: LDM-503-01 {#ldm-503-01}",
            "**3.1 Platform: LDM-503-01**",
            "3.1 Platform: LDM-503-01\n-----",
            "3.1\tPlatform:\nLDM-503-01",
            "Platform: LDM-503-01",
            "Platform: LDM-503-01\n====================",
            "Platform: LDM-503-01  \n---",
        ],
    )
    def test_a_heading_in_text(self, read: Read, heading: str) -> None:
        text = f"3 Functionality in DM releases\n\n{heading}\n\nDue: 2017-11-30; currently incomplete.\n"
        (only,) = read(text).milestones
        assert (only.code, only.name, only.due) == ("LDM-503-01", "Platform", date(2017, 11, 30))

    def test_words_right_below_the_dates_are_none_of_them(self, read: Read) -> None:
        snapshot = read(section("### 3.1 P: LDM-503-01", "*Due: 2017-11-30; currently incomplete.*", "Nothing new."))
        assert (snapshot.milestones[0].due, snapshot.rejects) == (date(2017, 11, 30), ())

    def test_a_paragraph_that_begins_with_a_number_ends_no_section(self, read: Read) -> None:
        text = (
            "3 Functionality in DM releases\n\n3.1 P: LDM-503-01\n\nDue: 2017-11-30; currently incomplete.\n\n"
            "12 Months of work are in it.\n\n3.2 Q: LDM-503-02\n\nDue: 2018-11-30; currently incomplete.\n\n"
            "4 References\n"
        )
        assert [m.code for m in read(text).milestones] == ["LDM-503-01", "LDM-503-02"]

    def test_what_stands_outside_the_section_is_not_read(self, read: Read) -> None:
        text = (
            "# Plan\n\n## 2 Old plan\n\n### 2.1 P: LDM-503-99\n\nDue: 2001-01-01; currently incomplete.\n\n"
            + section(*HEADING)
            + "\n### 4.1 P: LDM-503-98\n\nDue: 2001-01-01; currently incomplete.\n"
        )
        assert [m.code for m in read(text).milestones] == ["LDM-503-01"]

    def test_a_list_of_contents_without_pages_is_passed_over(self, read: Read) -> None:
        contents = "# Contents\n\n3 Functionality in DM releases\n\n3.1 Platform: LDM-503-01\n\n4 References\n\n"
        snapshot = read(contents + section(*HEADING))
        assert ([m.code for m in snapshot.milestones], snapshot.rejects) == (["LDM-503-01"], ())

    @pytest.mark.parametrize(
        ("text", "name", "period"),
        [
            ("Latest Revision: 2019-05-20", "LDM-564-2018-01.txt", "2019-05"),
            ("", "LDM-564-2019-07-12.txt", "2019-07"),
            ("", "201907.txt", "2019-07"),
            ("Latest Revision: 2019-XX-XX", "plan.txt", None),
        ],
    )
    def test_the_period_is_the_month_of_its_revision(
        self, read: Read, text: str, name: str, period: str | None
    ) -> None:
        assert read(f"{text}\n\n{section(*HEADING)}", name).period == period


class TestPages:
    HEAD = "<tr><th>Milestone ID<th>Name<th>Due<th>Completed"

    def test_levels_come_from_the_codes_where_no_column_has_them(self, read: Read) -> None:
        rows = "<tr><td>LDM-503-01<td>a<td>2019-01-01<td>2019-01-02<tr><td>DM-A-1<td>b<td>2019-01-01<td>"
        shown = read(f"<table>{self.HEAD}{rows}</table>").milestones
        assert [(m.code, m.level, m.completed) for m in shown] == [
            ("LDM-503-01", 2, date(2019, 1, 2)),
            ("DM-A-1", 3, None),
        ]

    def test_cells_that_span_others_and_tables_within_tables(self, read: Read) -> None:
        rows = (
            "<tr><td colspan=4>Pipelines</tr>"
            "<tr><td>DM-A-1<td>a<br>b<script>evil()</script><table><tr><td>!</table>"
            "<td rowspan=2>2019-01-01<td>currently <b>incomplete</b></tr>"
            "<tr><td>DM-A-2<td>c &amp; d<td>soon</tr>"
        )
        snapshot = read(f"<!-- x --><html><body><table>{self.HEAD}{rows}</table>")
        first, second = snapshot.milestones
        assert (first.name, first.due, first.completed) == ("a b!", date(2019, 1, 1), None)
        assert (second.name, second.due) == ("c & d", date(2019, 1, 1))
        rejects = {(r.where, r.code, r.field) for r in snapshot.rejects}
        assert ("table 1 row 4", "DM-A-2", "completed") in rejects

    @pytest.mark.parametrize(
        ("page", "said"),
        [
            ("<html><body><form>Log in</form></body></html>", "it has no table"),
            ("<html><table><tr><th>Key<th>Due</table></html>", "none of its 1 tables has a column Milestone ID"),
            ("<html></html>", "it has no table"),
            ("<html>" + "<div>" * 300 + "<table><tr><th>Milestone ID</table>", "nested too deeply"),
        ],
    )
    def test_a_page_that_is_no_release_plan(self, read: Read, page: str, said: str) -> None:
        with pytest.raises(BadExport, match=said) as caught:
            read(page, "plan.html")
        assert "login page" in caught.value.hint

    def test_a_table_without_a_required_column(self, read: Read) -> None:
        with pytest.raises(MappingError, match=r"table 1 has no column completed, which mapping ldm564, line \d+"):
            read("<table><tr><th>Milestone ID<th>Due<tr><td>DM-A-1<td>2019-01-01</table>")

    def test_a_page_that_was_cut_off(self, read: Read) -> None:
        page = as_page(SAMPLE)
        snapshot = read(page[: page.rindex("DM-NCSA-6") + 20])
        assert not snapshot.complete
        assert [m.code for m in snapshot.milestones] == ["LDM-503-01", "DM-SUIT-3", "DM-STAFF", "LDM-503-04b"]
        assert (only_reject(snapshot).code, only_reject(snapshot).where) == ("DM-NCSA-6", "table 1 row 6")
        assert "cut off" in only_reject(snapshot).reason

    def test_a_page_is_never_followed_to_the_network_or_to_files(self, read: Read, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("SECRET")
        page = (
            f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><html><table>{self.HEAD}'
            "<tr><td>DM-A-1<td>&x;<td>2019-01-01<td></table></html>"
        )
        assert "SECRET" not in read(page).milestones[0].name


class TestRejects:
    def test_the_same_code_with_the_same_dates_is_one_milestone(self, read: Read) -> None:
        entry = "- DM-A-1: {} (Due: 2018-01-01; currently incomplete)"
        other = "### 3.2 Q: LDM-503-02\n\nDue: 2019-01-01; currently incomplete."
        snapshot = read(section(*HEADING, entry.format("a"), other, "", entry.format("b")))
        assert [(m.code, m.predecessors) for m in snapshot.milestones] == [
            ("LDM-503-01", ("DM-A-1",)),
            ("DM-A-1", ()),
            ("LDM-503-02", ("DM-A-1",)),
        ]
        reject = only_reject(snapshot)
        assert (reject.where, reject.cause) == ("line 12", RejectCause.REPEATED)
        assert "line 7" in reject.reason
        assert "'a', here 'b'" in reject.reason

    def test_the_same_code_with_different_dates_is_none(self, read: Read) -> None:
        entry = "- DM-A-1: a (Due: 2018-01-0{}; currently incomplete)"
        snapshot = read(section(*HEADING, entry.format(1), entry.format(2)))
        assert [m.code for m in snapshot.milestones] == ["LDM-503-01"]
        assert [(r.where, r.code, r.cause) for r in snapshot.rejects] == [
            ("line 7", "DM-A-1", RejectCause.DUPLICATE),
            ("line 8", "DM-A-1", RejectCause.DUPLICATE),
        ]
        assert all("line 7" in r.reason and "line 8" in r.reason for r in snapshot.rejects)

    @pytest.mark.parametrize(
        ("dates", "field", "said"),
        [
            ("Due: TBD; currently incomplete", "due", "due: Due 'TBD' is not a date"),
            ("Due: 2018-02-30; currently incomplete", "due", "is no day of the calendar"),
            ("Due: ; currently incomplete", "due", "is blank"),
            ("currently incomplete", "due", "says none"),
            ("Due: 2018-01-01; completed soon", "completed", "completed: completed 'soon' is not a date"),
            ("Due: 2018-01-01; cancelled", "completed", "'cancelled' is neither a date nor 'currently incomplete'"),
            ("Due: 2018-01-01", "completed", "does not say whether it is"),
            ("Due: 2018-01-01; completed 2018-01-01; currently incomplete", "completed", "both"),
        ],
    )
    def test_a_date_that_cannot_be_read(self, read: Read, dates: str, field: str, said: str) -> None:
        if dates.startswith("Due"):
            snapshot = read(section(*HEADING, f"- DM-A-1: a ({dates})"))
            milestone, where = by_code(snapshot.milestones)["DM-A-1"], "line 7"
        else:
            snapshot = read(f"\\subsection{{P: LDM-503-01}}\n\n\\textit{{Due: 2018; {dates}}}\n")
            milestone, where, said = snapshot.milestones[0], "line 1", "due: Due '2018' is not a date"
        reject = only_reject(snapshot)
        assert (reject.where, reject.code, reject.field) == (where, milestone.code, field)
        assert said in reject.reason
        assert (milestone.due if field == "due" else milestone.completed) is None

    @pytest.mark.parametrize(
        ("line", "code", "said"),
        [
            ("- DM-A-1: a name and no dates", "DM-A-1", "has no dates in brackets"),
            ("- DM-A-1: a (Due: 2018-01-01; currently incomplete", "DM-A-1", "is not closed"),
            ("- DM-A-1: a (Due: 2018-01-01; currently incomplete) b", "DM-A-1", "stands after its dates: 'b'"),
            ("- DM-A-1: a (Due: 2018-01-01; x) - DM-A-2: b (Due: 2018-01-01; y)", "DM-A-1", "has dates 2 times"),
            ("- DM-A-1: a (Due: 2018-01-01; due: 2018-01-02)", "DM-A-1", "due is there twice"),
            ("- DM A 1: a (Due: 2018-01-01; currently incomplete)", None, "begins with no code"),
            ("- a note", None, "begins with no code"),
            ("A note (Due: 2018-01-01; currently incomplete)", None, "dates that belong to no milestone"),
            ("Due: 2018-01-01; currently incomplete.", None, "dates that belong to no milestone"),
            ("### 3.2 Q: LDM-503-02\n\nDue: 2018-01-01; due: 2018-01-02", "LDM-503-02", "due is there twice"),
            ("### 3.2 Notes", None, "the heading 'Notes' ends with the code of no milestone"),
            ("### 3.2 Q: LDM-503-02", "LDM-503-02", "no line with its dates stands below the heading"),
            (f"- DM-A-1: {'long ' * 1_000}", "DM-A-1", "too long to be read"),
            ("x" * 5_000, None, "too long to be read"),
        ],
    )
    def test_a_broken_row_is_never_lost(self, read: Read, line: str, code: str | None, said: str) -> None:
        snapshot = read(section(*HEADING, line))
        reject = only_reject(snapshot)
        where = "line 9" if "\n" in line else "line 7"
        assert (reject.where, reject.code, reject.field) == (where, code, None)
        assert said in reject.reason
        assert [m.code for m in snapshot.milestones] == ["LDM-503-01"]
        assert snapshot.complete

    def test_what_the_contents_list_and_the_section_lacks(self, read: Read) -> None:
        text = as_wrapped_text(SAMPLE)
        snapshot = read(text[: text.index("3.3 Final Pipelines", text.index("Due:"))])
        assert not snapshot.complete
        assert only_reject(snapshot).code == "LDM-503-17a"
        assert "the contents list LDM-503-17a" in only_reject(snapshot).reason

    @pytest.mark.parametrize("form", [as_markdown, as_latex])
    def test_a_document_that_was_cut_off_says_so_wherever_that_was(self, read: Read, form: Form) -> None:
        """Whatever is left, no date is made up and nothing that was begun is passed over in silence."""
        text = form(SAMPLE)
        whole = {m.code: m for m in read(text).milestones}
        begin, end = text.index("LDM-503-01"), text.index("LDM-503-17a")
        told = 0
        for at in range(begin + 60, end):
            snapshot = read(text[:at])
            for milestone in snapshot.milestones:
                assert milestone.due in (whole[milestone.code].due, None)
                assert milestone.completed in (whole[milestone.code].completed, None)
            if not snapshot.complete:
                told += 1
                continue
            # only between two rows, and behind the date of one, can nobody see that there was more
            assert [reject for reject in snapshot.rejects if reject.field is not None or not reject.code] == []
        assert told > 0.5 * (end - begin - 60)


class TestAwkward:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "the file is empty"),
            (b" \n\n\t", "the file is empty"),
            (b"%PDF-1.5 \x00", "is a PDF document, not a release plan"),
            (b"PK\x03\x04\x00\x00", "is a zip file or an office document"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an office document"),
            (bytes(range(256)), "neither a release plan nor text"),
            ("Due".encode("utf-16-le"), "neither a release plan nor text"),
            (b"\xff\xfeD", "damaged or cut off"),
            (b"nothing of interest", "there is no milestone in"),
            (b"# 1 Introduction\n\nText.\n\n# 2 Releases\n\n- an item\n", "there is no milestone in"),
            (b"code,due\nDM-A-1,2019-01-01\n", "there is no milestone in"),
            (b"\\documentclass{lsstdoc}\n\\input{features}\n", "there is no milestone in"),
            (b"### 3 Functionality in DM releases\n\n- DM-A-1: a\n", "none of its 1 headings and entries can be read"),
        ],
    )
    def test_what_is_no_release_plan(self, read: Read, content: bytes, said: str) -> None:
        with pytest.raises(BadExport, match=said) as caught:
            read(content)
        assert "plan.txt" in caught.value.message
        assert not is_release_plan(content, "plan.txt", PLAN)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
    def test_encodings(self, read: Read, encoding: str) -> None:
        text = section("### 3.1 Größe: LDM-503-01", "", "*Due: 2017-11-30; currently incomplete.*").replace(
            "\n", "\r\n"
        )
        assert read(text.encode(encoding)).milestones[0].name == "Größe"

    @pytest.mark.parametrize(
        "piece",
        [
            "a",
            "* ",
            "*a ",
            "(Due: ",
            "[(*",
            "3.1 ",
            "LDM-503-01: ",
            "DM-A-",
            "\\",
            "{",
            "\\item{",
            "\\subsection{",
            "\\begin{x}\n",
            "<table><tr><td>",
            "<!--",
            "- DM-A-1: x\n\n",
            "3.1 X: LDM-503-01\n\n",
            "### 3.1 X\n",
            "x\n",
            " \n",
            ". ",
            "&a",
        ],
    )
    def test_megabytes_of_anything_take_no_more_than_their_time(self, tmp_path: Path, piece: str) -> None:
        """What is linear takes a second here, what is not takes hours; one line of 10 MB, or 400 kB of lines."""
        size = 400_000 if "\n" in piece or piece[0] in "\\<" else 10_000_000
        path = tmp_path / "plan.txt"
        path.write_text(f"### 3 Functionality in DM releases\n\n{piece * (size // len(piece))}\n")
        began = time.process_time()  # others may be at work on this machine
        with suppress(SyncsvcError):
            read_release_plan(path, PLAN, taken_at=NOW)
        assert time.process_time() - began < 4

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"plan\.txt"):
            read_release_plan(tmp_path / "plan.txt", PLAN, taken_at=NOW)

    def test_a_file_far_larger_than_a_document(self, read: Read) -> None:
        with pytest.raises(BadExport, match="has 51 MB, far more than any document"):
            read(b"x" * 51_000_000)

    @given(st.text(alphabet=st.sampled_from("-*#3. :()[]Due;LDM-503-01A\\{}%<>\n&_x")))
    def test_no_text_breaks_the_reader(self, text: str) -> None:
        for prefix in (
            "",
            section(*HEADING, after=""),
            "\\begin{itemize}\n\\item ",
            "<table><tr><th>Milestone ID<th>Due",
        ):
            is_release_plan((prefix + text).encode(), "x", PLAN)

    def test_a_mapping_for_lists_reads_no_plan(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match="files of format table, not release_plan"):
            read_release_plan(tmp_path / "x", load_mapping("lsst_master_list"), taken_at=NOW)


def test_the_same_plan_in_another_form_differs_in_nothing_but_its_places(read: Read) -> None:
    first = {m.code: replace(m, where="") for m in read(as_markdown(SAMPLE)).milestones}
    for form in (as_wrapped_text, as_latex, as_page):
        assert {m.code: replace(m, where="") for m in read(form(SAMPLE)).milestones} == first
