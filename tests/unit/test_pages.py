"""What the pages share: cleaning and escaping, colours that can be read, a policy by hash."""

import pytest
from jinja2 import UndefinedError

from syncsvc.report.pages import DARK, LIGHT, base_style, colour_rules, content_policy, environment


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>\"x\" & 'y'</b>", "&lt;b&gt;&#34;x&#34; &amp; &#39;y&#39;&lt;/b&gt;"),
        ("two\r\nlines\x00\x1b[31m", "two  lines  [31m"),
        ("\u202eevil\u2066", "evil"),
    ],
)
def test_every_string_is_cleaned_and_escaped(text: str, shown: str) -> None:
    pages = environment()
    assert pages.from_string("[{{ name }}]").render(name=text) == f"[{shown}]"
    assert pages.from_string('{% for one in names %}<a title="{{ one }}">{% endfor %}').render(names=[text]) == (
        f'<a title="{shown}">'
    )


def test_what_a_template_makes_itself_stays_as_it_is() -> None:
    text = environment().from_string("{% macro twice(x) %} <i>{{ x }}</i> {% endmacro %}[{{ twice('<') }}{{ 3 }}]")
    assert text.render() == "[ <i>&lt;</i> 3]"


def test_a_name_that_a_template_does_not_know_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_read_on_what_is_behind_it(colours: dict[str, str]) -> None:
    for name in ("ink", "faint", "link", "late", "early"):
        for behind in ("paper", "panel"):
            assert _contrast(colours[name], colours[behind]) >= 4.5, (name, behind)
    for name in ("ink", "alert"):
        assert _contrast(colours[name], colours["alert-panel"]) >= 4.5, name
    assert set(LIGHT) == set(DARK)


def test_colours_are_dark_only_on_a_dark_screen() -> None:
    rules = colour_rules(".x")
    light, dark = rules.split("@media screen and (prefers-color-scheme:dark)")
    assert f"--ink:{LIGHT['ink']};" in light
    assert f".x{{--paper:{DARK['paper']};" in dark
    assert rules.replace(".x{", ":root{") in base_style()


def test_a_policy_names_what_may_be_shown_and_run() -> None:
    assert content_policy([]) == "default-src 'none'; base-uri 'none'; form-action 'none'"
    empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    assert content_policy([""], [""]).endswith(f"style-src {empty}; script-src {empty}")
