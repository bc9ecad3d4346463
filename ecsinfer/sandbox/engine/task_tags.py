"""Tags that a task gets when it is launched, and never later (D28)."""

from __future__ import annotations

from ecsinfer.sandbox.state import Tags, Task, World


def give_launch_tags(world: World, task: Task) -> None:
    """Propagate tags to a new task, beside those that it has of its own."""
    tags = {**_launch_tags(world, task), **world.tags.get(task.arn, {})}
    if tags:
        world.tags[task.arn] = tags


def _launch_tags(world: World, task: Task) -> Tags:
    """What ``propagateTags`` and ``enableECSManagedTags`` of its service or request give it."""
    service = world.service_of(task)
    settings = service.spec if service else task.config
    sources = {"TASK_DEFINITION": task.definition, "SERVICE": service.arn if service else ""}
    tags = dict(world.tags.get(sources.get(settings.get("propagateTags", ""), ""), {}))
    if settings.get("enableECSManagedTags"):
        tags["aws:ecs:clusterName"] = task.cluster
        if service:
            tags["aws:ecs:serviceName"] = service.name
    return tags
