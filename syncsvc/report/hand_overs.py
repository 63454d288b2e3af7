"""What became of completions that were handed to PMCS: the same words in every format of a report."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from syncsvc.model import Judgement, ProposalState
from syncsvc.report.layout import Column
from syncsvc.report.section import Section
from syncsvc.report.words import day

HEADING: Final = "Completions handed to PMCS"
COLUMNS: Final = ("code", "issue", "completed", "handed over", "state", "what became of it")

#: In the order in which they deserve attention.
STATES: Final = {
    ProposalState.NOT_LANDED: "not landed",
    ProposalState.OVERWRITTEN: "overwritten",
    ProposalState.WITHDRAWN: "withdrawn",
    ProposalState.LANDED: "landed",
    ProposalState.PENDING: "pending",
}
_ORDER: Final = list(STATES)


def in_order(hand_overs: Sequence[Judgement]) -> list[Judgement]:
    """What asks for attention first; among the same by code."""
    return sorted(
        hand_overs, key=lambda each: (_ORDER.index(each.proposal.state), each.proposal.code, each.proposal.key)
    )


def summary(hand_overs: Sequence[Judgement]) -> str:
    """How many of each state: "1 not landed, 2 landed, 1 pending"."""
    counts = Counter(each.proposal.state for each in hand_overs)
    return ", ".join(f"{counts[state]:,} {words}" for state, words in STATES.items() if counts[state])


def row_of(judged: Judgement) -> tuple[str, str, str, str, str, str]:
    """The cells under COLUMNS."""
    proposal = judged.proposal
    return (
        proposal.code,
        proposal.key,
        day(proposal.value),
        day(proposal.handed_over_on),
        STATES[proposal.state],
        judged.words,
    )


def hand_over_section(hand_overs: Sequence[Judgement]) -> Section | None:
    """The section of a report; None where nothing was handed over."""
    if not hand_overs:
        return None
    return Section(
        f"{HEADING} ({len(hand_overs):,})",
        tuple(Column(name) for name in COLUMNS),
        tuple(row_of(each) for each in in_order(hand_overs)),
        notes=(f"{summary(hand_overs)}.",),
        alert=any(each.proposal.state in (ProposalState.NOT_LANDED, ProposalState.OVERWRITTEN) for each in hand_overs),
    )
