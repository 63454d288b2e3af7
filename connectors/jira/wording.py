"""The words that travel: the comment Jira shows, and what Jira's refusals most likely mean."""

import re
from collections.abc import Sequence
from typing import Final

from connectors.jira.issues import DUE_FIELD
from syncsvc.model import Change, DriftKind, Field

_LABELS: Final = {Field.DUE: "Due", Field.COMPLETED: "Completed"}


def describe_changes(changes: Sequence[Change]) -> str:
    """The comment, unless the service brings its own: each date before and after, and where it comes from."""
    lines = []
    for change in changes:
        before, after = (value.isoformat() if value else "no date" for value in (change.before, change.after))
        source = f", column {change.from_column}" if change.from_column else ""
        lines.append(f"{_LABELS[change.field]}: {before} -> {after} (milestone {change.code}{source})")
    undone = all(change.kind is DriftKind.UNDONE for change in changes)
    return "\n".join(
        ["syncsvc took back what it had written." if undone else "syncsvc brought the schedule's dates.", *lines]
    )


def comment_body(text: str) -> str:
    """The text as Jira's v2 interface shows it letter by letter: no macro, no link, nobody mentioned."""
    return "{noformat}\n" + re.sub(r"\{(?=\s*noformat)", "(", text, flags=re.IGNORECASE) + "\n{noformat}"


def explain_refusal(status: int, field_id: str, words: str) -> str:
    """What Jira said about a write to this field, and the causes to look at first."""
    said = f"Jira refused it ({status}{': ' + words if words else ''})"
    lowered = words.lower()
    if "discard the user notification" in lowered:
        return f"{said}. notify = false needs the permission Administer projects"
    if "comment" in lowered and "cannot be set" not in lowered:
        return f"{said}. The date was not written without its comment; has the account the permission Add comments?"
    if 300 <= status < 400:
        return f"{said}. Writes never follow redirects; see whether `url` is right and the token still good"
    if status in (403, 404):
        return f"{said}. Has the account the permission Edit issues, and may it see the issue?"
    if "cannot be set" in lowered or "appropriate screen" in lowered:
        schedule = ", and whether the account has the permission Schedule issues" if field_id == DUE_FIELD else ""
        return f"{said}. See whether the field is on the edit screen of this issue type{schedule}"
    return said
