"""The pages and deeds there are; those with a word in the navigation stand there in this order."""

from syncsvc.web.asking import Deed, Page
from syncsvc.web.pages import deciding, today

PAGES: tuple[Page, ...] = (today.PAGE, deciding.PAGE)
DEEDS: tuple[Deed, ...] = deciding.DEEDS
