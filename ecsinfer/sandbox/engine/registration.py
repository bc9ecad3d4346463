"""EC2 instances boot, register with the cluster their user data names, and leave again."""

from __future__ import annotations

import base64
import binascii
import re

from ecsinfer.capacity import catalogue
from ecsinfer.capacity.catalogue import InstanceType
from ecsinfer.sandbox.engine import stopping
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.furniture import JOINS_PROVIDER
from ecsinfer.sandbox.state import CapacityProvider, ContainerInstance, Gpu, Instance

AGENT_RETRY = 60.0
"""Seconds after which an agent tries again to join a cluster that is not there."""

UNKNOWN_TYPE = InstanceType("", vcpus=2, memory=8192, awsvpc_tasks=2)
"""What an instance of a type the catalogue does not know is taken for."""

MANY_INTERFACES = 63
"""Task network interfaces of the multi-card types whose limit the catalogue does not know."""

_CLUSTER = re.compile(r"ECS_CLUSTER=[\"']?(?P<name>[A-Za-z0-9_-]+)")
_BOTTLEROCKET = re.compile(
    r"\[settings\.ecs\][^\[]*?^\s*cluster\s*=\s*[\"'](?P<name>[A-Za-z0-9_-]+)", re.MULTILINE
)


def instance_running(core: Core, instance: Instance) -> None:
    """An instance is running: its agent will join a cluster once it has booted.

    Which provider it belongs to is decided now, at launch: an instance that ran before the
    provider was made stays without one (B8).
    """
    if instance.group in core.world.scenario.never_join or not _has_agent(core, instance):
        return
    provider = provider_of(core, instance.group)
    name = (
        "" if provider is None or instance.group in core.world.scenario.untagged else provider.name
    )
    core.running[instance.id] = instance
    core.world.clock.after(core.world.scenario.timings.boot, lambda: _join(core, instance, name))


def _has_agent(core: Core, instance: Instance) -> bool:
    """Whether an agent runs there and may register: it needs a role, and an AMI that has one.

    An AMI is taken for one with an agent if its name says ``ecs``, or if it has no name.
    """
    name = core.name_of_ami(instance.image_id) if core.name_of_ami else ""
    return instance.profile and (not name or "ecs" in name or "ecs-init" in instance.user_data)


def provider_of(core: Core, group: str) -> CapacityProvider | None:
    """The provider whose Auto Scaling group this is."""
    for provider in core.world.capacity_providers.values():
        arn = provider.group.get("autoScalingGroupArn", "")
        if arn.rpartition("/")[2] == group and provider.status != "INACTIVE":
            return provider
    return None


def cluster_of(core: Core, instance: Instance) -> str:
    """The cluster that the instance's user data names; ``default`` when it names none (F7)."""
    text = instance.user_data
    try:
        text = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        text = instance.user_data  # it is plain text already
    if JOINS_PROVIDER in text:
        provider = provider_of(core, instance.group)
        return _associated(core, provider) if provider else ""
    found = _BOTTLEROCKET.search(text) or _CLUSTER.search(text)
    return found["name"] if found else "default"


def container_instance(
    core: Core, cluster: str, ec2_id: str, instance_type: str, zone: str, subnet: str
) -> ContainerInstance:
    """The record of an instance of this type, with what tasks can get from it."""
    world = core.world
    kind = catalogue.find(instance_type) or UNKNOWN_TYPE
    trunking = trunked(core)
    interfaces = kind.task_interfaces(trunking=trunking)
    return ContainerInstance(
        arn=world.arn(f"container-instance/{cluster}/{world.hex()}"),
        cluster=cluster,
        ec2_id=ec2_id,
        instance_type=instance_type,
        zone=zone,
        subnet=subnet,
        registered_at=world.now(),
        cpu=kind.cpu,
        memory=kind.task_memory,
        enis=MANY_INTERFACES if interfaces is None else interfaces,
        gpus=[Gpu(f"GPU-{world.uuid()}", memory=kind.gpu_memory) for _ in range(kind.gpus)],
        attributes={
            "ecs.os-type": "linux",
            "ecs.os-family": "LINUX",
            "ecs.cpu-architecture": kind.architecture,
            "ecs.subnet-id": subnet,
        },
    )


def trunked(core: Core) -> bool:
    """Whether instances that register now get trunk interfaces (J6)."""
    values = [value for (name, _), value in core.world.settings.items() if name == "awsvpcTrunking"]
    return "enabled" in values


def register(core: Core, instance: ContainerInstance) -> None:
    """The instance joins its cluster: there is room for tasks."""
    core.world.container_instances[instance.arn] = instance
    core.instances[instance.ec2_id] = instance.arn
    core.wake_followers(instance.cluster)
    core.room_changed(instance.cluster)


def terminated(instance: ContainerInstance) -> str:
    """Why the tasks of a terminated instance stopped."""
    return f"Host EC2 (instance {instance.ec2_id}) terminated."


def deregister(core: Core, instance: ContainerInstance, reason: str) -> None:
    """The instance leaves its cluster; its tasks are lost, for this reason."""
    for run in core.ledger.on_instance(instance.arn):
        stopping.lose(core, run, reason)
    core.world.container_instances.pop(instance.arn, None)
    core.instances.pop(instance.ec2_id, None)
    core.ledger.forget(instance)
    core.wake_followers(instance.cluster)


def instance_terminated(core: Core, instance: Instance) -> None:
    """The EC2 instance is gone; a disconnected agent leaves its registration behind (F4)."""
    core.running.pop(instance.id, None)
    registered = core.world.container_instances.get(core.instances.get(instance.id, ""))
    if registered is not None and registered.agent_connected:
        deregister(core, registered, terminated(registered))


def _associated(core: Core, provider: CapacityProvider) -> str:
    names = (
        cluster.name
        for cluster in core.world.clusters.values()
        if cluster.status == "ACTIVE" and provider.name in cluster.capacity_providers
    )
    return next(names, "")


def _join(core: Core, instance: Instance, provider: str) -> None:
    if instance.id not in core.running:
        return
    name = cluster_of(core, instance)
    cluster = core.world.clusters.get(name)
    if cluster is None or cluster.status != "ACTIVE":
        core.world.clock.after(AGENT_RETRY, lambda: _join(core, instance, provider))
        return
    joined = container_instance(
        core, name, instance.id, instance.type, instance.zone, instance.subnet
    )
    joined.capacity_provider = provider
    if instance.image_id:
        joined.attributes["ecs.ami-id"] = instance.image_id
    register(core, joined)
