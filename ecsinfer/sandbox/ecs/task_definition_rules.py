"""What AWS refuses in any task definition: pure, over its normalised form.

Image, log group, file system, roles and GPUs are not looked at: registering does not either (C17).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.sandbox.ecs.task_definition_fargate import fargate_refusals
from ecsinfer.sandbox.ecs.task_definition_resources import resource_refusals

Spec = Mapping[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOST_CONTAINERS = 10
_MOST_BYTES = 65_536
_CPU_UNITS = (128, 196_608)

# Path in a container, least, most (C16).
_RANGES = (
    (("healthCheck", "interval"), 5, 300),
    (("healthCheck", "timeout"), 2, 60),
    (("healthCheck", "retries"), 1, 10),
    (("healthCheck", "startPeriod"), 0, 300),
    (("restartPolicy", "restartAttemptPeriod"), 60, 1800),
)


def refusals(spec: Spec) -> Iterator[str]:
    """Why AWS would not register a normalised task definition, in its words; nothing if it would."""
    yield from _form(spec)
    names = [container.get("name", "") for container in spec["containerDefinitions"]]
    for container in spec["containerDefinitions"]:
        yield from _container(container)
        yield from _network(container, spec)
        yield from _logs_and_secrets(container, spec)
        yield from _volumes(container, spec)
    yield from resource_refusals(spec)
    yield from _ports(spec)
    yield from _dependencies(spec, names)
    requires = spec.get("requiresCompatibilities", ())
    if "FARGATE" in requires:
        yield from fargate_refusals(spec)
    elif "cpu" in spec and not _CPU_UNITS[0] <= int(spec["cpu"]) <= _CPU_UNITS[1]:
        yield (
            "Invalid 'cpu' setting for task. For more information, see the Troubleshooting "
            "section of the Amazon ECS Developer Guide."
        )
    yield from _ephemeral_storage(spec)


def _form(spec: Spec) -> Iterator[str]:
    """Names, counts and size (C7)."""
    if not _NAME.fullmatch(spec["family"]):
        yield "Family contains invalid characters."
    containers = spec["containerDefinitions"]
    if not containers:
        yield "Container list cannot be empty."
    if len(containers) > _MOST_CONTAINERS:
        yield "Too many containers."
    for container in containers:
        yield from _names(container)
    if len({container.get("name") for container in containers}) < len(containers):
        yield "Container names must be unique within a task definition."
    if not any(container["essential"] for container in containers):
        yield "Task definition doesn't have any essential container."
    size = len(json.dumps(spec, separators=(",", ":")).encode())
    if size > _MOST_BYTES:
        yield f"Actual length: '{size}'. Max allowed length is '{_MOST_BYTES}' bytes."


def _names(container: Spec) -> Iterator[str]:
    for key in ("name", "image"):
        if not container.get(key):
            yield f"Container.{key} should not be null or empty."
    if not _NAME.fullmatch(container.get("name", "")):
        yield "Container.name contains invalid characters."
    if any(character.isspace() for character in container.get("image", "")):
        yield "Container.image contains invalid characters."


def _container(container: Spec) -> Iterator[str]:
    """Health check, restarts and time-outs (C16)."""
    name = container.get("name", "")
    for (block, key), low, high in _RANGES:
        value = container.get(block, {}).get(key)
        if value is not None and not low <= value <= high:
            yield f"the '{key}' setting for container '{name}' must be between {low} and {high}"
    if "healthCheck" in container:
        command = container["healthCheck"]["command"]
        if not command or command[0] not in {"CMD", "CMD-SHELL", "NONE"}:
            yield "Health check command must start with CMD, CMD-SHELL or NONE."
    for key, what in (("startTimeout", "start"), ("stopTimeout", "stop")):
        if container.get(key, 2) < 2:
            yield f"Granular {what} timeout on container '{name}' must be at least 2 seconds."


def _network(container: Spec, spec: Spec) -> Iterator[str]:
    """What a network mode forbids to its containers (C14)."""
    mode = spec.get("networkMode", "bridge")
    if mode != "bridge" and container.get("links"):
        yield f"Links are not supported when networkMode={mode}."
    if mode != "awsvpc":
        return
    if container.get("hostname"):
        yield "hostname is not supported on container when networkMode=awsvpc."
    if container.get("extraHosts"):
        yield "Extra hosts are not supported on container when networkMode=awsvpc."
    if container.get("disableNetworking"):
        yield "Disable Networking is not supported on container when networkMode=awsvpc."


def _ports(spec: Spec) -> Iterator[str]:
    mode = spec.get("networkMode", "bridge")
    mappings = [
        mapping
        for container in spec["containerDefinitions"]
        for mapping in container["portMappings"]
    ]
    if mode == "none" and mappings:
        yield "Port mappings are not supported when networkMode=none."
    for mapping in mappings:
        yield from _mapping(mapping, mode)
    taken = Counter(
        (mapping["hostPort"], mapping["protocol"])
        for mapping in mappings
        if mapping.get("hostPort")
    )
    if any(count > 1 for count in taken.values()):
        yield "container port is used multiple times in task"


def _mapping(mapping: Spec, mode: str) -> Iterator[str]:
    port, ports = mapping.get("containerPort"), mapping.get("containerPortRange")
    if ports is not None:
        if port is not None or "hostPort" in mapping:
            yield "cannot specify both single port and port range"
        first, _, last = ports.partition("-")
        if not (first.isdigit() and last.isdigit() and 1 <= int(first) < int(last) <= 65_535):
            yield f"Invalid container port range: {ports}"
        return
    if port is None or not 1 <= port <= 65_535:
        yield "Container port must be between 1 and 65535."
    elif not 0 <= mapping["hostPort"] <= 65_535:
        yield "Host port must be between 0 and 65535."
    elif mode in {"awsvpc", "host"} and mapping["hostPort"] != port:
        yield (
            f"When networkMode={mode}, the host ports and container ports in port mappings must "
            "match."
        )


def _logs_and_secrets(container: Spec, spec: Spec) -> Iterator[str]:
    """C15."""
    log = container.get("logConfiguration", {})
    if log.get("logDriver") == "awslogs":
        options = log.get("options", {})
        absent = [key for key in ("awslogs-region", "awslogs-group") if key not in options]
        if absent:
            yield f"Log driver awslogs requires options: {', '.join(absent)}"
    secrets = container.get("secrets") or log.get("secretOptions")
    if secrets and "executionRoleArn" not in spec:
        yield (
            "When you are specifying container secrets, you must also specify a value for "
            "'executionRoleArn'."
        )


def _volumes(container: Spec, spec: Spec) -> Iterator[str]:
    known = {volume.get("name") for volume in spec["volumes"]}
    for mount in container["mountPoints"]:
        if mount.get("sourceVolume") not in known:
            yield f"Unknown volume '{mount.get('sourceVolume')}'."


def _dependencies(spec: Spec, names: list[str]) -> Iterator[str]:
    """C16."""
    containers = dict(zip(names, spec["containerDefinitions"], strict=True))
    graph: dict[str, list[str]] = {}
    for name, container in containers.items():
        for dependency in container.get("dependsOn", ()):
            target = dependency["containerName"]
            graph.setdefault(name, []).append(target)
            if target not in containers:
                yield f"Cannot depend on container + '{target}' because it does not exist"
            elif dependency["condition"] == "HEALTHY" and "healthCheck" not in containers[target]:
                yield (
                    "A dependency container with HEALTHY condition must have health check "
                    "configured"
                )
            elif (
                dependency["condition"] in {"SUCCESS", "COMPLETE"}
                and containers[target]["essential"]
            ):
                yield (
                    "A dependency container with SUCCESS or COMPLETE condition cannot be an "
                    "essential container"
                )
    if _cyclic(graph):
        yield "Container dependencies contain a cycle."


def _cyclic(graph: Mapping[str, list[str]]) -> bool:
    """Whether anything is left when what depends on nothing is taken away, again and again."""
    left = dict(graph)
    while left:
        free = [name for name, targets in left.items() if not any(item in left for item in targets)]
        if not free:
            return True
        for name in free:
            del left[name]
    return False


def _ephemeral_storage(spec: Spec) -> Iterator[str]:
    storage = spec.get("ephemeralStorage")
    if storage is None:
        return
    if "FARGATE" not in spec.get("requiresCompatibilities", ()):
        yield "Tasks using the EC2 launch type do not support EphemeralStorage."
    elif not 21 <= storage["sizeInGiB"] <= 200:
        yield "Ephemeral storage size must be between 21 and 200 GiB."
