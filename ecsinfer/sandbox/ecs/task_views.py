"""How a task and its containers are described."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.ecs.common import tag_list
from ecsinfer.sandbox.ecs.service_views import platform
from ecsinfer.sandbox.state import Container, Task, World


def task_view(world: World, task: Task, *, tags: bool) -> dict[str, Any]:
    """A task as the task operations answer it; members that are None are left out.

    Args:
        world: where it runs.
        task: the task.
        tags: whether its tags were asked for.
    """
    definition = world.find_task_definition(task.definition)
    spec = definition.spec if definition else {}
    strategy = {"launchType": task.launch_type, **task.config}
    return {
        "taskArn": task.arn,
        "clusterArn": world.arn(f"cluster/{task.cluster}"),
        "taskDefinitionArn": task.definition,
        "containerInstanceArn": task.container_instance or None,
        "attachments": _attachments(world, task),
        "attributes": _attributes(spec),
        "availabilityZone": task.zone or None,
        "capacityProviderName": task.capacity_provider or None,
        "connectivity": "CONNECTED" if task.connectivity_at else None,
        "connectivityAt": task.connectivity_at,
        "containers": [_container_view(task, container) for container in task.containers],
        "cpu": _amount(task, spec, "cpu"),
        "memory": _amount(task, spec, "memory"),
        "createdAt": task.created_at,
        "desiredStatus": task.desired_status,
        "enableExecuteCommand": bool(task.config.get("enableExecuteCommand")),
        "executionStoppedAt": task.stopped_at,
        "group": task.group,
        "healthStatus": task.health,
        "lastStatus": task.last_status,
        "launchType": task.launch_type,
        "overrides": _overrides(task),
        **platform(strategy),
        "pullStartedAt": task.pull_started_at,
        "pullStoppedAt": task.pull_stopped_at,
        "startedAt": task.started_at,
        "startedBy": task.started_by or None,
        "stopCode": task.stop_code or None,
        "stoppedReason": task.stopped_reason or None,
        "stoppingAt": task.stopping_at,
        "stoppedAt": task.stopped_at,
        "version": task.version,
        **({"ephemeralStorage": {"sizeInGiB": 20}} if task.launch_type == "FARGATE" else {}),
        "tags": tag_list(world.tags.get(task.arn, {})) if tags else [],
    }


def attachment_id(task: Task) -> str:
    """The id of the task's network interface attachment, the same in every answer."""
    raw = task.arn.rpartition("/")[2]
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def _attachments(world: World, task: Task) -> list[dict[str, Any]]:
    if not task.network.get("awsvpcConfiguration"):
        return []
    known = {
        "subnetId": task.subnet,
        "networkInterfaceId": task.eni,
        "macAddress": _mac_address(task.eni),
        "privateDnsName": _private_name(world, task.private_ip),
        "privateIPv4Address": task.private_ip,
    }
    status = "ATTACHED" if task.eni else "PRECREATED"
    return [
        {
            "id": attachment_id(task),
            "type": "ElasticNetworkInterface",
            "status": "DELETED" if task.last_status == "STOPPED" else status,
            "details": [{"name": name, "value": value} for name, value in known.items() if value],
        }
    ]


def _mac_address(interface: str) -> str:
    digits = interface.removeprefix("eni-")[:10]
    return ":".join(["0e", *(digits[at : at + 2] for at in range(0, 10, 2))]) if digits else ""


def _private_name(world: World, address: str) -> str:
    zone = "ec2.internal" if world.region == "us-east-1" else f"{world.region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{zone}" if address else ""


def _attributes(spec: dict[str, Any]) -> list[dict[str, str]]:
    architecture = spec.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    return [{"name": "ecs.cpu-architecture", "value": architecture.lower()}]


def _amount(task: Task, spec: dict[str, Any], what: str) -> str:
    """Task-level cpu or memory, or the sum over the containers."""
    given = task.overrides.get(what) or spec.get(what)
    if given:
        return str(given)
    return str(sum(int(item.definition.get(what) or 0) for item in task.containers))


def _overrides(task: Task) -> dict[str, Any]:
    given = {item["name"]: item for item in task.overrides.get("containerOverrides", ())}
    names = [container.name for container in task.containers]
    return {
        "inferenceAcceleratorOverrides": [],
        **task.overrides,
        "containerOverrides": [given.get(name, {"name": name}) for name in names],
    }


def _container_view(task: Task, container: Container) -> dict[str, Any]:
    definition = container.definition
    return {
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "imageDigest": container.digest or None,
        "runtimeId": container.runtime_id or None,
        "lastStatus": container.status,
        "exitCode": container.exit_code,
        "reason": container.reason or None,
        "networkBindings": container.bindings,
        "networkInterfaces": _interfaces(task),
        "healthStatus": container.health,
        "cpu": str(definition.get("cpu") or 0),
        "memory": _text(definition.get("memory")),
        "memoryReservation": _text(definition.get("memoryReservation")),
        "gpuIds": container.gpu_ids or None,
    }


def _interfaces(task: Task) -> list[dict[str, str]]:
    if not task.private_ip:
        return []
    return [{"attachmentId": attachment_id(task), "privateIpv4Address": task.private_ip}]


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
