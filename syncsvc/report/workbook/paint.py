"""Conditional formats: the colours that follow what cells hold, also after a person has sorted or edited them."""

from openpyxl.formatting.rule import FormulaRule, Rule
from openpyxl.styles import Font, PatternFill


def when(
    formula: str, *, ink: str | None = None, fill: str | None = None, bold: bool = False, stop: bool = False
) -> Rule:
    """Letters and ground of cells for which a formula is true; `stop` keeps the rules after it away."""
    font = Font(color=ink, bold=bold or None) if ink or bold else None
    ground = PatternFill("solid", bgColor=fill) if fill else None
    rule: Rule = FormulaRule([formula], font=font, fill=ground, stopIfTrue=stop or None)  # type: ignore[no-untyped-call]
    return rule
