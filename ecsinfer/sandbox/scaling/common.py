"""What every Application Auto Scaling operation needs: refusals, lookups, paging."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.registry import (
    Corrector,
    LeftToMotoError,
    Request,
    Response,
    Upstream,
    correction,
)
from ecsinfer.sandbox.scaling.records import DIMENSION, NAMESPACE
from ecsinfer.sandbox.state import World

if TYPE_CHECKING:
    from ecsinfer.sandbox.scaling.autoscaling import ServiceAutoScaling

T = TypeVar("T")

ServiceHandler = Callable[[World, Request], Response]


def scaling_of(world: World) -> ServiceAutoScaling:
    """The world's service auto scaling, which `install` put there."""
    return cast("ServiceAutoScaling", world.scaling)


def service_operation(name: str) -> Callable[[ServiceHandler], ServiceHandler]:
    """Register the handler of an operation on ECS services; other namespaces are moto's."""

    def register(handler: ServiceHandler) -> ServiceHandler:
        def correct(world: World, request: Request, _: Upstream) -> Response:
            if request.get("ServiceNamespace") != NAMESPACE:
                raise LeftToMotoError
            if request.get("ScalableDimension", DIMENSION) != DIMENSION:
                raise unsupported_dimension()
            return handler(world, request)

        corrector: Corrector = correct
        correction("application-autoscaling", name)(corrector)
        return handler

    return register


def validation(message: str) -> ServiceError:
    """Application Auto Scaling's ``ValidationException``."""
    return ServiceError("ValidationException", message)


def unsupported_dimension() -> ServiceError:
    """The answer to a resource id or dimension that does not fit the namespace."""
    return validation("Unsupported service namespace, resource type or scalable dimension")


def not_found(what: str, resource: str, more: str = "") -> ServiceError:
    """``ObjectNotFoundException``, in the words that all operations share (E6, E11)."""
    return ServiceError(
        "ObjectNotFoundException",
        f"No {what} for service namespace: {NAMESPACE}, resource ID: {resource}, scalable "
        f"dimension: {DIMENSION}{more}",
    )


def identity(resource: str) -> dict[str, str]:
    """The members by which every answer names its scalable target."""
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
    }


def page(
    request: Mapping[str, Any], items: Sequence[T], *, most: int = 50
) -> tuple[list[T], dict[str, str]]:
    """The page that ``MaxResults`` and ``NextToken`` ask for, and ``{"NextToken": ...}`` or {}.

    Raises:
        ServiceError: the token is not one of ours.
    """
    size = min(int(request.get("MaxResults") or most), most)
    token = str(request.get("NextToken") or "0")
    if not token.isdigit() or int(token) > len(items):
        raise ServiceError("InvalidNextTokenException", "The next token supplied was invalid.")
    start = int(token)
    end = start + size
    return list(items[start:end]), {"NextToken": str(end)} if end < len(items) else {}
