"""What a request means by a task definition: a family, ``family:revision`` or an ARN."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.ecs.common import short_name
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import TaskDefinition, World


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
    name = short_name(value)
    if ":" in name:
        found = world.find_task_definition(name)
    else:
        revisions = reversed(world.task_definitions.get(name, []))
        found = next((revision for revision in revisions if revision.status == "ACTIVE"), None)
    if found is None:
        raise refuse("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise refuse("TaskDefinition is inactive")
    return found
