"""Narratives of milestones and months: which are due, and which only repeat the month before. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncsvc.model import Narrative


@dataclass(frozen=True, slots=True)
class Narrated:
    """What is told of a milestone in the month of a report. `repeats` names the month whose words it repeats."""

    narrative: Narrative | None
    required: bool
    repeats: str | None = None

    @property
    def missing(self) -> bool:
        """A narrative is due, and nobody wrote one."""
        return self.required and self.narrative is None


def of_month(narratives: Iterable[Narrative], period: str) -> tuple[Narrative, ...]:
    """What a report of a month needs: of each milestone the narrative of the month, and the last one before it."""
    last: dict[tuple[str, bool], Narrative] = {}
    for each in sorted(narratives, key=lambda narrative: narrative.period):
        if each.period <= period:
            last[each.code, each.period == period] = each
    return tuple(last.values())


def narrated(code: str, by_code: Mapping[str, Iterable[Narrative]], period: str, *, required: bool) -> Narrated | None:
    """What is told of a milestone; None where nothing is, and nothing has to be."""
    known = list(by_code.get(code, ()))
    narrative = next((each for each in known if each.period == period), None)
    if narrative is None:
        return Narrated(None, True) if required else None
    last = _last_before(narrative, known)
    same = last is not None and _words(last) == _words(narrative)
    return Narrated(narrative, required, last.period if same and last is not None else None)


def repeats(narrative: Narrative, known: Iterable[Narrative]) -> str:
    """A warning where a narrative says word by word what the last one of an earlier month said; else ""."""
    last = _last_before(narrative, known)
    if last is None or _words(last) != _words(narrative):
        return ""
    return f"{narrative.code}: the narrative of {narrative.period} repeats that of {last.period} word by word"


def _last_before(narrative: Narrative, known: Iterable[Narrative]) -> Narrative | None:
    earlier = [each for each in known if each.code == narrative.code and each.period < narrative.period]
    return max(earlier, key=lambda each: each.period, default=None)


def _words(narrative: Narrative) -> list[str]:
    return f"{narrative.why} {narrative.action}".casefold().split()
