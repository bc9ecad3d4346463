"""What AWS refuses in a target tracking configuration of a service (E7, E8)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ecsinfer.sandbox.scaling.common import validation
from ecsinfer.sandbox.scaling.records import Policy, Target
from ecsinfer.sandbox.scaling.tracking import metric_of
from ecsinfer.sandbox.state import Service, World

CONFIGURATIONS: Mapping[str, str] = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}
"""Policy type -> the request's member with its configuration."""

REQUESTS_PER_TARGET = "ALBRequestCountPerTarget"

HIGH_RESOLUTION: Mapping[str, str] = {
    "ECSServiceAverageCPUUtilizationHighResolution": "CPUUtilization",
    "ECSServiceAverageMemoryUtilizationHighResolution": "MemoryUtilization",
}
"""Predefined metric -> what the service must publish every 20 seconds for it."""

PREDEFINED = frozenset(
    {
        "ECSServiceAverageCPUUtilization",
        "ECSServiceAverageMemoryUtilization",
        REQUESTS_PER_TARGET,
        *HIGH_RESOLUTION,
    }
)

_LABEL = re.compile(r"app/[^/]+/[^/]+/(?P<group>targetgroup/[^/]+/[^/]+)")


def check_tracking(
    world: World, target: Target, config: Mapping[str, Any], others: Sequence[Policy]
) -> None:
    """Check a target tracking configuration against its service and its fellow policies.

    Raises:
        ServiceError: ValidationException.
    """
    predefined = config.get("PredefinedMetricSpecification")
    if (predefined is None) == ("CustomizedMetricSpecification" not in config):
        raise validation(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must "
            "be specified."
        )
    tracked = [item for item in others if item.type == "TargetTrackingScaling"]
    if predefined is None:
        return
    if any(item.config.get("PredefinedMetricSpecification") == predefined for item in tracked):
        raise validation(
            "Only one TargetTrackingScaling policy for a given metric specification is allowed."
        )
    metric = metric_of(config)
    if metric not in PREDEFINED:
        raise validation(
            f"Unsupported predefined metric type {metric} for scalable dimension "
            "ecs:service:DesiredCount."
        )
    service = world.services[target.service]
    _check_label(world, service, metric, predefined.get("ResourceLabel"))
    if metric in HIGH_RESOLUTION:
        _check_resolution(service, metric)


def _check_label(world: World, service: Service, metric: str, label: str | None) -> None:
    if metric != REQUESTS_PER_TARGET:
        if label is not None:
            raise validation(f"ResourceLabel must not be specified for metric type {metric}.")
        return
    if label is None:
        raise validation(f"ResourceLabel must be specified for metric type {metric}.")
    found = _LABEL.fullmatch(label)
    attached = [item.get("targetGroupArn", "") for item in service.spec.get("loadBalancers", ())]
    arn = next((arn for arn in attached if found and arn.endswith(f":{found['group']}")), "")
    group = world.elb.target_group(arn) if arn else None
    balancer = label.partition("/targetgroup/")[0]
    if group is None or not any(item.endswith(f"/{balancer}") for item in group.load_balancers):
        raise validation(f"The ResourceLabel {label} is not valid for the service.")


def _check_resolution(service: Service, metric: str) -> None:
    published = [
        name
        for item in service.spec.get("monitoring", {}).get("metricConfigurations", ())
        if item.get("resolutionSeconds") == 20
        for name in item.get("metricNames", ())
    ]
    if HIGH_RESOLUTION[metric] not in published:
        raise validation(
            f"The service does not publish {HIGH_RESOLUTION[metric]} at a resolution of 20 "
            f"seconds, which metric type {metric} needs."
        )
