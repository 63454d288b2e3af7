"""The timeline of a release list as SVG: each test milestone on a time axis with the milestones that lead to it.

What is done and what is open is told by shape and word; colour only repeats it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Final, NamedTuple

from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.layout import clean
from syncsvc.report.listed import INCOMPLETE, annotated, dates, front, is_completed, name, state
from syncsvc.report.pages import colour_rules
from syncsvc.report.text_width import cut_to_width, text_width, wrap_to_width
from syncsvc.report.time_axis import TimeAxis
from syncsvc.report.words import day

_WIDTH: Final = 1200
_MARGIN: Final = 12
_CODE_ROOM: Final = 160
_NAME_END: Final = 450
_DONE_END: Final = 500
_AXIS_START: Final = 514
_AXIS_END: Final = 1004
_STATE_START: Final = 1010
_LEGEND_ROOM: Final = 370
_HEAD: Final = 110  # heading, legend, the data date, the names of the axis
_HEAD_EMBEDDED: Final = 72
_ROW: Final = 32
_SIZE: Final = 12.5
_SMALL: Final = 11.5
_HEADING_SIZE: Final = 17
_DIAMOND: Final = 7
_WAS_DUE: Final = 4.5
_DOT: Final = 2.7
_SHELVES: Final = (0, -5.6, 5.6, -11.2, 11.2)  # where children of one row go that would cover each other

_RULES: Final = """\
.timeline{font:12.5px "DejaVu Sans",Verdana,Arial,sans-serif}
.timeline .paper{fill:var(--paper)}
.timeline text{fill:var(--ink)}
.timeline .small{font-size:11.5px}
.timeline .faint{fill:var(--faint)}
.timeline .strong{font-weight:bold}
.timeline .head{font-size:17px;font-weight:bold}
.timeline .number{text-anchor:end}
.timeline .middle{text-anchor:middle}
.timeline .overdue{fill:var(--late);font-weight:bold}
.timeline .band{fill:var(--panel)}
.timeline .grid{stroke:var(--line)}
.timeline .data-date{stroke:var(--link);stroke-width:1.5;stroke-dasharray:5 3}
.timeline text.data-date{fill:var(--link);stroke:none}
.timeline .moved{stroke:var(--faint);stroke-width:2}
.timeline .done{fill:var(--ink);stroke:var(--ink);stroke-width:1.5}
.timeline .open{fill:var(--paper);stroke:var(--link);stroke-width:1.8}
.timeline circle.open{stroke-width:1.4}
.timeline .was-due{fill:none;stroke:var(--faint);stroke-width:1.3}
"""


class _Placed(NamedTuple):
    """A child where it stands on the axis; `rise` lifts it off another."""

    child: ListedMilestone
    x: float
    rise: float


def timeline_style() -> str:
    """The style of an embedded timeline; its colours are those of the page around it."""
    return _RULES


def timeline_svg(release_list: ReleaseList, *, embedded: bool = False) -> str:
    """The picture, 1200 wide. `embedded` leaves out the style and the heading, which then are the page's.

    No script, no reference. Rows as in the release list; those without a due stand last, under a line of their own.
    """
    data_date = release_list.snapshot.data_date
    axis = TimeAxis.over(_every_day(release_list), _AXIS_START, _AXIS_END)
    top = _HEAD_EMBEDDED if embedded else _HEAD
    notes = annotated(release_list)
    name_start = (
        _MARGIN + 18 + max((text_width(_code(one), _SIZE, bold=True) for one in release_list.milestones), default=0)
    )
    behind: list[str] = []
    rows: list[str] = []
    y = top
    for number, milestone in enumerate(release_list.milestones):
        if milestone.due is None and (number == 0 or release_list.milestones[number - 1].due is not None):
            rows.append(_text(_MARGIN, y + 25, "Without a due date", "strong"))
            y += 32
        if number % 2 == 0:
            width = _WIDTH - 2 * _MARGIN
            behind.append(f'<rect class="band" x="{_MARGIN}" y="{y}" width="{width}" height="{_ROW}"/>')
        rows += _labels(milestone, y + _ROW / 2, name_start, data_date, notes)
        rows += [*_markers(milestone, y + _ROW / 2, axis), "</g>"]
        y += _ROW
    lines = [] if embedded else [_heading(release_list)]
    if release_list.milestones:
        lines += [*behind, *_legend(release_list, top - 58), *_columns(top), *_axis(axis, top, y, data_date), *rows]
    else:
        lines.append(_text(_MARGIN, y - 30, front(release_list).contents))
        y -= 20
    for note in _notes(release_list):
        for line in wrap_to_width(note, _WIDTH - 2 * _MARGIN, _SMALL):
            y += 18
            lines.append(_text(_MARGIN, y, line, "small faint"))
    return _document(release_list, lines, height=y + 12, embedded=embedded)


def _document(release_list: ReleaseList, lines: Iterable[str], *, height: int, embedded: bool) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    about = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" {size} role="img" '
        'aria-labelledby="timeline-title timeline-desc">',
        f'<title id="timeline-title">{_escape(_title(release_list))}</title>',
        f'<desc id="timeline-desc">{_escape(_description(release_list))}</desc>',
    ]
    if not embedded:
        about.append(f"<style>\n{colour_rules('.timeline')}{_RULES}</style>")
    about.append(f'<rect class="paper" width="{_WIDTH}" height="{height}"/>')
    return "\n".join([*about, *lines, "</svg>"]) + "\n"


def _title(release_list: ReleaseList) -> str:
    return f"Timeline: {front(release_list).title}"


def _description(release_list: ReleaseList) -> str:
    said = [f"{front(release_list).contents.removesuffix('.')}."]
    said.append(f"Data date {day(release_list.snapshot.data_date, 'not known')}.")
    said += [f"{one.code} {name(one)}: {dates(one)}." for one in release_list.milestones]
    return " ".join(said)


def _heading(release_list: ReleaseList) -> str:
    words = cut_to_width(_title(release_list), _WIDTH - 2 * _MARGIN, _HEADING_SIZE, bold=True)
    return _text(_MARGIN, 28, words, "head")


def _columns(top: int) -> list[str]:
    return [
        _text(_MARGIN, top - 8, "test milestone", "small faint"),
        _text(_DONE_END, top - 8, "done", "small faint number"),
        _text(_STATE_START, top - 8, "state", "small faint"),
    ]


def _legend(release_list: ReleaseList, y: int) -> list[str]:
    """What each shape means."""
    shapes = [
        (_diamond(0, y, "open"), f"{release_list.top}*, open: at its due"),
        (_diamond(0, y, "done"), "completed"),
        (_dot(0, y, "open"), f"{release_list.child}*, open: at its due"),
        (_dot(0, y, "done"), "completed"),
        (_diamond(0, y, "was-due", _WAS_DUE), "due of what is completed on another day, or without a date"),
    ]
    if release_list.snapshot.data_date is not None:
        shapes.append((_line("data-date", 0, 0, y - 8, y + 8), "data date"))
    lines, x = [], _MARGIN + _DIAMOND
    for shape, words in shapes:
        shown = cut_to_width(clean(words), _LEGEND_ROOM, _SMALL)
        lines.append(f'<g transform="translate({x:g} 0)">{shape}{_text(14, y + 4, shown, "small")}</g>')
        x += round(14 + text_width(shown, _SMALL) + 22)
    return lines


def _axis(axis: TimeAxis | None, top: int, bottom: int, data_date: date | None) -> list[str]:
    if axis is None:
        return []
    lines = []
    for tick in axis.ticks():
        x = axis.place(tick.day)
        lines += [_line("grid", x, x, top - 3, bottom), _label(x, top - 8, tick.label, "small faint")]
    if data_date is not None:
        x = axis.place(data_date)
        lines.append(_line("data-date", x, x, top - 20, bottom))
        lines.append(_label(x, top - 25, f"data date {day(data_date)}", "small data-date"))
    return lines


def _label(x: float, y: float, words: str, kind: str) -> str:
    """Centred, or pushed back over the axis where it would stick out."""
    half = text_width(words, _SMALL) / 2
    return _text(min(max(x, _AXIS_START + half), _AXIS_END - half), y, words, f"{kind} middle")


def _labels(
    milestone: ListedMilestone, y: float, name_start: float, data_date: date | None, notes: Mapping[str, str]
) -> list[str]:
    """The words of a row, in a group that stays open for its markers."""
    words, kind = _state(milestone, data_date)
    lines = [
        f"<g><title>{_escape(_words(milestone, notes))}</title>",
        _text(_MARGIN + 6, y + 4.5, _code(milestone), "strong"),
        _text(name_start, y + 4.5, cut_to_width(name(milestone), _NAME_END - name_start, _SIZE)),
        _text(_STATE_START, y + 4.5, words, f"small{kind}"),
    ]
    if milestone.children:
        done = sum(map(is_completed, milestone.children))
        lines.append(_text(_DONE_END, y + 4.5, f"{done} of {len(milestone.children)}", "small faint number"))
    return lines


def _code(milestone: ListedMilestone) -> str:
    return cut_to_width(clean(milestone.code), _CODE_ROOM, _SIZE, bold=True)


def _markers(milestone: ListedMilestone, y: float, axis: TimeAxis | None) -> list[str]:
    if axis is None:
        return []
    taken = [axis.place(one) for one in (milestone.completed, milestone.due) if one is not None]
    lines = []
    if milestone.completed and milestone.due and milestone.completed != milestone.due:
        done, due = taken
        lines += [_line("moved", due, done, y, y), _diamond(due, y, "was-due", _WAS_DUE)]
    for child, x, rise in _spread(milestone.children, axis, taken):
        lines.append(_dot(x, y + rise, _kind(child)))
    if taken:
        kind = _kind(milestone)
        lines.append(_diamond(taken[0], y, kind, _WAS_DUE if kind == "was-due" else _DIAMOND))
    return lines


def _spread(children: Sequence[ListedMilestone], axis: TimeAxis, taken: Sequence[float]) -> Iterator[_Placed]:
    """The children that have a date, each lifted or lowered where another, or the test milestone, stands already."""
    near = {rise: list(taken) if abs(rise) < _DIAMOND else [] for rise in _SHELVES}
    near[0] += [x + side for x in taken for side in (-_DOT, _DOT)]
    for child in children:
        if (shown := child.completed or child.due) is None:
            continue
        x = axis.place(shown)
        in_the_way = {rise: sum(abs(x - other) < 2 * _DOT + 1 for other in there) for rise, there in near.items()}
        rise = min(_SHELVES, key=in_the_way.__getitem__)
        near[rise].append(x)
        yield _Placed(child, x, rise)


def _kind(milestone: ListedMilestone) -> str:
    if milestone.completed is not None:
        return "done"
    return "was-due" if milestone.completed_without_date else "open"


def _state(milestone: ListedMilestone, data_date: date | None) -> tuple[str, str]:
    if is_completed(milestone):
        return state(milestone), ""
    if milestone.due is None:
        return "not dated, open", ""
    if data_date is not None and milestone.due < data_date:
        return f"due {day(milestone.due)}, overdue", " overdue"
    return f"due {day(milestone.due)}, open", ""


def _words(milestone: ListedMilestone, notes: Mapping[str, str]) -> str:
    """All that a row shows, for the pointer that rests on it."""
    said = []
    for one in (milestone, *milestone.children):
        note = f"; {notes[one.code]}" if one.code in notes else ""
        said.append(f"{clean(one.code)}: {name(one)} ({dates(one)}{note})")
    return "\n".join(said)


def _notes(release_list: ReleaseList) -> Iterator[str]:
    """What the picture alone would hide."""
    hidden = {
        child.code: None
        for milestone in release_list.milestones
        for child in milestone.children
        if child.due is None and child.completed is None
    }
    if hidden:
        yield f"Not dated, and so not in the picture: {', '.join(map(clean, hidden))}"
    for code, words in annotated(release_list).items():
        yield f"{clean(code)} is {words}; the picture shows the schedule's date"
    if not release_list.snapshot.complete:
        yield f"The source was {INCOMPLETE}"


def _every_day(release_list: ReleaseList) -> Iterator[date]:
    if release_list.snapshot.data_date is not None:
        yield release_list.snapshot.data_date
    for milestone in release_list.milestones:
        for one in (milestone, *milestone.children):
            yield from filter(None, (one.due, one.completed))


def _diamond(x: float, y: float, kind: str, size: float = _DIAMOND) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {y - size:g}l{size:g} {size:g}l-{size:g} {size:g}l-{size:g} -{size:g}z"/>'


def _dot(x: float, y: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:g}" r="{_DOT:g}"/>'


def _line(kind: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:g}" y2="{y2:g}"/>'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<text{shown} x="{x:.1f}" y="{y:g}">{_escape(words)}</text>'


def _escape(words: str) -> str:
    """Line breaks stay: only `_words` has any."""
    return escape("\n".join(clean(line) for line in words.split("\n")))
