"""What every HTML page of the product shares: templates that escape, colours (light, dark, on paper), a strict policy.

A page is one file without network and without a name that could steer it: every string of a template is cleaned of
control characters and escaped, and its policy names the styles and scripts it has by their hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncsvc.report.layout import clean

if TYPE_CHECKING:
    import jinja2

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"

#: Each pair is readable on `paper` and on `panel`: contrast 4.5 and more, both light and dark.
LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "panel": "#f4f6f9",
    "ink": "#1a2332",
    "faint": "#52606f",
    "line": "#d3dae3",
    "link": "#0b57a4",
    "late": "#b3261e",
    "early": "#0f6638",
    "alert": "#7a4d00",
    "alert-panel": "#fdf0dc",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#12171f",
    "panel": "#1b222d",
    "ink": "#e6eaf0",
    "faint": "#a7b3c2",
    "line": "#3a4656",
    "link": "#84bbff",
    "late": "#ff9088",
    "early": "#74d6a0",
    "alert": "#f2c57c",
    "alert-panel": "#3a2c12",
}


def environment(*folders: Path) -> "jinja2.Environment":
    """Templates of these folders, or of `syncsvc/report/templates`, which is looked at last.

    Escaped always, every string on one line without control characters.

    A name that a template does not know is an error, not a blank.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_clean_string,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def colour_rules(selector: str = ":root") -> str:
    """CSS variables `--ink`, `--paper`, ... for the selector: light, dark where the screen is, light on paper."""
    light, dark = ("".join(f"--{name}:{value};" for name, value in colours.items()) for colours in (LIGHT, DARK))
    return (
        f"{selector}{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{{selector}{{{dark}}}}}\n"
    )


def base_style() -> str:
    """The style every page begins with: colours, type, links, tables, notes, print."""
    return colour_rules() + (TEMPLATES / "base.css").read_text(encoding="utf-8")


def content_policy(styles: Iterable[str], scripts: Iterable[str] = ()) -> str:
    """What a page may do: show these styles, run these scripts (each the whole text of its element), and no more."""
    allowed = ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]
    for directive, texts in (("style-src", styles), ("script-src", scripts)):
        if hashes := " ".join(_hash(text) for text in texts):
            allowed.append(f"{directive} {hashes}")
    return "; ".join(allowed)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _clean_string(value: Any) -> Any:
    """Only what a template itself marked as safe passes as it is."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
