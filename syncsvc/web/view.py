"""From what a page shows to what a browser gets: one look, the report's, with navigation, style and script.

Templates are escaped always, and every string in them is on one line without control characters. Style and script are
files of their own under a name with their hash, so that a page needs nothing inline and they may be kept.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncsvc.persons import Person, Role
from syncsvc.report.html import report_style
from syncsvc.report.html.terms import FIELDS
from syncsvc.report.pages import environment
from syncsvc.report.words import counted, day
from syncsvc.web.asking import Page

if TYPE_CHECKING:
    import jinja2

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_MOST_TOLD: Final = 2_500  # characters; a cookie has room for four thousand bytes

_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0b57a4" d="M8 1l7 7-7 7-7-7z"/></svg>'
)

#: What the templates of all pages may use besides their own values.
_WORDS: Final[Mapping[str, Any]] = {"counted": counted, "day": day, "fields": FIELDS, "Role": Role}


@dataclass(frozen=True)
class Asset:
    """A file that pages fetch: under a name that is another one once its content is."""

    content: bytes
    media_type: str
    path: str

    @staticmethod
    def of(name: str, media_type: str, text: str) -> "Asset":
        """An asset called `name`, with a hash in its path."""
        stem, _, ending = name.partition(".")
        content = text.encode()
        return Asset(content, media_type, f"/assets/{stem}-{sha256(content).hexdigest()[:12]}.{ending}")


class View:
    """Renders the pages of one site."""

    def __init__(self, site: str, pages: Sequence[Page]) -> None:
        self._site = site
        self._nav = [page for page in pages if page.nav]
        self._environment = _environment()

    @cached_property
    def style(self) -> Asset:
        """The report's style and what pages with forms need besides."""
        own = (TEMPLATES / "pages.css").read_text(encoding="utf-8")
        return Asset.of("style.css", "text/css", report_style() + own)

    @cached_property
    def script(self) -> Asset:
        """What makes the pages pleasant; each of them works without."""
        return Asset.of("pages.js", "text/javascript", (TEMPLATES / "pages.js").read_text(encoding="utf-8"))

    @cached_property
    def icon(self) -> Asset:
        """A milestone, in the tab of a browser."""
        return Asset.of("icon.svg", "image/svg+xml", _ICON)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Everything that pages fetch."""
        return (self.style, self.script, self.icon)

    def render(
        self,
        template: str,
        values: Mapping[str, Any],
        *,
        here: str = "",
        who: Person | None = None,
        form_token: str = "",
        told: Sequence[str] = (),
        leaves: bool = False,
    ) -> str:
        """The page. `leaves` shows the way out to who came by a visit of their own."""
        frame = {
            "site": self._site,
            "nav": [page for page in self._nav if who is not None and who.role.includes(page.role)],
            "here": here,
            "who": who,
            "form_token": form_token,
            "told": told,
            "leaves": leaves,
            "icon": self.icon.path,
            "style": self.style.path,
            "script": self.script.path,
        }
        return self._environment.get_template(f"{template}.html.jinja").render({**frame, **values})


@cache
def _environment() -> "jinja2.Environment":
    """The templates, made ready once for a process."""
    made = environment(TEMPLATES)
    made.globals |= _WORDS
    return made


def pack_told(told: Sequence[str], sign: Callable[[str], str]) -> str:
    """What the next page tells, for a cookie: signed, so that nobody else puts words there."""
    texts, room = [], _MOST_TOLD
    for text in told:
        if len(text) > room:
            texts.append("More was said than fits here.")
            break
        texts.append(text)
        room -= len(text)
    body = base64.urlsafe_b64encode(json.dumps(texts, ensure_ascii=False).encode()).decode()
    return f"{body}.{sign(f'told {body}')}"


def unpack_told(cookie: str, sign: Callable[[str], str]) -> list[str]:
    """What was told, or nothing where the cookie is not ours."""
    body, _, signature = cookie.rpartition(".")
    if not body or not hmac.compare_digest(signature.encode(), sign(f"told {body}").encode()):
        return []
    return [str(text) for text in json.loads(base64.urlsafe_b64decode(body))]
