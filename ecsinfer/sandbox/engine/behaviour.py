"""What containers do: by the scenario, else by their image's tag; and how AWS says it failed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecsinfer.sandbox.elb.records import TargetHealth
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.scenario import ImageBehaviour, Scenario, names_role
from ecsinfer.sandbox.state import Container, Task

CACHED_PULL = 1.0
MISSING_AFTER = 3.0
"""Seconds until a registry has said that it does not know an image."""

SLOW_LOAD = 600.0

LEAST_MEMORY = 6
"""MiB of a container."""

_CRASH = ("Traceback (most recent call last):", "RuntimeError: [simulated] the tag says crash")

BY_TAG: Mapping[str, ImageBehaviour] = {
    "crash": ImageBehaviour("crash", logs=_CRASH),
    "oom": ImageBehaviour("oom", exit_code=137),
    "unhealthy": ImageBehaviour("unhealthy"),
    "missing": ImageBehaviour("missing"),
    "slow": ImageBehaviour("slow", load=SLOW_LOAD),
}
RUN = ImageBehaviour()

FAILED_TO_START = "TaskFailedToStart"
ESSENTIAL_EXITED = "EssentialContainerExited"
ESSENTIAL_REASON = "Essential container in task exited"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task cannot start.

    Attributes:
        reason: AWS's stoppedReason.
        container: the container that bears the reason; empty for the task as a whole.
        exit_code: with which that container counts as ended, though it never ran.
        scheduler: whether it is the service scheduler that fails, and says so in an event.
    """

    reason: str
    container: str = ""
    exit_code: int | None = None
    scheduler: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ends by itself."""

    code: int
    reason: str = ""


def of_image(scenario: Scenario, image: str) -> ImageBehaviour:
    """The behaviour of an image's containers."""
    for pattern, behaviour in scenario.images:
        if image == pattern or fnmatch.fnmatchcase(image, pattern):
            return behaviour
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return BY_TAG.get(tag, RUN)


def pull_time(scenario: Scenario, container: Container, cached: Iterable[str]) -> float:
    """Seconds to pull a container's image."""
    behaviour = of_image(scenario, container.image)
    if behaviour.behaviour == "missing":
        return MISSING_AFTER
    if container.image in cached:
        return CACHED_PULL
    return scenario.timings.pull if behaviour.pull is None else behaviour.pull


def load_time(scenario: Scenario, container: Container) -> float | None:
    """Seconds from a container's start until it answers its checks; None: never."""
    behaviour = of_image(scenario, container.image)
    if behaviour.behaviour in ("unhealthy", "hang"):
        return None
    if behaviour.behaviour == "slow":
        return SLOW_LOAD if behaviour.load is None else behaviour.load
    return scenario.timings.load if behaviour.load is None else behaviour.load


def failing_check(scenario: Scenario, container: Container) -> TargetHealth | None:
    """How a container fails the load balancer's checks (G4); None: nothing listens."""
    behaviour = of_image(scenario, container.image)
    if behaviour.behaviour == "hang":
        return TargetHealth("unhealthy", "Target.Timeout", "Request timed out")
    if behaviour.behaviour == "unhealthy" and behaviour.status is not None:
        text = f"Health checks failed with these codes: [{behaviour.status}]"
        return TargetHealth("unhealthy", "Target.ResponseCodeMismatch", text)
    return None


def exit_of(scenario: Scenario, container: Container) -> Exit | None:
    """How the container ends by itself; None when it goes on."""
    behaviour = of_image(scenario, container.image)
    match behaviour.behaviour:
        case "crash":
            return Exit(behaviour.exit_code)
        case "oom":
            return Exit(137, OUT_OF_MEMORY)
        case "exec-format":
            return Exit(255)
        case _:
            return None


def before_pull(core: Core, task: Task, definition: Mapping[str, Any]) -> Failure | None:
    """What stops a task before its images are pulled: roles (H3), then secrets."""
    scenario = core.world.scenario
    for role in filter(None, (definition.get("executionRoleArn"), definition.get("taskRoleArn"))):
        if names_role(scenario.roles_denied, role) or not core.role_exists(role):
            return Failure(
                f"ECS was unable to assume the role '{role}' that was provided for this task. "
                "Please verify that the role being passed has the proper trust relationship and "
                "permissions and that your IAM user has permissions to pass this role.",
                scheduler=True,
            )
    if _isolated(scenario, task):
        return Failure(_no_way_out(core.world.region))
    for container in task.containers:
        for secret in container.definition.get("secrets", ()):
            source = secret["valueFrom"]
            if source in scenario.secrets_missing or not core.secret_exists(source):
                on_fargate = task.launch_type == "FARGATE"
                missing = _missing_on_fargate if on_fargate else _missing_on_instance
                return Failure(missing(source, core.world.region))
    return None


def _isolated(scenario: Scenario, task: Task) -> bool:
    """Whether a Fargate task has no way out: on EC2 it is the instance that pulls."""
    network = task.network.get("awsvpcConfiguration", {})
    public = network.get("assignPublicIp") == "ENABLED"
    return task.launch_type == "FARGATE" and task.subnet in scenario.isolated_subnets and not public


def _no_way_out(region: str) -> str:
    return (
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot "
        "pull registry auth from Amazon ECR: There is a connection issue between the task and "
        "Amazon ECR. Check your task network configuration. RequestError: send request failed "
        f'caused by: Post "https://api.ecr.{region}.amazonaws.com/": dial tcp 10.0.0.2:443: i/o '
        "timeout"
    )


def _missing_on_fargate(source: str, _: str) -> str:
    if ":secretsmanager:" in source:
        detail = (
            "secret from asm: service call has been retried 1 time(s): failed to fetch secret "
            f"{source} from secrets manager: ResourceNotFoundException: Secrets Manager can't "
            "find the specified secret."
        )
    else:
        detail = f"secrets from ssm: invalid ssm parameters: {_parameter(source)}"
    return (
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
        f"retrieval failed: unable to retrieve {detail}"
    )


def _missing_on_instance(source: str, region: str) -> str:
    """What the ECS agent says."""
    if ":secretsmanager:" in source:
        return (
            f"Fetching secret data from AWS Secrets Manager in region {region}: secret {source}: "
            "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        )
    return (
        f"Fetching secret data from SSM Parameter Store in {region}: invalid parameters: "
        f"{_parameter(source)}"
    )


def _parameter(source: str) -> str:
    return source.rpartition("parameter/")[2]


def pull_failure(core: Core, container: Container) -> Failure | None:
    """Why a container's image cannot be had; None when it can."""
    image = container.image
    described = of_image(core.world.scenario, image)
    # What the scenario or the tag speaks of is there.
    absent = described is RUN and not core.image_exists(image)
    match "missing" if absent else described.behaviour:
        case "missing":
            text = (
                "pull image manifest has been retried 1 time(s): failed to resolve ref "
                f"{image}: {image}: not found"
            )
        case "denied":
            repository = image.partition("@")[0].partition(":")[0]
            text = (
                f"Error response from daemon: pull access denied for {repository}, repository does "
                "not exist or may require 'docker login': denied: User: arn:aws:sts::123456789012:"
                "assumed-role/ecsTaskExecutionRole/ecs is not authorized to perform: "
                f"ecr:BatchGetImage on resource: {repository} because no identity-based policy "
                "allows the ecr:BatchGetImage action"
            )
        case "disk-full":
            text = (
                "failed to register layer: Error processing tar file(exit status 1): write "
                "/opt/model/weights.bin: no space left on device"
            )
        case _:
            return None
    return Failure(f"CannotPullContainerError: {text}", container.name)


def memory_failure(task: Task) -> Failure | None:
    """A limit below what the Docker daemon takes shows only when it makes the container (C12)."""
    for container in task.containers:
        for key, what in (("memory", "limit"), ("memoryReservation", "reservation")):
            if container.definition.get(key, LEAST_MEMORY) < LEAST_MEMORY:
                return Failure(
                    "CannotCreateContainerError: Error response from daemon: Minimum memory "
                    f"{what} allowed is {LEAST_MEMORY}MB",
                    container.name,
                )
    return None
