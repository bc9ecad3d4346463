"""Target tracking of a service: what its policies see and want, once a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ecsinfer.capacity import target_tracking
from ecsinfer.sandbox.scaling.records import Policy, ScalingActivity, Target
from ecsinfer.sandbox.state import Service, World


class Move(NamedTuple):
    """A new desired count and why."""

    desired: int
    cause: str


def metric_of(config: Mapping[str, Any]) -> str:
    """The name of the metric that a target tracking configuration follows."""
    if "PredefinedMetricSpecification" in config:
        return str(config["PredefinedMetricSpecification"]["PredefinedMetricType"])
    custom = config.get("CustomizedMetricSpecification", {})
    if "MetricName" in custom:
        return f"{custom.get('Namespace', '')}/{custom['MetricName']}"
    returned = [item for item in custom.get("Metrics", ()) if item.get("ReturnData", True)]
    return str(returned[0].get("Expression") or returned[0]["Id"]) if returned else ""


def observe(policy: Policy, metrics: Mapping[tuple[str, str, str], float], target: Target) -> None:
    """Take this minute's value; a minute without one begins the alarms' evaluation anew."""
    value = metrics.get((*target.service, metric_of(policy.config)))
    if value is None:
        policy.values.clear()
    else:
        policy.values.append(value)


def decide(
    world: World,
    target: Target,
    service: Service,
    policies: Sequence[Policy],
    activities: Sequence[ScalingActivity],
) -> Move | None:
    """What to do now: out if any policy wants it, in only if all agree."""
    running = sum(
        task.last_status == "RUNNING" for task in world.live_tasks(service.cluster, service.name)
    )
    if not target.suspended["DynamicScalingOutSuspended"]:
        move = _out(target, service, policies, running)
        if move is not None:
            return move
    if target.suspended["DynamicScalingInSuspended"] or _deploying(service):
        return None
    return _in(world, target, service, policies, running, activities)


def _out(target: Target, service: Service, policies: Sequence[Policy], running: int) -> Move | None:
    """The largest wish.

    A wish is a count, not an addition: what was added already counts, and within the cooldown only
    a larger one acts.
    """
    wishes = [
        (
            max(
                target.minimum,
                target_tracking.scale_out(
                    service.desired,
                    running,
                    policy.values[-1],
                    _goal(policy),
                    target.maximum,
                ),
            ),
            policy,
        )
        for policy in policies
        if target_tracking.too_high(list(policy.values), _goal(policy))
    ]
    if not wishes:
        return None
    count, policy = max(wishes, key=lambda wish: wish[0])
    return Move(count, _cause(policy, 0)) if count > service.desired else None


def _in(
    world: World,
    target: Target,
    service: Service,
    policies: Sequence[Policy],
    running: int,
    activities: Sequence[ScalingActivity],
) -> Move | None:
    """The most careful wish of those that may scale in; none while one of them is not ready."""
    willing = [policy for policy in policies if not policy.config.get("DisableScaleIn")]
    ready = all(target_tracking.too_low(list(item.values), _goal(item)) for item in willing)
    if not willing or not ready or _cooling(world, target, willing, activities):
        return None
    wishes = [
        target_tracking.scale_in(
            service.desired, running, policy.values[-1], _goal(policy), target.minimum
        )
        for policy in willing
    ]
    count = min(target.maximum, target_tracking.combined(wishes, service.desired))
    return Move(count, _cause(willing[0], -1)) if count < service.desired else None


def _cooling(
    world: World,
    target: Target,
    policies: Sequence[Policy],
    activities: Sequence[ScalingActivity],
) -> bool:
    latest = next(
        (
            item.at
            for item in activities
            if item.resource == target.resource and "triggered policy" in item.cause
        ),
        None,
    )
    cooldown = max(
        float(policy.config.get("ScaleInCooldown", target_tracking.DEFAULT_COOLDOWN))
        for policy in policies
    )
    return latest is not None and world.now() - latest < timedelta(seconds=cooldown)


def _deploying(service: Service) -> bool:
    """Scale-in is off during deployments (E5)."""
    return len(service.deployments) > 1 or any(
        deployment.rollout == "IN_PROGRESS" for deployment in service.deployments
    )


def _goal(policy: Policy) -> float:
    return float(policy.config["TargetValue"])


def _cause(policy: Policy, which: int) -> str:
    alarm = policy.alarms[which] if policy.alarms else policy.name
    return f"monitor alarm {alarm} in state ALARM triggered policy {policy.name}"
