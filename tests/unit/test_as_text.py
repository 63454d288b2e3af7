"""What a project controller sees at a terminal or in a pipe."""

from dataclasses import replace
from datetime import date

import pytest

from syncsvc.model import Field, MilestoneKind, Reject, RejectCause, Side, Snapshot, Status
from syncsvc.month_report import Beside, make_month_report
from syncsvc.release_list import Annotations, make_release_list
from syncsvc.report.as_text import drift_text
from syncsvc.report.layout import Cell, Column, Page, Tone, clean, cut, width, wrap
from syncsvc.report.snapshot_text import release_list_text, snapshot_text
from syncsvc.report.words import moved, title
from tests.builders import NOON, export, issue, milestone, tracked

MAY = date(2019, 5, 31)
JUNE = date(2019, 6, 28)
JULY = date(2019, 7, 31)
PAGE = Page(120)


def drift(before: Snapshot, after: Snapshot, page: Page = PAGE, **options: object) -> str:
    return drift_text(make_month_report(before, after, prepared_at=NOON, beside=Beside(**options)), page)  # type: ignore[arg-type]  # handed on


@pytest.mark.parametrize(
    ("calendar_days", "working_days", "expected"),
    [
        (-91, -65, "91 days early (65)"),
        (1, 0, "1 day late (0)"),
        (1500, None, "1,500 days late"),
        (0, 0, "unchanged"),
    ],
)
def test_moves_are_words_and_never_a_bare_sign(calendar_days: int, working_days: int | None, expected: str) -> None:
    assert moved(calendar_days, working_days) == expected


def test_the_front_says_what_was_compared() -> None:
    before = replace(export(milestone("A", MAY), period="2018-02"), edition=2)
    after = replace(export(milestone("A", MAY), data_date=None), side=Side.PUBLISHED, kind=None, period="2019-04")
    front = drift(before, after).split("\n\n")[:2]
    assert front == [
        "Drift: PMCS 2018-02 ME edition 2 -> published 2019-04",
        "Before  PMCS 2018-02 ME edition 2, 1 milestone, data date 2019-04-30\n"
        "        /exports/2018-02-ME.xlsx\n"
        "        sha256 0000000000000000\n"
        "        due from base_end_date 1\n"
        "After   published 2019-04, 1 milestone, data date not known\n"
        "        /exports/2019-04-ME.xlsx\n"
        "        sha256 0000000000000000\n"
        "        due from base_end_date 1",
    ]


def test_a_snapshot_of_which_little_is_known_has_a_title() -> None:
    assert title(replace(export(), period=None, kind=None)) == "PMCS"
    assert title(tracked()) == "Jira"


def test_exceptions_come_first_and_the_largest_before_the_others() -> None:
    before = export(
        milestone("A", MAY),
        milestone("B", MAY),
        milestone("C", JULY),
        milestone("D", MAY, MAY),
        milestone("E", MAY, JUNE),
        milestone("F", MAY),
        milestone("G", MAY, name="ISR"),
        milestone("H", MAY),
    )
    after = export(
        milestone("A", JUNE),
        milestone("B", JULY),
        milestone("C", MAY),
        milestone("D", MAY),
        milestone("E", MAY, JULY),
        milestone("G", MAY, name="WCS"),
        milestone("H", MAY, MAY),
        milestone("I", MAY),
        rejects=[Reject("TASK row 9", "J", "J is listed 2 times", RejectCause.DUPLICATE)],
    )
    text = drift(before, after)
    headings = [line for line in text.splitlines() if line.endswith(")") and not line.startswith(" ")]
    assert headings == [
        "Completion date rewritten (1)",
        "Reopened (1)",
        "Not used (1)",
        "Slipped, largest first (2)",
        "Pulled in, largest first (1)",
        "Newly completed (1)",
        "Removed: only before (1)",
        "Renamed (1)",
        "Added: only after (1)",
        "Completed in the future (2)",
        "All milestones, by code (9)",
    ]
    assert (
        "Slipped, largest first (2)\n"
        "  code  due before  due after   moved (working days)  because                      name\n"
        "  B     2019-05-31  2019-07-31  61 days late (43)     restated by a later edition  Milestone B\n"
        "  A     2019-05-31  2019-06-28  28 days late (20)     restated by a later edition  Milestone A\n"
    ) in text
    assert "E     2019-06-28  2019-07-31  33 days later  Milestone E\n" in text
    assert "largest: B 61 days late, C 61 days early\n" in text
    assert "after, TASK row 9: J is listed 2 times\n" in text
    assert "  G\n    before  ISR\n    after   WCS\n" in text
    assert "Both sources were read completely; 1 entry not used.\n" in text


def test_only_later_moves_have_no_largest_early_one() -> None:
    text = drift(export(milestone("A", MAY)), export(milestone("A", JUNE)))
    assert "largest: A 28 days late\n" in text


def test_nothing_differs_and_nothing_there_are_said_in_words() -> None:
    side = export(milestone("A", MAY))
    assert "\nNothing differs.\n" in drift(side, side)
    assert "There are no milestones on either side.\n" in drift(export(), export())


def test_holidays_and_what_an_incomplete_source_means_are_said() -> None:
    before, after = export(milestone("A", MAY), milestone("B", MAY)), export(milestone("A", JUNE), complete=False)
    text = drift(before, after, holidays=[date(2019, 6, 3)])
    assert "Monday to Friday, minus 1 holiday." in text
    assert "28 days late (19)" in text
    assert "NOT read completely: what is absent here is unseen, not gone" in text
    assert "NOT every source was read completely" in text
    assert "  B, due 2019-05-31: cannot be seen after, the snapshot is incomplete\n" in text
    assert "0 removed, 1 unseen on one side" in text


def test_a_completion_without_a_date_is_said_to_be_one() -> None:
    text = drift(export(milestone("A", MAY)), export(milestone("A", MAY, status=Status.COMPLETED)))
    assert "A     no date    2019-05-31  Milestone A\n" in text


def test_a_list_without_completions_is_named() -> None:
    assert "The source before says nothing about completion." in drift(
        export(milestone("A", MAY, status=Status.UNKNOWN)), export(milestone("A", MAY))
    )


def test_a_long_name_is_cut_in_a_table_and_whole_where_it_is_the_news() -> None:
    name = "Minimal support for the small operational schema including file metadata and provenance for every file"
    text = drift(export(milestone("A", MAY)), export(milestone("A", JUNE, name=name)), Page(80))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "  A     2019-05-31  2019-06-28  28 days late (20)     Minimal support for the...\n" in text
    assert " ".join(text[text.index("after   Minimal") :].split()).startswith(f"after {name}")


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_no_table_is_wider_than_the_page(columns: int) -> None:
    before = export(*(milestone(f"DMTC-8100-{n}", MAY, name="x" * 150) for n in range(3)))
    after = export(*(milestone(f"DMTC-8100-{n}", JUNE, JUNE, name="y " * 150) for n in range(1, 4)))
    text = drift(before, after, Page(columns))
    tables = [line for line in text.splitlines() if line.startswith("  DMTC")]
    assert max(len(line) for line in tables) <= columns


def test_on_a_narrow_page_the_full_table_gives_up_columns_for_the_name() -> None:
    code, name = "DMTC-8100-2090", "Ring operating at 97 % availability"
    before, after = export(milestone(code, MAY, name=name)), export(milestone(code, JULY, JULY, name=name))
    wide, narrow = (drift(before, after, Page(columns)).splitlines()[-2] for columns in (120, 80))
    assert wide.split() == ["code", "due", "before", "due", "after", "moved", "(working", "days)", "completed", "name"]
    assert narrow.split() == ["code", "due", "after", "moved", "(working", "days)", "name"]


def test_wide_letters_and_combining_marks_keep_columns_straight() -> None:
    lines = Page(40).table([Column("name"), Column("due")], [["日本", "x"], ["é", "x"], ["ascii", "x"]], indent=0)
    assert lines == ["name   due", "日本   x", "é      x", "ascii  x"]
    assert (width("日本"), width("é"), width("ﬁ")) == (4, 1, 1)
    assert cut("日本日本日本", 8) == "日本..."
    assert cut("abcdef", 5) == "ab..."
    assert cut("abcde", 5) == "abcde"


def test_what_stands_in_a_file_cannot_steer_the_terminal() -> None:
    evil = "\x1b[2J\x07red\r\nnext\u202eline\u2028x\ud800"
    assert clean(evil) == "[2J red  nextline x"
    text = drift(export(), export(milestone("A\x1b[31m", MAY, name=evil)))
    assert "\x1b" not in text
    assert "\r" not in text


def test_colour_only_where_asked_for_and_always_beside_a_word() -> None:
    before, after = export(milestone("A", MAY)), export(milestone("A", JUNE))
    plain, coloured = drift(before, after), drift(before, after, Page(120, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[31m28 days late (20)\x1b[0m" in coloured
    for tone in Tone:
        coloured = coloured.replace(f"\x1b[{tone}m", "")
    assert coloured.replace("\x1b[0m", "") == plain


def test_a_column_where_nothing_stands_is_left_out() -> None:
    columns = [Column("code"), Column("completed"), Column("name")]
    assert Page(40).table(columns, [["A", "-", ""], ["B", "", Cell("b")]], indent=0) == ["code  name", "A", "B     b"]


def test_wrapping_keeps_long_words_whole() -> None:
    assert wrap("aaa bbb cccccccccc", 8, "- ", "  ") == ["- aaa", "  bbb", "  cccccccccc"]
    assert wrap("", 8, "- ") == ["-"]


def test_a_snapshot_shows_counts_rejects_and_milestones_by_code() -> None:
    unread = Reject("TASK row 9", "DM-8", "due: base_end_date 'soon' is not a date", field="due")
    snapshot = export(
        milestone("DM-10", MAY, MAY),
        milestone("DM-9", JUNE, status=Status.COMPLETED),
        milestone("DM-8"),
        milestone("X-1", kind=MilestoneKind.TASK),
        rejects=[unread],
    )
    text = snapshot_text(snapshot, PAGE)
    assert text.startswith(
        "Snapshot: PMCS 2019-04 ME\n\n3 milestones, data date 2019-04-30\n/exports/2019-04-ME.xlsx\n"
    )
    assert "  2 completed, 1 not started\n  3 finish milestones\n" in text
    assert "  1 other row that is no milestone (--all shows them)\n  1 entry not used\n" in text
    assert "  TASK row 9, DM-8: due: base_end_date 'soon' is not a date\n" in text
    assert text.index("Not used") < text.index("Milestones, by code (3)")
    table = text[text.index("Milestones, by code") :].splitlines()
    assert [line.split()[0] for line in table[2:]] == ["DM-8", "DM-9", "DM-10"]
    assert "  DM-9   2019-06-28  base_end_date  no date     completed" in text
    everything = snapshot_text(snapshot, PAGE, all_rows=True)
    assert "All rows, by code (4)" in everything
    assert "  X-1    task " in everything


def test_an_empty_snapshot_and_one_without_milestones_say_so() -> None:
    assert "It has no rows.\n" in snapshot_text(export(), PAGE)
    only_tasks = export(milestone("X-1", kind=MilestoneKind.TASK), milestone("X-2", kind=MilestoneKind.TASK))
    assert "None of its rows is a milestone.\n  2 other rows that are no milestone" in snapshot_text(only_tasks, PAGE)


def test_issues_that_jira_does_not_show_are_named() -> None:
    text = snapshot_text(tracked(replace(issue("DM-1", MAY), state="Won't Do"), missing=["DM-2", "DM-3"]), PAGE)
    assert "Asked for and not shown (2)\n  DM-2, DM-3\n" in text
    assert "Won't Do" in text


def test_a_release_list_reads_like_its_document() -> None:
    snapshot = export(
        replace(milestone("LDM-503-01", MAY, JUNE, name="Test report: LSP"), predecessors=("DM-1", "DM-2")),
        milestone("LDM-503-02", None, status=Status.COMPLETED, name="HSC"),
        milestone("DM-1", MAY, name="Time series analysis tool for WISE data and for all that comes after"),
        milestone("DM-2", JUNE, JUNE, name="ISR"),
    )
    text = release_list_text(make_release_list(snapshot), Page(80))
    assert text[text.index("  2 milestones") :] == (
        "  2 milestones LDM-503-*, and below them 2 entries of 2 milestones DM-*\n"
        "\n"
        "LSP: LDM-503-01\n"
        "Due: 2019-05-31; completed 2019-06-28.\n"
        "\n"
        "- DM-1: Time series analysis tool for WISE data and for all that comes after\n"
        "  (Due: 2019-05-31; currently incomplete)\n"
        "- DM-2: ISR (Due: 2019-06-28; completed 2019-06-28)\n"
        "\n"
        "HSC: LDM-503-02\n"
        "Due: not dated; completed, date not exported.\n"
        "\n"
        "No milestone DM-* leads to it.\n"
    )


def test_a_release_list_without_milestones_and_one_with_overrides() -> None:
    assert "No milestone has a code that begins with LDM-503-.\n" in release_list_text(
        make_release_list(export()), PAGE
    )
    annotations = Annotations(dates={("LDM-503-01", Field.DUE): JUNE})
    text = release_list_text(make_release_list(export(milestone("LDM-503-01", MAY)), annotations=annotations), PAGE)
    assert "Annotations give other dates (1)\n  LDM-503-01 due: 2019-06-28 in the annotations, 2019-05-31 shown" in text
