"""What AWS shows without saying since when, and how long it may be so while all is well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeAlias

from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.elb.balancing import balancing_of
from ecsinfer.sandbox.fleet.common import fleet_of
from ecsinfer.sandbox.state import Group, World

Shown: TypeAlias = Iterator[tuple[str, timedelta]]

AT_ONCE = timedelta()
NORMAL_BOOT = timedelta(minutes=5)
"""From InService to a registered agent: GPU instances were seen to take three minutes, and up to
five. Until then a missing one is no evidence of anything."""

NORMAL_RELEASE = timedelta(minutes=16)
"""From an instance's last task to its release by managed scaling: its alarm wants 15 minutes."""


def shown(world: World) -> Shown:
    """All of it."""
    for group in fleet_of(world).groups.values():
        yield from _of_group(world, group)
    for arn in (furniture.IP_TARGETS, furniture.INSTANCE_TARGETS):
        for _, target in balancing_of(world).targets(arn):
            yield target.health.reason, AT_ONCE
    for task in world.tasks.values():
        for container in task.containers:
            if container.health == "UNHEALTHY":
                yield f"container {container.name} is UNHEALTHY", AT_ONCE
    for service in world.services.values():
        for hook in (hook for each in service.deployments for hook in each.hooks):
            yield f"hook {hook['status']}", AT_ONCE


def _of_group(world: World, group: Group) -> Shown:
    if len(group.instances) == group.maximum:
        zones = sorted({each.zone for each in group.instances.values()})
        yield f"{group.name} has its maximum, in {', '.join(zones)}", AT_ONCE
    joined = {host.ec2_id: host.arn for host in world.container_instances.values()}
    kept = 0
    for each in group.instances.values():
        yield f"{group.name} {each.lifecycle}", AT_ONCE
        if each.lifecycle == "InService" and each.id not in joined:
            yield f"{each.id} of {group.name} has not joined", NORMAL_BOOT
        kept += each.protected and _only_daemons(world, joined.get(each.id, ""))
    for count in range(1, kept + 1):
        yield f"daemons alone keep {count} or more of {group.name}", NORMAL_RELEASE


def _only_daemons(world: World, host: str) -> bool:
    services = [
        world.service_of(task)
        for task in world.tasks.values()
        if task.container_instance == host and task.last_status != "STOPPED"
    ]
    return {each.spec.get("schedulingStrategy") for each in services if each} == {"DAEMON"}
