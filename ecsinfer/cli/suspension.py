"""What ``ecsinfer suspend`` and ``ecsinfer resume`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session


def suspend_scaling(
    session: Session, services: tuple[str, ...] = (), *, suspended: bool, yes: bool = False
) -> int:
    """Stop autoscaling or let it go on; the exit code.

    Raises:
        UsageError: no service is named, and the spec declares no scaling.
    """
    from ecsinfer.application import operations
    from ecsinfer.cli.operation import carry_out, some_services
    from ecsinfer.errors import UsageError

    spec = session.spec
    declared = tuple(key for key, each in spec.services.items() if each.scaling is not None)
    chosen = some_services(spec, services) if services else declared
    if not chosen:
        raise UsageError(
            "No service of the spec declares scaling.",
            hint="name the service whose autoscaling is meant",
        )
    nodes = [operations.suspension(spec, key, suspended=suspended) for key in chosen]
    return carry_out(session, "suspend" if suspended else "resume", nodes, yes=yes)
