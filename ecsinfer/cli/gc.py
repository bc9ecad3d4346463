"""``ecsinfer gc``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecsinfer.cli.options import Common, aws_options, services_argument, yes_option

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session

KEEP = 10
"""Revisions of a family that are kept unless another number is given."""


@click.command()
@services_argument
@aws_options
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=KEEP,
    show_default=True,
    metavar="N",
    help="Keep the N newest active revisions of every family.",
)
@click.option("--delete", is_flag=True, help="Delete the deregistered ones, too.")
@yes_option
def gc(common: Common, services: tuple[str, ...], keep: int, delete: bool, yes: bool) -> int:
    """Deregister revisions that nothing needs any more.

    Never one that any deployment in the cluster, or of the application in another one, has, that
    a service would be rolled back to, or that does not carry our tag. One run removes at most a hundred of a family; run it again for
    more. A deregistered revision cannot be returned to.
    """
    from ecsinfer.cli.session import open_session

    with open_session(common) as session:
        return collect(session, services, keep=keep, delete=delete, yes=yes)


def collect(
    session: Session,
    services: tuple[str, ...] = (),
    *,
    keep: int = KEEP,
    delete: bool = False,
    yes: bool = False,
) -> int:
    """Deregister what nothing needs; the exit code."""
    from ecsinfer.application import operations
    from ecsinfer.cli.operation import carry_out, some_services

    chosen = some_services(session.spec, services)
    nodes = operations.surplus(session.spec, chosen, keep=keep, delete=delete)
    return carry_out(session, "gc", nodes, yes=yes)
