"""Container instances: list, describe, drain and deregister."""

from __future__ import annotations

from ecsinfer.sandbox.ecs.common import missing, page, require_cluster, short_name
from ecsinfer.sandbox.ecs.container_instance_views import instance_view, tasks_on
from ecsinfer.sandbox.ecs.identifiers import name_in_cluster
from ecsinfer.sandbox.engine.expressions import ExpressionError, matches
from ecsinfer.sandbox.engine.placement import attributes
from ecsinfer.sandbox.errors import client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, ContainerInstance, World

MOST_DESCRIBED = 100
MOST_UPDATED = 10

_EVERY_STATUS = frozenset({"ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING"})


def find_instance(world: World, cluster: Cluster, value: str) -> ContainerInstance | None:
    """The container instance by id or ARN."""
    name = name_in_cluster(cluster, value)
    return world.container_instances.get(world.arn(f"container-instance/{cluster.name}/{name}"))


def _instances(
    world: World, cluster: Cluster, names: list[str], most: int
) -> tuple[list[ContainerInstance], list[dict[str, str]]]:
    """The named instances, and a failure for each that is not there (0.8)."""
    if not names:
        raise invalid_parameter("Container instances cannot be empty.")
    if len(names) > most:
        raise invalid_parameter(f"Container instances cannot have more than {most} elements.")
    found = {name: find_instance(world, cluster, name) for name in names}
    failures = [
        missing(world.arn(f"container-instance/{cluster.name}/{short_name(name)}"))
        for name, instance in found.items()
        if instance is None
    ]
    return [instance for instance in found.values() if instance], failures


@ecs_operation("ListContainerInstances")
def list_container_instances(world: World, request: Request) -> Response:
    """ListContainerInstances: by status and by the cluster query language."""
    cluster = require_cluster(world, request.get("cluster"))
    statuses = {request["status"]} if "status" in request else _EVERY_STATUS
    expression = request.get("filter", "")
    if expression:
        _check(expression)
    arns = [
        instance.arn
        for instance in world.container_instances.values()
        if instance.cluster == cluster.name
        and instance.status in statuses
        and (not expression or _is_member(instance, expression))
    ]
    items, token = page(request, arns)
    return {"containerInstanceArns": items, **token}


def _is_member(instance: ContainerInstance, expression: str) -> bool:
    subject = {
        **attributes(instance),
        "agentConnected": str(instance.agent_connected).lower(),
        "ec2InstanceId": instance.ec2_id,
    }
    return matches(expression, subject)


def _check(expression: str) -> None:
    """Whether it can be read does not depend on there being an instance to hold it against."""
    try:
        matches(expression, {})
    except ExpressionError as error:
        raise invalid_parameter(f"Invalid filter expression: {error}.") from error


@ecs_operation("DescribeContainerInstances")
def describe_container_instances(world: World, request: Request) -> Response:
    """DescribeContainerInstances: up to 100."""
    cluster = require_cluster(world, request.get("cluster"))
    instances, failures = _instances(world, cluster, request["containerInstances"], MOST_DESCRIBED)
    include = request.get("include", ())
    return {
        "containerInstances": [instance_view(world, item, include) for item in instances],
        "failures": failures,
    }


@ecs_operation("UpdateContainerInstancesState")
def update_container_instances_state(world: World, request: Request) -> Response:
    """UpdateContainerInstancesState: ACTIVE or DRAINING; draining moves service tasks away."""
    cluster = require_cluster(world, request.get("cluster"))
    status = request["status"]
    if status not in {"ACTIVE", "DRAINING"}:
        raise invalid_parameter("Container instance status should be one of [ACTIVE,DRAINING]")
    instances, failures = _instances(world, cluster, request["containerInstances"], MOST_UPDATED)
    for instance in instances:
        if instance.status != status:
            instance.status = status
            world.engine.instance_status_changed(instance)
    return {
        "containerInstances": [instance_view(world, item) for item in instances],
        "failures": failures,
    }


@ecs_operation("DeregisterContainerInstance")
def deregister_container_instance(world: World, request: Request) -> Response:
    """DeregisterContainerInstance: with tasks only by force; the EC2 instance lives on (F4)."""
    cluster = require_cluster(world, request.get("cluster"))
    instance = find_instance(world, cluster, request["containerInstance"])
    if instance is None:
        raise client_error("Referenced container instance was not found.")
    if tasks_on(world, instance) and not request.get("force"):
        raise invalid_parameter("Found running tasks on the instance.")
    instance.status = "INACTIVE"
    view = instance_view(world, instance)
    world.engine.instance_deregistered(instance)
    world.tags.pop(instance.arn, None)
    return {"containerInstance": view}
