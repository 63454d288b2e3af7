"""Which issue may belong to a milestone without a link: suggestions that a person accepts or refuses. Pure.

Three reasons count: the tracker's field for codes holds the milestone's code, an issue's name holds it, or the two
names are alike. The likeness of two names, 0 to 1, is made so that it can be told: 60 % words in common, 40 % the same
letters in the same order (difflib), after dropping "Test report:", the code, marks and words that say nothing; it is
cut by a quarter where both names count something and the numbers differ ("Release 1", "Release 2").
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from syncsvc.model import Candidate, Milestone
from syncsvc.names import drop_test_report

BEST: Final = 3  # suggestions for one milestone
LEAST_SCORE: Final = 0.6
CODE_IN_FIELD: Final = 1.0
CODE_IN_NAME: Final = 0.95
WORDS_SHARE: Final = 0.6
OTHER_NUMBERS: Final = 0.75

_WORD: Final = re.compile(r"[^\W_]+(?:\.[0-9]+)*")
_CODES: Final = re.compile(r"[\s,;]+")
_SAYING_NOTHING: Final = frozenset(
    ["a", "an", "and", "at", "be", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"]
)
_SHOWN_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate for one milestone; `by` is code_field, code_in_name or name."""

    candidate: Candidate
    score: float
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """A milestone without a link and the candidates for it, the best first; there may be none."""

    milestone: Milestone
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class CleanName:
    """A name as it is compared."""

    words: tuple[str, ...]
    numbers: frozenset[str]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def suggest_links(
    milestones: Sequence[Milestone],
    candidates: Iterable[Candidate],
    *,
    refused: Collection[tuple[str, str]] = (),
    aliases: Mapping[str, str] | None = None,
) -> tuple[Suggested, ...]:
    """The candidates for each milestone, at most three each, in the order of the milestones.

    `refused` are pairs of code and key that a person said no to, `aliases` other codes of milestones.
    """
    issues = sorted(candidates, key=lambda candidate: candidate.issue.code)
    names = [clean_name(candidate.issue.name) for candidate in issues]
    by_word: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        for word in set(name.words):
            by_word[word].append(at)
    other_codes: dict[str, list[str]] = defaultdict(list)
    for alias, code in (aliases or {}).items():
        other_codes[code].append(alias)
    by_code = _index_codes(issues)
    suggested = []
    for milestone in milestones:
        best: dict[int, Suggestion] = {}
        codes = [milestone.code, *sorted(other_codes.get(milestone.code, ()))]
        for code in codes:
            for at in by_code.get(code.casefold(), ()):
                best.setdefault(at, _by_field(issues[at], code))
        for code in codes:
            for at in _named_after(code, issues, by_word):
                best.setdefault(at, Suggestion(issues[at], CODE_IN_NAME, "code_in_name", f"its name says {code}"))
        mine = clean_name(milestone.name, codes)
        for at in sorted({at for word in set(mine.words) for at in by_word[word]}):
            if at not in best and (alike := _by_name(mine, names[at], issues[at])) is not None:
                best[at] = alike
        allowed = [one for one in best.values() if (milestone.code, one.candidate.issue.code) not in refused]
        allowed.sort(key=lambda one: (-one.score, one.candidate.issue.code))
        suggested.append(Suggested(milestone, tuple(allowed[:BEST])))
    return tuple(suggested)


def clean_name(name: str, codes: Iterable[str] = ()) -> CleanName:
    """The words of a name that say something, without case, "Test report:" and the milestone's own codes."""
    text = drop_test_report(name).casefold()
    for code in codes:
        text = re.sub(_standing_alone(code.casefold()), " ", text)
    words = tuple(word for word in _WORD.findall(text) if word not in _SAYING_NOTHING)
    return CleanName(words, frozenset(word for word in words if any(character.isdecimal() for character in word)))


def _index_codes(issues: Sequence[Candidate]) -> dict[str, list[int]]:
    """Each code that a field holds, by whatever it may hold several with: blanks, commas, semicolons."""
    by_code: dict[str, list[int]] = defaultdict(list)
    for at, candidate in enumerate(issues):
        for code in {candidate.code.casefold(), *_CODES.split(candidate.code.casefold())} - {""}:
            by_code[code].append(at)
    return by_code


def _by_field(candidate: Candidate, code: str) -> Suggestion:
    return Suggestion(candidate, CODE_IN_FIELD, "code_field", f"its field for codes holds {code}")


def _named_after(code: str, issues: Sequence[Candidate], by_word: Mapping[str, Sequence[int]]) -> list[int]:
    """Issues in whose name the code stands by itself; the index spares looking at all of them."""
    words = _WORD.findall(code.casefold())
    if not words:
        return []
    rows = min((by_word.get(word, ()) for word in words if word not in _SAYING_NOTHING), key=len, default=())
    alone = re.compile(_standing_alone(code.casefold()))
    return [at for at in rows if alone.search(issues[at].issue.name.casefold())]


def _standing_alone(code: str) -> str:
    """A pattern for a code that is no part of a longer one: DM-1 is not in DM-10, DM-1a or LDM-1."""
    return rf"(?<![\w-]){re.escape(code)}(?![\w]|-\w)"


def _by_name(mine: CleanName, other: CleanName, candidate: Candidate) -> Suggestion | None:
    """None where the names are not alike enough; cheap questions first, since most are not."""
    in_common = set(mine.words) & set(other.words)
    share = 2 * len(in_common) / (len(set(mine.words)) + len(set(other.words)))
    differ = bool(mine.numbers and other.numbers and mine.numbers != other.numbers)
    factor = OTHER_NUMBERS if differ else 1.0

    def score_of(letters: float) -> float:
        return factor * (WORDS_SHARE * share + (1 - WORDS_SHARE) * letters)

    if score_of(1.0) < LEAST_SCORE:
        return None
    matcher = SequenceMatcher(None, mine.text, other.text, autojunk=False)
    if score_of(matcher.quick_ratio()) < LEAST_SCORE:
        return None
    letters = matcher.ratio()
    score = round(score_of(letters), 2)
    if score < LEAST_SCORE:
        return None
    told = [word for word in dict.fromkeys(mine.words) if word in in_common]
    words = " ".join(told[:_SHOWN_WORDS]) + (" ..." if len(told) > _SHOWN_WORDS else "")
    fewest = f"{len(in_common)} of {max(len(set(mine.words)), len(set(other.words)))}"
    why = f"{fewest} words in common ({words}), {letters:.0%} the same letters"
    if differ:
        why += f"; but {', '.join(sorted(mine.numbers))} is not {', '.join(sorted(other.numbers))}"
    return Suggestion(candidate, score, "name", why)
