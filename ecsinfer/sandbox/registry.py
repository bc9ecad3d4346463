"""Which function answers which API operation.

A handler takes the world, the parsed request and, for the services that moto answers, `Upstream`,
by which it asks moto the same or another question; it returns the response as botocore's output
shape names it. It runs under the world's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from ecsinfer.sandbox.state import World

Request: TypeAlias = Mapping[str, Any]
Response: TypeAlias = dict[str, Any]


class Upstream(Protocol):
    """moto, asked in process: operation and request in, parsed response out."""

    def __call__(self, operation: str, request: Request) -> Response:
        """The answer of moto.

        Raises:
            ServiceError: moto refused.
        """
        ...


Handler: TypeAlias = Callable[[World, Request], Response]
Corrector: TypeAlias = Callable[[World, Request, Upstream], Response]


class LeftToMotoError(Exception):
    """A correction has nothing to correct in this request: moto answers it, unmodified."""


ECS: dict[str, Handler] = {}
"""ECS operations, all our own."""

CORRECTIONS: dict[tuple[str, str], Corrector] = {}
"""(botocore service, operation) -> what stands in front of moto."""


def ecs_operation(name: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of one ECS operation."""

    def register(handler: Handler) -> Handler:
        ECS[name] = handler
        return handler

    return register


def correction(service: str, name: str) -> Callable[[Corrector], Corrector]:
    """Register a function that stands in front of moto for one operation of another service."""

    def register(handler: Corrector) -> Corrector:
        CORRECTIONS[service, name] = handler
        return handler

    return register
