"""What reads a P6 export fast reads it as what reads it row by row: the same rows and words, in the same order."""

import io
from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from connectors.header import Header
from connectors.p6_xer_columns import wanted_tables
from connectors.p6_xer_schedule import XerSchedule
from connectors.p6_xer_tables import read_tables
from connectors.relations import find_cycles, read_relations
from connectors.row import RowReader
from connectors.settling import settle
from connectors.sheet import Workbook
from syncsvc.mapping import Cell, load_mapping
from tests.xer_files import relation, schedule, task, xer_text

P6: Final = load_mapping("p6_spreadsheet")
XER: Final = load_mapping("p6_xer")

# An XER file: cells with quotation marks, line breaks, percent signs and letters that are more than one byte in UTF-8
# (their bytes in cp1252 are never UTF-8 by chance); rows that are too short or too long.
CELLS = st.text(alphabet='ab"%\n éü', max_size=5)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=30)


@given(ROWS, st.sampled_from(["cp1252", "utf-8", "utf-16"]), st.integers(1, 200), st.booleans(), st.booleans())
def test_the_tables_of_a_file_are_the_same_in_blocks_of_any_size(
    rows: Sequence[Sequence[str]], encoding: str, size: int, is_plain: bool, is_last: bool
) -> None:
    if is_plain:  # most files have no other rows than these
        rows = [[cell.replace("\n", " ") for cell in [*row, "", "", ""][:4]] for row in rows]
    others = [f"%T\tMEMO{number}\n%F\tmemo\n%R\t%EFG\n%Many\n%T?\n%R\t2" for number in range(2)]
    lines = ["ERMHDR\t19.12", others[0], "%T\tTASK", "%F\ttask_id\ttask_code\tguid\ttask_name"]
    numbers = []
    for row in rows:
        numbers.append(1 + sum(1 + line.count("\n") for line in lines))
        lines.append("\t".join(["%R", *(cell.replace('"', '""') for cell in row)]))
    content = "\r\n".join([*lines, *([] if is_last else others[1:]), "%E", ""]).encode(encoding)
    wanted = {"TASK": ["task_name", "task_id", "task_code"]}
    table = read_tables(io.BytesIO(content), "a.xer", encoding, wanted, size).tables["TASK"]
    padded = [[*row, "", "", ""] for row in rows]
    assert table.rows == [(row[3], row[0], row[1]) for row in padded]
    assert table.lines == numbers
    shifted = {at: len(row) for at, row in zip(numbers, rows, strict=True) if len(row) > 4}
    behind = {len(row) if len(row) > 4 and not "".join(row[4:]).strip() else 0 for row in rows}
    assert table.shifted == ({} if len(behind) == 1 and 0 not in behind else shifted)


ENDS = st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda ends: ends[0] != ends[1])


@given(st.lists(ENDS, max_size=12), st.sampled_from([(3, 3), (9, 1), (1, 9)]))
def test_an_odd_relation_of_a_file_changes_none_of_the_others(
    ends: Sequence[tuple[int, int]], odd: tuple[int, int]
) -> None:
    def relations(pairs: Sequence[tuple[int, int]]) -> tuple[dict[str, list[str]], list[str]]:
        links = [relation(at, before, after) for at, (before, after) in enumerate(pairs)]
        text = xer_text(schedule(*(task(at, f"A-{at}") for at in range(1, 7)), relations=links))
        tables = read_tables(io.BytesIO(text.encode()), "a.xer", "cp1252", wanted_tables(XER))
        read = XerSchedule(tables, "a.xer", XER)
        found, remarks = read.relations(read.projects)
        return dict(found), [remark.text for remark in remarks if "in a circle" not in remark.text]

    expected: dict[str, list[str]] = {}
    for before, after in ends:
        expected.setdefault(f"A-{after}", []).append(f"A-{before}")
    assert relations(ends) == (expected, [])
    found, remarks = relations([*ends, odd])
    assert found == expected
    assert len(remarks) == 1


# The sheet of relations: blank ids, ids that are numbers, ids with blanks around them, odd types and lags, captions.
IDS = st.sampled_from(["A", "B", "C", " B ", "D", 7.0, "7", "", None])
TYPES = st.sampled_from(["FS", "SS", "PR_FF1", "", None, "XX", "fs"])
LAGS = st.sampled_from(["0", "8.5", "-1,5", "", None, 8.0, "two", "nan"])


@given(st.lists(st.tuples(IDS, IDS, TYPES, LAGS), max_size=8), st.booleans())
def test_the_sheet_of_relations_says_the_same_row_by_row(rows: list[tuple[Cell, ...]], captions: bool) -> None:
    table: list[tuple[Cell, ...]] = [("task_id", "PRED_TASK_ID", "pred_type", "lag_hr_cnt")]
    table += [("Successor", "Predecessor", "Relationship Type", "Lag(h)")] if captions else []
    table += rows
    columns = [list(column) for column in zip(*table, strict=True)]
    workbook = Workbook(("TASKPRED",), False, {}, {"TASKPRED": columns})
    found, remarks = read_relations(workbook, P6, "a.xlsx")
    before, said = _row_by_row(table)
    assert found == before
    assert [(remark.where, remark.text) for remark in remarks if "circle" not in remark.text] == said


def _row_by_row(table: Sequence[Sequence[Cell]]) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    known = {"FS", "SS", "FF", "SF", "PR_FS", "PR_SS", "PR_FF", "PR_SF"}
    found: dict[str, list[str]] = {}
    said = []
    for number, row in enumerate(table[1:], start=2):
        after, before = ("7" if cell == 7.0 else str(cell or "").strip() for cell in row[:2])
        kind, lag = (str(cell or "") for cell in row[2:])
        if not after or not before:
            continue
        odd = []
        if kind and kind.upper()[:5] not in known:
            odd.append(f"{before} to {after} is of type {kind!r}, which P6 does not have")
        if lag in ("two", "nan", "Lag(h)"):
            odd.append(f"{before} to {after} has the lag {lag!r}, which is no number")
        if odd and number == 2:
            continue
        if after == before:
            odd.append(f"{after} comes before itself; the relation is left out")
        else:
            found.setdefault(after, []).append(before)
        said += [(f"TASKPRED row {number}", text) for text in odd]
    return found, said


@given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4)))
def test_a_circle_is_found_where_there_is_one(numbers: Mapping[int, Collection[int]]) -> None:
    before = {str(code): list(map(str, codes)) for code, codes in numbers.items()}
    cycles = find_cycles(before)
    for cycle in cycles:
        assert all(earlier in before[later] for earlier, later in pairwise([*cycle, cycle[0]]))
    named = [code for cycle in cycles for code in cycle]
    assert len(named) == len(set(named))
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        assert cycles
    else:
        assert not cycles


# Rows of a sheet: what a reader knows of one row must not change what it says of the next.
COLUMNS = ("task_code", "task_name", "task_type", "status_code", "wbs_id", "end_date", "act_end_date", "act_start_date")
DATES = st.sampled_from(["3/14/2019", "3/14/2019 5:00:00 PM", " 3/14/2019", "soon", "2/30/2019", "", None, " ", 5.0])
SHEET_ROWS = st.tuples(
    st.sampled_from(["A", "B", "C"]),
    st.just("Name"),
    st.sampled_from(["Start Milestone", "Finish Milestone", "finish milestone ", "Task Dependent", "Else", None]),
    st.sampled_from(["Not Started", "Completed", " completed", "Done", "", None]),
    st.sampled_from(["LSST ME 19-04.02C.05", "02C", ""]),
    *[DATES] * 3,
).flatmap(lambda row: st.sampled_from([row, row, row, row[:5], (*row, "more")]))


@given(st.lists(SHEET_ROWS, max_size=6), st.booleans())
def test_a_row_is_read_as_it_is_alone(rows: list[Sequence[Cell]], typed: bool) -> None:
    titles = [title if typed or title != "task_type" else "else" for title in COLUMNS]

    def reader() -> RowReader:
        return RowReader(Header(titles, "a.xlsx", P6), P6, "TASK", None, (), {"A": ["B", "B", "A"]})

    together, alone = reader(), [reader() for _ in rows]
    read = [together.read(number, cells) for number, cells in enumerate(rows)]
    assert read == [each.read(number, cells) for number, (each, cells) in enumerate(zip(alone, rows, strict=True))]
    assert together.remarks == [remark for each in alone for remark in each.remarks]
    milestones, rejects = settle(read)
    assert len({milestone.code for milestone in milestones}) == len(milestones)
    assert len(rows) == len(milestones) + sum(reject.field is None for reject in rejects)
