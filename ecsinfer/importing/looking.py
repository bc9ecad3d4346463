"""What must be asked about a service to write it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import reads, scaling, service_content
from ecsinfer.model import Observation, Read


@dataclass(frozen=True, slots=True)
class Found:
    """A service as AWS describes it, and what belongs to it.

    Attributes:
        cluster: the name of its cluster.
        service: DescribeServices' entry, with what only its revision shows beside it.
        task_definition: DescribeTaskDefinition's answer for the revision that it runs.
        target: its scalable target; empty without, or when it was another service's.
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
        PreflightError: there is no such cluster or service, or ecsinfer cannot manage one of its
            kind.
    """
    described, targets, policies, schedules = yield (
        reads.services(cluster, [name]),
        reads.scalable_targets(cluster, name),
        reads.scaling_policies(cluster, name),
        reads.scheduled_actions(cluster, name),
    )
    if not described:
        raise PreflightError(
            f"there is no cluster {cluster} in this account and region",
            hint="aws ecs list-clusters shows what there is; --region or --profile looks elsewhere",
        )
    service = reads.pick(described, "services", "serviceName", name)
    if service is None or service.get("status") != "ACTIVE":
        raise PreflightError(
            f"there is no active service {name} in cluster {cluster}",
            hint=f"aws ecs list-services --cluster {cluster} shows what there is",
        )
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    if controller != "ECS":
        raise PreflightError(
            f"service {name} is deployed by {controller}, and ecsinfer deploys with ECS's own "
            "deployment controller only",
            hint="move it first: aws ecs update-service --deployment-controller type=ECS",
        )
    definition, revision = yield (
        Read(
            "ecs",
            "DescribeTaskDefinition",
            {"taskDefinition": service["taskDefinition"], "include": ["TAGS"]},
        ),
        reads.service_revision(service, str(service_content.primary(service).get("id", ""))),
    )
    target = scaling.target(targets, cluster, name) or {}
    if target and scaling.lapsed(target, service, {}):
        target = {}
    return Found(
        cluster,
        service_content.with_revision(service, revision),
        definition,
        target,
        tuple(policies.get("ScalingPolicies", ())),
        tuple(schedules.get("ScheduledActions", ())),
    )
