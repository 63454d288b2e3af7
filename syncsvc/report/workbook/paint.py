"""Conditional formats: the colours that follow what cells hold, also after a person has sorted or edited them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.formatting.rule import Rule


def when(
    formula: str, *, ink: str | None = None, fill: str | None = None, bold: bool = False, stop: bool = False
) -> "Rule":
    """Letters and ground of cells for which a formula is true; `stop` keeps the rules after it away."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Font, PatternFill

    font = Font(color=ink, bold=bold or None) if ink or bold else None
    ground = PatternFill("solid", bgColor=fill) if fill else None
    rule: Rule = FormulaRule([formula], font=font, fill=ground, stopIfTrue=stop or None)  # type: ignore[no-untyped-call]
    return rule
