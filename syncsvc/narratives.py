"""Narratives of milestones and months: which are due, and which only repeat the month before. Pure."""

from collections.abc import Iterable

from syncsvc.model import Narrative


def repeats(narrative: Narrative, known: Iterable[Narrative]) -> str:
    """A warning where a narrative says word by word what the last one of an earlier month said; else ""."""
    earlier = [each for each in known if each.code == narrative.code and each.period < narrative.period]
    last = max(earlier, key=lambda each: each.period, default=None)
    if last is None or _words(last) != _words(narrative):
        return ""
    return f"{narrative.code}: the narrative of {narrative.period} repeats that of {last.period} word by word"


def _words(narrative: Narrative) -> list[str]:
    return f"{narrative.why} {narrative.action}".casefold().split()
