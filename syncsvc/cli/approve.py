"""`syncsvc approve`: say yes to a plan, and waive limits by name."""

import click

from syncsvc.cli.frame import Context
from syncsvc.cli.running import open_service
from syncsvc.errors import ExitCode, UsageError


@click.command("approve")
@click.argument("plan")
@click.option("--waive", "limits", multiple=True, metavar="LIMIT", help="Let this plan pass this limit.")
@click.option("--reason", "reasons", multiple=True, metavar="TEXT", help="Why; one for each --waive, in its order.")
@click.pass_obj
def command(context: Context, plan: str, limits: tuple[str, ...], reasons: tuple[str, ...]) -> ExitCode:
    """Approve PLAN as it was shown, and waive the limits that are meant.

    A waiver names one violation and a reason, covers this one plan, and is kept for good. Nothing is written yet:
    `syncsvc apply PLAN` does that.
    """
    if len(limits) != len(reasons) or not all(reason.strip() for reason in reasons):
        raise UsageError(
            "Each --waive needs a --reason of its own.", "For example: --waive max_shift_days --reason 'CCB-42 replan'"
        )
    if len(set(limits)) != len(limits):
        raise UsageError("A limit is waived twice.", "Name each limit once.")
    with open_service(context) as service:
        stored = service.approve(plan, dict(zip(limits, reasons, strict=True)))
    left = sorted({v.limit for v in stored.plan.violations} - {w.limit for w in stored.waivers})
    click.echo(f"Plan {stored.plan.id} is approved by {stored.approved_by}.")
    for waiver in stored.waivers:
        click.echo(f"  waived {waiver.limit}: {waiver.reason} ({waiver.actor})")
    if left:
        click.echo(f"  still in the way: {', '.join(left)}")
    else:
        click.echo(f"Write it with: syncsvc apply {stored.plan.id}")
    return ExitCode.DONE
