"""TagResource, UntagResource and ListTagsForResource, for every kind of ECS resource."""

from __future__ import annotations

from collections.abc import Callable

from ecsinfer.sandbox.ecs.common import find_cluster, put_tags, tag_list
from ecsinfer.sandbox.ecs.providers import RESERVED, find_provider
from ecsinfer.sandbox.ecs.task_definition_references import find_task_definition
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import World


@ecs_operation("TagResource")
def tag_resource(world: World, request: Request) -> Response:
    """Add tags, or replace those of the same key; no new revision for it (C9)."""
    put_tags(world, _require(world, request["resourceArn"]), request)
    return {}


@ecs_operation("UntagResource")
def untag_resource(world: World, request: Request) -> Response:
    """Remove tags by key; keys that are not there do not matter."""
    tags = world.tags.get(_require(world, request["resourceArn"]), {})
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


@ecs_operation("ListTagsForResource")
def list_tags_for_resource(world: World, request: Request) -> Response:
    """The tags of a resource."""
    return {"tags": tag_list(world.tags.get(_require(world, request["resourceArn"]), {}))}


def _require(world: World, arn: str) -> str:
    """The ARN, if it is that of a resource which is there.

    Raises:
        ServiceError: ClusterNotFoundException; InvalidParameterException for anything else, and
            for short ARNs (D28).
    """
    resource = arn.removeprefix(world.arn(""))
    kind, _, path = resource.partition("/")
    if resource == arn or kind not in _EXISTS:
        raise invalid_parameter(f"Invalid resource ARN: {arn}")
    if kind in {"service", "task", "container-instance"} and "/" not in path:
        raise invalid_parameter("Long arn format must be used for tagging operations")
    if _EXISTS[kind](world, arn):
        return arn
    if kind == "cluster":
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")
    raise invalid_parameter(f"The specified {kind.replace('-', ' ')} is not found or is inactive.")


def _has_cluster(world: World, arn: str) -> bool:
    cluster = find_cluster(world, arn)
    return cluster is not None and cluster.status != "INACTIVE"


def _has_service(world: World, arn: str) -> bool:
    return any(
        service.arn == arn and service.status != "INACTIVE" for service in world.services.values()
    )


def _has_provider(world: World, arn: str) -> bool:
    cluster, _, name = arn.partition(":capacity-provider/")[2].rpartition("/")
    if name in RESERVED:  # B13
        return False
    provider = find_provider(world, name, cluster)
    return provider is not None and provider.arn == arn and provider.status != "INACTIVE"


def _has_task_definition(world: World, arn: str) -> bool:
    return find_task_definition(world, arn) is not None


_EXISTS: dict[str, Callable[[World, str], bool]] = {
    "cluster": _has_cluster,
    "service": _has_service,
    "task": lambda world, arn: arn in world.tasks,
    "container-instance": lambda world, arn: arn in world.container_instances,
    "capacity-provider": _has_provider,
    "task-definition": _has_task_definition,
}
