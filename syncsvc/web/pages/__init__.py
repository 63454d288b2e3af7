"""The pages and deeds there are; those with a word in the navigation stand there in this order."""

from typing import Final

from syncsvc.web.asking import Deed, Page
from syncsvc.web.pages import (
    deciding,
    milestones,
    narrative,
    persons,
    plan,
    runs,
    sources,
    suggestions,
    today,
    workbook,
)

PAGES: Final[tuple[Page, ...]] = (
    today.PAGE,
    deciding.PAGE,
    *plan.PAGES,
    *workbook.PAGES,
    narrative.PAGE,
    *milestones.PAGES,
    *runs.PAGES,
    *sources.PAGES,
    suggestions.PAGE,
    persons.PAGE,
)
DEEDS: Final[tuple[Deed, ...]] = (
    *deciding.DEEDS,
    *plan.DEEDS,
    *workbook.DEEDS,
    narrative.DEED,
    *suggestions.DEEDS,
    *persons.DEEDS,
)
