"""What a run did, as sections above its drift report."""

from collections.abc import Iterator

from syncsvc.model import RunResult
from syncsvc.report.change_requests import request_section
from syncsvc.report.hand_overs import hand_over_section
from syncsvc.report.layout import Column
from syncsvc.report.section import Section, table
from syncsvc.report.words import OUTCOMES, TROUBLE, amount, counted, day, ended, receipt_words


def run_sections(result: RunResult) -> Iterator[Section]:
    """What a run did, for pages on which no text of the run stands before the drift report."""
    plan = result.plan
    notes = [
        f"{result.trigger}, mode {result.mode}, {result.finished_at:%Y-%m-%d %H:%M} UTC"
        + (f", plan {plan.id}" if plan else "")
        + f": {ended(result)}.",
        f"{receipt_words(result.receipts) or 'nothing written'}; {counted(len(plan.holds) if plan else 0, 'hold')}.",
    ]
    if plan:
        notes += [
            f"Limit {each.limit}: {amount(each.value)}, allowed {amount(each.allowed)}. {each.why}"
            for each in plan.violations
        ]
    trouble = any(each.outcome in TROUBLE for each in result.receipts) or bool(plan and plan.violations)
    yield Section(f"Run {result.run}", notes=tuple(notes), points=result.problems, alert=trouble)
    if handed_over := hand_over_section(result.hand_overs):
        yield handed_over
    if requested := request_section(result.requests):
        yield requested
    for heading, chosen in (
        ("Not written", [each for each in result.receipts if each.outcome in TROUBLE]),
        ("Written", [each for each in result.receipts if each.outcome not in TROUBLE]),
    ):
        rows = [
            (
                each.change.code,
                each.change.key,
                each.change.field.value,
                day(each.change.before),
                day(each.change.after),
                OUTCOMES[each.outcome],
                each.detail or "",
            )
            for each in chosen
        ]
        then = "then" if heading == "Not written" else "now"
        columns = ("code", "issue", "field", "before", then, "outcome", "detail")
        if written := table(heading, [Column(name) for name in columns], rows):
            yield written
