"""How a container instance is described: what it has, what is left of it, what runs on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from typing import Any

from ecsinfer.capacity.slots import Requirements, requirements
from ecsinfer.sandbox.ecs.common import tag_list
from ecsinfer.sandbox.engine.placement import attributes
from ecsinfer.sandbox.state import ContainerInstance, Task, World

AGENT = {
    "agentVersion": "1.99.0",
    "agentHash": "a1b2c3d4",
    "dockerVersion": "DockerVersion: 25.0.8",
}

AGENT_PORTS = ("22", "2375", "2376", "51678", "51679")
"""Ports of SSH, Docker and the agent, which no task can have."""


def tasks_on(world: World, instance: ContainerInstance) -> list[Task]:
    """The tasks that hold resources of the instance."""
    return [
        task
        for task in world.live_tasks(instance.cluster)
        if task.container_instance == instance.arn
    ]


def instance_view(
    world: World, instance: ContainerInstance, include: Container[str] = ()
) -> dict[str, Any]:
    """A container instance as the operations answer it.

    Args:
        world: where it is registered.
        instance: the instance.
        include: what DescribeContainerInstances was asked to include.
    """
    tasks = tasks_on(world, instance)
    statuses = Counter(task.last_status for task in tasks)
    needs = [_need(world, task) for task in tasks]
    every_gpu = [gpu.id for gpu in instance.gpus]
    free_gpus = [gpu.id for gpu in instance.gpus if not gpu.task and not gpu.sharers]
    return {
        "containerInstanceArn": instance.arn,
        "ec2InstanceId": instance.ec2_id,
        "capacityProviderName": instance.capacity_provider or None,
        "version": 3,
        "versionInfo": AGENT,
        "registeredResources": _resources(instance.cpu, instance.memory, (), every_gpu or None),
        "remainingResources": _resources(
            instance.cpu - sum(need.cpu for need in needs),
            instance.memory - sum(need.memory for need in needs),
            [port for need in needs for port in need.ports],
            free_gpus if every_gpu else None,
        ),
        "status": instance.status,
        "agentConnected": instance.agent_connected,
        "runningTasksCount": statuses["RUNNING"],
        "pendingTasksCount": statuses["PENDING"] + statuses["ACTIVATING"],
        "attributes": attribute_list(instance),
        "registeredAt": instance.registered_at,
        "attachments": [],
        "tags": tag_list(world.tags.get(instance.arn, {})) if "TAGS" in include else [],
        **(_health(world) if "CONTAINER_INSTANCE_HEALTH" in include else {}),
    }


def attribute_list(instance: ContainerInstance) -> list[dict[str, str]]:
    """The instance's attributes in API form; one without a value is only a name."""
    return [
        {"name": name, **({"value": value} if value else {})}
        for name, value in sorted(attributes(instance).items())
    ]


def _need(world: World, task: Task) -> Requirements:
    definition = world.find_task_definition(task.definition)
    return requirements(definition.spec if definition else {}, task.overrides)


def _resources(
    cpu: int, memory: int, ports: Iterable[tuple[int, str]], gpus: list[str] | None
) -> list[dict[str, Any]]:
    ports = list(ports)
    tcp = [str(port) for port, protocol in ports if protocol == "tcp"]
    udp = [str(port) for port, protocol in ports if protocol == "udp"]
    resources = [
        _resource("CPU", "INTEGER", integerValue=cpu),
        _resource("MEMORY", "INTEGER", integerValue=memory),
        _resource("PORTS", "STRINGSET", stringSetValue=[*AGENT_PORTS, *tcp]),
        _resource("PORTS_UDP", "STRINGSET", stringSetValue=udp),
    ]
    if gpus is not None:
        resources.append(_resource("GPU", "STRINGSET", stringSetValue=gpus))
    return resources


def _resource(name: str, kind: str, **value: Any) -> dict[str, Any]:
    """AWS fills the members of the other types with zeroes."""
    zeroes = {"doubleValue": 0.0, "longValue": 0, "integerValue": 0}
    return {"name": name, "type": kind, **zeroes, **value}


def _health(world: World) -> dict[str, Any]:
    return {
        "healthStatus": {
            "overallStatus": "OK",
            "details": [
                {
                    "type": "CONTAINER_RUNTIME",
                    "status": "OK",
                    "lastUpdated": world.now(),
                    "lastStatusChange": world.now(),
                }
            ],
        }
    }
