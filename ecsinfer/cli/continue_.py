"""``ecsinfer continue``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import (
    Common,
    aws_options,
    no_wait_option,
    service_argument,
    timeout_option,
    yes_option,
)

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session


@click.command("continue")
@service_argument
@aws_options
@click.option("--rollback", is_flag=True, help="Answer no: the deployment goes back.")
@yes_option
@timeout_option
@no_wait_option
def continue_(
    common: Common,
    service: str | None,
    rollback: bool,
    yes: bool,
    timeout: float | None,
    no_wait: bool,
) -> int:
    """Answer the PAUSE hook that a deployment waits at, and follow the deployment to its end.

    Where nothing waits for an answer the deployment is only followed. With --rollback the wanted
    end is that the deployment was rolled back.
    """
    from ecsinfer.cli.session import open_session

    with open_session(common) as session:
        return answer(
            session, service, rollback=rollback, yes=yes, timeout=timeout, wait=not no_wait
        )


def answer(
    session: Session,
    service: str | None,
    *,
    rollback: bool = False,
    yes: bool = False,
    timeout: float | None = None,
    wait: bool = True,
) -> int:
    """Answer the hooks of one service's deployment; the exit code."""
    from ecsinfer.application import operations
    from ecsinfer.cli.operation import carry_out, histories, one_service

    key = one_service(session.spec, service)
    seen = histories(session, (key,))[key]
    nodes = operations.answer(session.spec, key, seen, "rollback" if rollback else "continue")
    return carry_out(session, "continue", nodes, yes=yes, timeout=timeout, wait=wait)
