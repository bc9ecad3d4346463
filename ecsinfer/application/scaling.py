"""Scaling policies, scheduled actions and suspension in API form."""

from __future__ import annotations

from typing import Any

from ecsinfer.application.overlay import said
from ecsinfer.kinds.scaling_policy import REQUESTS
from ecsinfer.spec.scaling import CustomMetric, Scaling, ScheduledAction, Suspended

_PREDEFINED = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
    "requests": REQUESTS,
}


def policies(scaling: Scaling) -> dict[str, dict[str, Any]]:
    """Name -> ``TargetTrackingScalingPolicyConfiguration``, one metric each (E7)."""
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
            "PredefinedMetricSpecification": {"PredefinedMetricType": _PREDEFINED[name]},
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
    """Name -> the scheduled action."""
    return {name: _action(action) for name, action in scaling.scheduled.items()}


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
