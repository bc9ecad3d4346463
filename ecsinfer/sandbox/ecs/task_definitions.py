"""Task definitions: register, describe, list, deregister and delete revisions; list families."""

from __future__ import annotations

from functools import partial
from typing import Any

from ecsinfer.sandbox.clock import Timer
from ecsinfer.sandbox.ecs.common import caller_arn, page, put_tags, short_name, tag_list
from ecsinfer.sandbox.ecs.roles import require_passable
from ecsinfer.sandbox.ecs.task_definition_defaults import normalised
from ecsinfer.sandbox.ecs.task_definition_references import GONE, find_task_definition
from ecsinfer.sandbox.ecs.task_definition_rules import refusals
from ecsinfer.sandbox.ecs.task_definition_traits import compatibilities, requires_attributes
from ecsinfer.sandbox.errors import client_error, invalid_parameter
from ecsinfer.sandbox.registry import Request, Response, ecs_operation
from ecsinfer.sandbox.state import TaskDefinition, World

_DELETION = 3600.0  # s; AWS says "within an hour" of the last use
_MOST_DELETED = 10  # C6


@ecs_operation("RegisterTaskDefinition")
def register_task_definition(world: World, request: Request) -> Response:
    """Make a new revision, always (C1), of what AWS does not refuse."""
    require_passable(world, request)
    spec = normalised(request)
    for refusal in refusals(spec):
        raise client_error(refusal)
    family = request["family"]
    revisions = world.task_definitions.get(family, [])
    number = len(revisions) + 1
    arn = world.arn(f"task-definition/{family}:{number}")
    put_tags(world, arn, request)
    definition = TaskDefinition(family, number, arn, spec, world.now())
    world.task_definitions[family] = [*revisions, definition]
    answer: Response = {"taskDefinition": _view(world, definition)}
    if "tags" in request:
        answer["tags"] = tag_list(world.tags[arn])
    return answer


@ecs_operation("DescribeTaskDefinition")
def describe_task_definition(world: World, request: Request) -> Response:
    """A revision, or a family's latest ACTIVE one; the tags stand beside it (C4, C9)."""
    definition = find_task_definition(world, request["taskDefinition"])
    if definition is None:
        raise client_error("Unable to describe task definition.")
    tags = world.tags.get(definition.arn, {}) if "TAGS" in request.get("include", ()) else {}
    return {"taskDefinition": _view(world, definition), "tags": tag_list(tags)}


@ecs_operation("ListTaskDefinitions")
def list_task_definitions(world: World, request: Request) -> Response:
    """The ARNs of the revisions of one status, by family and number."""
    status = request.get("status", "ACTIVE")
    families = [request["familyPrefix"]] if request.get("familyPrefix") else world.task_definitions
    arns = [
        definition.arn
        for family in sorted(families)
        for definition in world.task_definitions.get(family, ())
        if definition.status == status
    ]
    if request.get("sort") == "DESC":
        arns.reverse()
    items, token = page(request, arns)
    return {"taskDefinitionArns": items, **token}


@ecs_operation("ListTaskDefinitionFamilies")
def list_task_definition_families(world: World, request: Request) -> Response:
    """The families with an ACTIVE revision, those with none, or both."""
    wanted = request.get("status", "ALL")
    families = []
    for family in sorted(world.task_definitions):
        statuses = {item.status for item in world.task_definitions[family]} - {GONE}
        status = "ACTIVE" if "ACTIVE" in statuses else "INACTIVE"
        if statuses and wanted in {"ALL", status}:
            families.append(family)
    prefix = request.get("familyPrefix", "")
    items, token = page(request, [family for family in families if family.startswith(prefix)])
    return {"families": items, **token}


@ecs_operation("DeregisterTaskDefinition")
def deregister_task_definition(world: World, request: Request) -> Response:
    """Make a revision INACTIVE; what runs on it goes on (C5)."""
    definition = _exact(world, request["taskDefinition"])
    if definition is None:
        raise client_error("Unable to describe task definition.")
    if definition.status == "DELETE_IN_PROGRESS":
        raise client_error(
            "The task definition could not be deregistered because it is in the process of being "
            "deleted."
        )
    if definition.status == "ACTIVE":
        definition.status, definition.deregistered_at = "INACTIVE", world.now()
    return {"taskDefinition": _view(world, definition)}


@ecs_operation("DeleteTaskDefinitions")
def delete_task_definitions(world: World, request: Request) -> Response:
    """Begin to delete INACTIVE revisions; those that cannot be are in ``failures`` (C6)."""
    names = request["taskDefinitions"]
    if not 1 <= len(names) <= _MOST_DELETED:
        raise invalid_parameter(
            f"taskDefinitions must contain between 1 and {_MOST_DELETED} entries."
        )
    deleted, failures = [], []
    for name in names:
        reason = _reason_to_keep(world, name)
        if reason:
            failures.append({"arn": name, "reason": reason})
            continue
        definition = find_task_definition(world, name)
        if definition is not None:
            _begin_delete(world, definition)
            deleted.append(_view(world, definition))
    return {"taskDefinitions": deleted, "failures": failures}


def _exact(world: World, identifier: str) -> TaskDefinition | None:
    revision = short_name(identifier).partition(":")[2]
    if not revision:
        raise client_error("Revision is missing.")
    if not revision.isdecimal():
        raise invalid_parameter(f"Invalid revision number. Number: {revision}")
    return find_task_definition(world, identifier)


def _reason_to_keep(world: World, identifier: str) -> str:
    if not short_name(identifier).partition(":")[2].isdecimal():
        return (
            "The specified task definition identifier is invalid. Specify a valid name or ARN and "
            "try again."
        )
    definition = find_task_definition(world, identifier)
    if definition is None:
        return (
            "The specified task definition does not exist. Specify a valid account, family, "
            "revision and try again."
        )
    if definition.status == "ACTIVE":
        return (
            "The specified task definition is still in ACTIVE status. Please deregister the "
            "target and try again."
        )
    return ""


def _begin_delete(world: World, definition: TaskDefinition) -> None:
    if definition.status == "DELETE_IN_PROGRESS":
        return
    definition.status, definition.delete_requested_at = "DELETE_IN_PROGRESS", world.now()
    timers: list[Timer] = []
    timers.append(world.clock.every(_DELETION, partial(_finish, world, definition, timers)))


def _finish(world: World, definition: TaskDefinition, timers: list[Timer]) -> None:
    """It goes once nothing refers to it."""
    if _referred_to(world, definition.arn):
        return
    definition.status = GONE
    world.tags.pop(definition.arn, None)
    for timer in timers:
        timer.cancel()


def _referred_to(world: World, arn: str) -> bool:
    return any(
        task.definition == arn and task.last_status != "STOPPED" for task in world.tasks.values()
    ) or any(
        service.status != "INACTIVE"
        and arn
        in {
            service.task_definition,
            *(item.revision.task_definition for item in service.deployments),
        }
        for service in world.services.values()
    )


def _view(world: World, definition: TaskDefinition) -> dict[str, Any]:
    return {
        **definition.spec,
        "taskDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "requiresAttributes": requires_attributes(definition.spec),
        "compatibilities": compatibilities(definition.spec),
        "registeredAt": definition.registered_at,
        "deregisteredAt": definition.deregistered_at,
        "deleteRequestedAt": definition.delete_requested_at,
        "registeredBy": caller_arn(world),
    }
