"""``ecsinfer destroy``."""

from __future__ import annotations

import click

from ecsinfer.cli.options import (
    Common,
    aws_options,
    empty_groups_option,
    no_wait_option,
    services_argument,
    timeout_option,
    yes_option,
)


@click.command()
@services_argument
@aws_options
@click.option("--purge", is_flag=True, help="Delete the log groups too; they are kept otherwise.")
@empty_groups_option
@yes_option
@timeout_option
@no_wait_option
def destroy(
    common: Common,
    services: tuple[str, ...],
    purge: bool,
    scale_groups_to_zero: bool,
    yes: bool,
    timeout: float | None,
    no_wait: bool,
) -> int:
    """Remove what deploy created, in the order AWS allows, and say what was kept and why.

    Works from any state that an interrupted deploy or destroy left. Auto Scaling groups (but
    for the flag that says so), target groups, roles and whatever does not carry our tags are
    never touched.
    """
    from ecsinfer.cli.session import confirm, open_session

    with open_session(common) as session:
        planned = session.plan(
            services=services,
            purge=purge,
            destroying=True,
            scale_groups_to_zero=scale_groups_to_zero,
        )
        plan = planned.plan
        session.started("destroy")
        session.announce_plan(plan)
        if not plan.empty:
            confirm(
                f"Destroy {plan.application} in account {plan.target.account}?",
                yes=yes,
                simulated=session.simulated,
            )
        outcome = session.reconciler.apply(plan, planned.nodes, timeout=timeout, wait=not no_wait)
        return session.show_outcome(outcome, {})
