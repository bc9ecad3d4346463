"""What AWS refuses in a task definition that requires Fargate (C11, C13-C16)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Spec = Mapping[str, Any]

_SIZES: dict[int, Iterable[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
    8192: range(16_384, 61_440 + 1, 4096),
    16_384: range(32_768, 122_880 + 1, 8192),
}
"""CPU units -> the MiB that go with them (C11)."""

_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")
_STOP_TIMEOUT = 120


def fargate_refusals(spec: Spec) -> Iterator[str]:
    """Why Fargate cannot run a normalised task definition, in AWS's words."""
    if spec.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode ‘awsvpc’."  # noqa: RUF001  AWS's own quotes
    yield from _size(spec)
    for refused, what in _TASK:
        if refused(spec):
            yield f"Fargate compatible task definitions do not support {what}"
    for container in spec["containerDefinitions"]:
        for refused, message in _CONTAINER:
            if refused(container):
                yield message
        yield from _logging(container, spec)


def uses_ecr(container: Spec) -> bool:
    """Whether the container's image is in a private ECR repository."""
    return bool(_ECR.match(container.get("image", "")))


def _size(spec: Spec) -> Iterator[str]:
    absent = [key for key in ("cpu", "memory") if key not in spec]
    for key in absent:
        yield f"Fargate requires that '{key}' be defined at the task level."
    if absent:
        return
    cpu, memory = int(spec["cpu"]), int(spec["memory"])
    if memory not in _SIZES.get(cpu, ()):
        yield (
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values."
        )


def _logging(container: Spec, spec: Spec) -> Iterator[str]:
    has_role = "executionRoleArn" in spec
    if uses_ecr(container) and not has_role:
        yield "Fargate requires task definition to have execution role ARN to support ECR images."
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver and driver not in _LOG_DRIVERS:
        yield f"{driver} is not a valid log driver. Must be one of [{','.join(_LOG_DRIVERS)}]"
    if driver != "awslogs":
        return
    if not has_role:
        yield (
            "Fargate requires task definition to have execution role ARN to support log driver "
            "awslogs."
        )
    if "awslogs-stream-prefix" not in container["logConfiguration"].get("options", {}):
        yield (
            "Fargate requires log configuration options to include awslogs-stream-prefix to "
            "support log driver awslogs."
        )


def _linux(container: Spec, key: str) -> bool:
    return bool(container.get("linuxParameters", {}).get(key))


def _wants_gpu(container: Spec) -> bool:
    return any(need["type"] == "GPU" for need in container.get("resourceRequirements", ()))


Refused = Callable[[Spec], bool]

_TASK: tuple[tuple[Refused, str], ...] = (
    (lambda spec: bool(spec.get("placementConstraints")), "constraints"),
    (lambda spec: "ipcMode" in spec, "ipcMode"),
    (lambda spec: spec.get("pidMode") == "host", "pidMode host"),
    (lambda spec: bool(spec.get("inferenceAccelerators")), "inferenceAccelerators"),
    (
        lambda spec: any("dockerVolumeConfiguration" in item for item in spec["volumes"]),
        "dockerVolumeConfiguration",
    ),
    (
        lambda spec: any(item.get("host", {}).get("sourcePath") for item in spec["volumes"]),
        "sourcePath",
    ),
)

_UNSUPPORTED = "Fargate compatible task definitions do not support"
_CONTAINER: tuple[tuple[Refused, str], ...] = (
    (
        lambda item: bool(item.get("privileged")),
        "Fargate requires that the 'privileged' setting be 'false'.",
    ),
    (_wants_gpu, "Tasks using the Fargate launch type do not support GPU resource requirements."),
    (lambda item: _linux(item, "devices"), f"{_UNSUPPORTED} devices"),
    (lambda item: _linux(item, "sharedMemorySize"), f"{_UNSUPPORTED} sharedMemorySize"),
    (lambda item: _linux(item, "maxSwap"), f"{_UNSUPPORTED} maxSwap"),
    (lambda item: bool(item.get("dnsServers")), f"{_UNSUPPORTED} dnsServers"),
    (lambda item: bool(item.get("dockerSecurityOptions")), f"{_UNSUPPORTED} dockerSecurityOptions"),
    (
        lambda item: item.get("stopTimeout", 0) > _STOP_TIMEOUT,
        (
            "Tasks using the Fargate launch type must have a container stop timeout of less than "
            "120 seconds."
        ),
    ),
)
