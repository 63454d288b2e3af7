"""SVG elements as text: attributes and words are cleaned and escaped, numbers are short."""

from collections.abc import Iterable
from html import escape

from syncsvc.report.layout import clean


def element(tag: str, *inner: str, **attributes: str | float | None) -> str:
    """One element; `class_` and `stroke_width` become class and stroke-width, an attribute that is None is left out."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{given}>{''.join(inner)}</{tag}>" if inner else f"<{tag}{given}/>"


def text(x: float, y: float, words: str, kind: str | None = None) -> str:
    """One line of text that begins (or, by its class, ends or is centred) at x."""
    return element("text", escape(clean(words)), class_=kind, x=x, y=y)


def title(words: str) -> str:
    """What a reader who does not see the picture is told, and the pointer that rests on it shows."""
    return f"<title>{escape(clean(words))}</title>"


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return element("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2)


def path(kind: str, points: Iterable[tuple[float, float]]) -> str:
    """A line through all the points."""
    steps = "L".join(f"{_value(x)} {_value(y)}" for x, y in points)
    return element("path", class_=kind, d=f"M{steps}")


def diamond(kind: str, x: float, y: float, size: float) -> str:
    """A square that stands on its corner."""
    side = _value(size)
    return element(
        "path", class_=kind, d=f"M{_value(x)} {_value(y - size)}l{side} {side}l-{side} {side}l-{side} -{side}z"
    )


def triangle(kind: str, x: float, y: float, size: float) -> str:
    """A triangle on its base."""
    return element(
        "path",
        class_=kind,
        d=f"M{_value(x)} {_value(y - size)}l{_value(size)} {_value(size * 1.8)}h{_value(-2 * size)}z",
    )


def circle(kind: str, x: float, y: float, radius: float) -> str:
    """A circle."""
    return element("circle", class_=kind, cx=x, cy=y, r=radius)


def square(kind: str, x: float, y: float, half: float) -> str:
    """A square around a point."""
    return element("rect", class_=kind, x=x - half, y=y - half, width=2 * half, height=2 * half)


def picture(kind: str, width: int, height: int, *inner: str, named: str | None = None) -> str:
    """The whole picture: an image of that name to a screen reader, or hidden where text beside it says the same."""
    head = f'<svg class="chart {kind}" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    if named is None:
        return f'{head} aria-hidden="true">{"".join(inner)}</svg>'
    return f'{head} role="img">{title(named)}{"".join(inner)}</svg>'


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(clean(value))
    return f"{value:.1f}".removesuffix(".0")
