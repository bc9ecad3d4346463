"""ExecuteCommand: simulated containers have no shell, and say so as AWS does (D30)."""

from __future__ import annotations

from ecsinfer.sandbox.ecs.common import require_active_cluster
from ecsinfer.sandbox.ecs.tasks import require_task
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Task, World


@ecs_operation("ExecuteCommand")
def execute_command(world: World, request: Request) -> Response:
    """ExecuteCommand: always refused; by TargetNotConnectedException where AWS would connect.

    Raises:
        ServiceError: always.
    """
    cluster = require_active_cluster(world, request.get("cluster"))
    task = require_task(world, cluster, request["task"])
    _check_container(task, request.get("container", ""))
    if not task.config.get("enableExecuteCommand") or task.last_status != "RUNNING":
        raise invalid_parameter(
            "The execute command failed because execute command was not enabled when the task was "
            "run or the execute command agent isn't running. Wait and try again or run a new task "
            "with execute command enabled and try again."
        )
    raise ServiceError(
        "TargetNotConnectedException",
        "The execute command failed due to an internal error. Try again later.",
    )


def _check_container(task: Task, name: str) -> None:
    names = [container.name for container in task.containers]
    if not name and len(names) > 1:
        raise invalid_parameter(
            "A container name must be specified for tasks with many containers."
        )
    if name and name not in names:
        raise invalid_parameter(f"The container {name} does not exist in the task.")
