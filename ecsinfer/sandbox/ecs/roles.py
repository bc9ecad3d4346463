"""The IAM roles of a request: the caller must be allowed to pass them, and ECS to assume its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecsinfer.sandbox.ecs.common import caller_arn
from ecsinfer.sandbox.errors import ServiceError, invalid_parameter
from ecsinfer.sandbox.scenario import names_role
from ecsinfer.sandbox.state import World

SERVICE_LINKED = "AWSServiceRoleForECS"

_MEMBERS = frozenset(
    {"executionRoleArn", "infrastructureRoleArn", "role", "roleArn", "taskRoleArn"}
)
"""Where a request names a role, however deep: task definitions and overrides, load balancers,
volumes, hooks, capacity providers."""


def require_passable(world: World, request: Mapping[str, Any]) -> None:
    """The caller may pass every role that a request names (H3).

    Raises:
        ServiceError: AccessDeniedException for the first that it may not.
    """
    for role in _roles(request):
        if names_role(world.scenario.roles_withheld, role):
            arn = role if role.startswith("arn:") else f"arn:aws:iam::{world.account}:role/{role}"
            raise ServiceError(
                "AccessDeniedException",
                f"User: {caller_arn(world)} is not authorized to perform: iam:PassRole on "
                f"resource: {arn} because no identity-based policy allows the iam:PassRole action",
            )


def require_service_linked(world: World) -> None:
    """ECS can assume its service-linked role (A13, H1).

    Raises:
        ServiceError: InvalidParameterException.
    """
    if names_role(world.scenario.roles_denied, SERVICE_LINKED):
        raise invalid_parameter(
            "Unable to assume the service linked role. Please verify that the ECS service linked "
            "role exists."
        )


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in _MEMBERS and isinstance(item, str):
                yield item
            elif key != "containerDefinitions":  # they name none, and may have labels called so
                yield from _roles(item)
    elif isinstance(value, list):
        for item in value:
            yield from _roles(item)
