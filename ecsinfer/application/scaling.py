"""Scaling policies, scheduled actions and suspension in API form."""

from __future__ import annotations

from typing import Any

from ecsinfer.application.overlay import overlay, said
from ecsinfer.kinds.scaling_policy import REQUESTS
from ecsinfer.spec.scaling import CustomMetric, Scaling, ScheduledAction, Suspended
from ecsinfer.spec.service import Service

PREDEFINED = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
    "requests": REQUESTS,
}
"""Name of a policy without our prefix -> its metric."""


def policies(scaling: Scaling) -> dict[str, dict[str, Any]]:
    """Name -> ``TargetTrackingScalingPolicyConfiguration``, of those with names of ours."""
    names = policy_names(scaling)
    return {key: value for key, value in _tracking(scaling).items() if key not in names}


def named_policies(service: Service, scaling: Scaling) -> dict[str, dict[str, Any]]:
    """Name in AWS -> ``PolicyType`` and configuration, of those that are called by their names."""
    tracking = _tracking(scaling)
    tracked = {
        name: {
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking[key],
        }
        for key, name in policy_names(scaling).items()
        if key in tracking
    }
    raw = service.overrides.scaling_policies
    return {**tracked, **{name: overlay({}, policy) for name, policy in raw.items()}}


def policy_names(scaling: Scaling) -> dict[str, str]:
    """What a policy would be called after our prefix -> the name that the spec says instead."""
    declared = scaling.policy_names
    predefined = said(cpu=declared.cpu, memory=declared.memory, requests=declared.requests)
    custom = {f"metric-{key}": metric.name for key, metric in scaling.metrics.items()}
    return {**predefined, **said(**custom)}


def _tracking(scaling: Scaling) -> dict[str, dict[str, Any]]:
    """One metric each (E7)."""
    cooldowns = {
        "ScaleInCooldown": scaling.scale_in_cooldown,
        "ScaleOutCooldown": scaling.scale_out_cooldown,
        "DisableScaleIn": not scaling.scale_in,
    }
    targets = {
        "cpu": scaling.cpu,
        "memory": scaling.memory,
        "requests": scaling.requests_per_replica,
    }
    predefined = {
        name: {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": PREDEFINED[name]},
            **cooldowns,
        }
        for name, target in targets.items()
        if target is not None
    }
    custom = {
        f"metric-{name}": {
            "TargetValue": metric.target,
            "CustomizedMetricSpecification": _custom(metric),
            **cooldowns,
        }
        for name, metric in scaling.metrics.items()
    }
    return {**predefined, **custom}


def scheduled(scaling: Scaling) -> dict[str, dict[str, Any]]:
    """Name -> the scheduled action, of those with names of ours."""
    return {
        key: _action(action) for key, action in scaling.scheduled.items() if action.name is None
    }


def named_scheduled(scaling: Scaling) -> dict[str, dict[str, Any]]:
    """Name in AWS -> the scheduled action, of those that are called by their names."""
    return {
        action.name: _action(action)
        for action in scaling.scheduled.values()
        if action.name is not None
    }


def suspended(declared: Suspended) -> dict[str, bool]:
    """``SuspendedState``, of what is declared."""
    return said(
        DynamicScalingInSuspended=declared.scale_in,
        DynamicScalingOutSuspended=declared.scale_out,
        ScheduledScalingSuspended=declared.scheduled,
    )


def _custom(metric: CustomMetric) -> dict[str, Any]:
    if metric.metrics:
        return {"Metrics": [dict(each) for each in metric.metrics]}
    return said(
        Namespace=metric.namespace,
        MetricName=metric.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
        Statistic=metric.statistic,
        Unit=metric.unit,
    )


def _action(action: ScheduledAction) -> dict[str, Any]:
    return said(
        Schedule=action.schedule,
        Timezone=action.timezone,
        StartTime=action.start,
        EndTime=action.end,
        ScalableTargetAction=said(MinCapacity=action.min, MaxCapacity=action.max),
    )
