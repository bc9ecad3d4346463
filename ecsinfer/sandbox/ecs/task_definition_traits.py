"""What AWS computes from a task definition: ``compatibilities`` and ``requiresAttributes``.

AWS documents neither computation: both agree with recorded answers, beyond which they are
plausible rather than complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecsinfer.sandbox.ecs.task_definition_fargate import fargate_refusals, uses_ecr

Spec = Mapping[str, Any]

_DOCKER = "com.amazonaws.ecs.capability.docker-remote-api."


def compatibilities(spec: Spec) -> list[str]:
    """The launch types that the definition could run on."""
    mode = spec.get("networkMode", "bridge")
    windows = is_windows(spec)
    result = ["EC2"] if mode == "awsvpc" else ["EXTERNAL", "EC2"]
    if mode in {"awsvpc", "host"} and not windows:
        result.append("MANAGED_INSTANCES")
    if next(iter(fargate_refusals(spec)), None) is None:
        result.append("FARGATE")
    return result


def is_windows(spec: Spec) -> bool:
    """Whether the definition is for Windows."""
    family = spec.get("runtimePlatform", {}).get("operatingSystemFamily", "LINUX")
    return bool(family != "LINUX")


def requires_attributes(spec: Spec) -> list[dict[str, str]]:
    """The attributes that a container instance must have to run the task."""
    names: dict[str, None] = {}
    for needed, attributes in _TASK_ATTRIBUTES:
        if needed(spec):
            names.update(dict.fromkeys(attributes))
    for container in spec["containerDefinitions"]:
        for needed, attributes in _CONTAINER_ATTRIBUTES:
            if needed(container):
                names.update(dict.fromkeys(attributes))
        names.update(dict.fromkeys(_by_value(spec, container)))
    return [{"name": name} for name in names]


def _by_value(spec: Spec, container: Mapping[str, Any]) -> list[str]:
    """Attributes that name a log driver, a secret store or the execution role's work."""
    driver = container.get("logConfiguration", {}).get("logDriver")
    result = [f"com.amazonaws.ecs.capability.logging-driver.{driver}"] if driver else []
    if "executionRoleArn" in spec:
        if driver == "awslogs":
            result.append("ecs.capability.execution-role-awslogs")
        if uses_ecr(container):
            result.append("ecs.capability.execution-role-ecr-pull")
    for secret in container.get("secrets", ()):
        store = "asm" if ":secretsmanager:" in secret["valueFrom"] else "ssm"
        result.append(f"ecs.capability.secrets.{store}.environment-variables")
    return result


def _log_option(container: Mapping[str, Any], option: str) -> bool:
    return option in container.get("logConfiguration", {}).get("options", {})


Needed = Callable[[Mapping[str, Any]], bool]

_TASK_ATTRIBUTES: tuple[tuple[Needed, tuple[str, ...]], ...] = (
    (
        lambda spec: "taskRoleArn" in spec,
        ("com.amazonaws.ecs.capability.task-iam-role",),
    ),
    (
        lambda spec: "taskRoleArn" in spec and spec.get("networkMode") == "host",
        ("com.amazonaws.ecs.capability.task-iam-role-network-host",),
    ),
    (lambda spec: spec.get("networkMode") == "awsvpc", ("ecs.capability.task-eni",)),
    (
        lambda spec: "pidMode" in spec or "ipcMode" in spec,
        ("ecs.capability.pid-ipc-namespace-sharing",),
    ),
    (lambda spec: "proxyConfiguration" in spec, ("ecs.capability.aws-appmesh",)),
    (
        lambda spec: any("efsVolumeConfiguration" in volume for volume in spec["volumes"]),
        ("ecs.capability.efs", f"{_DOCKER}1.25"),
    ),
)

_CONTAINER_ATTRIBUTES: tuple[tuple[Needed, tuple[str, ...]], ...] = (
    (uses_ecr, ("com.amazonaws.ecs.capability.ecr-auth",)),
    (
        lambda item: bool(item.get("readonlyRootFilesystem")) or "dockerSecurityOptions" in item,
        (f"{_DOCKER}1.17",),
    ),
    (lambda item: "logConfiguration" in item, (f"{_DOCKER}1.18",)),
    (
        lambda item: item.get("logConfiguration", {}).get("logDriver") == "awslogs",
        (f"{_DOCKER}1.19",),
    ),
    (lambda item: _log_option(item, "awslogs-create-group"), (f"{_DOCKER}1.29",)),
    (
        lambda item: "healthCheck" in item,
        ("ecs.capability.container-health-check", f"{_DOCKER}1.24"),
    ),
    (
        lambda item: any(item.get(key) for key in ("dependsOn", "startTimeout", "stopTimeout")),
        ("ecs.capability.container-ordering",),
    ),
    (lambda item: "memoryReservation" in item, (f"{_DOCKER}1.21",)),
    (lambda item: bool(item.get("environmentFiles")), ("ecs.capability.env-files.s3",)),
    (
        lambda item: item.get("firelensConfiguration", {}).get("type") == "fluentd",
        ("ecs.capability.firelens.fluentd",),
    ),
    (
        lambda item: item.get("firelensConfiguration", {}).get("type") == "fluentbit",
        ("ecs.capability.firelens.fluentbit",),
    ),
)
