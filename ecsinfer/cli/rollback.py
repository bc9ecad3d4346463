"""``ecsinfer rollback``."""

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


@click.command()
@service_argument
@aws_options
@click.option(
    "--to",
    default="",
    metavar="REVISION",
    help="Return to this revision: its number, family:number or ARN.",
)
@yes_option
@timeout_option
@no_wait_option
def rollback(
    common: Common,
    service: str | None,
    to: str,
    yes: bool,
    timeout: float | None,
    no_wait: bool,
) -> int:
    """Stop a running deployment and go back, or return to an earlier revision.

    While a deployment goes on, ECS is told to stop it and roll back, and it is followed until the
    service runs what it ran before. Otherwise the service returns to the task definition of the
    last successful deployment of another revision, or to the one of --to; what that changes is
    shown first. Rolling back twice leads further back. The spec stays as it is: the next deploy
    rolls out what it describes.
    """
    from ecsinfer.cli.session import open_session

    with open_session(common) as session:
        return go_back(session, service, to, yes=yes, timeout=timeout, wait=not no_wait)


def go_back(
    session: Session,
    service: str | None,
    to: str = "",
    *,
    yes: bool = False,
    timeout: float | None = None,
    wait: bool = True,
) -> int:
    """Roll one service back; the exit code."""
    from ecsinfer import events
    from ecsinfer.application import operations
    from ecsinfer.cli.operation import carry_out, histories, one_service

    key = one_service(session.spec, service)
    seen = histories(session, (key,))[key]
    nodes = operations.rollback(session.spec, key, seen, to)
    texts = ["the spec stays as it is: the next deploy rolls out what it describes"]
    if not to and operations.left(session.spec, seen):
        texts.insert(
            0,
            "nothing older ran with success: this is the revision that the service was taken back "
            f"from; ecsinfer revisions {key} lists what there is, and --to chooses",
        )
    warnings = tuple(events.Warned(text, node=nodes[-1].key) for text in texts)
    return carry_out(
        session, "rollback", nodes, yes=yes, timeout=timeout, wait=wait, warnings=warnings
    )
