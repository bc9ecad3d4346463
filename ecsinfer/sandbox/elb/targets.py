"""Register, deregister and describe targets by hand."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ecsinfer.sandbox.elb import timeline
from ecsinfer.sandbox.elb.balancing import Target, balancing_of
from ecsinfer.sandbox.elb.records import TargetGroup, TargetHealth
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.registry import LeftToMotoError, Request, Response, Upstream, correction
from ecsinfer.sandbox.state import Task, World

OURS = ("instance", "ip")
"""Target types whose targets have a health here; others are left to moto."""


@correction("elbv2", "RegisterTargets")
def register_targets(world: World, request: Request, _: Upstream) -> Response:
    """Register targets; one that nobody stands behind will time out its health checks."""
    group = _require_group(world, request["TargetGroupArn"])
    wanted = [(item, _located(world, group, item)) for item in request["Targets"]]
    for item, (zone, task) in wanted:
        key = (group.arn, item["Id"], item.get("Port", group.port))
        ready_at = world.now() if task is not None else None
        balancing_of(world).add(
            key, Target(zone, ready_at, lambda _: None, failing=timeline.TIMED_OUT)
        )
    return {}


@correction("elbv2", "DeregisterTargets")
def deregister_targets(world: World, request: Request, _: Upstream) -> Response:
    """Drain targets; one that is not registered is no error."""
    group = _require_group(world, request["TargetGroupArn"])
    balancing = balancing_of(world)
    for item in request["Targets"]:
        for (arn, target, port), _target in balancing.targets(group.arn):
            if target == item["Id"] and item.get("Port", port) == port:
                balancing.deregister(arn, target, port, lambda: None)
    return {}


@correction("elbv2", "DescribeTargetHealth")
def describe_target_health(world: World, request: Request, _: Upstream) -> Response:
    """The health of the registered targets, or of those asked for (G4)."""
    group = _require_group(world, request["TargetGroupArn"])
    registered = balancing_of(world).targets(group.arn)
    asked = request.get("Targets")
    if not asked:
        found = [
            _describe(group, id_, port, item.zone, item.health)
            for (_, id_, port), item in registered
        ]
        return {"TargetHealthDescriptions": found}
    known = {(id_, port): item for (_, id_, port), item in registered}
    described = []
    for item in asked:
        port = item.get("Port", group.port)
        target = known.get((item["Id"], port))
        health = target.health if target is not None else timeline.UNREGISTERED
        zone = target.zone if target is not None else ""
        described.append(_describe(group, item["Id"], port, zone, health))
    return {"TargetHealthDescriptions": described}


def _describe(
    group: TargetGroup, target: str, port: int, zone: str, health: TargetHealth
) -> dict[str, Any]:
    return {
        "Target": {
            "Id": target,
            "Port": port,
            "AvailabilityZone": zone if zone and group.target_type == "ip" else None,
        },
        "HealthCheckPort": str(port),
        "TargetHealth": {
            "State": health.state,
            "Reason": health.reason or None,
            "Description": health.description or None,
        },
    }


def _require_group(world: World, arn: str) -> TargetGroup:
    group = world.elb.target_group(arn)
    if group is None:
        raise ServiceError("TargetGroupNotFound", "One or more target groups not found")
    if group.target_type not in OURS:
        raise LeftToMotoError
    return group


def _located(world: World, group: TargetGroup, item: Mapping[str, Any]) -> tuple[str, Task | None]:
    """The zone of a target and the running task behind it.

    Raises:
        ServiceError: the target cannot be one of this group.
    """
    target, zone = item["Id"], item.get("AvailabilityZone", "")
    if group.target_type == "ip":
        return _address(world, target, zone)
    try:
        found = world.ask("ec2", "DescribeInstances", {"InstanceIds": [target]})
    except ServiceError as error:
        raise ServiceError("InvalidTarget", f"Instance ID '{target}' is not valid") from error
    placement = found["Reservations"][0]["Instances"][0]["Placement"]
    hosts = {
        instance.arn for instance in world.container_instances.values() if instance.ec2_id == target
    }
    task = next((item for item in _running(world) if item.container_instance in hosts), None)
    return placement["AvailabilityZone"], task


def _address(world: World, target: str, zone: str) -> tuple[str, Task | None]:
    try:
        ipaddress.ip_address(target)
    except ValueError as error:
        raise ServiceError(
            "ValidationError", f"The IP address '{target}' is not a valid IPv4 address"
        ) from error
    task = next((item for item in _running(world) if item.private_ip == target), None)
    return (task.zone if task is not None else zone), task


def _running(world: World) -> list[Task]:
    return [task for task in world.tasks.values() if task.last_status == "RUNNING"]
