"""Links, suggestions and what was said about them, for a terminal and for programs."""

from collections.abc import Sequence
from typing import Any

from syncsvc.link_list import Flag, LinkList, LinkStanding, field_names
from syncsvc.model import Candidates, LinkWord, Milestone
from syncsvc.names import order_of_code
from syncsvc.report.layout import Column, Page, Tone, clean, wrap
from syncsvc.report.words import counted, day, title
from syncsvc.shapes import instant
from syncsvc.suggestions import Suggested

FLAGS = {
    Flag.PMCS_GONE: "not in the newest export",
    Flag.PMCS_UNSEEN: "not seen in PMCS",
    Flag.JIRA_GONE: "Jira does not show the issue",
    Flag.JIRA_UNSEEN: "not seen in Jira yet: syncsvc pull",
    Flag.FOREIGN_PROJECT: "outside `projects`",
    Flag.MOVED: "moved to",
    Flag.AMBIGUOUS: "another link gives a date of this issue too",
}


def links_text(listed: LinkList, page: Page, *, show_unlinked: bool = False) -> str:
    """The links by code, what is wrong with them below their row, and how many milestones have none."""
    lines = [page.heading(f"Links ({len(listed.standings)})")]
    if listed.owner is not None:
        lines.append(f"  {title(listed.owner)}")
    if listed.follower is not None:
        lines.append(f"  {title(listed.follower)}, read {listed.follower.taken_at:%Y-%m-%d %H:%M} UTC")
    lines.append("")
    for standing in sorted(listed.standings, key=lambda s: (order_of_code(s.link.code), s.link.key)):
        lines += _standing_lines(standing, page)
    if not listed.standings:
        lines.append("  There is no link yet: see `syncsvc links suggest` and `syncsvc links import`.")
    lines.append("")
    flagged = sum(bool(standing.flags) for standing in listed.standings)
    if flagged:
        lines.append(page.tint(f"{counted(flagged, 'link')} with something to look at.", Tone.ALERT))
    if listed.unlinked is None:
        lines.append("No export was read yet, so nobody can say which milestones have no link: syncsvc pull")
        return "\n".join(lines) + "\n"
    count = counted(len(listed.unlinked), "milestone")
    more = "" if show_unlinked or not listed.unlinked else "; --unlinked lists them"
    lines.append(f"{count} of the newest export without a link{more}.")
    if show_unlinked and listed.unlinked:
        columns = [Column("code"), Column("due"), Column("name")]
        unlinked = sorted(listed.unlinked, key=lambda m: order_of_code(m.code))
        lines += ["", *page.table(columns, [[m.code, day(m.due), m.name or "-"] for m in unlinked])]
    return "\n".join(lines) + "\n"


def _standing_lines(standing: LinkStanding, page: Page) -> list[str]:
    link = standing.link
    carries = " and ".join(field_names(link.fields))
    if link.offset_days:
        way = "before" if link.offset_days < 0 else "after"
        carries += f", {abs(link.offset_days)} days {way}"
    lines = [f"  {page.tint(clean(f'{link.code} -> {link.key}'), Tone.HEADING)}  {carries}  [{link.role}]"]
    lines += wrap(_end(standing.milestone), page.columns, "    PMCS  ", "          ")
    lines += wrap(_end(standing.issue), page.columns, "    Jira  ", "          ")
    lines += wrap(link.declared, page.columns, "    from  ", "          ")
    for flag in standing.flags:
        words = FLAGS[flag]
        if flag is Flag.MOVED:
            words = f"{words} {standing.issue.code}" if standing.issue else "moved to another key"
        lines.append(f"    {page.tint(f'! {clean(words)}', Tone.ALERT)}")
    return lines


def _end(end: Milestone | None) -> str:
    if end is None:
        return "-"
    state = end.state or end.status.value.replace("_", " ")
    return f"{end.name or end.code} ({state}, due {day(end.due)}, completed {day(end.completed)})"


def suggestions_text(suggested: Sequence[Suggested], searched: Candidates, page: Page) -> str:
    """The candidates for each milestone, those that have any first; never more than words."""
    found = [one for one in suggested if one.suggestions]
    lines = wrap(f"Looked through {counted(len(searched.found), 'issue')} of {searched.searched}.", page.columns)
    if searched.capped:
        lines.append(
            page.tint("There are more than are looked through: name issue types in suggest_types.", Tone.ALERT)
        )
    lines.append("")
    for one in found:
        lines.append(page.heading(f"{one.milestone.code}  {one.milestone.name}  (due {day(one.milestone.due)})"))
        for suggestion in one.suggestions:
            issue = suggestion.candidate.issue
            first = f"  {suggestion.score:.2f}  {clean(issue.code)}  "
            lines += wrap(_end(issue), page.columns, first, " " * 8)
            lines += wrap(suggestion.why, page.columns, " " * 8, " " * 8)
        lines.append("")
    without = len(suggested) - len(found)
    lines.append(
        f"{counted(len(found), 'milestone')} without a link with candidates, {without} without any. Nothing is linked."
    )
    if found:
        lines.append(
            "Say which are right: syncsvc links accept CODE KEY, or syncsvc links refuse CODE KEY --reason TEXT"
        )
    return "\n".join(lines) + "\n"


def taken_text(
    word: LinkWord, milestone: Milestone | None, issue: Milestone | None, warnings: Sequence[str], page: Page
) -> str:
    """What was said about a pair, with both names, so that a mistyped key is seen."""
    verb = f"accepted as {word.role.replace('_', '-')} link" if word.accepted else "refused"
    lines = [page.heading(f"{word.code} -> {word.key}: {verb}")]
    if milestone is not None:
        lines += wrap(_end(milestone), page.columns, "  PMCS  ", "        ")
    if issue is not None:
        lines += wrap(_end(issue), page.columns, "  Jira  ", "        ")
    for warning in warnings:
        lines += wrap(f"! {warning}", page.columns, "  ", "    ")
    if word.accepted:
        lines.append(
            "  The next pull reads the issue; where the dates differ, the first contact is held: syncsvc adopt"
        )
    return "\n".join(lines) + "\n"


def links_shape(listed: LinkList, *, show_unlinked: bool = False) -> dict[str, Any]:
    """syncsvc.links/1"""
    unlinked = listed.unlinked
    return {
        "schema": "syncsvc.links/1",
        "snapshots": {
            "pmcs": listed.owner.id if listed.owner is not None else None,
            "jira": listed.follower.id if listed.follower is not None else None,
        },
        "links": [
            {
                "code": standing.link.code,
                "key": standing.link.key,
                "role": standing.link.role,
                "fields": field_names(standing.link.fields),
                "offset_days": standing.link.offset_days,
                "declared": standing.link.declared,
                "accepted": standing.link.accepted,
                "pmcs": _end_shape(standing.milestone),
                "jira": _end_shape(standing.issue),
                "flags": [flag.value for flag in standing.flags],
            }
            for standing in listed.standings
        ],
        "unlinked": None if unlinked is None else len(unlinked),
        "unlinked_milestones": (
            [{"code": m.code, "name": m.name, "due": _iso(m)} for m in unlinked]
            if show_unlinked and unlinked is not None
            else None
        ),
    }


def suggestions_shape(suggested: Sequence[Suggested], searched: Candidates) -> dict[str, Any]:
    """syncsvc.link_suggestions/1"""
    return {
        "schema": "syncsvc.link_suggestions/1",
        "searched": {"issues": len(searched.found), "what": searched.searched, "capped": searched.capped},
        "milestones": [
            {
                "code": one.milestone.code,
                "name": one.milestone.name,
                "due": _iso(one.milestone),
                "candidates": [
                    {
                        "key": suggestion.candidate.issue.code,
                        **(_end_shape(suggestion.candidate.issue) or {}),
                        "code_field": suggestion.candidate.code or None,
                        "score": suggestion.score,
                        "by": suggestion.by,
                        "why": suggestion.why,
                    }
                    for suggestion in one.suggestions
                ],
            }
            for one in suggested
        ],
    }


def taken_shape(
    word: LinkWord, milestone: Milestone | None, issue: Milestone | None, warnings: Sequence[str]
) -> dict[str, Any]:
    """syncsvc.link_word/1"""
    return {
        "schema": "syncsvc.link_word/1",
        "code": word.code,
        "key": word.key,
        "accepted": word.accepted,
        "role": word.role if word.accepted else None,
        "reason": word.reason or None,
        "actor": word.actor,
        "at": instant(word.at) if word.at is not None else None,
        "pmcs": _end_shape(milestone),
        "jira": _end_shape(issue),
        "warnings": list(warnings),
    }


def _end_shape(end: Milestone | None) -> dict[str, Any] | None:
    if end is None:
        return None
    return {
        "name": end.name,
        "status": end.status.value,
        "state": end.state,
        "due": _iso(end),
        "completed": end.completed.isoformat() if end.completed else None,
        "where": end.where,
        "url": end.url,
    }


def _iso(milestone: Milestone) -> str | None:
    return milestone.due.isoformat() if milestone.due else None
