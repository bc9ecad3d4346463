"""Custom attributes of container instances, which placement constraints may ask for."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.ecs.common import page, require_cluster
from ecsinfer.sandbox.ecs.container_instance_views import attribute_list
from ecsinfer.sandbox.ecs.container_instances import find_instance
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import Cluster, ContainerInstance, World

MOST = 10

_RESERVED = ("ecs.", "com.amazonaws.")


def _target(world: World, cluster: Cluster, attribute: dict[str, Any]) -> ContainerInstance:
    instance = find_instance(world, cluster, attribute.get("targetId", ""))
    if instance is None:
        raise ServiceError("TargetNotFoundException", "The specified target wasn't found.")
    return instance


def _custom(instance: ContainerInstance) -> set[str]:
    return {name for name in instance.attributes if not name.startswith(_RESERVED)}


def _check(attributes: list[dict[str, Any]]) -> None:
    if not 1 <= len(attributes) <= MOST:
        raise invalid_parameter(f"attributes must have between 1 and {MOST} elements.")
    if any(item["name"].startswith(_RESERVED) for item in attributes):
        raise invalid_parameter("Attributes that start with ecs. or com.amazonaws. are reserved.")


@ecs_operation("PutAttributes")
def put_attributes(world: World, request: Request) -> Response:
    """PutAttributes: at most 10 custom attributes per instance."""
    cluster = require_cluster(world, request.get("cluster"))
    _check(request["attributes"])
    for item in request["attributes"]:
        instance = _target(world, cluster, item)
        if len(_custom(instance) | {item["name"]}) > MOST:
            raise ServiceError(
                "AttributeLimitExceededException",
                "The maximum number of custom attributes of the container instance was exceeded.",
            )
        instance.attributes[item["name"]] = item.get("value", "")
    return {"attributes": _answer(world, cluster, request["attributes"])}


@ecs_operation("DeleteAttributes")
def delete_attributes(world: World, request: Request) -> Response:
    """DeleteAttributes: what is not there is no error."""
    cluster = require_cluster(world, request.get("cluster"))
    _check(request["attributes"])
    answer = _answer(world, cluster, request["attributes"])
    for item in request["attributes"]:
        _target(world, cluster, item).attributes.pop(item["name"], None)
    return {"attributes": answer}


@ecs_operation("ListAttributes")
def list_attributes(world: World, request: Request) -> Response:
    """ListAttributes: of the cluster's instances, by name and value."""
    cluster = require_cluster(world, request.get("cluster"))
    name, value = request.get("attributeName"), request.get("attributeValue")
    if value is not None and name is None:
        raise invalid_parameter("attributeValue needs an attributeName.")
    found = [
        {**item, "targetId": instance.arn}
        for instance in world.container_instances.values()
        if instance.cluster == cluster.name
        for item in attribute_list(instance)
        if name in {None, item["name"]} and value in {None, item.get("value", "")}
    ]
    items, token = page(request, found)
    return {"attributes": items, **token}


def _answer(
    world: World, cluster: Cluster, attributes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {
            "name": item["name"],
            "targetId": _target(world, cluster, item).arn,
            **({"value": item["value"]} if item.get("value") else {}),
        }
        for item in attributes
    ]
