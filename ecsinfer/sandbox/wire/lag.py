"""Eventual consistency: for a while, what was created answers as if it were not there (0.9).

Only what has been seen on AWS lags: clusters, services and capacity providers, seen by describe
and list calls and by the calls that use them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from ecsinfer.sandbox.ecs.common import missing, short_name
from ecsinfer.sandbox.errors import ServiceError
from ecsinfer.sandbox.state import CapacityProvider, Cluster, Service, World

Params: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = dict[str, Any]

# Describe and list operations: the list of their answer, and the member that is the ARN (none
# when the list is one of ARNs).
_VIEWS = {
    "DescribeClusters": ("clusters", "clusterArn"),
    "DescribeServices": ("services", "serviceArn"),
    "DescribeCapacityProviders": ("capacityProviders", "capacityProviderArn"),
    "ListClusters": ("clusterArns", ""),
    "ListServices": ("serviceArns", ""),
}
_CREATED = {
    "CreateCluster": ("cluster", "clusterArn"),
    "CreateService": ("service", "serviceArn"),
    "CreateCapacityProvider": ("capacityProvider", "capacityProviderArn"),
}


class Lag:
    """What is not to be seen yet.

    Args:
        seconds: of simulated time, by which describe calls trail a create; 0 for none.
    """

    def __init__(self, seconds: float) -> None:
        self._lag = timedelta(seconds=seconds)
        self._until: dict[str, datetime] = {}  # ARN -> when it is seen

    def through(
        self, world: World, operation: str, params: Params, handle: Callable[[], Answer]
    ) -> Answer:
        """The answer of `handle`, as it is before the news has spread.

        Raises:
            ServiceError: the request uses what is not to be seen yet.
        """
        if not self._lag:
            return handle()
        hidden = {arn for arn, until in self._until.items() if until > world.now()}
        _refuse(world, operation, params, hidden)
        known = _arns(world)
        answer = handle()
        if operation in _CREATED:
            member, name = _CREATED[operation]
            arn = answer[member][name]
            if arn not in known:
                self._until[arn] = world.now() + self._lag
        return _without(operation, answer, hidden)


def _arns(world: World) -> set[str]:
    """What is there: what is INACTIVE is created anew."""
    records: list[Cluster | Service | CapacityProvider] = [
        *world.clusters.values(),
        *world.services.values(),
        *world.capacity_providers.values(),
    ]
    return {record.arn for record in records if record.status != "INACTIVE"}


def _refuse(world: World, operation: str, params: Params, hidden: set[str]) -> None:
    cluster = short_name(params.get("cluster") or "default")
    if operation == "RegisterScalableTarget":
        resource = str(params.get("ResourceId"))
        if world.arn(resource) in hidden:
            raise ServiceError("ValidationException", f"ECS service doesn't exist: {resource}")
    elif operation != "CreateCluster" and world.arn(f"cluster/{cluster}") in hidden:
        raise ServiceError("ClusterNotFoundException", "Cluster not found.")
    elif operation in {"UpdateService", "DeleteService"}:
        if world.arn(f"service/{cluster}/{short_name(params['service'])}") in hidden:
            raise ServiceError("ServiceNotFoundException", "Service not found.")
    elif operation == "PutClusterCapacityProviders":
        for name in params["capacityProviders"]:
            if world.arn(f"capacity-provider/{short_name(name)}") in hidden:
                raise ServiceError(
                    "InvalidParameterException", "The specified capacity provider was not found."
                )


def _without(operation: str, answer: Answer, hidden: set[str]) -> Answer:
    if operation not in _VIEWS:
        return answer
    member, name = _VIEWS[operation]
    arns = [item[name] if name else item for item in answer[member]]
    seen = [item for arn, item in zip(arns, answer[member], strict=True) if arn not in hidden]
    unseen = [missing(arn) for arn in arns if arn in hidden]
    changed = {**answer, member: seen}
    if name and unseen:
        changed["failures"] = [*answer.get("failures", ()), *unseen]
    return changed
