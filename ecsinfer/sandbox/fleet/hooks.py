"""Lifecycle hooks of groups, and the answers of whoever they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.fleet.common import fleet_of, require_group, validation_error
from ecsinfer.sandbox.fleet.waiting import HEARTBEAT
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Group, World

GLOBAL_TIMEOUT = 172_800
"""Seconds: the most that heartbeats can make of a wait, or 100 times the heartbeat."""


def put_hook(group: Group, hook: Mapping[str, Any]) -> None:
    """Create or change a hook of a group."""
    name = hook["LifecycleHookName"]
    known = group.hooks.get(name, {})
    if not known and "LifecycleTransition" not in hook:
        raise validation_error("Lifecycle transition is required when creating a lifecycle hook.")
    heartbeat = hook.get("HeartbeatTimeout", known.get("HeartbeatTimeout", int(HEARTBEAT)))
    group.hooks[name] = {
        "DefaultResult": "ABANDON",
        **known,
        **hook,
        "AutoScalingGroupName": group.name,
        "HeartbeatTimeout": heartbeat,
        "GlobalTimeout": min(GLOBAL_TIMEOUT, heartbeat * 100),
    }


@correction("autoscaling", "PutLifecycleHook")
def put_lifecycle_hook(world: World, request: Request, _: Upstream) -> Response:
    """Create or change a hook."""
    put_hook(require_group(world, request["AutoScalingGroupName"]), request)
    return {}


@correction("autoscaling", "DescribeLifecycleHooks")
def describe_lifecycle_hooks(world: World, request: Request, _: Upstream) -> Response:
    """The hooks of a group."""
    group = require_group(world, request["AutoScalingGroupName"])
    wanted = request.get("LifecycleHookNames") or group.hooks
    return {"LifecycleHooks": [hook for name, hook in group.hooks.items() if name in wanted]}


@correction("autoscaling", "DeleteLifecycleHook")
def delete_lifecycle_hook(world: World, request: Request, _: Upstream) -> Response:
    """Remove a hook; instances that wait for it go on."""
    group = require_group(world, request["AutoScalingGroupName"])
    name = request["LifecycleHookName"]
    if group.hooks.pop(name, None) is None:
        raise validation_error(f"No Lifecycle Hook found with name: {name}")
    for instance_id in list(group.instances):
        fleet_of(world).waiting.complete(instance_id, name, "CONTINUE")
    return {}


@correction("autoscaling", "CompleteLifecycleAction")
def complete_lifecycle_action(world: World, request: Request, _: Upstream) -> Response:
    """Answer a hook for an instance that waits for it (F3)."""
    require_group(world, request["AutoScalingGroupName"])
    instance_id = request.get("InstanceId", "")
    waited = fleet_of(world).waiting.complete(
        instance_id, request["LifecycleHookName"], request["LifecycleActionResult"]
    )
    if not waited:
        raise _not_waiting(instance_id)
    return {}


@correction("autoscaling", "RecordLifecycleActionHeartbeat")
def record_lifecycle_action_heartbeat(world: World, request: Request, _: Upstream) -> Response:
    """Give a hook its heartbeat timeout once more."""
    group = require_group(world, request["AutoScalingGroupName"])
    instance_id, name = request.get("InstanceId", ""), request["LifecycleHookName"]
    hook = group.hooks.get(name, {})
    waited = fleet_of(world).waiting.extend(
        instance_id,
        name,
        float(hook.get("HeartbeatTimeout", HEARTBEAT)),
        hook.get("DefaultResult", "ABANDON"),
    )
    if not waited:
        raise _not_waiting(instance_id)
    return {}


def _not_waiting(instance_id: str) -> Exception:
    return validation_error(f"No active Lifecycle Action found with instance ID {instance_id}")
