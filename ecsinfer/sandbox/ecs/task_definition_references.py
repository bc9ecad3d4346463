"""What a request means by a task definition: a family, ``family:revision`` or an ARN."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.ecs.common import short_name
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import TaskDefinition, World

GONE = "DELETED"
"""Nobody can see such a revision any more; it stays so that its number is not used again (C1)."""


def find_task_definition(world: World, value: str) -> TaskDefinition | None:
    """The revision that a request means, INACTIVE ones too.

    A bare family means its latest ACTIVE revision (C4).
    """
    if value.startswith("arn:") and not value.startswith(world.arn("task-definition/")):
        return None
    family, _, revision = short_name(value).partition(":")
    for found in reversed(world.task_definitions.get(family, [])):
        wanted = str(found.revision) == revision if revision else found.status == "ACTIVE"
        if wanted:
            return None if found.status == GONE else found
    return None


def active_task_definition(
    world: World, value: str, refuse: Callable[[str], ServiceError]
) -> TaskDefinition:
    """The revision that may be started; a bare family means its latest ACTIVE one (C4, C5).

    Args:
        world: where it is registered.
        value: what the request says.
        refuse: makes the error: ``ClientException`` for services, ``InvalidParameterException``
            for tasks run by hand (0.2).

    Raises:
        ServiceError: there is none, or it is not ACTIVE.
    """
    found = find_task_definition(world, value)
    if found is None:
        raise refuse("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise refuse("TaskDefinition is inactive")
    return found
