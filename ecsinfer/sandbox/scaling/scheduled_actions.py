"""Scheduled actions: at a time, they set the bounds of a scalable target."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecsinfer.sandbox.registry import Request, Response
from ecsinfer.sandbox.scaling import schedules
from ecsinfer.sandbox.scaling.common import (
    identity,
    not_found,
    page,
    scaling_of,
    service_operation,
    validation,
)
from ecsinfer.sandbox.scaling.records import ScheduledAction
from ecsinfer.sandbox.scaling.targets import require_target
from ecsinfer.sandbox.state import World

_KEPT = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")


@service_operation("PutScheduledAction")
def put_scheduled_action(world: World, request: Request) -> Response:
    """Create or change an action."""
    resource, name = request["ResourceId"], request["ScheduledActionName"]
    require_target(world, resource)
    actions = scaling_of(world).actions
    known = actions.get((resource, name))
    merged = {
        **(known.request if known else {}),
        **{key: request[key] for key in _KEPT if key in request},
    }
    if "Schedule" not in merged or not merged.get("ScalableTargetAction"):
        raise validation("Schedule and ScalableTargetAction are required for a new action.")
    try:
        schedules.parse(merged["Schedule"], merged.get("Timezone", "UTC"))
    except ValueError as error:
        raise validation(str(error)) from error
    resource_name = f"scheduledAction:{world.uuid()}:resource/ecs/{resource}"
    action = known or ScheduledAction(
        name,
        world.arn(f"{resource_name}:scheduledActionName/{name}", "autoscaling"),
        resource,
        world.now(),
        merged,
    )
    action.request = merged
    actions[resource, name] = action
    _schedule(world, action)
    return {}


@service_operation("DescribeScheduledActions")
def describe_scheduled_actions(world: World, request: Request) -> Response:
    """Actions by name and resource id."""
    names, resource = request.get("ScheduledActionNames"), request.get("ResourceId")
    found = [
        action
        for action in scaling_of(world).actions.values()
        if (not names or action.name in names) and resource in (None, action.resource)
    ]
    shown, more = page(request, found)
    return {"ScheduledActions": [_describe(action) for action in shown], **more}


@service_operation("DeleteScheduledAction")
def delete_scheduled_action(world: World, request: Request) -> Response:
    """Delete an action."""
    resource, name = request["ResourceId"], request["ScheduledActionName"]
    action = scaling_of(world).actions.pop((resource, name), None)
    if action is None:
        raise not_found("scheduled action found", resource, f", scheduled action name: {name}")
    if action.timer is not None:
        action.timer.cancel()
    return {}


def _schedule(world: World, action: ScheduledAction) -> None:
    """Set the timer of an action's next run."""
    if action.timer is not None:
        action.timer.cancel()
        action.timer = None
    schedule = schedules.parse(action.request["Schedule"], action.request.get("Timezone", "UTC"))
    begin: datetime = max(world.now(), action.request.get("StartTime", world.now()))
    due = schedule.after(begin, action.request.get("StartTime", action.created_at))
    if due is None or due > action.request.get("EndTime", due):
        return
    delay = (due - world.now()).total_seconds()
    action.timer = world.clock.after(delay, lambda: _run(world, action))


def _run(world: World, action: ScheduledAction) -> None:
    scaling = scaling_of(world)
    target = scaling.targets[action.resource]
    if not target.suspended["ScheduledScalingSuspended"]:
        bounds = action.request["ScalableTargetAction"]
        target.minimum = bounds.get("MinCapacity", target.minimum)
        target.maximum = bounds.get("MaxCapacity", target.maximum)
        words = f"min capacity to {target.minimum} and max capacity to {target.maximum}"
        cause = f"scheduled action name {action.name} was triggered"
        scaling.record(target, f"Setting {words}", cause, f"Successfully set {words}")
        scaling.bound(target)
    _schedule(world, action)


def _describe(action: ScheduledAction) -> dict[str, Any]:
    return {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        **identity(action.resource),
        "CreationTime": action.created_at,
        **action.request,
    }
