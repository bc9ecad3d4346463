"""The instances of Auto Scaling groups: describe, protect, terminate."""

from __future__ import annotations

from ecsinfer.sandbox.fleet import activities
from ecsinfer.sandbox.fleet.activities import timestamp
from ecsinfer.sandbox.fleet.common import fleet_of, page, require_group, validation_error
from ecsinfer.sandbox.fleet.description import describe_instance
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Group, Instance, World

MOST_PROTECTED = 50
"""Instances that one SetInstanceProtection may name (F2)."""


@correction("autoscaling", "DescribeAutoScalingInstances")
def describe_auto_scaling_instances(world: World, request: Request, _: Upstream) -> Response:
    """Instances of all groups, or those named."""
    wanted = set(request.get("InstanceIds") or ())
    found = [
        {"AutoScalingGroupName": group.name, **describe_instance(group, instance)}
        for group in fleet_of(world).groups.values()
        for instance in group.instances.values()
        if not wanted or instance.id in wanted
    ]
    for item in found:
        item["HealthStatus"] = item["HealthStatus"].upper()  # this operation shouts it
    shown, more = page(request, found)
    return {"AutoScalingInstances": shown, **more}


@correction("autoscaling", "SetInstanceProtection")
def set_instance_protection(world: World, request: Request, _: Upstream) -> Response:
    """Set or lift the scale-in protection of up to 50 instances (F2)."""
    group = require_group(world, request["AutoScalingGroupName"])
    ids = request["InstanceIds"]
    if len(ids) > MOST_PROTECTED:
        raise validation_error(
            f"The number of instance ids specified must not be greater than {MOST_PROTECTED}."
        )
    for instance_id in ids:
        instance = group.instances.get(instance_id)
        if instance is None:
            raise validation_error(
                f"The instance {instance_id} is not part of Auto Scaling group {group.name}."
            )
        if instance.lifecycle != "InService":
            raise validation_error(
                f"The instance {instance_id} is not in InService or EnteringStandby or Standby."
            )
    fleet_of(world).set_protection(ids, request["ProtectedFromScaleIn"])
    return {}


@correction("autoscaling", "TerminateInstanceInAutoScalingGroup")
def terminate_instance(world: World, request: Request, _: Upstream) -> Response:
    """Terminate one instance, protected or not; replace it unless the capacity shrinks."""
    group, instance = _require_instance(world, request.get("InstanceId", ""))
    decrement = request["ShouldDecrementDesiredCapacity"]
    if decrement and group.desired <= group.minimum:
        raise validation_error(
            f"Currently, desiredSize equals minSize ({group.minimum}). Terminating instance without "
            "replacement will violate group's min size constraint. Either set "
            "shouldDecrementDesiredCapacity flag to false or lower group's min size."
        )
    shrinking = f", shrinking the capacity from {group.desired} to {group.desired - 1}"
    cause = (
        f"At {timestamp(world.now())} instance {instance.id} was taken out of service in response "
        f"to a user request{shrinking if decrement else ''}."
    )
    fleet_of(world).terminate(instance.id, cause, decrement=decrement)
    begun = next(item for item in group.activities if item.cause == cause)
    return {"Activity": activities.describe(group, begun)}


def _require_instance(world: World, instance_id: str) -> tuple[Group, Instance]:
    group, instance = fleet_of(world).find(instance_id)
    if group is None or instance is None:
        raise validation_error(
            f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
        )
    return group, instance
