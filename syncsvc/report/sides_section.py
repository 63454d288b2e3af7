"""The sides beside each other as a section: each date about which they differ, and which of them is the odd one out."""

from collections.abc import Iterator, Sequence

from syncsvc.model import Field, Side
from syncsvc.report.layout import Cell, Column, Tone
from syncsvc.report.section import NAME, Section
from syncsvc.report.words import SIDES, counted, day, moved, title
from syncsvc.sides import ORDER, Agreement, SidesReport, SidesRow, Standing


def sides_section(report: SidesReport, *, heading: str = "Sides that differ") -> Section | None:
    """One line for each date about which the sides differ, widest gap first, and which of them is the odd one out."""
    shown = [side for side in ORDER if side in report.snapshots]
    notes = tuple(_sides_notes(report, shown))
    rows = [
        (
            row.code,
            standing.field.value,
            *(_said(standing, side) for side in shown),
            _odd(standing),
            row.name,
        )
        for row in report.differing
        for standing in row.standings
        if standing.agreement in (Agreement.ODD_ONE_OUT, Agreement.ALL_DIFFER)
    ]
    columns = (
        Column("code"),
        Column("field"),
        *(Column(SIDES[side]) for side in shown),
        Column("odd one out"),
        NAME,
    )
    return Section(f"{heading} ({len(rows):,})", columns if rows else (), tuple(rows), notes)


def said_by(row: SidesRow, side: Side, field: Field) -> str:
    """The date one side gives, "no date" where it is blank, "-" where it cannot tell."""
    return _said(row.due if field is Field.DUE else row.completed, side)


def _sides_notes(report: SidesReport, shown: Sequence[Side]) -> Iterator[str]:
    for side in shown:
        snapshot = report.snapshots[side]
        shown_there = sum(side in row.shown_by for row in report.rows)
        yield f"{title(snapshot)} shows {counted(shown_there, 'milestone')}"
    yield f"{counted(report.compared, 'milestone')} on two sides at least"
    for field in Field:
        counts = report.counts(field)
        differing = counts[Agreement.ODD_ONE_OUT] + counts[Agreement.ALL_DIFFER]
        words = f"{field.value}: {counts[Agreement.AGREE]:,} agree, {differing:,} differ"
        odd = [f"{SIDES[side]} {counts[f'odd_{side}']:,}" for side in shown if counts[f"odd_{side}"]]
        yield words + (f" (odd one out: {', '.join(odd)})" if odd else "")


def _said(standing: Standing, side: Side) -> str:
    each = standing.dates[side]
    return "-" if each.why_not is not None else day(each.value, "no date")


def _odd(standing: Standing) -> str | Cell:
    if standing.odd_one_out is None:
        return "all differ"
    words = SIDES[standing.odd_one_out]
    if standing.calendar_days is None:
        return words
    tone = Tone.LATE if standing.calendar_days > 0 else Tone.EARLY
    return Cell(f"{words}, {moved(standing.calendar_days, standing.working_days)}", tone)
