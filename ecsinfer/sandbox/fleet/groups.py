"""Create, update, describe and delete Auto Scaling groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.fleet import launch_settings
from ecsinfer.sandbox.fleet.activities import timestamp
from ecsinfer.sandbox.fleet.common import fleet_of, page, require_group, validation_error
from ecsinfer.sandbox.fleet.description import describe
from ecsinfer.sandbox.fleet.hooks import put_hook
from ecsinfer.sandbox.fleet.tags import matches
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Group, World

NOT_SIMULATED = ("InstanceId", "LoadBalancerNames", "TargetGroupARNs", "TrafficSources")
"""Parameters whose effect is not simulated; refused rather than ignored."""

LAUNCHES = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy")

_OWN_FIELDS = frozenset(
    {
        "AutoScalingGroupName",
        "MinSize",
        "MaxSize",
        "DesiredCapacity",
        "AvailabilityZones",
        "NewInstancesProtectedFromScaleIn",
        "Tags",
        "LifecycleHookSpecificationList",
        "SkipZonalShiftValidation",
    }
)
"""Request members that live in fields of `Group`; every other one is kept in its `spec`."""


@correction("autoscaling", "CreateAutoScalingGroup")
def create_auto_scaling_group(world: World, request: Request, _: Upstream) -> Response:
    """Create a group and launch its instances."""
    name = request["AutoScalingGroupName"]
    if name in fleet_of(world).groups:
        raise ServiceError(
            "AlreadyExists",
            f"AutoScalingGroup by this name already exists - A group with the name {name} already "
            "exists",
        )
    _refuse_unsimulated(request)
    minimum, maximum = request["MinSize"], request["MaxSize"]
    desired = request.get("DesiredCapacity", minimum)
    _check_bounds(minimum, maximum, desired)
    settings = launch_settings.resolve(world, request)
    subnets = _subnets(world, request)
    group = Group(
        name=name,
        arn=world.arn(
            f"autoScalingGroup:{world.uuid()}:autoScalingGroupName/{name}", "autoscaling"
        ),
        minimum=minimum,
        maximum=maximum,
        desired=desired,
        zones=list(subnets),
        subnets=subnets,
        instance_type=settings.types[0],
        protect_new=request.get("NewInstancesProtectedFromScaleIn", False),
        image_id=settings.image,
        user_data=settings.user_data,
        created_at=world.now(),
        tags={
            tag["Key"]: (tag.get("Value", ""), tag.get("PropagateAtLaunch", False))
            for tag in request.get("Tags", ())
        },
        spec=_spec(world, request),
    )
    for hook in request.get("LifecycleHookSpecificationList", ()):
        put_hook(group, hook)
    fleet_of(world).add(
        group,
        f"At {timestamp(world.now())} a user request created an AutoScalingGroup changing the "
        f"desired capacity from 0 to {desired}.",
    )
    return {}


@correction("autoscaling", "UpdateAutoScalingGroup")
def update_auto_scaling_group(world: World, request: Request, _: Upstream) -> Response:
    """Change what is given; a desired capacity outside of new bounds moves into them."""
    group = require_group(world, request["AutoScalingGroupName"])
    _refuse_unsimulated(request)
    minimum = request.get("MinSize", group.minimum)
    maximum = request.get("MaxSize", group.maximum)
    desired = request.get("DesiredCapacity", min(max(group.desired, minimum), maximum))
    _check_bounds(minimum, maximum, desired)
    if any(key in request for key in LAUNCHES):
        launch_settings.resolve(world, request)
    if "VPCZoneIdentifier" in request or "AvailabilityZones" in request:
        group.subnets = _subnets(world, request)
        group.zones = list(group.subnets)
    before = group.desired
    group.minimum, group.maximum = minimum, maximum
    group.protect_new = request.get("NewInstancesProtectedFromScaleIn", group.protect_new)
    if any(key in request for key in LAUNCHES):
        group.spec = {key: value for key, value in group.spec.items() if key not in LAUNCHES}
    group.spec |= _spec(world, request)
    if desired != before:
        fleet_of(world).set_desired(
            group.name,
            desired,
            f"At {timestamp(world.now())} a user request update of AutoScalingGroup constraints to "
            f"min: {minimum}, max: {maximum}, desired: {desired} changing the desired capacity "
            f"from {before} to {desired}.",
        )
    return {}


@correction("autoscaling", "DeleteAutoScalingGroup")
def delete_auto_scaling_group(world: World, request: Request, _: Upstream) -> Response:
    """Delete an empty group, or with ForceDelete one and its instances."""
    group = require_group(world, request["AutoScalingGroupName"])
    if not request.get("ForceDelete"):
        if any(item.lifecycle == "Terminating" for item in group.instances.values()):
            raise ServiceError(
                "ScalingActivityInProgress",
                "You cannot delete an AutoScalingGroup while there are scaling activities in "
                "progress for that group.",
            )
        if group.instances:
            raise ServiceError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot "
                "instance request(s) still in the group.",
            )
    fleet_of(world).remove(group)
    return {}


@correction("autoscaling", "DescribeAutoScalingGroups")
def describe_auto_scaling_groups(world: World, request: Request, _: Upstream) -> Response:
    """Groups by name; a name that is not there is no error (F8)."""
    wanted = set(request.get("AutoScalingGroupNames") or ())
    found = [
        group
        for name, group in sorted(fleet_of(world).groups.items())
        if (not wanted or name in wanted or group.arn in wanted)
        and matches(group, request.get("Filters") or ())
    ]
    shown, more = page(request, found)
    instances = request.get("IncludeInstances", True)
    return {
        "AutoScalingGroups": [describe(world, group, instances=instances) for group in shown],
        **more,
    }


@correction("autoscaling", "SetDesiredCapacity")
def set_desired_capacity(world: World, request: Request, _: Upstream) -> Response:
    """Change the desired capacity within the bounds."""
    group = require_group(world, request["AutoScalingGroupName"])
    wanted = request["DesiredCapacity"]
    for wrong, side, bound in (
        (wanted > group.maximum, "above max", group.maximum),
        (wanted < group.minimum, "below min", group.minimum),
    ):
        if wrong:
            raise validation_error(
                f"New SetDesiredCapacity value {wanted} is {side} value {bound} for the "
                "AutoScalingGroup."
            )
    fleet_of(world).set_desired(
        group.name,
        wanted,
        f"At {timestamp(world.now())} a user request explicitly set group desired capacity changing "
        f"the desired capacity from {group.desired} to {wanted}.",
    )
    return {}


def _check_bounds(minimum: int, maximum: int, desired: int) -> None:
    if minimum > maximum:
        raise validation_error(
            f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}"
        )
    if not minimum <= desired <= maximum:
        raise validation_error(
            f"Desired capacity:{desired} must be between the specified min size:{minimum} and max "
            f"size:{maximum}"
        )


def _refuse_unsimulated(request: Request) -> None:
    for name in NOT_SIMULATED:
        if request.get(name):
            raise ServiceError(
                "UnsupportedFeatureException",
                f"The simulated autoscaling does not have the parameter {name}.",
            )


def _subnets(world: World, request: Mapping[str, Any]) -> dict[str, str]:
    """Zone -> subnet, of the named subnets or of the default subnets of the named zones."""
    identifiers = [item.strip() for item in request.get("VPCZoneIdentifier", "").split(",")]
    identifiers = [item for item in identifiers if item]
    zones = request.get("AvailabilityZones") or ()
    if identifiers:
        query: dict[str, Any] = {"SubnetIds": identifiers}
    elif zones:
        query = {
            "Filters": [
                {"Name": "availability-zone", "Values": list(zones)},
                {"Name": "default-for-az", "Values": ["true"]},
            ]
        }
    else:
        raise validation_error("At least one Availability Zone or VPC Subnet is required.")
    try:
        found = world.ask("ec2", "DescribeSubnets", query)["Subnets"]
    except ServiceError as error:
        raise validation_error(error.message) from error
    by_zone: dict[str, str] = {}
    for subnet in sorted(found, key=lambda item: str(item["AvailabilityZone"])):
        by_zone.setdefault(subnet["AvailabilityZone"], subnet["SubnetId"])
    return by_zone


def _spec(world: World, request: Request) -> dict[str, Any]:
    spec = {key: value for key, value in request.items() if key not in _OWN_FIELDS}
    if "LaunchTemplate" in spec:
        spec["LaunchTemplate"] = launch_settings.named_template(world, spec["LaunchTemplate"])
    return spec
