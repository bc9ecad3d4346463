"""Service events: what the service scheduler tells, in AWS's words (J7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ecsinfer.sandbox.state import Event, Service, Task, World

MOST = 100
REPEAT = timedelta(hours=6)
"""An event that says again what the last one of its kind said is only shown after this time."""

SEE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."


def emit(world: World, service: Service, text: str) -> None:
    """Add ``(service name) text`` unless the newest event says the same and is not old yet."""
    message = f"(service {service.name}) {text}"
    newest = service.events[0] if service.events else None
    now = world.now()
    if newest and newest.message == message and now - newest.created_at < REPEAT:
        return
    service.events.insert(0, Event(world.uuid(), now, message))
    del service.events[MOST:]


def started(world: World, service: Service, tasks: Sequence[Task]) -> None:
    """``has started N tasks``."""
    emit(world, service, f"has started {len(tasks)} tasks: {_names(tasks)}.")


def stopped(world: World, service: Service, tasks: Sequence[Task]) -> None:
    """``has stopped N running tasks``, after the draining of their targets has begun."""
    emit(world, service, f"has stopped {len(tasks)} running tasks: {_names(tasks)}.")


def draining(world: World, service: Service, groups: Sequence[str], tasks: int) -> None:
    """``deregistered N targets`` of each target group, and the draining of N tasks."""
    for arn in dict.fromkeys(groups):
        count = groups.count(arn)
        emit(world, service, f"deregistered {count} targets in (target-group {arn})")
    emit(world, service, f"has begun draining connections on {tasks} tasks.")


def registered(world: World, service: Service, group: str, count: int) -> None:
    """``registered N targets``."""
    emit(world, service, f"registered {count} targets in (target-group {group})")


def not_launched(world: World, service: Service, error: str) -> None:
    """``failed to launch a task with (error ...)``."""
    emit(world, service, f"failed to launch a task with (error {error}).")


def unplaced(world: World, service: Service, why: str) -> None:
    """``was unable to place a task``; `why` is a full sentence."""
    emit(
        world,
        service,
        "was unable to place a task because no container instance met all of its requirements. "
        f"{why} {SEE}",
    )


NO_FARGATE = (
    "Capacity is unavailable at this time. Please try again later or in a different availability "
    "zone"
)
"""Fargate has no host."""


def no_fargate(world: World, service: Service) -> None:
    """``was unable to place a task`` on Fargate."""
    emit(world, service, f"was unable to place a task. Reason: {NO_FARGATE}. {SEE}")


def unplaced_in(world: World, service: Service, zone: str) -> None:
    """A task cannot be moved to a zone (D15)."""
    emit(
        world,
        service,
        f"is unable to place a task in {zone} because no container instance met all of its "
        "requirements.",
    )


def provisioning_limit(world: World, service: Service) -> None:
    """Too many tasks of the cluster wait in PROVISIONING (F5)."""
    emit(
        world,
        service,
        "was unable to place tasks in your cluster because the tasks provisioning capacity limit "
        f"was exceeded. {SEE}",
    )


def throttled(world: World, service: Service) -> None:
    """Restarts are spaced out."""
    emit(world, service, f"is unable to consistently start tasks successfully. {SEE}")


def stuck(world: World, service: Service) -> None:
    """The deployment configuration leaves no move (D14)."""
    emit(
        world,
        service,
        "was unable to stop or start tasks during a deployment because of the service deployment "
        f"configuration. Update the minimumHealthyPercent or maximumPercent value and try again. {SEE}",
    )


def steady(world: World, service: Service) -> None:
    """``has reached a steady state``."""
    emit(world, service, "has reached a steady state.")


def of_deployment(world: World, service: Service, number: str, text: str) -> None:
    """An event about one deployment."""
    emit(world, service, f"(deployment ecs-svc/{number}) {text}")


def _names(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {task.arn.rpartition('/')[2]})" for task in tasks)
