"""The order in which a task's containers start and stop, by their ``dependsOn`` (C16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ecsinfer.sandbox.engine.behaviour import Failure
from ecsinfer.sandbox.state import Container, Task

ENDS = frozenset({"COMPLETE", "SUCCESS"})
"""Conditions that only a container which ends can meet."""

TERMINATED = 143
"""The exit code of SIGTERM."""


def ready(task: Task) -> list[Container]:
    """The containers that have not started and wait for nothing any more."""
    return [
        container
        for container in task.containers
        if container.status == "PENDING"
        and all(_met(condition, other) for condition, other in _awaited(task, container))
    ]


def started(task: Task) -> bool:
    """Whether every container has started."""
    return all(container.status != "PENDING" for container in task.containers)


def first_to_stop(task: Task) -> list[Container]:
    """The running containers that no other running one has waited for: shutdown is reversed."""
    running = [item for item in task.containers if item.status == "RUNNING"]
    needed = {other.name for each in running for _, other in _awaited(task, each)}
    return [item for item in running if item.name not in needed]


def must_end(task: Task, container: Container) -> bool:
    """Whether others wait for the container's end: it initialises something."""
    return any(condition in ENDS for condition in _conditions(task, container))


def hopeless(task: Task) -> Failure | None:
    """What a container waits for in vain, in the words of the agent: success of one that failed."""
    for container in task.containers:
        if container.status != "PENDING":
            continue
        for condition, other in _awaited(task, container):
            if condition == "SUCCESS" and other.status == "STOPPED" and other.exit_code:
                return _never(
                    f"failed to resolve container ordering dependency [{_seen(other)}] for target "
                    f"[{_seen(container)}] as dependency did not exit successfully.",
                    container,
                )
    return None


def overdue(task: Task, late: Container) -> Failure | None:
    """What a container has waited for longer than its ``startTimeout``; None when it came."""
    for container in task.containers:
        if container.status != "PENDING":
            continue
        for condition, other in _awaited(task, container):
            if other is late and not _met(condition, other):
                return _never(
                    f"container ordering dependency [{_seen(late)}] for target "
                    f"[{_seen(container)}] has timed out.",
                    container,
                )
    return None


def _never(why: str, container: Container) -> Failure:
    """The agent stops a container that it may never start, as if by SIGTERM (agent pull 3218)."""
    text = f"CannotStartContainerError: dependency graph: {why}"
    return Failure(text, container.name, TERMINATED)


def _seen(container: Container) -> str:
    """A container as the agent writes it into its messages."""
    known = "NONE" if container.status == "PENDING" else container.status
    ended = "" if container.exit_code is None else f" - Exit: {container.exit_code}"
    return f"{container.name}({container.image}) ({known}->RUNNING){ended}"


def _met(condition: str, other: Container) -> bool:
    match condition:
        case "START":
            return other.status != "PENDING"
        case "COMPLETE":
            return other.status == "STOPPED"
        case "SUCCESS":
            return other.status == "STOPPED" and other.exit_code == 0
        case _:
            return other.health == "HEALTHY"


def _awaited(task: Task, container: Container) -> Iterator[tuple[str, Container]]:
    others: Mapping[str, Container] = {item.name: item for item in task.containers}
    for dependency in container.definition.get("dependsOn", ()):
        yield dependency["condition"], others[dependency["containerName"]]


def _conditions(task: Task, container: Container) -> Iterator[str]:
    for each in task.containers:
        for condition, other in _awaited(task, each):
            if other is container:
                yield condition
