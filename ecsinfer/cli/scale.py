"""``ecsinfer scale``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, aws_options, no_wait_option, timeout_option, yes_option

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session


@click.command()
@click.argument("assignments", nargs=-1, required=True, metavar="SERVICE=COUNT|MIN..MAX...")
@aws_options
@yes_option
@timeout_option
@no_wait_option
def scale(
    common: Common,
    assignments: tuple[str, ...],
    yes: bool,
    timeout: float | None,
    no_wait: bool,
) -> int:
    """Set the number of tasks (llm=6), or the range of autoscaling (llm=2..20).

    Where autoscaling owns the number, a count is kept within its range, and autoscaling goes on
    from there. It says so when the capacity cannot follow, and when the spec reads otherwise.
    """
    from ecsinfer.cli.session import open_session

    with open_session(common) as session:
        return set_scale(session, assignments, yes=yes, timeout=timeout, wait=not no_wait)


def set_scale(
    session: Session,
    assignments: Sequence[str],
    *,
    yes: bool = False,
    timeout: float | None = None,
    wait: bool = True,
) -> int:
    """Set counts and ranges; the exit code."""
    from ecsinfer.application import scale as scaling
    from ecsinfer.cli.operation import carry_out, look, some_services

    spec = session.spec
    wanted = dict(scaling.parse(each) for each in assignments)
    some_services(spec, tuple(wanted))
    asked = {key: scaling.observe(spec.cluster_name, spec.service_name(key)) for key in wanted}
    seen = look(session, asked)
    made = [scaling.scale(spec, key, each, seen[key]) for key, each in wanted.items()]
    return carry_out(
        session,
        "scale",
        [node for node, _ in made],
        yes=yes,
        timeout=timeout,
        wait=wait,
        warnings=[warning for _, said in made for warning in said],
    )
