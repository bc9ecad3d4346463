"""Suspend and resume the processes of a group; group metrics."""

from __future__ import annotations

from ecsinfer.sandbox.fleet.common import fleet_of, require_group, validation_error
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import World

PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)

METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)


@correction("autoscaling", "SuspendProcesses")
def suspend_processes(world: World, request: Request, _: Upstream) -> Response:
    """Suspend the named processes, or all."""
    require_group(world, request["AutoScalingGroupName"]).suspended |= _named(request)
    return {}


@correction("autoscaling", "ResumeProcesses")
def resume_processes(world: World, request: Request, _: Upstream) -> Response:
    """Resume the named processes, or all; the group catches up."""
    group = require_group(world, request["AutoScalingGroupName"])
    group.suspended -= _named(request)
    fleet_of(world).balance(group)
    return {}


@correction("autoscaling", "EnableMetricsCollection")
def enable_metrics_collection(world: World, request: Request, _: Upstream) -> Response:
    """Enable group metrics, the named ones or all."""
    group = require_group(world, request["AutoScalingGroupName"])
    enabled = {item["Metric"] for item in group.spec.get("EnabledMetrics", ())}
    enabled |= set(request.get("Metrics") or METRICS)
    group.spec["EnabledMetrics"] = [
        {"Metric": name, "Granularity": request["Granularity"]} for name in sorted(enabled)
    ]
    return {}


@correction("autoscaling", "DisableMetricsCollection")
def disable_metrics_collection(world: World, request: Request, _: Upstream) -> Response:
    """Disable group metrics, the named ones or all."""
    group = require_group(world, request["AutoScalingGroupName"])
    disabled = set(request.get("Metrics") or METRICS)
    group.spec["EnabledMetrics"] = [
        item for item in group.spec.get("EnabledMetrics", ()) if item["Metric"] not in disabled
    ]
    return {}


def _named(request: Request) -> set[str]:
    named = set(request.get("ScalingProcesses") or PROCESSES)
    unknown = sorted(named - set(PROCESSES))
    if unknown:
        raise validation_error(f"Invalid processes: {', '.join(unknown)}")
    return named
