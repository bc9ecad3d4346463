"""Task scale-in protection: a protected task is not stopped by scaling or deployments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecsinfer.sandbox.ecs.common import missing, require_cluster, short_name
from ecsinfer.sandbox.ecs.tasks import find_task
from ecsinfer.sandbox.errors import invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, Task, World

DEFAULT_MINUTES = 120
MOST_MINUTES = 2880
MOST_UPDATED = 10
MOST_READ = 100


@ecs_operation("UpdateTaskProtection")
def update_task_protection(world: World, request: Request) -> Response:
    """UpdateTaskProtection: for service tasks only, for 1 to 2880 minutes, 120 if not said."""
    cluster = require_cluster(world, request["cluster"])
    minutes = request.get("expiresInMinutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= MOST_MINUTES:
        raise invalid_parameter(f"expiresInMinutes must be between 1 and {MOST_MINUTES}.")
    if not 1 <= len(request["tasks"]) <= MOST_UPDATED:
        raise invalid_parameter(f"tasks must have between 1 and {MOST_UPDATED} elements.")
    tasks, failures = _service_tasks(world, cluster, request["tasks"])
    until = world.now() + timedelta(minutes=minutes) if request["protectionEnabled"] else None
    for task in tasks:
        task.protected_until = until
        service = world.service_of(task)
        if service is not None and until is None:
            world.engine.service_changed(service)
    return {"protectedTasks": [_view(world, task) for task in tasks], "failures": failures}


@ecs_operation("GetTaskProtection")
def get_task_protection(world: World, request: Request) -> Response:
    """GetTaskProtection: of the named tasks, or of all service tasks of the cluster."""
    cluster = require_cluster(world, request["cluster"])
    names = request.get("tasks") or [
        task.arn for task in world.live_tasks(cluster.name) if task.service
    ]
    if len(names) > MOST_READ:
        raise invalid_parameter(f"tasks can have at most {MOST_READ} elements.")
    tasks, failures = _service_tasks(world, cluster, names)
    return {"protectedTasks": [_view(world, task) for task in tasks], "failures": failures}


def _service_tasks(
    world: World, cluster: Cluster, names: list[str]
) -> tuple[list[Task], list[dict[str, str]]]:
    tasks, failures = [], []
    for name in names:
        task = find_task(world, cluster, name)
        if task is None:
            failures.append(missing(world.arn(f"task/{cluster.name}/{short_name(name)}")))
        elif not task.service or task.desired_status == "STOPPED":
            failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID"})
        else:
            tasks.append(task)
    return tasks, failures


def _view(world: World, task: Task) -> dict[str, Any]:
    protected = task.protected_until is not None and task.protected_until > world.now()
    return {
        "taskArn": task.arn,
        "protectionEnabled": protected,
        "expirationDate": task.protected_until if protected else None,
    }
