"""What every Auto Scaling operation needs: the groups, refusals, paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import Group, World

if TYPE_CHECKING:
    from ecsinfer.sandbox.fleet.fleet import AutoScaling

T = TypeVar("T")

Response = dict[str, Any]


def validation_error(message: str) -> ServiceError:
    """Auto Scaling's ``ValidationError``."""
    return ServiceError("ValidationError", message)


def fleet_of(world: World) -> AutoScaling:
    """The world's Auto Scaling, which `install` put there."""
    return cast("AutoScaling", world.fleet)


def require_group(world: World, name: str) -> Group:
    """The group of that name.

    Raises:
        ServiceError: ValidationError: there is none.
    """
    group = fleet_of(world).groups.get(name)
    if group is None:
        raise validation_error(
            f"AutoScalingGroup name not found - AutoScalingGroup {name} not found"
        )
    return group


def page(
    request: Mapping[str, Any], items: Sequence[T], *, default: int = 50
) -> tuple[list[T], dict[str, str]]:
    """The page that ``MaxRecords`` and ``NextToken`` ask for, and ``{"NextToken": ...}`` or {}.

    Raises:
        ServiceError: the token or the page size is not valid.
    """
    size = int(request.get("MaxRecords") or default)
    if not 1 <= size <= 100:
        raise validation_error(
            f"The value of MaxRecords is not valid: {size}. It must be between 1 and 100."
        )
    token = str(request.get("NextToken") or "0")
    if not token.isdigit() or int(token) > len(items):
        raise ServiceError("InvalidNextToken", f"The token '{token}' is invalid.")
    start = int(token)
    end = start + size
    return list(items[start:end]), {"NextToken": str(end)} if end < len(items) else {}
