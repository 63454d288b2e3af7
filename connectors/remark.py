"""What is odd about a file and keeps nobody from reading it: said on standard error, with its place."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MOST: Final = 10
_log = logging.getLogger("connectors")


@dataclass(frozen=True, slots=True)
class Remark:
    """One odd thing: "TASK row 9", and what is there."""

    where: str
    text: str


def say(source: str, remarks: Sequence[Remark]) -> None:
    """Log the first few remarks about a file, and how many more there are."""
    for remark in remarks[:_MOST]:
        _log.warning("%s: %s: %s", source, remark.where, remark.text)
    if len(remarks) > _MOST:
        _log.warning("%s: %d more of the kind", source, len(remarks) - _MOST)
