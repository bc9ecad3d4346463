"""Scaling policies of groups: ECS's own are shown; others are not simulated (B10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.fleet.common import fleet_of, page
from ecsinfer.sandbox.registry import Corrector, Request, Response, Upstream, correction
from ecsinfer.sandbox.state import CapacityProvider, Cluster, World

NOT_SIMULATED = (
    "AttachInstances",
    "AttachLoadBalancerTargetGroups",
    "AttachLoadBalancers",
    "AttachTrafficSources",
    "BatchDeleteScheduledAction",
    "BatchPutScheduledUpdateGroupAction",
    "CancelInstanceRefresh",
    "DeletePolicy",
    "DeleteScheduledAction",
    "DeleteWarmPool",
    "DescribeWarmPool",
    "DetachInstances",
    "DetachLoadBalancerTargetGroups",
    "DetachLoadBalancers",
    "DetachTrafficSources",
    "EnterStandby",
    "ExecutePolicy",
    "ExitStandby",
    "PutScalingPolicy",
    "PutScheduledUpdateGroupAction",
    "PutWarmPool",
    "SetInstanceHealth",
    "StartInstanceRefresh",
)
"""Operations on groups that moto would answer of groups of its own; refused by name instead."""


@correction("autoscaling", "DescribePolicies")
def describe_policies(world: World, request: Request, _: Upstream) -> Response:
    """The target tracking policies that managed scaling has attached (F1)."""
    name, wanted = request.get("AutoScalingGroupName"), request.get("PolicyNames") or ()
    found = [
        policy
        for policy in _managed(world)
        if name in (None, policy["AutoScalingGroupName"])
        and (not wanted or policy["PolicyName"] in wanted or policy["PolicyARN"] in wanted)
    ]
    shown, more = page(request, found)
    return {"ScalingPolicies": shown, **more}


def _managed(world: World) -> Iterator[dict[str, Any]]:
    for cluster in world.clusters.values():
        for attachment in cluster.attachments:
            details = {item["name"]: item["value"] for item in attachment.get("details", ())}
            provider = world.capacity_providers.get(("", details.get("capacityProviderName", "")))
            if provider is not None and "scalingPolicyName" in details:
                yield from _policy(world, cluster, provider, details["scalingPolicyName"])


def _policy(
    world: World, cluster: Cluster, provider: CapacityProvider, name: str
) -> Iterator[dict[str, Any]]:
    group = fleet_of(world).group(provider.group["autoScalingGroupArn"])
    if group is None:
        return
    scaling = provider.group.get("managedScaling", {})
    unique = name.removeprefix("ECSManagedAutoScalingPolicy-")
    resource = f"scalingPolicy:{unique}:autoScalingGroupName/{group.name}:policyName/{name}"
    yield {
        "AutoScalingGroupName": group.name,
        "PolicyName": name,
        "PolicyARN": world.arn(resource, "autoscaling"),
        "PolicyType": "TargetTrackingScaling",
        "EstimatedInstanceWarmup": scaling.get("instanceWarmupPeriod", 300),
        "Alarms": [],
        "StepAdjustments": [],
        "Enabled": True,
        "TargetTrackingConfiguration": {
            "CustomizedMetricSpecification": {
                "MetricName": "CapacityProviderReservation",
                "Namespace": "AWS/ECS/ManagedScaling",
                "Dimensions": [
                    {"Name": "CapacityProviderName", "Value": provider.name},
                    {"Name": "ClusterName", "Value": cluster.name},
                ],
                "Statistic": "Average",
            },
            "TargetValue": float(scaling.get("targetCapacity", 100)),
            "DisableScaleIn": False,
        },
    }


def _refusal(operation: str) -> Corrector:
    def refuse(world: World, request: Request, upstream: Upstream) -> Response:  # noqa: ARG001  a Corrector's signature
        raise ServiceError(
            "UnsupportedFeatureException",
            f"The simulated autoscaling does not have the operation {operation}.",
        )

    return refuse


for _operation in NOT_SIMULATED:
    correction("autoscaling", _operation)(_refusal(_operation))
