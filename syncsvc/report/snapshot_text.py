"""The text of what was read, and of a release list."""

from collections import Counter

from syncsvc.model import Milestone, MilestoneKind, Side, Snapshot, Status
from syncsvc.names import order_of_code
from syncsvc.release_list import ListedMilestone, ReleaseList
from syncsvc.report.as_text import reject_lines, source_lines
from syncsvc.report.layout import Column, Page, Tone, width, wrap
from syncsvc.report.listed import childless, contents, dates, override_lines
from syncsvc.report.words import KINDS, STATUSES, Taken, completed, counted, day, title


def snapshot_text(snapshot: Snapshot, page: Page, *, all_rows: bool = False, taken: Taken | None = None) -> str:
    """What was read: source, counts, what was not used, and the milestones by code (with `all_rows` every row).

    `taken` says that it is shown as of a day; then the place of each row always stands there.
    """
    shown = sorted(
        snapshot.milestones if all_rows else snapshot.taking_part(), key=lambda milestone: order_of_code(milestone.code)
    )
    front = [page.heading(f"Snapshot: {title(snapshot)}"), ""]
    if taken is not None:
        at = snapshot.taken_at.astimezone(taken.zone)
        words = (
            f"as of the end of {taken.as_of} ({taken.zone}): snapshot s{snapshot.id}, taken {at:%Y-%m-%d %H:%M} "
            f"by run {taken.run} ({taken.trigger}, by {taken.actor})"
        )
        front += wrap(words, page.columns, "", "  ")
    front += [*source_lines(snapshot, page), ""]
    for line in _counts(snapshot, all_rows):
        front += wrap(line, page.columns, "  ", "    ")
    sections = [front, reject_lines([("", reject) for reject in snapshot.rejects], page)]
    if snapshot.missing:
        heading = page.heading(f"Asked for and not shown ({len(snapshot.missing)})")
        sections.append([heading, *wrap(", ".join(snapshot.missing), page.columns, "  ", "  ")])
    if shown:
        heading = f"{'All rows' if all_rows else 'Milestones'}, by code ({len(shown):,})"
        sections.append([page.heading(heading), *_table(shown, page, with_kind=all_rows, with_place=taken is not None)])
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def release_list_text(release_list: ReleaseList, page: Page) -> str:
    """The release list as its document prints it: a heading, the dates, and what leads to it."""
    snapshot = release_list.snapshot
    front = [page.heading(f"Release list from {title(snapshot)}"), "", *source_lines(snapshot, page), ""]
    front += wrap(contents(release_list), page.columns, "  ", "    ")
    sections = [front]
    if release_list.overrides:
        heading = page.heading(f"Annotations give other dates ({len(release_list.overrides)})")
        sections.append([heading, *(f"  {line}" for line in override_lines(release_list))])
    for milestone in release_list.milestones:
        section = [page.tint(line, Tone.HEADING) for line in wrap(f"{milestone.name}: {milestone.code}", page.columns)]
        section += [f"{dates(milestone)}.", ""]
        for child in milestone.children:
            section += _child(child, page)
        if not milestone.children:
            section.append(childless(release_list))
        sections.append(section)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _child(child: ListedMilestone, page: Page) -> list[str]:
    """The dates stand together on one line."""
    *lines, last = wrap(f"{child.code}: {child.name}", page.columns, "- ", "  ")
    due = f"({dates(child)})"
    if width(last) + 1 + len(due) <= page.columns:
        return [*lines, f"{last} {due}"]
    return [*lines, last, f"  {due}"]


def _counts(snapshot: Snapshot, all_rows: bool) -> list[str]:
    milestones = snapshot.taking_part()
    if not snapshot.milestones and not snapshot.rejects:
        return ["It has no rows."]
    lines = []
    if milestones:
        statuses = Counter(milestone.status for milestone in milestones)
        lines.append(", ".join(f"{number:,} {STATUSES[status]}" for status, number in statuses.most_common()))
        if snapshot.side is Side.PMCS:
            kinds = Counter(milestone.kind for milestone in milestones)
            lines.append(", ".join(_of_kind(kind, number) for kind, number in kinds.most_common()))
    else:
        lines.append("None of its rows is a milestone.")
    if others := len(snapshot.milestones) - len(milestones):
        hint = "" if all_rows else " (--all shows them)"
        lines.append(f"{counted(others, 'other row')} that {'is' if others == 1 else 'are'} no milestone{hint}")
    if snapshot.rejects:
        lines.append(f"{counted(len(snapshot.rejects), 'entry', 'entries')} not used")
    return lines


def _of_kind(kind: MilestoneKind, number: int) -> str:
    return f"{number:,} of {KINDS[kind]}" if kind is MilestoneKind.UNKNOWN else counted(number, KINDS[kind])


def _table(milestones: list[Milestone], page: Page, *, with_kind: bool, with_place: bool) -> list[str]:
    columns = [
        Column("code"),
        Column("due"),
        Column("read from", drops=3),
        Column("forecast", drops=2),
        Column("completed"),
        Column("status", drops=1),
        Column("where", drops=0 if with_place else 4),
        Column("name"),
    ]
    rows = [
        [
            one.code,
            day(one.due),
            one.due_column or "-",
            day(one.forecast),
            completed(one),
            one.state or ("-" if one.status is Status.UNKNOWN else STATUSES[one.status]),
            one.where,
            one.name,
        ]
        for one in milestones
    ]
    if with_kind:
        columns.insert(1, Column("type"))
        for row, one in zip(rows, milestones, strict=True):
            row.insert(1, KINDS[one.kind])
    return page.table(columns, rows)
