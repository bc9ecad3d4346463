"""What the commands of an operator share: look first, then plan, show, ask, apply and report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecsinfer.cli.session import Session
    from ecsinfer.events import Warned
    from ecsinfer.kinds.history import History
    from ecsinfer.model import Node, Observation
    from ecsinfer.spec import Spec


def one_service(spec: Spec, name: str | None) -> str:
    """The key of the named service, or of the only one.

    Raises:
        UsageError: there is no such service, or there are several to choose from.
    """
    from ecsinfer.errors import UsageError

    if name is not None:
        return some_services(spec, (name,))[0]
    if len(spec.services) != 1:
        raise UsageError(
            "Which service?", hint=f"name one of {', '.join(spec.services) or '(none)'}"
        )
    return next(iter(spec.services))


def some_services(spec: Spec, names: Sequence[str]) -> tuple[str, ...]:
    """The keys of the named services, or of all of them.

    Raises:
        UsageError: one of them is not in the spec.
    """
    from ecsinfer.errors import UsageError

    unknown = [name for name in names if name not in spec.services]
    if unknown:
        raise UsageError(
            f"no service {', '.join(map(repr, unknown))} in the spec",
            hint=f"its services are {', '.join(spec.services) or '(none)'}",
        )
    return tuple(names) or tuple(spec.services)


def look(session: Session, asked: Mapping[str, Observation[Any]]) -> dict[str, Any]:
    """What every observation saw; nothing can be written meanwhile."""
    from ecsinfer.reconcile.observe import observe

    with session.gateway.planning():
        return observe(session.gateway, asked)


def histories(session: Session, keys: Iterable[str]) -> dict[str, History | None]:
    """What the services ran before, by key."""
    from ecsinfer.kinds import history

    spec = session.spec
    return look(
        session,
        {
            key: history.observe(spec.cluster_name, spec.service_name(key), spec.family(key))
            for key in keys
        },
    )


def carry_out(
    session: Session,
    command: str,
    nodes: Sequence[Node[Any, Any]],
    *,
    yes: bool,
    timeout: float | None = None,
    wait: bool = True,
    warnings: Iterable[Warned] = (),
) -> int:
    """Plan what the nodes ask for, show it with the warnings, ask, and do it; the exit code."""
    from ecsinfer.application import outputs
    from ecsinfer.cli.session import confirm

    plan = session.reconciler.plan(nodes, session.spec.name)
    session.started(command)
    if session.common.output == "text":
        session.show_plan(plan)
    for warning in warnings:
        session.emit(warning)
    if not plan.empty:
        confirm(
            f"{command.capitalize()} in {plan.application}, account {plan.target.account}?",
            yes=yes,
            simulated=session.simulated,
        )
    outcome = session.reconciler.apply(plan, nodes, timeout=timeout, wait=wait)
    return session.show_outcome(outcome, outputs(session.spec, outcome.outputs))
