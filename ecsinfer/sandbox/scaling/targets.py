"""Register, describe and deregister scalable targets; their tags."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.registry import Request, Response, Upstream, correction
from ecsinfer.sandbox.scaling.common import (
    identity,
    not_found,
    page,
    scaling_of,
    service_operation,
    unsupported_dimension,
    validation,
)
from ecsinfer.sandbox.scaling.records import Target
from ecsinfer.sandbox.scenario import names_role
from ecsinfer.sandbox.state import Service, World

MOST_TAGS = 50

SERVICE_LINKED = "AWSServiceRoleForApplicationAutoScaling_ECSService"


@service_operation("RegisterScalableTarget")
def register_scalable_target(world: World, request: Request) -> Response:
    """Create or change a target, and move the desired count into its bounds (E2)."""
    scaling, resource = scaling_of(world), request["ResourceId"]
    service = _require_service(world, resource)
    _require_role(world)
    known = scaling.targets.get(resource)
    if known is not None and request.get("Tags"):
        raise validation(
            "The scalable target that you tried to tag already exists. To update tags on an "
            "existing scalable target, use the TagResource API."
        )
    minimum = request.get("MinCapacity", known.minimum if known else None)
    maximum = request.get("MaxCapacity", known.maximum if known else None)
    _check(service, minimum, maximum)
    target = known or Target(
        resource,
        world.arn(f"scalable-target/{world.hex(36)}", "application-autoscaling"),
        minimum,
        maximum,
        world.now(),
    )
    target.minimum, target.maximum = minimum, maximum
    target.suspended |= request.get("SuspendedState", {})
    scaling.targets[resource] = target
    if request.get("Tags"):
        world.tags[target.arn] = dict(request["Tags"])
    scaling.bound(target)
    return {"ScalableTargetARN": target.arn}


@service_operation("DescribeScalableTargets")
def describe_scalable_targets(world: World, request: Request) -> Response:
    """Targets by resource id; one that is not there is no error."""
    wanted = request.get("ResourceIds")
    found = [
        target
        for target in scaling_of(world).targets.values()
        if not wanted or target.resource in wanted
    ]
    shown, more = page(request, found)
    return {"ScalableTargets": [_describe(world, target) for target in shown], **more}


@service_operation("DeregisterScalableTarget")
def deregister_scalable_target(world: World, request: Request) -> Response:
    """Remove a target with its policies and scheduled actions (E11)."""
    target = scaling_of(world).targets.get(request["ResourceId"])
    if target is None:
        raise not_found("scalable target found", request["ResourceId"])
    scaling_of(world).remove(target)
    return {}


@correction("application-autoscaling", "TagResource")
def tag_resource(world: World, request: Request, _: Upstream) -> Response:
    """Tag a scalable target."""
    target = _by_arn(world, request["ResourceARN"])
    tags = {**world.tags.get(target.arn, {}), **request["Tags"]}
    if len(tags) > MOST_TAGS:
        raise ServiceError(
            "TooManyTagsException", f"The number of tags exceeds the limit of {MOST_TAGS} tags"
        )
    world.tags[target.arn] = tags
    return {}


@correction("application-autoscaling", "UntagResource")
def untag_resource(world: World, request: Request, _: Upstream) -> Response:
    """Remove tags from a scalable target."""
    tags = world.tags.get(_by_arn(world, request["ResourceARN"]).arn, {})
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


@correction("application-autoscaling", "ListTagsForResource")
def list_tags_for_resource(world: World, request: Request, _: Upstream) -> Response:
    """The tags of a scalable target."""
    return {"Tags": dict(world.tags.get(_by_arn(world, request["ResourceARN"]).arn, {}))}


def require_target(world: World, resource: str) -> Target:
    """The target that a policy or action is put on.

    Raises:
        ServiceError: ObjectNotFoundException: there is none (E6).
    """
    target = scaling_of(world).targets.get(resource)
    if target is None:
        raise not_found("scalable target registered", resource)
    return target


def _require_service(world: World, resource: str) -> Service:
    parts = resource.split("/")
    if len(parts) != 3 or parts[0] != "service":
        raise unsupported_dimension()
    service = world.services.get((parts[1], parts[2]))
    if service is None or service.status != "ACTIVE":
        raise validation(f"ECS service doesn't exist: {resource}")
    return service


def _require_role(world: World) -> None:
    if names_role(world.scenario.roles_denied, SERVICE_LINKED):
        raise validation(f"Unable to assume IAM role: {_role(world)}")


def _check(service: Service, minimum: int | None, maximum: int | None) -> None:
    if service.spec.get("schedulingStrategy") == "DAEMON":
        # AWS's text is not known to us.
        raise validation("ECS services with the DAEMON scheduling strategy cannot be scaled.")
    if minimum is None or maximum is None:
        raise validation("MinCapacity and MaxCapacity are required for a new scalable target.")
    if minimum < 0 or maximum < 0:
        raise validation("Capacity must be greater than or equal to 0.")
    if minimum > maximum:
        raise validation("Minimum capacity cannot be greater than maximum capacity.")


def _by_arn(world: World, arn: str) -> Target:
    for target in scaling_of(world).targets.values():
        if target.arn == arn:
            return target
    raise ServiceError("ResourceNotFoundException", f"The resource {arn} does not exist.")


def _describe(world: World, target: Target) -> dict[str, Any]:
    return {
        **identity(target.resource),
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        # The service-linked role, whatever RoleARN was given (E3).
        "RoleARN": _role(world),
        "CreationTime": target.created_at,
        "SuspendedState": dict(target.suspended),
        "ScalableTargetARN": target.arn,
    }


def _role(world: World) -> str:
    path = "aws-service-role/ecs.application-autoscaling.amazonaws.com"
    return f"arn:aws:iam::{world.account}:role/{path}/{SERVICE_LINKED}"
