"""What must be asked about a service to write it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import reads, scaling
from ecsinfer.model import Observation, Read


@dataclass(frozen=True, slots=True)
class Found:
    """A service as AWS describes it, and what belongs to it.

    Attributes:
        cluster: the name of its cluster.
        service: DescribeServices' entry.
        task_definition: DescribeTaskDefinition's answer for the revision that it runs.
        target: its scalable target; empty without.
        policies: DescribeScalingPolicies' entries.
        schedules: DescribeScheduledActions' entries.
    """

    cluster: str
    service: Mapping[str, Any]
    task_definition: Mapping[str, Any]
    target: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...] = ()
    schedules: tuple[Mapping[str, Any], ...] = ()


def look(cluster: str, name: str) -> Observation[Found]:
    """The service, its revision and its scaling.

    Raises:
        PreflightError: there is no such service, or ecsinfer cannot manage one of its kind.
    """
    described, targets, policies, schedules = yield (
        reads.services(cluster, [name]),
        reads.scalable_targets(cluster, name),
        reads.scaling_policies(cluster, name),
        _schedules(cluster, name),
    )
    service = reads.pick(described, "services", "serviceName", name)
    if service is None or service.get("status") != "ACTIVE":
        raise PreflightError(
            f"there is no active service {name} in cluster {cluster}",
            hint="--from-service takes CLUSTER/SERVICE; aws ecs list-services --cluster CLUSTER "
            "shows what there is, in this account and region",
        )
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        raise PreflightError(
            f"service {name} is deployed by {controller}, and ecsinfer deploys with ECS's own "
            "deployment controller only",
            hint="move it first: aws ecs update-service --deployment-controller type=ECS",
        )
    (revision,) = yield (
        Read(
            "ecs",
            "DescribeTaskDefinition",
            {"taskDefinition": service["taskDefinition"], "include": ["TAGS"]},
        ),
    )
    target = scaling.target(targets, cluster, name) or {}
    return Found(
        cluster,
        service,
        revision,
        target,
        tuple(policies.get("ScalingPolicies", ())),
        tuple(schedules.get("ScheduledActions", ())),
    )


def _schedules(cluster: str, name: str) -> Read:
    address = {"ResourceId": reads.resource_id(cluster, name), **reads.DIMENSION}
    return Read(
        "application-autoscaling",
        "DescribeScheduledActions",
        {**reads.NAMESPACE, **address},
        items="ScheduledActions",
    )
