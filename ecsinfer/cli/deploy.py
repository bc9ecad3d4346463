"""``ecsinfer deploy``."""

from __future__ import annotations

from pathlib import Path

import click

from ecsinfer.cli.options import (
    Common,
    aws_options,
    no_wait_option,
    prune_option,
    services_argument,
    timeout_option,
    yes_option,
)

_NEXT = "ecsinfer status {options}", "ecsinfer logs {options}", "ecsinfer destroy {options}"
"""What one would do after a deploy."""


@click.command()
@services_argument
@aws_options
@click.option("--adopt", is_flag=True, help="Take over resources that do not carry our tags.")
@click.option("--allow-replace", is_flag=True, help="Delete and recreate where AWS cannot update.")
@prune_option
@click.option(
    "--plan",
    "saved",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Execute a plan saved by plan --out, or nothing.",
)
@yes_option
@timeout_option
@no_wait_option
def deploy(
    common: Common,
    services: tuple[str, ...],
    adopt: bool,
    allow_replace: bool,
    prune: bool,
    saved: Path | None,
    yes: bool,
    timeout: float | None,
    no_wait: bool,
) -> int:
    """Create or update what the spec describes, and wait until it serves.

    Running it again with nothing changed makes no write and says "nothing to do". An interrupted
    run is picked up by running it again.
    """  # fmt: skip
    from ecsinfer.application import outputs
    from ecsinfer.cli.session import confirm, open_session

    with open_session(common) as session:
        choices = {"services": services, "adopt": adopt, "allow_replace": allow_replace}
        if saved is None:
            planned = session.plan(prune=prune, **choices)
        else:
            planned = session.saved_plan(saved, **choices)
        plan = planned.plan
        session.started(plan.intent)
        session.announce_plan(plan)
        session.warn(planned)
        if not plan.empty:
            confirm(
                f"{plan.intent.capitalize()} {plan.application} in account {plan.target.account}?",
                yes=yes,
                simulated=session.simulated,
            )
        outcome = session.reconciler.apply(plan, planned.nodes, timeout=timeout, wait=not no_wait)
        if plan.intent == "destroy":  # a saved plan says which it is
            return session.show_outcome(outcome, {})
        code = session.show_outcome(outcome, outputs(session.spec, outcome.outputs))
        if code == 0:
            session.suggest(*(_NEXT if outcome.status == "done" else ()))
        return code
