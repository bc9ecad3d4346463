"""Tasks: run, start, stop, describe and list."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ecsinfer.sandbox.ecs.client_tokens import arguments, client_token
from ecsinfer.sandbox.ecs.common import (
    missing,
    page,
    put_tags,
    require_active_cluster,
    require_cluster,
    short_name,
)
from ecsinfer.sandbox.ecs.container_instances import find_instance
from ecsinfer.sandbox.ecs.identifiers import name_in_cluster
from ecsinfer.sandbox.ecs.network_rules import check_network
from ecsinfer.sandbox.ecs.placement_rules import check_placement
from ecsinfer.sandbox.ecs.roles import require_passable
from ecsinfer.sandbox.ecs.service_defaults import (
    network_configuration,
    on_fargate,
    placement_strategy,
)
from ecsinfer.sandbox.ecs.service_rules import check_capacity
from ecsinfer.sandbox.ecs.services import require_service
from ecsinfer.sandbox.ecs.strategies import Strategy, placement_choice
from ecsinfer.sandbox.ecs.task_definition_references import active_task_definition
from ecsinfer.sandbox.ecs.task_views import task_view
from ecsinfer.sandbox.ecs.vpc_rules import with_security_groups
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, Task, TaskDefinition, World

MOST_RUN = 10
LONGEST_TOKEN = 64
MOST_DESCRIBED = 100

_CONFIG = (
    "clientToken",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "placementConstraints",
    "platformVersion",
    "propagateTags",
    "volumeConfigurations",
)


def find_task(world: World, cluster: Cluster, value: str) -> Task | None:
    """The task by id or ARN; a stopped one for an hour (J8)."""
    return world.tasks.get(world.arn(f"task/{cluster.name}/{name_in_cluster(cluster, value)}"))


def require_task(world: World, cluster: Cluster, value: str) -> Task:
    """The task by id or ARN.

    Raises:
        ServiceError: InvalidParameterException.
    """
    task = find_task(world, cluster, value)
    if task is None:
        raise invalid_parameter("The referenced task was not found.")
    return task


@ecs_operation("RunTask")
def run_task(world: World, request: Request) -> Response:
    """RunTask: up to 10 tasks; what finds no place is a failure, not an error (J7)."""
    require_passable(world, request)
    cluster = require_active_cluster(world, request.get("cluster"))
    definition = active_task_definition(world, request["taskDefinition"], invalid_parameter)
    again = _same_request(world, cluster, request)
    if again:
        return {"tasks": [task_view(world, task, tags=True) for task in again], "failures": []}
    launch_type, strategy = placement_choice(world, cluster, request)
    capacity = (
        {"launchType": launch_type} if launch_type else {"capacityProviderStrategy": strategy}
    )
    _check_run(world, cluster, definition, {**request, **capacity})
    tasks = [
        _new_task(world, cluster, definition, request, launch_type or "EC2")
        for _ in range(request.get("count", 1))
    ]
    return _run(world, request, tasks, strategy)


@ecs_operation("StartTask")
def start_task(world: World, request: Request) -> Response:
    """StartTask: one task on each of the named container instances."""
    require_passable(world, request)
    cluster = require_active_cluster(world, request.get("cluster"))
    definition = active_task_definition(world, request["taskDefinition"], invalid_parameter)
    names = request["containerInstances"]
    if not 1 <= len(names) <= MOST_RUN:
        raise invalid_parameter("containerInstances must have between 1 and 10 elements.")
    check_network(world, definition.spec, request.get("networkConfiguration"), fargate=False)
    tasks, failures = [], []
    for name in names:
        instance = find_instance(world, cluster, name)
        if instance is None:
            arn = world.arn(f"container-instance/{cluster.name}/{short_name(name)}")
            failures.append(missing(arn))
            continue
        task = _new_task(world, cluster, definition, request, "EC2")
        task.container_instance = instance.arn
        task.capacity_provider = instance.capacity_provider
        tasks.append(task)
    answer = _run(world, request, tasks, [])
    return {**answer, "failures": [*failures, *answer["failures"]]}


@ecs_operation("StopTask")
def stop_task(world: World, request: Request) -> Response:
    """StopTask: the task's way down begins; a task that is stopped already stays so."""
    cluster = require_cluster(world, request.get("cluster"))
    task = require_task(world, cluster, request["task"])
    if task.desired_status != "STOPPED":
        reason = request.get("reason", "Task stopped by user")
        world.engine.stop_task(task, reason, "UserInitiated")
    return {"task": task_view(world, task, tags=False)}


@ecs_operation("DescribeTasks")
def describe_tasks(world: World, request: Request) -> Response:
    """DescribeTasks: up to 100; what is not there is a failure (0.8)."""
    cluster = require_cluster(world, request.get("cluster"))
    names = request["tasks"]
    if not names:
        raise invalid_parameter("Tasks cannot be empty.")
    if len(names) > MOST_DESCRIBED:
        raise invalid_parameter("Tasks cannot have more than 100 elements.")
    tags = "TAGS" in request.get("include", ())
    found = {name: find_task(world, cluster, name) for name in names}
    return {
        "tasks": [task_view(world, task, tags=tags) for task in found.values() if task],
        "failures": [
            missing(world.arn(f"task/{cluster.name}/{short_name(name)}"))
            for name, task in found.items()
            if task is None
        ],
    }


_FILTERS: dict[str, Callable[[Task], str]] = {
    "startedBy": lambda task: task.started_by,
    "serviceName": lambda task: task.service,
    "family": lambda task: short_name(task.definition).partition(":")[0],
    "containerInstance": lambda task: short_name(task.container_instance),
    "launchType": lambda task: task.launch_type,
    # Daemons are not built, so no task is one's.
    "daemonName": lambda _: "",
}


@ecs_operation("ListTasks")
def list_tasks(world: World, request: Request) -> Response:
    """ListTasks: those that shall run, unless STOPPED ones are asked for (J8)."""
    cluster = require_cluster(world, request.get("cluster"))
    if request.get("serviceName"):
        require_service(world, cluster, request["serviceName"])
    wanted = {key: short_name(request[key]) for key in _FILTERS if key in request}
    if "startedBy" in wanted:
        # A deployment id has a slash of its own.
        wanted["startedBy"] = request["startedBy"]
        if len(wanted) > 1:
            raise invalid_parameter("startedBy cannot be combined with other filters.")
    status = request.get("desiredStatus", "RUNNING")
    arns = [
        task.arn
        for task in world.tasks.values()
        if task.cluster == cluster.name
        and task.desired_status == status
        and all(_FILTERS[key](task) == value for key, value in wanted.items())
    ]
    items, token = page(request, arns)
    return {"taskArns": items, **token}


def _check_run(
    world: World, cluster: Cluster, definition: TaskDefinition, request: Request
) -> None:
    if not 1 <= request.get("count", 1) <= MOST_RUN:
        raise invalid_parameter("Task count must be between 1 and 10.")
    fargate = on_fargate(request)
    check_network(world, definition.spec, request.get("networkConfiguration"), fargate=fargate)
    check_capacity(world, cluster, request, definition.spec)
    check_placement(
        request.get("placementStrategy", ()),
        request.get("placementConstraints", ()),
        fargate=fargate,
    )


def _same_request(world: World, cluster: Cluster, request: Request) -> list[Task]:
    """The tasks that an earlier request with the same client token started."""
    token = client_token(request, LONGEST_TOKEN)
    tasks = [
        task
        for task in world.tasks.values()
        if token and task.cluster == cluster.name and task.config.get("clientToken") == token
    ]
    if any(task.config["request"] != arguments(request) for task in tasks):
        raise ServiceError(
            "ConflictException",
            "The RunTask request could not be processed due to conflicts. The provided "
            "clientToken is already in use with a different RunTask request.",
        )
    return tasks


def _new_task(
    world: World,
    cluster: Cluster,
    definition: TaskDefinition,
    request: Request,
    launch_type: str,
) -> Task:
    config = {key: request[key] for key in _CONFIG if key in request}
    config["placementStrategy"] = placement_strategy(request.get("placementStrategy", ()))
    config["request"] = arguments(request)
    network = with_security_groups(world, request).get("networkConfiguration")
    return Task(
        arn=world.arn(f"task/{cluster.name}/{world.hex()}"),
        cluster=cluster.name,
        definition=definition.arn,
        group=request.get("group", f"family:{definition.family}"),
        created_at=world.now(),
        started_by=request.get("startedBy", ""),
        launch_type=launch_type,
        overrides=dict(request.get("overrides", {})),
        network=network_configuration(network) if network else {},
        config=config,
    )


def _run(world: World, request: Request, tasks: Iterable[Task], strategy: Strategy) -> Response:
    begun, failures = [], []
    for task in tasks:
        put_tags(world, task.arn, request)
        reason = world.engine.run_task(task, strategy)
        if reason:
            where = task.container_instance or world.arn(f"cluster/{task.cluster}")
            failures.append({"arn": where, "reason": reason})
        else:
            begun.append(task)
    return {
        "tasks": [task_view(world, task, tags=True) for task in begun],
        "failures": failures,
    }
