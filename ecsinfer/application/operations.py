"""What an operator does beside deploying, as nodes: each declares only what it is to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ecsinfer.application.services import rollout_within
from ecsinfer.errors import BusyError, PreflightError, UsageError
from ecsinfer.kinds import ownership
from ecsinfer.kinds.history import History, older
from ecsinfer.kinds.revision import Revision, RevisionKind
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.service import Service, ServiceKind
from ecsinfer.kinds.service_deployment import ServiceDeployment, ServiceDeploymentKind
from ecsinfer.kinds.surplus_revisions import SurplusRevisions, SurplusRevisionsKind
from ecsinfer.model import Node, Ref
from ecsinfer.spec import Spec

AnyNode = Node[Any, Any]

_SUSPENDED = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


def require_ours(spec: Spec, key: str, service: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The service, if it is there and ours.

    Raises:
        PreflightError: it is not there.
        OwnershipError: it is not ours.
    """
    name = spec.service_name(key)
    if service is None:
        raise PreflightError(
            f"service {name} does not run in cluster {spec.cluster_name}",
            hint=f"ecsinfer deploy {key} creates it",
        )
    tags = ownership.tag_map(service.get("tags"))
    ownership.require_ours(f"service {name}", tags, spec.name, adopt=False)
    return service


def rollback(spec: Spec, key: str, seen: History | None, to: str = "") -> tuple[AnyNode, ...]:
    """Stop the deployment that goes on and return, or return to an earlier revision.

    Args:
        spec: the spec.
        key: the service.
        seen: what it ran; None when it is not there.
        to: a revision's number, ``family:revision`` or ARN; empty is the previous good one.

    Raises:
        BusyError: a revision was chosen while a deployment goes on.
        PreflightError: there is no service, or nothing to go back to.
        OwnershipError: the service is not ours.
        UsageError: `to` is no revision.
    """
    seen = _require_history(spec, key, seen)
    if seen.under_way and to:
        raise BusyError(
            f"service {key}: a deployment goes on",
            hint=f"ecsinfer rollback {key} stops it and goes back; then choose with --to",
        )
    if seen.under_way:
        return (_deployment(spec, key, seen, "stop"),)
    target = _named(spec, key, to) if to else seen.previous_good(spec.name)
    if not target:
        raise PreflightError(
            f"service {key} has no earlier revision that was deployed with success",
            hint=f"ecsinfer revisions {key} lists what there is; choose with --to",
        )
    return _return_to(spec, key, seen, target)


def left(spec: Spec, seen: History | None) -> bool:
    """Whether a rollback without a choice returns to what the service was taken back from."""
    if seen is None or seen.under_way:
        return False
    return older(seen.running, seen.previous_good(spec.name))


def answer(
    spec: Spec, key: str, seen: History | None, want: Literal["continue", "rollback"]
) -> tuple[AnyNode, ...]:
    """Answer the PAUSE hooks that the service's deployment waits at.

    Raises:
        PreflightError: there is no service, or no deployment goes on.
        OwnershipError: the service is not ours.
    """
    seen = _require_history(spec, key, seen)
    if not seen.under_way:
        raise PreflightError(
            f"service {key}: no deployment goes on, so nothing waits to be continued",
            hint=f"ecsinfer rollback {key} returns to the revision before",
        )
    return (_deployment(spec, key, seen, want),)


def surplus(
    spec: Spec, services: tuple[str, ...], *, keep: int, delete: bool
) -> tuple[AnyNode, ...]:
    """Every family of the services, with what nothing needs any more of it."""
    chosen = services or tuple(spec.services)
    every = tuple(spec.service_name(key) for key in spec.services)
    return tuple(
        Node(
            SurplusRevisionsKind(),
            family,
            SurplusRevisions(family, spec.name, spec.cluster_name, every, keep, delete),
        )
        for family in dict.fromkeys(spec.family(key) for key in chosen)
    )


def suspension(spec: Spec, key: str, *, suspended: bool) -> AnyNode:
    """Autoscaling of a service stopped, or let go again."""
    return Node(
        ScalableTargetKind(),
        key,
        ScalableTarget(
            spec.cluster_name,
            spec.service_name(key),
            spec.name,
            suspended=dict.fromkeys(_SUSPENDED, suspended),
        ),
    )


def _require_history(spec: Spec, key: str, seen: History | None) -> History:
    require_ours(spec, key, None if seen is None else seen.service)
    return seen or History({})


def _deployment(
    spec: Spec, key: str, seen: History, want: Literal["stop", "continue", "rollback"]
) -> AnyNode:
    arn = seen.service.get("currentServiceDeployment")
    if not arn:
        raise BusyError(
            f"service {key}: a deployment goes on that AWS does not name yet",
            hint="run the command again in a moment",
        )
    desired = ServiceDeployment(
        spec.service_name(key),
        spec.cluster_name,
        spec.name,
        str(arn),
        seen.running,
        want,
        rollout_within(spec.services[key]),
    )
    return Node(ServiceDeploymentKind(), key, desired)


def _named(spec: Spec, key: str, to: str) -> str:
    if to.isdecimal():
        return f"{spec.family(key)}:{to}"
    if to.rpartition(":")[2].isdecimal():
        return to
    raise UsageError(
        f"{to!r} is no revision",
        hint=f"give a number, {spec.family(key)}:NUMBER or the revision's ARN",
    )


def _return_to(spec: Spec, key: str, seen: History, target: str) -> tuple[AnyNode, ...]:
    known = {each.task_definition for each in seen.deployments}
    deployed = any(arn == target or arn.endswith(f"/{target}") for arn in known)
    revision = Node(RevisionKind(), key, Revision(target, seen.running, spec.name, deployed))
    arn = Ref.to(revision.key, "arn")
    service = Service(
        name=spec.service_name(key),
        cluster=spec.cluster_name,
        application=spec.name,
        task_definition=arn,
        params={},
        tags={ownership.DIGEST: Ref.to(revision.key, "digest"), ownership.REVISION: arn},
        count=None,
        rollout_within=rollout_within(spec.services[key]),
    )
    return (revision, Node(ServiceKind(), key, service, (revision.key,)))
